package access

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// admin reports whether the subject can do everything to everything in a context, whose cells must have been reached,
// merged. A Deny on a narrower resource leaves an administrator one; one on an action altogether doesn't.
func (r *reacher) admin(s *scratch, c requestContext) policy.Truth {
	sure, possible := r.everywhere(s, c)
	return holdsAll(r.space.catalogue.Every, sure, possible)
}

// holdsAll reports whether all of some actions are open, of which there are any.
func holdsAll(all, sure, possible policy.ActionSet) policy.Truth {
	switch {
	case all.Empty():
		return policy.No
	case all.Within(sure):
		return policy.Yes
	case all.Within(possible):
		return policy.Maybe
	}
	return policy.No
}

// everywhere returns what is open on all resources in a context, surely and at all.
func (r *reacher) everywhere(s *scratch, c requestContext) (sure, possible policy.ActionSet) {
	for i := range s.cells[c] {
		at := &s.cells[c][i]
		if at.resource.glob == policy.GlobAll && at.resource.except == nil {
			sure = s.arena.Add(s.arena.Add(sure, at.sure), at.parted)
			possible = s.arena.Add(possible, at.maybe)
		}
	}
	return sure, s.arena.Add(possible, sure)
}

// adminAnyhow is the best of all contexts, all of which must have been reached, and the first in which it is so.
func (r *reacher) adminAnyhow(s *scratch) (best policy.Truth, in requestContext) {
	for c, alike := range r.alike {
		if int(alike) != c {
			continue
		}
		if t := r.admin(s, alike); t > best {
			best, in = t, alike
		}
	}
	return best, in
}

// AdminBy returns the statements that make the subject an administrator, surely or possibly: those of the subject's
// policies that allow something on all resources.
func (a *Analysis) AdminBy() []string { return a.details().adminBy }

// adminBy lists the statements that allow something on all resources, the widest first, as long as they add to it.
func (r *reacher) adminBy(s *scratch, c requestContext) (by []string) {
	cells := slices.Clone(r.reach(s, c, false))
	slices.SortStableFunc(cells, func(a, b cell) int {
		return b.sure.Count() + b.maybe.Count() - a.sure.Count() - a.maybe.Count()
	})
	var got policy.ActionSet
	for _, c := range cells {
		if c.resource.glob != policy.GlobAll || c.resource.except != nil || c.sure.Within(got) && c.maybe.Within(got) {
			continue
		}
		got = s.arena.Add(got, c.sure)
		got = s.arena.Add(got, c.maybe)
		by = appendNew(by, c.by.statement.Ref())
	}
	return by
}

// isAdmin reports whether the persona may do everything to everything.
func (p *persona) isAdmin() policy.Truth {
	if p.admin == nil {
		t := p.findAdmin()
		p.admin = &t
	}
	return *p.admin
}

func (p *persona) findAdmin() policy.Truth {
	switch {
	case p.only != "":
		return policy.No
	case p.unreadable():
		return policy.Maybe
	case p.boundary == nil && !p.graph.guardrails.Given() && slices.Equal(p.telling(), []*policy.Document{gained()}):
		return policy.Yes
	}
	// Nearly nobody is one; a few actions tell.
	if !p.allows.holds(maskOf(everyAdmin...)) {
		return policy.No
	}
	for _, action := range everyAdmin {
		can := policy.Yes
		switch number, ok := p.graph.space.catalogue.Number(action); {
		case !p.graph.guardrails.Given():
			can, _ = p.can(action, "*", nil)
		case ok && p.graph.left().Has(number): // what service control policies deny everybody says nothing of one
			can = p.ofItsOwn(action, "*", nil).truth
		}
		if can == policy.No {
			return policy.No
		}
	}
	subject := *p.graph.subject(account.Subject{Name: p.Name, ARN: p.ARN, ID: p.ID})
	subject.IsRole, subject.Identity, subject.Boundary, subject.Tags = p.Role != nil, p.telling(), p.boundary, nil
	subject.SCPs = nil // which come last
	if !p.tagsOpen || p.sessions == bareRole {
		subject.Tags = p.tags
	}
	best := policy.No
	for one := range (p.sessions &^ token).each {
		c := map[session]requestContext{bareKey: longTermKey, plain: noMFA, strong: withMFA, roleSession: noMFA, bareRole: noMFA}[one]
		sure, possible := p.graph.space.openTo(&subject, c)
		sure, possible = p.graph.space.underSCPs(p.graph.guardrails.SCPs, subject, c, sure, possible)
		best = best.Or(holdsAll(p.graph.left(), sure, possible))
	}
	return best
}

// ofItsOwn is what the persona's policies say of an action under service control policies, in its best session.
func (p *persona) ofItsOwn(action, resource string, under [][]*policy.Document) (best answer) {
	set := policy.Policies{Identity: p.identity, Boundary: p.boundary, SCPs: under}
	for s := range p.sessions.each {
		if a := decide(policy.Request{Action: action, Resource: resource, Context: p.context(s)}, set, noChoice); a.truth > best.truth {
			best = a
		}
	}
	return best
}

// telling are the documents that tell what the persona may do to everything: where one allows all of it, what others allow
// is no more.
func (p *persona) telling() (list []*policy.Document) {
	if !slices.Contains(p.identity, gained()) {
		return p.identity
	}
	for _, d := range p.identity {
		if f := p.graph.facts(d); f.forbids && f.denying == nil {
			denying := *d
			denying.Statements = lists.Filter(d.Statements, func(st policy.Statement) bool { return st.Effect == policy.Deny })
			f.denying = &denying
		}
		if f := p.graph.facts(d); f.forbids {
			list = append(list, f.denying)
		}
	}
	return append(list, gained())
}

// everyAdmin are actions that every administrator may do, of services that have little in common.
var everyAdmin = []string{"iam:CreateUser", "iam:AttachRolePolicy", "s3:DeleteBucket", "ec2:TerminateInstances", "sts:AssumeRole"}
