package offboard

import (
	"fmt"
	"io"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

var styles = map[offboard.Verdict]term.Style{
	offboard.Active: term.Red, offboard.Unknown: term.Yellow, offboard.NotFound: term.Yellow, offboard.Gone: term.Green, offboard.Disabled: term.Green,
	offboard.Answered: term.Bold,
}

// Table writes the report for people: person by person the verdict, the ways in, what is left over, what they were
// granted, what names them and what isn't known; then the users whom nobody knows, the unique IDs of deleted users, and
// what IAM can't tell.
func Table(w io.Writer, r *offboard.Report, o format.Options) error { return ofAccount(r).table(w, o) }

func (a answer) table(w io.Writer, o format.Options) error {
	t := table{term.NewPage(w, o.Width, o.Color).In(o.Language)}
	t.Demo(a.demo)
	t.paragraphs(a.introduction)
	for _, s := range a.sections {
		t.Line("")
		title := t.Paint(term.Bold, sanitize.Message(s.title))
		if s.verdict != nil {
			title += "  " + t.Paint(styles[*s.verdict], sanitize.Message(verdicts[*s.verdict]))
		}
		t.Text(0, 2, title)
		for _, l := range s.lines {
			t.line(l)
		}
	}
	for _, m := range a.end {
		t.Line("")
		t.paragraphs([]message.Message{m})
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the answer as a table: %w", err)
	}
	return nil
}

type table struct{ *term.Page }

func (t table) paragraphs(all []message.Message) {
	for _, m := range all {
		t.Text(0, 2, sanitize.Message(m))
	}
}

func (t table) line(l line) {
	mark := sanitize.Text("")
	switch {
	case l.command != "":
		t.Line("      " + sanitize.Terminal(l.command)) // whole, so that it can be copied
		return
	case l.open:
		mark = "[ ] "
	case l.listed:
		mark = "- "
	case l.alarm:
		mark = t.Paint(term.Red, "CRITICAL") + " "
	}
	t.Text(2*l.level, 2, mark+sanitize.Message(l.text))
}
