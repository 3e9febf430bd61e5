package diff

import (
	"embed"
	"io"

	"sekisho/audit/diff"
	"sekisho/audit/message"
	htmlpage "sekisho/report/page"
	"sekisho/report/sanitize"
)

// Assets have the template "comparison" and its style, for the pages of other answers; View is what it shows.
//
//go:embed assets
var Assets embed.FS

var htmlKind = htmlpage.New(Assets)

// View is what the template "comparison" shows of a comparison.
func View(d *diff.Diff) any { return newContent(d, sanitize.Terminal) }

// HTML writes the comparison as one page, without a script.
func HTML(w io.Writer, d *diff.Diff) error {
	return htmlKind.Write(w, htmlpage.Page{
		Title: sanitize.Message(message.New("%s: what changed", heading(d))), Demo: d.Demo, View: View(d),
		Tool: sanitize.Terminal(d.New.Tool.Name + " " + d.New.Tool.Version), Schema: sanitize.Terminal(d.Schema),
	})
}
