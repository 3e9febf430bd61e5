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
	m.titled("# What changed", v.Heading)
	m.line("")
	if d.Demo {
		m.line("**Demo account: made up, nothing here is real.**")
		m.line("")
	}
	m.titled("- OLD", v.Old)
	m.titled("- NEW", v.New)
	m.body(v, o)
	if err := m.out.Flush(); m.err == nil {
		m.err = err
	}
	if m.err != nil {
		return fmt.Errorf("writing the comparison as Markdown: %w", m.err)
	}
	return nil
}

// MarkdownBody writes what changed below what another answer has said of it.
func MarkdownBody(w *bufio.Writer, d *diff.Diff, o format.Options) error {
	m := markdown{w, nil}
	m.body(newContent(d, sanitize.Markdown), o)
	return m.err
}

func (m *markdown) body(v *content[sanitize.MarkdownText], o format.Options) {
	for _, note := range v.Notes {
		m.line(sanitize.Join([]sanitize.MarkdownText{"- **Note:**", note}, " "))
	}
	m.line("")
	m.line("**" + v.Tally + "**")
	for _, kind := range v.Kinds {
		if o.Verbose || !kind.Folded {
			m.findings(kind)
		}
	}
	m.changes(v)
	m.rest(v)
}

type markdown struct {
	out *bufio.Writer
	err error
}

func (m *markdown) line(text sanitize.MarkdownText) {
	if m.err == nil {
		_, m.err = m.out.WriteString(string(text) + "\n")
	}
}

func (m *markdown) titled(title, text sanitize.MarkdownText) { m.line(title + ": " + text) }

func (m *markdown) heading(title sanitize.MarkdownText) {
	m.line("")
	m.line("## " + title)
	m.line("")
}

func (m *markdown) findings(kind kindView[sanitize.MarkdownText]) {
	m.heading(kind.Title)
	m.line("| Severity | Rule | Resource | What |")
	m.line("|---|---|---|---|")
	for _, f := range kind.Findings {
		what := f.Message
		if f.Remark != "" {
			what += " *(" + f.Remark + ")*"
		}
		m.line("| " + f.Severity + " | " + f.Rule + " | " + f.Resource + " | " + what + " |")
	}
}

func (m *markdown) changes(v *content[sanitize.MarkdownText]) {
	m.heading("What changed in the account")
	if len(v.Areas) == 0 {
		m.line("Nothing that was compared.")
	}
	for i, area := range v.Areas {
		if i > 0 {
			m.line("")
		}
		m.line("### " + area.Title)
		m.line("")
		for _, c := range area.Changes {
			m.line("- " + c.Sentence)
			for _, detail := range c.Details {
				m.line("  - " + detail)
			}
		}
	}
}

func (m *markdown) rest(v *content[sanitize.MarkdownText]) {
	if v.DueWithin != "" {
		m.heading("Newly due")
		m.line(v.DueWithin + ".")
		m.line("")
	}
	for _, d := range v.Due {
		m.line("- " + sanitize.Join([]sanitize.MarkdownText{d.On, d.Severity, d.Rule}, " · ") + ": " + d.What + ": " + d.Few)
	}
	if len(v.Rules) > 0 {
		m.heading("Rules not compared")
	}
	for _, r := range v.Rules {
		m.line("- " + r.sentence())
	}
	if len(v.NotCompared) > 0 {
		m.heading("Not compared")
	}
	for _, n := range v.NotCompared {
		m.line("- " + n.sentence())
	}
	if len(v.Settings) > 0 {
		m.heading("Settings that differ")
	}
	for _, s := range v.Settings {
		m.line("- " + s.sentence())
	}
}
