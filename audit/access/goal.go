package access

import "sekisho/audit/policy"

// goal is what ways are looked for to: an administrator's rights, where it is empty.
type goal struct {
	whom *Principal // to act as
}

// arrives reports whether a persona is at the goal.
func (g *graph) arrives(p *persona) policy.Truth {
	switch {
	case g.goal.whom == nil:
		return p.isAdmin()
	case p.Principal == g.goal.whom && p.only == "":
		return policy.Yes
	}
	return policy.No
}
