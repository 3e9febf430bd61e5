package diff

import (
	"sekisho/audit/diff"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// content is what the formats for people show, each name and text made harmless as the format needs it.
type content[T sanitize.Target] struct {
	Heading, Old, New, Tally T
	Notes                    []T
	Kinds                    []kindView[T]
	Areas                    []areaView[T]
	Changes                  int
	Rules, NotCompared       []entryView[T]
	DueWithin                T // how much falls due; "" where it was not looked for
	Due                      []dueView[T]
	Settings                 []settingView[T]
}

type kindView[T sanitize.Target] struct {
	ID, Class string
	Title     T
	Folded    bool // what is as it was
	Findings  []findingView[T]
}

type findingView[T sanitize.Target] struct {
	Severity, Rule, Title, Resource, ARN, Message, Remark T
	Excepted                                              bool
}

type areaView[T sanitize.Target] struct {
	ID      string
	Title   T
	Changes []changeView[T]
}

type changeView[T sanitize.Target] struct {
	Sentence T
	Class    string
	Details  []T
}

type entryView[T sanitize.Target] struct {
	What, Why T
	Names     []T
	Few       T // the first few of the names
}

func (e entryView[T]) sentence() T {
	if e.Few == "" {
		return e.What + ": " + e.Why
	}
	return e.What + ": " + e.Why + ": " + e.Few
}

// dueView is what falls due on one day for one reason.
type dueView[T sanitize.Target] struct{ On, Severity, Rule, What, Few T }

type settingView[T sanitize.Target] struct{ Name, Old, New T }

func (s settingView[T]) sentence() T { return s.Name + ": " + s.Old + " → " + s.New }

func newContent[T sanitize.Target](d *diff.Diff, harmless func(string) T) *content[T] {
	say := func(m message.Message) T { return harmless(m.String()) }
	v := &content[T]{Heading: say(heading(d)), Old: say(describe(d.Old)), New: say(describe(d.New)), Tally: say(tally(d)), Changes: len(d.Changes)}
	for _, n := range d.Notes {
		v.Notes = append(v.Notes, say(n.Text))
	}
	for _, kind := range diff.Kinds() {
		list := d.Of(kind)
		if len(list) == 0 {
			continue
		}
		k := kindView[T]{ID: string(kind), Title: say(titles[kind]), Class: class(kind), Folded: kind == diff.StillFailing || kind == diff.StillUnknown}
		for i := range list {
			f := &list[i]
			k.Findings = append(k.Findings, findingView[T]{
				harmless(f.Severity.String()), harmless(f.Rule), harmless(f.Title), harmless(f.Subject()), harmless(f.Resource), harmless(said(f)), say(remark(f)),
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
			v.Areas = append(v.Areas, areaView[T]{ID: "area-" + string(area), Title: say(areaTitles[area])})
		}
		shown := changeView[T]{Sentence: say(sentence(c)), Class: string(c.Kind)}
		for j := range c.Details {
			shown.Details = append(shown.Details, say(detail(c, &c.Details[j])))
		}
		last := &v.Areas[len(v.Areas)-1]
		last.Changes = append(last.Changes, shown)
	}
	for i := range d.RulesNotCompared {
		r := &d.RulesNotCompared[i]
		v.Rules = append(v.Rules, entryView[T]{What: harmless(r.Rule), Why: say(notRun(r))})
	}
	for _, n := range gathered(d.NotCompared) {
		e := entryView[T]{What: harmless(message.Parts(n.areas...).String()), Why: say(n.reason.Text)}
		if len(n.resources) > 0 {
			e.Few = harmless(message.Names(fewNames, n.resources).String())
		}
		for _, name := range n.resources {
			e.Names = append(e.Names, harmless(name))
		}
		v.NotCompared = append(v.NotCompared, e)
	}
	if d.Due != nil {
		v.DueWithin = say(wording.DueWithin(d.Due))
		for _, l := range wording.DueLines(d.Due) {
			v.Due = append(v.Due, dueView[T]{harmless(wording.Date(l.On)), harmless(l.Severity.String()), harmless(l.Rule), say(l.What), say(l.Few())})
		}
	}
	for _, s := range d.Settings {
		v.Settings = append(v.Settings, settingView[T]{harmless(s.Name), say(orNone(s.Old)), say(orNone(s.New))})
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
	case diff.NoLongerApplies:
		return "gone"
	}
	return "none"
}
