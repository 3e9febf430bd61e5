package report

import (
	"strings"

	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// due lists what will fail before long, where that was asked for: the soonest first.
func (t *table) due() {
	if t.r.Due == nil {
		return
	}
	t.heading(term.Bold, "Due:", sanitize.Message(wording.DueWithin(t.r.Due)))
	var rows []term.Row
	for _, line := range wording.DueLines(t.r.Due) {
		what := sanitize.Message(line.What) + " (" + sanitize.Terminal(line.Rule) + ")\n" + sanitize.Message(line.Few())
		rows = append(rows, term.Row{sanitize.Terminal(wording.Date(line.On)), sanitize.Terminal(strings.ToUpper(line.Severity.String())), what})
	}
	t.Grid(2, rows)
}
