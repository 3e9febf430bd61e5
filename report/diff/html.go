package diff

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"sekisho/audit/diff"
)

var (
	//go:embed assets/page.tmpl
	pageText string
	//go:embed assets/style.css
	styleText string
)

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// HTML writes the comparison as one page that needs nothing else: it has no script, and its Content-Security-Policy allows its own style
// alone.
func HTML(w io.Writer, d *diff.Diff) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	err := pageTemplate.Execute(buffered, newView(d))
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing the comparison as HTML: %w", err)
	}
	return nil
}

// view is what the page shows, sanitized.
type view struct {
	Policy, Heading, Old, New, Tally, Schema, Tool string
	Style                                          template.CSS
	Demo                                           bool
	Notes                                          []string
	Kinds                                          []kindView
	Areas                                          []areaView
	Changes                                        int
	Rules, NotCompared                             []entryView
	Settings                                       []settingView
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
	sum := sha256.Sum256([]byte(styleText))
	v := &view{
		Policy:  "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Style:   template.CSS(styleText), // embedded in the program
		Heading: clean(heading(d)), Old: clean(describe(d.Old)), New: clean(describe(d.New)), Tally: clean(tally(d)),
		Schema: d.Schema, Tool: clean(d.New.Tool.Name + " " + d.New.Tool.Version), Demo: d.Demo, Changes: len(d.Changes),
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
