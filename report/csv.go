package report

import (
	"io"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/report/sanitize"
)

// csvHeader names the columns; programs go by it, so columns are only ever added, at the end.
var csvHeader = []sanitize.Cell{
	"account", "account_alias", "taken_at", "rule", "title", "category", "severity", "status", "resource", "item", "name", "message",
	"evidence", "observed_at", "controls", "fix", "id",
	"exception_reason", "exception_owner", "exception_ticket", "exception_expires",
}

// CSV writes the findings, what fails and what is unknown, one a row under a header, and a row "answers" where there is
// anything to be known of all answers, such as a call that failed. A failure that an exception covers
// is a failure all the same; the last columns tell of it. Lists within a cell are parted by "; ".
func CSV(w io.Writer, r *audit.Report) error {
	return sanitize.WriteCSV(w, "the report", false, func(yield func([]sanitize.Cell) bool) {
		more := yield(csvHeader)
		records := identified(r)
		for c := range records.findings() {
			if !more {
				return
			}
			more = yield(csvRow(r, c))
		}
		if c, some := records.answers(); some && more {
			yield(csvRow(r, c))
		}
	})
}

func csvRow(r *audit.Report, c record) []sanitize.Cell {
	var e audit.Exception
	expires := ""
	if c.exception != nil {
		e, expires = *c.exception, instant(c.exception.Expires)
	}
	row := lists.Map([]string{
		r.Account.ID, accountName(r), instant(r.TakenAt), c.rule.ID, c.rule.Title, string(c.rule.Category), c.severity.String(), c.status.String(),
		c.resource, c.item, c.name, c.message,
	}, sanitize.CSV)
	row = append(row, sanitize.CSVList(lists.Map(c.evidence, evidenceText)), sanitize.CSV(instant(c.observed)), sanitize.CSVList(requirements(c.rule.Controls)))
	return append(row, lists.Map([]string{oneLine(c.fix()), c.id, e.Reason, e.Owner, e.Ticket, expires}, sanitize.CSV)...)
}
