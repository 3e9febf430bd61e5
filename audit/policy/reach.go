package policy

// requestContext is a kind of request that a user's credentials can make.
type requestContext int

const (
	longTermKey requestContext = iota // signed with the access key itself: the MFA keys are absent
	noMFA                             // a session without MFA: console, or GetSessionToken
	withMFA                           // a session with MFA
)

// base returns what is known of such a request, whoever makes it. Which keys are there is said in the Guide,
// reference_policies_condition-keys, under aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge and aws:TokenIssueTime.
func (c requestContext) base(s *space) *Context {
	ctx := NewContext(Unknown)
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:ViaAWSService", "false")
	if s.now != "" {
		ctx.Set("aws:CurrentTime", s.now)
	}
	if s.account != "" {
		ctx.Set("aws:PrincipalAccount", s.account)
	}
	switch c {
	case longTermKey:
		ctx.SetAbsent(keyMFAPresent)
		ctx.SetAbsent(keyMFAAge)
		ctx.SetAbsent("aws:TokenIssueTime")
		return ctx
	case noMFA:
		ctx.Set(keyMFAPresent, "false")
		ctx.SetAbsent(keyMFAAge)
	case withMFA:
		ctx.Set(keyMFAPresent, "true")
		ctx.Set(keyMFAAge, "0")
	}
	if s.now != "" {
		ctx.Set("aws:TokenIssueTime", s.now)
	}
	return ctx
}

// cell is what is reachable on one resource in one context.
type cell struct {
	resource *resource
	sure     actionSet
	maybe    actionSet // possibly only: none of sure
	doubted  actionSet // of maybe: sure but for a Deny that may apply
	bitten   actionSet // of both: actions of which a Deny takes something away that it leaves to those with MFA
	by       *instance // the statement, where cells weren't merged
}

// scratch is the memory of one analysis, used again for the next, and what is remembered between them.
type scratch struct {
	arena     arena
	relations map[uint64]relation
	cellAt    map[*resource]int
	denyAt    map[denyKey]int
	cells     [3][]cell
	denies    []denial
	allows    []instance
	instances []instance // that deny
	resolved  map[*template][]resolvedResource
}

type denyKey struct {
	set     *resourceSet
	truth   Truth
	lasting bool
}

// denial is the Denies on one set of resources.
type denial struct {
	denyKey
	acts actionSet
}

// reach returns what is reachable in a context. Merged, there is one cell a resource; else one a statement and resource.
func (r *reacher) reach(s *scratch, c requestContext, merged bool) []cell {
	cells := s.cells[c][:0]
	clear(s.cellAt)
	add := func(g share, t Truth, in *instance) {
		if t == No || len(g.acts.words) == 0 {
			return
		}
		i, ok := 0, false
		if merged {
			i, ok = s.cellAt[g.resource]
		}
		if !ok {
			i = len(cells)
			cells = append(cells, cell{resource: g.resource, by: in})
			s.cellAt[g.resource] = i
		}
		if t == Yes {
			cells[i].sure = s.arena.add(cells[i].sure, g.acts)
		} else {
			cells[i].maybe = s.arena.add(cells[i].maybe, g.acts)
		}
	}
	for i := range r.allows {
		in := &r.allows[i]
		t := in.truth[c]
		for _, g := range in.fixed {
			add(g, t, in)
		}
		for _, g := range in.own {
			add(g, t, in)
		}
		for _, g := range in.loose {
			add(g, min(t, Maybe), in)
		}
	}
	for i := range cells {
		cells[i].maybe.remove(cells[i].sure)
	}
	if r.bounded {
		cells = r.bound(s, c, cells)
	}
	for i := range r.trusts {
		in := &r.trusts[i]
		switch in.truth[c] {
		case Yes:
			cells = append(cells, cell{resource: in.fixed[0].resource, by: in, sure: s.arena.clone(in.acts)})
		case Maybe:
			cells = append(cells, cell{resource: in.fixed[0].resource, by: in, maybe: s.arena.clone(in.acts)})
		}
	}
	r.deny(s, c, cells)
	s.cells[c] = cells
	return cells
}

// bound leaves what the boundary allows too. Where it allows part of a resource only, that part becomes a cell.
func (r *reacher) bound(s *scratch, c requestContext, cells []cell) []cell {
	var out []cell
	for _, old := range cells {
		var sure, maybe actionSet
		for i := range r.bounds {
			b := &r.bounds[i]
			if b.truth[c] == No {
				continue
			}
			acts := b.within(s, old.resource)
			if b.truth[c] == Yes {
				sure = s.arena.add(sure, acts)
			} else {
				maybe = s.arena.add(maybe, acts)
			}
			if b.maybe != nil && s.relate(b.maybe, old.resource) != apart {
				maybe = s.arena.add(maybe, s.arena.and(b.acts, b.maybe.takes))
			}
		}
		kept := cell{resource: old.resource, by: old.by, sure: s.arena.and(old.sure, sure)}
		all := s.arena.add(s.arena.clone(old.sure), old.maybe)
		kept.maybe = s.arena.and(all, s.arena.add(s.arena.clone(sure), maybe))
		kept.maybe.remove(kept.sure)
		rest := s.arena.clone(all)
		rest.remove(kept.sure)
		rest.remove(kept.maybe)
		if !rest.empty() {
			out = r.boundParts(s, c, out, old, rest, &kept)
		}
		out = append(out, kept)
	}
	return out
}

// boundParts appends the parts of a cell's resource that statements of the boundary allow.
func (r *reacher) boundParts(s *scratch, c requestContext, out []cell, old cell, rest actionSet, kept *cell) []cell {
	for i := range r.bounds {
		b := &r.bounds[i]
		if b.truth[c] == No || b.sure == nil || !b.acts.intersects(rest) {
			continue
		}
		for _, o := range b.sure.of {
			part := s.arena.and(s.arena.and(rest, b.acts), o.takes)
			if part.empty() || !o.meets(old.resource) {
				continue
			}
			if !old.resource.holds(o) {
				kept.maybe = s.arena.add(kept.maybe, part) // some of it, which no single pattern says
				continue
			}
			narrow := cell{resource: o, by: old.by}
			if b.truth[c] == Yes {
				narrow.sure = s.arena.and(part, old.sure)
			}
			narrow.maybe = part
			narrow.maybe.remove(narrow.sure)
			out = append(out, narrow)
		}
	}
	return out
}

// within returns the actions that the rule surely names on the whole of a resource.
func (in *instance) within(s *scratch, o *resource) actionSet {
	if in.sure == nil {
		return actionSet{}
	}
	switch s.relate(in.sure, o) {
	case whole:
		return in.acts
	case overlap:
		return s.arena.and(in.acts, in.sure.covers)
	}
	return actionSet{}
}

// deny takes away what Denies cover, and notes what they take a part of. A Deny that only may apply leaves things
// possible.
func (r *reacher) deny(s *scratch, c requestContext, cells []cell) {
	s.denies = s.denies[:0]
	clear(s.denyAt)
	add := func(set *resourceSet, acts actionSet, t Truth, lasting bool) {
		if set == nil {
			return
		}
		key := denyKey{set, t, lasting}
		i, ok := s.denyAt[key]
		if !ok {
			i = len(s.denies)
			s.denies = append(s.denies, denial{denyKey: key})
			s.denyAt[key] = i
		}
		s.denies[i].acts = s.arena.add(s.denies[i].acts, acts)
	}
	for i := range r.denies {
		in := &r.denies[i]
		if t := in.truth[c]; t != No {
			add(in.sure, in.acts, t, in.truth[withMFA] == Yes)
			add(in.maybe, in.acts, Maybe, false)
		}
	}
	for i := range cells {
		for j := range s.denies {
			s.subtract(&cells[i], &s.denies[j])
		}
	}
}

func (s *scratch) subtract(c *cell, d *denial) {
	if !c.sure.intersects(d.acts) && !c.maybe.intersects(d.acts) {
		return
	}
	rel := s.relate(d.set, c.resource)
	if rel == apart {
		return
	}
	covered := d.acts
	if rel == overlap {
		covered = s.arena.and(d.acts, d.set.covers)
	}
	if d.truth == Maybe {
		moved := s.arena.and(c.sure, covered)
		c.sure.remove(moved)
		c.maybe = s.arena.add(c.maybe, moved)
		c.doubted = s.arena.add(c.doubted, moved)
		return
	}
	c.sure.remove(covered)
	c.maybe.remove(covered)
	c.doubted.remove(covered)
	if rel == overlap && !d.lasting {
		part := s.arena.and(d.acts, d.set.takes)
		c.bitten = s.arena.add(c.bitten, s.arena.and(part, c.sure))
		c.bitten = s.arena.add(c.bitten, s.arena.and(part, c.maybe))
	}
}
