package access

import (
	"encoding/binary"
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// shape is what all patterns of one shape concern.
type shape struct {
	number               uint32
	takes, covers, whole policy.ActionSet // as in resource
}

// pair is two shared sets.
type pair struct{ a, b *uint64 }

// coverage finds which of some actions a pattern covers, by the formats of theirs that it holds.
type coverage struct {
	formats []int32
	covered map[string]policy.ActionSet
}

// measure finds which actions the resource concerns.
func (s *space) measure(r *resource) {
	c := s.catalogue
	if r.glob == policy.GlobAll && len(r.except) == 0 {
		r.takes, r.covers, r.whole = c.Every, c.Every, s.wholeOf(r)
		return
	}
	if r.except != nil {
		excluded := s.covered(c.Every, func(g policy.Glob) bool { return containsAny(r.except, g) })
		takes := heap.Clone(c.Every)
		takes.Remove(excluded)
		r.takes = s.actions.Share(takes)
		r.covers = s.covered(c.Every, r.contains)
		r.whole = s.wholeOf(r)
		return
	}
	r.shape = s.shape(r.glob)
	r.takes, r.covers, r.whole = r.shape.takes, r.shape.covers, r.shape.whole
}

// shape finds what a pattern's shape concerns, once.
func (s *space) shape(g policy.Glob) *shape {
	if service, named := named(g); named && !s.mixed[service] && !s.mixed["*"] {
		s.key = g.Shape(s.key[:0], &s.words)
	} else {
		s.key = append(s.key[:0], g...)
	}
	known := s.shapes[string(s.key)]
	if known == nil {
		r := resource{glob: policy.Glob(s.key)}
		takes := s.taking(r.glob)
		r.takes = takes
		known = &shape{number: uint32(len(s.shapes)), takes: takes, covers: s.covered(takes, r.contains), whole: s.wholeOf(&r)}
		s.shapes[string(r.glob)] = known
	}
	return known
}

// named returns the service that a pattern of ARNs names, if it does.
func named(g policy.Glob) (service string, is bool) {
	first, rest, _ := strings.Cut(string(g), ":")
	partition, rest, _ := strings.Cut(rest, ":")
	service, _, ok := strings.Cut(rest, ":")
	return service, ok && !policy.Glob(first).Crosses() && !policy.Glob(partition).Crosses() && policy.Glob(service).Plain()
}

// common returns what two shared sets have in common.
func (s *space) common(a, b policy.ActionSet) policy.ActionSet {
	return remembered(s, s.both, a, b, func() policy.ActionSet { return heap.And(a, b) })
}

// together returns the members of two shared sets.
func (s *space) together(a, b policy.ActionSet) policy.ActionSet {
	return remembered(s, s.either, a, b, func() policy.ActionSet { return heap.Add(heap.Clone(a), b) })
}

func remembered(s *space, made map[pair]policy.ActionSet, a, b policy.ActionSet, work func() policy.ActionSet) policy.ActionSet {
	key := pair{a.Identity(), b.Identity()}
	set, ok := made[key]
	if !ok {
		set = s.actions.Share(work())
		made[key] = set
	}
	return set
}

// lookup asks the catalogue for what a pattern of actions names.
func (s *space) lookup(text string) lookup {
	found, ok := s.lookups[text]
	if !ok {
		found.set, found.known = s.catalogue.Lookup(text)
		found.set, found.glob = s.actions.Share(found.set), policy.ActionGlob(text)
		s.lookups[text] = found
	}
	return found
}

// candidates returns the formats that can intersect a pattern.
func (s *space) candidates(g policy.Glob) (lists [2][]int) {
	if service, named := named(g); named {
		return [2][]int{s.bySegment[service], s.anySegment}
	}
	return [2][]int{s.all, nil}
}

// taking returns the actions that take an ARN which the pattern matches.
//
// A * that ends a field may run on beyond the colon, so that to the letter arn:aws:iam::*:mfa/* matches a user whose
// path holds ":mfa/" too. Nobody means that: the fields are read as they stand, and only if nothing is of that form as
// AWS lets them run.
func (s *space) taking(g policy.Glob) policy.ActionSet {
	if straight := g.Aligned(); straight != g {
		if set := s.takingLiteral(straight); !set.Empty() {
			return set
		}
	}
	return s.takingLiteral(g)
}

func (s *space) takingLiteral(g policy.Glob) policy.ActionSet {
	s.key = s.key[:0]
	for _, list := range s.candidates(g) {
		for _, f := range list {
			if len(s.takers[f]) > 0 && g.Intersects(s.formats[f]) {
				s.key = binary.LittleEndian.AppendUint16(s.key, uint16(f))
			}
		}
	}
	set, ok := s.met[string(s.key)]
	if !ok {
		set = policy.NewActionSet(0, len(s.catalogue.Names))
		for i := 0; i < len(s.key); i += 2 {
			for _, a := range s.takers[binary.LittleEndian.Uint16(s.key[i:])] {
				set.Put(a)
			}
		}
		set = s.actions.Share(set)
		s.met[string(s.key)] = set
	}
	return set
}

// covered returns those actions of a shared set all of whose resources are in. "*" is the resource of a request that has
// none.
func (s *space) covered(among policy.ActionSet, in func(policy.Glob) bool) policy.ActionSet {
	c := s.coverages[among.Identity()]
	if c == nil {
		c = &coverage{covered: map[string]policy.ActionSet{}}
		seen := make([]bool, len(s.formats))
		for a := range among.All() {
			for _, f := range s.catalogue.Takes[a] {
				if !seen[f] {
					seen[f] = true
					c.formats = append(c.formats, f)
				}
			}
		}
		s.coverages[among.Identity()] = c
	}
	s.key = s.key[:0]
	if star := in("*"); star {
		s.key = append(s.key, '*') // which makes the length odd
	}
	for _, f := range c.formats {
		if in(s.formats[f]) {
			s.key = binary.LittleEndian.AppendUint16(s.key, uint16(f))
		}
	}
	set, ok := c.covered[string(s.key)]
	if !ok {
		set = s.coveredBy(among, s.key)
		c.covered[string(s.key)] = set
	}
	return set
}

// coveredBy returns those actions whose formats are all in the list that a key of covered is.
func (s *space) coveredBy(among policy.ActionSet, key []byte) policy.ActionSet {
	star := len(key)%2 == 1
	in := make([]bool, len(s.formats))
	for key = key[len(key)%2:]; len(key) > 0; key = key[2:] {
		in[binary.LittleEndian.Uint16(key)] = true
	}
	set := policy.NewActionSet(0, len(s.catalogue.Names))
	for a := range among.All() {
		if (star || !s.catalogue.StarToo[a]) && !slices.ContainsFunc(s.catalogue.Takes[a], func(f int32) bool { return !in[f] }) {
			set.Put(a)
		}
	}
	return s.actions.Share(set)
}
