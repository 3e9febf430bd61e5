package fleetdiff

import (
	"embed"
	"io"

	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var kind = page.New(assets)

// onPage is how many lines of a list a page shows.
const onPage = 200

type pageView struct {
	Heading   sanitize.Text
	Sentences []sanitize.Text
	Lists     []listView
	Rows      []rowView
	RowsRest  sanitize.Text
	Unchanged int
}

type listView struct {
	ID, Title, Rest sanitize.Text
	Loud            bool
	Lines           []lineView
}

type lineView struct{ Text, Hint sanitize.Text }

type rowView struct {
	Name                sanitize.Text
	New, Unknown, Fixed int
	Failing, FixedRules sanitize.Text
}

// HTML writes the comparison as one page, without a script.
func HTML(w io.Writer, c *Compared) error {
	of := newContent(c.Diff)
	v := pageView{Heading: sanitize.Message(of.heading), Unchanged: of.unchanged, RowsRest: beyond(len(of.rows))}
	for _, sentence := range of.sentences {
		v.Sentences = append(v.Sentences, sanitize.Message(sentence))
	}
	for i, l := range of.lists {
		view := listView{ID: "list-" + sanitize.Int(i), Title: sanitize.Message(l.title), Rest: beyond(len(l.lines)), Loud: l.loud}
		for _, one := range l.lines[:min(onPage, len(l.lines))] {
			view.Lines = append(view.Lines, lineView{sanitize.Message(one.text), sanitize.Message(one.hint)})
		}
		v.Lists = append(v.Lists, view)
	}
	for _, r := range of.rows[:min(onPage, len(of.rows))] {
		v.Rows = append(v.Rows, rowView{
			sanitize.Message(named(r)), r.NewFailures(), r.Findings.NewlyUnknown, r.Findings.Fixed, sanitize.Message(ruled(r.Failing)), sanitize.Message(ruled(r.Fixed)),
		})
	}
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("Fleet: what changed between %s", of.heading)), Demo: c.Demo, View: v,
		Tool: sanitize.Message(message.New("%s %s", c.Tool.Name, c.Tool.Version)), Schema: fleet.DiffSchema,
	})
}

func beyond(n int) sanitize.Text {
	if n <= onPage {
		return ""
	}
	return sanitize.Message(rest(n, onPage))
}
