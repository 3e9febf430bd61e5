package offboard

import (
	"embed"
	"io"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var kind = page.New(assets)

// content is what the template shows.
type content struct {
	Heading           sanitize.Text
	Introduction, End []sanitize.Text
	Sections          []sectionView
}

type sectionView struct {
	ID, Title, Verdict sanitize.Text
	Class              sanitize.Text
	Blocks             []blockView
}

// blockView is a paragraph, and what stands under it.
type blockView struct {
	Text  sanitize.Text
	Alarm bool
	Items []itemView
}

type itemView struct {
	Text     sanitize.Text
	Open     bool
	Commands []sanitize.Text
}

// classes are the colours of verdicts.
var classes = map[offboard.Verdict]sanitize.Text{
	offboard.Active: "fail", offboard.Unknown: "unknown", offboard.NotFound: "unknown", offboard.Gone: "pass", offboard.Disabled: "pass", offboard.Answered: "none",
}

// HTML writes the answer as one page, without a script.
func HTML(w io.Writer, r *offboard.Report) error { return ofAccount(r).html(w) }

func (a answer) html(w io.Writer) error {
	v := content{Heading: sanitize.Message(a.heading), Introduction: texts(a.introduction), End: texts(a.end)}
	for i, s := range a.sections {
		view := sectionView{ID: "part-" + sanitize.Int(i), Title: sanitize.Message(s.title)}
		if s.verdict != nil {
			view.Verdict, view.Class = sanitize.Message(verdicts[*s.verdict]), classes[*s.verdict]
		}
		for _, l := range s.lines {
			view.add(l)
		}
		v.Sections = append(v.Sections, view)
	}
	return kind.Write(w, page.Page{
		Title: v.Heading, Demo: a.demo, View: v, Tool: sanitize.Terminal(a.tool), Schema: sanitize.Terminal(a.schema),
	})
}

func texts(all []message.Message) (out []sanitize.Text) {
	for _, m := range all {
		out = append(out, sanitize.Message(m))
	}
	return out
}

// add puts a line where it belongs: a paragraph begins a block, and the rest stands under the last one.
func (s *sectionView) add(l line) {
	text := sanitize.Message(l.text)
	if l.level == 1 && !l.listed {
		s.Blocks = append(s.Blocks, blockView{Text: text, Alarm: l.alarm})
		return
	}
	if len(s.Blocks) == 0 {
		s.Blocks = append(s.Blocks, blockView{})
	}
	last := &s.Blocks[len(s.Blocks)-1]
	if l.command == "" {
		last.Items = append(last.Items, itemView{Text: text, Open: l.open})
		return
	}
	item := &last.Items[len(last.Items)-1]
	item.Commands = append(item.Commands, sanitize.Terminal(l.command))
}
