package trend

import (
	"io"
	"strings"
	"time"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/trend"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// csvHeader names the columns; programs go by it, so columns are only ever added, at the end.
var csvHeader = []sanitize.Cell{
	"account", "taken_at", "status_complete", "status_applicable", "critical", "high", "medium", "low", "info", "excepted", "unknown",
	"users", "console_users", "console_users_with_mfa", "mfa_unknown", "rules", "version", "file", "notes",
}

// CSV writes a row a report under a header, and one with a note alone for each file that can't be read.
func CSV(w io.Writer, t *trend.Trend, o format.Options) error {
	return sanitize.WriteCSV(w, "the trend", o.BOM, func(yield func([]sanitize.Cell) bool) {
		more := yield(csvHeader)
		for i := range t.Points {
			more = more && yield(csvRow(t, &t.Points[i]))
		}
		for _, file := range t.NotRead {
			row := make([]sanitize.Cell, len(csvHeader))
			row[0], row[len(row)-2], row[len(row)-1] = sanitize.CSV(t.Account.ID), sanitize.CSV(file.File), sanitize.CSV(file.Reason)
			more = more && yield(row)
		}
	})
}

func csvRow(t *trend.Trend, p *trend.Point) []sanitize.Cell {
	row := []sanitize.Cell{sanitize.CSV(t.Account.ID), sanitize.CSV(p.TakenAt.UTC().Format(time.RFC3339))}
	counts := []int{p.Complete, p.Applicable}
	for _, severity := range severities() {
		counts = append(counts, p.Failing[severity])
	}
	for _, n := range append(counts, p.Excepted, p.Unknown, p.Users, p.Console, p.WithMFA, p.MFAUnknown, p.Rules) {
		row = append(row, sanitize.CSV(string(sanitize.Int(n))))
	}
	return append(row, sanitize.CSV(p.Version), sanitize.CSV(p.File), sanitize.CSV(strings.Join(lists.Map(p.Notes, message.Message.String), "; ")))
}
