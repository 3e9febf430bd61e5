package diff

import (
	"maps"

	"sekisho/audit"
)

// NewSince filters a report of today, with its snapshot where there is one, by a baseline. What it returns has the
// findings that are new, worse, no longer excepted or newly unknown, and those of rules that did not run for the
// baseline: it leaves out only what is known to have been there. Its counts are of those; what passed, the users and
// the Security Status are the account's as it is. The report given is not changed.
func NewSince(baseline, today Side) *audit.Report {
	c := newComparison(baseline, today)
	c.compareFindings()
	since := &audit.Baseline{TakenAt: baseline.Report.TakenAt, NotInBaseline: []string{}}
	known := map[*audit.Finding]bool{}
	for _, f := range c.findings {
		if f.New != nil && (f.Kind == StillFailing || f.Kind == StillUnknown || f.Kind == NewlyExcepted) {
			known[f.New] = true
		}
	}
	for _, f := range c.findings {
		if f.Kind == NewlyUnknown {
			delete(known, f.New) // an old unknown that hides a failure which the baseline had
		}
	}
	for _, r := range c.rulesNotCompared {
		if r.Lacking == "old" {
			since.NotInBaseline = append(since.NotInBaseline, r.Rule)
		}
	}
	report := *today.Report
	report.Findings, report.FirstSteps = []audit.Finding{}, nil // which are about all that fails
	report.Rules = append([]audit.RuleResult{}, today.Report.Rules...)
	at := map[string]*audit.RuleResult{}
	for i := range report.Rules {
		at[report.Rules[i].ID] = &report.Rules[i]
	}
	report.Summary.FailedBySeverity = map[string]int{}
	maps.Copy(report.Summary.FailedBySeverity, today.Report.Summary.FailedBySeverity)
	for i := range today.Report.Findings {
		f := &today.Report.Findings[i]
		if !known[f] {
			report.Findings = append(report.Findings, *f)
			continue
		}
		leaveOut(since, &report.Summary, at[f.Rule], f)
	}
	report.Baseline = since
	return &report
}

// leaveOut takes a finding off the counts. A rule keeps its status: it is the account's.
func leaveOut(s *audit.Baseline, summary *audit.Summary, rule *audit.RuleResult, f *audit.Finding) {
	if rule == nil {
		rule = new(audit.RuleResult)
	}
	if f.Status != audit.StatusFail {
		s.Unknown++
		summary.Unknown--
		rule.Unknown--
		return
	}
	s.Failing++
	summary.Fail--
	summary.FailedBySeverity[f.Severity.String()]--
	rule.Fail--
	if f.Exception != nil {
		s.Excepted++
		summary.Excepted--
		rule.Excepted--
	}
}
