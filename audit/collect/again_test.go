package collect_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
)

// changed has something between AWS and the client that changes answers; n counts those of the action.
func changed(of *account.Snapshot, change func(action string, n int, body string) string) func() http.Handler {
	return func() http.Handler {
		var action string
		aws := emulator.New(of, emulator.Options{Clock: func() time.Time { return of.TakenAt }, Observe: func(asked string) { action = asked }})
		counted := map[string]int{}
		turn := make(chan struct{}, 1) // one answer at a time, so that the action is that of the answer
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			turn <- struct{}{}
			defer func() { <-turn }()
			answer := httptest.NewRecorder()
			aws.ServeHTTP(answer, r)
			counted[action]++
			for name, values := range answer.Header() {
				if name != "Content-Length" {
					w.Header()[name] = values
				}
			}
			w.WriteHeader(answer.Code)
			fmt.Fprint(w, change(action, counted[action], answer.Body.String()))
		})
	}
}

// What contradicts itself is read once more, and only once: the account may have changed between two answers.
func TestContradictionIsReadOnceMore(t *testing.T) {
	t.Parallel()
	of := emulator.Demo(now)
	count := fmt.Sprintf("<key>Users</key><value>%d</value>", of.AccountSummary.Value["Users"])
	for name, test := range map[string]struct {
		change  func(action string, n int, body string) string
		calls   int // of each of the three
		unknown bool
		code    string
	}{
		"honest": {func(_ string, _ int, body string) string { return body }, 1, false, ""},
		"a user who is new between two answers": {func(action string, n int, body string) string {
			if action == "iam:GetAccountSummary" && n == 1 {
				return strings.Replace(body, count, "<key>Users</key><value>1</value>", 1)
			}
			return body
		}, 2, false, ""},
		"a summary that stays wrong": {func(action string, _ int, body string) string {
			return strings.Replace(body, count, "<key>Users</key><value>1</value>", 1)
		}, 2, true, account.Contradiction},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := readThrough(t, changed(of, test.change), options(), collect.Plan{
				Sections: []account.Section{account.AccountSummarySection, account.AuthorizationDetailsSection, account.UsersSection}, MaxUsers: 100,
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, action := range []string{"iam:GetAccountSummary", "iam:GetAccountAuthorizationDetails", "iam:ListUsers"} {
				if got := s.Calls.ByAction[action]; got != test.calls {
					t.Errorf("got %s called %d times, want %d", action, got, test.calls)
				}
			}
			a := account.New(s)
			if got := a.UserCount.Missing().Gap.Code; a.UserCount.OK() == test.unknown || got != test.code {
				t.Errorf("got a list of users that is known: %t, %q; want it unknown: %t", a.UserCount.OK(), got, test.unknown)
			}
		})
	}
}

// An old report that shows what the summary doesn't is asked for again, too.
func TestRootIsReadOnceMore(t *testing.T) {
	t.Parallel()
	of := emulator.Demo(now)
	of.AccountSummary.Value["AccountAccessKeysPresent"], of.AccountSummary.Value["AccountMFAEnabled"] = 1, 1
	s, err := readThrough(t, changed(of, func(action string, n int, body string) string {
		if action == "iam:GetAccountSummary" && n == 1 {
			body = strings.Replace(body, "<key>AccountAccessKeysPresent</key><value>1", "<key>AccountAccessKeysPresent</key><value>0", 1)
		}
		return body
	}), options(), collect.Plan{Sections: []account.Section{account.AccountSummarySection, account.CredentialReportSection}})
	if err != nil {
		t.Fatal(err)
	}
	keys, known := account.New(s).Root.AccessKeys.Get()
	if s.Calls.ByAction["iam:GetAccountSummary"] != 2 || s.Calls.ByAction["iam:GetCredentialReport"] != 2 || !known || !keys.Present {
		t.Errorf("got the calls %v and root's keys %+v (known: %t), want each twice and root's key", s.Calls.ByAction, keys, known)
	}
}

// Where what answers is another account than the one that GetCallerIdentity named, nobody passes on what it says of them.
func TestAnswersOfAnotherAccountPassNobody(t *testing.T) {
	t.Parallel()
	named := map[string]bool{} // the actions whose answers name the account
	content := regexp.MustCompile(`<Content>[^<]*</Content>`)
	foreign := func(action string, _ int, body string) string {
		if strings.HasPrefix(action, "sts:") {
			return body
		}
		body = content.ReplaceAllStringFunc(body, func(element string) string {
			report, err := base64.StdEncoding.DecodeString(element[len("<Content>") : len(element)-len("</Content>")])
			if err != nil {
				t.Error(err)
			}
			named[action] = true
			return "<Content>" + base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(string(report), "123456789012", "999999999999"))) + "</Content>"
		})
		named[action] = named[action] || strings.Contains(body, "::123456789012:") || strings.Contains(body, ":123456789012:analyzer")
		return strings.ReplaceAll(body, "123456789012", "999999999999")
	}
	s, err := readThrough(t, changed(emulator.Demo(now), foreign), options(), collect.Plan{
		Sections: sections(), MaxUsers: 100, Wants: func(s *account.Snapshot) []account.Want { _, wants := judge(s); return wants },
	})
	if err != nil {
		t.Fatal(err)
	}
	report, _ := judge(s)
	for action := range named {
		told := slices.ContainsFunc(report.Gaps, func(g account.Gap) bool { return g.Action == action && g.Code == account.ForeignAnswer })
		if named[action] && !told {
			t.Errorf("got no gap of %s, which names another account", action)
		}
	}
	for rule, passed := range report.Passed {
		for _, source := range passed.Sources {
			if named[source.Source] {
				t.Errorf("got %s passed by %v on %s, which names another account", rule, passed.Resources, source.Source)
			}
		}
	}
	if len(named) < 5 || len(report.Users) > 0 {
		t.Errorf("got answers that name the account of %d actions and the users %v, want more of the one and none of the other", len(named), report.Users)
	}
}
