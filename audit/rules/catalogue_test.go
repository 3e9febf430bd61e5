package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/rules"
)

// controls are the numbers of rules in CIS 7.0, 6.0, 5.0, 4.0 to 2.0, and 1.5 to 1.4, where "-" is a version without
// it, and in Security Hub. A rule that is not here has none. RULES.md holds the order of the rules, and their archives
// the severities.
var controls = map[string]struct {
	cis  [5]string
	fsbp []string
}{
	"root-no-access-keys":             {[5]string{"2.4", "2.3", "1.3", "1.4", "1.4"}, []string{"IAM.4"}},
	"root-mfa":                        {[5]string{"2.5", "2.4", "1.4", "1.5", "1.5"}, []string{"IAM.9"}},
	"root-hardware-mfa":               {[5]string{"2.6", "2.5", "1.5", "1.6", "1.6"}, []string{"IAM.6"}},
	"root-not-used":                   {[5]string{"2.7", "2.6", "1.6", "1.7", "1.7"}, []string{"IAM.20"}},
	"root-centralized":                {[5]string{"2.1.1", "-", "-", "-", "-"}, nil},
	"user-permissions-through-groups": {[5]string{"2.13", "2.14", "1.14", "1.15", "1.15"}, []string{"IAM.2"}},
	"identity-federation":             {[5]string{"2.19", "2.20", "1.20", "1.21", "1.21"}, nil},
	"user-tags":                       {none, []string{"IAM.25"}},
	"password-policy":                 {none, []string{"IAM.7", "IAM.10"}},
	"password-min-length":             {[5]string{"2.8", "2.7", "1.7", "1.8", "1.8"}, []string{"IAM.15", "IAM.7", "IAM.10"}},
	"password-reuse":                  {[5]string{"2.9", "2.8", "1.8", "1.9", "1.9"}, []string{"IAM.16", "IAM.10"}},
	"password-uppercase":              {none, []string{"IAM.11", "IAM.7", "IAM.10"}},
	"password-lowercase":              {none, []string{"IAM.12", "IAM.7", "IAM.10"}},
	"password-symbol":                 {none, []string{"IAM.13", "IAM.7"}},
	"password-number":                 {none, []string{"IAM.14", "IAM.7", "IAM.10"}},
	"password-expiry":                 {none, []string{"IAM.17", "IAM.10"}},
	"console-mfa":                     {[5]string{"2.10", "2.9", "1.9", "1.10", "1.10"}, []string{"IAM.5"}},
	"machine-user-mfa":                {none, []string{"IAM.19"}},
	"access-key-rotation":             {[5]string{"2.12", "2.13", "1.13", "1.14", "1.14"}, []string{"IAM.3"}},
	"access-key-unused":               {[5]string{"2.11", "2.11", "1.11", "1.12", "1.12"}, []string{"IAM.8", "IAM.22"}},
	"access-key-single":               {[5]string{"-", "2.12", "1.12", "1.13", "1.13"}, nil},
	"access-key-at-setup":             {[5]string{"-", "2.10", "1.10", "1.11", "1.11"}, nil},
	"password-unused":                 {[5]string{"2.11", "2.11", "1.11", "1.12", "1.12"}, []string{"IAM.8", "IAM.22"}},
	"server-certificate-expired":      {[5]string{"2.17", "2.18", "1.18", "1.19", "1.19"}, []string{"IAM.26"}},
	"admin-policy-attached":           {[5]string{"2.14", "2.15", "1.15", "1.16", "1.16"}, []string{"IAM.1"}},
	"admin-policy-unattached":         {none, []string{"IAM.1"}},
	"service-wildcard":                {none, []string{"IAM.21"}},
	"not-action-allow":                {none, []string{"IAM.21"}},
	"cloudshell-full-access":          {[5]string{"2.20", "2.21", "1.21", "1.22", "-"}, []string{"IAM.27"}},
	"support-role":                    {[5]string{"2.15", "2.16", "1.16", "1.17", "1.17"}, []string{"IAM.18"}},
	"role-tags":                       {none, []string{"IAM.24"}},
	"security-contact":                {[5]string{"2.3", "2.2", "1.2", "1.2", "1.2"}, []string{"Account.1"}},
	"access-analyzer":                 {[5]string{"2.18", "2.19", "1.19", "1.20", "1.20"}, []string{"IAM.28"}},
	"analyzer-tags":                   {none, []string{"IAM.23"}},
}

var none = [5]string{"-", "-", "-", "-", "-"}

// versions are the versions of the benchmark in each of table's columns.
var versions = [5][]string{{"cis-7.0"}, {"cis-6.0"}, {"cis-5.0"}, {"cis-4.0", "cis-3.0", "cis-2.0"}, {"cis-1.5", "cis-1.4"}}

func TestRulesHaveTheirControls(t *testing.T) {
	t.Parallel()
	with := 0
	for _, r := range rules.Catalogue() {
		want, ok := controls[r.ID]
		if ok {
			with++
		}
		var list []audit.Control
		for column, id := range want.cis {
			for _, version := range versions[column] {
				if ok && id != "-" {
					list = append(list, audit.Control{Framework: version, ID: id})
				}
			}
		}
		for _, id := range want.fsbp {
			list = append(list, audit.Control{Framework: "fsbp", ID: id})
		}
		if !slices.Equal(r.Controls, list) {
			t.Errorf("rule %s: got the controls %v, want %v", r.ID, r.Controls, list)
		}
	}
	if with != len(controls) {
		t.Errorf("got %d of the rules with controls in the catalogue, want %d", with, len(controls))
	}
}

// TestNothingIsLeftToFillIn holds of a rule that make rule laid out.
func TestNothingIsLeftToFillIn(t *testing.T) {
	t.Parallel()
	for _, r := range rules.Catalogue() {
		cases, _ := os.ReadFile(filepath.Join(archives, r.ID+".txtar"))
		for part, text := range map[string]string{
			"Title": r.Title, "Problem": r.Problem, "Why": r.Why, "How": r.How, "Fix": r.Fix.String(), "Check or a case in testdata/rules": string(cases),
		} {
			if strings.Contains(text, "FILL IN") {
				t.Errorf("rule %s: fill in its %s", r.ID, part)
			}
		}
	}
}

func TestCategoriesStandTogether(t *testing.T) {
	t.Parallel()
	var got []audit.Category
	for _, r := range rules.Catalogue() {
		got = append(got, r.Category)
	}
	want := []audit.Category{
		audit.CategoryRoot, audit.CategoryStatus, audit.CategoryPasswordPolicy, audit.CategoryMFA, audit.CategoryMFAEnforcement, audit.CategoryAccessKeys,
		audit.CategoryPasswords, audit.CategoryOther, audit.CategoryPermissions, audit.CategoryRoles, audit.CategoryAccount,
	}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("got the categories %v, want %v", got, want)
	}
}

// Steps are short, in an order in which nothing breaks unseen, and one command each.
func TestFixesGoStepByStep(t *testing.T) {
	t.Parallel()
	takesAway := regexp.MustCompile(`^aws iam (delete|detach|remove|deactivate)-`)
	credential := regexp.MustCompile(`^aws iam delete-(access-key|ssh-public-key|signing-certificate|service-specific-credential) `)
	page := regexp.MustCompile(`^https://docs\.aws\.amazon\.com/[\w/-]+\.html$`)
	for _, r := range rules.Catalogue() {
		if len(r.Fix.Steps) == 0 || !page.MatchString(r.Fix.Page) {
			t.Errorf("rule %s: got the fix %q, want steps and a page of AWS's documentation", r.ID, r.Fix)
		}
		able, texts := false, []string{r.Title, r.Why, r.How}
		for i, s := range r.Fix.Steps {
			able = able || s.Command != "" || strings.HasPrefix(s.Text, "Console: ")
			texts = append(texts, s.Text)
			if s.Command != "" {
				texts = append(texts, s.Command)
			}
			switch before := fmt.Sprint(r.Fix.Steps[:i]); {
			case strings.HasSuffix(s.Text, ".") || s.Command != "" && !regexp.MustCompile(`^(aws|sekisho) [^&;(|]+$`).MatchString(s.Command):
				t.Errorf("rule %s: got the step %q, want it without full stop, and one command", r.ID, s)
			case i == 0 && takesAway.MatchString(s.Command) && r.ID != "group-not-empty":
				t.Errorf("rule %s: got the first step %q, want one before it that can be undone", r.ID, s)
			case credential.MatchString(s.Command) && r.ID != "access-key-inactive" && !strings.Contains(before, "--status Inactive"):
				t.Errorf("rule %s: got the step %q, want the credential deactivated before", r.ID, s)
			}
		}
		if !able {
			t.Errorf("rule %s: got the fix %q, want a way through the console or a command", r.ID, r.Fix)
		}
		for _, text := range texts {
			if strings.ContainsAny(text, "\n\t") || strings.Contains(text, "  ") || text != strings.TrimSpace(text) {
				t.Errorf("rule %s: got the text %q, want one line without needless blanks", r.ID, text)
			}
		}
		for _, text := range []string{r.Why, r.How} {
			if !strings.HasSuffix(text, ".") {
				t.Errorf("rule %s: got the text %q, want sentences", r.ID, text)
			}
		}
	}
}

func TestNoisyRulesAreOff(t *testing.T) {
	t.Parallel()
	for _, r := range rules.Catalogue() {
		if want := slices.Contains([]string{"password-expiry", "machine-user-mfa", "role-confused-deputy"}, r.ID); r.OffByDefault != want {
			t.Errorf("rule %s: got off by default %t, want %t", r.ID, r.OffByDefault, want)
		}
	}
}

func TestRulesThatSweep(t *testing.T) {
	t.Parallel()
	sweeps := map[string]audit.Sweep{"ssh-key-age": audit.SweepUsers, "access-analyzer": audit.SweepRegions, "analyzer-tags": audit.SweepRegions}
	for _, r := range rules.Catalogue() {
		if r.Sweep != sweeps[r.ID] {
			t.Errorf("rule %s: got the sweep %q, want %q", r.ID, r.Sweep, sweeps[r.ID])
		}
	}
}

func TestPoints(t *testing.T) {
	t.Parallel()
	want := [][2]string{
		{"root-no-access-keys", "Delete your root access keys"},
		{"root-mfa", "Activate MFA on your root account"},
		{"individual-users", "Create individual IAM users"},
		{"groups-grant-permissions", "Use groups to assign permissions"},
		{"password-policy", "Apply an IAM password policy"},
	}
	points := rules.Points()
	if len(points) != len(want) {
		t.Fatalf("got %d points, want %d", len(points), len(want))
	}
	for i, r := range points {
		if got := [2]string{r.ID, r.PointTitle}; got != want[i] || r.Point != i+1 {
			t.Errorf("point %d: got %v (point %d), want %v", i+1, got, r.Point, want[i])
		}
	}
}

func TestCatalogueIsTheCallers(t *testing.T) {
	t.Parallel()
	rules.Catalogue()[0] = nil
	if rules.Catalogue()[0] == nil {
		t.Error("got the slice that a caller changed, want one of its own")
	}
}
