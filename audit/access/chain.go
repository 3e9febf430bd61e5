package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Step is one thing that someone does on the way from one principal to another's rights.
type Step struct {
	ID      string          // of the kind: "assume-role"
	From    string          // ARN of whom they act as
	To      string          // ARN of whom they act as then, or of what is changed
	How     message.Message // "assumes role/Deploy"
	Actions []string
	By      []string        // statements that allow the actions
	Sure    bool            // false where it hangs on something of which nothing is known
	On      message.Message // what has to exist for it, of which IAM doesn't tell; empty: nothing

	tell   func(whom any) message.Message // makes How, about whom it is, once it is on the way that is found
	alone  message.Message                // How where it is about who does it, if tell would read badly
	origin *Step                          // the same for all who can do it
}

// itself is whom a step is about that is about who does it.
var itself = message.New("itself")

// by is the step as a persona does it.
func (s *Step) by(p *persona, to string, truth policy.Truth) *Step {
	done := *s
	done.From, done.To, done.Sure, done.origin = p.ARN, to, truth == policy.Yes, s
	return &done
}

// told is the step with How, and nothing else of the graph, which is as large as the account.
func (s *Step) told() Step {
	done := *s
	if s.tell != nil {
		var whom any = account.ShortARN(s.To)
		if s.To == s.From {
			whom = itself
		}
		if done.How = s.tell(whom); s.To == s.From && !s.alone.Empty() {
			done.How = s.alone
		}
	}
	done.tell, done.origin = nil, nil
	return done
}

// like reports whether two steps differ in nothing but whom they are about.
func (s *Step) like(o *Step) bool {
	return s.ID == o.ID && s.How.Empty() && o.How.Empty() && s.On.Empty() && o.On.Empty() && slices.Equal(s.Actions, o.Actions) && slices.Equal(s.By, o.By)
}

// Chain leads from a principal to the goal, by its steps in order.
type Chain struct {
	Steps []Step
	To    string   // ARN of who is there: of the administrator
	End   *Verdict // where the goal is a request: what policies say of it when it is made by who is there
	Sure  bool
}

// Actions are those of all steps, in order.
func (c *Chain) Actions() (list []string) {
	for i := range c.Steps {
		list = appendAll(list, c.Steps[i].Actions)
	}
	return list
}

// By are the statements that allow the steps.
func (c *Chain) By() (list []string) {
	for i := range c.Steps {
		list = appendAll(list, c.Steps[i].By)
	}
	return list
}

// HangsOn returns the first thing that has to exist, of which nothing is known; empty where there is none.
func (c *Chain) HangsOn() message.Message {
	for i := range c.Steps {
		if on := c.Steps[i].On; !on.Empty() {
			return on
		}
	}
	return message.Message{}
}

// trail is what someone did so far.
type trail struct {
	steps []*Step
	mods  []*mod // the changes among them: what they changed stays so
}

// and is what was done with more done.
func (t trail) and(more trail) trail {
	out := trail{slices.Grow(slices.Clip(t.steps), len(more.steps)), slices.Grow(slices.Clip(t.mods), len(more.mods))}
	for _, s := range more.steps {
		if !slices.ContainsFunc(out.steps, func(o *Step) bool { return o.origin == s.origin && o.From == s.From && o.To == s.To }) {
			out.steps = append(out.steps, s)
		}
	}
	for _, m := range more.mods {
		if !slices.ContainsFunc(out.mods, func(o *mod) bool { return o.key == m.key }) {
			out.mods = append(out.mods, m)
		}
	}
	return out
}

// edge leads to a principal that someone can act as.
type edge struct {
	to       *Principal
	sessions session
	only     string // what they can do as it; empty: all
	truth    policy.Truth
	step     *Step
}

// modKind is what is changed.
type modKind uint8

const (
	addPolicy     modKind = iota // something is attached to a user, group or role, or written into it
	dropPolicy                   // something is taken away from one
	replacePolicy                // an inline policy says something else
	rewritePolicy                // a managed policy says something else
	joinGroup
	leaveGroup
	changeBoundary
	setTag
)

// mod is a change of a principal's rights.
type mod struct {
	kind  modKind
	key   string
	who   *Principal
	on    string // ARN of the user, group, role or policy
	group *groupChange
	held  holding // what is added, dropped, or how the policy reads then; of setTag: the tag's name and value
	bound string  // ARN of the boundary then; empty: none
	tag   [2]string
	gone  bool // of setTag: the tag is taken away

	session bool // of setTag: a session brings the tag
	truth   policy.Truth
	step    *Step
}

type groupChange struct {
	name     string
	holdings []holding
}

// concerns reports whether the change is one of a principal's rights.
func (m *mod) concerns(g *graph, w *Principal) bool {
	switch m.kind {
	case joinGroup, leaveGroup, setTag, changeBoundary:
		return m.who == w
	case rewritePolicy:
		p := g.base(w)
		return p.bound == m.on || slices.ContainsFunc(p.holdings, func(h holding) bool { return h.policy == m.on })
	}
	return m.on == w.ARN || m.group != nil && slices.Contains(g.base(w).groups, m.group.name)
}

// adds reports whether the change gives somebody a managed policy.
func (m *mod) adds(arn string) bool {
	return m.kind == addPolicy && m.held.policy == arn || m.kind == joinGroup && slices.ContainsFunc(m.group.holdings, func(h holding) bool { return h.policy == arn })
}

// order says when a change is made, of those that are made.
func (m *mod) order() int {
	switch {
	case m.kind == joinGroup:
		return 0
	case m.kind == rewritePolicy && m.held.document == gained(), m.kind == replacePolicy, m.session:
		return 2
	}
	return 1
}

// replaces reports whether the change puts one thing in another's place, so that it can be undone by another change.
func (m *mod) replaces() bool { return m.kind == changeBoundary || m.kind == setTag }

// overrides reports whether of another change nothing is left after the change.
func (m *mod) overrides(o *mod) bool {
	switch {
	case m.key == o.key:
		return true
	case m.kind == rewritePolicy:
		return o.kind == rewritePolicy && m.on == o.on && o.held.document != gained()
	case m.kind == addPolicy && o.kind == dropPolicy, m.kind == dropPolicy && o.kind == addPolicy:
		return m.held.policy != "" && m.held.policy == o.held.policy && m.on == o.on
	case m.kind == joinGroup && o.kind == leaveGroup, m.kind == leaveGroup && o.kind == joinGroup:
		return m.who == o.who && m.on == o.on
	}
	return m.replaces() && m.kind == o.kind && m.who == o.who && m.tag[0] == o.tag[0] && m.session == o.session
}

// apply changes the persona, which isn't settled yet.
func (m *mod) apply(p *persona) {
	keep := func(stays func(h holding) bool) { p.holdings = lists.Filter(p.holdings, stays) }
	switch m.kind {
	case addPolicy:
		if m.group == nil || slices.Contains(p.groups, m.group.name) {
			p.holdings = append(p.holdings, m.held)
		}
	case replacePolicy:
		for i := range p.holdings {
			if h := &p.holdings[i]; h.owner == m.held.owner && h.policy == "" && h.item == m.held.item {
				h.document = gained()
			}
		}
	case dropPolicy:
		keep(func(h holding) bool {
			return h.owner != m.held.owner || h.policy != m.held.policy || h.item != m.held.item
		})
	case rewritePolicy:
		for i := range p.holdings {
			if p.holdings[i].policy == m.on {
				p.holdings[i].document = m.held.document
			}
		}
		if p.bound == m.on {
			p.boundary = m.held.document
		}
	case joinGroup:
		p.holdings = append(p.holdings, m.group.holdings...)
		p.groups = append(slices.Clip(p.groups), m.group.name)
	case leaveGroup:
		keep(func(h holding) bool { return h.owner != m.on })
		p.groups = lists.Filter(p.groups, func(name string) bool { return name != m.group.name })
	case changeBoundary:
		p.bound, p.boundary = m.bound, m.held.document
	case setTag:
		p.tags = m.tagged(p.tags)
	}
}

// tagged are tags after the change of one.
func (m *mod) tagged(before map[string]string) map[string]string {
	tags := map[string]string{}
	for name, value := range before {
		if !strings.EqualFold(name, m.tag[0]) {
			tags[name] = value
		}
	}
	if !m.gone {
		tags[m.tag[0]] = m.tag[1]
	}
	return tags
}
