package report

import (
	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

var stateStyles = map[audit.ExceptionState]term.Style{
	audit.ExceptionExpired: term.Red, audit.ExceptionUnused: term.Yellow, audit.ExceptionAmbiguous: term.Yellow, audit.ExceptionNotJudged: term.Yellow,
}

// exceptions lists every exception with what became of it, in the report's order: those that ask for something come
// first.
func (t *table) exceptions() {
	if len(t.r.Exceptions) == 0 {
		return
	}
	t.heading(term.Bold, "Exceptions:", sanitize.Message(wording.Asking(t.r.Exceptions)))
	rows := make([]term.Row, len(t.r.Exceptions))
	for i, e := range t.r.Exceptions {
		state := sanitize.Message(wording.State(e.State))
		if s, ok := stateStyles[e.State]; ok {
			state = t.Paint(s, state)
		}
		lines := []sanitize.Text{sanitize.Message(message.New("%s of %s", e.Rule, wording.Scope(&e.Exception))), sanitize.Message(wording.Exception(&e.Exception))}
		if covers := sanitize.Message(wording.Covers(&e)); covers != "" {
			lines[1] += ": " + covers
		}
		if e.Note != "" {
			lines = append(lines, sanitize.Terminal(e.Note))
		}
		rows[i] = term.Row{state, sanitize.Join(lines, "\n")}
	}
	t.Grid(2, rows)
}
