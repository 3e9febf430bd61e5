package plan

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/message"
	"sekisho/audit/plan"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Table writes the plan for a terminal.
func Table(w io.Writer, plan *plan.Plan, o format.Options) error {
	p := term.NewPage(w, o.Width, o.Color).In(o.Language)
	p.Demo(plan.Demo)
	p.Text(0, 0, p.Paint(term.Bold, "Sekisho plan")+": "+sanitize.Message(heading(plan)))
	p.Text(0, 0, sanitize.Message(summary(plan)))
	for _, remark := range remarks(plan) {
		p.Text(0, 0, p.Paint(term.Yellow, sanitize.Message(remark)))
	}
	p.Text(0, 0, "Nothing was changed.")
	for _, part := range parts(plan, o.Verbose) {
		p.Line("")
		p.Text(0, 4, p.Paint(term.Bold, sanitize.Message(part.title)))
		for _, fact := range part.facts {
			p.Text(3, 2, sanitize.Message(fact))
		}
		for _, t := range part.tasks {
			p.Text(3, 2, sanitize.Message(t.text))
			if t.code != "" {
				p.Line("     " + sanitize.Terminal(t.code))
			}
			for _, step := range t.console {
				p.Text(5, 2, "- "+sanitize.Message(step))
			}
			for _, undo := range t.undo {
				p.Text(5, 2, sanitize.Message(message.New("to undo it:")))
				p.Line("     " + sanitize.Terminal(undo))
			}
		}
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

// Markdown writes the plan for a ticket or a wiki.
func Markdown(w io.Writer, plan *plan.Plan, o format.Options) error {
	out := bufio.NewWriter(w)
	line := func(text sanitize.MarkdownText) { _, _ = out.WriteString(string(text) + "\n") } // Flush returns the first error
	say := func(m message.Message) sanitize.MarkdownText { return sanitize.Markdown(m.String()) }
	line("# Plan")
	line("")
	line(say(heading(plan)))
	line("")
	if plan.Demo {
		line("**Demo account: made up, nothing here is real.**")
		line("")
	}
	line(say(summary(plan)))
	for _, remark := range remarks(plan) {
		line("")
		line("**" + say(remark) + "**")
	}
	line("")
	line("Nothing was changed.")
	for _, part := range parts(plan, o.Verbose) {
		line("")
		line("## " + say(part.title))
		line("")
		for _, fact := range part.facts {
			line("- " + say(fact))
		}
		if len(part.tasks) > 0 {
			line("")
		}
		for _, t := range part.tasks {
			if line("- " + say(t.text)); t.code != "" {
				line("  " + sanitize.Code(t.code))
			}
			for _, step := range t.console {
				line("  - " + say(step))
			}
			for _, undo := range t.undo {
				line("  - " + say(message.New("to undo it:")) + " " + sanitize.Code(undo))
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the plan as Markdown: %w", err)
	}
	return nil
}
