package access

import (
	"slices"
	"sync"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// offered is a policy that a request may attach, or give as a boundary.
type offered struct {
	arn      string // empty: no boundary
	document *policy.Document
	created  bool // it has to be made first
	answer
}

// offer asks for an action with what is offered, notes it where that can be, and reports whether it surely can.
func (p *persona) offer(out *[]offered, action, arn string, o *object, a offered) bool {
	if a.truth, a.by = p.can(action, arn, o); a.truth != policy.No && a.created {
		t, by := p.can("iam:CreatePolicy", a.arn, nil)
		a.truth, a.by = a.truth.And(t), joinNew(by, a.by)
	}
	if a.truth != policy.No {
		*out = append(*out, a)
	}
	return a.truth == policy.Yes
}

// attachable are the policies that the persona can attach to a user, group or role: the widest first, and others only
// where conditions ask which one it is.
func (p *persona) attachable(action, arn string, o *object) (out []offered) {
	try := func(a offered) bool {
		c := *o
		c.policy = a.arn
		return p.offer(&out, action, arn, &c, a)
	}
	own := "arn:" + p.graph.space.partition + ":"
	if try(offered{arn: own + administratorAccess, document: gained()}) || !slices.Contains(p.question(action).keys, "iam:policyarn") {
		return out
	}
	if try(offered{arn: own + "iam::aws:policy/IAMFullAccess", document: allOfIAM()}) {
		return out
	}
	rewrites := p.may("iam:CreatePolicyVersion") || p.may("iam:SetDefaultPolicyVersion")
	for _, managed := range p.graph.Account.Policies {
		d, _ := p.graph.managedAs(policy.Identity, managed.Name, managed.ARN)
		if d != nil {
			if allows := p.graph.facts(d).allows; !allows.empty() || rewrites {
				try(offered{arn: managed.ARN, document: d})
			}
		}
	}
	if p.may("iam:CreatePolicy") {
		names := p.names([]string{"iam:CreatePolicy"})
		for _, v := range p.values(action, "iam:policyarn") {
			if name := p.exampleARN(v); name != "" {
				names = appendNew(names, name)
			}
		}
		for _, name := range names {
			if !p.graph.exists(name) && p.graph.takes("iam:CreatePolicy", name) && !account.OfAWS(name) {
				try(offered{arn: name, document: gained(), created: true})
			}
		}
	}
	return out
}

// values are what conditions compare a key with, which is given in lower case, in statements about an action.
func (p *persona) values(action, key string) (out []string) {
	for _, st := range p.question(action).statements {
		for j := range st.Conditions {
			if c := &st.Conditions[j]; policy.Lower(c.Key) == key {
				out = appendAll(out, c.Values)
			}
		}
	}
	return out
}

// allOfIAM stands for AWS's policy IAMFullAccess.
var allOfIAM = sync.OnceValue(func() *policy.Document {
	return constant(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}`)
})

// boundariesFor are the boundaries with which an action can be done: what makes someone may do without one, what gives
// one takes the widest, and those that conditions ask for.
func (p *persona) boundariesFor(action, arn string, o *object) (out []offered) {
	try := func(b offered) bool {
		c := *o
		c.boundary = b.arn
		return p.offer(&out, action, arn, &c, b)
	}
	if !p.may(action) || !putting(action) && try(offered{}) && len(p.graph.bounds) == 0 {
		return out
	}
	try(p.graph.wideBoundary())
	for _, arn := range p.graph.boundariesThatCount()[1:] {
		d, _ := p.graph.managedAs(policy.Boundary, nameOf(arn), arn)
		try(offered{arn: arn, document: d})
	}
	return out
}

// wideBoundary is a boundary that takes nothing away.
func (g *graph) wideBoundary() offered {
	return offered{arn: "arn:" + g.space.partition + ":" + administratorAccess, document: gained()}
}

// boundariesThatCount are the one that takes nothing away, and the account's that conditions ask for: all, if they ask for
// that one.
func (g *graph) boundariesThatCount() []string {
	asked := func(arn string) bool {
		return slices.ContainsFunc(g.bounds, func(pattern string) bool { return policy.MatchWildcard(pattern, arn) })
	}
	wide := g.wideBoundary().arn
	all, out := asked(wide), []string{wide}
	for _, managed := range g.Account.Policies {
		if managed.ARN == wide || !all && !asked(managed.ARN) {
			continue
		}
		if d, _ := g.managedAs(policy.Boundary, managed.Name, managed.ARN); d != nil {
			out = append(out, managed.ARN)
		}
	}
	return out
}

// doAllNew finds how surely all the actions can be done on one thing that isn't there yet.
func (p *persona) doAllNew(actions []string, about func(action, arn string) *object, isNew func(arn string) bool) (policy.Truth, []string) {
	var best answer
	for _, arn := range append(p.names(actions), p.crossings(actions)...) {
		if !p.graph.takes(actions[0], arn) || !isNew(arn) {
			continue
		}
		all := answer{truth: policy.Yes}
		for _, action := range actions {
			t, by := p.can(action, arn, about(action, arn))
			all.truth, all.by = all.truth.And(t), joinNew(all.by, by)
		}
		if all.truth > best.truth {
			best = all
		}
	}
	return best.truth, best.by
}
