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
	SCPs     [][]*Document // by level, from the organization's root to the account; nil if there are none
	Resource *Document     // the resource's own policy, or the role's trust policy; nil if there is none
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
	Keys   []string // Depends: the keys it depends on, sorted, as the policies first spell them
}

// Evaluate decides a request in AWS's order (Guide, reference_policies_evaluation-logic): a Deny that matches anywhere
// wins; then every level of SCPs has to allow; then the identity's policies within the permissions boundary, or in the
// same account the resource's policy alone where it names the user or everyone. Such a grant isn't narrowed by an
// implicit deny of the boundary (Guide, access_policies_boundaries). Across accounts both have to allow. A role's trust
// policy and a key's policy (KMS) have to allow in any case: the caller by name, or the account, which leaves it to the
// caller's own policies.
//
// Without a resource policy the answer is what the caller's own policies say.
//
// sts:GetCallerIdentity is always allowed, even against a Deny (STS API reference, GetCallerIdentity).
func Evaluate(req Request, set Policies) Decision {
	if req.Resource == "" {
		req.Resource = "*"
	}
	if strings.EqualFold(req.Action, "sts:GetCallerIdentity") {
		return Decision{Result: Allowed}
	}
	var denied tally
	identity, boundary := tally{}, tally{truth: Yes}
	for _, d := range set.Identity {
		identity.add(d, &req, &denied)
	}
	if set.Boundary != nil {
		boundary.truth = No
		boundary.add(set.Boundary, &req, &denied)
	}
	bySCPs := Yes
	var scps []string
	for _, level := range set.SCPs {
		var t tally
		for _, d := range level {
			t.add(d, &req, &denied)
		}
		bySCPs = bySCPs.And(t.truth)
		scps = append(scps, t.by...)
	}
	own := identity.truth.And(boundary.truth)
	granted := own
	var resource grants
	if d := set.Resource; d != nil {
		resource.add(d, &req, set.Boundary != nil, &denied)
		direct := resource.unbounded.truth.Or(resource.bounded.truth.And(boundary.truth))
		account := resource.account.truth
		switch {
		case req.acrossAccounts():
			granted = own.And(direct.Or(resource.bounded.truth).Or(account))
		case d.Kind == Trust || hasPrefix(req.Action, "kms:", true):
			granted = direct.Or(own.And(account))
		default:
			granted = direct.Or(own)
		}
	}
	granted = granted.And(bySCPs)

	switch {
	case denied.truth == Yes:
		return Decision{Result: ExplicitDeny, By: denied.by}
	case granted == No:
		return Decision{Result: ImplicitDeny}
	}
	by := slices.Concat(identity.by, boundary.by, scps, resource.by())
	if denied.truth == No && granted == Yes {
		return Decision{Result: Allowed, By: by}
	}
	return Decision{Result: Depends, By: slices.Concat(denied.by, by), Keys: openKeys(&req, &set)}
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

// add counts the statements of a document that has no principals.
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
	for i := range c.actions {
		if c.actions[i].matchPlain(action) {
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
				note(t.name)
			}
		}
	}
	documents := slices.Concat(set.Identity, slices.Concat(set.SCPs...), []*Document{set.Boundary, set.Resource})
	for _, d := range documents {
		if d == nil {
			continue
		}
		for i := range d.Statements {
			s := &d.Statements[i]
			principal := Yes
			if d.Kind.hasPrincipals() {
				g := s.GrantTo(req.Context, set.Boundary != nil)
				principal = g.Truth
			}
			if s.Match(req.Action, req.Resource, req.Context).And(principal) != Maybe {
				continue
			}
			if principal == Maybe {
				note("aws:PrincipalArn")
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
