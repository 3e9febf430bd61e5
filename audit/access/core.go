package access

import (
	"iter"
	"slices"
	"strings"
	"sync"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// find returns the way; nil where there is none.
func (g *graph) find(from *Principal, level policy.Truth) (chain *Chain, foreign bool, lacks message.Message) {
	before := g.asked
	defer func() {
		if g.asked-before > maxAsked/2 {
			g.forgetChanged()
		}
	}()
	s := g.search(from, level)
	if core := g.common(); core != nil {
		s.apart = true
		if s.all(); s.end == nil && !core.inert(s) {
			s = g.search(from, level)
			s.writes = g.kept(g.first(from), level)
		}
	}
	if s.all(); s.end == nil {
		s.bury()
		return nil, s.foreign, s.lacks
	}
	if g.torn(s.end.trail) {
		if s = g.inOrder(s); s.end == nil {
			return nil, s.foreign, s.lacks
		}
	}
	if s.surely(s.end) {
		level = policy.Yes
	}
	return s.chain(s.end, level), s.foreign, message.Message{}
}

func (g *graph) search(from *Principal, level policy.Truth) *search {
	s := g.newSearch(from, level)
	s.take(from, g.begins(from), "", trail{})
	return s
}

func (g *graph) newSearch(from *Principal, level policy.Truth) *search {
	return &search{graph: g, from: from, level: level, held: map[controlKey]*control{}, seen: map[*persona]bool{}, began: g.asked}
}

// all looks at everything, as long as it may lead to a shorter way.
func (s *search) all() {
	for more := true; more; more = s.join() {
		s.run()
	}
}

// core is whom everybody in the account comes to by the roles that let in everybody, where that leads nobody to the goal by
// itself.
type core struct{ *search }

// common returns it; nil where there are no such roles, or they lead to the goal, or nobody can tell.
func (g *graph) common() *core {
	if g.core == nil {
		if g.core = new(core); len(g.freeRoles) > 0 {
			s := g.search(g.freeRoles[0], policy.Maybe)
			for _, r := range g.freeRoles {
				s.take(r, roleSession, "", trail{})
			}
			if s.all(); s.end == nil && s.lacks.Empty() {
				g.core.search = s
			}
		}
	}
	if g.core.search == nil {
		return nil
	}
	return g.core
}

// inert reports whether those whom a search found without the core, and who have no way, have none with it: neither can
// change what the other may, and both together can do what either can alone.
func (c *core) inert(s *search) bool {
	found := slices.Concat(s.met, s.rest)
	if !s.lacks.Empty() || together(divided(found), divided(c.met)) {
		return false
	}
	changes := func(by []*reached, of, but *search) bool {
		return slices.ContainsFunc(by, func(r *reached) bool {
			return r.allows.meets(changing()) && slices.ContainsFunc(of.order, func(o *control) bool {
				return but.held[controlKey{o.who, o.only}] == nil && len(s.changesOf(r.persona, o.who)) > 0
			})
		})
	}
	return !changes(found, c.search, s) && !changes(c.met, s, c.search)
}

// divided are the actions of some with which another's help may lead further.
func divided(some []*reached) (all actionMask) {
	for _, r := range some {
		does := r.allows
		if r.Role != nil { // which has no user's name
			does = r.others
		}
		if does.keep(dividing()); r.may("sts:AssumeRole") && len(r.question("sts:AssumeRole").keys) > 0 {
			does.put(interesting().number["sts:AssumeRole"])
		}
		all.add(does)
	}
	return all
}

// serviceNeeds are the actions of each way through a service that takes several, and withoutServices what divides besides.
var serviceNeeds = sync.OnceValues(func() (needs []actionMask, withoutServices actionMask) {
	withoutServices = dividing()
	withoutServices.put(interesting().number["sts:AssumeRole"])
	for i := range serviceWays {
		need := maskOf(slices.Concat(serviceWays[i].actions...)...)
		withoutServices.remove(need)
		if serviceWays[i].pass {
			need.put(interesting().number["iam:PassRole"])
		}
		needs = append(needs, need)
	}
	withoutServices.remove(maskOf("iam:PassRole"))
	return needs, withoutServices
})

// together reports whether two who may do such actions may be able to do more together.
func together(a, b actionMask) bool {
	needs, other := serviceNeeds()
	both := a
	both.add(b)
	return a.meets(other) && b.meets(other) || slices.ContainsFunc(needs, func(need actionMask) bool {
		return need.several() && both.holds(need) && a.meets(need) && b.meets(need)
	})
}

// kept reports whether something keeps a persona from a role that lets in everybody and leads on: then others who aren't kept
// from it may help.
func (g *graph) kept(p *persona, level policy.Truth) bool {
	return slices.ContainsFunc(g.freeRoles, func(r *Principal) bool {
		if g.quiet(r) {
			return false
		}
		enters := false
		g.assume(p, r, p, asAnybody, func(e edge) { enters = e.truth >= level })
		return !enters
	})
}

// openEdgesOf are, like edgesOf, those into roles that let in everybody, which many a search leaves out.
func (g *graph) openEdgesOf(p *persona, part whom) iter.Seq[edge] {
	return p.keep(&p.freely[part], func(out *sink) {
		for _, h := range p.all() {
			for _, r := range g.part(part).freeRoles {
				if g.assume(h, r, p, asAnybody, out.add); out.full {
					return
				}
			}
		}
	})
}

// freeFor are the roles that let in everybody of a name, a tag or the like whom they may let in.
func (g *graph) freeFor(w *Principal) []*Principal {
	list, known := g.freeBy[w]
	if !known {
		shut := map[string]bool{} // by what the trust policy says, which many have in common
		list = lists.Filter(g.pickyFree, func(r *Principal) bool {
			is, asked := shut[r.Role.TrustPolicy]
			if !asked {
				is = g.shuts(r, w)
				shut[r.Role.TrustPolicy] = is
			}
			return !is
		})
		g.freeBy[w] = list
	}
	return list
}

// shuts reports whether a role's trust policy lets in others than a principal alone, by names: that costs less to see than
// to try.
func (g *graph) shuts(r, w *Principal) bool {
	ctx := policy.NewContext(policy.Unknown)
	w.identify(ctx)
	others := func(c policy.Condition) bool {
		return slices.ContainsFunc([]string{"aws:PrincipalArn", "aws:username", "aws:userid"}, func(key string) bool { return strings.EqualFold(c.Key, key) }) &&
			c.Match(ctx) == policy.No
	}
	return !slices.ContainsFunc(g.trustOf(r).document.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Allow && st.MatchAction("sts:AssumeRole") && !slices.ContainsFunc(st.Conditions, others)
	})
}
