package access

import (
	"slices"

	"sekisho/audit/message"
)

// ServiceWay is a way through a service as the matrix of ways reads it.
type ServiceWay struct {
	ID            string
	Services      []string
	Pass, Profile bool
	Beside, Only  string
	Actions       [][]string
	Existing      message.Message
}

// ServiceWays are all ways of the table.
func ServiceWays() (out []ServiceWay) {
	for _, w := range serviceWays {
		out = append(out, ServiceWay{w.id, w.services, w.pass, w.profile, w.beside, w.only, w.actions, w.existing})
	}
	return out
}

// Classes counts those whose ways are looked for together.
func (x *Access) Classes() int {
	g := x.graph()
	for _, w := range g.all {
		g.base(w)
	}
	return len(g.classes)
}

// LetIn counts those with the same policies who were looked at for the roles that let in everybody, where everybody's way is
// looked for.
func (x *Access) LetIn() (n int) {
	g := x.graph()
	for _, w := range g.all {
		g.powerOf(w)
	}
	for _, c := range g.classes {
		if slices.ContainsFunc(c.freely[:], func(kept *[]edge) bool { return kept != nil }) {
			n++
		}
	}
	return n
}

// Searched reports whether everybody's way to an administrator was looked for, and what that took has gone.
func (x *Access) Searched() bool {
	for _, w := range x.users {
		if w.power == nil || w.base != nil {
			return false
		}
	}
	return x.ways == nil
}
