package report

import (
	"strings"

	"sekisho/audit"
	"sekisho/report/term"
	"sekisho/report/wording"
)

var stateStyles = map[audit.ExceptionState]term.Style{
	audit.ExceptionExpired: term.Red, audit.ExceptionUnused: term.Yellow, audit.ExceptionAmbiguous: term.Yellow, audit.ExceptionNotJudged: term.Yellow,
}

// exceptions lists every exception with what became of it, in the report's order: those that ask for something come first.
func (t *table) exceptions() {
	if len(t.r.Exceptions) == 0 {
		return
	}
	t.heading(term.Bold, "Exceptions:", " "+wording.Asking(t.r.Exceptions))
	rows := make([]term.Row, len(t.r.Exceptions))
	for i, e := range t.r.Exceptions {
		state := Terminal(wording.State(e.State))
		if s, ok := stateStyles[e.State]; ok {
			state = t.Paint(s, state)
		}
		lines := []string{Terminal(e.Rule) + " of " + Terminal(wording.Scope(&e.Exception)), Terminal(wording.Exception(&e.Exception))}
		if bears := wording.Bears(&e); bears != "" {
			lines[1] += ": " + bears
		}
		if e.Note != "" {
			lines = append(lines, Terminal(e.Note))
		}
		rows[i] = term.Row{state, strings.Join(lines, "\n")}
	}
	t.Grid(2, rows)
}
