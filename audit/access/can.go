package access

import "sekisho/audit/policy"

// Enrolment says whether a user without a device can enrol one without MFA: create it and enable it for themselves.
type Enrolment struct {
	Possible   policy.Truth
	DeviceName string // "any", "username" where the device must have the user's name, or "none"
}

// SelfService is what a user can manage of their own credentials, in the order password, access-keys, git-credentials,
// ssh-keys, signing-certificates, mfa-devices. Without MFA counts what is possible, with MFA what is sure.
type SelfService struct {
	WithoutMFA, WithMFA []string
}

// selfServiceActions are the actions that stand for each kind of credential but passwords and devices.
var selfServiceActions = []struct {
	name, action string
	asking       *policy.Context // what is known of the request besides
}{
	{"access-keys", "iam:CreateAccessKey", nil},
	{"git-credentials", "iam:CreateServiceSpecificCredential", gitService},
	{"ssh-keys", "iam:UploadSSHPublicKey", nil},
	{"signing-certificates", "iam:UploadSigningCertificate", nil},
}

// strangeDevice is a device name that no policy has in mind.
const strangeDevice = "sekisho-strange-device"

// gitService is what a request for a Git credential names as its service; for an API key it names another.
var gitService = func() *policy.Context {
	ctx := policy.NewContext(policy.Unknown)
	ctx.Set("iam:ServiceSpecificCredentialServiceName", "codecommit.amazonaws.com")
	return ctx
}()

// can decides one action on one resource in a context.
func (r *reacher) can(action, resource string, c requestContext) policy.Truth {
	return r.canAsking(action, resource, c, nil)
}

// canAsking is as can, for a request of which more is known, if that isn't nil.
func (r *reacher) canAsking(action, resource string, c requestContext, more *policy.Context) policy.Truth {
	i, ok := r.space.catalogue.Number(action)
	if !ok {
		return policy.No
	}
	allowed := r.matching(r.allows, i, resource, c, more)
	if r.bounded {
		allowed = allowed.And(r.matching(r.bounds, i, resource, c, more))
	}
	for _, level := range r.levels {
		allowed = allowed.And(r.matching(level, i, resource, c, more))
	}
	if allowed == policy.No {
		return policy.No
	}
	return allowed.And(r.matching(r.denies, i, resource, c, more).Not())
}

// matching returns how surely one of the statements is about the request.
func (r *reacher) matching(list []instance, action int, resource string, c requestContext, more *policy.Context) policy.Truth {
	result := policy.No
	for k := range list {
		in := &list[k]
		truth := in.truth[c]
		if truth == policy.No || !in.acts.Has(action) {
			continue
		}
		if truth == policy.Maybe && more != nil {
			truth = in.statement.MatchConditions(r.context(c).With(more))
		}
		if truth <= result {
			continue
		}
		ctx := r.space.contexts[c]
		if len(in.templates) > 0 {
			ctx = r.context(withMFA) // MFA keys are no use in a resource
		}
		result = result.Or(truth.And(in.statement.MatchResource(resource, ctx)))
	}
	return result
}

func (r *reacher) enrolment() Enrolment {
	best := Enrolment{DeviceName: "none"}
	if r.subject.IsRole {
		return best
	}
	for _, c := range []requestContext{noMFA, longTermKey} {
		e := r.enrolmentIn(c)
		if e.Possible > best.Possible || e.Possible == best.Possible && e.DeviceName == "any" {
			best = e
		}
	}
	return best
}

// enrolmentIn is about a user without a device, whom AWS-2023-001 doesn't stop.
func (r *reacher) enrolmentIn(c requestContext) Enrolment {
	enable := r.can("iam:EnableMFADevice", r.subject.arn(), c)
	named := r.can("iam:CreateVirtualMFADevice", r.subject.device(r.subject.Name), c)
	strange := r.can("iam:CreateVirtualMFADevice", r.subject.device(strangeDevice), c)
	e := Enrolment{Possible: enable.And(named.Or(strange)), DeviceName: "none"}
	switch {
	case e.Possible == policy.No:
	case strange >= named:
		e.DeviceName = "any"
	default:
		e.DeviceName = "username"
	}
	return e
}

// firstSignIn is about a console session that has to change its password before anything else.
func (r *reacher) firstSignIn() policy.Truth {
	if r.subject.IsRole {
		return policy.No
	}
	return r.changePassword(noMFA)
}

// changePassword counts in the account's setting, which grants the action without a policy (Guide,
// id_credentials_passwords_enable-user-change). How a boundary that doesn't list the action affects it isn't
// documented.
func (r *reacher) changePassword(c requestContext) policy.Truth {
	arn := r.subject.arn()
	byPolicy := r.can("iam:ChangePassword", arn, c)
	i, ok := r.space.catalogue.Number("iam:ChangePassword")
	if byPolicy == policy.Yes || !ok {
		return byPolicy
	}
	granted := r.subject.UsersMayChangePassword
	if r.bounded && r.matching(r.bounds, i, arn, c, nil) != policy.Yes {
		granted = granted.And(policy.Maybe)
	}
	for _, level := range r.levels {
		granted = granted.And(r.matching(level, i, arn, c, nil))
	}
	return byPolicy.Or(granted.And(r.matching(r.denies, i, arn, c, nil).Not()))
}

func (r *reacher) selfService() SelfService {
	if r.subject.IsRole {
		return SelfService{}
	}
	var out SelfService
	add := func(name string, in func(c requestContext) policy.Truth) {
		if in(noMFA).Or(in(longTermKey)) != policy.No {
			out.WithoutMFA = append(out.WithoutMFA, name)
		}
		if in(withMFA) == policy.Yes {
			out.WithMFA = append(out.WithMFA, name)
		}
	}
	arn := r.subject.arn()
	add("password", r.changePassword)
	for _, kind := range selfServiceActions {
		add(kind.name, func(c requestContext) policy.Truth { return r.canAsking(kind.action, arn, c, kind.asking) })
	}
	add("mfa-devices", func(c requestContext) policy.Truth { return r.enrolmentIn(c).Possible })
	return out
}
