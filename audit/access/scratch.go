package access

import "sekisho/audit/policy"

// heap is the arena of sets that outlive an analysis.
var heap *policy.Arena

// scratch is the memory of one analysis, used again for the next, and what is remembered between them.
type scratch struct {
	arena     policy.Arena
	last      *reacher // uses the arena
	relations map[uint64]relation
	denyAt    map[denyKey]int
	cells     [3][]cell
	rooms     [3][]cell // for cells; those of contexts that are alike are the same
	spare     []cell
	denies    []denial
	opened    []open
	on        []policy.ActionSet
	texts     []string
	firsts    map[string][]string // what first returned, by its texts
	key       []byte
	globs     []policy.Glob
	leaking   [3][]leakCell
	book      leakBook
	compiled  []*compiledDocument
	allows    []instance
	instances []instance // that deny
	shares    []share
	turn      uint64       // counts the subjects
	resolved  []resolution // by the template's number
	resources [][]resource // that aren't shared
	taken     int          // of them
	list      uint64       // counts the lists of resources that at is about
	places    []uint64     // by the resource's number
}

// perChunk is how many resources are made at once.
const perChunk = 64

// resource returns an empty resource, for this subject only.
func (s *scratch) resource() *resource {
	if s.taken == perChunk*len(s.resources) {
		s.resources = append(s.resources, make([]resource, perChunk))
	}
	r := &s.resources[s.taken/perChunk][s.taken%perChunk]
	s.taken++
	*r = resource{}
	return r
}

// at finds the place of a resource in the list under way; one that isn't there yet gets the next.
func (s *scratch) at(r *resource, next int) (place int, known bool) {
	p := &r.place
	if r.number > 0 {
		if r.number >= len(s.places) {
			s.places = append(s.places, make([]uint64, 1+r.number)...)
		}
		p = &s.places[r.number]
	}
	if *p>>32 == s.list {
		return int(uint32(*p)), true
	}
	*p = s.list<<32 | uint64(next)
	return next, false
}

func (s *space) borrow() *scratch {
	if got, ok := s.scratch.Get().(*scratch); ok {
		return got
	}
	return &scratch{relations: map[uint64]relation{}, denyAt: map[denyKey]int{}, firsts: map[string][]string{}, book: leakBook{at: map[string]int{}}}
}

func (s *space) giveBack(work *scratch) { s.scratch.Put(work) }

// reacher returns the subject's reacher, which stays in the scratch memory until another subject's takes its place: who
// asks for one detail asks for others.
func (s *space) reacher(work *scratch, subject *Subject) *reacher {
	if work.last == nil || work.last.subject != subject {
		work.last = nil
		work.arena.Reset()
		work.last = newReacher(s, work, subject)
	}
	return work.last
}

// maxRelations bounds what a hostile policy can make the memory hold.
const maxRelations = 1 << 20

// relate finds a set's relation to a resource, and remembers it for shared ones. A set that holds all that a template
// stands for, or has nothing in common with it, is so related to what it is for each principal.
func (s *scratch) relate(set *resourceSet, r *resource) relation {
	switch {
	case set.of[0].glob == policy.GlobAll && set.of[0].except == nil:
		return whole
	case set.number > 0 && r.number > 0:
		return s.remembered(set, uint64(r.number), r)
	case set.number > 0 && r.from != nil:
		if rel := s.remembered(set, 1<<31|uint64(r.from.number)<<1|uint64(r.reading), r.from.wide[min(r.reading, len(r.from.wide)-1)]); rel != overlap {
			return rel
		}
	}
	return relationTo(set, r)
}

func (s *scratch) remembered(set *resourceSet, number uint64, r *resource) relation {
	key := uint64(set.number)<<32 | number
	rel, ok := s.relations[key]
	if !ok {
		if len(s.relations) >= maxRelations {
			clear(s.relations)
		}
		rel = relationTo(set, r)
		s.relations[key] = rel
	}
	return rel
}

func relationTo(set *resourceSet, r *resource) relation {
	return relationOf(set.of, func(o *resource) bool { return o.holds(r) }, func(o *resource) bool { return o.meets(r) })
}
