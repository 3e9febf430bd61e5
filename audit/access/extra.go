package access

import "sekisho/audit/policy"

// extra is an action that the catalogue lacks, reachable on one resource.
type extra struct {
	action   extraAction
	resource *resource
	truth    policy.Truth
	by       *instance
}

// extras finds the reachable actions that the catalogue lacks, in all contexts.
func (r *reacher) extras(s *scratch) {
	for i := range r.allows {
		in := &r.allows[i]
		for _, action := range in.rule.extras {
			in.each(func(g share, most policy.Truth) { r.addExtra(s, extra{action, g.resource, most, in}) })
		}
	}
}

// addExtra adds an allowed action where the boundary, the organization and the Denies leave it.
func (r *reacher) addExtra(s *scratch, e extra) {
	truths := e.by.truth
	for c := range truths {
		truths[c] = truths[c].And(e.truth)
	}
	bounds := r.levels
	if r.bounded {
		bounds = r.limits()
	}
	for _, list := range bounds {
		bound := boundExtra(s, e, list)
		for c := range truths {
			truths[c] = truths[c].And(bound[c])
		}
	}
	for i := range r.denies {
		d := &r.denies[i]
		if d.sure == nil || d.concerns(e.action.glob) != whole || s.relate(d.sure, e.resource) != whole {
			continue
		}
		for c := range truths {
			truths[c] = truths[c].And(d.truth[c].Not())
		}
	}
	for c, t := range truths {
		if e.truth = t; t != policy.No {
			r.open[c] = append(r.open[c], e)
		}
	}
}

// boundExtra says in which contexts what limits it allows such an action.
func boundExtra(s *scratch, e extra, bounds []instance) (allowed [3]policy.Truth) {
	for i := range bounds {
		b := &bounds[i]
		if b.sure == nil && b.maybe == nil {
			continue
		}
		named := b.concerns(e.action.glob)
		for c := range allowed {
			switch {
			case b.truth[c] == policy.No || named == apart:
			case named == whole && b.sure != nil && s.relate(b.sure, e.resource) == whole:
				allowed[c] = allowed[c].Or(b.truth[c])
			default:
				allowed[c] = allowed[c].Or(policy.Maybe)
			}
		}
	}
	return allowed
}
