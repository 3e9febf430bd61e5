package diff

import (
	"fmt"
	"io"
	"strings"

	"sekisho/audit/diff"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Table writes the comparison for a terminal or a mail: what asks for attention first. What is as it was is only
// counted, unless the options say otherwise.
func Table(w io.Writer, d *diff.Diff, o format.Options) error {
	p := term.NewPage(w, o.Width, o.Color).In(o.Language)
	v := newContent(d, sanitize.Terminal)
	if d.Demo {
		p.Text(0, 0, "DEMO ACCOUNT: made up, nothing here is real")
	}
	p.Text(0, 0, p.Paint(term.Bold, "Sekisho diff")+": "+v.Heading)
	p.Beside(0, "OLD  ", v.Old)
	p.Beside(0, "NEW  ", v.New)
	draw(&page{p}, v, o)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// Draw draws what changed on a page of another answer, which has said of what.
func Draw(p *term.Page, d *diff.Diff, o format.Options) {
	draw(&page{p}, newContent(d, sanitize.Terminal), o)
}

func draw(p *page, v *content[sanitize.Text], o format.Options) {
	for _, note := range v.Notes {
		p.Text(0, 6, p.Paint(term.Yellow, "note")+"  "+note)
	}
	p.title("Failures", v.Tally)
	for _, kind := range v.Kinds {
		if o.Verbose || !kind.Folded {
			p.findings(kind)
		}
	}
	p.title("What changed in the account", sanitize.Message(message.Plural(v.Changes, "%d change", "%d changes")))
	for _, area := range v.Areas {
		p.Text(2, 0, p.Paint(term.Bold, area.Title))
		for _, c := range area.Changes {
			p.Text(4, 2, c.Sentence)
			for _, detail := range c.Details {
				p.Text(8, 2, detail)
			}
		}
	}
	if v.DueWithin != "" {
		p.title("Newly due", v.DueWithin)
	}
	for _, d := range v.Due {
		p.Text(2, 8, d.On+"  "+term.Pad(sanitize.Terminal(strings.ToUpper(string(d.Severity))), 8)+"  "+d.Rule+"  "+d.Few)
		p.Text(12, 2, d.What)
	}
	p.rest(v)
}

func (p *page) findings(kind kindView[sanitize.Text]) {
	p.title(kind.Title, sanitize.Message(message.Plural(len(kind.Findings), "%d finding", "%d findings")))
	for _, f := range kind.Findings {
		p.Text(2, 8, p.Paint(color(kind.Class, f.Excepted), term.Pad(sanitize.Terminal(strings.ToUpper(string(f.Severity))), 8))+"  "+f.Rule+"  "+f.Resource)
		line := f.Message
		if f.Remark != "" {
			line += " (" + f.Remark + ")"
		}
		p.Text(12, 2, line)
	}
}

func color(class string, excepted bool) term.Style {
	switch {
	case class == "unknown":
		return term.Yellow
	case class == "pass":
		return term.Green
	case excepted, class == "gone":
		return term.Dim
	}
	return term.Red
}

// rest tells what was not compared, and which settings differ.
func (p *page) rest(v *content[sanitize.Text]) {
	if len(v.Rules) > 0 {
		p.title("Rules not compared", "they ran on one side alone: nothing of them is new, and nothing fixed")
	}
	for _, r := range v.Rules {
		p.Text(2, 2, r.sentence())
	}
	if len(v.NotCompared) > 0 {
		p.title("Not compared", "nothing is said of what was not read")
	}
	for _, n := range v.NotCompared {
		p.Text(2, 2, n.sentence())
	}
	if len(v.Settings) > 0 {
		p.title("Settings that differ", "the two reports were not made alike")
	}
	for _, s := range v.Settings {
		p.Text(2, 2, s.sentence())
	}
}

// page sets text into lines.
type page struct{ *term.Page }

func (p *page) title(title, more sanitize.Text) {
	p.Line("")
	p.Text(0, 2, p.Paint(term.Bold, title)+": "+more)
}
