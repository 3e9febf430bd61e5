package diff

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"sekisho/audit/diff"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

const (
	defaultWidth = 80
	minWidth     = 40
	fewNames     = 5
)

// Table writes the comparison for a terminal or a mail: what asks for attention first. What is as it was is only counted, unless the
// options say otherwise.
func Table(w io.Writer, d *diff.Diff, o format.Options) error {
	p := &page{out: bufio.NewWriter(w), width: max(minWidth, o.Width), color: o.Color}
	if o.Width <= 0 {
		p.width = defaultWidth
	}
	if d.Demo {
		p.text(0, "DEMO ACCOUNT: made up, nothing here is real")
	}
	p.text(0, p.paint(bold, "Sekisho diff")+": "+clean(heading(d)))
	p.text(5, "OLD  "+clean(describe(d.Old)))
	p.text(5, "NEW  "+clean(describe(d.New)))
	for _, n := range d.Notes {
		p.text(6, p.paint(yellow, "note")+"  "+clean(n.Message))
	}
	p.title("Failures", clean(tally(d)))
	for _, kind := range diff.Kinds() {
		if list := d.Of(kind); len(list) > 0 && (o.Verbose || !old(kind)) {
			p.findings(kind, list)
		}
	}
	p.changes(d)
	p.rest(d)
	return p.flush()
}

func (p *page) findings(kind diff.Kind, list []diff.Finding) {
	p.title(titles[kind], plural(len(list), "finding"))
	for i := range list {
		f := &list[i]
		p.text(10, fmt.Sprintf("  %s  %s  %s", p.paint(color(kind, f), pad(severity(f.Severity), 8)), clean(f.Rule), clean(f.Subject())))
		line := clean(message(f))
		if r := remark(f); r != "" {
			line += " (" + clean(r) + ")"
		}
		p.indented(12, line)
	}
}

func color(kind diff.Kind, f *diff.Finding) style {
	switch {
	case kind == diff.NewlyUnknown || kind == diff.StillUnknown:
		return yellow
	case kind == diff.Fixed || kind == diff.Decided:
		return green
	case f.New != nil && f.New.Exception != nil:
		return dim
	}
	return red
}

func (p *page) changes(d *diff.Diff) {
	p.title("What changed in the account", plural(len(d.Changes), "change"))
	var area diff.Area
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Area != area {
			area = c.Area
			p.text(2, "  "+p.paint(bold, areaTitles[area]))
		}
		p.indented(4, clean(sentence(c)))
		for j := range c.Details {
			p.indented(8, clean(detail(c, &c.Details[j])))
		}
	}
}

// rest tells what was not compared, and which settings differ.
func (p *page) rest(d *diff.Diff) {
	if len(d.RulesNotCompared) > 0 {
		p.title("Rules not compared", "they ran on one side alone: nothing of them is new, and nothing fixed")
		for i := range d.RulesNotCompared {
			r := &d.RulesNotCompared[i]
			p.text(4, fmt.Sprintf("  %s: %s (%s)", clean(r.Rule), clean(r.Note.Message), ranOn(r)))
		}
	}
	if len(d.NotCompared) > 0 {
		p.title("Not compared", "nothing is said of what was not read")
		for _, n := range gathered(d.NotCompared) {
			line := "  " + n.areas + ": " + clean(n.reason)
			if len(n.resources) > 0 {
				line += ": " + clean(some(n.resources, fewNames))
			}
			p.text(4, line)
		}
	}
	if len(d.Settings) > 0 {
		p.title("Settings that differ", "the two reports were not made alike")
		for _, s := range d.Settings {
			p.text(4, "  "+clean(s.Name)+": "+clean(orNone(s.Old))+" → "+clean(orNone(s.New)))
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func clean(s string) string { return sanitize.Terminal(s) }

func pad(s string, columns int) string { return s + strings.Repeat(" ", max(0, columns-len(s))) }

// page sets text into lines. The first error of the writer stays.
type page struct {
	out   *bufio.Writer
	width int
	color bool
	err   error
}

// style is the parameter of a terminal's SGR sequence.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

func (p *page) paint(s style, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func (p *page) title(title, more string) {
	p.line("")
	p.text(2, p.paint(bold, title)+": "+more)
}

// indented writes a paragraph that stands so many columns from the left.
func (p *page) indented(columns int, s string) {
	p.text(columns+2, strings.Repeat(" ", columns)+s)
}

// text writes a paragraph, wrapped at blanks; its lines after the first hang so many columns. A word that is longer than a line stays whole,
// for a torn ARN can't be copied.
func (p *page) text(hang int, s string) {
	indent := len(s) - len(strings.TrimLeft(s, " "))
	line, used := s[:indent], indent
	for i, word := range strings.Split(s[indent:], " ") {
		w := twwidth.WidthWithOptions(word, twwidth.Options{})
		switch {
		case i == 0:
		case used+1+w > p.width:
			p.line(line)
			line, used = strings.Repeat(" ", hang), hang
		default:
			line += " "
			used++
		}
		line += word
		used += w
	}
	p.line(line)
}

func (p *page) line(s string) {
	if p.err == nil {
		_, p.err = p.out.WriteString(strings.TrimRight(s, " ") + "\n")
	}
}

func (p *page) flush() error {
	if err := p.out.Flush(); p.err == nil {
		p.err = err
	}
	if p.err != nil {
		return fmt.Errorf("writing the comparison: %w", p.err)
	}
	return nil
}
