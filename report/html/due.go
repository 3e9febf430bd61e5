package html

import (
	"sekisho/audit"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// dueView is what falls due on one day for one reason.
type dueView struct {
	On, Severity, Rule, What sanitize.Text
	Names                    []sanitize.Text
}

// due shows what will fail before long, where that was asked for: the soonest first.
func (v *view) due(r *audit.Report) {
	if r.Due == nil {
		return
	}
	v.DueCount = len(r.Due.Items)
	v.DueWithin = sanitize.Message(wording.DueWithin(r.Due))
	for _, line := range wording.DueLines(r.Due) {
		shown := dueView{On: sanitize.Terminal(wording.Date(line.On)), Severity: sanitize.Terminal(line.Severity.String()), Rule: sanitize.Terminal(line.Rule), What: sanitize.Message(line.What)}
		for _, name := range line.Names {
			shown.Names = append(shown.Names, sanitize.Terminal(name))
		}
		v.Due = append(v.Due, shown)
	}
}
