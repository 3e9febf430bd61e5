package audit

import (
	"maps"
	"slices"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// notes are what an account of two users, a role and two policies says of exceptions on resources that do not fail.
func notes(t *testing.T, lose func(*account.Snapshot), resources ...string) map[string]string {
	t.Helper()
	s := snapshot([]string{"alice", "bob"}, reported("alice", true, true, ""), reported("bob", true, true, ""))
	d := &s.AuthorizationDetails.Value
	d.Users[1].ARN, d.Users[1].Path = "arn:aws:iam::123456789012:user/partners/bob", "/partners/"
	d.Roles = []account.RoleDetail{{Name: "deploy", ID: "AROADEPLOY", ARN: "arn:aws:iam::123456789012:role/deploy", Path: "/", Created: now}}
	d.Policies = []account.PolicyDetail{{Name: "Limit", ID: "ANPALIMIT", ARN: "arn:aws:iam::123456789012:policy/Limit", Path: "/", Created: now, Updated: now}}
	lose(s)
	options := Options{Thresholds: DefaultThresholds()}
	for _, resource := range resources {
		options.Exceptions = append(options.Exceptions, Exception{Rule: "*", Resource: resource, Expires: now.AddDate(0, 1, 0)})
	}
	r, _ := Evaluate(s, []*Rule{mfaRule()}, options)
	got := map[string]string{}
	for _, e := range r.Exceptions {
		got[e.Resource] = e.Note
	}
	return got
}

func TestExceptionOnWhatIsNotThere(t *testing.T) {
	t.Parallel()
	const unused, anything = "nothing that it names fails: remove it", "no user, group, role or policy of that name: misspelt, or gone?"
	want := map[string]string{
		"user/alize":                             "no user of that name: misspelt, or gone? The nearest is user/alice",
		"arn:aws:iam::123456789012:user/alize":   "no user of that name: misspelt, or gone? The nearest is user/alice",
		"arn:aws:iam::210987654321:user/mallory": "no user of that name: misspelt, or gone?",
		"user/alize#AKIAIOSFODNN7EXAMPLE":        "no user of that name: misspelt, or gone? The nearest is user/alice",
		"user/bob":                               "nothing in the account has that path: write user/partners/bob",
		"user/alize*":                            "no user of that name: misspelt, or gone?",
		"user/zz*":                               "no user of that name: misspelt, or gone?",
		"user/deploy":                            "no user of that name: misspelt, or gone?",
		"group/ops":                              "no group of that name: misspelt, or gone?",
		"role/deploi":                            "no role of that name: misspelt, or gone? The nearest is role/deploy",
		"policy/Limits":                          "no policy of that name: misspelt, or gone? The nearest is policy/Limit",
		"deploi":                                 anything + " The nearest is role/deploy",
		"somebody-else-altogether":               anything,
		"zz*":                                    anything,
		// What is there, by whatever it may be called, or may be of another kind.
		"alice": unused, "user/alice": unused, "AIDAALICE": unused, "user/partners/bob": unused, "al*": unused, "user/alice#AKIAIOSFODNN7EXAMPLE": unused,
		"AIDAFORMERALICE12345": unused, "AKIAIOSFODNN7EXAMPLE": unused, "root": unused, "account": unused, "mfa/alize": unused,
		"arn:aws:iam::aws:policy/ReadOnlyAccess": unused,
	}
	got := notes(t, func(*account.Snapshot) {}, slices.Collect(maps.Keys(want))...)
	for resource, note := range want {
		if got[resource] != note {
			t.Errorf("%s: got %q, want %q", resource, got[resource], note)
		}
	}
}

// Where a list broke off, nothing is claimed of what it may have held.
func TestExceptionOnWhatMayBeThere(t *testing.T) {
	t.Parallel()
	const unused = "nothing that it names fails: remove it"
	lost := func(s *account.Snapshot) {
		s.Users = answer("iam:ListUsers", lists.Map(s.AuthorizationDetails.Value.Users, func(u account.UserDetail) account.ListedUser {
			return account.ListedUser{Name: u.Name, ID: u.ID, ARN: u.ARN, Path: u.Path, Created: u.Created}
		}))
		s.AuthorizationDetails.Complete = false
	}
	want := map[string]string{
		"user/alize": "no user of that name: misspelt, or gone? The nearest is user/alice", "alize": unused, "role/deploi": unused, "group/ops": unused, "policy/Limits": unused,
	}
	got := notes(t, lost, slices.Collect(maps.Keys(want))...)
	for resource, note := range want {
		if got[resource] != note {
			t.Errorf("%s: got %q, want %q", resource, got[resource], note)
		}
	}
}

// What was judged and is neither user, group, role nor policy is not missed among them.
func TestExceptionOnOtherThingsThatAreThere(t *testing.T) {
	t.Parallel()
	r := &Report{
		Findings:      []Finding{{Resource: "arn:aws:iam::123456789012:root", Name: "eu-west-1", Item: "eu-west-1"}, {Resource: "arn:aws:iam::123456789012:user/alice", Name: "alice", Item: "own"}},
		Passed:        map[string]Passed{"a": {Resources: []string{"server-certificate/company/web", "group/dev#inline-1"}}},
		NotApplicable: map[string][]Inapplicable{"a": {{Resources: []string{"mfa/phone"}}}},
	}
	for name, want := range map[string]bool{
		"root": true, "account": true, "eu-west-1": true, "own": true, "web": true, "inline-1": true, "phone": true, "inline-?": true, "ph*": true,
		"eu-west-2": false, "we": false, "inline": false, "zz*": false,
	} {
		if got := r.speaksOf(matching(name)); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
}
