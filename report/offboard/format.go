package offboard

import (
	"sekisho/audit/offboard"
	"sekisho/report/format"
)

// Formats lists the formats of an answer about people who left, the default one first.
func Formats() format.Register[*offboard.Report] {
	return format.Register[*offboard.Report]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: format.Plain(Markdown)},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
	}
}
