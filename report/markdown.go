package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// markdown writes GitHub Flavored Markdown. The first error of the writer stays.
type markdown struct {
	out     *bufio.Writer
	r       *audit.Report
	records *records
	verbose bool
	err     error
}

// Markdown writes the report for a wiki, an issue or a pull request, in the order of the table and folded as that is,
// unless it is verbose. Whatever comes from the account reads as it is and does nothing.
func Markdown(w io.Writer, r *audit.Report, o format.Options) error {
	m := &markdown{out: bufio.NewWriterSize(w, 1<<16), r: r, records: newRecords(r), verbose: o.Verbose}
	m.head()
	m.status()
	m.first()
	m.findings()
	m.gaps()
	m.notes()
	m.enforcement()
	m.frameworks()
	m.exceptions()
	m.due()
	m.rules()
	m.notLooked()
	m.origin()
	m.line("\n" + md(sanitize.Message(message.Plural(r.Calls.Total, "%d call to AWS", "%d calls to AWS"))) + ".")
	if err := m.out.Flush(); m.err == nil {
		m.err = err
	}
	if m.err != nil {
		return fmt.Errorf("writing the report as Markdown: %w", m.err)
	}
	return nil
}

func (m *markdown) line(text sanitize.MarkdownText) {
	if m.err == nil {
		_, m.err = m.out.WriteString(string(text) + "\n")
	}
}

func (m *markdown) heading(level int, text sanitize.MarkdownText) {
	const marks sanitize.MarkdownText = "###"
	m.line("\n" + marks[:level] + " " + text)
}

// titled is a heading that says more behind a colon.
func (m *markdown) titled(title sanitize.MarkdownText, more message.Message) {
	m.heading(2, title+": "+say(more))
}

// header begins a table; row adds to one what is Markdown already.
func (m *markdown) header(columns ...sanitize.MarkdownText) {
	m.line("")
	m.row(columns...)
	for i := range columns {
		columns[i] = "---"
	}
	m.line("|" + sanitize.Join(columns, "|") + "|")
}

func (m *markdown) row(cells ...sanitize.MarkdownText) {
	m.line("| " + sanitize.Join(cells, " | ") + " |")
}

// md makes a text harmless, without the line ends that a document of ours has.
func md[S ~string](s S) sanitize.MarkdownText {
	return sanitize.Markdown(oneLine(string(s)))
}

func say(text message.Message) sanitize.MarkdownText { return md(text.String()) }

func (m *markdown) head() {
	r := m.r
	m.line("# " + say(message.New("AWS account %s", r.Account.ID)))
	if r.Demo {
		m.line("\n**Demo account: everything below is made up. No AWS account was read.**")
	}
	m.line("\n" + md(term.Minute(r.TakenAt)) + "\n\n**" + say(wording.Verdict(r)) + "**")
	if unseen := wording.NotSeen(r); !unseen.Empty() {
		m.line("\n**" + say(message.New("Not seen: %s.", unseen)) + "**")
	}
}

// origin says where the report comes from.
func (m *markdown) origin() {
	r := m.r
	m.heading(2, "Where this comes from")
	m.header("", "")
	report := wording.NoCredentialReport(r).String()
	if r.CredentialReportAt != nil {
		report = string(term.Minute(*r.CredentialReportAt))
	}
	for _, row := range []struct {
		title sanitize.MarkdownText
		text  string
	}{
		{"Alias", accountName(r)}, {"Partition", r.Account.Partition}, {"Sign-in", r.Account.SignInURL}, {"Read by", r.Caller},
		{"Credential report", report}, {"Endpoints", wording.Endpoints(r.Endpoints).String()}, {"Depth", wording.Depth(r).String()}, {"Only", wording.Baseline(r).String()}, {"Own limits", wording.Limits(r.Configuration.UserThresholds).String()}, {"Configuration", r.Configuration.Source + " " + r.Configuration.SHA256},
		{"Made by", r.Tool.Name + " " + r.Tool.Version},
	} {
		if strings.TrimSpace(row.text) != "" {
			m.row(row.title, md(row.text))
		}
	}
}

// first are the steps that are worth most.
func (m *markdown) first() {
	if len(m.r.FirstSteps) == 0 {
		return
	}
	m.heading(2, "Do these first")
	m.line("")
	for i, step := range m.r.FirstSteps {
		m.line(md(sanitize.Int(i+1)) + ". " + say(wording.FirstStep(0, step)))
	}
	m.line("\n`sekisho plan` has the commands, the risks and the rest.")
}

func (m *markdown) status() {
	s := m.r.SecurityStatus
	m.titled("Security Status", wording.Complete(s))
	m.line("")
	for _, item := range s.Items {
		mark := map[audit.Status]sanitize.MarkdownText{audit.StatusPass: "✓", audit.StatusFail: "✗", audit.StatusUnknown: "? Unknown:", audit.StatusNotApplicable: "–"}[item.Status]
		text := []sanitize.MarkdownText{"-", mark, md(item.Title)}
		if item.Message != "" {
			text[2] += ": " + md(item.Message)
		}
		if item.Status == audit.StatusFail && allExcepted(m.r, item.Rule) {
			text = append(text, "(excepted, and not complete all the same)")
		}
		m.line(sanitize.Join(text, " "))
	}
}

// breaks stand between lines of a cell: none before the first.
var breaks = [...]sanitize.MarkdownText{"", "<br>"}

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
		calls, many := g.For()
		text := calls.String()
		if many {
			text += ": " + string(some(g.Of))
		}
		why := md(g.Code + ": ")
		for i, message := range g.Messages {
			why += breaks[min(1, i)] + md(message)
		}
		m.row(md(g.Action), md(text), why)
	}
	for _, d := range m.r.Declined {
		m.row(md(string(d.Section)), md(some(d.Users)), md(d.Reason))
	}
}

func (m *markdown) notes() {
	if len(m.r.Remarks()) > 0 {
		m.heading(2, "Notes")
		m.line("")
	}
	for _, note := range m.r.Remarks() {
		m.line("- " + say(note))
	}
}

func (m *markdown) frameworks() {
	exceptions := wording.ExceptionsOf(m.r)
	for _, f := range m.r.Frameworks {
		m.heading(2, md(f.Title))
		if excepted := exceptions.OfFramework(f); !excepted.Empty() {
			m.line("\n" + say(message.New("%d fail, %s", f.Summary.Fail, excepted)) + ".")
		}
		m.header("No.", "Recommendation", "Verdict", "Rules and failing resources")
		for _, rec := range f.Recommendations {
			because := md(rec.Reason)
			for _, rule := range rec.Rules {
				text := md(rule.ID + ": " + string(rule.Verdict))
				if len(rule.Failing) > 0 {
					text += md(" (" + strings.Join(rule.Failing, ", ") + ")")
				}
				if excepted := say(exceptions.OfRule(rule.ID)); excepted != "" {
					text += ", " + excepted
				}
				because += breaks[min(1, len(because))] + text
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
	m.titled("Exceptions", wording.Asking(m.r.Exceptions))
	m.header("State", "Rule", "Resource", "Failures", "Reason", "Owner", "Ticket", "Expires", "Note")
	for _, e := range m.r.Exceptions {
		m.row(say(wording.State(e.State)), md(e.Rule), say(wording.Scope(&e.Exception)), say(wording.Covers(&e)), md(e.Reason), md(e.Owner), md(e.Ticket),
			md(wording.Date(e.Expires)), md(e.Note))
	}
}

// due is what will fail before long, where that was asked for: the soonest first.
func (m *markdown) due() {
	if m.r.Due == nil {
		return
	}
	m.titled("Due", wording.DueWithin(m.r.Due))
	if len(m.r.Due.Items) == 0 {
		return
	}
	m.header("On", "Severity", "Rule", "What", "Which")
	for _, line := range wording.DueLines(m.r.Due) {
		m.row(md(wording.Date(line.On)), md(line.Severity.String()), md(line.Rule), say(line.What), say(line.Few()))
	}
}

func (m *markdown) rules() {
	m.heading(2, "All rules")
	_, others := wording.NotLooked(m.r.NotSelected)
	if !m.verbose {
		s := m.r.Summary
		m.line("\n" + say(message.New("%d passed, %d unknown, %d not applicable, by %s", s.Pass, s.Unknown, s.NotApplicable, rules(len(m.r.Rules)))) + ".")
		if len(others) > 0 {
			m.line("\n" + say(message.New("Not selected: %s.", strings.ReplaceAll(string(notRun(others)), "\n", "; "))))
		}
		return
	}
	m.header("Rule", "Severity", "Status", "Pass", "Fail", "Unknown", "Not applicable")
	for _, rule := range m.r.Rules {
		fail := md(term.Number(rule.Fail))
		if excepted := say(wording.OfThem(rule.Excepted, rule.Fail)); excepted != "" {
			fail += ", " + excepted
		}
		m.row(md(rule.ID), md(rule.Severity.String()), md(rule.Status.String()), md(term.Number(rule.Pass)), fail, md(term.Number(rule.Unknown)),
			md(term.Number(rule.NotApplicable)))
	}
	for _, n := range others {
		m.row(md(n.Rule), "", sanitize.Join([]sanitize.MarkdownText{"not selected", md(n.Reason)}, ": "), "", "", "", "")
	}
}

// notLooked lists what a standard run leaves out for what it costs.
func (m *markdown) notLooked() {
	costly, _ := wording.NotLooked(m.r.NotSelected)
	if len(costly) == 0 {
		return
	}
	m.titled("Not looked at in this run", message.New("%s, which --depth deep runs", rules(len(costly))))
	m.header("Rule", "Takes")
	for _, n := range costly {
		m.row(md(n.Rule), say(n.Cost.Text()))
	}
}
