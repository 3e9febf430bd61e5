package trend

import (
	"embed"
	"io"

	"sekisho/audit/message"
	"sekisho/audit/trend"
	"sekisho/report/page"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

//go:embed assets
var assets embed.FS

var kind = page.New(assets)

// content is what the template shows.
type content struct {
	Heading        sanitize.Text
	Summary, Notes []sanitize.Text
	Charts         []*chart
	Severities     []sanitize.Text
	Rows           []rowView
}

type rowView struct {
	At, Status, WithMFA, File sanitize.Text
	Counts                    []sanitize.Text // of failures by severity, then excepted and unknown
}

// HTML writes the trend as one page, without a script: pictures, and below them a table that says the same.
func HTML(w io.Writer, t *trend.Trend) error {
	v := content{Heading: sanitize.Message(heading(t)), Charts: charts(t)}
	for _, sentence := range summary(t) {
		v.Summary = append(v.Summary, sanitize.Message(sentence))
	}
	for _, note := range notes(t) {
		v.Notes = append(v.Notes, sanitize.Message(note))
	}
	for _, severity := range severities() {
		v.Severities = append(v.Severities, sanitize.Terminal(severity))
	}
	for i := range t.Points {
		p := &t.Points[i]
		row := rowView{At: term.Minute(p.TakenAt), Status: sanitize.Message(status(p)), WithMFA: sanitize.Message(withMFA(p)), File: sanitize.Terminal(p.File)}
		for _, severity := range severities() {
			row.Counts = append(row.Counts, term.Number(p.Failing[severity]))
		}
		row.Counts = append(row.Counts, term.Number(p.Excepted), term.Number(p.Unknown))
		v.Rows = append(v.Rows, row)
	}
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: trend", heading(t))), Demo: t.Demo, View: v, Tool: tool(t), Schema: trend.Schema,
	})
}
