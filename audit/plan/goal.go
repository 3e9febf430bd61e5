package plan

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// Goal is which failures are to be cleared.
type Goal struct {
	Names []string
	rules map[string]bool
	least audit.Severity // and all that are at least as grave
	any   bool           // least counts
}

// GoalNames are what a goal is made of, beside rules; the first two are what is aimed at where nothing is said.
var GoalNames = []string{"status", "high", "critical", "all"}

// ParseGoal reads a goal: GoalNames, and rules by ID, glob or category. None is the Security Status, and all that is
// critical or high.
func ParseGoal(catalogue []*audit.Rule, names []string) (Goal, error) {
	if len(names) == 0 {
		names = GoalNames[:2]
	}
	g := Goal{Names: names, rules: map[string]bool{}, least: audit.Critical}
	for _, name := range names {
		least, isSeverity := map[string]audit.Severity{"critical": audit.Critical, "high": audit.High, "all": audit.Info}[name]
		switch {
		case isSeverity:
			g.least, g.any = min(g.least, least), true
		case name == "status":
			for _, r := range catalogue {
				if r.Point > 0 {
					g.rules[r.ID] = true
				}
			}
		default:
			selection, err := audit.Select(catalogue, []string{name}, nil)
			if err != nil {
				return Goal{}, message.Errorf("got the goal %q, want %s, or a rule by its ID, a glob of IDs or a category", name, message.Names(0, GoalNames))
			}
			for _, r := range selection.Rules {
				g.rules[r.ID] = true
			}
		}
	}
	return g, nil
}

// has reports whether a failure is one of the goal.
func (g Goal) has(rule string, severity audit.Severity) bool {
	return g.rules[rule] || g.any && severity >= g.least
}
