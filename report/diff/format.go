package diff

import (
	"io"

	"sekisho/audit/diff"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Formats lists the formats of a comparison, the default one first.
func Formats() format.Register[*diff.Diff] {
	return format.Register[*diff.Diff]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: Markdown},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
	}
}

// JSON writes the comparison whole: the same one gives the same bytes.
func JSON(w io.Writer, d *diff.Diff) error { return sanitize.WriteJSON(w, "the comparison", d) }
