package change

import (
	"slices"

	"sekisho/audit/account"
)

// Order says what AWS wants first of changes to one snapshot, of many lists of them. It makes none.
type Order struct{ e *editor }

// NewOrder returns that of a snapshot.
func NewOrder(s *account.Snapshot) *Order { return &Order{newEditor(s)} }

// Of puts before each of some changes what AWS wants to be done first, unless it is among them already, or is about a user
// or role that an earlier one deletes. Unlike [Complete] it doesn't try the changes, so it tells neither how they are
// undone nor whom they touch; of a list that doesn't make what it changes itself the changes are the same.
func (o *Order) Of(changes ...Change) (all []Step) {
	gone := map[any]bool{}
	var add func(c Change, needed bool)
	add = func(c Change, needed bool) {
		if needs := kinds[c.Action].needs; needs != nil {
			for _, first := range needs(o.e, c.With) {
				if !gone[first.With["UserName"]] && !gone[first.With["RoleName"]] && !slices.ContainsFunc(all, func(s Step) bool { return s.Equal(first) }) {
					add(first, true)
				}
			}
		}
		all = append(all, Step{Change: c, Needed: needed})
		switch c.Action {
		case "iam:DeleteUser":
			gone[c.With["UserName"]] = true
		case "iam:DeleteRole":
			gone[c.With["RoleName"]] = true
		}
	}
	for _, c := range changes {
		add(c, false)
	}
	return all
}
