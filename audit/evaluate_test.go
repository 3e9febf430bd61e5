package audit

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

var now = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

const reportHeader = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date"

// reported is a report row: a user with or without password and MFA, and, with a date, one active key.
func reported(name string, password, mfa bool, key string) string {
	yes := map[bool]string{true: "true", false: "false"}
	created := "2025-01-01T00:00:00Z"
	if key == "" {
		key = "N/A"
	}
	return strings.Join([]string{name, "arn:aws:iam::123456789012:user/" + name, created, yes[password], yes[mfa], yes[key != "N/A"], key, "N/A", "false", "N/A", "N/A"}, ",")
}

func answer[T any](action string, value T) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: now, Ended: now, Complete: true, Value: value}
}

// snapshot has a list of the named users and a report with the rows.
func snapshot(users []string, rows ...string) *account.Snapshot {
	d := account.AuthorizationDetails{}
	for _, name := range users {
		d.Users = append(d.Users, account.UserDetail{Name: name, ID: "AIDA" + strings.ToUpper(name), ARN: "arn:aws:iam::123456789012:user/" + name, Path: "/", Created: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)})
	}
	return &account.Snapshot{
		Schema: account.SnapshotSchema, TakenAt: now,
		Caller:               account.Caller{AccountID: "123456789012", Partition: "aws", ARN: "arn:aws:iam::123456789012:user/auditor"},
		AuthorizationDetails: answer("iam:GetAccountAuthorizationDetails", d),
		CredentialReport: answer("iam:GetCredentialReport", account.CredentialReport{
			GeneratedAt: now.Add(-time.Hour), Content: strings.Join(append([]string{reportHeader}, rows...), "\n")}),
	}
}

// liveWants are wants about one user of the test accounts.
func liveWants(user string, sections ...account.Section) []account.Want {
	wants := make([]account.Want, len(sections))
	for i, section := range sections {
		wants[i] = account.Want{Section: section, User: user, UserID: "AIDA" + strings.ToUpper(user)}
	}
	return wants
}

// mfaRule is a rule of the shape that most have.
func mfaRule() *Rule {
	return &Rule{
		ID: "console-mfa", Title: "t", Problem: "p", Category: CategoryMFA, Severity: Critical, Why: "w", How: "h", Fix: Fix{Steps: []FixStep{{Text: "f"}}},
		Needs: []account.Fact{account.UserPassword, account.UserMFA},
		Check: func(p *Pass) {
			for u := range p.Users() {
				switch {
				case !u.Password.Value():
					p.NotApplicable(u, message.New("no console password"))
				case !u.MFA.Value():
					p.Fail(u, message.New("signs in with a password alone"))
				default:
					p.Pass(u)
				}
			}
		},
	}
}

func evaluate(s *account.Snapshot, rules ...*Rule) (*Report, []account.Want) {
	return Evaluate(s, rules, Options{Thresholds: DefaultThresholds()})
}

func TestVerdictsOfUsers(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "bob", "ci"}, reported("alice", true, false, ""), reported("bob", true, true, ""), reported("ci", false, false, ""))
	r, wants := evaluate(s, mfaRule())
	if want := liveWants("alice", account.LoginProfileSection, account.MFADevicesSection); !slices.Equal(wants, want) {
		t.Errorf("got wants %v, want the live facts of the user who fails on the report: %v", wants, want)
	}
	got := r.Rules[0]
	if got.Status != StatusFail || got.Pass != 1 || got.Fail != 1 || got.NotApplicable != 1 || got.Unknown != 0 {
		t.Errorf("got %+v, want one pass, one failure, one not applicable", got)
	}
	f := r.Findings[0]
	if f.Resource != "arn:aws:iam::123456789012:user/alice" || f.Message != "signs in with a password alone" || f.Severity != Critical {
		t.Errorf("got the finding %+v", f)
	}
	want := []Evidence{
		{Name: "password_enabled", Value: "true", Source: "iam:GetCredentialReport", ObservedAt: now.Add(-time.Hour)},
		{Name: "mfa_active", Value: "false", Source: "iam:GetCredentialReport", ObservedAt: now.Add(-time.Hour)},
	}
	if !reflect.DeepEqual(f.Evidence, want) {
		t.Errorf("got the evidence %v, want that of the rule's needs: %v", f.Evidence, want)
	}
	if p := r.Passed["console-mfa"]; !slices.Equal(p.Resources, []string{"user/bob"}) || len(p.Sources) != 2 {
		t.Errorf("got passed %+v, want bob, resting on the list of users and the report", p)
	}
	if n := r.NotApplicable["console-mfa"]; len(n) != 1 || n[0].Reason != "no console password" || !slices.Equal(n[0].Resources, []string{"user/ci"}) {
		t.Errorf("got not applicable %+v, want ci", n)
	}
	if r.Summary.FailedBySeverity["critical"] != 1 || r.Summary.Pass != 1 {
		t.Errorf("got the summary %+v", r.Summary)
	}
}

func TestUserWithoutARowIsUnknownAndWanted(t *testing.T) {
	t.Parallel()
	r, wants := evaluate(snapshot([]string{"alice", "new"}, reported("alice", true, true, "")), mfaRule())
	if r.Rules[0].Status != StatusUnknown || r.Findings[0].Resource != "arn:aws:iam::123456789012:user/new" || r.Findings[0].Status != StatusUnknown {
		t.Errorf("got %+v, want new to be unknown", r.Findings)
	}
	want := []account.Want{{Section: account.LoginProfileSection, User: "new", UserID: "AIDANEW"}}
	if !slices.Equal(wants, want) {
		t.Errorf("got wants %v, want %v", wants, want)
	}
}

func TestLostSectionIsOneUnknownOnTheAccount(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "bob"})
	s.CredentialReport = nil
	s.Gaps = []account.Gap{{Section: account.CredentialReportSection, Action: "iam:GetCredentialReport", Code: "AccessDenied", Message: "100% no"}}
	r, wants := evaluate(s, mfaRule())
	if len(r.Findings) != 1 || r.Rules[0].Pass != 0 || r.Rules[0].NotApplicable != 0 {
		t.Fatalf("got %+v, want one unknown", r.Findings)
	}
	if got, want := r.Findings[0].Message, "2 resources not judged: iam:GetCredentialReport failed: AccessDenied: 100% no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want := liveWants("alice", account.LoginProfileSection)
	want = append(want, liveWants("bob", account.LoginProfileSection)...)
	for i := range want {
		want[i].Uncapped = true
	}
	if !slices.Equal(wants, want) {
		t.Errorf("got wants %v, want everybody read live, and the report not asked for again: %v", wants, want)
	}
}

func TestIncompleteListIsUnknownAndFailuresSeenStand(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "bob"}, reported("alice", true, false, ""), reported("bob", true, true, ""))
	s.AuthorizationDetails.Complete = false
	s.Gaps = []account.Gap{{Section: account.AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: "Throttling", Message: "Rate exceeded"}}
	r, wants := evaluate(s, mfaRule())
	if r.Rules[0].Status != StatusFail || r.Rules[0].Unknown != 1 || r.Rules[0].Pass != 1 {
		t.Errorf("got %+v, want alice's failure, bob's pass and one unknown", r.Rules[0])
	}
	if want := append([]account.Want{{Section: account.UsersSection}}, liveWants("alice", account.LoginProfileSection, account.MFADevicesSection)...); !slices.Equal(wants, want) {
		t.Errorf("got wants %v, want the other list of users, and alice live", wants)
	}
}

func TestEmptyCompleteListIsNotApplicable(t *testing.T) {
	t.Parallel()
	r, _ := evaluate(snapshot(nil), mfaRule())
	if r.Rules[0].Status != StatusNotApplicable {
		t.Errorf("got %s, want not_applicable: there are no users", r.Rules[0].Status)
	}
}

func TestRuleThatPanicsPassesNobody(t *testing.T) {
	t.Parallel()
	rule := mfaRule()
	check := rule.Check
	rule.Check = func(p *Pass) { check(p); p.Account.Alias.Value() }
	r, _ := evaluate(snapshot([]string{"alice", "bob"}, reported("alice", true, false, ""), reported("bob", true, true, "")), rule)
	if got := r.Rules[0]; got.Pass != 0 || got.Fail != 1 || got.Unknown != 1 {
		t.Errorf("got %+v, want the failure kept, the pass dropped and one unknown", got)
	}
	if i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Status == StatusUnknown }); !strings.Contains(r.Findings[i].Message, "console-mfa broke off") {
		t.Errorf("got %q, want it to name the rule", r.Findings[i].Message)
	}
}

func TestRuleWithoutVerdictIsUnknown(t *testing.T) {
	t.Parallel()
	rule := mfaRule()
	rule.Check = func(*Pass) {}
	r, _ := evaluate(snapshot([]string{"alice"}, reported("alice", true, true, "")), rule)
	if r.Rules[0].Status != StatusUnknown {
		t.Errorf("got %s, want unknown", r.Rules[0].Status)
	}
}

func keyRule() *Rule {
	return &Rule{ID: "key-age", Title: "t", Problem: "p", Category: CategoryAccessKeys, Severity: Medium, Why: "w", How: "h", Fix: Fix{Steps: []FixStep{{Text: "f"}}},
		Needs: []account.Fact{account.UserAccessKeys},
		Check: func(p *Pass) {
			for u := range p.Users() {
				for _, key := range u.AccessKeys.Value() {
					if p.OlderThan(key.Created, 90) {
						p.Detail(u, account.UserAccessKeyIDs)
						p.Fail(u.Key(key), message.New("%d days old", p.Days(key.Created)), key.Evidence()...)
					} else {
						p.Pass(u.Key(key))
					}
				}
			}
		}}
}

func TestDetailIsWantedAndTheVerdictStands(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice"}, reported("alice", false, false, "2026-01-01T00:00:00Z"))
	r, wants := evaluate(s, keyRule())
	if f := r.Findings[0]; f.Item != "access-key-1" || f.Message != "325 days old" || len(f.Notes) != 0 {
		t.Errorf("got %+v, want the key by its place in the report", f)
	}
	if want := []account.Want{{Section: account.AccessKeysSection, User: "alice", UserID: "AIDAALICE"}}; !slices.Equal(wants, want) {
		t.Fatalf("got wants %v, want %v", wants, want)
	}
	s.Gaps = []account.Gap{{Section: account.AccessKeysSection, Resource: "alice", Action: "iam:ListAccessKeys", Code: "AccessDenied", Message: "no"}}
	r, wants = evaluate(s, keyRule())
	if f := r.Findings[0]; f.Status != StatusFail || len(f.Notes) != 2 ||
		!strings.HasPrefix(f.Notes[0].String(), "as of the credential report of 2026-11-22 04:00 UTC, and not looked at again: iam:ListAccessKeys failed") ||
		!strings.HasPrefix(f.Notes[1].String(), "the access key's ID: not known, for iam:ListAccessKeys failed") {
		t.Errorf("got %+v, want the failure as of the report, and a note that the ID could not be had", f)
	}
	if len(wants) != 0 {
		t.Errorf("got wants %v, want none", wants)
	}
	s.Gaps = nil
	s.PerUser = map[string]*account.UserAnswers{"alice": {ID: "AIDAALICE", AccessKeys: answer("iam:ListAccessKeys", []account.ListedAccessKey{{ID: "AKIAIOSFODNN7EXAMPLE", Status: "Active", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}})}}
	r, _ = evaluate(s, keyRule())
	if f := r.Findings[0]; f.Item != "AKIAIOSFODNN7EXAMPLE" {
		t.Errorf("got the item %q, want the key's ID", f.Item)
	}
}

func TestWantsOfTheWorstRulesComeFirst(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "zoe"}, reported("alice", false, false, "2026-01-01T00:00:00Z"))
	_, wants := evaluate(s, keyRule(), mfaRule())
	if len(wants) < 3 || wants[0].User != "zoe" || wants[0].Section != account.LoginProfileSection {
		t.Errorf("got %v, want zoe's login profile first: a critical rule hangs on it", wants)
	}
}

func TestPointsAreEvaluatedWhateverIsSelected(t *testing.T) {
	t.Parallel()
	point := mfaRule()
	point.ID, point.Point, point.PointTitle = "point", 1, "Do it"
	s := snapshot([]string{"alice"}, reported("alice", true, false, "2026-11-21T00:00:00Z"))
	r, _ := Evaluate(s, []*Rule{keyRule()}, Options{Points: []*Rule{point}})
	if got := r.SecurityStatus; got.Complete != 0 || got.Total != 1 || got.Items[0].Status != StatusFail || got.Items[0].Message == "" || got.Items[0].Title != "Do it" {
		t.Errorf("got %+v, want the point's failure", got)
	}
	if len(r.Findings) != 0 || len(r.Rules) != 1 {
		t.Errorf("got findings %v, want none of a rule that was not selected", r.Findings)
	}
}

func TestEvaluationIsDeterministic(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 20 {
		s := snapshot([]string{"a", "b", "c", "d"}, reported("a", true, false, "2026-01-01T00:00:00Z"), reported("b", true, false, ""), reported("c", true, true, ""))
		r, _ := evaluate(s, mfaRule(), keyRule())
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		} else if string(first) != string(data) {
			t.Fatalf("got another report of the same snapshot:\n%s\n%s", first, data)
		}
	}
}

func TestAgesAreNeverBelowZero(t *testing.T) {
	t.Parallel()
	p := &Pass{Now: now}
	if got := p.Age(now.Add(time.Hour)); got != 0 {
		t.Errorf("got %s, want 0", got)
	}
	if p.OlderThan(now.Add(-90*24*time.Hour), 90) || !p.OlderThan(now.Add(-90*24*time.Hour-time.Second), 90) {
		t.Error("90 days to the second must not be older than 90 days, and a second more must be")
	}
}

func TestTextSurvivesJSON(t *testing.T) {
	t.Parallel()
	text := message.New("%d keys of %s since %s, %.1f%%", 3, "<bob>", now, 1.5)
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var back message.Message
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(text, back) || back.String() != "3 keys of <bob> since 2026-11-22, 1.5%" {
		t.Errorf("got %#v (%s), want %#v", back, back, text)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	off := keyRule()
	off.ID, off.OffByDefault = "key-noise", true
	catalogue := []*Rule{mfaRule(), keyRule(), off}
	for _, test := range []struct {
		include, skip []string
		want          string
	}{
		{nil, nil, "console-mfa key-age"},
		{[]string{"key-*"}, nil, "key-age key-noise"},
		{[]string{"access-keys"}, []string{"key-noise"}, "key-age"},
		{nil, []string{"mfa"}, "key-age"},
		{[]string{"key-noise"}, nil, "key-noise"},
	} {
		s, err := Select(catalogue, test.include, test.skip)
		if err != nil {
			t.Errorf("%v %v: %v", test.include, test.skip, err)
			continue
		}
		var ids []string
		for _, r := range s.Rules {
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); got != test.want || len(s.NotSelected) != len(catalogue)-len(ids) {
			t.Errorf("%v %v: got %q and %d not selected, want %q", test.include, test.skip, got, len(s.NotSelected), test.want)
		}
		for _, n := range s.NotSelected {
			if n.Text.Empty() || n.Text.String() != n.Reason {
				t.Errorf("%v %v: got the reason %q and the text %q of %s, want the same", test.include, test.skip, n.Reason, n.Text, n.Rule)
			}
		}
	}
	s, err := Select(catalogue, nil, []string{"console-mfa"}, catalogue[0], off)
	if err != nil || len(s.Rules) != 2 || s.Rules[1] != off || len(s.NotSelected) != 1 {
		t.Errorf("got %v and error %v, want key-age and the rule that is asked for beside the defaults, but not the one that is skipped", s, err)
	}
	if s, err := Select(catalogue, []string{"key-age"}, nil, off); err != nil || len(s.Rules) != 1 {
		t.Errorf("got %v and error %v, want key-age alone where rules are named", s, err)
	}
	for _, pattern := range []string{"consol-mfa", "[", "nothing-*"} {
		if _, err := Select(catalogue, []string{pattern}, nil); err == nil || !strings.Contains(err.Error(), pattern) {
			t.Errorf("%s: got %v, want an error that names it", pattern, err)
		}
	}
}

func TestStatusAndSeverityNames(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{StatusUnknown, StatusPass, StatusFail, StatusNotApplicable} {
		text, _ := s.MarshalText()
		var back Status
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s: got %s back, %v", s, back, err)
		}
	}
	if s, err := ParseSeverity("HIGH"); err != nil || s != High {
		t.Errorf("got %s, %v, want high", s, err)
	}
	if _, err := ParseSeverity("urgent"); err == nil {
		t.Error("got no error for a severity that doesn't exist")
	}
}
