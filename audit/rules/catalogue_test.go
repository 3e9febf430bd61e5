package rules_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/rules"
)

// table is every rule in the order of the report: its severity, its numbers in CIS 7.0, 6.0, 5.0, 4.0 to 2.0, and 1.5 to 1.4, where "-" is a
// version without it, and the controls of Security Hub.
var table = []struct {
	id       string
	severity audit.Severity
	cis      [5]string
	fsbp     []string
}{
	{"root-no-access-keys", audit.Critical, [5]string{"2.4", "2.3", "1.3", "1.4", "1.4"}, []string{"IAM.4"}},
	{"root-mfa", audit.Critical, [5]string{"2.5", "2.4", "1.4", "1.5", "1.5"}, []string{"IAM.9"}},
	{"root-hardware-mfa", audit.High, [5]string{"2.6", "2.5", "1.5", "1.6", "1.6"}, []string{"IAM.6"}},
	{"root-not-used", audit.High, [5]string{"2.7", "2.6", "1.6", "1.7", "1.7"}, []string{"IAM.20"}},
	{"root-no-signing-certificates", audit.High, none, nil},
	{"root-centralized", audit.Medium, [5]string{"2.1.1", "-", "-", "-", "-"}, nil},
	{"individual-users", audit.Medium, none, nil},
	{"groups-grant-permissions", audit.Medium, none, nil},
	{"user-permissions-through-groups", audit.Low, [5]string{"2.13", "2.14", "1.14", "1.15", "1.15"}, []string{"IAM.2"}},
	{"user-in-group", audit.Low, none, nil},
	{"group-not-empty", audit.Info, none, nil},
	{"group-has-policy", audit.Info, none, nil},
	{"user-active", audit.Low, none, nil},
	{"account-alias", audit.Info, none, nil},
	{"identity-federation", audit.Low, [5]string{"2.19", "2.20", "1.20", "1.21", "1.21"}, nil},
	{"user-tags", audit.Info, none, []string{"IAM.25"}},
	{"password-policy", audit.High, none, []string{"IAM.7", "IAM.10"}},
	{"password-min-length", audit.Medium, [5]string{"2.8", "2.7", "1.7", "1.8", "1.8"}, []string{"IAM.15", "IAM.7", "IAM.10"}},
	{"password-reuse", audit.Medium, [5]string{"2.9", "2.8", "1.8", "1.9", "1.9"}, []string{"IAM.16", "IAM.10"}},
	{"password-uppercase", audit.Medium, none, []string{"IAM.11", "IAM.7", "IAM.10"}},
	{"password-lowercase", audit.Medium, none, []string{"IAM.12", "IAM.7", "IAM.10"}},
	{"password-symbol", audit.Medium, none, []string{"IAM.13", "IAM.7"}},
	{"password-number", audit.Medium, none, []string{"IAM.14", "IAM.7", "IAM.10"}},
	{"password-expiry", audit.Low, none, []string{"IAM.17", "IAM.10"}},
	{"password-self-change", audit.Low, none, nil},
	{"password-hard-expiry", audit.Low, none, nil},
	{"console-mfa", audit.Critical, [5]string{"2.10", "2.9", "1.9", "1.10", "1.10"}, []string{"IAM.5"}},
	{"user-mfa", audit.Medium, none, []string{"IAM.19"}},
	{"admin-phishing-resistant-mfa", audit.Medium, none, nil},
	{"admin-spare-mfa", audit.Low, none, nil},
	{"mfa-orphan-device", audit.Low, none, nil},
	{"mfa-sms", audit.High, none, nil},
	{"mfa-enforced-console", audit.High, none, nil},
	{"mfa-enforced-access-key", audit.High, none, nil},
	{"mfa-unclaimed", audit.High, none, nil},
	{"mfa-enrolment-possible", audit.Medium, none, nil},
	{"mfa-first-sign-in", audit.Medium, none, nil},
	{"mfa-guard-operator", audit.High, none, nil},
	{"mfa-guard-scope", audit.High, none, nil},
	{"mfa-guard-exceptions", audit.High, none, nil},
	{"mfa-self-service-scope", audit.High, none, nil},
	{"mfa-passkey-cli", audit.Info, none, nil},
	{"role-trust-mfa", audit.Medium, none, nil},
	{"access-key-rotation", audit.Medium, [5]string{"2.12", "2.13", "1.13", "1.14", "1.14"}, []string{"IAM.3"}},
	{"access-key-unused", audit.Medium, [5]string{"2.11", "2.11", "1.11", "1.12", "1.12"}, []string{"IAM.8", "IAM.22"}},
	{"access-key-single", audit.Low, [5]string{"-", "2.12", "1.12", "1.13", "1.13"}, nil},
	{"access-key-inactive", audit.Low, none, nil},
	{"access-key-with-password", audit.Medium, none, nil},
	{"access-key-at-setup", audit.Low, [5]string{"-", "2.10", "1.10", "1.11", "1.11"}, nil},
	{"access-key-quarantined", audit.Critical, none, nil},
	{"password-unused", audit.Medium, [5]string{"2.11", "2.11", "1.11", "1.12", "1.12"}, []string{"IAM.8", "IAM.22"}},
	{"password-unclaimed", audit.Medium, none, nil},
	{"ssh-key-age", audit.Low, none, nil},
	{"git-credential-age", audit.Medium, none, nil},
	{"api-key-expiry", audit.High, none, nil},
	{"api-key-phantom-user", audit.High, none, nil},
	{"signing-certificate", audit.Medium, none, nil},
	{"server-certificate-expired", audit.High, [5]string{"2.17", "2.18", "1.18", "1.19", "1.19"}, []string{"IAM.26"}},
	{"admin-policy-attached", audit.High, [5]string{"2.14", "2.15", "1.15", "1.16", "1.16"}, []string{"IAM.1"}},
	{"admin-policy-inline", audit.Critical, none, []string{"IAM.1"}},
	{"admin-policy-unattached", audit.Low, none, nil},
	{"admin-count", audit.Info, none, nil},
	{"service-wildcard", audit.Medium, none, []string{"IAM.21"}},
	{"not-action-allow", audit.Medium, none, nil},
	{"privilege-escalation", audit.High, none, nil},
	{"pass-role-any", audit.Medium, none, nil},
	{"assume-role-any", audit.Medium, none, nil},
	{"cloudtrail-full-access", audit.Medium, none, nil},
	{"kms-full-access", audit.Medium, none, nil},
	{"marketplace-subscribe", audit.Medium, none, nil},
	{"cloudshell-full-access", audit.Low, [5]string{"2.20", "2.21", "1.21", "1.22", "-"}, []string{"IAM.27"}},
	{"policy-unused", audit.Info, none, nil},
	{"inline-policy", audit.Info, none, nil},
	{"role-trust-public", audit.Critical, none, nil},
	{"role-trust-external", audit.Medium, none, nil},
	{"role-trust-deleted", audit.Medium, none, nil},
	{"role-unused", audit.Low, none, nil},
	{"role-admin", audit.High, none, nil},
	{"role-confused-deputy", audit.Low, none, nil},
	{"support-role", audit.Low, [5]string{"2.15", "2.16", "1.16", "1.17", "1.17"}, []string{"IAM.18"}},
	{"readonly-cross-account", audit.Medium, none, nil},
	{"role-tags", audit.Info, none, []string{"IAM.24"}},
	{"security-contact", audit.Low, [5]string{"2.3", "2.2", "1.2", "1.2", "1.2"}, []string{"Account.1"}},
	{"contacts-differ", audit.Info, none, nil},
	{"access-analyzer", audit.Low, [5]string{"2.18", "2.19", "1.19", "1.20", "1.20"}, []string{"IAM.28"}},
	{"analyzer-tags", audit.Info, none, []string{"IAM.23"}},
}

var none = [5]string{"-", "-", "-", "-", "-"}

// versions are the versions of the benchmark in each of table's columns.
var versions = [5][]string{{"cis-7.0"}, {"cis-6.0"}, {"cis-5.0"}, {"cis-4.0", "cis-3.0", "cis-2.0"}, {"cis-1.5", "cis-1.4"}}

func TestCatalogueFollowsTheTable(t *testing.T) {
	t.Parallel()
	catalogue := rules.Catalogue()
	if len(catalogue) != len(table) {
		t.Fatalf("got %d rules, want %d", len(catalogue), len(table))
	}
	for i, want := range table {
		r := catalogue[i]
		if r.ID != want.id || r.Severity != want.severity {
			t.Errorf("rule %d: got %s (%s), want %s (%s)", i, r.ID, r.Severity, want.id, want.severity)
		}
		var controls []audit.Control
		for column, id := range want.cis {
			for _, version := range versions[column] {
				if id != "-" {
					controls = append(controls, audit.Control{Framework: version, ID: id})
				}
			}
		}
		for _, id := range want.fsbp {
			controls = append(controls, audit.Control{Framework: "fsbp", ID: id})
		}
		if !slices.Equal(r.Controls, controls) {
			t.Errorf("rule %s: got the controls %v, want %v", r.ID, r.Controls, controls)
		}
	}
}

func TestCatalogueIsValid(t *testing.T) {
	t.Parallel()
	if err := audit.Validate(rules.Catalogue()); err != nil {
		t.Error(err)
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

func TestFixesNameTheConsoleAndACommand(t *testing.T) {
	t.Parallel()
	for _, r := range rules.Catalogue() {
		if console, command, _ := strings.Cut(r.Fix, " Command: "); !strings.HasPrefix(console, "Console: ") || !strings.HasPrefix(command, "aws ") {
			t.Errorf("rule %s: got the fix %q, want \"Console: … Command: aws …\"", r.ID, r.Fix)
		}
		for _, text := range []string{r.Title, r.Why, r.How, r.Fix} {
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
		if want := r.ID == "password-expiry" || r.ID == "role-confused-deputy"; r.OffByDefault != want {
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
		t.Error("got the slice that a caller changed, want one of his own")
	}
}
