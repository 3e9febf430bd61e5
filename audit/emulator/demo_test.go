package emulator_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

var now = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

// evaluate judges a snapshot by every rule that is on by default, and fails the test where anything is unknown.
func evaluate(t *testing.T, s *account.Snapshot) *audit.Report {
	t.Helper()
	selection, err := audit.Select(rules.Catalogue(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, wants := audit.Evaluate(s, selection.Rules, audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points()})
	if len(wants) > 0 {
		t.Errorf("got wants %v, want none: the snapshot holds every live answer", wants)
	}
	for _, f := range report.Findings {
		if f.Status == audit.StatusUnknown {
			t.Errorf("got %s unknown for %s (%s), want a verdict", f.Rule, f.Name, f.Message)
		}
	}
	return report
}

// TestDemoShowsBothSidesOfEachRule: a rule about users, groups, devices, keys, passwords, policies or roles holds for
// some of them and not for others.
func TestDemoShowsBothSidesOfEachRule(t *testing.T) {
	t.Parallel()
	report := evaluate(t, emulator.Demo(now))
	ofAccount := []string{"individual-users", "groups-grant-permissions", "account-alias", "identity-federation", "admin-count", "cloudshell-full-access", "support-role", "security-contact", "contacts-differ"}
	untilTagsAreAskedFor := []string{"user-tags", "role-tags", "analyzer-tags"} // by the setting required_tags
	seen := 0
	for _, r := range report.Rules {
		if r.Category == audit.CategoryRoot || r.Category == audit.CategoryPasswordPolicy || slices.Contains(ofAccount, r.ID) || slices.Contains(untilTagsAreAskedFor, r.ID) {
			continue
		}
		seen++
		if r.Pass == 0 || r.Fail == 0 {
			t.Errorf("rule %s: got %d passing and %d failing, want some of each", r.ID, r.Pass, r.Fail)
		}
	}
	if seen < 40 {
		t.Errorf("got %d rules about single resources, want the catalogue's", seen)
	}
	if got := report.SecurityStatus; got.Complete != 3 || got.Total != 5 {
		t.Errorf("got %d of %d points complete, want 3 of 5", got.Complete, got.Total)
	}
}

func TestDemoIsASmallCompany(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Users.Value); s.Origin != "demo" || n < 12 || n > 24 {
		t.Errorf("got origin %q and %d users, want demo and 12 to 24", s.Origin, n)
	}
	groups := map[string]bool{}
	for _, g := range s.AuthorizationDetails.Value.Groups {
		groups[g.Name] = true
	}
	if !groups["administrators"] || !groups["developers"] {
		t.Errorf("got groups %v, want administrators and developers among them", groups)
	}
	if strings.HasSuffix(s.CredentialReport.Value.Content, "\n") {
		t.Error("got a credential report that ends in a newline, which AWS's doesn't")
	}
	header, _, _ := strings.Cut(s.CredentialReport.Value.Content, "\n")
	if n := strings.Count(header, ",") + 1; n != 22 {
		t.Errorf("got a credential report of %d columns, want 22", n)
	}
}

// TestDemoMovesWithTheClock: verdicts are about ages, so that they are the same whenever the demo is run.
func TestDemoMovesWithTheClock(t *testing.T) {
	t.Parallel()
	later := now.Add(1000*24*time.Hour + 7*time.Hour + 31*time.Second)
	verdicts := func(at time.Time) (all []string) {
		for _, r := range evaluate(t, emulator.Demo(at)).Rules {
			all = append(all, r.ID, r.Status.String())
		}
		return all
	}
	if x, y := verdicts(now), verdicts(later); !slices.Equal(x, y) {
		t.Errorf("got %v\nand a thousand days later %v, want the same", x, y)
	}
	s := emulator.Demo(later)
	if got := s.TakenAt.Sub(s.CredentialReport.Value.GeneratedAt); got != 2*time.Hour {
		t.Errorf("got a credential report of %v ago, want 2 hours", got)
	}
	for _, u := range s.Users.Value {
		if !u.Created.Before(s.CredentialReport.Value.GeneratedAt) {
			t.Errorf("got %s created at %v, after the credential report", u.Name, u.Created)
		}
	}
}

// TestDemoReportIsStaleOfOneUser: what the credential report says of everybody else is what AWS says when it is asked
// about them.
func TestDemoReportIsStaleOfOneUser(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	bulk := *s
	bulk.PerUser = nil
	told := func(u *account.User) string {
		text := fmt.Sprint(u.Password.Get())
		for _, k := range u.AccessKeys.Value() {
			text += fmt.Sprint(" key ", k.Active, k.Created)
		}
		for _, c := range u.SigningCertificates.Value() {
			text += fmt.Sprint(" certificate ", c.Active, c.Changed)
		}
		return text
	}
	live, report := account.New(s), account.New(&bulk)
	var stale []string
	for i, u := range live.Users {
		if told(u) != told(report.Users[i]) {
			stale = append(stale, u.Name)
		}
	}
	if !slices.Equal(stale, []string{"invoice-mailer"}) {
		t.Errorf("got a report that is stale of %v, want of invoice-mailer alone", stale)
	}
	if x, y := report.User("invoice-mailer").AccessKeys.Value(), live.User("invoice-mailer").AccessKeys.Value(); len(x) != 2 || len(y) != 1 {
		t.Errorf("got %d keys of invoice-mailer in the report and %d now, want 2 and 1", len(x), len(y))
	}
}

func TestCompanyFailsNothing(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 51} {
		s := emulator.Company(n, now)
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := len(s.Users.Value); got != n {
			t.Errorf("got %d users, want %d", got, n)
		}
		if n < 2 {
			continue // without people and machines some groups are empty
		}
		for _, f := range evaluate(t, s).Findings {
			t.Errorf("%d users: got %s failing for %s (%s), want nothing", n, f.Rule, f.Name, f.Message)
		}
	}
}

func TestCompanyFailingHasThatManyOldKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ users, failing, want int }{{40, 7, 7}, {40, 31, 31}, {41, 41, 41}, {4, 9, 4}} {
		failing := map[string]bool{}
		for _, f := range evaluate(t, emulator.CompanyFailing(test.users, test.failing, now)).Findings {
			if f.Rule == "access-key-rotation" {
				failing[f.Resource] = true
			}
		}
		if len(failing) != test.want {
			t.Errorf("%d of %d users failing: got %d, want %d", test.failing, test.users, len(failing), test.want)
		}
	}
}

func TestSnapshotsAreTheSameEachTime(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(emulator.Demo(now), emulator.Demo(now)) {
		t.Error("got two demo accounts of one time that differ")
	}
	if !reflect.DeepEqual(emulator.Company(30, now), emulator.Company(30, now)) {
		t.Error("got two companies of one time that differ")
	}
}

// TestDemoSurvivesItsFile: what is written is read back as it was.
func TestDemoSurvivesItsFile(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	if err := emulator.Demo(now).Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := account.Read(&file, "demo.json")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read, emulator.Demo(now)) {
		t.Error("got another snapshot back than was written")
	}
}
