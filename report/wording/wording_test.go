package wording_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	messages "sekisho/audit/message"
	"sekisho/report/wording"
)

func TestAlikeReplacesNamesThatStandAsWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ message, name, want string }{
		{"denied on resource: user bob because", "bob", "denied on resource: user … because"},
		{"arn:aws:iam::123456789012:user/eng/bob", "bob", "arn:aws:iam::123456789012:user/eng/…"},
		{"bob.", "bob", "…."},
		{"bob, and bob", "bob", "…, and …"},
		{"bobby, bob.smith, x-bob, bob@example.com", "bob", "bobby, bob.smith, x-bob, bob@example.com"},
		{"user 山田 is", "山田", "user … is"},
		{"user 山田太郎 is", "山田", "user 山田太郎 is"},
		{"nothing of the kind", "bob", "nothing of the kind"},
		{"empty", "", "empty"},
	} {
		if got := wording.Alike(test.message, test.name); got != test.want {
			t.Errorf("got %q without %q, want %q", got, test.name, test.want)
		}
	}
}

func TestAccountGoesByACommonWord(t *testing.T) {
	t.Parallel()
	f := &audit.Finding{Resource: "arn:aws:iam::123456789012:root", Name: "account"}
	if got, want := wording.AlikeOf(f, "the account has none"), "the account has none"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func findings(notes ...string) []audit.Finding {
	var list []audit.Finding
	for i, note := range notes {
		name := fmt.Sprintf("user%d", i)
		f := audit.Finding{Resource: "arn:aws:iam::123456789012:user/" + name, Name: name}
		if note != "" {
			f.Notes = []messages.Message{messages.New("%s", note), messages.New("refused for user %s", name)}
		}
		list = append(list, f)
	}
	return list
}

func TestFootnotesStandOnceFromThreeOn(t *testing.T) {
	t.Parallel()
	shared, of := wording.Footnotes(findings("a", "a", "b", "a", ""))
	if want := []string{"a", "refused for user …"}; !slices.Equal(shared, want) {
		t.Fatalf("got the notes %q, want %q", shared, want)
	}
	for i, want := range []struct {
		own  []string
		mark string
	}{{nil, " [1] [2]"}, {nil, " [1] [2]"}, {[]string{"b"}, " [2]"}, {nil, " [1] [2]"}, {nil, ""}} {
		if !slices.Equal(of[i].Own, want.own) || of[i].Mark() != want.mark {
			t.Errorf("finding %d: got %q and %q, want %q and %q", i, of[i].Own, of[i].Mark(), want.own, want.mark)
		}
	}
	shared, of = wording.Footnotes(findings("a", "a"))
	if len(shared) != 0 || !slices.Equal(of[1].Own, []string{"a", "refused for user user1"}) {
		t.Errorf("got %q shared and %q, want both notes with the finding", shared, of[1].Own)
	}
}

func TestGapsOfOneKindAreOne(t *testing.T) {
	t.Parallel()
	var gaps []account.Gap
	for i := range 100 {
		name := fmt.Sprintf("user%d", i)
		gaps = append(gaps, account.Gap{Section: account.LoginProfileSection, Resource: name, Action: "iam:GetLoginProfile", Code: "AccessDenied", Message: "no: user " + name})
	}
	gaps = append(gaps,
		account.Gap{Section: account.LoginProfileSection, Resource: "x", Action: "iam:GetLoginProfile", Code: "Throttling", Message: "Rate exceeded"},
		account.Gap{Section: account.AccessAnalyzersSection, Resource: "us-east-1", Action: "access-analyzer:ListAnalyzers", Code: "AccessDenied", Message: "no"},
		account.Gap{Section: account.AccessAnalyzersSection, Resource: "eu-west-1", Action: "access-analyzer:ListAnalyzers", Code: "AccessDenied", Message: "other"},
		account.Gap{Section: account.UsersSection, Action: "iam:ListUsers", Code: "AccessDenied", Message: ""})
	groups := wording.GroupGaps(gaps)
	for i, want := range []struct {
		text     string
		many     bool
		messages []string
	}{
		{"login-profile of 100 users", true, []string{"no: user …"}},
		{"login-profile of x", false, []string{"Rate exceeded"}},
		{"access-analyzers in 2 regions", true, []string{"no", "other"}},
		{"users", false, nil},
	} {
		text, many := groups[i].For()
		if text.String() != want.text || many != want.many || !slices.Equal(groups[i].Messages, want.messages) {
			t.Errorf("got %q, %v, %q, want %q, %v, %q", text, many, groups[i].Messages, want.text, want.many, want.messages)
		}
	}
	if len(groups) != 4 || len(groups[0].Of) != 100 {
		t.Errorf("got %d groups with %d users in the first, want 4 with 100", len(groups), len(groups[0].Of))
	}
}

func TestDepthSaysNoMoreThanWasRead(t *testing.T) {
	t.Parallel()
	users := []audit.UserRow{{Name: "alice"}}
	gap := func(section account.Section) []account.Gap {
		return []account.Gap{{Section: section, Resource: "alice"}}
	}
	for _, test := range []struct {
		r    audit.Report
		want string
	}{
		{audit.Report{}, ""},
		{audit.Report{Depth: audit.DepthResult{Requested: audit.DepthStandard, Ran: audit.DepthStandard}}, "standard"},
		{audit.Report{Depth: audit.DepthResult{Requested: audit.DepthAuto, Ran: audit.DepthDeep}}, "deep (auto: no more than 200 users)"},
		{
			audit.Report{Depth: audit.DepthResult{Requested: audit.DepthAuto, Ran: audit.DepthStandard}, Users: make([]audit.UserRow, audit.AutoDeepUsers+1)},
			"standard (auto: more than 200 users)",
		},
		{audit.Report{Depth: audit.DepthResult{Requested: audit.DepthAuto, Ran: audit.DepthStandard}}, "standard (auto: not known to have 200 users or fewer)"},
		{audit.Report{Depth: audit.DepthResult{Requested: audit.DepthDeep, Ran: audit.DepthDeep}, Users: users, Configuration: audit.Configuration{Fresh: true}}, "deep, every user read live"},
		{audit.Report{Users: users, Configuration: audit.Configuration{Fresh: true}, Gaps: gap(account.AccountAliasesSection)}, "every user read live"},
		{audit.Report{Users: users, Configuration: audit.Configuration{Fresh: true}, Gaps: gap(account.LoginProfileSection)}, "every user asked for live, but not all was answered"},
		{audit.Report{Users: users, Configuration: audit.Configuration{Fresh: true}, Declined: []account.Decline{{}}}, "every user asked for live, but not all was answered"},
		{audit.Report{Configuration: audit.Configuration{Fresh: true}}, "every user asked for live, but not all was answered"},
	} {
		if got := wording.Depth(&test.r).String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		-time.Hour: "new", 59 * time.Minute: "59 min old", 47*time.Hour + time.Minute: "47 h 1 min old", 1234 * 24 * time.Hour: "1,234 days old",
	} {
		if got := wording.Age(age).String(); got != want {
			t.Errorf("got %q of %s, want %q", got, age, want)
		}
	}
}

func TestCredentialReportThatLiveAnswersReplace(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{"iam:ListUsers": "not read", "iam:GetLoginProfile": "not read; single users were read live"} {
		if got := wording.NoCredentialReport(&audit.Report{Calls: account.Calls{ByAction: map[string]int{action: 3}}}).String(); got != want {
			t.Errorf("got %q after calls of %s, want %q", got, action, want)
		}
	}
}

func TestExceptionNamesWhoAnswers(t *testing.T) {
	t.Parallel()
	e := &audit.Exception{Resource: "user/bob", Reason: "leaves in spring", Owner: "Hanako", Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)}
	if got, want := wording.Exception(e).String(), "leaves in spring (Hanako, until 2027-03-31)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	e.Ticket, e.UniqueID, e.Account = "SEC-1", "AIDABOBEXAMPLE", "123456789012"
	if got, want := wording.Exception(e).String(), "leaves in spring (Hanako, SEC-1, until 2027-03-31)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := wording.Scope(e).String(), "user/bob (unique ID AIDABOBEXAMPLE, account 123456789012)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExceptedCounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n, of          int
		want, sentence string
	}{{0, 3, "", ""}, {0, 0, "", ""}, {1, 1, "excepted", "excepted"}, {1, 3, "1 of 3 excepted", "1 of them excepted"}, {3, 3, "all 3 excepted", "all of them excepted"}} {
		if got := wording.Excepted(test.n, test.of).String(); got != test.want {
			t.Errorf("got %q of %d and %d, want %q", got, test.n, test.of, test.want)
		}
		if got := wording.OfThem(test.n, test.of).String(); got != test.sentence {
			t.Errorf("got %q of %d and %d, want %q", got, test.n, test.of, test.sentence)
		}
	}
}

func TestRecommendationIsWhollyExceptedWhereEachFailureIs(t *testing.T) {
	t.Parallel()
	exceptions := wording.ExceptionsOf(&audit.Report{Rules: []audit.RuleResult{{ID: "all", Fail: 2, Excepted: 2}, {ID: "some", Fail: 2, Excepted: 1}, {ID: "passes"}}})
	rule := func(id string, v audit.Verdict) audit.RecommendationRule {
		return audit.RecommendationRule{ID: id, Verdict: v}
	}
	for _, test := range []struct {
		verdict audit.Verdict
		rules   []audit.RecommendationRule
		want    bool
	}{
		{audit.VerdictFail, []audit.RecommendationRule{rule("all", audit.VerdictFail), rule("passes", audit.VerdictPass)}, true},
		{audit.VerdictFail, []audit.RecommendationRule{rule("all", audit.VerdictFail), rule("some", audit.VerdictFail)}, false},
		{audit.VerdictFail, []audit.RecommendationRule{rule("not-there", audit.VerdictFail)}, false},
		{audit.VerdictPass, []audit.RecommendationRule{rule("passes", audit.VerdictPass)}, false},
		{audit.VerdictNotAssessed, nil, false},
	} {
		if got := exceptions.Wholly(audit.RecommendationResult{Verdict: test.verdict, Rules: test.rules}); got != test.want {
			t.Errorf("got %v of %v, want %v", got, test.rules, test.want)
		}
	}
}
