package change_test

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
	"sekisho/audit/change"
	"sekisho/audit/emulator"
	"sekisho/audit/lists"
	"sekisho/audit/rules"
)

var update = flag.Bool("update", false, "rewrite testdata/change")

var now = time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)

const (
	allowOne  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::one/*"}]}`
	allowRead = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	trustEC2  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// demo is the demo account with more of what can be changed: a boundary, SSH keys and certificates that are listed.
func demo(t *testing.T) *account.Snapshot {
	t.Helper()
	s, err := change.Apply(emulator.Demo(now), change.New("iam:PutUserPermissionsBoundary", "tanaka.aoi", policyOfDemo(emulator.Demo(now), "SandboxLimits")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func policyOfDemo(s *account.Snapshot, name string) string { return change.PolicyARN(s, "/", name) }

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
	if want := change.Actions(); !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
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
		after, err := change.Apply(s, c)
		if err != nil {
			t.Errorf("%s: %v", c.Action, err)
			continue
		}
		if same(t, s, after) && !slices.Contains(alreadySo, c.Action) && !takesTime(c) {
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
			restored, err := change.Apply(after, back...)
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

// alreadySo are kinds whose samples ask for what is there.
var alreadySo = []string{"iam:SetDefaultPolicyVersion", "iam:EnableOrganizationsRootCredentialsManagement"}

// takesTime reports whether a change is a stage in which the account stays as it is.
func takesTime(c change.Change) bool {
	return slices.Contains([]change.Stage{change.Deploy, change.Watch, change.Wait, change.UntilThen}, c.Stage())
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
func gone(c change.Change, fact string) bool {
	return (c.Action == "iam:DeleteUser" || c.Action == "person:GiveMachineARole") && strings.HasPrefix(fact, fmt.Sprint(c.With["UserName"])+"'s ")
}

// All kinds together leave no verdict unknown that was known, nor an answer that contradicts another.
func TestNothingBecomesUnknown(t *testing.T) {
	t.Parallel()
	s := withSpares(t, demo(t))
	after := s
	for _, c := range samples(s) {
		next, err := change.Apply(after, c)
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

// AWS wants things to be done in an order, and refuses what is left out.
func TestNeeds(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	steps, after := complete(t, s, change.New("iam:DeleteUser", "nakamura.riku"))
	var got []string
	for _, step := range steps {
		got = append(got, step.Action)
	}
	want := []string{"iam:DeleteLoginProfile", "iam:DeleteAccessKey", "iam:DeleteSSHPublicKey", "iam:DeleteServiceSpecificCredential", "iam:DeactivateMFADevice",
		"iam:DeleteVirtualMFADevice", "iam:RemoveUserFromGroup", "iam:DeleteUser"}
	if !slices.Equal(got, want) || account.New(after).User("nakamura.riku") != nil {
		t.Errorf("got %v, want %v, and nobody left", got, want)
	}
	for _, c := range []change.Change{change.New("iam:DeleteUser", "nakamura.riku"), change.New("iam:DeleteGroup", "developers"), change.New("iam:DeletePolicy", change.PolicyARN(s, "/", "ForceMFA")), change.New("iam:DeleteRole", "app-server")} {
		if _, err := change.Apply(s, c); err == nil {
			t.Errorf("%s: got it applied, want it refused", c)
		}
		if _, err := change.Complete(s, c); err != nil {
			t.Errorf("%s: got %v, want it to be done in order", c, err)
		}
	}
	versions := change.New("iam:CreatePolicyVersion", change.PolicyARN(s, "/", "ForceMFA"), allowRead, true)
	steps, _ = complete(t, s, versions, versions, versions, versions, versions)
	if len(steps) != 6 || steps[4].Action != "iam:DeletePolicyVersion" || steps[4].With["VersionId"] != "v1" {
		t.Errorf("got %v, want the oldest version deleted before the sixth", steps)
	}
}

// What a plan says is made as it stands there: nothing before it, and not what AWS refuses for want of that.
func TestExactly(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	group, user := change.New("iam:DeleteGroup", "developers"), change.New("iam:DeleteUser", "nakamura.riku")
	alias := change.New("iam:DeleteAccountAlias", "hakone-trading")
	whole, _ := complete(t, s, user)
	steps := append([]change.Step{{Change: group}, {Change: alias}}, whole...)
	made, left, after, err := change.Exactly(s, steps)
	if err != nil || len(left) != 1 || !left[0].Equal(group) || len(made) != len(steps)-1 || account.New(after).User("nakamura.riku") != nil {
		t.Fatalf("got %v made and %v left out (%v), want all made but the deletion of a group that has members", made, left, err)
	}
	if !made[0].Equal(alias) || len(made[0].Back) == 0 || !made[1].Needed || made[len(made)-1].Needed {
		t.Errorf("got %+v, want each change as it was given, with what undoes it", made)
	}
	if _, _, _, err := change.Exactly(s, []change.Step{{Change: change.New("iam:DeleteAccessKey", "nobody", "x")}}); err == nil {
		t.Errorf("got a change of nobody made, want it refused")
	}
}

// What isn't there, or is AWS's alone, is refused with words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	for want, c := range map[string]change.Change{
		"can't delete the user nobody: the account has no user/nobody":                                                                                                                       change.New("iam:DeleteUser", "nobody"),
		"can't attach policy/Nothing to user/fujita.nao: the account has no policy arn:aws:iam::123456789012:policy/Nothing":                                                                 change.New("iam:AttachUserPolicy", "fujita.nao", change.PolicyARN(s, "/", "Nothing")),
		"can't attach policy/IAMFullAccess to user/fujita.nao: the document of arn:aws:iam::aws:policy/IAMFullAccess is not known: AWS tells that of its own policies where they are in use": change.New("iam:AttachUserPolicy", "fujita.nao", "arn:aws:iam::aws:policy/IAMFullAccess"),
		"can't delete policy/ReadOnlyAccess: arn:aws:iam::aws:policy/ReadOnlyAccess is AWS's: nobody else changes it":                                                                        change.New("iam:DeletePolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
		"can't delete the role AWSServiceRoleForSupport: role/AWSServiceRoleForSupport is service-linked: AWS alone changes it":                                                              change.New("iam:DeleteRole", "AWSServiceRoleForSupport"),
		"can't create the policy FORCEMFA: there is a policy FORCEMFA already":                                                                                                               change.New("iam:CreatePolicy", "FORCEMFA", allowRead),
		"can't delete the console password of user/metrics: user/metrics has no console password, or it is not known":                                                                        change.New("iam:DeleteLoginProfile", "metrics"),
	} {
		if _, err := change.Apply(s, c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// What can't be made is found in one go, whatever stands after it; but for what may fail because half of it was made.
func TestAllThatFailsIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	leave := func(user string) change.Change { return change.New("iam:RemoveUserFromGroup", "developers", user) }
	works := [][]change.Change{
		{leave("watanabe.sota")}, {change.New("iam:DeleteUser", "old-website"), change.New("iam:DeleteRole", "nobody")}, {change.New("iam:CreateAccessKey", "fujita.nao")},
		{change.New("iam:DeleteUser", "old-website")}, {change.New("iam:DeleteLoginProfile", "metrics")}, {change.New("iam:DeleteGroup", "partners")},
	}
	made, after, failed := change.MadeEach(s, works)
	if made != nil || after != nil || !slices.Equal(slices.Sorted(maps.Keys(failed)), []int{1, 4}) {
		t.Errorf("got %d works made, and errors %v, want none, and errors of the second and the fifth", len(made), failed)
	}
	works[1], works[4] = nil, nil
	made, after, failed = change.MadeEach(s, works)
	if failed != nil || len(made) != len(works) || len(made[0]) != 1 || made[0][0].Action != "iam:RemoveUserFromGroup" || len(made[1]) != 0 || account.New(after).User("old-website") != nil {
		t.Errorf("got %v and errors %v, want the rest made, each in its place", made, failed)
	}
}

// complete makes changes with all that AWS wants first.
func complete(t *testing.T, s *account.Snapshot, changes ...change.Change) ([]change.Step, *account.Snapshot) {
	t.Helper()
	steps, err := change.Complete(s, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return steps, mustApply(t, s, lists.Map(steps, func(step change.Step) change.Change { return step.Change })...)
}

func mustApply(t *testing.T, s *account.Snapshot, changes ...change.Change) *account.Snapshot {
	t.Helper()
	after, err := change.Apply(s, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return after
}
