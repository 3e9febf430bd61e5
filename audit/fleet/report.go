package fleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
)

// ReportSchema identifies the JSON form of a Report. Added keys are no new version.
const ReportSchema = "sekisho/fleet/v1"

// Report is what a run says of all its accounts: every format is rendered from it alone.
type Report struct {
	Schema   string     `json:"schema"`
	Tool     audit.Tool `json:"tool"`
	Demo     bool       `json:"demo,omitempty"`
	RunID    string     `json:"run_id"`
	Manifest string     `json:"manifest_sha256"`
	MadeAt   time.Time  `json:"made_at"` // when the manifest was made
	// Organization is empty where the accounts were named by hand.
	Organization OrganizationInfo `json:"organization"`
	Summary      Summary          `json:"summary"`
	// Points are those of the Security Status, over all audited accounts.
	Points []Point `json:"points"`
	// OrganizationRules are the verdicts about the organization itself; absent where none was read.
	OrganizationRules []orgpolicy.Verdict `json:"organization_rules,omitempty"`
	// Accounts are those that need something first: what is unknown, then the worst, then by name.
	Accounts []Row `json:"accounts"`
	// Rules are those that fail or are unknown anywhere: what fails in most accounts first.
	Rules []RuleRow `json:"rules"`
	// People are those whom several accounts seem to have, most accounts first.
	People []PersonRow `json:"people"`
	// Foreign are objects in the store of accounts that the manifest does not name.
	Foreign []string `json:"foreign_objects"`
	// Storage is where the run was kept; absent for a folder.
	Storage *Storage `json:"storage,omitempty"`
	// Baseline is set in a report of what is new since another run.
	Baseline *Baseline `json:"baseline,omitempty"`
	// Trusted is set where reports were taken as they lay in the store.
	Trusted bool              `json:"reports_trusted,omitempty"`
	Notes   []message.Message `json:"notes,omitempty"`
}

// Storage is a bucket that a run is kept in.
type Storage struct {
	Place    string         `json:"place"` // s3://BUCKET/PREFIX
	Owner    string         `json:"owner"` // the account that it must have been of, or none
	Region   string         `json:"region,omitempty"`
	Endpoint string         `json:"endpoint,omitempty"` // in place of AWS's own
	Calls    map[string]int `json:"calls"`              // that the merge made, by action
}

// Baseline is the run since which a report tells what is new, and what is left out of it, for that run had it already.
type Baseline struct {
	RunID    string    `json:"run_id"`
	Manifest string    `json:"manifest_sha256"`
	MadeAt   time.Time `json:"made_at"`
	Failing  int       `json:"failing"`
	Excepted int       `json:"excepted"` // of the failures
	Unknown  int       `json:"unknown"`
	// OrganizationRules counts what is wrong with the organization itself, or unknown, as it was.
	OrganizationRules int `json:"organization_rules"`
	// Lacking are the audited accounts of which that run says nothing: all of theirs is new.
	Lacking []string `json:"accounts_not_in_baseline"`
}

// OrganizationInfo names the organization.
type OrganizationInfo struct {
	ID         string `json:"id,omitempty"`
	Management string `json:"management_account_id,omitempty"`
}

// Summary counts accounts, and what was found in those that were audited.
type Summary struct {
	Accounts   int `json:"accounts"`
	Audited    int `json:"audited"`
	Unknown    int `json:"unknown"`
	NotAudited int `json:"not_audited"`
	// Complete counts the audited accounts in which each point of the Security Status that applies is complete.
	Complete         int            `json:"complete"`
	Findings         int            `json:"findings"`         // failures, excepted ones included
	UnknownFindings  int            `json:"unknown_findings"` // verdicts that could not be given in audited accounts
	Excepted         int            `json:"excepted"`         // of the failures
	FailedBySeverity map[string]int `json:"failed_by_severity"`
	// WithCritical counts the accounts in which something critical fails.
	WithCritical int `json:"accounts_with_critical"`
}

// Point is one point of the Security Status over all accounts.
type Point struct {
	Rule          string `json:"rule"`
	Title         string `json:"title"`
	Pass          int    `json:"pass"`
	Fail          int    `json:"fail"`
	Unknown       int    `json:"unknown"`
	NotApplicable int    `json:"not_applicable"`
}

// State is what a run says of an account.
type State string

// The states.
const (
	Audited    State = "audited"
	Unknown    State = "unknown"     // it should have been audited and was not
	NotAudited State = "not_audited" // nobody meant to
)

// Row is one account.
type Row struct {
	Account
	Status State `json:"status"`
	// Message says why it is unknown or not audited; Hint what a person may do.
	Message string          `json:"message,omitempty"`
	Text    message.Message `json:"text,omitzero"`
	Hint    string          `json:"hint,omitempty"`

	Alias   string     `json:"alias,omitempty"`
	TakenAt *time.Time `json:"taken_at,omitempty"`
	// Complete and Applicable are the points of the Security Status that pass, and those that apply; Points are their
	// verdicts, in the order of the report's.
	Complete         int            `json:"complete"`
	Applicable       int            `json:"applicable"`
	Points           []audit.Status `json:"points,omitempty"`
	Users            int            `json:"users"`
	FailedBySeverity map[string]int `json:"failed_by_severity,omitempty"`
	Excepted         int            `json:"excepted,omitempty"`
	UnknownFindings  int            `json:"unknown_findings,omitempty"`
	// Failing are the rules that fail, with the number of failures that no exception covers; Undecided those that are
	// unknown.
	Failing   map[string]int `json:"failing,omitempty"`
	Undecided []string       `json:"undecided,omitempty"`

	known *audit.Baseline // what is left out of the account's report
}

// Fails is how many failures there are, of all severities.
func (r *Row) Fails() int {
	n := 0
	for _, count := range r.FailedBySeverity {
		n += count
	}
	return n
}

// RuleRow is one rule over all accounts.
type RuleRow struct {
	ID       string         `json:"id"`
	Problem  string         `json:"problem"`
	Severity audit.Severity `json:"severity"`
	Findings int            `json:"findings"`
	// Accounts are the IDs of those in which it fails, UnknownIn of those in which it is unknown and does not fail.
	Accounts  []string `json:"accounts"`
	UnknownIn []string `json:"unknown_in"`
}

// rowOf sums up an account's report, of which it keeps nothing in memory.
func rowOf(a Account, r *audit.Report) Row {
	taken := r.TakenAt
	row := Row{
		Account: a, Status: Audited, TakenAt: &taken, Complete: r.SecurityStatus.Complete, Applicable: r.SecurityStatus.Applicable,
		Users: len(r.Users), FailedBySeverity: map[string]int{}, Excepted: r.Summary.Excepted, UnknownFindings: r.Summary.Unknown, Failing: map[string]int{},
	}
	if r.Baseline != nil {
		row.known = &audit.Baseline{Failing: r.Baseline.Failing, Excepted: r.Baseline.Excepted, Unknown: r.Baseline.Unknown}
	}
	if r.Account.Alias != nil {
		row.Alias = strings.Clone(*r.Account.Alias)
	}
	for _, item := range r.SecurityStatus.Items {
		row.Points = append(row.Points, item.Status)
	}
	for severity, n := range r.Summary.FailedBySeverity {
		row.FailedBySeverity[severity] = n
	}
	for _, rule := range r.Rules {
		switch {
		case rule.Fail > rule.Excepted:
			row.Failing[strings.Clone(rule.ID)] = rule.Fail - rule.Excepted
		case rule.Unknown > 0:
			row.Undecided = append(row.Undecided, strings.Clone(rule.ID))
		}
	}
	return row
}

// sum fills in what the rows say together.
func (r *Report) sum(catalogue []*audit.Rule, points []*audit.Rule) {
	s := &r.Summary
	*s = Summary{Accounts: len(r.Accounts), FailedBySeverity: map[string]int{}}
	for _, severity := range audit.Severities() {
		s.FailedBySeverity[severity.String()] = 0
	}
	for _, point := range points {
		r.Points = append(r.Points, Point{Rule: point.ID, Title: point.Title})
	}
	rules := map[string]*RuleRow{}
	of := func(id string) *RuleRow {
		if rules[id] == nil {
			rules[id] = &RuleRow{ID: id, Accounts: []string{}, UnknownIn: []string{}}
		}
		return rules[id]
	}
	for i := range r.Accounts {
		row := &r.Accounts[i]
		switch row.Status {
		case Unknown:
			s.Unknown++
			continue
		case NotAudited:
			s.NotAudited++
			continue
		}
		s.Audited++
		r.Baseline.add(row)
		s.Findings += row.Fails()
		s.Excepted += row.Excepted
		s.UnknownFindings += row.UnknownFindings
		for severity, n := range row.FailedBySeverity {
			s.FailedBySeverity[severity] += n
		}
		if row.FailedBySeverity[audit.Critical.String()] > 0 {
			s.WithCritical++
		}
		if row.Complete == row.Applicable {
			s.Complete++
		}
		for at, status := range row.Points {
			r.Points[at].count(status)
		}
		for id, n := range row.Failing {
			of(id).Findings += n
			of(id).Accounts = append(of(id).Accounts, row.ID)
		}
		for _, id := range row.Undecided {
			of(id).UnknownIn = append(of(id).UnknownIn, row.ID)
		}
	}
	r.Rules = []RuleRow{}
	for _, rule := range catalogue {
		if row := rules[rule.ID]; row != nil {
			row.Problem, row.Severity = rule.Problem, rule.Severity
			slices.Sort(row.Accounts)
			slices.Sort(row.UnknownIn)
			r.Rules = append(r.Rules, *row)
		}
	}
	slices.SortStableFunc(r.Rules, func(x, y RuleRow) int {
		return cmp.Or(cmp.Compare(len(y.Accounts), len(x.Accounts)), cmp.Compare(y.Severity, x.Severity))
	})
	slices.SortStableFunc(r.Accounts, worstFirst)
}

// add counts what is left out of an account's report.
func (b *Baseline) add(row *Row) {
	switch {
	case b == nil:
	case row.known == nil:
		b.Lacking = append(b.Lacking, row.ID)
	default:
		b.Failing, b.Excepted, b.Unknown = b.Failing+row.known.Failing, b.Excepted+row.known.Excepted, b.Unknown+row.known.Unknown
	}
}

func (p *Point) count(s audit.Status) {
	switch s {
	case audit.StatusPass:
		p.Pass++
	case audit.StatusFail:
		p.Fail++
	case audit.StatusNotApplicable:
		p.NotApplicable++
	default:
		p.Unknown++
	}
}

// worstFirst puts what is unknown before what was audited, the worst of that first, and what nobody meant to audit last.
func worstFirst(x, y Row) int {
	order := []State{Unknown, Audited, NotAudited}
	by := []int{cmp.Compare(slices.Index(order, x.Status), slices.Index(order, y.Status))}
	for _, severity := range audit.Severities() {
		name := severity.String()
		by = append(by, cmp.Compare(y.FailedBySeverity[name], x.FailedBySeverity[name]))
	}
	return cmp.Or(append(by, cmp.Compare(x.Complete-x.Applicable, y.Complete-y.Applicable), cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))...)
}
