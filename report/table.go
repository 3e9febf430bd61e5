package report

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// wideFrom is the width, in columns, from which a finding's rule has a column of its own.
const wideFrom = 140

// Table writes the report for people: the account, the Security Status, what fails by severity, whose MFA is registered
// and enforced, what is unknown and why, what could not be read, how the account stands by frameworks, which failures
// are excepted, what will fail before long, what was not looked at, and the counts; if verbose, also what passed and what did not apply. Lines are
// wrapped at words, and names and ARNs stay whole; a width below 40 counts as 40.
func Table(w io.Writer, r *audit.Report, o format.Options) error {
	t := table{Page: term.NewPage(w, o.Width, o.Color), r: r, verbose: o.Verbose}
	t.account()
	t.status()
	t.failing()
	t.enforcement()
	t.unknown()
	t.notRead()
	t.notes()
	t.frameworks()
	t.exceptions()
	t.due()
	t.notLooked()
	if o.Verbose {
		t.passed()
		t.inapplicable()
	}
	t.summary()
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the report as a table: %w", err)
	}
	return nil
}

type table struct {
	*term.Page
	r       *audit.Report
	verbose bool
}

// heading begins a section.
func (t *table) heading(s term.Style, title, rest sanitize.Text) {
	t.Line("")
	t.Text(0, 2, sanitize.Trim(t.Paint(s, title)+" "+rest))
	t.Line("")
}

func (t *table) account() {
	r, a := t.r, t.r.Account
	t.Demo(r.Demo)
	alias := sanitize.Text("alias not known")
	switch {
	case a.Alias != nil && *a.Alias != "":
		alias = sanitize.Terminal(*a.Alias)
	case a.Alias != nil:
		alias = "no alias"
	}
	t.Text(0, 2, t.Paint(term.Bold, sanitize.Message(message.New("AWS account %s", a.ID)))+" ("+alias+"), "+sanitize.Message(message.New("partition %s", a.Partition)))
	report := sanitize.Message(wording.NoCredentialReport(r))
	if at := r.CredentialReportAt; at != nil {
		report = term.Minute(*at) + ", " + sanitize.Message(wording.Age(r.TakenAt.Sub(*at)))
	}
	rows := []term.Row{
		{"Sign-in", sanitize.Terminal(a.SignInURL)},
		{"Read by", cmp.Or(sanitize.Terminal(r.Caller), "not known: from saved files")},
		{"Read at", term.Minute(r.TakenAt)},
		{"Credential report", report},
	}
	if endpoints := sanitize.Message(wording.Endpoints(r.Endpoints)); endpoints != "" {
		rows = append(rows, term.Row{"Endpoints", endpoints})
	}
	if depth := sanitize.Message(wording.Depth(r)); depth != "" {
		rows = append(rows, term.Row{"Depth", depth})
	}
	if baseline := sanitize.Message(wording.Baseline(r)); baseline != "" {
		rows = append(rows, term.Row{"Only", baseline})
	}
	t.Grid(2, rows)
}

// marks are how the panel shows a point. A question mark is no tick, and so is not complete.
var marks = map[audit.Status]struct {
	sign  sanitize.Text
	style term.Style
}{
	audit.StatusPass:          {"✓", term.Green},
	audit.StatusFail:          {"✗", term.Red},
	audit.StatusUnknown:       {"?", term.Yellow},
	audit.StatusNotApplicable: {"-", term.Dim},
}

func (t *table) status() {
	s := t.r.SecurityStatus
	t.heading(term.Bold, "Security Status:", sanitize.Message(message.New("%d of %d complete", s.Complete, s.Total)))
	for _, item := range s.Items {
		mark, ok := marks[item.Status]
		if !ok {
			mark = marks[audit.StatusUnknown]
		}
		t.Text(2, 2, t.Paint(mark.style, mark.sign)+" "+sanitize.Terminal(item.Title))
		switch item.Status {
		case audit.StatusPass:
		case audit.StatusFail:
			t.Text(6, 0, sanitize.Terminal(item.Message))
			if allExcepted(t.r, item.Rule) {
				t.Text(6, 0, "Excepted, and not complete all the same.")
			}
			if item.Fix != "" {
				t.Text(6, 0, nextStep(item.Fix))
			}
		case audit.StatusNotApplicable:
			t.Text(6, 0, sanitize.Message(message.New("Not applicable: %s", item.Message)))
		default:
			t.Text(6, 0, sanitize.Message(message.New("Not known: %s", item.Message)))
			t.Text(6, 0, "Next: make this readable and audit again. Until then the point is not complete.")
		}
	}
}

// nextStep is the first sentence of a rule's remedy.
func nextStep(fix string) sanitize.Text {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(fix), "1. "), "\n")
	if step, ok := strings.CutSuffix(first, ":"); ok {
		first = step + "."
	}
	if i := strings.Index(first, ". "); i >= 0 {
		first = first[:i+1]
	}
	if step, ok := strings.CutPrefix(first, "Console: "); ok {
		return sanitize.Message(message.New("Next, in the console: %s", step))
	}
	return sanitize.Message(message.New("Next: %s", first))
}

var severityStyles = map[audit.Severity]term.Style{
	audit.Critical: term.BoldRed, audit.High: term.Red, audit.Medium: term.Yellow, audit.Low: term.Cyan, audit.Info: term.Dim,
}

// failing lists the failures, worst severity first. Where there is room the rule has a column; else it stands over its
// resources.
func (t *table) failing() {
	failing := withStatus(t.r.Findings, audit.StatusFail)
	if len(failing) == 0 {
		return
	}
	t.Line("")
	t.Line(t.Paint(term.Bold, "Failing:") + " " + sanitize.Message(failures(failing)))
	for _, severity := range audit.Severities() {
		findings := slices.DeleteFunc(slices.Clone(failing), func(f audit.Finding) bool { return f.Severity != severity })
		if len(findings) == 0 {
			continue
		}
		count := message.Joined("%s, %s", message.New("%d", len(findings)), wording.OfThem(exceptedOf(findings), len(findings)))
		t.heading(severityStyles[severity], sanitize.Terminal(strings.ToUpper(severity.String())), "("+sanitize.Message(count)+")")
		if t.Width() >= wideFrom {
			t.Grid(2, t.ruleColumn(findings))
		} else {
			t.rulesOver(findings)
		}
	}
}

// ruleColumn names each rule once, in its first row; in the second it says how many of the findings are excepted, for
// where there is no second the one row says so itself.
func (t *table) ruleColumn(findings []audit.Finding) []term.Row {
	var rows []term.Row
	for block := range byRule(findings) {
		name := sanitize.Terminal(block[0].Rule)
		excepted := sanitize.Message(wording.Excepted(exceptedOf(block), len(block)))
		if exceptedOf(block) == len(block) {
			name = t.Paint(term.Dim, name)
		}
		for i, r := range rowsOf(block) {
			switch {
			case i == 0:
				rows = append(rows, append(term.Row{name}, r...))
			case i == 1:
				rows = append(rows, append(term.Row{t.Paint(term.Dim, excepted)}, r...))
			default:
				rows = append(rows, append(term.Row{""}, r...))
			}
		}
	}
	return rows
}

// rulesOver writes each rule and, under it, its rows, in the columns of all. Where a name is too long for its column,
// all messages of that rule stand below their names.
func (t *table) rulesOver(findings []audit.Finding) {
	var all []term.Row
	for block := range byRule(findings) {
		all = append(all, rowsOf(block)...)
	}
	widths := t.Columns(4, all)
	for block := range byRule(findings) {
		title := sanitize.Terminal(block[0].Rule)
		if excepted := wording.Excepted(exceptedOf(block), len(block)); !excepted.Empty() {
			if exceptedOf(block) == len(block) {
				title, excepted = t.Paint(term.Dim, title), message.New("%s, and failing all the same", excepted)
			}
			title += t.Paint(term.Dim, " ("+sanitize.Message(excepted)+")")
		}
		t.Text(2, 2, title)
		if rows := rowsOf(block); slices.ContainsFunc(rows, func(r term.Row) bool { return !r.Fits(widths) }) {
			for _, r := range rows {
				t.Stacked(4, widths, r)
			}
		} else {
			t.Rows(4, widths, rows)
		}
	}
}

// byRule yields the findings of one rule after the other, which stand together in a report.
func byRule(findings []audit.Finding) iter.Seq[[]audit.Finding] {
	return func(yield func([]audit.Finding) bool) {
		for len(findings) > 0 {
			end := slices.IndexFunc(findings, func(f audit.Finding) bool { return f.Rule != findings[0].Rule })
			if end < 0 {
				end = len(findings)
			}
			if !yield(findings[:end]) {
				return
			}
			findings = findings[end:]
		}
	}
}

// rowsOf is a row for each finding of a rule, and one for each note that several of them share.
func rowsOf(findings []audit.Finding) []term.Row {
	shared, notes := wording.Footnotes(findings)
	rows := make([]term.Row, 0, len(findings)+len(shared))
	for i, f := range findings {
		text := sanitize.Terminal(f.Message) + sanitize.Terminal(notes[i].Mark())
		if f.Exception != nil {
			text += "\n" + sanitize.Message(message.New("excepted: %s", wording.Exception(f.Exception)))
		}
		for _, note := range notes[i].Own {
			text += "\n(" + sanitize.Terminal(note) + ")"
		}
		rows = append(rows, term.Row{subject(f), text})
	}
	for i, note := range shared {
		rows = append(rows, term.Row{sanitize.Terminal(wording.Number(i + 1)), sanitize.Terminal(note)})
	}
	return rows
}

func subject(f audit.Finding) sanitize.Text {
	return sanitize.Terminal(audit.Subject(f.Resource, f.Item, f.Name))
}

func withStatus(findings []audit.Finding, status audit.Status) []audit.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f audit.Finding) bool { return f.Status != status })
}

// failures counts findings that fail, and says how many of them are excepted.
func failures(failing []audit.Finding) message.Message {
	count := message.New("%s", message.Plural(len(failing), "%d finding", "%d findings"))
	return message.Joined("%s, %s", count, wording.OfThem(exceptedOf(failing), len(failing)))
}

// exceptedOf counts the findings that an exception covers.
func exceptedOf(findings []audit.Finding) int {
	n := 0
	for _, f := range findings {
		if f.Exception != nil {
			n++
		}
	}
	return n
}

// allExcepted reports whether a rule fails, and every failure of it is excepted.
func allExcepted(r *audit.Report, rule string) bool {
	return slices.ContainsFunc(r.Rules, func(x audit.RuleResult) bool { return x.ID == rule && x.Fail > 0 && x.Excepted == x.Fail })
}

// grouped gathers items by a key, keys in the order in which they come.
func grouped[T any, K comparable](items []T, key func(T) K) ([]K, map[K][]T) {
	var order []K
	groups := map[K][]T{}
	for _, item := range items {
		k := key(item)
		if _, ok := groups[k]; !ok {
			order = append(order, k)
		}
		groups[k] = append(groups[k], item)
	}
	return order, groups
}
