package diff

import (
	"sekisho/audit/diff"
	"sekisho/audit/message"
)

// content is what the formats for people show, each name and text made harmless as the format needs it.
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

type findingView struct {
	Severity, Rule, Title, Resource, ARN, Message, Remark string
	Excepted                                              bool
}

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
	Few       string // the first few of the names
}

func (e entryView) sentence() string {
	if e.Few == "" {
		return e.What + ": " + e.Why
	}
	return e.What + ": " + e.Why + ": " + e.Few
}

type settingView struct{ Name, Old, New string }

func (s settingView) sentence() string { return s.Name + ": " + s.Old + " → " + s.New }

func newContent(d *diff.Diff, harmless func(string) string) *content {
	say := func(m message.Message) string { return harmless(m.String()) }
	v := &content{Heading: say(heading(d)), Old: say(describe(d.Old)), New: say(describe(d.New)), Tally: say(tally(d)), Changes: len(d.Changes)}
	for _, n := range d.Notes {
		v.Notes = append(v.Notes, say(n.Text))
	}
	for _, kind := range diff.Kinds() {
		list := d.Of(kind)
		if len(list) == 0 {
			continue
		}
		k := kindView{ID: string(kind), Title: titles[kind].String(), Class: class(kind), Folded: kind == diff.StillFailing || kind == diff.StillUnknown}
		for i := range list {
			f := &list[i]
			k.Findings = append(k.Findings, findingView{
				f.Severity.String(), harmless(f.Rule), harmless(f.Title), harmless(f.Subject()), harmless(f.Resource), harmless(said(f)), say(remark(f)),
				f.New != nil && f.New.Exception != nil,
			})
		}
		v.Kinds = append(v.Kinds, k)
	}
	var area diff.Area
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Area != area {
			area = c.Area
			v.Areas = append(v.Areas, areaView{ID: "area-" + string(area), Title: areaTitles[area].String()})
		}
		shown := changeView{Sentence: say(sentence(c)), Class: string(c.Kind)}
		for j := range c.Details {
			shown.Details = append(shown.Details, say(detail(c, &c.Details[j])))
		}
		last := &v.Areas[len(v.Areas)-1]
		last.Changes = append(last.Changes, shown)
	}
	for i := range d.RulesNotCompared {
		r := &d.RulesNotCompared[i]
		v.Rules = append(v.Rules, entryView{What: harmless(r.Rule), Why: say(notRun(r))})
	}
	for _, n := range gathered(d.NotCompared) {
		e := entryView{What: message.Parts(n.areas...).String(), Why: say(n.reason.Text)}
		if len(n.resources) > 0 {
			e.Few = harmless(message.Names(fewNames, n.resources).String())
		}
		for _, name := range n.resources {
			e.Names = append(e.Names, harmless(name))
		}
		v.NotCompared = append(v.NotCompared, e)
	}
	for _, s := range d.Settings {
		v.Settings = append(v.Settings, settingView{harmless(s.Name), say(orNone(s.Old)), say(orNone(s.New))})
	}
	return v
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
