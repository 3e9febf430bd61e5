package html

import (
	"sekisho/audit"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// exceptionView is one exception of the configuration.
type exceptionView struct {
	State, Class, Rule, Resource, Covers, Reason, Owner, Ticket, Expires, Note sanitize.Text
}

// exceptions shows what became of each, in the report's order: those that ask for something come first.
func (v *view) exceptions(r *audit.Report) {
	v.Asking = sanitize.Terminal(wording.Asking(r.Exceptions).String())
	for _, e := range r.Exceptions {
		v.Exceptions = append(v.Exceptions, exceptionView{
			State: sanitize.Terminal(wording.State(e.State).String()), Class: stateClass(e.State), Rule: sanitize.Terminal(e.Rule),
			Resource: sanitize.Terminal(wording.Scope(&e.Exception).String()), Covers: sanitize.Terminal(wording.Covers(&e).String()), Reason: sanitize.Terminal(e.Reason),
			Owner: sanitize.Terminal(e.Owner), Ticket: sanitize.Terminal(e.Ticket), Expires: sanitize.Terminal(wording.Date(e.Expires)), Note: sanitize.Terminal(e.Note),
		})
	}
}

func stateClass(s audit.ExceptionState) sanitize.Text {
	switch s {
	case audit.ExceptionExpired:
		return "fail"
	case audit.ExceptionUnused, audit.ExceptionAmbiguous, audit.ExceptionNotJudged:
		return "unknown"
	}
	return "none"
}
