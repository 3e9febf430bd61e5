package trend

import (
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

var start = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// on is a report of a day, with so many critical failures, by some rules.
func on(day, critical int, rules ...string) *audit.Report {
	yes, no := true, false
	r := &audit.Report{
		TakenAt: start.AddDate(0, 0, day), Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}, Tool: audit.Tool{Name: "sekisho", Version: "1.0.0"},
		Summary: audit.Summary{Fail: critical + 2, Unknown: 3, Excepted: 1, FailedBySeverity: map[string]int{"critical": critical, "low": 2}},
		SecurityStatus: audit.SecurityStatus{Complete: 2, Total: 5, Items: []audit.StatusItem{
			{Status: audit.StatusPass}, {Status: audit.StatusPass}, {Status: audit.StatusFail}, {Status: audit.StatusUnknown}, {Status: audit.StatusNotApplicable},
		}},
		Users: []audit.UserRow{
			{Password: audit.PasswordRow{Enabled: &yes}, MFAActive: &yes}, {Password: audit.PasswordRow{Enabled: &yes}, MFAActive: &no},
			{Password: audit.PasswordRow{Enabled: &yes}}, {Password: audit.PasswordRow{Enabled: &no}, MFAActive: &yes}, {},
		},
	}
	for _, id := range rules {
		r.Rules = append(r.Rules, audit.RuleResult{ID: id})
	}
	return r
}

func TestPointCountsAReport(t *testing.T) {
	t.Parallel()
	p := PointOf("a.json", on(0, 4, "r1"))
	if p.Failing["critical"] != 4 || p.Failing["high"] != 0 || p.Failing["low"] != 2 || p.Fails() != 6 || p.Excepted != 1 || p.Unknown != 3 {
		t.Errorf("got the failures %+v, want those of the summary", p)
	}
	if p.Complete != 2 || p.Applicable != 4 || p.Users != 5 || p.Console != 3 || p.WithMFA != 1 || p.MFAUnknown != 2 || p.Rules != 1 {
		t.Errorf("got %+v, want 2 of 4 points and, of 3 users with a password, one with MFA and one of whom it isn't known", p)
	}
}

func TestTrendIsInOrderAndSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	later := on(60, 1, "r1", "r3")
	later.Configuration.SHA256, later.Tool.Version = "abc", "1.1.0"
	points := []Point{PointOf("c.json", later), PointOf("b.zip", on(30, 2, "r1", "r2")), PointOf("a.json", on(0, 4, "r1", "r2")), PointOf("b.json", on(30, 2, "r1", "r2"))}
	got, err := Of(audit.Tool{}, points, []NotRead{{"x.zip", "torn"}})
	if err != nil || len(got.Points) != 3 || got.Points[0].File != "a.json" || got.Points[1].File != "b.json" || got.Points[2].File != "c.json" || len(got.NotRead) != 1 {
		t.Fatalf("got %+v, %v, want three points by time, for one report is there twice", got, err)
	}
	if len(got.Points[1].Notes) != 0 {
		t.Errorf("got the notes %v, want none where the rules are the same", got.Points[1].Notes)
	}
	notes := strings.Join(lists.Map(got.Points[2].Notes, message.Message.String), "\n")
	if want := "1 rule that did not run before: r3\n1 rule that ran before did not: r2\nanother configuration file\nmade by version 1.1.0, before by 1.0.0"; notes != want {
		t.Errorf("got the notes %q, want %q", notes, want)
	}
}

func TestNoTrend(t *testing.T) {
	t.Parallel()
	other := on(1, 1)
	other.Account.ID = "210987654321"
	for want, points := range map[string][]Point{
		"got no report": nil,
		"got the accounts 123456789012 (a.json) and 210987654321 (b.json)": {PointOf("a.json", on(0, 1)), PointOf("b.json", other)},
	} {
		if _, err := Of(audit.Tool{}, points, nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
