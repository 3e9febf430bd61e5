package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sekisho/audit"
	"sekisho/report/sanitize"
)

// markdown writes GitHub Flavored Markdown. The first error of the writer stays.
type markdown struct {
	out     *bufio.Writer
	r       *audit.Report
	records *records
	err     error
}

// Markdown writes the report for a wiki, an issue or a pull request. Whatever comes from the account reads as it is and does nothing.
func Markdown(w io.Writer, r *audit.Report) error {
	m := &markdown{out: bufio.NewWriterSize(w, 1<<16), r: r, records: newRecords(r)}
	m.head()
	m.status()
	m.findings()
	m.gaps()
	m.frameworks()
	m.rules()
	if err := m.out.Flush(); m.err == nil {
		m.err = err
	}
	if m.err != nil {
		return fmt.Errorf("writing the report as Markdown: %w", m.err)
	}
	return nil
}

func (m *markdown) line(text string) {
	if m.err == nil {
		_, m.err = m.out.WriteString(text + "\n")
	}
}

func (m *markdown) heading(level int, text string) {
	m.line("\n" + strings.Repeat("#", level) + " " + text)
}

// header begins a table; row adds to one what is Markdown already.
func (m *markdown) header(columns ...string) {
	m.line("")
	m.row(columns...)
	m.line(strings.Repeat("|---", len(columns)) + "|")
}

func (m *markdown) row(cells ...string) { m.line("| " + strings.Join(cells, " | ") + " |") }

// md makes a text harmless, without the line ends that a document of ours has.
func md(s string) string { return sanitize.Markdown(strings.ReplaceAll(s, "\n", " ")) }

func (m *markdown) head() {
	r := m.r
	m.line("# " + md("AWS account "+r.Account.ID))
	if r.Demo {
		m.line("\n**Demo account: everything below is made up. No AWS account was read.**")
	}
	verdict := plural(r.Summary.Fail, "finding") + " failing"
	if r.Summary.Unknown > 0 {
		verdict += ", " + plural(r.Summary.Unknown, "verdict") + " could not be given, none of them a pass"
	}
	m.line("\n**" + verdict + ".**")
	m.header("", "")
	report := "not read"
	if r.CredentialReportAt != nil {
		report = stamp(*r.CredentialReportAt)
	}
	for _, row := range [][2]string{
		{"Alias", accountName(r)}, {"Partition", r.Account.Partition}, {"Sign-in", r.Account.SignInURL}, {"Read by", r.Caller},
		{"Read at", stamp(r.TakenAt)}, {"Credential report", report}, {"Configuration", r.Configuration.Source + " " + r.Configuration.SHA256},
		{"Made by", r.Tool.Name + " " + r.Tool.Version},
	} {
		if strings.TrimSpace(row[1]) != "" {
			m.row(row[0], md(row[1]))
		}
	}
}

func (m *markdown) status() {
	s := m.r.SecurityStatus
	m.heading(2, fmt.Sprintf("Security Status: %d of %d complete", s.Complete, s.Total))
	m.line("")
	for _, item := range s.Items {
		mark := map[audit.Status]string{audit.StatusPass: "✓", audit.StatusFail: "✗", audit.StatusUnknown: "? Unknown:", audit.StatusNotApplicable: "–"}[item.Status]
		text := "- " + mark + " " + md(item.Title)
		if item.Message != "" {
			text += ": " + md(item.Message)
		}
		m.line(text)
	}
}

// findings are set by severity and rule; what is unknown follows on its own.
func (m *markdown) findings() {
	fail, unknown := m.r.Summary.Fail, m.r.Summary.Unknown
	m.heading(2, "Failing: "+plural(fail, "finding"))
	m.with(audit.StatusFail)
	if unknown > 0 {
		m.heading(2, "Unknown: "+plural(unknown, "verdict")+" could not be given")
		m.line("\nNone of these is a pass.")
		m.with(audit.StatusUnknown)
	}
}

func (m *markdown) with(status audit.Status) {
	severity, rule := "", ""
	for c := range m.records.findings() {
		if c.status != status {
			continue
		}
		if s := c.severity.String(); s != severity || c.rule.ID != rule {
			severity, rule = s, c.rule.ID
			m.heading(3, severity+": "+md(c.rule.ID))
			m.line("\n" + md(c.rule.Title+". "+c.rule.Why))
			if len(c.rule.Controls) > 0 {
				controls := make([]string, len(c.rule.Controls))
				for i, control := range c.rule.Controls {
					controls[i] = control.Framework + " " + control.ID
				}
				m.line("\n**Controls.** " + md(strings.Join(controls, ", ")))
			}
			m.line("\n**What to do.** " + md(c.fix()))
			m.header("Resource", "Item", "Status", "Finding", "Evidence")
		}
		evidence := make([]string, len(c.evidence))
		for i, e := range c.evidence {
			evidence[i] = md(evidenceText(e))
		}
		m.row(md(shown(c)), md(c.item), c.status.String(), md(c.message), strings.Join(evidence, "<br>"))
	}
}

// shown is the resource without its item, which has a column.
func shown(c record) string {
	c.item = ""
	return c.where()
}

func (m *markdown) gaps() {
	if len(m.r.Gaps)+len(m.r.Declined) == 0 {
		return
	}
	m.heading(2, "Not read")
	m.header("Call", "For", "Why")
	for _, g := range m.r.Gaps {
		m.row(md(g.Action), md(g.Resource), md(g.Code+": "+g.Message))
	}
	for _, d := range m.r.Declined {
		m.row(md(string(d.Section)), md(strings.Join(d.Users, ", ")), md(d.Reason))
	}
}

func (m *markdown) frameworks() {
	for _, f := range m.r.Frameworks {
		m.heading(2, md(f.Title))
		m.header("No.", "Recommendation", "Verdict", "Rules and failing resources")
		for _, rec := range f.Recommendations {
			because := md(rec.Reason)
			for _, rule := range rec.Rules {
				text := md(rule.ID + ": " + string(rule.Verdict))
				if len(rule.Failing) > 0 {
					text += md(" (" + strings.Join(rule.Failing, ", ") + ")")
				}
				because += strings.Repeat("<br>", min(1, len(because))) + text
			}
			m.row(md(rec.ID), md(rec.Title), md(string(rec.Verdict)), because)
		}
	}
}

func (m *markdown) rules() {
	m.heading(2, "All rules")
	m.header("Rule", "Severity", "Status", "Pass", "Fail", "Unknown", "Not applicable")
	for _, rule := range m.r.Rules {
		m.row(md(rule.ID), rule.Severity.String(), md(rule.Status.String()), strconv.Itoa(rule.Pass), strconv.Itoa(rule.Fail), strconv.Itoa(rule.Unknown),
			strconv.Itoa(rule.NotApplicable))
	}
	for _, n := range m.r.NotSelected {
		m.row(md(n.Rule), "", "not selected: "+md(n.Reason), "", "", "", "")
	}
	m.line("\n" + plural(m.r.Calls.Total, "call") + " to AWS.")
}
