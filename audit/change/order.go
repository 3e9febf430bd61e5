package change

import (
	"slices"

	"sekisho/audit/account"
)

// Exactly makes changes as they are given, with nothing before them that AWS wants first. What AWS refuses for want of
// that is left out, as by a script of such changes.
func Exactly(s *account.Snapshot, steps []Step) (made []Step, left []Change, after *account.Snapshot, err error) {
	e := newEditor(s)
	for _, step := range steps {
		if needs := kinds[step.Action].needs; needs != nil && len(needs(e, step.With)) > 0 {
			left = append(left, step.Change)
			continue
		}
		made = append(made, Step{step.Change, step.Needed, step.Undo(e.s), touched(e.s, step.Change)})
		if err := e.apply(step.Change); err != nil {
			return nil, nil, nil, err
		}
	}
	return made, left, e.done(), nil
}

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
