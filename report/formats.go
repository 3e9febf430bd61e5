package report

import (
	"sekisho/audit"
	"sekisho/report/format"
	reporthtml "sekisho/report/html"
)

// Formats lists the formats of a report, the default one first.
func Formats() format.Register[*audit.Report] {
	return format.Register[*audit.Report]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(reporthtml.Render)},
		{Name: "csv", Extensions: []string{".csv"}, Render: format.Plain(CSV)},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: Markdown},
		{Name: "sarif", Extensions: []string{".sarif"}, Render: format.Plain(SARIF)},
		{Name: "junit", Render: format.Plain(JUnit)},
		{Name: "ocsf", Render: format.Plain(OCSF)},
		{Name: "asff", Render: format.Plain(ASFF)},
	}
}
