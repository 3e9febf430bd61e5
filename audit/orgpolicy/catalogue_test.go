package orgpolicy

import (
	"slices"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/organization"
)

func TestRulesAreChosen(t *testing.T) {
	t.Parallel()
	all := len(Rules())
	for _, test := range []struct {
		name string
		by   Settings
		want int
	}{
		{"all", Settings{}, all},
		{"one", Settings{Rules: []string{"org-all-features"}}, 1},
		{"a glob", Settings{Rules: []string{"org-permission-set-*"}}, 3},
		{"the category without one", Settings{Rules: []string{"organization"}, SkipRules: []string{"org-scp-guards"}}, all - 1},
		{"rules about accounts alone", Settings{Rules: []string{"mfa"}}, 0},
		{"none", Settings{SkipRules: []string{"organization"}}, 0},
	} {
		if got := Judge(tree([]string{full}, []string{full}, []string{full}), test.by); len(got) != test.want {
			t.Errorf("%s: got %d verdicts, want %d", test.name, len(got), test.want)
		}
	}
	for _, r := range Catalogue() {
		if r.Category != audit.CategoryOrganization || r.Fix.String() == "" || r.Fix.Page == "" {
			t.Errorf("%s: got the category %s and the fix %q, want both", r.ID, r.Category, r.Fix)
		}
	}
}

// A failure has an exception where one is for each thing that fails, and none that is over, or of another account.
func TestFailuresAreExcepted(t *testing.T) {
	t.Parallel()
	suspended := func() *organization.Snapshot {
		s := tree([]string{full}, []string{full}, []string{full})
		s.Accounts.Value[1].State = "SUSPENDED"
		s.Accounts.Value = append(s.Accounts.Value, organization.Account{ID: "222233334444", Parent: unit, State: "CLOSED"})
		return s
	}
	later := suspended().TakenAt.Add(time.Hour)
	of := func(rule, resource string, change ...func(*audit.Exception)) audit.Exception {
		e := audit.Exception{Rule: rule, Resource: resource, Reason: "r", Owner: "o", Expires: later}
		for _, c := range change {
			c(&e)
		}
		return e
	}
	const rule = "org-suspended-accounts"
	both := []audit.Exception{of(rule, member), of("org-suspended-*", "222233334444")}
	for _, test := range []struct {
		name       string
		exceptions []audit.Exception
		want       bool
	}{
		{"none", nil, false},
		{"each", both, true},
		{"one of two", both[:1], false},
		{"anything", []audit.Exception{of(rule, "*")}, true},
		{"the organization", []audit.Exception{of("organization", "organization")}, true},
		{"of the managing account", []audit.Exception{of(rule, "*", func(e *audit.Exception) { e.Account = manager })}, true},
		{"of another account", []audit.Exception{of(rule, "*", func(e *audit.Exception) { e.Account = member })}, false},
		{"over", []audit.Exception{of(rule, "*", func(e *audit.Exception) { e.Expires = suspended().TakenAt })}, false},
		{"pinned", []audit.Exception{of(rule, "*", func(e *audit.Exception) { e.UniqueID = "AIDACKCEVSQ6C2EXAMPLE" })}, false},
		{"of another rule", []audit.Exception{of("org-all-features", "*")}, false},
	} {
		v := judged(suspended(), Settings{Exceptions: test.exceptions}, rule)
		if got := v.Exception != nil; v.Status != audit.StatusFail || got != test.want {
			t.Errorf("%s: got %v, excepted %v, want a failure, excepted %v", test.name, v.Status, got, test.want)
		}
	}
	for _, v := range Judge(tree([]string{full}, []string{full}, []string{full}), Settings{Exceptions: []audit.Exception{of("organization", "*")}}) {
		if v.Exception != nil && v.Status != audit.StatusFail {
			t.Errorf("%s: got %v excepted, want failures alone", v.ID, v.Status)
		}
	}
	// Permission sets have names of their own.
	set := organization.PermissionSet{Inline: statement(`"Effect":"Allow","Action":"s3:*","Resource":"*"`)}
	for resource, want := range map[string]bool{"Set": true, "Other": false, member: false} {
		v := judged(centered(set), Settings{Exceptions: []audit.Exception{of("org-permission-set-inline", resource)}}, "org-permission-set-inline")
		if got := v.Exception != nil; got != want || !slices.Equal(v.Names, []string{"Set"}) {
			t.Errorf("%s: got %v excepted %v, want the set, excepted %v", resource, v.Names, got, want)
		}
	}
	// Nor does what one rule found count for the next.
	got := Judge(centered(set), Settings{Exceptions: []audit.Exception{of("*", "Set")}})
	if i := slices.IndexFunc(got, func(v Verdict) bool { return v.Exception != nil && v.ID != "org-permission-set-inline" }); i >= 0 {
		t.Errorf("got %s excepted, too", got[i].ID)
	}
}
