package whatif

import (
	"embed"
	"io"

	"sekisho/audit/message"
	reportdiff "sekisho/report/diff"
	"sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var kind = page.New(reportdiff.Assets, assets)

// content is what the template shows.
type content struct {
	Heading  sanitize.Text
	Sections []sectionView
	Diff     any
}

type sectionView struct {
	ID, Title, Empty sanitize.Text
	Grid             [][]sanitize.Text
	Lines            []lineView
	Many             bool // so many lines that they are folded
}

type lineView struct {
	Text, Code sanitize.Text
	Alarm      bool
}

// HTML writes the answer as one page, without a script, and names everybody.
func HTML(w io.Writer, a Answer) error {
	v := content{Heading: sanitize.Message(heading(a)), Diff: reportdiff.View(a.Diff)}
	for i, s := range sections(a, true) {
		view := sectionView{ID: "part-" + sanitize.Int(i), Title: sanitize.Message(s.title), Empty: sanitize.Message(s.empty), Many: len(s.lines) > mostLines}
		for _, row := range s.grid {
			cells := make([]sanitize.Text, len(row))
			for i, cell := range row {
				cells[i] = sanitize.Message(cell)
			}
			view.Grid = append(view.Grid, cells)
		}
		for _, l := range s.lines {
			view.Lines = append(view.Lines, lineView{sanitize.Message(l.text), sanitize.Terminal(l.code), l.alarm})
		}
		v.Sections = append(v.Sections, view)
	}
	d := a.Diff
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: what if", heading(a))), Demo: d.Demo, View: v,
		Tool: sanitize.Terminal(d.New.Tool.Name + " " + d.New.Tool.Version), Schema: Schema,
	})
}
