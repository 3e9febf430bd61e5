package policy

import (
	"slices"
	"strings"
)

// Reach is how far the principals of a resource policy's statement reach.
type Reach uint8

const (
	ToAccount   Reach = iota // the caller's account: it leaves the decision to the policies of the caller
	ToPrincipal              // a role by name: an Allow suffices, within the boundary and the session's policy
	ToAnyone                 // a user or a session by name, or everyone: an Allow suffices, whatever narrows the caller
)

// Grant is whether a statement's principals cover the caller, and how.
type Grant struct {
	Truth Truth
	Reach Reach
}

// grants gathers a resource policy's Allows by their reach.
type grants struct {
	account, bounded, unbounded tally
}

func (g *grants) add(d *Document, req *Request, set *Policies, denied *tally) {
	for i := range d.Statements {
		s := &d.Statements[i]
		match := s.Match(req.Action, req.Resource, req.Context)
		if match == No {
			continue
		}
		who := s.grantTo(req.Context, set.Boundary != nil, len(set.Session) > 0)
		match = match.And(who.Truth)
		switch ref := s.Ref(); {
		case s.Effect == Deny:
			denied.count(match, ref)
		case who.Reach == ToAccount:
			g.account.count(match, ref)
		case who.Reach == ToPrincipal:
			g.bounded.count(match, ref)
		default:
			g.unbounded.count(match, ref)
		}
	}
}

func (g *grants) truth() Truth {
	return g.unbounded.truth.Or(g.bounded.truth).Or(g.account.truth)
}

func (g *grants) by() []string {
	return slices.Concat(g.unbounded.by, g.bounded.by, g.account.by)
}

// GrantTo finds the statement's principal that says most about the caller.
//
// A NotPrincipal covers all but those it names; a Deny with one covers even them if they have a permissions boundary
// (Guide, reference_policies_elements_notprincipal and access_policies_boundaries).
func (s *Statement) GrantTo(ctx *Context, boundary bool) Grant {
	return s.grantTo(ctx, boundary, false)
}

// grantTo knows whether the caller's session has a policy.
func (s *Statement) grantTo(ctx *Context, boundary, narrowed bool) Grant {
	best := Grant{}
	for _, p := range s.Principals {
		g := p.GrantTo(ctx)
		if narrowed && g.Reach == ToAnyone && strings.Contains(p.Value, ":user/") {
			g.Reach = ToPrincipal // a user's name is that of who made the session, and not of the session
		}
		if g.Truth > best.Truth || g.Truth == best.Truth && g.Reach > best.Reach {
			best = g
		}
	}
	if !s.NotPrincipal {
		return best
	}
	if s.Effect == Deny && boundary {
		return Grant{Yes, ToAnyone}
	}
	return Grant{best.Truth.Not(), ToAnyone}
}

// GrantTo compares a principal with the caller, whom aws:PrincipalArn names; a role's session is named by aws:userid,
// too. An account is named by its number or its root (Guide, reference_policies_elements_principal).
func (p Principal) GrantTo(ctx *Context) Grant {
	if p.everyone() {
		return Grant{Yes, ToAnyone}
	}
	if p.Type != "AWS" {
		return Grant{} // callers are users and roles
	}
	caller := ctx.get("aws:principalarn")
	if number := AccountOf(p.Value); number != "" {
		account := ctx.get("aws:principalaccount")
		switch {
		case account.single():
			return Grant{truthOf(account.values[0] == number), ToAccount}
		case caller.single():
			return Grant{truthOf(ARNField(caller.values[0], 4) == number), ToAccount}
		case caller.state == Unknown || account.state == Unknown:
			return Grant{Maybe, ToAccount}
		}
		return Grant{}
	}
	to := ToPrincipal
	if strings.Contains(p.Value, ":user/") || p.ofSession() {
		to = ToAnyone
	}
	switch {
	case caller.single():
		return Grant{truthOf(caller.values[0] == p.Value).Or(p.isSession(caller.values[0], ctx)), to}
	case caller.state == Unknown:
		return Grant{Maybe, to}
	}
	return Grant{}
}

// everyone reports whether the principal is everyone.
func (p Principal) everyone() bool { return p.Value == "*" && (p.Type == "*" || p.Type == "AWS") }

// ofSession reports whether the principal is a session, of a role or of a federated user.
func (p Principal) ofSession() bool { return ARNField(p.Value, 2) == "sts" }

// isSession reports whether the principal is the caller's session with a role, whose name is behind the role's ID in
// aws:userid (Guide, reference_policies_variables).
func (p Principal) isSession(role string, ctx *Context) Truth {
	session, ok := strings.CutPrefix(ARNField(p.Value, 5), "assumed-role/")
	of, name, _ := strings.Cut(session, "/")
	if !ok || ARNField(p.Value, 4) != ARNField(role, 4) || !strings.HasPrefix(ARNField(role, 5), "role/") ||
		!strings.HasSuffix(role, "/"+of) {
		return No
	}
	user := ctx.get("aws:userid")
	if !user.single() {
		return truthOf(user.state == Unknown).And(Maybe)
	}
	_, own, _ := strings.Cut(user.values[0], ":")
	return truthOf(own == name)
}

// AccountOf returns the number of the account that the principal stands for as a whole, or "".
func AccountOf(value string) string {
	if ARNField(value, 5) == "root" && ARNField(value, 2) == "iam" {
		return ARNField(value, 4)
	}
	if len(value) == 12 && strings.Trim(value, "0123456789") == "" {
		return value
	}
	return ""
}

// ARNField returns a field of an ARN, counted from 0, or "" if it has none.
func ARNField(arn string, n int) string {
	for range n {
		_, rest, ok := strings.Cut(arn, ":")
		if !ok {
			return ""
		}
		arn = rest
	}
	if n < arnFields-1 {
		arn, _, _ = strings.Cut(arn, ":")
	}
	return arn
}

// acrossAccounts reports whether caller and resource are known to be of different accounts.
func (r *Request) acrossAccounts() bool {
	owner := r.ResourceAccount
	if owner == "" {
		owner = ARNField(r.Resource, 4)
	}
	caller := ""
	if e := r.Context.get("aws:principalaccount"); e.single() {
		caller = e.values[0]
	} else if e := r.Context.get("aws:principalarn"); e.single() {
		caller = ARNField(e.values[0], 4)
	}
	return owner != "" && caller != "" && owner != caller
}
