package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
)

// TableOptions say how a table is set.
type TableOptions struct {
	Width   int  // columns; 0 means 80, and fewer than 40 count as 40
	Color   bool // the escape sequences of a terminal
	Verbose bool // lists what passed and what did not apply
}

// wideFrom is the width, in columns, from which a finding's rule has a column of its own.
const wideFrom = 140

// Table writes the report for people: the account, the Security Status, what fails by severity, whose MFA is registered and enforced, what
// is unknown and why, what could not be read, how the account stands by frameworks, and the counts. Lines are wrapped at words, and names and ARNs stay whole.
func Table(w io.Writer, r *audit.Report, o TableOptions) error {
	t := table{layout: newLayout(w, o.Width, o.Color), r: r, verbose: o.Verbose}
	t.account()
	t.status()
	t.failing()
	t.enforcement()
	t.unknown()
	t.notRead()
	t.frameworks()
	if o.Verbose {
		t.passed()
		t.inapplicable()
	}
	t.summary()
	if err := t.flush(); err != nil {
		return fmt.Errorf("writing the report as a table: %w", err)
	}
	return nil
}

type table struct {
	*layout
	r       *audit.Report
	verbose bool
}

// heading begins a section.
func (t *table) heading(s style, title, rest string) {
	t.line("")
	t.text(0, 2, t.paint(s, title)+rest)
	t.line("")
}

func (t *table) account() {
	r, a := t.r, t.r.Account
	if r.Demo {
		t.text(0, 0, t.paint(bold, "DEMO ACCOUNT")+gap+"Everything below is made up. No AWS account was read.")
		t.line("")
	}
	alias := "alias not known"
	switch {
	case a.Alias != nil && *a.Alias != "":
		alias = Terminal(*a.Alias)
	case a.Alias != nil:
		alias = "no alias"
	}
	t.text(0, 2, t.paint(bold, "AWS account "+Terminal(a.ID))+" ("+alias+"), partition "+Terminal(a.Partition))
	report := "not read"
	if at := r.CredentialReportAt; at != nil {
		report = stamp(*at) + ", " + age(r.TakenAt.Sub(*at))
	}
	t.grid(2, []row{
		{"Sign-in", Terminal(a.SignInURL)},
		{"Read by", cmp.Or(Terminal(r.Caller), "not known: from saved files")},
		{"Read at", stamp(r.TakenAt)},
		{"Credential report", report},
	})
}

// marks are how the panel shows a point. A question mark is no tick, and so is not complete.
var marks = map[audit.Status]struct {
	sign  string
	style style
}{
	audit.StatusPass:          {"✓", green},
	audit.StatusFail:          {"✗", red},
	audit.StatusUnknown:       {"?", yellow},
	audit.StatusNotApplicable: {"-", dim},
}

func (t *table) status() {
	s := t.r.SecurityStatus
	t.heading(bold, "Security Status:", fmt.Sprintf(" %d of %d complete", s.Complete, s.Total))
	for _, item := range s.Items {
		mark, ok := marks[item.Status]
		if !ok {
			mark = marks[audit.StatusUnknown]
		}
		t.text(2, 2, t.paint(mark.style, mark.sign)+" "+Terminal(item.Title))
		message := Terminal(item.Message)
		switch item.Status {
		case audit.StatusPass:
		case audit.StatusFail:
			t.text(6, 0, message)
			if item.Fix != "" {
				t.text(6, 0, nextStep(item.Fix))
			}
		case audit.StatusNotApplicable:
			t.text(6, 0, "Not applicable: "+message)
		default:
			t.text(6, 0, "Not known: "+message)
			t.text(6, 0, "Next: make this readable and audit again. Until then the point is not complete.")
		}
	}
}

// nextStep is the first sentence of a rule's remedy.
func nextStep(fix string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(fix), "\n")
	if i := strings.Index(first, ". "); i >= 0 {
		first = first[:i+1]
	}
	first = Terminal(first)
	if step, ok := strings.CutPrefix(first, "Console: "); ok {
		return "Next, in the console: " + step
	}
	return "Next: " + first
}

var severityStyles = map[audit.Severity]style{
	audit.Critical: boldRed, audit.High: red, audit.Medium: yellow, audit.Low: cyan, audit.Info: dim,
}

// failing lists the failures, worst severity first. Where there is room the rule has a column; else it stands over its resources.
func (t *table) failing() {
	failing := withStatus(t.r.Findings, audit.StatusFail)
	if len(failing) == 0 {
		return
	}
	t.line("")
	t.line(t.paint(bold, "Failing:") + " " + plural(len(failing), "finding"))
	for _, severity := range audit.Severities() {
		findings := slices.DeleteFunc(slices.Clone(failing), func(f audit.Finding) bool { return f.Severity != severity })
		if len(findings) == 0 {
			continue
		}
		t.heading(severityStyles[severity], strings.ToUpper(severity.String()), " ("+strconv.Itoa(len(findings))+")")
		if t.width >= wideFrom {
			t.grid(2, ruleColumn(findings))
		} else {
			t.rulesOver(findings)
		}
	}
}

// ruleColumn names each rule once, in its first row.
func ruleColumn(findings []audit.Finding) []row {
	rows := make([]row, len(findings))
	for i, f := range findings {
		rule := Terminal(f.Rule)
		if i > 0 && findings[i-1].Rule == f.Rule {
			rule = ""
		}
		rows[i] = row{rule, subject(f), why(f)}
	}
	return rows
}

// rulesOver writes each rule and, under it, its rows, in the columns of all. Where a name is too long for its column, all messages of that
// rule stand below their names.
func (t *table) rulesOver(findings []audit.Finding) {
	rows := make([]row, len(findings))
	for i, f := range findings {
		rows[i] = row{subject(f), why(f)}
	}
	widths := t.columns(4, rows)
	for start := 0; start < len(findings); {
		rule := findings[start].Rule
		end := start + 1
		for end < len(findings) && findings[end].Rule == rule {
			end++
		}
		t.line("  " + Terminal(rule))
		if block := rows[start:end]; slices.ContainsFunc(block, func(r row) bool { return !fits(r, widths) }) {
			for _, r := range block {
				t.stacked(4, widths, r)
			}
		} else {
			t.rows(4, widths, block)
		}
		start = end
	}
}

// subject is a finding's resource in few characters. The account's own ARN is that of its root user, so the two go by name.
func subject(f audit.Finding) string {
	name := account.ShortARN(f.Resource)
	if account.IsRootARN(f.Resource) && f.Name != "" {
		name = f.Name
	}
	if f.Item != "" {
		name += "#" + account.ShortARN(f.Item)
	}
	return Terminal(name)
}

func why(f audit.Finding) string {
	text := Terminal(f.Message)
	for _, note := range f.Notes {
		text += "\n(" + Terminal(note.String()) + ")"
	}
	return text
}

func withStatus(findings []audit.Finding, status audit.Status) []audit.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f audit.Finding) bool { return f.Status != status })
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

func terminals(list []string) []string {
	clean := make([]string, len(list))
	for i, s := range list {
		clean[i] = Terminal(s)
	}
	return clean
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// age says how old an answer was when the audit began; one that came later is new.
func age(d time.Duration) string {
	minutes := int(d / time.Minute)
	switch {
	case minutes < 1:
		return "new"
	case minutes < 60:
		return fmt.Sprintf("%d min old", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min old", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d days old", minutes/(24*60))
}
