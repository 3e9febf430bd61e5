package diff_test

import (
	"slices"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	messages "sekisho/audit/message"
)

// side is a report made by hand, in which rules r1 and r2 ran, and the one that tells who is an administrator.
func side(edit ...func(r *audit.Report)) diff.Side {
	r := &audit.Report{
		Schema: audit.ReportSchema, Tool: audit.Tool{Name: "sekisho", Version: "v1.0.0"},
		Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}, TakenAt: before,
		Rules: []audit.RuleResult{
			{ID: "r1", Title: "Rule one holds", Severity: audit.High}, {ID: "r2", Title: "Rule two holds", Severity: audit.Low},
			{ID: "privilege-escalation", Severity: audit.High},
		},
		Summary: audit.Summary{FailedBySeverity: map[string]int{}},
		Passed:  map[string]audit.Passed{}, NotApplicable: map[string][]audit.Inapplicable{},
		Users: []audit.UserRow{{Name: "bob", ARN: prefix + "user/bob"}},
		Calls: account.Calls{ByAction: map[string]int{"iam:GetAccountAuthorizationDetails": 1}},
	}
	for _, e := range edit {
		e(r)
	}
	return diff.Side{Source: diff.SourceReport, Report: r}
}

func finding(status audit.Status, item, message string, edit ...func(f *audit.Finding)) func(r *audit.Report) {
	return func(r *audit.Report) {
		f := audit.Finding{
			Rule: "r1", Status: status, Severity: audit.High, Resource: prefix + "user/bob", Item: item, Name: "bob", Message: message,
			Text: messages.New("%s", message), Evidence: []audit.Evidence{},
		}
		for _, e := range edit {
			e(&f)
		}
		r.Findings = append(r.Findings, f)
		rule := &r.Rules[slices.IndexFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == f.Rule })]
		switch {
		case status == audit.StatusFail:
			r.Summary.Fail++
			rule.Fail++
			r.Summary.FailedBySeverity[f.Severity.String()]++
		default:
			r.Summary.Unknown++
			rule.Unknown++
		}
		if f.Exception != nil {
			r.Summary.Excepted++
			rule.Excepted++
		}
	}
}

func fails(item string, edit ...func(f *audit.Finding)) func(r *audit.Report) {
	return finding(audit.StatusFail, item, "is 120 days old", edit...)
}

func unknown(item string, edit ...func(f *audit.Finding)) func(r *audit.Report) {
	return finding(audit.StatusUnknown, item, "iam:ListAccessKeys failed: AccessDenied: no", edit...)
}

func passes(resources ...string) func(r *audit.Report) {
	return func(r *audit.Report) { r.Passed["r1"] = audit.Passed{Resources: resources} }
}

func inapplicable(resources ...string) func(r *audit.Report) {
	return func(r *audit.Report) {
		r.NotApplicable["r1"] = []audit.Inapplicable{{Reason: "no access keys", Resources: resources}}
	}
}

func onAccount(f *audit.Finding) { f.Resource, f.Name = prefix+"root", "account" }

func excepted(f *audit.Finding) {
	f.Exception = &audit.Exception{Rule: "r1", Resource: "bob", Reason: "moves", Owner: "Hanako", Expires: now.AddDate(1, 0, 0)}
}

func withoutRule(id, reason string) func(r *audit.Report) {
	return func(r *audit.Report) {
		r.Rules = slices.DeleteFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == id })
		if reason != "" {
			r.NotSelected = append(r.NotSelected, audit.NotSelected{Rule: id, Reason: reason})
		}
	}
}

func withID(id string) func(f *audit.Finding) { return func(f *audit.Finding) { f.ResourceID = id } }

func bob(keys ...audit.AccessKeyRow) func(r *audit.Report) {
	return func(r *audit.Report) { r.Users[0].AccessKeys = append([]audit.AccessKeyRow{}, keys...) }
}

func noUsers(r *audit.Report) { r.Users = []audit.UserRow{} }

// What becomes of a finding.
func TestFindings(t *testing.T) {
	t.Parallel()
	const id = "AKIAIOSFODNN7EXAMPLE"
	made := before.AddDate(0, 0, -120)
	grave := func(f *audit.Finding) { f.Severity = audit.Critical }
	slot := audit.AccessKeyRow{Slot: 1, Active: true, Created: made}
	named := audit.AccessKeyRow{ID: id, Slot: 2, Active: true, Created: made}
	rotated := audit.AccessKeyRow{Slot: 1, Active: true, Created: now}
	later := func(r *audit.Report) { r.TakenAt = now }
	type edits = []func(r *audit.Report)
	for _, test := range []struct {
		name     string
		old, new edits
		want     []string
	}{
		{"the same failure", edits{fails("")}, edits{fails("")}, []string{"still_failing r1 user/bob fail>fail"}},
		{"a new failure of what passed", edits{passes("user/bob")}, edits{fails("")}, []string{"new r1 user/bob pass>fail"}},
		{"a new failure of what did not apply", edits{inapplicable("user/bob")}, edits{fails("")}, []string{"new r1 user/bob not_applicable>fail"}},
		{"a new failure of what was not there", nil, edits{fails("")}, []string{"new r1 user/bob absent>fail"}},
		{"a failure of what was unknown is new", edits{unknown("")}, edits{fails("")}, []string{"new r1 user/bob unknown>fail"}},
		{"a failure of what a whole section hid is new", edits{unknown("", onAccount)}, edits{fails("")}, []string{"new r1 user/bob unknown>fail", "decided r1 account unknown>absent"}},
		{"fixed, for it passes", edits{fails("")}, edits{passes("user/alice", "user/bob")}, []string{"fixed r1 user/bob fail>pass"}},
		{"fixed, though the report's lists are in no order", edits{fails("")}, edits{passes("user/zoe", "user/bob", "user/alice")}, []string{"fixed r1 user/bob fail>pass"}},
		{"not fixed, for it does not apply", edits{fails("")}, edits{inapplicable("user/bob")}, []string{"no_longer_applies r1 user/bob fail>not_applicable"}},
		{"not fixed, for the user is gone", edits{fails("")}, edits{noUsers}, []string{"no_longer_applies r1 user/bob fail>absent"}},
		{"a key's failure ends with the key", edits{fails(id)}, edits{inapplicable("user/bob")}, []string{"no_longer_applies r1 user/bob#" + id + " fail>not_applicable"}},
		{"a failure that can't be judged is not fixed", edits{fails("")}, edits{unknown("")}, []string{"newly_unknown r1 user/bob fail>unknown"}},
		{"a key of a user who can't be judged is not fixed", edits{fails(id)}, edits{unknown("")}, []string{
			"newly_unknown r1 user/bob absent>unknown", "newly_unknown r1 user/bob#" + id + " fail>unknown"}},
		{"what a whole section hides is not fixed", edits{fails("")}, edits{unknown("", onAccount)}, []string{
			"newly_unknown r1 account absent>unknown", "newly_unknown r1 user/bob fail>unknown"}},
		{"who is gone is, even then", edits{fails("")}, edits{unknown("", onAccount), noUsers}, []string{
			"newly_unknown r1 account absent>unknown", "no_longer_applies r1 user/bob fail>absent"}},
		{"a rule that did not run fixes nothing", edits{fails("")}, edits{withoutRule("r1", "skipped")}, nil},
		{"a rule that did not run then brings nothing new", edits{withoutRule("r1", "skipped")}, edits{fails("")}, nil},
		{"unknown again", edits{unknown("")}, edits{unknown("")}, []string{"still_unknown r1 user/bob unknown>unknown"}},
		{"decided now", edits{unknown("")}, edits{passes("user/bob")}, []string{"decided r1 user/bob unknown>pass"}},
		{"newly unknown", edits{passes("user/bob")}, edits{unknown("")}, []string{"newly_unknown r1 user/bob pass>unknown"}},
		{"more severe", edits{fails("")}, edits{fails("", grave)}, []string{"worse r1 user/bob fail>fail"}},
		{"newly excepted", edits{fails("")}, edits{fails("", excepted)}, []string{"newly_excepted r1 user/bob fail>fail"}},
		{"no longer excepted", edits{fails("", excepted)}, edits{fails("")}, []string{"no_longer_excepted r1 user/bob fail>fail"}},
		{"a second failure of one rule about one thing is new", edits{fails("")}, edits{fails(""), finding(audit.StatusFail, "", "is open to the world")},
			[]string{"new r1 user/bob absent>fail", "still_failing r1 user/bob fail>fail"}},
		{"a namesake's failure is new, and the other's is over", edits{fails("", withID("AIDA1"))}, edits{fails("", withID("AIDA2"))},
			[]string{"new r1 user/bob absent>fail", "no_longer_applies r1 user/bob fail>absent"}},
		{"a key whose ID was read is the same key", edits{bob(slot), fails("access-key-1")}, edits{bob(named), fails(id)}, []string{"still_failing r1 user/bob#" + id + " fail>fail"}},
		{"a key whose ID was not read this time is the same key", edits{bob(named), fails(id)}, edits{bob(slot), fails("access-key-1")}, []string{"still_failing r1 user/bob#access-key-1 fail>fail"}},
		{"a key that passes under its ID is fixed", edits{bob(slot), fails("access-key-1")}, edits{bob(named), passes("user/bob#" + id)}, []string{"fixed r1 user/bob#" + id + " fail>pass"}},
		{
			"another key in the same slot is another key",
			edits{bob(slot), fails("access-key-1")},
			edits{bob(audit.AccessKeyRow{ID: id, Slot: 1, Active: true, Created: before}), fails(id)},
			[]string{"new r1 user/bob#" + id + " absent>fail", "no_longer_applies r1 user/bob#access-key-1 fail>absent"},
		},
		{
			"another key in the same slot is another key, though no ID was read",
			edits{bob(slot), fails("access-key-1")},
			edits{bob(rotated), fails("access-key-1"), later},
			[]string{"new r1 user/bob#access-key-1 absent>fail", "no_longer_applies r1 user/bob#access-key-1 fail>absent"},
		},
		{
			"a key that moved up is the same, and the one behind it another",
			edits{bob(slot, audit.AccessKeyRow{Slot: 2, Active: true, Created: made.AddDate(0, 0, 9)}), fails("access-key-2")},
			edits{bob(audit.AccessKeyRow{Slot: 1, Active: true, Created: made.AddDate(0, 0, 9)}, audit.AccessKeyRow{Slot: 2, Active: true, Created: now}),
				fails("access-key-1"), fails("access-key-2"), later},
			[]string{"new r1 user/bob#access-key-2 absent>fail", "still_failing r1 user/bob#access-key-1 fail>fail"},
		},
		{
			"a key that is in one credential report and not in an older one is no other",
			edits{bob(rotated), fails("access-key-1"), later},
			edits{bob(slot), fails("access-key-1")},
			[]string{"still_failing r1 user/bob#access-key-1 fail>fail"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := diff.Compare(side(test.old...), side(test.new...))
			wantLines(t, "findings", found(d, diff.Kinds()...), test.want...)
			total := 0
			for _, kind := range diff.Kinds() {
				total += len(d.Of(kind))
			}
			if s := d.Summary; total != len(d.Findings) || s.New != len(d.Of(diff.New)) || s.Fixed != len(d.Of(diff.Fixed)) || s.NoLongerApplies != len(d.Of(diff.NoLongerApplies)) {
				t.Errorf("got %d findings by kind and %+v, want the %d there are", total, s, len(d.Findings))
			}
		})
	}
}

// A region is an item of the account, and not of its root user.
func TestWhatHidesARegion(t *testing.T) {
	t.Parallel()
	inRegion := func(f *audit.Finding) { f.Resource, f.Name = prefix+"root", "eu-west-1" }
	ofRoot := func(f *audit.Finding) { f.Resource, f.Name = prefix+"root", "root user" }
	for _, test := range []struct {
		old, new func(r *audit.Report)
		want     string
	}{
		{fails("eu-west-1", inRegion), unknown("", onAccount), "the account is undecided as a whole"},
		{fails("eu-west-1", inRegion), passes("root"), "the account is judged as a whole"},
		{fails("certificate-1", ofRoot), unknown("", ofRoot), "root is undecided as a whole"},
	} {
		var notes []string
		for _, f := range diff.Compare(side(test.old), side(test.new)).Findings {
			if f.Note != nil {
				notes = append(notes, f.Note.Message)
			}
		}
		if len(notes) != 1 || notes[0] != test.want {
			t.Errorf("got the notes %q, want %q", notes, test.want)
		}
	}
}

// A rule that ran on one side alone is named, with the reason and what it found on the other.
func TestRulesNotCompared(t *testing.T) {
	t.Parallel()
	d := diff.Compare(side(fails(""), withoutRule("r2", "")), side(withoutRule("r1", "skipped"), unknown("", func(f *audit.Finding) { f.Rule = "r2" })))
	want := []diff.RuleNotCompared{
		{Rule: "r1", Title: "Rule one holds", Severity: audit.High, Lacking: "new", Fail: 1},
		{Rule: "r2", Title: "Rule two holds", Severity: audit.Low, Lacking: "old", Unknown: 1},
	}
	notes := []string{"not run in NEW: skipped", "OLD does not know the rule (it was made by sekisho v1.0.0)"}
	for i, got := range d.RulesNotCompared {
		if got.Note.Message != notes[i] {
			t.Errorf("got note %q, want %q", got.Note.Message, notes[i])
		}
		if got.Note = (diff.Note{}); i >= len(want) || got.Rule != want[i].Rule || got.Lacking != want[i].Lacking || got.Fail != want[i].Fail || got.Unknown != want[i].Unknown {
			t.Errorf("got %+v, want %+v", got, want[i])
		}
	}
	if len(d.RulesNotCompared) != len(want) || len(d.Findings) > 0 {
		t.Errorf("got %d rules and %d findings, want %d and none", len(d.RulesNotCompared), len(d.Findings), len(want))
	}
}

func TestSettingsThatDiffer(t *testing.T) {
	t.Parallel()
	d := diff.Compare(
		side(func(r *audit.Report) { r.Configuration.Thresholds.AccessKeyMaxAgeDays = 90 }),
		side(func(r *audit.Report) {
			r.Configuration.Thresholds.AccessKeyMaxAgeDays = 365
			r.Configuration.SkippedRules = []string{"r2"}
			r.Configuration.Source, r.Configuration.SHA256 = "other.yaml", "00"
		}),
	)
	want := []diff.Setting{{"skipped_rules", "", `["r2"]`}, {"thresholds.access_key_max_age_days", "90", "365"}}
	if !slices.Equal(d.Settings, want) {
		t.Errorf("got %+v, want %+v", d.Settings, want)
	}
}

// Sides that can mislead a reader are warned of.
func TestNotes(t *testing.T) {
	t.Parallel()
	later := func(r *audit.Report) { r.TakenAt = now }
	stale := func(r *audit.Report) { at := before.Add(-time.Hour); r.CredentialReportAt = &at }
	for _, test := range []struct {
		name     string
		old, new diff.Side
		want     []string
	}{
		{"in order", side(), side(later), nil},
		{"the wrong way round", side(later), side(), []string{"OLD was taken after NEW (2026-11-22 05:00 UTC and 2026-11-21 05:00 UTC): they may be the wrong way round"}},
		{"a credential report of before", side(), side(later, stale), []string{"NEW rests on a credential report of 2026-11-21 04:00 UTC, made before OLD was taken: what changed since OLD may not be in it"}},
		{"a credential report of before, the wrong way round", side(later), side(stale),
			[]string{"OLD was taken after NEW (2026-11-22 05:00 UTC and 2026-11-21 05:00 UTC): they may be the wrong way round"}},
		{"a credential report of since", side(), side(later, func(r *audit.Report) { at := now.Add(-time.Hour); r.CredentialReportAt = &at }), nil},
		{"another account", side(), side(func(r *audit.Report) { r.Account.ID = "210987654321" }),
			[]string{"OLD is of account 123456789012 (aws) and NEW of account 210987654321 (aws)"}},
		{"another partition", side(), side(func(r *audit.Report) { r.Account.Partition = "aws-cn" }),
			[]string{"OLD is of account 123456789012 (aws) and NEW of account 123456789012 (aws-cn)"}},
		{"the demo", side(func(r *audit.Report) { r.Demo = true }), side(), []string{"one side is the demo account, the other is not"}},
	} {
		var got []string
		for _, n := range diff.Compare(test.old, test.new).Notes {
			got = append(got, n.Message)
		}
		wantLines(t, "notes of "+test.name, got, test.want...)
	}
}

// Real rules, real answers: what a fix and a mistake of one day come to.
func TestADay(t *testing.T) {
	t.Parallel()
	next := aDayLater(t, demo())
	next.PerUser["kondo.emi"].MFADevices.Value = []account.ListedMFADevice{}
	next.PasswordPolicy.Value.MinimumPasswordLength, next.PasswordPolicy.Value.RequireSymbols, next.PasswordPolicy.Value.PasswordReusePrevention = 16, true, 24
	removeUser(next, "watanabe.sota")
	d := diff.Compare(judged(demo()), judged(clone(t, next)))
	for _, want := range []string{"new console-mfa user/kondo.emi pass>fail", "fixed password-min-length account fail>pass"} {
		if !slices.Contains(found(d, diff.New, diff.Fixed), want) {
			wantLines(t, "findings", found(d, diff.New, diff.Fixed), want, "and more")
		}
	}
	for _, f := range d.Findings {
		if f.Name == "watanabe.sota" && f.Kind != diff.NoLongerApplies {
			t.Errorf("got %s of %s, want what a deleted user failed no longer to apply", f.Kind, f.Rule)
		}
	}
	if d.Summary.NewlyUnknown > 0 {
		wantLines(t, "newly unknown", found(d, diff.NewlyUnknown))
	}
}
