package wording_test

import (
	"slices"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	messages "sekisho/audit/message"
	"sekisho/report/wording"
)

// What is said of an exception, a baseline, limits and failed calls, for each way in which they can be.
func TestWordings(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	two := 2
	covers := func(n int, s audit.ExceptionState) messages.Message {
		return wording.Covers(&audit.ExceptionResult{Findings: n, State: s})
	}
	asking := func(notes ...string) messages.Message {
		list := make([]audit.ExceptionResult, len(notes))
		for i, note := range notes {
			list[i].Note = note
		}
		return wording.Asking(list)
	}
	calls := func(section account.Section, of ...string) messages.Message {
		text, many := wording.Gaps{Section: section, Of: of}.For()
		if many != (len(of) > 1) {
			t.Errorf("got many %t of %v, want it of several", many, of)
		}
		return text
	}
	limits := []audit.UserThresholds{{Users: []string{"ci-*", "tag:kind=machine"}, Values: map[string]int{"b": 2, "a": 1}}, {Users: []string{"x"}, Values: map[string]int{"c": 3}, Matched: &two}}
	exceptions := wording.ExceptionsOf(&audit.Report{Rules: []audit.RuleResult{{ID: "a", Fail: 2, Excepted: 2}, {ID: "b", Fail: 3, Excepted: 1}}})
	recommendation := func(verdict audit.Verdict, rules ...string) (r audit.RecommendationResult) {
		r.Verdict = verdict
		for _, id := range rules {
			r.Rules = append(r.Rules, audit.RecommendationRule{ID: id, Verdict: audit.VerdictFail})
		}
		return r
	}
	excepted := recommendation(audit.VerdictFail, "a")
	for _, test := range []struct {
		got  messages.Message
		want string
	}{
		{wording.Baseline(&audit.Report{}), ""},
		{wording.Baseline(&audit.Report{Baseline: &audit.Baseline{TakenAt: at}}), "what is new; nothing is left out, for nothing of it was there on 2026-11-22 05:00 UTC"},
		{wording.LeftOut(&audit.Baseline{TakenAt: at, Failing: 3, Excepted: 1}), "left out, since it was there on 2026-11-22 05:00 UTC: 3 failing (1 excepted), 0 unknown"},
		{wording.LeftOut(&audit.Baseline{TakenAt: at, Unknown: 1}), "left out, since it was there on 2026-11-22 05:00 UTC: 0 failing (0 excepted), 1 unknown"},
		{wording.Scope(&audit.Exception{Resource: "user/bob"}), "user/bob"},
		{wording.Scope(&audit.Exception{Resource: "user/bob", UniqueID: "AIDABOBEXAMPLE"}), "user/bob (unique ID AIDABOBEXAMPLE)"},
		{wording.Scope(&audit.Exception{Resource: "user/bob", Account: "123456789012"}), "user/bob (account 123456789012)"},
		{covers(0, audit.ExceptionExpired), ""},
		{covers(1, audit.ExceptionExpired), "would cover 1 failure"},
		{covers(2, audit.ExceptionAmbiguous), "would cover 2 failures"},
		{covers(2, audit.ExceptionUsed), "covers 2 failures"},
		{asking(), "0, and none asks for anything"},
		{asking("", "expired"), "1 of 2 asks for something"},
		{asking("expired", "", "unused"), "2 of 3 ask for something"},
		{wording.State(audit.ExceptionNotJudged), "not judged"},
		{wording.State(audit.ExceptionOtherAccount), "other account"},
		{wording.State(audit.ExceptionExpired), "expired"},
		{wording.Limits(nil), ""},
		{wording.Limits(limits), "ci-*, tag:kind=machine: a 1, b 2; x: c 3 (2 users)"},
		{exceptions.OfRule("a"), "all 2 excepted"},
		{exceptions.OfRule("b"), "1 of 3 excepted"},
		{exceptions.OfRule("c"), ""},
		{exceptions.OfFramework(audit.FrameworkResult{Recommendations: []audit.RecommendationResult{excepted, recommendation(audit.VerdictFail, "a", "b"), excepted}}), "2 of them by excepted failures alone"},
		{exceptions.OfFramework(audit.FrameworkResult{Recommendations: []audit.RecommendationResult{recommendation(audit.VerdictUnknown, "a"), recommendation(audit.VerdictFail)}}), ""},
		{calls(account.CredentialReportSection), "credential-report"},
		{calls(account.MFADevicesSection, "alice"), "mfa-devices of alice"},
		{calls(account.MFADevicesSection, "alice", "bob"), "mfa-devices of 2 users"},
		{calls(account.AccessAnalyzersSection, "us-east-1"), "access-analyzers in us-east-1"},
		{calls(account.AccessAnalyzersSection, "us-east-1", "us-east-2"), "access-analyzers in 2 regions"},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

// Rules that a standard run leaves out for their cost are told from the others, and calls that failed alike stand
// together with what AWS said, once.
func TestPartsAndGroups(t *testing.T) {
	t.Parallel()
	costly, others := wording.NotLooked([]audit.NotSelected{{Rule: "a"}, {Rule: "b", Cost: &audit.Cost{}}, {Rule: "c"}})
	if len(costly) != 1 || costly[0].Rule != "b" || len(others) != 2 || others[1].Rule != "c" {
		t.Errorf("got %v and %v, want b, and a and c", costly, others)
	}
	gap := func(of, message string) account.Gap {
		return account.Gap{Section: account.MFADevicesSection, Action: "iam:ListMFADevices", Code: "AccessDenied", Resource: of, Message: message}
	}
	got := wording.GroupGaps([]account.Gap{gap("alice", "alice may not"), gap("bob", ""), gap("", "nobody may"), gap("carol", "carol may not"), gap("dan", "nobody may")})
	if len(got) != 1 || !slices.Equal(got[0].Of, []string{"alice", "bob", "carol", "dan"}) || !slices.Equal(got[0].Messages, []string{"… may not", "nobody may"}) {
		t.Errorf("got %+v, want one group of four users with two messages", got)
	}
	if got := wording.GroupGaps([]account.Gap{gap("alice", "alice may not"), gap("alice", "alice may not")})[0].Messages; !slices.Equal(got, []string{"alice may not"}) {
		t.Errorf("got %q of one user, want what AWS said", got)
	}
	for age, want := range map[time.Duration]string{
		59 * time.Second: "new", time.Minute: "1 min old", time.Hour - 1: "59 min old", time.Hour: "1 h 0 min old",
		48*time.Hour - 1: "47 h 59 min old", 48 * time.Hour: "2 days old",
	} {
		if got := wording.Age(age).String(); got != want {
			t.Errorf("%s: got %q, want %q", age, got, want)
		}
	}
	for text, want := range map[string]string{"7 may": "… may", "17 may": "17 may", "x7": "x7", "may 7": "may …", "7": "…", "": ""} {
		if got := wording.Alike(text, "7", ""); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
