package access

import (
	"iter"
	"slices"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// search finds the shortest way from one principal to the goal, over changes and personas that are surely, or possibly,
// within reach.
type search struct {
	*graph
	from    *Principal
	level   policy.Truth
	held    map[controlKey]*control
	order   []*control
	met     []*reached // personas that were looked at, in order
	seen    map[*persona]bool
	queue   [][2][]ahead    // by number of steps; what promises most comes first
	next    int             // where the queue goes on
	rest    []*reached      // personas that need no look unless somebody writes policies
	joined  [2]int          // how many hands the last team had, and of how many principals
	lacks   message.Message // why not all combinations were tried; empty: they were
	writes  bool            // some persona may change what others' policies say
	end     *reached        // the first that is there
	varied  int             // personas beside the first of each principal
	began   int             // how many questions had been asked before
	foreign bool            // others than the principal itself may change what policies say
	apart   bool            // roles that let in everybody are left out
	state   *state          // nil: whatever could be done can be done still
}

type controlKey struct {
	who  *Principal
	only string
}

// control is a principal that someone acts as.
type control struct {
	who      *Principal
	only     string
	sessions session
	mixed    bool // they came by several edges
	tagged   bool // somebody brings all tags that count into its sessions
	mods     []*changed
	personas []*reached
}

type changed struct {
	*mod
	trail
	before bool // somebody made it who couldn't any more
}

// reached is a persona with what was done to get there.
type reached struct {
	*persona
	trail
	gone bool // it could act in a state before
}

// ahead is what a search goes on with: a persona to look at, or an edge of one to follow.
type ahead struct {
	*reached
	edge *edge
}

// run looks at all that is in the queue, as long as it may lead to a shorter way than the one that is found.
func (s *search) run() {
	for s.next < len(s.queue) && !s.done(s.next+1) {
		at := &s.queue[s.next]
		list := &at[0]
		if len(*list) == 0 {
			list = &at[1]
		}
		if len(*list) == 0 {
			s.next++
			continue
		}
		a := (*list)[0]
		if *list = (*list)[1:]; a.edge != nil {
			s.along(a.reached, a.edge)
		} else {
			s.look(a.reached)
		}
	}
}

// surely reports whether a look for sure ways would find the same: a single sure step is the first of these, too.
func (s *search) surely(r *reached) bool {
	return len(r.steps) == 1 && r.steps[0].Sure && s.arrives(r.persona) == policy.Yes && !s.held[controlKey{r.Principal, r.only}].mixed
}

func (s *search) chain(r *reached, level policy.Truth) *Chain {
	c := &Chain{To: r.ARN, Sure: level == policy.Yes}
	if s.goal.request != nil {
		best := r.best()
		c.End = &best
	}
	for _, step := range r.steps {
		c.Steps = append(c.Steps, step.told())
	}
	return c
}

// take notes that someone can act as a principal.
func (s *search) take(who *Principal, sessions session, only string, by trail) {
	key := controlKey{who, only}
	c := s.held[key]
	if c != nil && c.sessions&sessions == sessions {
		return
	}
	fresh := c == nil
	if fresh {
		c = &control{who: who, only: only}
		s.held[key] = c
		s.order = append(s.order, c)
	}
	c.mixed = c.sessions != 0
	c.sessions |= sessions
	s.push(c, s.persona(who, c.sessions, only, nil).with(s.concerning(by.mods, who)...), by)
	for _, m := range c.mods {
		s.change(c, m)
	}
	for _, r := range s.met {
		s.collect(r, c)
	}
	if fresh && s.state != nil {
		for _, r := range s.state.past {
			s.collect(r, c)
		}
	}
}

// deadKey is a level of certainty and a principal, in the sessions that someone has of it.
type deadKey struct {
	level    policy.Truth
	who      *Principal
	sessions session
}

// bury notes that nobody whom the search came by leads to the goal: not alone, since not with all the others.
// Someone who leads to somebody who can change others may help these all the same.
func (s *search) bury() {
	if !s.lacks.Empty() || slices.ContainsFunc(s.order, func(c *control) bool { return !s.harmless(s.base(c.who)) }) {
		return
	}
	for _, c := range s.order {
		if c.only != "" {
			continue
		}
		for level := s.level; level <= policy.Yes; level++ { // what isn't even possible isn't sure
			s.dead[deadKey{level, c.who, c.sessions}] = true
		}
		if all := s.sessionsOf(c.who); s.level == policy.Maybe && (c.sessions == all || all == roleSession && !s.trustOf(c.who).tagged) {
			s.retire(c.who)
		}
	}
}

// idle reports whether a principal leads nowhere, and to nobody who can change what would help others.
func (s *search) idle(p *persona) bool {
	return len(p.mods) == 0 && s.dead[deadKey{s.level, p.Principal, p.sessions}]
}

// harmless reports whether a principal can change nothing that would help others.
func (g *graph) harmless(p *persona) bool {
	return !p.loose.meets(changing()) && (p.Role == nil || !g.trustOf(p.Principal).tagged)
}

// retire counts a principal among the quiet ones from now on.
func (g *graph) retire(w *Principal) {
	if g.parts == nil {
		return
	}
	from, to := &g.parts[toBusy], &g.parts[toQuiet]
	move := func(from, to *[]*Principal) {
		if i, ok := slices.BinarySearchFunc(*from, w, byARN); ok {
			*from = slices.Delete(*from, i, i+1)
			at, _ := slices.BinarySearchFunc(*to, w, byARN)
			*to = slices.Insert(*to, at, w)
			g.retired++
		}
	}
	if w.Role == nil {
		move(&from.users, &to.users)
		return
	}
	move(&from.roles, &to.roles)
	move(&from.openRoles, &to.openRoles)
	move(&from.freeRoles, &to.freeRoles)
	if w.part == toBusy {
		w.part = toQuiet
	}
}

// concerning are the changes of a principal's rights.
func (s *search) concerning(mods []*mod, who *Principal) []*mod {
	adds := func(policy string) bool {
		return slices.ContainsFunc(mods, func(m *mod) bool { return m.adds(policy) && m.concerns(s.graph, who) })
	}
	return lists.Filter(mods, func(m *mod) bool { return m.concerns(s.graph, who) || m.kind == rewritePolicy && adds(m.on) })
}

func (s *search) push(c *control, p *persona, by trail) {
	if s.seen[p] || s.done(len(by.steps)) {
		return
	}
	s.seen[p] = true
	r := &reached{persona: p, trail: by}
	if len(c.personas) > 0 {
		s.varied++
	}
	c.personas = append(c.personas, r)
	if s.arrives(p) >= s.level {
		s.end = r
		return
	}
	if !s.writes && s.idle(p) {
		s.rest = append(s.rest, r)
		return
	}
	s.line(ahead{reached: r}, r.persona, len(r.steps))
}

// line puts a persona, or what leads to it, into the queue. Who may take all kinds of steps promises most, such as an
// administrator: the next one mostly leads to whatever the goal is.
func (s *search) line(a ahead, to *persona, steps int) {
	for len(s.queue) <= steps {
		s.queue = append(s.queue, [2][]ahead{})
	}
	list := &s.queue[steps][1]
	if s.goal != (goal{}) && to.allows.holds(leading()) {
		list = &s.queue[steps][0]
	}
	*list = append(*list, a)
	s.next = min(s.next, steps)
}

// look adds what a persona opens.
func (s *search) look(r *reached) {
	s.met = append(s.met, r)
	if r.own == nil {
		found := s.ownEdges(r.persona)
		r.own = &found
	}
	s.follow(r, slices.Values(*r.own), s.along)
	for part := toGoal; part < toQuiet; part++ {
		if !s.done(len(r.steps) + 1) {
			s.lead(r, part)
		}
	}
	for _, c := range slices.Clone(s.order) {
		s.collect(r, c)
	}
	switch {
	case s.writes:
		s.followQuiet(r)
	case r.allows.meets(writing()):
		s.help()
	}
}

// help looks at those who are of use only with others.
func (s *search) help() {
	s.writes = true
	for _, r := range s.rest {
		s.line(ahead{reached: r}, r.persona, len(r.steps))
	}
	s.rest = nil
	for _, before := range slices.Clone(s.met) {
		s.followQuiet(before)
	}
}

// followQuiet takes whom a persona leads to who is of use only once somebody writes policies.
func (s *search) followQuiet(r *reached) {
	if !s.done(len(r.steps) + 1) {
		s.lead(r, toQuiet)
	}
}

// lead goes on by the edges of a persona to one part of the principals.
func (s *search) lead(r *reached, part whom) {
	if !s.apart {
		s.follow(r, s.openEdgesOf(r.persona, part), s.thither(part))
	}
	if s.leads(r) {
		s.follow(r, s.edgesOf(r.persona, part), s.thither(part))
	}
}

// leads reports whether a persona may be able to do something by which sure ways begin, where these are looked for.
func (s *search) leads(r *reached) bool {
	return s.level < policy.Yes || r.surely().meets(surelyLeading())
}

// thither is what is done about an edge: those to the goal are followed at once, and others in their turn, for mostly
// there is a way before.
func (s *search) thither(part whom) func(*reached, *edge) {
	if part == toGoal {
		return s.along
	}
	return func(r *reached, e *edge) { s.line(ahead{r, e}, s.base(e.to), len(r.steps)+1) }
}

// follow goes on by the edges of a persona that lead to somebody new.
func (s *search) follow(r *reached, edges iter.Seq[edge], on func(*reached, *edge)) {
	for e := range edges {
		if s.done(len(r.steps) + 1) {
			return
		}
		if e.truth < s.level || s.leaves(e.to.ARN, nil) || e.to == r.Principal && e.sessions&^r.sessions == 0 {
			continue
		}
		if c := s.held[controlKey{e.to, e.only}]; c == nil || c.sessions&e.sessions != e.sessions {
			on(r, &e)
		}
	}
}

// along takes whom an edge of a persona leads to.
func (s *search) along(r *reached, e *edge) {
	if c := s.held[controlKey{e.to, e.only}]; c == nil || c.sessions&e.sessions != e.sessions {
		s.take(e.to, e.sessions, e.only, r.trail.and(trail{steps: []*Step{e.step.by(r.persona, e.to.ARN, e.truth)}}))
	}
}

// done reports whether there is a way that isn't longer than one of so many steps.
func (s *search) done(steps int) bool {
	return s.spent() || s.end != nil && len(s.end.steps) <= steps
}

// collect notes what a persona can change of the rights of a principal that someone acts as.
func (s *search) collect(r *reached, c *control) {
	if s.done(len(r.steps) + 1) {
		return
	}
	var changes []*mod
	if r.allows.meets(changing()) {
		s.foreign = s.foreign || r.Principal != s.from
		switch {
		case !s.leads(r):
		case s.state != nil:
			changes = s.changesNow(r.persona, c)
		default:
			changes = s.changesOf(r.persona, c.who)
		}
	}
	if c.who.Role != nil && !c.tagged { // nor are others asked who could, too
		brings := s.sessionTags(r.persona, c.who)
		c.tagged = s.state == nil && r.Principal != c.who && len(brings) > 0 && brings[0].truth >= s.level
		changes = slices.Concat(changes, brings)
	}
	for _, m := range changes {
		if s.done(len(r.steps) + 1) {
			return
		}
		if m.truth < s.level || s.leaves("", m) || slices.ContainsFunc(c.mods, func(old *changed) bool { return old.key == m.key }) {
			continue
		}
		found := &changed{m, r.trail.and(trail{[]*Step{m.step.by(r.persona, m.step.To, m.truth)}, []*mod{m}}), r.gone}
		if s.state != nil && m.takes(s.graph) {
			s.turn(r, found)
			continue
		}
		if r.Principal == c.who && m.replaces() { // the rights to change it again are those that it has then
			if s.room(c) {
				s.push(c, r.with(m), found.trail)
			}
			continue
		}
		c.mods = append(c.mods, found)
		s.change(c, found)
	}
}

// change makes new personas of those of a principal, with whatever else was changed of it on the way to the change.
func (s *search) change(c *control, m *changed) {
	concerning := s.concerning(m.mods, c.who)
	for _, r := range slices.Clone(c.personas) {
		if !s.room(c) || s.done(max(len(r.steps), len(m.steps))) {
			return
		}
		if r.sessions == c.sessions {
			by := r.trail.and(m.trail)
			if m.before {
				by = m.trail.and(r.trail)
			}
			s.push(c, r.with(append(concerning, m.mod)...), by)
		}
	}
}
