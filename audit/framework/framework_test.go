package framework_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
)

// The whole IAM part of the benchmark, as it was read out of each version: a line a recommendation, with what decides
// it or "manual".
const cisExpected = `
7.0   | 6.0  | 5.0  | 2-4  | 1.x  | rules
2.1.1 | -    | -    | -    | -    | root-centralized
2.1.2 | -    | -    | -    | -    | manual
2.1.3 | -    | -    | -    | -    | manual
2.1.4 | -    | -    | -    | -    | manual
2.1.5 | -    | -    | -    | -    | manual
2.1.6 | -    | -    | -    | -    | manual
2.2   | 2.1  | 1.1  | 1.1  | 1.1  | manual
2.3   | 2.2  | 1.2  | 1.2  | 1.2  | security-contact
-     | -    | -    | 1.3  | 1.3  | manual
2.4   | 2.3  | 1.3  | 1.4  | 1.4  | root-no-access-keys
2.5   | 2.4  | 1.4  | 1.5  | 1.5  | root-mfa
2.6   | 2.5  | 1.5  | 1.6  | 1.6  | root-hardware-mfa
2.7   | 2.6  | 1.6  | 1.7  | 1.7  | root-not-used
2.8   | 2.7  | 1.7  | 1.8  | 1.8  | password-min-length
2.9   | 2.8  | 1.8  | 1.9  | 1.9  | password-reuse
2.10  | 2.9  | 1.9  | 1.10 | 1.10 | console-mfa
-     | 2.10 | 1.10 | 1.11 | 1.11 | access-key-at-setup
2.11  | 2.11 | 1.11 | 1.12 | 1.12 | access-key-unused password-unused
-     | 2.12 | 1.12 | 1.13 | 1.13 | access-key-single
2.12  | 2.13 | 1.13 | 1.14 | 1.14 | access-key-rotation
2.13  | 2.14 | 1.14 | 1.15 | 1.15 | user-permissions-through-groups
2.14  | 2.15 | 1.15 | 1.16 | 1.16 | admin-policy-attached
2.15  | 2.16 | 1.16 | 1.17 | 1.17 | support-role
2.16  | 2.17 | 1.17 | 1.18 | 1.18 | manual
2.17  | 2.18 | 1.18 | 1.19 | 1.19 | server-certificate-expired
2.18  | 2.19 | 1.19 | 1.20 | 1.20 | access-analyzer
2.19  | 2.20 | 1.20 | 1.21 | 1.21 | identity-federation
2.20  | 2.21 | 1.21 | 1.22 | -    | cloudshell-full-access
2.21  | -    | -    | -    | -    | manual
`

// The controls of Security Hub: the rules that must be behind each. Others may be, too.
const hubExpected = `
IAM.1  admin-policy-attached admin-policy-unattached
IAM.2  user-permissions-through-groups
IAM.3  access-key-rotation
IAM.4  root-no-access-keys
IAM.5  console-mfa
IAM.6  root-hardware-mfa
IAM.7  password-policy
IAM.8  access-key-unused password-unused
IAM.9  root-mfa
IAM.10 password-policy
IAM.11 password-uppercase
IAM.12 password-lowercase
IAM.13 password-symbol
IAM.14 password-number
IAM.15 password-min-length
IAM.16 password-reuse
IAM.17 password-expiry
IAM.18 support-role
IAM.19 machine-user-mfa
IAM.20 root-not-used
IAM.21 service-wildcard
IAM.22 access-key-unused password-unused
IAM.23 analyzer-tags
IAM.24 role-tags
IAM.25 user-tags
IAM.26 server-certificate-expired
IAM.27 cloudshell-full-access
IAM.28 access-analyzer
Account.1 security-contact
`

// expected is a recommendation's number and its rules; none where it is manual.
type expected struct {
	id    string
	rules []string
}

// tables are the recommendations that each framework must have, in order.
func tables() map[string][]expected {
	ruleIDs := func(fields []string) []string {
		if fields[0] == "manual" {
			return nil
		}
		return fields
	}
	all := map[string][]expected{}
	columns := [][]string{{"cis-7.0"}, {"cis-6.0"}, {"cis-5.0"}, {"cis-4.0", "cis-3.0", "cis-2.0"}, {"cis-1.5", "cis-1.4"}}
	for _, line := range strings.Split(strings.TrimSpace(cisExpected), "\n")[1:] {
		cells := strings.Split(line, "|")
		for i, frameworks := range columns {
			number := strings.TrimSpace(cells[i])
			for _, id := range frameworks {
				if number != "-" {
					all[id] = append(all[id], expected{number, ruleIDs(strings.Fields(cells[5]))})
				}
			}
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(hubExpected), "\n") {
		fields := strings.Fields(line)
		all["fsbp"] = append(all["fsbp"], expected{fields[0], ruleIDs(fields[1:])})
	}
	return all
}

const noRule = "this version of Sekisho has no rule for it"

// Each framework has the recommendations of the table, number by number, and what decides each is what the rules claim.
func TestNumberByNumber(t *testing.T) {
	t.Parallel()
	want := tables()
	sizes := map[string]int{"cis-7.0": 26, "cis-6.0": 21, "cis-5.0": 21, "cis-4.0": 22, "cis-3.0": 22, "cis-2.0": 22, "cis-1.5": 21, "cis-1.4": 21, "fsbp": 29}
	if len(framework.IDs()) != len(sizes) {
		t.Errorf("got the frameworks %v, want %d", framework.IDs(), len(sizes))
	}
	for id, size := range sizes {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			f := framework.Find(rules.Catalogue(), id)
			if f == nil {
				t.Fatalf("got no framework %s", id)
			}
			if f.ID != id || f.Title == "" || len(f.Recommendations) != size || len(want[id]) != size {
				t.Fatalf("got %s (%q) with %d recommendations, want %d; the table has %d", f.ID, f.Title, len(f.Recommendations), size, len(want[id]))
			}
			titles := map[string]bool{}
			for i, r := range f.Recommendations {
				w := want[id][i]
				if r.ID != w.id {
					t.Errorf("got %s at place %d, want %s", r.ID, i+1, w.id)
					continue
				}
				if r.Title == "" || id != "fsbp" && titles[r.Title] {
					t.Errorf("%s: got the title %q, want one of its own", r.ID, r.Title)
				}
				titles[r.Title] = true
				checkRules(t, r, w)
			}
		})
	}
}

func checkRules(t *testing.T, r framework.Recommendation, want expected) {
	t.Helper()
	got := slices.Sorted(slices.Values(r.Rules))
	if strings.HasPrefix(r.ID, "IAM.") { // whose controls ask for other things besides
		got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(want.rules, id) })
	}
	if !slices.Equal(got, slices.Sorted(slices.Values(want.rules))) {
		t.Errorf("%s: got the rules %v, want %v", r.ID, r.Rules, want.rules)
	}
	switch reason := r.NotAssessed.String(); {
	case len(want.rules) > 0 && reason != "":
		t.Errorf("%s: got the rules %v and a reason why there are none: %q", r.ID, r.Rules, reason)
	case len(want.rules) == 0 && (reason == "" || reason == noRule):
		t.Errorf("%s: got the reason %q, want one of its own", r.ID, reason)
	}
}

// A rule that the tables name and the catalogue lacks would be an ID that somebody mistyped.
func TestEveryRuleOfTheTablesExists(t *testing.T) {
	t.Parallel()
	named := 0
	for _, rule := range rules.Catalogue() {
		named += len(framework.Controls(rule.ID))
	}
	if got := framework.Named(); got != named {
		t.Errorf("got %d places in the tables that name a rule, want the %d controls of the catalogue's rules", got, named)
	}
}

// A control that no framework has would be a number that somebody mistyped.
func TestEveryControlThatARuleClaimsExists(t *testing.T) {
	t.Parallel()
	for _, rule := range rules.Catalogue() {
		for _, c := range rule.Controls {
			f := framework.Find(rules.Catalogue(), c.Framework)
			if f == nil {
				t.Errorf("rule %s: got the framework %q, want one of %v", rule.ID, c.Framework, framework.IDs())
				continue
			}
			if !slices.ContainsFunc(f.Recommendations, func(r framework.Recommendation) bool { return r.ID == c.ID && slices.Contains(r.Rules, rule.ID) }) {
				t.Errorf("rule %s: got the control %s %s, want one that there is", rule.ID, c.Framework, c.ID)
			}
			if !slices.Contains(f.Rules(), rule) {
				t.Errorf("got no rule %s among those of %s", rule.ID, f.ID)
			}
		}
	}
}

func TestFrameworksAreBoundToTheRulesThatAreThere(t *testing.T) {
	t.Parallel()
	ours := []*audit.Rule{{ID: "of-ours"}, {ID: "role-tags"}, {ID: "root-centralized"}}
	for _, f := range framework.All(ours) {
		claimed := 0
		for _, r := range f.Recommendations {
			if (len(r.Rules) > 0) == (r.NotAssessed.String() != "") {
				t.Errorf("%s %s: got the rules %v and the reason %q, want one of them", f.ID, r.ID, r.Rules, r.NotAssessed.String())
			}
			claimed += len(r.Rules)
		}
		want := 0
		if f.ID == "cis-7.0" || f.ID == "fsbp" {
			want = 1
		}
		if claimed != want || len(f.Rules()) != want {
			t.Errorf("%s: got %d recommendations with a rule and %d rules, want %d", f.ID, claimed, len(f.Rules()), want)
		}
	}
	if f := framework.Find(nil, "cis-9.9"); f != nil {
		t.Errorf("got %v for a framework that there isn't, want nil", f)
	}
}
