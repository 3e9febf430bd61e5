package html

import (
	"sekisho/audit"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// exceptionView is one exception of the configuration.
type exceptionView struct {
	State, Class, Rule, Resource, Bears, Reason, Owner, Ticket, Expires, Note string
}

// exceptions shows what became of each, in the report's order: those that ask for something come first.
func (v *view) exceptions(r *audit.Report) {
	v.Asking = wording.Asking(r.Exceptions)
	for _, e := range r.Exceptions {
		v.Exceptions = append(v.Exceptions, exceptionView{
			State: sanitize.Terminal(wording.State(e.State)), Class: stateClass(e.State), Rule: sanitize.Terminal(e.Rule),
			Resource: sanitize.Terminal(wording.Scope(&e.Exception)), Bears: wording.Bears(&e), Reason: sanitize.Terminal(e.Reason),
			Owner: sanitize.Terminal(e.Owner), Ticket: sanitize.Terminal(e.Ticket), Expires: wording.Date(e.Expires), Note: sanitize.Terminal(e.Note),
		})
	}
}

func stateClass(s audit.ExceptionState) string {
	switch s {
	case audit.ExceptionExpired:
		return "fail"
	case audit.ExceptionUnused, audit.ExceptionAmbiguous, audit.ExceptionNotJudged:
		return "unknown"
	}
	return "none"
}
