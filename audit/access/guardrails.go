package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Guardrails are an organization's policies above an account. They only take away, and bind the account's own users and
// roles alone.
type Guardrails struct {
	SCPs [][]*policy.Document // by level, from the organization's root to the account
	RCPs []*policy.Document   // of all levels
	// Attached are the service control policies with what they are attached to, and Said is the call whose answer they are.
	Attached []Attachment
	Said     account.Evidence
	// Read is set where all of them are known, be there any or none; Gap says why not all are, where that is to be told.
	Read bool
	Gap  message.Message
}

// Attachment is a policy of an organization, and what it is attached to.
type Attachment struct {
	Document *policy.Document
	ID, At   string
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

// OfOrganization tells what said a statement that its reference names, where that is one of the organization's.
func (x *Access) OfOrganization(ref string) (said account.Evidence, is bool) {
	return x.guardrails.Said, slices.ContainsFunc(x.guardrails.Attached, func(a Attachment) bool { return strings.HasPrefix(ref, a.Document.Name+"#") })
}

// Contained says which service control policy denies everything to a user, or to root, whatever their credentials; empty
// where none does. They stay what they are all the same, for the policy may be detached.
func (x *Access) Contained(arn string) message.Message {
	if len(x.guardrails.Attached) == 0 {
		return message.Message{}
	}
	said, known := x.contained[arn]
	if !known {
		said = x.containedBy(arn)
		if x.contained == nil {
			x.contained = map[string]message.Message{}
		}
		x.contained[arn] = said
	}
	return said
}

func (x *Access) containedBy(arn string) message.Message {
	subject := x.subject(account.Subject{Name: arn[strings.LastIndex(arn, "/")+1:], ARN: arn})
	if subject.IsRoot = account.IsRootARN(arn); subject.IsRoot {
		subject.Name = ""
	} else if who := x.User(subject.Name); who != nil && who.subject != nil {
		subject.ID, subject.Tags = who.ID, who.subject.Tags
	}
	subject.SCPs = nil
	for _, by := range x.guardrails.Attached {
		if subject.Identity = []*policy.Document{gained(), by.Document}; deniesAll(by.Document) && x.analyzer.closes(subject) {
			return message.New("contained by SCP %s at %s", by.ID, by.At)
		}
	}
	return message.Message{}
}

// deniesAll reports whether a document denies everything to some. One that denies everything but something that nobody
// knows denies not everything.
func deniesAll(d *policy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return s.Effect == policy.Deny && !s.NotAction && slices.Contains(s.Actions, "*")
	})
}

// closes reports whether nothing at all is open to a subject, in whatever way they come.
func (a *Analyzer) closes(subject *Subject) bool {
	in := a.space(subject)
	s := in.borrow()
	defer in.giveBack(s)
	r := in.reacher(s, subject)
	for c := longTermKey; c <= withMFA && !r.large; c++ {
		if slices.ContainsFunc(r.reach(s, c, true), func(c cell) bool { return !c.sure.Empty() || !c.maybe.Empty() }) {
			return false
		}
	}
	return !r.large
}
