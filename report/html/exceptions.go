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
	v.Asking = sanitize.Message(wording.Asking(r.Exceptions))
	for _, e := range r.Exceptions {
		v.Exceptions = append(v.Exceptions, exceptionView{
			State: sanitize.Message(wording.State(e.State)), Class: stateClass(e.State), Rule: sanitize.Terminal(e.Rule),
			Resource: sanitize.Message(wording.Scope(&e.Exception)), Covers: sanitize.Message(wording.Covers(&e)), Reason: sanitize.Terminal(e.Reason),
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
