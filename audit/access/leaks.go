package access

import (
	"slices"
	"sort"
	"strings"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Leak is what is reachable without MFA in one service.
type Leak struct {
	Service   string
	Actions   []string // "s3:GetObject"; "s3:*" where it is the whole service
	Sure      bool
	By        []string // the statements that allow it
	Resources []string // the patterns it is open on
}

// Leaks returns what a path leaks, by service, what is sure before what is only possible.
func (a *Analysis) Leaks(p Path) (out []Leak) {
	if a.clean(p) {
		return nil
	}
	a.detail(func(r *reacher, s *scratch) {
		leaks, _ := r.leakage(s, p, 0)
		for _, l := range leaks {
			out = append(out, Leak{l.service, r.leakNames(s, l, 0), l.sure, slices.Clone(l.by), slices.Clone(l.resources)})
		}
	})
	return out
}

// leak is what leaks in one service, surely or possibly.
type leak struct {
	service   string
	sure      bool
	acts      policy.ActionSet
	extras    []string // that the catalogue lacks
	by        []string
	resources []string
	noted     map[note]bool // of both lists, once they are long
	gravity   int           // how soon it is told
}

// note is a statement's or a resource's text.
type note struct {
	statement bool
	text      string
}

// fewNotes is up to how many notes a list is looked through instead of a map.
const fewNotes = 16

// note notes a statement and a resource; where there is a bound, only so many statements.
func (l *leak) note(statement string, resource *resource, most int) {
	if most > 0 {
		if len(l.by) < most {
			l.by = appendNew(l.by, statement)
		}
		return
	}
	text := resource.text()
	if len(l.by)+len(l.resources) < fewNotes {
		l.by, l.resources = appendNew(l.by, statement), appendNew(l.resources, text)
		return
	}
	if l.noted == nil {
		l.noted = map[note]bool{}
		for _, text := range l.by {
			l.noted[note{true, text}] = true
		}
		for _, text := range l.resources {
			l.noted[note{false, text}] = true
		}
	}
	add := func(list []string, n note) []string {
		if l.noted[n] {
			return list
		}
		l.noted[n] = true
		return append(list, n.text)
	}
	l.by, l.resources = add(l.by, note{true, statement}), add(l.resources, note{false, text})
}

// leakBook gathers leaks, of each service what is sure and what is possible. Its memory is used again.
type leakBook struct {
	pairs [][2]leak
	at    map[string]int // by service
	list  []*leak
}

func (b *leakBook) of(service string) *[2]leak {
	i, known := b.at[service]
	if !known {
		if i = len(b.at); i == len(b.pairs) {
			b.pairs = append(b.pairs, [2]leak{})
		}
		b.at[service] = i
		for kind := range b.pairs[i] {
			l := &b.pairs[i][kind]
			*l = leak{service: service, sure: kind == 0, extras: l.extras[:0], by: l.by[:0], resources: l.resources[:0]}
		}
	}
	return &b.pairs[i]
}

// leakCells finds the cells of a context in which something leaks, one a statement and resource.
func (r *reacher) leakCells(s *scratch, c requestContext) []leakCell {
	c = r.alike[c]
	if !r.looked[c] {
		r.looked[c], s.leaking[c] = true, s.leaking[c][:0]
		for _, cell := range r.reach(s, c, false) {
			if yes, maybe := r.leaking(s, &cell, false); !yes.Empty() || !maybe.Empty() {
				s.leaking[c] = append(s.leaking[c], leakCell{cell, yes, maybe})
			}
		}
	}
	return s.leaking[c]
}

// leakage gathers what leaks on a path, by service, what is sure before what is only possible. Where there is a bound,
// only so many of the statements that allow it are named, and no resources. Taken are the takeovers among the actions,
// sure ones and all. Both are good until the next call.
func (r *reacher) leakage(s *scratch, p Path, most int) (out []*leak, taken [2]policy.ActionSet) {
	book := &s.book
	clear(book.at)
	for _, l := range pathLegs[p] {
		cells := r.leakCells(s, l.context)
		for i := range cells {
			c := &cells[i]
			for kind, set := range []policy.ActionSet{c.yes, c.maybe} {
				if l.session && set.Intersects(known().refused) {
					set = s.arena.Clone(set)
					set.Remove(known().refused)
				}
				r.addLeaks(s, kind, set, c, most)
				for all := kind; all < len(taken) && set.Intersects(known().takeovers); all++ {
					taken[all] = s.arena.Add(taken[all], s.arena.And(set, known().takeovers))
				}
			}
		}
	}
	for _, e := range r.leakingExtras(p) {
		kind := 0
		if e.truth != policy.Yes {
			kind = 1
		}
		l := &book.of(policy.ServiceOf(e.action.name))[kind]
		l.extras = appendNew(l.extras, e.action.name) // at most maxExtras
		l.note(e.by.statement.Ref(), e.resource, most)
	}
	book.list = book.list[:0]
	for i := range len(book.at) {
		pair := &book.pairs[i]
		pair[1].acts.Remove(pair[0].acts)
		for kind := range pair {
			if l := &pair[kind]; !l.acts.Empty() || len(l.extras) > 0 {
				book.list = append(book.list, l)
			}
		}
	}
	slices.SortStableFunc(book.list, func(x, y *leak) int { return strings.Compare(x.service, y.service) })
	return book.list, taken
}

func (r *reacher) addLeaks(s *scratch, kind int, set policy.ActionSet, c *leakCell, most int) {
	services := r.space.catalogue.Services // in the order of their actions' numbers
	for at := 0; at < len(services); at++ {
		first := set.From(services[at].Lo)
		if first < 0 {
			return
		}
		at += sort.Search(len(services)-at, func(n int) bool { return services[at+n].Hi > first })
		service := services[at]
		l := &s.book.of(service.Name)[kind]
		l.acts = s.arena.AddPart(l.acts, set, service.Lo, service.Hi)
		l.note(c.by.statement.Ref(), c.resource, most)
	}
}

// leakNames lists a leak's actions, or says that it is the whole service but what may be open anyway; where there is a
// bound, so many of them at most.
func (r *reacher) leakNames(s *scratch, l *leak, most int) []string {
	names := s.texts[:0]
	if l.whole() {
		names = append(names, l.service+":*")
	} else {
		names = r.appendNames(names, l.acts)
	}
	s.texts = append(names, l.extras...)
	if most == 0 {
		most = len(s.texts)
	}
	return s.first(most, s.texts)
}

// whole reports whether it is the whole service but what may be open anyway.
func (l *leak) whole() bool {
	return !l.acts.Empty() && known().services[l.service].Within(l.acts)
}

// count is how many names leakNames lists.
func (l *leak) count() int {
	if l.whole() {
		return 1 + len(l.extras)
	}
	return l.acts.Count() + len(l.extras)
}

// Bootstrap returns the actions of the bootstrap set that are reachable on a path, among them Deactivate- and
// DeleteVirtualMFADevice on the user's own name.
func (a *Analysis) Bootstrap(p Path) []string {
	var names []string
	a.detail(func(r *reacher, s *scratch) {
		own, others := r.openOn(s, p)
		names = r.names(s.arena.Add(s.arena.And(s.arena.Add(s.arena.Clone(own), others), known().bootstrap), s.arena.And(own, known().hygiene)))
	})
	return names
}

// openOn returns what a path opens on the subject's own name, and on anything else.
func (r *reacher) openOn(s *scratch, p Path) (own, others policy.ActionSet) {
	for _, l := range pathLegs[p] {
		for _, c := range r.reach(s, l.context, true) {
			all := s.arena.Add(s.arena.Clone(c.sure), c.maybe)
			if l.session {
				all.Remove(known().refused)
			}
			if r.own(c.resource) {
				own = s.arena.Add(own, all)
			} else {
				others = s.arena.Add(others, all)
			}
		}
	}
	return own, others
}

// Notes says what of the bootstrap set on a path is worth knowing although it isn't a leak.
func (a *Analysis) Notes(p Path) (notes []message.Message) {
	a.detail(func(r *reacher, s *scratch) {
		c := r.space.catalogue
		own, others := r.openOn(s, p)
		both := s.arena.Add(s.arena.Clone(own), others)
		if both.Intersects(c.Of("iam:ChangePassword")) {
			notes = append(notes, message.New("without MFA the user can change their own password"))
		}
		for _, name := range []string{"iam:EnableMFADevice", "iam:ResyncMFADevice"} {
			if others.Intersects(c.Of(name)) {
				notes = append(notes, message.New("%s reaches other users without MFA: someone could lock them out", name))
			}
		}
		for _, name := range hygieneActions {
			if own.Intersects(c.Of(name)) {
				notes = append(notes, message.New("%s needs no MFA on the user's own name, but AWS refuses it to users with a device", name))
			}
		}
	})
	return notes
}

func (r *reacher) names(set policy.ActionSet) []string { return r.appendNames([]string{}, set) }

func (r *reacher) appendNames(names []string, set policy.ActionSet) []string {
	before := len(names)
	for i := range set.All() {
		names = append(names, r.space.catalogue.Names[i])
	}
	slices.Sort(names[before:])
	return names
}

// appendNew appends a text unless it is there already.
func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
