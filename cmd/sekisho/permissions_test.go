package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/clifiles"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
	reportpermissions "sekisho/report/permissions"
)

// permissions runs "sekisho permissions" and returns what it prints.
func permissions(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr strings.Builder
	sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: time.Now}
	if got := run(t.Context(), append([]string{"permissions"}, args...), sys); got != statusClean || stderr.Len() > 0 {
		t.Fatalf("got exit status %d and on stderr %q, want %d and nothing", got, stderr.String(), statusClean)
	}
	return stdout.String()
}

// allowed lists the actions of a policy that must be one statement on *.
func allowed(t *testing.T, text string) []string {
	t.Helper()
	var policy struct {
		Version   string
		Statement []struct {
			Effect, Resource string
			Action           []string
		}
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&policy); err != nil {
		t.Fatal(err)
	}
	if policy.Version != "2012-10-17" || len(policy.Statement) != 1 || policy.Statement[0].Effect != "Allow" || policy.Statement[0].Resource != "*" {
		t.Fatalf("got %+v, want one statement that allows actions on *", policy)
	}
	return policy.Statement[0].Action
}

func TestPermissionsFollowTheRules(t *testing.T) {
	t.Parallel()
	points := []string{
		"iam:GenerateCredentialReport", "iam:GetAccountAuthorizationDetails", "iam:GetAccountPasswordPolicy", "iam:GetAccountSummary",
		"iam:GetCredentialReport", "iam:ListAccountAliases", "iam:ListUsers", "iam:ListVirtualMFADevices",
	}
	tests := []struct {
		rules string
		more  []string
	}{
		{"account-alias", nil},
		{"console-mfa", []string{"iam:GetLoginProfile", "iam:GetUser", "iam:ListMFADevices"}},
		{"access-key-rotation", []string{"iam:GetUser", "iam:ListAccessKeys"}},
		{"access-key-unused", []string{"iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys"}},
		{"ssh-key-age", []string{"iam:GetUser", "iam:ListSSHPublicKeys"}},
		{"access-analyzer", []string{"access-analyzer:ListAnalyzers", "account:ListRegions"}},
		{"security-contact", []string{"account:GetAlternateContact"}},
	}
	for _, test := range tests {
		want := slices.Concat(points, test.more)
		slices.Sort(want)
		if got := allowed(t, permissions(t, "--rules", test.rules)); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", test.rules, got, want)
		}
	}
	if got := allowed(t, permissions(t, "--skip-rules", "identity-federation")); slices.Contains(got, "iam:ListSAMLProviders") {
		t.Errorf("got %v, want no iam:ListSAMLProviders where no rule is about providers", got)
	}
}

// A rule that looks at users or regions one by one takes no action in a standard run, unless it is named; fresh takes
// none of its own.
func TestPermissionsFollowTheDepth(t *testing.T) {
	t.Parallel()
	sweeps := []string{"iam:ListSSHPublicKeys", "access-analyzer:ListAnalyzers", "account:ListRegions"}
	deep := allowed(t, permissions(t, "--depth", "deep"))
	tests := []struct {
		args []string
		want []string
	}{
		{nil, deep},
		{[]string{"--depth", "auto"}, deep},
		{[]string{"--fresh"}, deep},
		{[]string{"--depth", "standard"}, without(deep, sweeps)},
		{[]string{"--depth", "standard", "--fresh"}, without(deep, sweeps)},
		{[]string{"--depth", "standard", "--rules", "*"}, without(allowed(t, permissions(t, "--rules", "*")), sweeps)},
		{[]string{"--depth", "standard", "--rules", "*,ssh-key-age"}, without(allowed(t, permissions(t, "--rules", "*")), sweeps[1:])},
	}
	for _, test := range tests {
		if got := allowed(t, permissions(t, test.args...)); !slices.Equal(got, test.want) {
			t.Errorf("%v: got %v, want %v", test.args, got, test.want)
		}
	}
	for _, action := range sweeps {
		if !slices.Contains(deep, action) {
			t.Errorf("got %v for a deep run, want %s among them", deep, action)
		}
	}
}

func without(list, some []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return slices.Contains(some, one) })
}

// A file of settings counts as it does for an audit.
func TestPermissionsFollowTheSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(file, []byte("depth: standard\nrefresh:\n  fresh: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, want := allowed(t, permissions(t, "--config", file)), allowed(t, permissions(t, "--depth", "standard"))
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := permissions(t, "--config", file, "--depth", "deep"), permissions(t); got != want {
		t.Errorf("got %s where --depth deep was given, want %s", got, want)
	}
}

func TestPermissionsRefuseContradictions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"--depth", "deeper"}, `got "deeper", want one of standard, deep, auto`},
		{[]string{"--commands", "--format", "json"}, "got --commands and --format, want one"},
		{[]string{"--commands", "--fresh"}, "got --commands and --fresh, want one"},
	}
	for _, test := range tests {
		var stdout, stderr strings.Builder
		sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: time.Now}
		if got := run(t.Context(), append([]string{"permissions"}, test.args...), sys); got != statusUsage || stdout.Len() > 0 || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("%v: got exit status %d, %q and on stderr %q, want %d, nothing and %q", test.args, got, stdout.String(), stderr.String(), statusUsage, test.want)
		}
	}
}

// Whatever a rule wants, alone or where calls fail, in a deep run that is fresh, is among what the policy allows it.
func TestPermissionsCoverEveryWant(t *testing.T) {
	t.Parallel()
	demo := emulator.Demo(time.Now())
	wanted := 0
	shared := access.NewShared()
	for _, rule := range rules.Catalogue() {
		sections := sectionsWanted([]*audit.Rule{rule}, rules.Points())
		for _, lost := range slices.Concat([]account.Section{""}, sectionsFor(rules.Catalogue())) {
			s := *demo
			s.PerUser = nil
			s.Forget(lost)
			if lost != "" {
				s.Gaps = []account.Gap{{Section: lost, Action: "iam:X", Code: "AccessDenied"}}
			}
			_, wants := audit.Evaluate(&s, []*audit.Rule{rule}, audit.Options{
				Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Depth: audit.DepthDeep, Fresh: true, Shared: shared,
			})
			for _, want := range wants {
				wanted++
				if !slices.Contains(sections, want.Section) {
					t.Errorf("%s wants %s where %q is lost, which its policy does not allow; want it among the rule's Needs, Uses or Details", rule.ID, want.Section, lost)
				}
			}
		}
	}
	if wanted == 0 {
		t.Error("got no wants at all, want some to compare")
	}
}

// Under just that policy an audit has no gap.
func TestAuditUnderItsPolicy(t *testing.T) {
	t.Parallel()
	for _, selection := range []string{"*", "root", "mfa", "access-keys", "passwords", "status", "account-alias"} {
		t.Run(selection, func(t *testing.T) {
			t.Parallel()
			policy := allowed(t, permissions(t, "--rules", selection))
			var deny []string
			for _, action := range collect.Actions() {
				if !slices.Contains(policy, action) {
					deny = append(deny, action)
				}
			}
			report := auditEmulator(t, emulator.Options{Deny: deny}, selection)
			if len(report.Gaps) > 0 {
				t.Errorf("got the gaps %v, want none", report.Gaps)
			}
			for action := range report.Calls.ByAction {
				if !slices.Contains(policy, action) {
					t.Errorf("got a call of %s, which is not in the policy", action)
				}
			}
		})
	}
}

// auditEmulator audits the demo account, served with options, by some rules.
func auditEmulator(t *testing.T, o emulator.Options, selection string) *audit.Report {
	t.Helper()
	endpoint, stop, err := emulator.New(emulator.Demo(time.Now()), o).Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	session, err := collect.SignIn(t.Context(), collect.Options{Endpoint: endpoint, StaticKeys: true, Allowed: collect.Actions(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := audit.Select(rules.Catalogue(), []string{selection}, nil)
	if err != nil {
		t.Fatal(err)
	}
	options := audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points()}
	snapshot, err := session.Collect(t.Context(), collect.Plan{
		Sections: sectionsFor(chosen.Rules, rules.Points()), MaxUsers: 100,
		Wants: func(s *account.Snapshot) []account.Want {
			_, wants := audit.Evaluate(s, chosen.Rules, options)
			return wants
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	report, _ := audit.Evaluate(snapshot, chosen.Rules, options)
	return report
}

// The three forms allow the same.
func TestPermissionFormats(t *testing.T) {
	t.Parallel()
	want := allowed(t, permissions(t))
	var template struct {
		Resources struct {
			SekishoPolicy struct {
				Type       string `yaml:"Type"`
				Properties struct {
					PolicyDocument struct {
						Version   string `yaml:"Version"`
						Statement []struct {
							Effect   string   `yaml:"Effect"`
							Resource string   `yaml:"Resource"`
							Action   []string `yaml:"Action"`
						} `yaml:"Statement"`
					} `yaml:"PolicyDocument"`
				} `yaml:"Properties"`
			} `yaml:"SekishoPolicy"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(permissions(t, "-f", "cloudformation")), &template); err != nil {
		t.Fatal(err)
	}
	policy := template.Resources.SekishoPolicy
	if policy.Type != "AWS::IAM::ManagedPolicy" || policy.Properties.PolicyDocument.Version != "2012-10-17" || len(policy.Properties.PolicyDocument.Statement) != 1 {
		t.Fatalf("got %+v, want a managed policy of one statement", policy)
	}
	statement := policy.Properties.PolicyDocument.Statement[0]
	if statement.Effect != "Allow" || statement.Resource != "*" || !slices.Equal(statement.Action, want) {
		t.Errorf("got %+v, want %v allowed on *", statement, want)
	}
	terraform := permissions(t, "-f", "terraform")
	if got := regexp.MustCompile(`"([a-z-]+:[A-Z]\w+)"`).FindAllStringSubmatch(terraform, -1); len(got) != len(want) {
		t.Errorf("got %d actions for Terraform, want %d", len(got), len(want))
	}
	for _, action := range want {
		if !strings.Contains(terraform, `"`+action+`",`) {
			t.Errorf("got no %s for Terraform, want it", action)
		}
	}
}

// Whatever is read for the whole account can come from a file, and so can what is looked at one by one, by commands
// that the policy allows.
func TestCommandsForEverySection(t *testing.T) {
	t.Parallel()
	script := permissions(t, "--commands", "--rules", "*")
	for _, c := range collect.Collectors() {
		commands := clifiles.CommandsFor(c.Section)
		var actions []string
		for _, command := range commands {
			actions = append(actions, command.Action)
			want := "ask '" + string(c.Section) + "' '" + strings.Join(command.Args, "' '") + "'"
			if command.Each != clifiles.EachAccount {
				want = "  ask \"" + string(c.Section) + "-$" + string(command.Each) + "\" '" + strings.Join(command.Args, "' '") + "' " + command.Each.Option() + " \"$" + string(command.Each) + "\""
			}
			printed := !c.Section.PerUser() || slices.Contains(reportpermissions.SweptSections, c.Section)
			if got := strings.Contains(script, want); got != printed {
				t.Errorf("got %s among the commands: %t, want %t", want, got, printed)
			}
		}
		// What makes the credential report, lists the keys whose use is asked, or confirms that somebody is gone, saves
		// no answer of its own.
		want := without(c.Actions, []string{"iam:GenerateCredentialReport"})
		if c.Section != account.UserSection {
			want = without(want, []string{"iam:GetUser"})
		}
		if c.Section == account.AccessKeyLastUsedSection {
			want = without(want, []string{"iam:ListAccessKeys"})
		}
		if slices.Sort(actions); !slices.Equal(actions, slices.Sorted(slices.Values(want))) {
			t.Errorf("got commands of %v for %s, want %v", actions, c.Section, want)
		}
	}
	if few := permissions(t, "--commands", "--rules", "account-alias"); strings.Contains(few, "saml") {
		t.Errorf("got the SAML providers among the commands for one rule, want what it needs:\n%s", few)
	}
}

// A rule that is named in a standard run looks at each user for itself alone.
func TestCommandsOfANamedRule(t *testing.T) {
	t.Parallel()
	script := permissions(t, "--commands", "--depth", "standard", "--rules", "*,ssh-key-age")
	if !strings.Contains(script, "list-ssh-public-keys") || strings.Contains(script, "list-mfa-devices") || strings.Contains(script, "list-signing-certificates") {
		t.Errorf("got\n%s\nwant the SSH public keys of each user, and no devices and certificates", script)
	}
}

// The commands look at users and regions one by one as far as the audit does.
func TestCommandsFollowTheDepth(t *testing.T) {
	t.Parallel()
	const users, regions, limit = "for user in", "for region in", `if [ "$#" -gt 200 ]`
	tests := []struct {
		args                  []string
		users, regions, limit bool
	}{
		{nil, true, true, true},
		{[]string{"--depth", "deep"}, true, true, false},
		{[]string{"--depth", "standard"}, false, false, false},
		{[]string{"--depth", "standard", "--rules", "access-analyzer"}, false, true, false},
		{[]string{"--depth", "standard", "--rules", "ssh-key-age"}, true, false, false},
		{[]string{"--rules", "ssh-key-age"}, true, false, false},
		{[]string{"--rules", "other-credentials"}, true, false, true},
		{[]string{"--rules", "root"}, false, false, false},
	}
	for _, test := range tests {
		script := permissions(t, append([]string{"--commands"}, test.args...)...)
		got := [3]bool{strings.Contains(script, users), strings.Contains(script, regions), strings.Contains(script, limit)}
		if want := [3]bool{test.users, test.regions, test.limit}; got != want {
			t.Errorf("%v: got users, regions and a limit: %v, want %v", test.args, got, want)
		}
	}
}
