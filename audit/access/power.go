package access

import (
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Power is how someone becomes an administrator, or comes to another goal.
type Power struct {
	Is    policy.Truth    // there already
	Chain *Chain          // to one; nil where there is none
	Cut   message.Message // why not all combinations of changes and of principals were tried; empty: they were

	from string // ARN of whom it was found for
}

// Power returns whether a principal is an administrator, or how it can become one.
func (w *Principal) Power() *Power {
	if w.power == nil {
		w.access.empower()
	}
	return w.power
}

// empower looks for all, in the account's order, since which of several ways that are as short is found must not hang on
// who is asked for; then the graph goes, which is as large as the account.
func (g *graph) empower() {
	for _, w := range g.all {
		w.power = g.powerOf(w)
	}
	for _, w := range g.all {
		w.base, w.object = nil, nil
	}
	g.ways = nil
}

// powerOf looks once for all principals that are alike: that have the same policies and are the same to the policies
// of each other.
func (g *graph) powerOf(w *Principal) *Power {
	p := g.first(w)
	defer p.forget()
	if w == g.goal.whom {
		return &Power{Is: policy.Yes, from: w.ARN}
	}
	key, alike := g.likeness(p)
	alike = alike && !p.personal
	if found := p.powers[key]; alike && found != nil {
		return found.of(w)
	}
	power := &Power{Is: g.arrives(p), from: w.ARN}
	if g.quiet(w) && len(g.freeRoles) == 0 {
		return power
	}
	foreign := false
	for level := policy.Maybe; level <= policy.Yes && power.Is != policy.Yes; level++ { // most have no way at all
		chain, others, lacks := g.find(w, level)
		if foreign = foreign || others; chain != nil {
			if power.Chain, power.Cut = chain, (message.Message{}); chain.Sure {
				break
			}
		} else if level == policy.Maybe {
			if power.Cut = lacks; lacks.Empty() {
				break
			}
		}
	}
	if alike && !foreign {
		if p.powers == nil {
			p.powers = map[string]*Power{}
		}
		p.powers[key] = power
	}
	return power
}

// likeness says what a principal is to the policies of those that have the same: principals of one class and likeness
// become administrators in the same way. It isn't alike any other where a trust policy names it.
func (g *graph) likeness(p *persona) (key string, alike bool) {
	if g.goal.request != nil && g.goal.request.own || len(g.byName[p.ARN])+len(g.unreadRoles)+len(g.freeFor(p.Principal)) > 0 || p.Role != nil && len(g.bySession) > 0 {
		return "", false
	}
	if p.may("sts:AssumeRole") {
		for range p.question("sts:AssumeRole").within(g.pickyRoles) {
			return "", false
		}
	}
	var bits []byte
	targets := false
	for _, d := range p.documents() {
		f := g.facts(d)
		targets = targets || f.targets
		for i := range f.named {
			switch {
			case f.named[i].Varying():
				return "", false
			case f.named[i].Matches(p.ARN):
				bits = append(bits, '1')
			default:
				bits = append(bits, '0')
			}
		}
	}
	if targets {
		bits = p.appendTags(bits)
	}
	if p.loose.meets(changing()) { // it may rewrite policies that it has itself, or take them away, whatever they say
		for _, h := range p.holdings {
			if h.owner == p.ARN {
				bits = append(append(append(bits, h.policy...), h.item...), ' ')
				bits = append(strconv.AppendInt(bits, int64(g.facts(h.document).number), 36), '\n')
			}
		}
	}
	return string(bits) + strings.Join(p.groups, ","), true
}

// of is what was found for one principal as it stands for another that is alike.
func (p *Power) of(w *Principal) *Power {
	if p.Chain == nil || len(p.Chain.Steps) == 0 {
		return p
	}
	c := *p.Chain
	c.Steps = slices.Clone(c.Steps)
	replace := func(arn *string) {
		if *arn == p.from {
			*arn = w.ARN
		}
	}
	replace(&c.To)
	for i := range c.Steps {
		replace(&c.Steps[i].From)
		replace(&c.Steps[i].To)
	}
	return &Power{Is: p.Is, Chain: &c, from: w.ARN}
}

// InEffect reports whether the principal is an administrator, or can make itself one; what was not tried may make it one.
func (p *Power) InEffect() policy.Truth {
	switch {
	case p.Chain != nil && p.Chain.Sure:
		return policy.Yes
	case p.Chain != nil, !p.Cut.Empty():
		return p.Is.Or(policy.Maybe)
	}
	return p.Is
}
