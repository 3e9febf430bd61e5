package whatif

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/message"
	reportdiff "sekisho/report/diff"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// heading says of which account it is told, and as of when.
func heading(a Answer) message.Message {
	d := a.Diff
	if d.Account.Alias != nil && *d.Account.Alias != "" {
		return message.New("account %s (%s), as it was on %s", d.Account.ID, *d.Account.Alias, message.At(d.Old.TakenAt))
	}
	return message.New("account %s, as it was on %s", d.Account.ID, message.At(d.Old.TakenAt))
}

// Table writes the answer for a terminal: what is tried, whom it breaks, then what changed in all.
func Table(w io.Writer, a Answer, o format.Options) error {
	p := term.NewPage(w, o.Width, o.Color).In(o.Language)
	if a.Diff.Demo {
		p.Text(0, 0, "DEMO ACCOUNT: made up, nothing here is real")
	}
	p.Text(0, 0, p.Paint(term.Bold, "Sekisho whatif")+": "+sanitize.Message(heading(a)))
	p.Text(0, 0, "Nothing was changed.")
	for _, s := range sections(a, o.Verbose) {
		p.Line("")
		p.Text(0, 2, p.Paint(term.Bold, sanitize.Message(s.title)))
		if len(s.grid) > 0 {
			rows := make([]term.Row, len(s.grid))
			for i, row := range s.grid {
				for _, cell := range row {
					rows[i] = append(rows[i], sanitize.Message(cell))
				}
			}
			p.Grid(2, rows)
		}
		if len(s.lines) == 0 && !s.empty.Empty() {
			p.Text(2, 2, sanitize.Message(s.empty))
		}
		for _, l := range s.lines {
			text := sanitize.Message(l.text)
			if l.alarm {
				text = p.Paint(term.Red, text)
			}
			p.Text(2, 2, text)
			if l.code != "" {
				p.Line("    " + sanitize.Terminal(l.code))
			}
		}
	}
	reportdiff.Draw(p, a.Diff, o)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// Markdown writes the answer for a pull request, in the parts and the order of [Table].
func Markdown(w io.Writer, a Answer, o format.Options) error {
	out := bufio.NewWriter(w)
	line := func(text sanitize.MarkdownText) { _, _ = out.WriteString(string(text) + "\n") } // Flush returns the first error
	say := func(m message.Message) sanitize.MarkdownText { return sanitize.Markdown(m.String()) }
	line("# What if")
	line("")
	line(say(heading(a)))
	line("")
	if a.Diff.Demo {
		line("**Demo account: made up, nothing here is real.**")
		line("")
	}
	line("Nothing was changed.")
	for _, s := range sections(a, o.Verbose) {
		line("")
		line("## " + say(s.title))
		line("")
		for i, row := range s.grid {
			text, rule := sanitize.MarkdownText("|"), sanitize.MarkdownText("|")
			for _, cell := range row {
				text, rule = text+" "+say(cell)+" |", rule+"---|"
			}
			if line(text); i == 0 {
				line(rule)
			}
		}
		if len(s.grid) > 0 && len(s.lines) > 0 {
			line("")
		}
		if len(s.lines) == 0 && !s.empty.Empty() {
			line(say(s.empty))
		}
		for _, l := range s.lines {
			text := say(l.text)
			if l.alarm {
				text = "**" + text + "**"
			}
			if line("- " + text); l.code != "" {
				line("  " + sanitize.Code(l.code))
			}
		}
	}
	line("")
	err := reportdiff.MarkdownBody(out, a.Diff, o)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		return fmt.Errorf("writing the answer as Markdown: %w", err)
	}
	return nil
}
