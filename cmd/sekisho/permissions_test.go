package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/clifiles"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
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
		{"console-mfa", []string{"iam:GetLoginProfile", "iam:ListMFADevices"}},
		{"access-key-rotation", []string{"iam:ListAccessKeys"}},
		{"access-key-unused", []string{"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"}},
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

// Whatever a rule wants, alone or where calls fail, is among what the policy allows it.
func TestPermissionsCoverEveryWant(t *testing.T) {
	t.Parallel()
	demo := emulator.Demo(time.Now())
	wanted := 0
	for _, rule := range rules.Catalogue() {
		sections := sectionsWanted([]*audit.Rule{rule}, rules.Points())
		for _, lost := range slices.Concat([]account.Section{""}, sectionsFor(rules.Catalogue())) {
			s := *demo
			s.PerUser = nil
			s.Forget(lost)
			if lost != "" {
				s.Gaps = []account.Gap{{Section: lost, Action: "iam:X", Code: "AccessDenied"}}
			}
			_, wants := audit.Evaluate(&s, []*audit.Rule{rule}, audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points()})
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
	if got := regexp.MustCompile(`"(iam:\w+)"`).FindAllStringSubmatch(terraform, -1); len(got) != len(want) {
		t.Errorf("got %d actions for Terraform, want %d", len(got), len(want))
	}
	for _, action := range want {
		if !strings.Contains(terraform, `"`+action+`",`) {
			t.Errorf("got no %s for Terraform, want it", action)
		}
	}
}

// Whatever is read for the whole account can come from a file, by a command that the policy allows.
func TestCommandsForEverySection(t *testing.T) {
	t.Parallel()
	script := permissions(t, "--commands", "--rules", "*")
	for _, c := range collect.Collectors() {
		command, ok := clifiles.CommandFor(c.Section)
		if !ok || !slices.Contains(c.Actions, command.Action) {
			t.Errorf("got the command %+v for %s, want one of the actions %v", command, c.Section, c.Actions)
		}
		if got := strings.Contains(script, "ask '"+string(c.Section)+"' '"+strings.Join(command.Args, "' '")+"'\n"); got == c.Section.PerUser() {
			t.Errorf("%s: got it among the commands: %t, want %t", c.Section, got, !c.Section.PerUser())
		}
	}
	if few := permissions(t, "--commands", "--rules", "account-alias"); strings.Contains(few, "saml") {
		t.Errorf("got the SAML providers among the commands for one rule, want what it needs:\n%s", few)
	}
}
