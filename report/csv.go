package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/report/sanitize"
)

// csvHeader names the columns; programs go by it, so columns are only ever added, at the end.
var csvHeader = []string{
	"account", "account_alias", "taken_at", "rule", "title", "category", "severity", "status", "resource", "item", "name", "message",
	"evidence", "observed_at", "controls", "fix", "id",
	"exception_reason", "exception_owner", "exception_ticket", "exception_expires",
}

// CSV writes the findings, what fails and what is unknown, one a row under a header: UTF-8, lines end with a line feed.
// No cell starts a formula in a spreadsheet. A failure that an exception covers is a failure all the same; the last
// columns tell of it. Lists within a cell are parted by "; ".
func CSV(w io.Writer, r *audit.Report) error {
	out := bufio.NewWriterSize(w, 1<<16)
	table := csv.NewWriter(out)
	err := table.Write(csvHeader)
	row := make([]string, len(csvHeader))
	for c := range newRecords(r).findings() {
		if err != nil {
			break
		}
		evidence := lists.Map(c.evidence, evidenceText)
		var e audit.Exception
		expires := ""
		if c.exception != nil {
			e, expires = *c.exception, instant(c.exception.Expires)
		}
		for i, cell := range []string{
			r.Account.ID, accountName(r), instant(r.TakenAt), c.rule.ID, c.rule.Title, string(c.rule.Category), c.severity.String(), c.status.String(),
			c.resource, c.item, c.name, c.message, strings.Join(evidence, "; "), instant(c.observed),
			strings.Join(requirements(c.rule.Controls), "; "), strings.ReplaceAll(c.fix(), "\n", " "), c.id,
			e.Reason, e.Owner, e.Ticket, expires,
		} {
			row[i] = sanitize.CSV(cell)
		}
		err = table.Write(row)
	}
	table.Flush()
	if err == nil {
		err = table.Error()
	}
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		return fmt.Errorf("writing the report as CSV: %w", err)
	}
	return nil
}
