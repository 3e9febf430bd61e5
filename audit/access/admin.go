package access

import (
	"slices"

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
