package access

import (
	"embed"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/page"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/ways"
)

//go:embed assets
var assets embed.FS

var kind = page.New(ways.Assets, assets)

// content is what the template shows.
type content struct {
	Account, At, Caller sanitize.Text
	Ways                *ways.View
}

// HTML writes the ways as one page, without a script: a picture, and a list that says the same.
func HTML(w io.Writer, paths Paths) error {
	a := paths.Account
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: who can become %s", a.ID, ways.Whom(paths.To))), Demo: a.Origin == "demo",
		Tool: sanitize.Terminal(strings.TrimSpace(paths.Tool.Name + " " + paths.Tool.Version)), Schema: schema,
		View: content{sanitize.Terminal(a.ID), term.Minute(a.TakenAt), sanitize.Terminal(a.CallerARN), ways.New(audit.AccessPathsOf(paths.Ascents))},
	})
}
