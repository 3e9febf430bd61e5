package clifiles

import (
	"fmt"
	"reflect"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// single is an answer that there is one of.
type single[T any] struct {
	value T
	file  string // empty: no file holds it
}

// set takes the answer; a second one must be the same.
func (s *single[T]) set(file, what string, value T) error {
	if s.file != "" && !reflect.DeepEqual(s.value, value) {
		return contradiction(s.file, file, fmt.Errorf("got two different answers about %s, want one", what))
	}
	if s.file == "" {
		s.value, s.file = value, file
	}
	return nil
}

// pages counts the answers that make up a list.
type pages struct {
	open  string          // a file that says that more follows
	ended bool            // some file is the end of the list, or all of it
	lacks message.Message // what some page lacks
}

func (p *pages) add(file string, more bool) {
	if more {
		p.open = file
		return
	}
	p.ended = true
}

// any reports whether there is a page at all.
func (p *pages) any() bool { return p.open != "" || p.ended }

// list is a list that is told in one answer or in pages.
type list[T account.Entry] struct {
	pages
	items []T
	place map[string]int
	files []string // of items
}

// put takes entries; a second one of the same key must be the same.
func (l *list[T]) put(file string, items []T) error {
	for _, item := range items {
		key, label := item.Named()
		if i, twice := l.place[key]; twice {
			if !reflect.DeepEqual(l.items[i], item) {
				return contradiction(l.files[i], file, fmt.Errorf("got two different answers about %s, want one", label))
			}
			continue
		}
		if l.place == nil {
			l.place = map[string]int{}
		}
		l.place[key] = len(l.items)
		l.items, l.files = append(l.items, item), append(l.files, file)
	}
	return nil
}

// all returns the entries; a list without any is still a list.
func (l *list[T]) all() []T { return append([]T{}, l.items...) }

// place is what an answer is about: a section, and the user or region where it is read one by one.
type place struct {
	section account.Section
	of      string
}

// held returns what the files say of a place, a single or a list, which is empty at first.
func held[T any](r *reader, section account.Section, of string) *T {
	at := place{section, of}
	if r.held[at] == nil {
		r.held[at] = new(T)
	}
	return r.held[at].(*T)
}

// each lists the users or regions of whom the files say something in a section; the section itself is "".
func (r *reader) each(section account.Section) []string {
	var all []string
	for at := range r.held {
		if at.section == section {
			all = append(all, at.of)
		}
	}
	slices.Sort(all)
	return all
}
