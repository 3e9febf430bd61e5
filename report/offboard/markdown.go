package offboard

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/sanitize"
)

// blanks stand before what belongs to the line above.
const blanks sanitize.MarkdownText = "                "

// Markdown writes the answer for a ticket, in the parts and the order of [Table]. What is to be looked at elsewhere can
// be ticked off.
func Markdown(w io.Writer, r *offboard.Report) error { return ofAccount(r).markdown(w) }

func (a answer) markdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	write := func(text sanitize.MarkdownText) { _, _ = out.WriteString(string(text) + "\n") } // Flush returns the first error
	say := func(m message.Message) sanitize.MarkdownText { return sanitize.Markdown(m.String()) }
	paragraph := func(m message.Message) { write("\n" + say(m)) }
	write("# Offboarding")
	if a.demo {
		write("\n**Demo account: made up, nothing here is real.**")
	}
	for _, m := range a.introduction {
		paragraph(m)
	}
	for _, s := range a.sections {
		title := "\n## " + say(s.title)
		if s.verdict != nil {
			title += ": " + say(verdicts[*s.verdict])
		}
		write(title)
		inList := false
		for _, l := range s.lines {
			list := l.level > 1 || l.listed
			if !inList || !list {
				write("")
			}
			inList = list
			switch {
			case l.command != "":
				write("  " + sanitize.Code(l.command))
			case l.alarm:
				write("**" + say(message.New("CRITICAL: %s", l.text)) + "**")
			case !list:
				write(say(l.text))
			case l.open:
				write("- [ ] " + say(l.text))
			default:
				write(blanks[:min(len(blanks), 2*max(0, l.level-2))] + "- " + say(l.text))
			}
		}
	}
	for _, m := range a.end {
		paragraph(m)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the answer as Markdown: %w", err)
	}
	return nil
}
