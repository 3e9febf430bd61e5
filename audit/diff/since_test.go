package diff_test

import (
	"fmt"
	"slices"
	"testing"

	"sekisho/audit"
	"sekisho/audit/diff"
)

func TestNewSince(t *testing.T) {
	t.Parallel()
	of := func(item string) func(f *audit.Finding) { return func(f *audit.Finding) { f.Item = item } }
	otherRule := func(f *audit.Finding) { f.Rule = "r2" }
	grave := func(f *audit.Finding) { f.Severity = audit.Critical }
	today := side(
		fails("old"), fails("new"), fails("accepted", excepted), fails("worse", grave), fails("expired"),
		unknown("", of("dark")), unknown("", of("darker")), fails("other", otherRule),
	)
	before := side(
		fails("old"), fails("gone"), fails("accepted", excepted), fails("worse"), fails("expired", excepted), unknown("", of("dark")), withoutRule("r2", "skipped"),
	)
	whole := len(today.Report.Findings)
	r := diff.NewSince(before, today)
	var got []string
	for _, f := range r.Findings {
		got = append(got, fmt.Sprint(f.Rule, " ", f.Item, " ", f.Status))
	}
	wantLines(t, "findings", got, "r1 new fail", "r1 worse fail", "r1 expired fail", "r1 darker unknown", "r2 other fail")
	if b := r.Baseline; b == nil || b.Failing != 2 || b.Excepted != 1 || b.Unknown != 1 || !b.TakenAt.Equal(before.Report.TakenAt) || !slices.Equal(b.NotInBaseline, []string{"r2"}) {
		t.Errorf("got the baseline %+v, want 2 failing, 1 of them excepted, and 1 unknown left out, and r2 not in it", b)
	}
	if r.Summary.Fail != 4 || r.Summary.Unknown != 1 || r.Summary.Excepted != 0 || r.Summary.FailedBySeverity["high"] != 3 || r.Summary.FailedBySeverity["critical"] != 1 {
		t.Errorf("got %+v, want the counts of what is left", r.Summary)
	}
	if rule := r.Rules[0]; rule.Fail != 3 || rule.Unknown != 1 || rule.Excepted != 0 {
		t.Errorf("got %+v, want the counts of what is left", rule)
	}
	if len(today.Report.Findings) != whole || today.Report.Summary.Fail != 6 || today.Report.Rules[0].Fail != 5 || today.Report.Summary.FailedBySeverity["high"] != 5 {
		t.Errorf("got a report of today that was changed: %+v", today.Report.Summary)
	}
}

// What was failing and is hidden now is news, even where the call that hides it failed then too.
func TestNewSinceShowsWhatHidesAFailure(t *testing.T) {
	t.Parallel()
	r := diff.NewSince(side(fails(""), unknown("", onAccount)), side(unknown("", onAccount)))
	if len(r.Findings) != 1 || r.Baseline.Unknown != 0 {
		t.Errorf("got %d findings and %d unknown left out, want the one that hides the failure shown", len(r.Findings), r.Baseline.Unknown)
	}
}

func TestNewSinceOfTheSame(t *testing.T) {
	t.Parallel()
	r := diff.NewSince(judged(demo()), judged(aDayLater(t, demo())))
	if len(r.Findings) > 0 || r.Summary.Fail != 0 || r.Summary.Unknown != 0 || r.Baseline.Failing == 0 {
		t.Errorf("got %d findings, %+v and %d left out, want none and all", len(r.Findings), r.Summary, r.Baseline.Failing)
	}
	for severity, n := range r.Summary.FailedBySeverity {
		if n != 0 {
			t.Errorf("got %d failures of severity %s, want none", n, severity)
		}
	}
}
