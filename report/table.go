package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// wideFrom is the width, in columns, from which what leaks has a column of its own.
const wideFrom = 140

// mostLines is how many lines a report that isn't verbose has at most.
const mostLines = 150

// Table writes the report for people: the account and the verdict, the Security Status, what to do first, what fails, what is
// unknown and why, what could not be read, whom MFA protects, how the account stands by frameworks, which failures are
// excepted, what will fail before long, what was not looked at, and the counts; if verbose, also every finding and user,
// what passed and what did not apply. Else findings are folded, and the more so the longer the report would get. Lines
// are wrapped at words, and names and ARNs stay whole; a width below 40 counts as 40.
func Table(w io.Writer, r *audit.Report, o format.Options) error {
	t := table{r: r, verbose: o.Verbose}
	for _, b := range wording.Blocks(r) {
		if b.Status == audit.StatusFail {
			t.failing = append(t.failing, newFailing(b))
		}
	}
	if o.Verbose {
		t.Page = term.NewPage(w, o.Width, o.Color)
		t.write()
		return t.done()
	}
	for i, fold := range foldings {
		var drawn bytes.Buffer
		t.Page, t.fold = term.NewPage(&drawn, o.Width, o.Color), fold
		t.write()
		if err := t.done(); err != nil {
			return err
		}
		if i == len(foldings)-1 || bytes.Count(drawn.Bytes(), []byte("\n")) <= mostLines {
			if _, err := drawn.WriteTo(w); err != nil {
				return fmt.Errorf("writing the report as a table: %w", err)
			}
			return nil
		}
	}
	return nil
}

func (t *table) done() error {
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the report as a table: %w", err)
	}
	return nil
}

func (t *table) write() {
	t.account()
	t.status()
	t.first()
	t.findings()
	t.unknown()
	t.notRead()
	t.notes()
	t.enforcement()
	t.frameworks()
	t.exceptions()
	t.due()
	t.notLooked()
	if t.verbose {
		t.passed()
		t.inapplicable()
	}
	t.summary()
}

type table struct {
	*term.Page
	r       *audit.Report
	failing []failing
	fold    folding
	verbose bool
}

// heading begins a section.
func (t *table) heading(s term.Style, title, rest sanitize.Text) {
	t.Line("")
	t.Text(0, 2, sanitize.Trim(t.Paint(s, title)+" "+rest))
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
	account := message.New("AWS account %s", a.ID)
	if a.Partition != "aws" {
		account = message.New("%s, partition %s", account, a.Partition)
	}
	t.Text(0, 2, t.Paint(term.Bold, sanitize.Message(account))+" ("+alias+"), "+term.Minute(r.TakenAt))
	t.Text(0, 2, t.Paint(term.Bold, sanitize.Message(wording.Verdict(r))))
	if unseen := sanitize.Message(wording.NotSeen(r)); unseen != "" {
		t.Text(0, 2, sanitize.Join([]sanitize.Text{t.Paint(term.BoldYellow, "NOT SEEN"), unseen}, ": "))
	}
}

// origin says where the report comes from.
func (t *table) origin() []term.Row {
	r := t.r
	report := sanitize.Message(wording.NoCredentialReport(r))
	if at := r.CredentialReportAt; at != nil {
		report = term.Minute(*at) + ", " + sanitize.Message(wording.Age(r.TakenAt.Sub(*at)))
	}
	rows := []term.Row{
		{"Sign-in", sanitize.Terminal(r.Account.SignInURL)},
		{"Read by", cmp.Or(sanitize.Terminal(r.Caller), "not known: from saved files")},
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
	return rows
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
	t.heading(term.Bold, "Security Status:", sanitize.Message(wording.Complete(s)))
	for _, item := range s.Items {
		mark, ok := marks[item.Status]
		if !ok {
			mark = marks[audit.StatusUnknown]
		}
		title := message.New("%s", item.Title)
		switch item.Status {
		case audit.StatusPass:
		case audit.StatusFail:
			title = message.New("%s: %s", item.Title, item.Message)
			if allExcepted(t.r, item.Rule) {
				title = message.New("%s (excepted, and not complete all the same)", title)
			}
		case audit.StatusNotApplicable:
			title = message.New("%s: not applicable: %s", item.Title, item.Message)
		default:
			title = message.New("%s: not known: %s", item.Title, item.Message)
		}
		t.Text(2, 2, t.Paint(mark.style, mark.sign)+" "+sanitize.Message(title))
		if item.Status == audit.StatusFail && item.Fix != "" && len(t.r.FirstSteps) == 0 {
			t.Text(6, 0, nextStep(item.Fix))
		}
	}
}

// first are the steps that are worth most.
func (t *table) first() {
	if len(t.r.FirstSteps) == 0 {
		return
	}
	t.heading(term.Bold, "Do these first", "")
	for i, step := range t.r.FirstSteps {
		t.Text(2, 3, sanitize.Message(wording.FirstStep(i+1, step)))
	}
	t.Text(2, 0, t.Paint(term.Dim, "'sekisho plan' has the commands, the risks and the rest."))
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

func subject(f audit.Finding) sanitize.Text {
	return sanitize.Terminal(audit.Subject(f.Resource, f.Item, f.Name))
}

func withStatus(findings []audit.Finding, status audit.Status) []audit.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f audit.Finding) bool { return f.Status != status })
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
