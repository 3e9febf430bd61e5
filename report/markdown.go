package report

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
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
	m.exceptions()
	m.rules()
	m.notLooked()
	m.line("\n" + term.Count(r.Calls.Total, "call") + " to AWS.")
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
	verdict := term.Count(r.Summary.Fail, "finding") + " failing"
	if r.Baseline != nil {
		verdict = term.Count(r.Summary.Fail, "new finding") + " failing"
	}
	if excepted := wording.OfThem(r.Summary.Excepted, r.Summary.Fail); excepted != "" {
		verdict += ", " + excepted
	}
	if r.Summary.Unknown > 0 {
		verdict += ", " + term.Count(r.Summary.Unknown, "verdict") + " could not be given, none of them a pass"
	}
	if r.Baseline != nil {
		verdict += "; " + wording.LeftOut(r.Baseline)
	}
	m.line("\n**" + verdict + ".**")
	m.header("", "")
	report := wording.NoCredentialReport(r)
	if r.CredentialReportAt != nil {
		report = term.Minute(*r.CredentialReportAt)
	}
	for _, row := range [][2]string{
		{"Alias", accountName(r)}, {"Partition", r.Account.Partition}, {"Sign-in", r.Account.SignInURL}, {"Read by", r.Caller},
		{"Read at", term.Minute(r.TakenAt)}, {"Credential report", report}, {"Depth", wording.Depth(r)}, {"Only", wording.Baseline(r)}, {"Own limits", wording.Limits(r.Configuration.UserThresholds)}, {"Configuration", r.Configuration.Source + " " + r.Configuration.SHA256},
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
		if item.Status == audit.StatusFail && allExcepted(m.r, item.Rule) {
			text += " (excepted, and not complete all the same)"
		}
		m.line(text)
	}
}

// findings are set by severity and rule; what is unknown follows on its own.
func (m *markdown) findings() {
	fail, unknown := m.r.Summary.Fail, m.r.Summary.Unknown
	title := "Failing: " + term.Count(fail, "finding")
	if excepted := wording.OfThem(m.r.Summary.Excepted, fail); excepted != "" {
		title += ", " + excepted
	}
	m.heading(2, title)
	m.with(audit.StatusFail)
	if unknown > 0 {
		m.heading(2, "Unknown: "+term.Count(unknown, "verdict")+" could not be given")
		m.line("\nNone of these is a pass.")
		m.with(audit.StatusUnknown)
	}
}

// with writes the findings of a status, rule by rule. The records come in the order of the findings, one each.
func (m *markdown) with(status audit.Status) {
	records := slices.Collect(m.records.findings())
	for block := range alikeInKind(m.r.Findings) {
		shared, notes := wording.Footnotes(block)
		told := records[:len(block)]
		records = records[len(block):]
		if block[0].Status != status {
			continue
		}
		m.rule(told[0], block)
		for i, f := range block {
			m.finding(told[i], f, notes[i])
		}
		for i, note := range shared {
			m.line("\n" + md(wording.Number(i+1)+" "+note))
		}
	}
}

// alikeInKind yields the findings that stand under one heading: of one rule, status and severity.
func alikeInKind(findings []audit.Finding) iter.Seq[[]audit.Finding] {
	return func(yield func([]audit.Finding) bool) {
		for block := range byRule(findings) {
			for len(block) > 0 {
				first := block[0]
				end := slices.IndexFunc(block, func(f audit.Finding) bool { return f.Status != first.Status || f.Severity != first.Severity })
				if end < 0 {
					end = len(block)
				}
				if !yield(block[:end]) {
					return
				}
				block = block[end:]
			}
		}
	}
}

// rule begins the findings of a rule.
func (m *markdown) rule(c record, block []audit.Finding) {
	title := c.severity.String() + ": " + md(c.rule.ID)
	if excepted := wording.Excepted(exceptedOf(block), len(block)); excepted != "" {
		title += " (" + excepted + ")"
	}
	m.heading(3, title)
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

func (m *markdown) finding(c record, f audit.Finding, notes wording.Notes) {
	evidence := make([]string, len(c.evidence))
	for i, e := range c.evidence {
		evidence[i] = md(evidenceText(e))
	}
	status, text := c.status.String(), md(f.Message+notes.Mark())
	for _, note := range notes.Own {
		text += " " + md("("+note+")")
	}
	if c.exception != nil {
		status += ", excepted"
		text += "<br>" + md(c.excepted())
	}
	m.row(md(shown(c)), md(c.item), status, text, strings.Join(evidence, "<br>"))
}

// shown is the resource without its item, which has a column.
func shown(c record) string {
	if c.item != "" && c.name == c.item {
		c.name = "account" // of whom a region is an item
	}
	c.item = ""
	return c.where()
}

func (m *markdown) gaps() {
	if len(m.r.Gaps)+len(m.r.Declined) == 0 {
		return
	}
	m.heading(2, "Not read")
	m.header("Call", "For", "Why")
	for _, g := range wording.GroupGaps(m.r.Gaps) {
		text, many := g.For()
		if many {
			text += ": " + some(g.Of)
		}
		why := md(g.Code + ": ")
		for i, message := range g.Messages {
			why += strings.Repeat("<br>", min(1, i)) + md(message)
		}
		m.row(md(g.Action), md(text), why)
	}
	for _, d := range m.r.Declined {
		m.row(md(string(d.Section)), md(some(d.Users)), md(d.Reason))
	}
}

func (m *markdown) frameworks() {
	borne := wording.BorneBy(m.r)
	for _, f := range m.r.Frameworks {
		m.heading(2, md(f.Title))
		if excepted := borne.OfFramework(f); excepted != "" {
			m.line("\n" + strconv.Itoa(f.Summary.Fail) + " fail, " + excepted + ".")
		}
		m.header("No.", "Recommendation", "Verdict", "Rules and failing resources")
		for _, rec := range f.Recommendations {
			because := md(rec.Reason)
			for _, rule := range rec.Rules {
				text := md(rule.ID + ": " + string(rule.Verdict))
				if len(rule.Failing) > 0 {
					text += md(" (" + strings.Join(rule.Failing, ", ") + ")")
				}
				if excepted := borne.OfRule(rule.ID); excepted != "" {
					text += ", " + excepted
				}
				because += strings.Repeat("<br>", min(1, len(because))) + text
			}
			m.row(md(rec.ID), md(rec.Title), md(string(rec.Verdict)), because)
		}
	}
}

// exceptions are all of them, those that ask for something first.
func (m *markdown) exceptions() {
	if len(m.r.Exceptions) == 0 {
		return
	}
	m.heading(2, "Exceptions: "+wording.Asking(m.r.Exceptions))
	m.header("State", "Rule", "Resource", "Failures", "Reason", "Owner", "Ticket", "Expires", "Note")
	for _, e := range m.r.Exceptions {
		m.row(md(wording.State(e.State)), md(e.Rule), md(wording.Scope(&e.Exception)), wording.Bears(&e), md(e.Reason), md(e.Owner), md(e.Ticket),
			md(wording.Date(e.Expires)), md(e.Note))
	}
}

func (m *markdown) rules() {
	m.heading(2, "All rules")
	m.header("Rule", "Severity", "Status", "Pass", "Fail", "Unknown", "Not applicable")
	for _, rule := range m.r.Rules {
		fail := strconv.Itoa(rule.Fail)
		if excepted := wording.OfThem(rule.Excepted, rule.Fail); excepted != "" {
			fail += ", " + excepted
		}
		m.row(md(rule.ID), rule.Severity.String(), md(rule.Status.String()), strconv.Itoa(rule.Pass), fail, strconv.Itoa(rule.Unknown),
			strconv.Itoa(rule.NotApplicable))
	}
	_, others := wording.NotLooked(m.r.NotSelected)
	for _, n := range others {
		m.row(md(n.Rule), "", "not selected: "+md(n.Reason), "", "", "", "")
	}
}

// notLooked lists what a standard run leaves out for what it costs.
func (m *markdown) notLooked() {
	costly, _ := wording.NotLooked(m.r.NotSelected)
	if len(costly) == 0 {
		return
	}
	m.heading(2, "Not looked at in this run: "+term.Count(len(costly), "rule")+", which --depth deep runs")
	m.header("Rule", "Takes")
	for _, n := range costly {
		m.row(md(n.Rule), md(wording.Cost(n.Cost)))
	}
}
