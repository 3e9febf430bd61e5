package change

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
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

var update = flag.Bool("update", false, "rewrite testdata/change")

var now = time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)

const (
	allowRead = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	trustEC2  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// demo is the demo account with more of what can be changed: a boundary, SSH keys and certificates that are listed.
func demo(t *testing.T) *account.Snapshot {
	t.Helper()
	s, err := Apply(emulator.Demo(now), New("iam:PutUserPermissionsBoundary", "tanaka.aoi", policyOfDemo(emulator.Demo(now), "SandboxLimits")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func policyOfDemo(s *account.Snapshot, name string) string { return PolicyARN(s, "/", name) }

// samples are changes of all kinds, each of which can be made to the demo account by itself.
func samples(s *account.Snapshot) []Change {
	own := func(user string) *account.UserAnswers { return s.PerUser[user] }
	key := own("ci-deploy").AccessKeys.Value[0].ID
	arn := policyOfDemo(s, "DeployWebsite")
	var credential account.ServiceCredential
	for _, c := range s.ServiceCredentials.Value {
		if c.User == "tanaka.aoi" {
			credential = c
		}
	}
	ssh := own("tanaka.aoi").SSHPublicKeys.Value[0].ID
	certificate := own("log-shipper").SigningCertificates.Value[0].ID
	device := "arn:aws:iam::123456789012:mfa/"
	return []Change{
		New("iam:CreatePolicy", "new", allowRead), New("iam:DeletePolicy", policyOfDemo(s, "TemporaryAdmin")), New("iam:CreatePolicyVersion", arn, allowRead, true),
		New("iam:SetDefaultPolicyVersion", policyOfDemo(s, "DeveloperExtras"), "v5"), New("iam:DeletePolicyVersion", policyOfDemo(s, "spare"), "v1"),
		New("iam:UpdateAssumeRolePolicy", "operations", trustEC2),
		New("iam:AttachUserPolicy", "fujita.nao", arn), New("iam:DetachUserPolicy", "fujita.nao", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
		New("iam:PutUserPolicy", "mori@client.example", "client-share", allowRead), New("iam:DeleteUserPolicy", "mori@client.example", "client-share"),
		New("iam:PutUserPermissionsBoundary", "sato.yuki", arn), New("iam:DeleteUserPermissionsBoundary", "tanaka.aoi"),
		New("iam:AttachGroupPolicy", "partners", arn), New("iam:DetachGroupPolicy", "auditors", policyOfDemo(s, "DenyWithoutMFA")),
		New("iam:PutGroupPolicy", "partners", "own", allowRead), New("iam:DeleteGroupPolicy", "spare", "own"),
		New("iam:AttachRolePolicy", "share-test", arn), New("iam:DetachRolePolicy", "share-test", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
		New("iam:PutRolePolicy", "share-test", "own", allowRead), New("iam:DeleteRolePolicy", "agency-admin", "everything"),
		New("iam:PutRolePermissionsBoundary", "operations", arn), New("iam:DeleteRolePermissionsBoundary", "sandbox"),
		New("iam:AddUserToGroup", "support-desk", "fujita.nao"), New("iam:RemoveUserFromGroup", "developers", "watanabe.sota"),
		New("iam:RemoveRoleFromInstanceProfile", "app-server", "app-server"),
		New("iam:CreateUser", "new", "/machines/"), New("iam:CreateGroup", "new"), New("iam:CreateRole", "new", trustEC2),
		New("iam:DeleteUser", "spare"), New("iam:DeleteGroup", "bare"), New("iam:DeleteRole", "spare"),
		New("iam:DeleteLoginProfile", "fujita.nao"), New("iam:DeleteServerCertificate", "www.hakone-trading.example"),
		New("iam:UpdateAccessKey", "ci-deploy", key, inactive), New("iam:DeleteAccessKey", "ci-deploy", key),
		New("iam:UpdateSigningCertificate", "log-shipper", certificate, inactive), New("iam:DeleteSigningCertificate", "log-shipper", certificate),
		New("iam:UpdateSSHPublicKey", "tanaka.aoi", ssh, inactive), New("iam:DeleteSSHPublicKey", "tanaka.aoi", ssh),
		New("iam:UpdateServiceSpecificCredential", "tanaka.aoi", credential.ID, inactive), New("iam:DeleteServiceSpecificCredential", "tanaka.aoi", credential.ID),
		New("iam:DeactivateMFADevice", "kondo.emi", device+"kondo.emi"), New("iam:DeleteVirtualMFADevice", device+"watanabe.sota"),
		PasswordPolicy(account.PasswordPolicy{MinimumPasswordLength: 16, RequireSymbols: true, MaxPasswordAgeDays: 90, PasswordReusePrevention: 24}),
		New("iam:DeleteAccountPasswordPolicy"), New("iam:CreateAccountAlias", "hakone"), New("iam:DeleteAccountAlias", "hakone-trading"),
		New("access-analyzer:CreateAnalyzer", "new", "ACCOUNT", "eu-west-1"), New("access-analyzer:DeleteAnalyzer", "hakone-external-access", "us-east-1"),
		New("account:PutAlternateContact", "BILLING", "Accounting", "-", "billing@hakone-trading.example", "+81-460-00-0001"),
		New("account:DeleteAlternateContact", "SECURITY"),
		New("person:EnrolMFADevice", "watanabe.sota"), New("person:EnrolRootMFADevice"), New("person:DeleteRootAccessKeys"),
	}
}

// spares are what some samples are about.
func withSpares(t *testing.T, s *account.Snapshot) *account.Snapshot {
	t.Helper()
	s, err := Apply(s, New("iam:CreatePolicy", "spare", allowRead), New("iam:CreatePolicyVersion", policyOfDemo(s, "spare"), allowRead, true),
		New("iam:CreateUser", "spare"), New("iam:CreateRole", "spare", trustEC2), New("iam:CreateGroup", "spare"), New("iam:CreateGroup", "bare"), New("iam:PutGroupPolicy", "spare", "own", allowRead))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// text is a value as a text, without what undoing doesn't bring back: the order of lists, and when a policy was updated
// last.
func text(t *testing.T, of any) string {
	t.Helper()
	data, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return sorted(value)
}

// same reports whether two snapshots say the same. What they share isn't looked at.
func same(t *testing.T, a, b *account.Snapshot) bool {
	t.Helper()
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		if v, w := x.Field(i), y.Field(i); x.Type().Field(i).Name != "PerUser" && !(v.Kind() == reflect.Pointer && v.Pointer() == w.Pointer()) && text(t, v.Interface()) != text(t, w.Interface()) {
			return false
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(a.PerUser)), slices.Collect(maps.Keys(b.PerUser))) {
		if v, w := a.PerUser[name], b.PerUser[name]; v != w && text(t, v) != text(t, w) {
			return false
		}
	}
	return true
}

func sorted(v any) string {
	var parts []string
	switch v := v.(type) {
	case map[string]any:
		for name, of := range v {
			if name != "updated" {
				parts = append(parts, name+":"+sorted(of))
			}
		}
	case []any:
		for _, of := range v {
			parts = append(parts, sorted(of))
		}
	default:
		return fmt.Sprint(v)
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, "\n") + "}"
}

func TestAllKindsHaveSamples(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, c := range samples(withSpares(t, demo(t))) {
		got[c.Action] = true
	}
	if want := slices.Sorted(maps.Keys(kinds)); !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
		t.Errorf("got samples of %v, want some of %v", slices.Sorted(maps.Keys(got)), want)
	}
}

// A change says what it does, in a command or in steps for a person, and leaves the old snapshot alone; what it makes
// could be an account's; what undoes it leads back.
func TestEachKind(t *testing.T) {
	t.Parallel()
	s := withSpares(t, demo(t))
	before, known := text(t, s), facts(account.New(s))
	undone := 0
	for _, c := range samples(s) {
		after, err := Apply(s, c)
		if err != nil {
			t.Errorf("%s: %v", c.Action, err)
			continue
		}
		if same(t, s, after) && c.Action != "iam:SetDefaultPolicyVersion" {
			t.Errorf("%s: got the same snapshot, want another", c)
		}
		if err := after.Validate(); err != nil {
			t.Errorf("%s: got a snapshot that AWS can't have sent: %v", c, err)
		}
		got := facts(account.New(after))
		for fact := range known {
			if !got[fact] && !gone(c, fact) {
				t.Errorf("%s: got %s unknown, want it known as before", c, fact)
				break
			}
		}
		if len(c.Steps()) == 0 || c.Words().Empty() {
			t.Errorf("%s: got no words or steps", c.Action)
		}
		if cmd, ok := c.Command(); ok == c.ByHand() || ok && len(cmd.Args()) < 3 {
			t.Errorf("%s: got the command %v, want one of what is not for a person", c, cmd.Args())
		}
		if back := c.Undo(s); len(back) > 0 {
			undone++
			restored, err := Apply(after, back...)
			if err != nil {
				t.Errorf("%s, undone: %v", c, err)
			} else if !same(t, s, restored) {
				t.Errorf("%s, undone by %v: got another snapshot than before", c, back)
			}
		}
	}
	if text(t, s) != before {
		t.Error("got the old snapshot changed, want it as it was")
	}
	if undone < 34 {
		t.Errorf("got %d changes that can be undone, want 34 at least", undone)
	}
}

// facts are those that are known of an account, by whose and what they are.
func facts(a *account.Account) map[string]bool {
	known := map[string]bool{}
	for name, state := range map[string]account.State{
		"users": &a.UserCount, "groups": &a.GroupCount, "roles": &a.RoleCount, "policies": &a.PolicyCount, "devices": &a.VirtualMFADeviceCount, "credentials": &a.ServiceCredentialCount,
		"certificates": &a.ServerCertificateCount, "regions": &a.RegionCount, "alias": &a.Alias, "password policy": &a.PasswordPolicy,
		"root password": &a.Root.Password, "root MFA": &a.Root.MFA, "root keys": &a.Root.AccessKeys,
	} {
		known[name] = state.OK()
	}
	for _, u := range a.Users {
		for name, state := range map[string]account.State{
			"password": &u.Password, "MFA": &u.MFA, "devices": &u.MFADevices, "keys": &u.AccessKeys, "certificates": &u.SigningCertificates, "SSH keys": &u.SSHKeys,
			"groups": &u.Groups, "last use": &u.PasswordLastUsed, "password age": &u.PasswordLastChanged,
		} {
			known[u.Name+"'s "+name] = state.OK()
		}
	}
	maps.DeleteFunc(known, func(_ string, ok bool) bool { return !ok })
	return known
}

// gone reports whether a fact went with its user.
func gone(c Change, fact string) bool {
	return c.Action == "iam:DeleteUser" && strings.HasPrefix(fact, c.With.text("UserName")+"'s ")
}

// All kinds together leave no verdict unknown that was known, nor an answer that contradicts another.
func TestNothingBecomesUnknown(t *testing.T) {
	t.Parallel()
	s := withSpares(t, demo(t))
	after := s
	for _, c := range samples(s) {
		next, err := Apply(after, c)
		if err != nil {
			continue // another has taken it away
		}
		after = next
	}
	was, is := evaluate(s), evaluate(after)
	if got := account.New(after); len(got.Contradicted) > 0 || len(got.Kept.Gaps) > len(account.New(s).Kept.Gaps) {
		t.Errorf("got the contradictions %v and the gaps %v, want none that are new", got.Contradicted, got.Kept.Gaps)
	}
	before := map[string]bool{}
	for _, f := range was.Findings {
		if f.Status == audit.StatusUnknown {
			before[f.Rule+f.Resource] = true
		}
	}
	for _, f := range is.Findings {
		if f.Status == audit.StatusUnknown && !before[f.Rule+f.Resource] && f.Name != "new" {
			t.Errorf("got %s unknown for %s (%s), want it known as before", f.Rule, f.Resource, f.Message)
		}
	}
}

func evaluate(s *account.Snapshot) *audit.Report {
	report, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Depth: audit.DepthDeep})
	return report
}

// The commands of all kinds, one a line, are what testdata/moto/changes_check.py has the aws command parse.
func TestCommands(t *testing.T) {
	t.Parallel()
	var all []any
	for _, c := range samples(withSpares(t, demo(t))) {
		if cmd, ok := c.Command(); ok {
			all = append(all, map[string]any{"action": c.Action, "parameters": c.With, "command": cmd.Args(), "files": cmd.Files()})
		}
	}
	got, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "testdata", "change", "commands.json")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("got other commands than %s has; look at what go test ./audit/change -update makes of it", path)
	}
}
