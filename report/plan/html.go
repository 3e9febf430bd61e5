package plan

import (
	"embed"
	"io"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/plan"
	"sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var kind = page.New(assets)

type content struct {
	Heading, Summary sanitize.Text
	Remarks          []sanitize.Text
	Parts            []partView
}

type partView struct {
	ID, Title sanitize.Text
	Facts     []sanitize.Text
	Tasks     []taskView
	Many      bool // so many that they are folded
}

type taskView struct {
	Text, Code    sanitize.Text
	Console, Undo []sanitize.Text
}

// mostOpen is how many tasks stand open.
const mostOpen = 4

// HTML writes the plan as one page, without a script. It has all of it.
func HTML(w io.Writer, p *plan.Plan) error {
	texts := func(list []message.Message) []sanitize.Text {
		return lists.Map(list, sanitize.Message[message.Message])
	}
	v := content{Heading: sanitize.Message(heading(p)), Summary: sanitize.Message(summary(p)), Remarks: texts(remarks(p))}
	for i, one := range parts(p, true) {
		view := partView{ID: "step-" + sanitize.Int(i+1), Title: sanitize.Message(one.title), Facts: texts(one.facts), Many: len(one.tasks) > mostOpen}
		for _, t := range one.tasks {
			view.Tasks = append(view.Tasks, taskView{sanitize.Message(t.text), sanitize.Terminal(t.code), texts(t.console), sanitize.Terminals(t.undo)})
		}
		v.Parts = append(v.Parts, view)
	}
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("%s: plan", heading(p))), Demo: p.Demo, View: v,
		Tool: sanitize.Terminal(p.Tool.Name + " " + p.Tool.Version), Schema: plan.Schema,
	})
}
