package diff

import (
	"fmt"
	"io"
	"strings"

	"sekisho/audit/diff"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

const fewNames = 5

// Table writes the comparison for a terminal or a mail: what asks for attention first. What is as it was is only counted, unless the
// options say otherwise.
func Table(w io.Writer, d *diff.Diff, o format.Options) error {
	p := &page{term.NewPage(w, o.Width, o.Color)}
	if d.Demo {
		p.Text(0, 0, "DEMO ACCOUNT: made up, nothing here is real")
	}
	p.Text(0, 0, p.Paint(term.Bold, "Sekisho diff")+": "+clean(heading(d).String()))
	p.Text(0, 5, "OLD  "+clean(describe(d.Old).String()))
	p.Text(0, 5, "NEW  "+clean(describe(d.New).String()))
	for _, n := range d.Notes {
		p.Text(0, 6, p.Paint(term.Yellow, "note")+"  "+clean(n.Message))
	}
	p.title("Failures", clean(tally(d).String()))
	for _, kind := range diff.Kinds() {
		if list := d.Of(kind); len(list) > 0 && (o.Verbose || !old(kind)) {
			p.findings(kind, list)
		}
	}
	p.changes(d)
	p.rest(d)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

func (p *page) findings(kind diff.Kind, list []diff.Finding) {
	p.title(titles[kind].String(), term.Count(len(list), "finding"))
	for i := range list {
		f := &list[i]
		p.Text(2, 8, fmt.Sprintf("%s  %s  %s", p.Paint(color(kind, f), term.Pad(strings.ToUpper(f.Severity.String()), 8)), clean(f.Rule), clean(f.Subject())))
		line := clean(said(f))
		if r := remark(f); !r.Empty() {
			line += " (" + clean(r.String()) + ")"
		}
		p.Text(12, 2, line)
	}
}

func color(kind diff.Kind, f *diff.Finding) term.Style {
	switch {
	case kind == diff.NewlyUnknown || kind == diff.StillUnknown:
		return term.Yellow
	case kind == diff.Fixed || kind == diff.Decided:
		return term.Green
	case f.New != nil && f.New.Exception != nil:
		return term.Dim
	}
	return term.Red
}

func (p *page) changes(d *diff.Diff) {
	p.title("What changed in the account", term.Count(len(d.Changes), "change"))
	var area diff.Area
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Area != area {
			area = c.Area
			p.Text(2, 0, p.Paint(term.Bold, areaTitles[area].String()))
		}
		p.Text(4, 2, clean(sentence(c).String()))
		for j := range c.Details {
			p.Text(8, 2, clean(detail(c, &c.Details[j]).String()))
		}
	}
}

// rest tells what was not compared, and which settings differ.
func (p *page) rest(d *diff.Diff) {
	if len(d.RulesNotCompared) > 0 {
		p.title("Rules not compared", "they ran on one side alone: nothing of them is new, and nothing fixed")
		for i := range d.RulesNotCompared {
			r := &d.RulesNotCompared[i]
			p.Text(2, 2, clean(r.Rule)+": "+clean(notRun(r).String()))
		}
	}
	if len(d.NotCompared) > 0 {
		p.title("Not compared", "nothing is said of what was not read")
		for _, n := range gathered(d.NotCompared) {
			p.Text(2, 2, clean(n.sentence().String()))
		}
	}
	if len(d.Settings) > 0 {
		p.title("Settings that differ", "the two reports were not made alike")
		for _, s := range d.Settings {
			p.Text(2, 2, clean(s.Name)+": "+clean(setting(s).String()))
		}
	}
}

func clean(s string) string { return sanitize.Terminal(s) }

// page sets text into lines.
type page struct{ *term.Page }

func (p *page) title(title, more string) {
	p.Line("")
	p.Text(0, 2, p.Paint(term.Bold, title)+": "+more)
}
