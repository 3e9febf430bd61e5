package access

import (
	"iter"
	"slices"
	"sync"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// A team is personas in whose name one attacker acts at once: one sets a password, another enrols the device. It is a
// persona of nobody's that can do what any of them can.

// dividing are the actions with which another's help may lead further: all that lead anywhere but by themselves.
var dividing = sync.OnceValue(func() actionMask {
	m := leading()
	m.add(credentials())
	m.remove(maskOf("sts:AssumeRole", "sts:TagSession"))
	return m
})

// maxHands bounds how many personas a team has.
const maxHands = 32

// join looks for what those that were met can only do together, once nothing else is left, and reports whether there is
// more to look at now.
func (s *search) join() bool {
	if s.end != nil || s.spent() || !slices.ContainsFunc(s.met, func(r *reached) bool { return r.allows.meets(dividing()) }) {
		return false
	}
	if !s.writes {
		s.help()
		if slices.ContainsFunc(s.queue, func(some [2][]ahead) bool { return len(some[0])+len(some[1]) > 0 }) {
			return true
		}
	}
	hands := s.hands(s.met)
	if now := [2]int{len(hands), len(s.order)}; len(hands) < 2 || now == s.joined {
		return false
	} else {
		s.joined = now
	}
	all := hands
	if s.state != nil {
		all = s.hands(s.state.past, s.met)
		s.teamChanges(hands, true)
	}
	return s.teamEdges(all, s.team(all)) || s.teamChanges(all, s.state == nil)
}

// hands are those that were met who can do different things.
func (s *search) hands(of ...[]*reached) (out []*reached) {
	idle := maskOf("sts:AssumeRole", "sts:TagSession", "s3:DeleteBucket", "ec2:TerminateInstances")
	for _, r := range slices.Concat(of...) {
		does := r.allows
		if !r.may("sts:AssumeRole") || len(r.question("sts:AssumeRole").keys) == 0 {
			does.remove(idle)
		}
		if !does.empty() && r.only == "" && !slices.ContainsFunc(out, func(o *reached) bool { return o.class == r.class }) {
			if len(out) == maxHands {
				if s.lacks.Empty() { // the first reason says enough
					s.lacks = message.New("it can act as so many, more than %d who may each do something else, that not all were tried together", maxHands)
				}
				break
			}
			out = append(out, r)
		}
	}
	return out
}

func (s *search) team(hands []*reached) *persona {
	t := &persona{Principal: &Principal{access: s.Access}, graph: s.graph, class: &class{}}
	for _, r := range hands {
		t.hands = append(t.hands, r.persona)
		t.allows.add(r.allows)
		t.others.add(r.others)
	}
	return t
}

// fewest are those hands without whom a team can't do something, in order.
func (s *search) fewest(hands []*reached, does func(team *persona) bool) []*reached {
	for i := 0; i < len(hands) && len(hands) > 1; {
		if less := slices.Delete(slices.Clone(hands), i, i+1); does(s.team(less)) {
			hands = less
		} else {
			i++
		}
	}
	return hands
}

// done is a step that hands do, with all that was done to have them.
func (s *search) doneBy(hands []*reached, step *Step, to string, truth policy.Truth) (by trail) {
	actor := hands[0]
	for _, r := range hands {
		by = by.and(r.trail)
		if r.may(step.Actions[0]) {
			actor = r
		}
	}
	return by.and(trail{steps: []*Step{step.by(actor.persona, to, truth)}})
}

// teamEdges takes whom a team leads to.
func (s *search) teamEdges(hands []*reached, team *persona) (found bool) {
	look := func(edges func(team *persona) iter.Seq[edge]) {
		for e := range edges(team) {
			c := s.held[controlKey{e.to, e.only}]
			if s.spent() {
				return
			}
			if e.truth < s.level || s.leaves(e.to.ARN, nil) || c != nil && c.sessions&e.sessions == e.sessions {
				continue
			}
			by := s.fewest(hands, func(team *persona) bool {
				s.aim = e.to
				defer func() { s.aim = nil }()
				for o := range edges(team) {
					if o.to == e.to && o.only == e.only && o.sessions&e.sessions == e.sessions && o.truth >= s.level {
						return true
					}
				}
				return false
			})
			found = true
			s.take(e.to, e.sessions, e.only, s.doneBy(by, e.step, e.to.ARN, e.truth))
		}
	}
	for part := toGoal; part <= toQuiet; part++ {
		if !s.apart {
			look(func(team *persona) iter.Seq[edge] { return s.openEdgesOf(team, part) })
		}
		look(func(team *persona) iter.Seq[edge] { return s.edgesOf(team, part) })
	}
	look(func(team *persona) iter.Seq[edge] {
		var out []edge
		for _, c := range s.order {
			if c.who.Role == nil && c.only == "" && c.sessions&strong == 0 {
				out = append(out, s.enrolment(team, c.who, c.sessions))
			}
		}
		return slices.Values(out)
	})
	return found
}

// teamChanges notes what a team can change of the rights of those that are in hand, by then with policies that others gave
// them.
func (s *search) teamChanges(hands []*reached, take bool) (found bool) {
	for _, c := range slices.Clone(s.order) {
		if c.only != "" || c.who.Role != nil && sealed(c.who) {
			continue
		}
		as := s.asGiven(c)
		o := s.object(c.who)
		if s.state != nil {
			o = as.itself()
		}
		changes := func(team *persona) []*mod {
			f := changeFinder{graph: s.graph, p: team, w: c.who, o: o, as: as}
			f.find()
			return f.out
		}
		for _, m := range changes(s.team(hands)) {
			if s.spent() {
				return found
			}
			same := func(o *mod) bool { return o.key == m.key && o.truth >= s.level }
			takes := s.state != nil && m.takes(s.graph)
			if m.truth < s.level || takes && !take || s.leaves("", m) || slices.ContainsFunc(c.mods, func(o *changed) bool { return o.key == m.key }) {
				continue
			}
			by := s.doneBy(s.fewest(hands, func(team *persona) bool { return slices.ContainsFunc(changes(team), same) }), m.step, m.step.To, m.truth)
			by.mods = append(by.mods, m)
			more := &changed{m, by, false}
			if takes {
				s.turn(hands[0], more)
				continue
			}
			found = true
			c.mods = append(c.mods, more)
			s.change(c, more)
		}
	}
	return found
}

func anyHand(*persona) bool { return true }

// canBy is can, by those hands alone that are free to.
func (p *persona) canBy(free func(*persona) bool, action, resource string, o *object) (a answer) {
	switch {
	case p.hands != nil:
		a = p.anyCan(free, action, resource, o)
	case free(p):
		a.truth, a.by = p.can(action, resource, o)
	}
	return a
}

// anyCan is whether one of a team that is free to can do an action, on a target with tags and boundaries that others of
// it give it first.
func (p *persona) anyCan(free func(*persona) bool, action, resource string, o *object) (best answer) {
	try := func(o *object, before answer, who *Principal) {
		for _, h := range p.hands {
			if !free(h) {
				continue
			}
			if h.Principal == who {
				h = h.became(action, o)
			}
			t, by := h.can(action, resource, h.selfIn(action, o))
			if t = t.And(before.truth); t > best.truth {
				best = answer{t, joinNew(before.by, by)}
			}
		}
	}
	if try(o, answer{truth: policy.Yes}, nil); best.truth == policy.Yes || o == nil || o.who == nil {
		return best
	}
	for _, other := range p.prepared(p.question(action), o) {
		try(other.object, other.answer, o.who)
	}
	return best
}

// selfIn is an object as the persona finds it: where that is itself, with the tags and the boundary that it has by then,
// but for a boundary that the request brings along.
func (p *persona) selfIn(action string, o *object) *object {
	if o == nil || o.who != p.Principal || len(p.mods) == 0 || putting(action) {
		return o
	}
	self := *o
	by := p.itself()
	self.boundary, self.tags = by.boundary, by.tags
	return &self
}

// teamQuestion is what policies of all of a team say of an action.
func (p *persona) teamQuestion(action string) *question {
	all := &question{action: action, flat: true}
	for _, h := range p.hands {
		if !h.may(action) {
			continue
		}
		q := h.question(action)
		all.prefixes, all.keys = appendAll(all.prefixes, q.prefixes), appendAll(all.keys, q.keys)
		all.statements, all.flat = append(all.statements, q.statements...), all.flat && q.flat
	}
	slices.Sort(all.prefixes)
	return all
}

// all are the hands of a team, or the persona itself.
func (p *persona) all() []*persona {
	if p.hands != nil {
		return p.hands
	}
	return []*persona{p}
}
