package access

import (
	"slices"

	"sekisho/audit/policy"
)

// Guardrails are an organization's policies above an account. They only take away, and bind the account's own users and
// roles alone.
type Guardrails struct {
	SCPs [][]*policy.Document // by level, from the organization's root to the account
	RCPs []*policy.Document   // of all levels
}

// Given reports whether there are any.
func (o *Guardrails) Given() bool { return len(o.SCPs)+len(o.RCPs) > 0 }

// Guard puts the account under an organization's policies, before anything is asked about who can become whom.
func (x *Access) Guard(by Guardrails) { x.guardrails = by }

// narrowing are the levels of service control policies that take anything away: those of AWS's own FullAWSAccess alone, as
// most are, don't.
func (o *Guardrails) narrowing() (levels [][]*policy.Document) {
	for _, level := range o.SCPs {
		if len(level) == 0 || slices.ContainsFunc(level, func(d *policy.Document) bool {
			return len(d.Statements) != 1 || !slices.Equal(d.Statements[0].Actions, []string{"*"}) || !slices.Equal(d.Statements[0].Resources, []string{"*"}) ||
				d.Statements[0].NotAction || d.Statements[0].NotResource || len(d.Statements[0].Conditions) > 0 || d.Statements[0].Effect == policy.Deny
		}) {
			levels = append(levels, level)
		}
	}
	return levels
}

func (o *Guardrails) documents() []*policy.Document {
	set := policy.Policies{SCPs: o.SCPs, RCPs: o.RCPs}
	return set.All()
}

// documents are all that limit or allow what the persona does: the policies, the boundary, which may be nil, and the
// organization's.
func (p *persona) documents() []*policy.Document {
	set := policy.Policies{Identity: p.identity, Boundary: p.boundary, SCPs: p.graph.guardrails.SCPs, RCPs: p.graph.guardrails.RCPs}
	return set.All()
}

// underSCPs takes away of what is open to a subject on all resources what service control policies don't leave to it,
// surely or possibly.
func (s *space) underSCPs(levels [][]*policy.Document, subject Subject, c requestContext, sure, possible policy.ActionSet) (policy.ActionSet, policy.ActionSet) {
	subject.Boundary, subject.TrustedBy, subject.SCPs = nil, nil, nil
	for _, level := range levels {
		under := subject // a reacher is known by its subject
		under.Identity = level
		leaves, may := s.openTo(&under, c)
		sure, possible = heap.And(sure, leaves), heap.And(possible, may)
	}
	return sure, possible
}

// openTo returns what is open to a subject on all resources, surely and at all.
func (s *space) openTo(subject *Subject, c requestContext) (sure, possible policy.ActionSet) {
	work := s.borrow()
	defer s.giveBack(work)
	r := s.reacher(work, subject)
	if r.large {
		return policy.ActionSet{}, s.catalogue.Every
	}
	r.reach(work, c, true)
	sure, possible = r.everywhere(work, c)
	return heap.Clone(sure), heap.Clone(possible)
}

// guardsSome reports whether the organization's policies tell one principal from another.
func (g *graph) guardsSome() bool {
	for _, d := range g.guardrails.documents() {
		if g.facts(d).personal {
			return true
		}
	}
	return false
}

// left are the actions that service control policies leave to anybody in the account: all that an administrator there
// can be.
func (g *graph) left() policy.ActionSet {
	if g.leaves == nil {
		left := g.space.catalogue.Every
		if g.guardrails.Given() {
			var some policy.ActionSet
			for c := longTermKey; c <= withMFA; c++ {
				_, possible := g.space.underSCPs(g.guardrails.SCPs, Subject{anybody: true, Account: g.Account.ID, Partition: g.space.partition}, c, left, left)
				some = heap.Add(some, possible)
			}
			left = some
		}
		g.leaves = &left
	}
	return *g.leaves
}
