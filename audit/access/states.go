package access

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// A search takes what could be done once for done whenever it is wanted, which holds as long as changes only give. Of two that
// take something away as well, such as two versions of one policy, the first may take the right to make the second. A way
// with several is therefore looked for in order, from one state of the account to the next.

// maxStates bounds how many states of the account are tried.
const maxStates = 64

// state is the account after changes that may have taken something away.
type state struct {
	mods  []*mod     // those changes, but for what others of them undid
	past  []*reached // who could act before the last of them: what they gave stays
	turns []*changed // the next change that takes something away can be one of these
	only  *trail     // what is tried; nil: everything
}

// takes reports whether a change may take something away from somebody.
func (m *mod) takes(g *graph) bool {
	forbids := func(h holding) bool { return g.facts(h.document).forbids }
	switch m.kind {
	case addPolicy:
		return forbids(m.held)
	case joinGroup:
		return slices.ContainsFunc(m.group.holdings, forbids)
	case dropPolicy:
		return slices.ContainsFunc(m.held.document.Statements, func(st policy.Statement) bool { return st.Effect == policy.Allow })
	case rewritePolicy:
		return m.held.document != gained()
	case replacePolicy:
		return false
	}
	return !m.session
}

// alone reports whether a change is about nobody but the principal that gains by it.
func (m *mod) alone() bool {
	return m.kind != rewritePolicy && (m.on == m.who.ARN || m.kind == joinGroup || m.kind == leaveGroup)
}

// torn reports whether what is done on a trail may take away what a later step needs.
func (g *graph) torn(t trail) bool {
	return len(lists.Filter(t.mods, func(m *mod) bool { return m.takes(g) })) > 1
}

// inOrder looks for a way each of whose steps can be done when it is its turn: first with the steps of the way that was
// found, then with all. The search that it returns has come to the end, or there is none.
func (g *graph) inOrder(found *search) *search {
	s := g.throughStates(found, &found.end.trail)
	if s.end == nil {
		s = g.throughStates(found, nil)
	}
	return s
}

func (g *graph) throughStates(found *search, only *trail) *search {
	first := g.newSearch(found.from, found.level)
	first.state, first.writes, first.foreign = &state{only: only}, true, found.foreign
	first.take(found.from, g.begins(found.from), "", trail{})
	seen, queue := map[string]bool{}, []*search{first}
	for i := 0; i < len(queue); i++ {
		s := queue[i]
		s.all()
		if first.foreign = first.foreign || s.foreign; first.lacks.Empty() {
			first.lacks = s.lacks
		}
		if s.end != nil {
			s.foreign = first.foreign
			return s
		}
		for _, turn := range s.state.turns {
			next := append(lists.Filter(s.state.mods, func(o *mod) bool { return !turn.overrides(o) }), turn.mod)
			if key := s.stateKey(next); !seen[key] {
				if seen[key] = true; len(queue) == maxStates {
					first.lacks = tooMany
					break
				}
				queue = append(queue, s.after(turn, next))
			}
		}
	}
	return first
}

// stateKey tells what someone has in hand after changes, and had before, from anything else.
func (s *search) stateKey(mods []*mod) string {
	var parts []string
	for _, r := range slices.Concat(s.state.past, s.met) {
		if r.allows.meets(dividing()) || r.allows.meets(changing()) {
			parts = appendNew(parts, fmt.Sprintf("%p %s", r.class, r.ARN))
		}
	}
	for _, m := range mods {
		parts = append(parts, m.key)
	}
	for _, c := range s.order {
		parts = append(parts, fmt.Sprintf("%p %s %d", c.who, c.only, c.sessions))
		for _, m := range c.mods {
			parts = append(parts, m.key)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// after is the search in the state after one more change, with all who are in hand before it, and all that was given to them.
func (s *search) after(turn *changed, mods []*mod) *search {
	next := s.newSearch(s.from, s.level)
	next.state, next.writes = &state{mods: mods, only: s.state.only}, true
	for _, r := range slices.Concat(s.state.past, s.met) {
		next.state.past = append(next.state.past, &reached{persona: r.persona, trail: next.now(r.trail), gone: true})
	}
	for _, c := range s.order {
		i := slices.IndexFunc(c.personas, func(r *reached) bool { return r.sessions == c.sessions })
		if i < 0 {
			continue
		}
		then := &control{who: c.who, only: c.only}
		for _, m := range c.mods {
			then.mods = append(then.mods, &changed{m.mod, next.now(m.trail.and(turn.trail)), m.before})
		}
		next.held[controlKey{c.who, c.only}] = then
		next.order = append(next.order, then)
		next.take(c.who, c.sessions, c.only, next.now(c.personas[i].trail.and(turn.trail)))
	}
	return next
}

// now is a trail with the changes that are in force in the state.
func (s *search) now(t trail) trail {
	given := lists.Filter(t.mods, func(m *mod) bool { return !m.takes(s.graph) })
	return trail{t.steps, append(given, s.state.mods...)}
}

// turn notes a change that leads to another state. Who could act before can't make it now, but could have made one of a
// principal that nobody acted as then.
func (s *search) turn(r *reached, m *changed) {
	same := func(o *mod) bool { return o.key == m.key }
	if r.gone && !m.alone() || slices.ContainsFunc(s.state.mods, same) || slices.ContainsFunc(s.state.turns, func(o *changed) bool { return same(o.mod) }) {
		return
	}
	s.state.turns = append(s.state.turns, m)
}

// leaves reports whether a state's search leaves out an edge or a change, since the way that it tries has none such.
func (s *search) leaves(to string, m *mod) bool {
	if s.state == nil || s.state.only == nil {
		return false
	}
	if m != nil {
		return !slices.ContainsFunc(s.state.only.mods, func(o *mod) bool { return o.key == m.key })
	}
	return !slices.ContainsFunc(s.state.only.steps, func(step *Step) bool { return step.To == to })
}

// changesNow are the changes that a persona can make of a principal's rights, as they are in the state.
func (s *search) changesNow(p *persona, c *control) []*mod {
	if p.only != "" || c.who.Role != nil && sealed(c.who) {
		return nil
	}
	as := p
	if p.Principal != c.who {
		as = s.asGiven(c)
	}
	f := changeFinder{graph: s.graph, p: p, w: c.who, o: as.itself(), as: as}
	f.find()
	return f.out
}

// asGiven is a principal with the policies that others gave it.
func (s *search) asGiven(c *control) *persona {
	var given []*mod
	if s.state != nil {
		given = s.concerning(s.state.mods, c.who)
	}
	for _, m := range c.mods {
		if m.kind == joinGroup || m.kind == addPolicy && m.held.policy != "" {
			given = append(given, m.mod)
		}
	}
	return s.persona(c.who, c.sessions, c.only, nil).with(given...)
}

// tooMany says that not all combinations of changes were tried.
var tooMany = message.New("its policies can be changed in too many ways to try them all")
