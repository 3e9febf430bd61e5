// Package term sets text in a terminal: how wide it is, where a line breaks, columns, colours, and how counts and times
// are written. Every command that people read goes through it. It takes sanitized texts only, and its own colours are
// all the control characters there are.
package term

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

const (
	defaultWidth = 80
	minWidth     = 40
)

// Gap stands between columns.
const Gap = "  "

// Page sets text into lines of a width. The first error of the writer stays, and nothing is written after it;
// [Page.Flush] returns it.
type Page struct {
	sanitize.Voice
	out   *bufio.Writer
	width int // columns
	color bool
	err   error // of drawing, which ends nothing
}

// NewPage begins a page of so many columns: 0 means 80, and fewer than 40 count as 40.
func NewPage(w io.Writer, width int, color bool) *Page {
	if width <= 0 {
		width = defaultWidth
	}
	return &Page{out: bufio.NewWriterSize(w, 1<<16), width: max(width, minWidth), color: color}
}

// In makes the page speak a language.
func (p *Page) In(l *message.Language) *Page {
	p.Voice = sanitize.Voice{Language: l}
	return p
}

// Width is how many columns the page has.
func (p *Page) Width() int { return p.width }

// Flush writes what isn't written yet.
func (p *Page) Flush() error { return errors.Join(p.err, p.out.Flush()) }

// Line writes one line as it is, without trailing blanks.
func (p *Page) Line(s sanitize.Text) {
	_, _ = p.out.WriteString(strings.TrimRight(string(s), " ") + "\n") // the writer keeps its error for Flush
}

// Text writes a paragraph, wrapped at words; the lines after the first are indented by hang columns more.
func (p *Page) Text(indent, hang int, s sanitize.Text) {
	lines := wrap(s, p.width-indent, p.width-indent-hang)
	for i, line := range lines {
		if i == 1 {
			indent += hang
		}
		p.Line(blanks(indent) + line)
	}
}

// Beside writes a paragraph beside its head, wrapped at words; all its lines begin where the first does. Where its
// first word has no room there, the paragraph stands below.
func (p *Page) Beside(indent int, head, s sanitize.Text) {
	column := indent + Width(head)
	if first := s[:breakAt(string(s))]; column+Width(first) > p.width {
		p.Line(blanks(indent) + head)
		p.Text(indent+below, 0, s)
		return
	}
	for i, line := range wrap(s, p.width-column, p.width-column) {
		if i == 0 {
			p.Line(blanks(indent) + head + line)
		} else {
			p.Line(blanks(column) + line)
		}
	}
}

// Demo says, of an account that is made up, that it is.
func (p *Page) Demo(demo bool) {
	if demo {
		p.Text(0, 2, sanitize.Join([]sanitize.Text{p.Paint(Bold, p.Words("DEMO ACCOUNT")), p.Words("Everything below is made up. No AWS account was read.")}, Gap))
		p.Line("")
	}
}

// Style is the parameter of a terminal's SGR sequence.
type Style sanitize.Text

// The styles.
const (
	Plain  Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Yellow Style = "33"
	Cyan   Style = "36"
	// OnRed and BoldYellow are for what must not be overlooked.
	OnRed      Style = "1;37;41"
	BoldYellow Style = "1;33"
)

const (
	escape = "\x1b["
	reset  = "\x1b[0m"
)

// Paint puts text into a style, if the page has colours.
func (p *Page) Paint(s Style, text sanitize.Text) sanitize.Text {
	if !p.color || s == Plain || text == "" {
		return text
	}
	return escape + sanitize.Text(s) + "m" + text + reset
}
