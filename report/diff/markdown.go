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
	m.line("# What changed: %s", escape(heading(d).String()))
	m.line("")
	if d.Demo {
		m.line("**Demo account: made up, nothing here is real.**")
		m.line("")
	}
	m.line("- OLD: %s", escape(describe(d.Old).String()))
	m.line("- NEW: %s", escape(describe(d.New).String()))
	for _, n := range d.Notes {
		m.line("- **Note:** %s", escape(n.Message))
	}
	m.line("")
	m.line("**%s**", escape(tally(d).String()))
	for _, kind := range diff.Kinds() {
		if list := d.Of(kind); len(list) > 0 && (o.Verbose || !old(kind)) {
			m.findings(kind, list)
		}
	}
	m.changes(d)
	m.rest(d)
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

func escape(s string) string { return sanitize.Markdown(s) }

func (m *markdown) heading(title string) {
	m.line("")
	m.line("## %s", title)
	m.line("")
}

func (m *markdown) findings(kind diff.Kind, list []diff.Finding) {
	m.heading(titles[kind].String())
	m.line("| Severity | Rule | Resource | What |")
	m.line("|---|---|---|---|")
	for i := range list {
		f := &list[i]
		what := escape(said(f))
		if r := remark(f); !r.Empty() {
			what += " *(" + escape(r.String()) + ")*"
		}
		m.line("| %s | %s | %s | %s |", f.Severity, escape(f.Rule), escape(f.Subject()), what)
	}
}

func (m *markdown) changes(d *diff.Diff) {
	m.heading("What changed in the account")
	if len(d.Changes) == 0 {
		m.line("Nothing that was compared.")
	}
	var area diff.Area
	for i := range d.Changes {
		c := &d.Changes[i]
		if c.Area != area {
			if area != "" {
				m.line("")
			}
			area = c.Area
			m.line("### %s", areaTitles[area])
			m.line("")
		}
		m.line("- %s", escape(sentence(c).String()))
		for j := range c.Details {
			m.line("  - %s", escape(detail(c, &c.Details[j]).String()))
		}
	}
}

func (m *markdown) rest(d *diff.Diff) {
	if len(d.RulesNotCompared) > 0 {
		m.heading("Rules not compared")
		for i := range d.RulesNotCompared {
			r := &d.RulesNotCompared[i]
			m.line("- %s: %s", escape(r.Rule), escape(notRun(r).String()))
		}
	}
	if len(d.NotCompared) > 0 {
		m.heading("Not compared")
		for _, n := range gathered(d.NotCompared) {
			m.line("- %s", escape(n.sentence().String()))
		}
	}
	if len(d.Settings) > 0 {
		m.heading("Settings that differ")
		for _, s := range d.Settings {
			m.line("- %s: %s", escape(s.Name), escape(setting(s).String()))
		}
	}
}
