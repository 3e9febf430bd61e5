package fleetdiff

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// mostLines is what a table shows of a list without --verbose.
const mostLines = 10

// Table writes the comparison for a terminal or a mail.
func Table(w io.Writer, c *Compared, o format.Options) error {
	p, v := term.NewPage(w, o.Width, o.Color).In(o.Language), newContent(c.Diff)
	p.Demo(c.Demo)
	p.Text(0, 2, p.Paint(term.Bold, "Sekisho fleet diff")+": "+sanitize.Message(v.heading))
	for _, sentence := range v.sentences {
		p.Text(2, 2, sanitize.Message(sentence))
	}
	shown := func(n int) int {
		if o.Verbose {
			return n
		}
		return min(n, mostLines)
	}
	more := func(n int) {
		if n > shown(n) {
			p.Text(2, 2, sanitize.Message(message.New("and %d more: --verbose shows them, and CSV and JSON", n-shown(n))))
		}
	}
	for _, l := range v.lists {
		style := term.Bold
		if l.loud {
			style = term.Yellow
		}
		p.Line("")
		p.Text(0, 2, p.Paint(style, sanitize.Message(l.title)))
		for _, one := range l.lines[:shown(len(l.lines))] {
			p.Text(2, 4, sanitize.Message(one.text))
			if !one.hint.Empty() {
				p.Text(4, 4, sanitize.Message(message.New("hint: %s", one.hint)))
			}
		}
		more(len(l.lines))
	}
	if len(v.rows) > 0 {
		p.Line("")
		p.Text(0, 2, p.Paint(term.Bold, "What changed in accounts"))
		rows := []term.Row{{"Account", "New", "Unknown", "Fixed", "Newly failing", "Fixed rules"}}
		for _, r := range v.rows[:shown(len(v.rows))] {
			rows = append(rows, term.Row{
				sanitize.Message(named(r)), term.Number(r.NewFailures()), term.Number(r.Findings.NewlyUnknown), term.Number(r.Findings.Fixed),
				sanitize.Message(ruled(r.Failing)), sanitize.Message(ruled(r.Fixed)),
			})
		}
		p.Grid(2, rows)
		more(len(v.rows))
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// Markdown writes the comparison for a ticket or a wiki.
func Markdown(w io.Writer, c *Compared, _ format.Options) error {
	out, v := bufio.NewWriter(w), newContent(c.Diff)
	say := sanitize.Markdown[string]
	fmt.Fprintf(out, "# %s\n\n", say(message.New("Sekisho fleet diff: %s", v.heading).String()))
	if c.Demo {
		fmt.Fprintf(out, "**%s**\n\n", say("Demo accounts: made up, nothing here is real."))
	}
	for _, sentence := range v.sentences {
		fmt.Fprintf(out, "- %s\n", say(sentence.String()))
	}
	for _, l := range v.lists {
		fmt.Fprintf(out, "\n## %s\n\n", say(l.title.String()))
		for _, one := range l.lines {
			fmt.Fprintf(out, "- %s\n", say(one.text.String()))
		}
	}
	if len(v.rows) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", say("What changed in accounts"))
		io.WriteString(out, "| Account | New | Newly unknown | Fixed | Newly failing | Fixed rules |\n|---|---:|---:|---:|---|---|\n")
		for _, r := range v.rows {
			fmt.Fprintf(out, "| %s | %d | %d | %d | %s | %s |\n", say(named(r).String()), r.NewFailures(), r.Findings.NewlyUnknown, r.Findings.Fixed,
				say(ruled(r.Failing).String()), say(ruled(r.Fixed).String()))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the comparison as Markdown: %w", err)
	}
	return nil
}
