package report

import (
	"sekisho/audit"
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
	t.heading(term.Bold, "Exceptions:", " "+sanitize.Terminal(wording.Asking(t.r.Exceptions).String()))
	rows := make([]term.Row, len(t.r.Exceptions))
	for i, e := range t.r.Exceptions {
		state := sanitize.Terminal(wording.State(e.State).String())
		if s, ok := stateStyles[e.State]; ok {
			state = t.Paint(s, state)
		}
		lines := []sanitize.Text{sanitize.Terminal(e.Rule) + " of " + sanitize.Terminal(wording.Scope(&e.Exception).String()), sanitize.Terminal(wording.Exception(&e.Exception).String())}
		if covers := sanitize.Terminal(wording.Covers(&e).String()); covers != "" {
			lines[1] += ": " + covers
		}
		if e.Note != "" {
			lines = append(lines, sanitize.Terminal(e.Note))
		}
		rows[i] = term.Row{state, sanitize.Join(lines, "\n")}
	}
	t.Grid(2, rows)
}
