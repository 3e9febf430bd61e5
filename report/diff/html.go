package diff

import (
	"embed"
	"io"

	"sekisho/audit/diff"
	"sekisho/audit/message"
	htmlpage "sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var htmlKind = htmlpage.New(assets)

// HTML writes the comparison as one page, without a script.
func HTML(w io.Writer, d *diff.Diff) error {
	return htmlKind.Write(w, htmlpage.Page{
		Title: sanitize.Message(message.New("%s: what changed", heading(d))), Demo: d.Demo, View: newContent(d, sanitize.Terminal),
		Tool: sanitize.Terminal(d.New.Tool.Name + " " + d.New.Tool.Version), Schema: sanitize.Terminal(d.Schema),
	})
}
