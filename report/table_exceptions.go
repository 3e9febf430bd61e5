package report

import (
	"strings"

	"sekisho/audit"
	"sekisho/report/wording"
)

var stateStyles = map[audit.ExceptionState]style{
	audit.ExceptionExpired: red, audit.ExceptionUnused: yellow, audit.ExceptionAmbiguous: yellow, audit.ExceptionNotJudged: yellow,
}

// exceptions lists every exception with what became of it, in the report's order: those that ask for something come first.
func (t *table) exceptions() {
	if len(t.r.Exceptions) == 0 {
		return
	}
	t.heading(bold, "Exceptions:", " "+wording.Asking(t.r.Exceptions))
	rows := make([]row, len(t.r.Exceptions))
	for i, e := range t.r.Exceptions {
		state := Terminal(wording.State(e.State))
		if s, ok := stateStyles[e.State]; ok {
			state = t.paint(s, state)
		}
		lines := []string{Terminal(e.Rule) + " of " + Terminal(wording.Scope(&e.Exception)), Terminal(wording.Exception(&e.Exception))}
		if bears := wording.Bears(&e); bears != "" {
			lines[1] += ": " + bears
		}
		if e.Note != "" {
			lines = append(lines, Terminal(e.Note))
		}
		rows[i] = row{state, strings.Join(lines, "\n")}
	}
	t.grid(2, rows)
}
