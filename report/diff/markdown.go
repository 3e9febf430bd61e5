package diff

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit/diff"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Markdown writes the comparison for a ticket or a chat, in the parts and the order of [Table].
func Markdown(w io.Writer, d *diff.Diff, o format.Options) error {
	m := markdown{bufio.NewWriter(w), nil}
	v := newContent(d, sanitize.Markdown)
	m.line("# What changed: %s", v.Heading)
	m.line("")
	if d.Demo {
		m.line("**Demo account: made up, nothing here is real.**")
		m.line("")
	}
	m.line("- OLD: %s", v.Old)
	m.line("- NEW: %s", v.New)
	for _, note := range v.Notes {
		m.line("- **Note:** %s", note)
	}
	m.line("")
	m.line("**%s**", v.Tally)
	for _, kind := range v.Kinds {
		if o.Verbose || !kind.Folded {
			m.findings(kind)
		}
	}
	m.changes(v)
	m.rest(v)
	if err := m.out.Flush(); m.err == nil {
		m.err = err
	}
	if m.err != nil {
		return fmt.Errorf("writing the comparison as Markdown: %w", m.err)
	}
	return nil
}

type markdown struct {
	out *bufio.Writer
	err error
}

func (m *markdown) line(format string, args ...any) {
	if m.err == nil {
		_, m.err = fmt.Fprintf(m.out, format+"\n", args...)
	}
}

func (m *markdown) heading(title string) {
	m.line("")
	m.line("## %s", title)
	m.line("")
}

func (m *markdown) findings(kind kindView) {
	m.heading(kind.Title)
	m.line("| Severity | Rule | Resource | What |")
	m.line("|---|---|---|---|")
	for _, f := range kind.Findings {
		what := f.Message
		if f.Remark != "" {
			what += " *(" + f.Remark + ")*"
		}
		m.line("| %s | %s | %s | %s |", f.Severity, f.Rule, f.Resource, what)
	}
}

func (m *markdown) changes(v *content) {
	m.heading("What changed in the account")
	if len(v.Areas) == 0 {
		m.line("Nothing that was compared.")
	}
	for i, area := range v.Areas {
		if i > 0 {
			m.line("")
		}
		m.line("### %s", area.Title)
		m.line("")
		for _, c := range area.Changes {
			m.line("- %s", c.Sentence)
			for _, detail := range c.Details {
				m.line("  - %s", detail)
			}
		}
	}
}

func (m *markdown) rest(v *content) {
	if len(v.Rules) > 0 {
		m.heading("Rules not compared")
	}
	for _, r := range v.Rules {
		m.line("- %s", r.sentence())
	}
	if len(v.NotCompared) > 0 {
		m.heading("Not compared")
	}
	for _, n := range v.NotCompared {
		m.line("- %s", n.sentence())
	}
	if len(v.Settings) > 0 {
		m.heading("Settings that differ")
	}
	for _, s := range v.Settings {
		m.line("- %s", s.sentence())
	}
}
