package access

import (
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// Exposure is a kind of what should be open on some resources only.
type Exposure uint8

// The kinds.
const (
	DataRead    Exposure = iota // what is kept in buckets, tables, secrets, parameters and snapshots can be read
	Sharing                     // who may use a resource can be changed: its policy, or whom it is shared with
	Credentials                 // credentials of somebody else can be got
)

// exposed is what a subject may do, of all kinds, to all resources of a kind.
type exposed struct {
	sure, possible policy.ActionSet // possible holds sure
	by             []exposer
}

// exposer is a statement that allows some of it.
type exposer struct {
	statement string
	acts      policy.ActionSet
}

// Exposes returns the actions of a kind that the subject may do to all resources of a kind, in any session of its own,
// and the statements that allow them: those that it surely may, or else those that it possibly may.
func (a *Analysis) Exposes(kind Exposure) (actions, by []string, sure bool) {
	set, in := a.exposed.sure, a.space()
	if actions = in.exposingIn(kind, set); len(actions) == 0 {
		set = a.exposed.possible
		actions = in.exposingIn(kind, set)
	} else {
		sure = true
	}
	for _, e := range a.exposed.by {
		if slices.ContainsFunc(exposing().kinds[kind], func(n int) bool { return set.Has(n) && e.acts.Has(n) }) {
			by = appendNew(by, e.statement)
		}
	}
	return actions, by, sure
}

// exposingIn names the actions of a kind in a shared set, as many principals have it.
func (s *space) exposingIn(kind Exposure, set policy.ActionSet) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := namedSet{kind, set.Identity()}
	names, ok := s.exposes[key]
	if !ok {
		for _, n := range exposing().kinds[kind] {
			if set.Has(n) {
				names = append(names, s.catalogue.Names[n])
			}
		}
		names = slices.Clip(names)
		s.exposes[key] = names
	}
	return names
}

// namedSet is a shared set as far as it exposes something.
type namedSet struct {
	kind Exposure
	set  *uint64
}

// exposed gathers what is reachable on all resources of a kind; all contexts must have been reached, merged. A Deny that
// leaves what it doesn't name leaves it open on the rest; one whose conditions the caller may choose not to meet, too.
func (r *reacher) exposed(s *scratch) (e exposed) {
	var sure, possible policy.ActionSet
	for c, alike := range r.alike {
		if int(alike) != c {
			continue
		}
		for i := range s.cells[c] {
			at := &s.cells[c][i]
			if whole := at.resource.whole; !whole.Empty() {
				sure = s.arena.Add(sure, s.arena.And(whole, at.sure))
				sure = s.arena.Add(sure, s.arena.And(whole, at.doubted))
				possible = s.arena.Add(possible, s.arena.And(whole, at.maybe))
			}
		}
	}
	if possible = s.arena.Add(possible, sure); possible.Trim().Empty() {
		return e
	}
	r.space.mu.Lock()
	defer r.space.mu.Unlock()
	e.sure, e.possible = r.space.actions.Share(sure), r.space.actions.Share(possible)
	for i := range r.allows {
		in := &r.allows[i]
		var acts policy.ActionSet
		for _, g := range in.fixed {
			acts = s.arena.Add(acts, s.arena.And(s.arena.And(g.acts, g.resource.whole), e.possible))
		}
		if acts = r.space.actions.Share(acts); !acts.Empty() {
			e.by = append(e.by, exposer{in.statement.Ref(), acts})
		}
	}
	return e
}

// wholeOf returns those of the exposing actions of which a resource matches all resources of a kind, or all of the account:
// all buckets' objects, or all access points'.
func (s *space) wholeOf(r *resource) policy.ActionSet {
	all := exposing().all
	if r.glob == policy.GlobAll && len(r.except) == 0 {
		return all
	}
	whole := policy.NewActionSet(0, len(s.catalogue.Names))
	for a := range all.All() {
		if r.takes.Has(a) && slices.ContainsFunc(s.catalogue.Takes[a], func(f int32) bool { return r.contains(s.formats[f]) || r.contains(s.ofAccount(f)) }) {
			whole.Put(a)
		}
	}
	return s.actions.Share(whole)
}

// ofAccount is a format with the account's number, where it takes any.
func (s *space) ofAccount(format int32) policy.Glob {
	fields := strings.SplitN(s.catalogue.Formats[format], ":", 4)
	if len(fields) < 4 || fields[2] != "*" || s.account == "" {
		return s.formats[format]
	}
	fields[2] = s.account
	return policy.FormatGlob(strings.Join(fields, ":"), s.partition, s.account)
}
