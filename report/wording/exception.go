// Package wording says what the formats for people say alike: of exceptions, of how deep a run looked, and of notes and
// failed calls that would repeat themselves. Package report and report/html share it. Its strings hold what the report
// holds: the formats that write them sanitize them.
package wording

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
)

// Exception says why a failure is excepted, who answers for it, by which ticket and until when: "moves to SSO in spring
// (Hanako, SEC-12, until 2027-03-31)".
func Exception(e *audit.Exception) message.Message {
	until := message.On(e.Expires)
	if e.Ticket == "" {
		return message.New("%s (%s, until %s)", e.Reason, e.Owner, until)
	}
	return message.New("%s (%s, %s, until %s)", e.Reason, e.Owner, e.Ticket, until)
}

// Date is a day in UTC.
func Date(t time.Time) string { return message.On(t).String() }

// Excepted says how many of some failures are excepted, and nothing for none.
func Excepted(n, of int) message.Message {
	switch {
	case n <= 0:
		return message.Message{}
	case n < of:
		return message.New("%d of %d excepted", n, of)
	case of == 1:
		return message.New("excepted")
	}
	return message.New("all %d excepted", of)
}

// OfThem says how many of some failures are excepted in a sentence that has named how many there are, and nothing for
// none.
func OfThem(n, of int) message.Message {
	switch {
	case n <= 0:
		return message.Message{}
	case n < of:
		return message.New("%d of them excepted", n)
	case of == 1:
		return message.New("excepted")
	}
	return message.New("all of them excepted")
}

// State is what became of an exception, in a word or two.
func State(s audit.ExceptionState) message.Message {
	switch s {
	case audit.ExceptionNotJudged:
		return message.New("not judged")
	case audit.ExceptionOtherAccount:
		return message.New("other account")
	}
	return message.New("%s", s)
}

// Scope is what an exception names: the resource, and the ID and the account to which it is bound.
func Scope(e *audit.Exception) message.Message {
	switch {
	case e.UniqueID != "" && e.Account != "":
		return message.New("%s (unique ID %s, account %s)", e.Resource, e.UniqueID, e.Account)
	case e.UniqueID != "":
		return message.New("%s (unique ID %s)", e.Resource, e.UniqueID)
	case e.Account != "":
		return message.New("%s (account %s)", e.Resource, e.Account)
	}
	return message.New("%s", e.Resource)
}

// Covers says how many failures an exception covers, or would cover if it had not expired or were clear; nothing for
// none.
func Covers(r *audit.ExceptionResult) message.Message {
	failures := message.Plural(r.Findings, "%d failure", "%d failures")
	switch {
	case r.Findings == 0:
		return message.Message{}
	case r.State == audit.ExceptionExpired, r.State == audit.ExceptionAmbiguous:
		return message.New("would cover %s", failures)
	}
	return message.New("covers %s", failures)
}

// Asking says how many exceptions ask for something: "3 of 8 ask for something".
func Asking(list []audit.ExceptionResult) message.Message {
	asking := 0
	for _, r := range list {
		if r.Note != "" {
			asking++
		}
	}
	switch asking {
	case 0:
		return message.New("%d, and none asks for anything", len(list))
	case 1:
		return message.New("1 of %d asks for something", len(list))
	}
	return message.New("%d of %d ask for something", asking, len(list))
}
