package policy

import (
	"slices"
	"strings"
)

// Request is one call that someone wants to make.
type Request struct {
	Action   string   // "s3:GetObject", in any case
	Resource string   // its ARN; "*" or empty for actions that take none
	Context  *Context // aws:PrincipalArn and aws:PrincipalAccount say who calls; nil knows nothing

	// ResourceAccount owns the resource, where its ARN doesn't say so and it isn't the caller's account.
	ResourceAccount string
}

// Policies are all policies that apply to a request.
type Policies struct {
	Identity []*Document   // of the user, inline and attached, and of all groups of the user
	Boundary *Document     // the permissions boundary; nil if there is none
	Session  []*Document   // given when the caller's session was made, inline and managed; nil if there are none
	SCPs     [][]*Document // by level, from the organization's root to the account; nil if there are none
	RCPs     []*Document   // of all levels above the resource and of its account
	Resource *Document     // the resource's own policy, or the role's trust policy; nil if there is none
}

// All lists the documents.
func (set *Policies) All() []*Document {
	return slices.DeleteFunc(slices.Concat(set.Identity, set.Session, slices.Concat(set.SCPs...), set.RCPs, []*Document{set.Boundary, set.Resource}),
		func(d *Document) bool { return d == nil })
}

// Result is what policies decide.
type Result uint8

// The results.
const (
	ImplicitDeny Result = iota // nothing allows it
	ExplicitDeny               // a Deny matches
	Allowed
	Depends // on context keys that are unknown
)

// String returns the result as sekisho prints it: "allowed", "explicit_deny", "implicit_deny", "depends".
func (r Result) String() string {
	return [...]string{"implicit_deny", "explicit_deny", "allowed", "depends"}[r]
}

// Decision is the answer to a request.
type Decision struct {
	Result Result
	By     []string // the statements that decided: all that deny, or all that allow, or all that may do either
	Lacks  []Kind   // ImplicitDeny: the kinds of policies that would have to allow it and do not
	Keys   []string // Depends: the keys it depends on, sorted, as the policies first spell them
}

// Evaluate decides a request in AWS's order (Guide, reference_policies_evaluation-logic): a Deny that matches anywhere
// wins; then every level of SCPs has to allow; then the identity's policies within the permissions boundary and the
// session's policies, or in the same account the resource's policy alone where it names the user, the role's session or
// everyone. Such a grant isn't narrowed by an implicit deny of the boundary or of the session's policies; one to the role
// by name is (Guide, access_policies_boundaries and access_policies#policies_session). Across accounts both have to
// allow. A role's trust policy and a key's policy (KMS) have to allow in any case: the caller by name, or the account,
// which leaves it to the caller's own policies.
//
// RCPs do nothing but deny: RCPFullAWSAccess, which allows everything, can't be detached (Organizations,
// orgs_manage_policies_rcps_evaluation).
//
// Without a resource policy the answer is what the caller's own policies say.
//
// What policies have no say in is decided without them.
func Evaluate(req Request, set Policies) Decision {
	if req.Resource == "" {
		req.Resource = "*"
	}
	if Ungoverned(req.Action) {
		return ungoverned(&req)
	}
	var denied, identity tally
	identity.addAll(set.Identity, &req, &denied)
	boundary, session, bySCPs := tally{truth: Yes}, tally{truth: Yes}, tally{truth: Yes}
	if set.Boundary != nil {
		boundary.truth = No
		boundary.add(set.Boundary, &req, &denied)
	}
	if len(set.Session) > 0 {
		session.truth = No
		session.addAll(set.Session, &req, &denied)
	}
	for _, level := range set.SCPs {
		var t tally
		t.addAll(level, &req, &denied)
		bySCPs.truth, bySCPs.by = bySCPs.truth.And(t.truth), append(bySCPs.by, t.by...)
	}
	new(tally).addAll(set.RCPs, &req, &denied)

	narrowed := boundary.truth.And(session.truth)
	own := identity.truth.And(narrowed)
	granted, needed := own, false
	var resource grants
	if d := set.Resource; d != nil {
		resource.add(d, &req, &set, &denied)
		direct := resource.unbounded.truth.Or(resource.bounded.truth.And(narrowed))
		account := resource.account.truth
		switch {
		case req.acrossAccounts():
			needed = true
			granted = own.And(direct.Or(resource.bounded.truth).Or(account))
		case d.Kind == Trust || hasPrefix(req.Action, "kms:", true) || hasPrefix(req.Action, "sts:", true):
			needed = true
			granted = direct.Or(own.And(account))
		default:
			granted = direct.Or(own)
		}
	}
	within := granted.And(bySCPs.truth)

	switch {
	case denied.truth == Yes:
		return Decision{Result: ExplicitDeny, By: denied.by}
	case within == No:
		no := granted == No // without that SCPs alone stop it
		return Decision{Lacks: lacking(
			lack{Identity, no && identity.truth == No && (needed || resource.bounded.truth == No)},
			lack{Boundary, no && boundary.truth == No}, lack{Session, no && session.truth == No},
			lack{Resource, no && needed && resource.truth() == No}, lack{SCP, bySCPs.truth == No})}
	}
	by := slices.Concat(identity.by, boundary.by, session.by, bySCPs.by, resource.by())
	if denied.truth == No && within == Yes {
		return Decision{Result: Allowed, By: by}
	}
	return Decision{Result: Depends, By: slices.Concat(denied.by, by), Keys: openKeys(&req, &set)}
}

// Ungoverned reports whether policies have no say in an action, not even by a Deny: sts:GetCallerIdentity (STS API
// reference) and sts:GetSessionToken (Guide, id_credentials_temp_control-access_getsessiontoken).
func Ungoverned(action string) bool {
	return strings.EqualFold(action, "sts:GetCallerIdentity") || strings.EqualFold(action, getSessionToken)
}

const getSessionToken = "sts:GetSessionToken"

// ungoverned decides such a request: sts:GetSessionToken takes an access key itself, no session (STS API reference).
func ungoverned(req *Request) Decision {
	token, caller := req.Context.get("aws:tokenissuetime"), req.Context.get("aws:principalarn")
	role := caller.single() && strings.HasPrefix(ARNField(caller.values[0], 5), "role/")
	switch mfa := req.Context.get("aws:multifactorauthpresent"); {
	case !strings.EqualFold(req.Action, getSessionToken):
	case role, token.state == Present, mfa.state == Present:
		return Decision{}
	case token.state == Unknown:
		return Decision{Result: Depends, Keys: []string{"aws:TokenIssueTime"}}
	}
	return Decision{Result: Allowed}
}

// lack is whether a kind of policies doesn't allow a request.
type lack struct {
	kind Kind
	sure bool
}

func lacking(all ...lack) (kinds []Kind) {
	for _, l := range all {
		if l.sure {
			kinds = append(kinds, l.kind)
		}
	}
	return kinds
}

// tally gathers statements of one kind.
type tally struct {
	truth Truth
	by    []string // those that match as surely as truth says
}

func (t *tally) count(match Truth, ref string) {
	switch {
	case match == No || match < t.truth:
		return
	case match > t.truth:
		t.truth, t.by = match, t.by[:0]
	}
	t.by = append(t.by, ref)
}

// add counts the statements of a document that is for everyone.
func (t *tally) add(d *Document, req *Request, denied *tally) {
	for i := range d.Statements {
		s := &d.Statements[i]
		match := s.Match(req.Action, req.Resource, req.Context)
		if match == No {
			continue
		}
		if s.Effect == Deny {
			denied.count(match, s.Ref())
		} else {
			t.count(match, s.Ref())
		}
	}
}

func (t *tally) addAll(documents []*Document, req *Request, denied *tally) {
	for _, d := range documents {
		t.add(d, req, denied)
	}
}

// Match reports whether the statement applies to an action on a resource; its principals aren't looked at.
func (s *Statement) Match(action, resource string, ctx *Context) Truth {
	c := s.ready()
	if !c.matchAction(action, s.NotAction) {
		return No
	}
	result := c.matchResource(resource, ctx, s.NotResource)
	for _, cond := range c.conditions {
		if result == No {
			break
		}
		result = result.And(cond.match(ctx))
	}
	return result
}

// MatchAction reports whether the statement's Action or NotAction covers the action.
func (s *Statement) MatchAction(action string) bool {
	return s.ready().matchAction(action, s.NotAction)
}

// MatchResource reports whether the statement's Resource or NotResource covers the resource, as it does where the
// statement has neither.
func (s *Statement) MatchResource(resource string, ctx *Context) Truth {
	return s.ready().matchResource(resource, ctx, s.NotResource)
}

// matchAction ignores case (Guide, reference_policies_elements_action).
func (c *compiledStatement) matchAction(action string, negated bool) bool {
	for _, pattern := range c.actions {
		if matchAction(pattern, action) {
			return !negated
		}
	}
	return negated
}

// matchResource is case-sensitive (Guide, reference_policies_elements_resource).
func (c *compiledStatement) matchResource(resource string, ctx *Context, negated bool) Truth {
	if len(c.resources) == 0 {
		return Yes
	}
	return matchAny(len(c.resources), negated, func(i int) (matches, failed Truth) { return c.resources[i].match(resource, ctx) })
}

// openKeys lists the unknown keys of the statements that may match.
func openKeys(req *Request, set *Policies) []string {
	var keys []string
	note := func(key string) {
		if req.Context.get(strings.ToLower(key)).state == Unknown &&
			!slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			keys = append(keys, key)
		}
	}
	notePattern := func(p *pattern) {
		for _, t := range p.tokens {
			if t.kind == variable {
				note(t.of.name)
			}
		}
	}
	for _, d := range set.All() {
		for i := range d.Statements {
			s := &d.Statements[i]
			principal := Yes
			if d.Kind.hasPrincipals() {
				principal = s.GrantTo(req.Context, set.Boundary != nil).Truth
			}
			if s.Match(req.Action, req.Resource, req.Context).And(principal) != Maybe {
				continue
			}
			if principal == Maybe {
				note("aws:PrincipalArn")
				if slices.ContainsFunc(s.Principals, Principal.ofSession) {
					note("aws:userid") // which tells a role's sessions apart
				}
			}
			c := s.ready()
			for j := range c.resources {
				notePattern(&c.resources[j].pattern)
			}
			for j, cond := range c.conditions {
				if cond.match(req.Context) != Maybe {
					continue
				}
				note(s.Conditions[j].Key)
				for k := range cond.values {
					notePattern(&cond.values[k].pattern)
				}
			}
		}
	}
	slices.Sort(keys)
	return keys
}
