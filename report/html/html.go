// Package html renders a report as one page of HTML, which package page makes. It is whole without JavaScript, which
// only adds the filters. The page depends on the report alone: there is no clock and no configuration here, so the same
// report always gives the same bytes.
package html

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

// Render writes the report as a page of HTML in UTF-8.
func Render(w io.Writer, r *audit.Report) error {
	v := newView(r)
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: security status", v.Title)), Demo: r.Demo, Contents: v.contents(), View: v,
		Tool: sanitize.Terminal(strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version)), Schema: sanitize.Terminal(r.Schema),
	})
}

// contents lists the sections of the page.
func (v *view) contents() []page.Entry {
	list := []page.Entry{{Anchor: "status", Title: "Security Status"}}
	if n := len(v.First); n > 0 {
		list = append(list, page.Entry{Anchor: "first", Title: "Do these first", Count: sanitize.Int(n)})
	}
	list = append(list,
		page.Entry{Anchor: "findings", Title: "Findings", Count: term.Number(v.Shown)},
		page.Entry{Anchor: "mfa", Title: "MFA on each way in", Count: term.Number(v.Matrix.ToSee)},
		page.Entry{Anchor: "users", Title: "Users", Count: term.Number(v.UserCount)})
	if v.Ways != nil {
		list = append(list, page.Entry{Anchor: "ways", Title: "Ways to an admin", Count: sanitize.Int(v.Ways.Others)})
	}
	if n := len(v.Frameworks); n > 0 {
		list = append(list, page.Entry{Anchor: "frameworks", Title: "Frameworks", Count: sanitize.Int(n)})
	}
	if n := len(v.Exceptions); n > 0 {
		list = append(list, page.Entry{Anchor: "exceptions", Title: "Exceptions", Count: sanitize.Int(n)})
	}
	if v.DueWithin != "" {
		list = append(list, page.Entry{Anchor: "due", Title: "Due", Count: sanitize.Int(v.DueCount)})
	}
	return append(list,
		page.Entry{Anchor: "gaps", Title: "Gaps", Count: term.Number(v.GapCount)},
		page.Entry{Anchor: "summary", Title: "Verdicts in numbers"},
		page.Entry{Anchor: "passed", Title: "What passed", Count: term.Number(v.Summary.Pass)},
		page.Entry{Anchor: "not-applicable", Title: "Not applicable", Count: term.Number(v.Summary.NotApplicable)},
		page.Entry{Anchor: "not-selected", Title: "Not selected", Count: term.Number(v.NotRun)},
		page.Entry{Anchor: "calls", Title: "Calls to AWS", Count: term.Number(v.Calls.Total)},
		page.Entry{Anchor: "configuration", Title: "Where this comes from"},
		page.Entry{Anchor: "rules", Title: "Rules", Count: term.Number(len(v.Rules))},
	)
}
