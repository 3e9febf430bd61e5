package fleet

import (
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Formats are those of a fleet's report.
func Formats() format.Register[*Merged] {
	return append(format.Register[*Merged]{
		{Name: "table", Extensions: []string{".txt"}, Render: of(Table)},
		{Name: "json", Extensions: []string{".json"}, Render: of(format.Plain(JSON))},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: HTML},
		{Name: "csv", Extensions: []string{".csv"}, Render: of(CSV)},
		{Name: "markdown", Extensions: []string{".md"}, Render: of(format.Plain(Markdown))},
	}, verdictFormats()...)
}

// of is a format that shows the report alone.
func of(render func(io.Writer, *fleet.Report, format.Options) error) func(io.Writer, *Merged, format.Options) error {
	return func(w io.Writer, m *Merged, o format.Options) error { return render(w, m.Report, o) }
}

// JSON writes the whole report, an account, a rule and a name to a line.
func JSON(w io.Writer, r *fleet.Report) error {
	return sanitize.WriteJSONLines(w, "the fleet's report", r, func(string) int { return 2 })
}

// Columns are those of CSV, on which spreadsheets and programs rely; new ones are only added at the end.
func Columns() []string {
	names := []string{"account", "name", "alias", "place", "state", "status", "taken_at", "status_complete", "status_applicable", "users"}
	for _, severity := range audit.Severities() {
		names = append(names, severity.String())
	}
	return append(names, "excepted", "unknown", "failing_rules", "unknown_rules", "message", "shared_people")
}

// CSV writes a row an account, in the order of the report. What is not known is empty.
func CSV(w io.Writer, r *fleet.Report, o format.Options) error {
	return sanitize.WriteCSV(w, "the fleet's accounts", o.BOM, func(yield func([]sanitize.Cell) bool) {
		var header []sanitize.Cell
		for _, name := range Columns() {
			header = append(header, sanitize.CSV(name))
		}
		more := yield(header)
		shared := map[string][]string{}
		for _, p := range r.People {
			for _, id := range p.Accounts {
				shared[id] = append(shared[id], p.Name)
			}
		}
		for i := range r.Accounts {
			row := &r.Accounts[i]
			more = more && yield(append(csvRow(row), sanitize.CSV(strings.Join(shared[row.ID], "; "))))
		}
	})
}

// csvRow is a row without its last column, for which all accounts are needed.
func csvRow(r *fleet.Row) []sanitize.Cell {
	row := []sanitize.Cell{
		sanitize.CSV(r.ID), sanitize.CSV(r.Name), sanitize.CSV(r.Alias), sanitize.CSV(r.Place), sanitize.CSV(r.State), sanitize.CSV(string(r.Status)),
	}
	if r.Status != fleet.Audited {
		row = append(row, make([]sanitize.Cell, len(Columns())-len(row)-2)...)
		return append(row, sanitize.CSV(r.Message))
	}
	row = append(row, sanitize.CSV(r.TakenAt.UTC().Format(time.RFC3339)))
	counts := []int{r.Complete, r.Applicable, r.Users}
	for _, severity := range audit.Severities() {
		counts = append(counts, r.FailedBySeverity[severity.String()])
	}
	for _, n := range append(counts, r.Excepted, r.UnknownFindings) {
		row = append(row, sanitize.CSV(string(sanitize.Int(n))))
	}
	failing := strings.Join(slices.Sorted(maps.Keys(r.Failing)), "; ")
	return append(row, sanitize.CSV(failing), sanitize.CSV(strings.Join(r.Undecided, "; ")), "")
}
