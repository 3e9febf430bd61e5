package access

import (
	"maps"
	"slices"
	"sort"

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

// leakBuilder gathers a service's leaks.
type leakBuilder struct {
	acts      policy.ActionSet
	extras    []string
	by        []string
	resources []string
	noted     map[note]bool // of both lists, once they are long
}

// Leaks returns what a path leaks, by service, what is sure before what is only possible.
func (a *Analysis) Leaks(p Path) []Leak {
	var out []Leak
	if a.clean(p) {
		return nil
	}
	a.detail(func(r *reacher, s *scratch) {
		builders := map[string]*[2]leakBuilder{} // by service: sure, possible
		for _, l := range pathLegs[p] {
			for _, c := range r.reach(s, l.context, false) {
				sure, maybe := r.leaking(s, &c, l.session)
				for i, set := range []policy.ActionSet{sure, maybe} {
					r.addLeaks(builders, i, set, &c)
				}
			}
		}
		for _, e := range r.leakingExtras(p) {
			i := 0
			if e.truth != policy.Yes {
				i = 1
			}
			b := &builderOf(builders, policy.ServiceOf(e.action.name))[i]
			b.extras = appendNew(b.extras, e.action.name) // at most maxExtras
			b.note(e.by.statement.Ref(), e.resource.text())
		}
		out = r.leakList(builders)
	})
	return out
}

func builderOf(builders map[string]*[2]leakBuilder, service string) *[2]leakBuilder {
	if builders[service] == nil {
		builders[service] = new([2]leakBuilder)
	}
	return builders[service]
}

// note is a statement's or a resource's text.
type note struct {
	statement bool
	text      string
}

// fewNotes is up to how many notes a list is looked through instead of a map.
const fewNotes = 16

func (b *leakBuilder) note(statement, resource string) {
	if len(b.by)+len(b.resources) < fewNotes {
		b.by, b.resources = appendNew(b.by, statement), appendNew(b.resources, resource)
		return
	}
	if b.noted == nil {
		b.noted = map[note]bool{}
		for _, text := range b.by {
			b.noted[note{true, text}] = true
		}
		for _, text := range b.resources {
			b.noted[note{false, text}] = true
		}
	}
	add := func(list []string, n note) []string {
		if b.noted[n] {
			return list
		}
		b.noted[n] = true
		return append(list, n.text)
	}
	b.by, b.resources = add(b.by, note{true, statement}), add(b.resources, note{false, resource})
}

func (r *reacher) addLeaks(builders map[string]*[2]leakBuilder, i int, set policy.ActionSet, c *cell) {
	if set.Empty() {
		return
	}
	statement, resource := c.by.statement.Ref(), c.resource.text()
	services := r.space.catalogue.Services // in the order of their actions' numbers
	for at := 0; at < len(services); at++ {
		first := set.From(services[at].Lo)
		if first < 0 {
			return
		}
		at += sort.Search(len(services)-at, func(n int) bool { return services[at+n].Hi > first })
		service := services[at]
		part := set.Between(service.Lo, service.Hi)
		b := &builderOf(builders, service.Name)[i]
		b.acts = heap.Add(b.acts, part)
		b.note(statement, resource)
	}
}

func (r *reacher) leakList(builders map[string]*[2]leakBuilder) (out []Leak) {
	for _, name := range slices.Sorted(maps.Keys(builders)) {
		pair := builders[name]
		pair[1].acts.Remove(pair[0].acts)
		for i := range pair {
			b := &pair[i]
			if b.acts.Empty() && len(b.extras) == 0 {
				continue
			}
			out = append(out, Leak{
				Service: name, Sure: i == 0, By: b.by, Resources: b.resources,
				Actions: append(r.actionNames(name, b.acts), b.extras...),
			})
		}
	}
	return out
}

// actionNames lists a service's actions, or says that it is all of them but what may be open anyway.
func (r *reacher) actionNames(service string, set policy.ActionSet) []string {
	if set.Empty() {
		return nil
	}
	every := heap.Clone(r.space.catalogue.Service(service))
	every.Remove(known().bootstrap)
	if every.Within(set) {
		return []string{service + ":*"}
	}
	return r.names(set)
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

func (r *reacher) names(set policy.ActionSet) []string {
	names := []string{}
	for i := range set.All() {
		names = append(names, r.space.catalogue.Names[i])
	}
	slices.Sort(names)
	return names
}

// appendNew appends a text unless it is there already.
func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
