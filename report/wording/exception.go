// Package wording says what the formats for people say alike: of exceptions, of how deep a run looked, and of notes and
// failed calls that would repeat themselves. Package report and report/html share it. Its strings hold what the report
// holds: the formats that write them sanitize them.
package wording

import (
	"strconv"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/report/term"
)

// Exception says why a failure is excepted, who answers for it and until when: "moves to SSO in spring (Hanako, SEC-12,
// until 2027-03-31)".
func Exception(e *audit.Exception) string {
	return e.Reason + " (" + strings.Join(Answers(e), ", ") + ")"
}

// Answers lists who answers for an exception, by which ticket and until when.
func Answers(e *audit.Exception) []string {
	list := []string{e.Owner}
	if e.Ticket != "" {
		list = append(list, e.Ticket)
	}
	return append(list, "until "+Date(e.Expires))
}

// Date is a day in UTC.
func Date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Excepted says how many of some failures are excepted, and nothing for none.
func Excepted(n, of int) string {
	switch {
	case n <= 0:
		return ""
	case n < of:
		return strconv.Itoa(n) + " of " + strconv.Itoa(of) + " excepted"
	case of == 1:
		return "excepted"
	}
	return "all " + strconv.Itoa(of) + " excepted"
}

// OfThem says how many of some failures are excepted in a sentence that has named how many there are, and nothing for
// none.
func OfThem(n, of int) string {
	switch {
	case n <= 0:
		return ""
	case n < of:
		return strconv.Itoa(n) + " of them excepted"
	case of == 1:
		return "excepted"
	}
	return "all of them excepted"
}

// State is what became of an exception, in a word or two.
func State(s audit.ExceptionState) string { return strings.ReplaceAll(string(s), "_", " ") }

// Scope is what an exception names: the resource, and the ID and the account to which it is bound.
func Scope(e *audit.Exception) string {
	var bounds []string
	if e.UniqueID != "" {
		bounds = append(bounds, "unique ID "+e.UniqueID)
	}
	if e.Account != "" {
		bounds = append(bounds, "account "+e.Account)
	}
	if len(bounds) == 0 {
		return e.Resource
	}
	return e.Resource + " (" + strings.Join(bounds, ", ") + ")"
}

// Covers says how many failures an exception covers, or would cover if it had not expired or were clear; nothing for
// none.
func Covers(r *audit.ExceptionResult) string {
	switch {
	case r.Findings == 0:
		return ""
	case r.State == audit.ExceptionExpired, r.State == audit.ExceptionAmbiguous:
		return string("would cover " + term.Count(r.Findings, "failure"))
	}
	return string("covers " + term.Count(r.Findings, "failure"))
}

// Asking says how many exceptions ask for something: "3 of 8 ask for something".
func Asking(list []audit.ExceptionResult) string {
	asking := 0
	for _, r := range list {
		if r.Note != "" {
			asking++
		}
	}
	switch asking {
	case 0:
		return strconv.Itoa(len(list)) + ", and none asks for anything"
	case 1:
		return "1 of " + strconv.Itoa(len(list)) + " asks for something"
	}
	return strconv.Itoa(asking) + " of " + strconv.Itoa(len(list)) + " ask for something"
}
