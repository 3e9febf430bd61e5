package diff

import (
	"embed"
	"io"

	"sekisho/audit/diff"
	"sekisho/audit/message"
	htmlpage "sekisho/report/page"
)

//go:embed assets
var assets embed.FS

var htmlKind = htmlpage.New(assets)

// HTML writes the comparison as one page, without a script.
func HTML(w io.Writer, d *diff.Diff) error {
	return htmlKind.Write(w, htmlpage.Page{
		Title: clean(message.New("%s: what changed", heading(d)).String()), Demo: d.Demo, View: newContent(d),
		Tool: clean(d.New.Tool.Name + " " + d.New.Tool.Version), Schema: clean(d.Schema),
	})
}

// content is what the page shows, sanitized.
type content struct {
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

func newContent(d *diff.Diff) *content {
	v := &content{
		Heading: clean(heading(d).String()), Old: clean(describe(d.Old).String()), New: clean(describe(d.New).String()), Tally: clean(tally(d).String()), Changes: len(d.Changes),
	}
	for _, n := range d.Notes {
		v.Notes = append(v.Notes, clean(n.Message))
	}
	for _, kind := range diff.Kinds() {
		list := d.Of(kind)
		if len(list) == 0 {
			continue
		}
		k := kindView{ID: string(kind), Title: titles[kind].String(), Class: class(kind), Folded: old(kind)}
		for i := range list {
			f := &list[i]
			k.Findings = append(k.Findings, findingView{
				f.Severity.String(), clean(f.Rule), clean(f.Title), clean(f.Subject()), clean(f.Resource), clean(said(f)), clean(remark(f).String()),
			})
		}
		v.Kinds = append(v.Kinds, k)
	}
	v.changes(d)
	for i := range d.RulesNotCompared {
		r := &d.RulesNotCompared[i]
		v.Rules = append(v.Rules, entryView{What: clean(r.Rule), Why: clean(notRun(r).String())})
	}
	for _, n := range gathered(d.NotCompared) {
		e := entryView{What: message.Parts(n.areas...).String(), Why: clean(n.reason.Message)}
		for _, name := range n.resources {
			e.Names = append(e.Names, clean(name))
		}
		v.NotCompared = append(v.NotCompared, e)
	}
	for _, s := range d.Settings {
		v.Settings = append(v.Settings, settingView{clean(s.Name), clean(orNone(s.Old).String()), clean(orNone(s.New).String())})
	}
	return v
}

func (v *content) changes(d *diff.Diff) {
	var area diff.Area
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Area != area {
			area = c.Area
			v.Areas = append(v.Areas, areaView{ID: "area-" + string(area), Title: areaTitles[area].String()})
		}
		shown := changeView{Sentence: clean(sentence(c).String()), Class: string(c.Kind)}
		for j := range c.Details {
			shown.Details = append(shown.Details, clean(detail(c, &c.Details[j]).String()))
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
