package policy

import "strings"

// reach is how far the principals of a resource policy's statement reach.
type reach uint8

const (
	toAccount   reach = iota // the caller's account: it leaves the decision to his own policies
	toPrincipal              // a role by name: an Allow suffices, within the boundary
	toAnyone                 // a user by name, or everyone: an Allow suffices, boundary or not
)

// grant is whether a statement's principals cover the caller, and how.
type grant struct {
	truth Truth
	reach reach
}

// grants gathers a resource policy's Allows by their reach.
type grants struct {
	account, bounded, unbounded tally
}

func (g *grants) add(d *Document, req *Request, boundary bool, denied *tally) {
	for i := range d.Statements {
		s := &d.Statements[i]
		match := s.Match(req.Action, req.Resource, req.Context)
		if match == No {
			continue
		}
		who := s.grant(req, boundary)
		match = match.And(who.truth)
		switch ref := s.ready().ref; {
		case s.Effect == Deny:
			denied.count(match, ref)
		case who.reach == toAccount:
			g.account.count(match, ref)
		case who.reach == toPrincipal:
			g.bounded.count(match, ref)
		default:
			g.unbounded.count(match, ref)
		}
	}
}

func (g *grants) by() []string {
	return append(append(append([]string(nil), g.unbounded.by...), g.bounded.by...), g.account.by...)
}

// grant finds the statement's principal that says most about the caller.
//
// A NotPrincipal covers all but those it names; a Deny with one covers even them if they have a permissions boundary
// (Guide, reference_policies_elements_notprincipal and access_policies_boundaries).
func (s *Statement) grant(req *Request, boundary bool) grant {
	best := grant{}
	for _, p := range s.Principals {
		g := p.grant(req.Context)
		if g.truth > best.truth || g.truth == best.truth && g.reach > best.reach {
			best = g
		}
	}
	if !s.NotPrincipal {
		return best
	}
	if s.Effect == Deny && boundary {
		return grant{Yes, toAnyone}
	}
	return grant{best.truth.Not(), toAnyone}
}

// grant compares a principal with the caller, whom aws:PrincipalArn names.
// An account is named by its number or its root (Guide, reference_policies_elements_principal).
func (p Principal) grant(ctx *Context) grant {
	if p.Value == "*" && (p.Type == "*" || p.Type == "AWS") {
		return grant{Yes, toAnyone}
	}
	if p.Type != "AWS" {
		return grant{} // callers are users and roles
	}
	caller := ctx.get("aws:principalarn")
	if number := accountOf(p.Value); number != "" {
		account := ctx.get("aws:principalaccount")
		switch {
		case account.state == Present && !account.list:
			return grant{truth(account.values[0] == number), toAccount}
		case caller.state == Present && !caller.list:
			return grant{truth(arnField(caller.values[0], 4) == number), toAccount}
		case caller.state == Unknown || account.state == Unknown:
			return grant{Maybe, toAccount}
		}
		return grant{}
	}
	to := toPrincipal
	if strings.Contains(p.Value, ":user/") {
		to = toAnyone
	}
	switch {
	case caller.state == Present && !caller.list:
		return grant{truth(caller.values[0] == p.Value), to}
	case caller.state == Unknown:
		return grant{Maybe, to}
	}
	return grant{}
}

// accountOf returns the number of the account that the principal stands for as a whole, or "".
func accountOf(value string) string {
	if arnField(value, 5) == "root" && arnField(value, 2) == "iam" {
		return arnField(value, 4)
	}
	if len(value) == 12 && strings.Trim(value, "0123456789") == "" {
		return value
	}
	return ""
}

// arnField returns a field of an ARN, counted from 0, or "" if it has none.
func arnField(arn string, n int) string {
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
		owner = arnField(r.Resource, 4)
	}
	caller := ""
	if e := r.Context.get("aws:principalaccount"); e.state == Present && !e.list {
		caller = e.values[0]
	} else if e := r.Context.get("aws:principalarn"); e.state == Present && !e.list {
		caller = arnField(e.values[0], 4)
	}
	return owner != "" && caller != "" && owner != caller
}
