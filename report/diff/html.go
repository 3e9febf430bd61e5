package diff

import (
	"embed"
	"io"

	"sekisho/audit/diff"
	htmlpage "sekisho/report/page"
)

//go:embed assets
var assets embed.FS

var htmlKind = htmlpage.New(assets)

// HTML writes the comparison as one page, without a script.
func HTML(w io.Writer, d *diff.Diff) error {
	return htmlKind.Write(w, htmlpage.Page{
		Title: clean(heading(d)) + ": what changed", Demo: d.Demo, View: newView(d),
		Tool: clean(d.New.Tool.Name + " " + d.New.Tool.Version), Schema: clean(d.Schema),
	})
}

// view is what the page shows, sanitized.
type view struct {
	Heading, Old, New, Tally string
	Notes                    []string
	Kinds                    []kindView
	Areas                    []areaView
	Changes                  int
	Rules, NotCompared       []entryView
	Settings                 []settingView
}

type kindView struct {
	ID, Title, Class string
	Folded           bool // what is as it was
	Findings         []findingView
}

type findingView struct{ Severity, Rule, Title, Resource, ARN, Message, Remark string }

type areaView struct {
	ID, Title string
	Changes   []changeView
}

type changeView struct {
	Sentence, Class string
	Details         []string
}

type entryView struct {
	What, Why string
	Names     []string
}

type settingView struct{ Name, Old, New string }

func newView(d *diff.Diff) *view {
	v := &view{
		Heading: clean(heading(d)), Old: clean(describe(d.Old)), New: clean(describe(d.New)), Tally: clean(tally(d)), Changes: len(d.Changes),
	}
	for _, n := range d.Notes {
		v.Notes = append(v.Notes, clean(n.Message))
	}
	for _, kind := range diff.Kinds() {
		list := d.Of(kind)
		if len(list) == 0 {
			continue
		}
		k := kindView{ID: string(kind), Title: titles[kind], Class: class(kind), Folded: old(kind)}
		for i := range list {
			f := &list[i]
			k.Findings = append(k.Findings, findingView{
				f.Severity.String(), clean(f.Rule), clean(f.Title), clean(f.Subject()), clean(f.Resource), clean(message(f)), clean(remark(f)),
			})
		}
		v.Kinds = append(v.Kinds, k)
	}
	v.changes(d)
	for i := range d.RulesNotCompared {
		r := &d.RulesNotCompared[i]
		v.Rules = append(v.Rules, entryView{What: clean(r.Rule), Why: clean(r.Note.Message) + " (" + ranOn(r) + ")"})
	}
	for _, n := range gathered(d.NotCompared) {
		e := entryView{What: n.areas, Why: clean(n.reason)}
		for _, name := range n.resources {
			e.Names = append(e.Names, clean(name))
		}
		v.NotCompared = append(v.NotCompared, e)
	}
	for _, s := range d.Settings {
		v.Settings = append(v.Settings, settingView{clean(s.Name), clean(orNone(s.Old)), clean(orNone(s.New))})
	}
	return v
}

func (v *view) changes(d *diff.Diff) {
	var area diff.Area
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Area != area {
			area = c.Area
			v.Areas = append(v.Areas, areaView{ID: "area-" + string(area), Title: areaTitles[area]})
		}
		shown := changeView{Sentence: clean(sentence(c)), Class: string(c.Kind)}
		for j := range c.Details {
			shown.Details = append(shown.Details, clean(detail(c, &c.Details[j])))
		}
		last := &v.Areas[len(v.Areas)-1]
		last.Changes = append(last.Changes, shown)
	}
}

func class(kind diff.Kind) string {
	switch kind {
	case diff.New, diff.Worse, diff.NoLongerExcepted:
		return "fail"
	case diff.NewlyUnknown, diff.StillUnknown:
		return "unknown"
	case diff.Fixed, diff.Decided:
		return "pass"
	}
	return "none"
}
