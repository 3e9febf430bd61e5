package collect_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

// judgeWith evaluates the rules that run by default, as the command does.
func judgeWith(s *account.Snapshot, options audit.Options) (*audit.Report, []account.Want) {
	selection, err := audit.Select(rules.Catalogue(), nil, nil)
	if err != nil {
		panic(err)
	}
	options.Thresholds, options.Points, options.DeepOnly = audit.DefaultThresholds(), rules.Points(), selection.DeepOnly
	return audit.Evaluate(s, selection.Rules, options)
}

// planOf reads what the rules that run by default need.
func planOf(options audit.Options) collect.Plan {
	selection, err := audit.Select(rules.Catalogue(), nil, nil)
	if err != nil {
		panic(err)
	}
	plan := collect.Plan{MaxUsers: 100, Wants: func(s *account.Snapshot) []account.Want { _, wants := judgeWith(s, options); return wants }}
	for _, rule := range selection.Rules {
		if !slices.Contains(selection.DeepOnly, rule) {
			plan.Sections = append(plan.Sections, rule.Sections()...)
		}
	}
	slices.Sort(plan.Sections)
	plan.Sections = slices.Compact(plan.Sections)
	return plan
}

// readAs collects for the rules that run by default, and judges.
func readAs(t *testing.T, of *account.Snapshot, how emulator.Options, options audit.Options) (*account.Snapshot, *audit.Report) {
	t.Helper()
	s, err := readWith(t, of, how, planOf(options))
	if err != nil {
		t.Fatal(err)
	}
	report, wants := judgeWith(s, options)
	if len(wants) != 0 {
		t.Errorf("got %d wants of a finished run, want none", len(wants))
	}
	return s, report
}

// replacedKey is a company in which one user's key was replaced after the credential report, which still tells of the
// old one.
func replacedKey(users int) (of *account.Snapshot, name string) {
	of = emulator.CompanyFailing(users, 1, now)
	i := slices.IndexFunc(of.AuthorizationDetails.Value.Users, func(u account.UserDetail) bool { return u.Name == "machine-00001" })
	u := of.AuthorizationDetails.Value.Users[i]
	young := "AKIAIOSFODNN7EXAMPLE"
	used := now.Add(-time.Minute)
	answers := of.PerUser[u.Name]
	if answers == nil {
		answers = &account.UserAnswers{ID: u.ID}
	}
	changed := *answers
	changed.AccessKeys = &account.Answer[[]account.ListedAccessKey]{Action: "iam:ListAccessKeys", Began: now, Ended: now, Complete: true,
		Value: []account.ListedAccessKey{{ID: young, Status: "Active", Created: now.Add(-time.Hour)}}}
	changed.AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{young: {Action: "iam:GetAccessKeyLastUsed", Began: now, Ended: now, Complete: true,
		Value: account.KeyLastUsed{At: &used, Service: "s3", Region: "us-east-1"}}}
	perUser := maps.Clone(of.PerUser)
	if perUser == nil {
		perUser = map[string]*account.UserAnswers{}
	}
	perUser[u.Name] = &changed
	of.PerUser = perUser
	return of, u.Name
}

func TestUserFixedWhileTheReportStaysOldIsGreenForTheListThatTheFailureHangsOn(t *testing.T) {
	t.Parallel()
	of, name := replacedKey(300)
	s, r := readAs(t, of, emulator.Options{}, audit.Options{})
	for _, f := range r.Findings {
		t.Errorf("got the finding %s on %s, want none: the key was replaced", f.Rule, f.Name)
	}
	if !slices.ContainsFunc(r.Passed["access-key-rotation"].Resources, func(resource string) bool {
		return strings.Contains(resource, name+"#AKIAIOSFODNN7EXAMPLE")
	}) {
		t.Errorf("got the passes %v, want the new key of %s among them", r.Passed["access-key-rotation"].Resources, name)
	}
	clean, _ := readAs(t, emulator.Company(300, now), emulator.Options{}, audit.Options{})
	if got, want := s.Calls.Total, clean.Calls.Total+1+1; got != want {
		t.Errorf("got %d calls (%v), want %d: the user's keys, and the last use of the one that the report doesn't know", got, s.Calls.ByAction, want)
	}
}

func TestReportThatCanNotBeHadIsReplacedByLiveReading(t *testing.T) {
	t.Parallel()
	of := emulator.CompanyFailing(150, 5, now)
	_, report := readAs(t, of, emulator.Options{}, audit.Options{})
	want := failures(report)
	for name, how := range map[string]emulator.Options{
		"denied":         {Deny: []string{"iam:GenerateCredentialReport", "iam:GetCredentialReport"}},
		"limit exceeded": {Faults: []emulator.Fault{{Action: "iam:GenerateCredentialReport", Kind: emulator.Throttling}, {Action: "iam:GetCredentialReport", Kind: emulator.Throttling}}},
	} {
		s, r := readAs(t, of, how, audit.Options{})
		if got := failures(r); !slices.Equal(got, want) {
			t.Errorf("%s: got the failures %v, want those that the report tells: %v", name, got, want)
		}
		if len(s.Declined) != 0 {
			t.Errorf("%s: got declined %v, want everybody read: the cap is for a second look", name, s.Declined)
		}
		if s.Calls.ByAction["iam:GetLoginProfile"] != 150 || s.Calls.ByAction["iam:ListAccessKeys"] != 150 {
			t.Errorf("%s: got the calls %v, want each user asked", name, s.Calls.ByAction)
		}
		for _, rule := range r.Rules {
			if rule.Status == audit.StatusUnknown && rule.ID == "access-key-rotation" {
				t.Errorf("%s: got %s unknown, want it decided", name, rule.ID)
			}
		}
	}
}

// failures lists what fails, by rule and thing.
func failures(r *audit.Report) []string {
	var out []string
	for _, f := range r.Findings {
		if f.Status == audit.StatusFail {
			out = append(out, f.Rule+" "+audit.Short(f.Resource, f.Item))
		}
	}
	slices.Sort(out)
	return out
}

func TestFreshReadsEverybodyLive(t *testing.T) {
	t.Parallel()
	s, r := readAs(t, emulator.Company(130, now), emulator.Options{}, audit.Options{Fresh: true})
	for _, action := range []string{"iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys"} {
		if got := s.Calls.ByAction[action]; got != 130 {
			t.Errorf("got %d calls of %s, want one for each user", got, action)
		}
	}
	if len(r.Findings) != 0 {
		t.Errorf("got the findings %v, want none", r.Findings)
	}
	for _, source := range r.Passed["console-mfa"].Sources {
		if source.Source == "iam:GetCredentialReport" {
			t.Error("got verdicts that rest on the credential report, want live ones")
		}
	}
}

func TestDeepRunDecidesWhatAStandardOneLeavesOut(t *testing.T) {
	t.Parallel()
	of := emulator.Company(20, now)
	for depth, want := range map[audit.Depth]int{audit.DepthStandard: 0, audit.DepthDeep: 20, audit.DepthAuto: 20} {
		s, _ := readAs(t, of, emulator.Options{}, audit.Options{Depth: depth})
		if got := s.Calls.ByAction["iam:ListSSHPublicKeys"]; got != want {
			t.Errorf("%s: got %d calls of iam:ListSSHPublicKeys, want %d", depth, got, want)
		}
		if got := s.Calls.ByAction["access-analyzer:ListAnalyzers"]; (got > 0) != (want > 0) {
			t.Errorf("%s: got %d calls of access-analyzer:ListAnalyzers", depth, got)
		}
	}
}

func TestSectionRefusedForTheFirstUsersIsNotAskedForTheOthers(t *testing.T) {
	t.Parallel()
	of := emulator.CompanyFailing(100, 40, now)
	s, r := readAs(t, of, emulator.Options{Deny: []string{"iam:ListAccessKeys"}}, audit.Options{})
	if got := s.Calls.ByAction["iam:ListAccessKeys"]; got != 5 {
		t.Errorf("got %d calls of iam:ListAccessKeys, want 5", got)
	}
	i := slices.IndexFunc(s.Declined, func(d account.Decline) bool { return d.Section == account.AccessKeysSection })
	if i < 0 || len(s.Declined[i].Users) != 35 || !strings.Contains(s.Declined[i].Reason, "iam:ListAccessKeys was refused for each of the 5 users who were asked about first") {
		t.Errorf("got declined %+v, want the other 35 and why", s.Declined)
	}
	failed := 0
	for _, f := range r.Findings {
		if f.Rule == "access-key-rotation" && f.Status == audit.StatusFail && len(f.Notes) > 0 {
			failed++
		}
	}
	if failed != 40 {
		t.Errorf("got %d old keys, want 40 as of the report", failed)
	}

	// One who may be asked about shows that the caller may ask.
	some, _ := readAs(t, of, emulator.Options{Faults: []emulator.Fault{{Action: "iam:ListAccessKeys", User: "machine-00001", Kind: emulator.Denied}}}, audit.Options{})
	if got := some.Calls.ByAction["iam:ListAccessKeys"]; got != 40 {
		t.Errorf("got %d calls of iam:ListAccessKeys, want 40: only one user was refused", got)
	}
}

// A user who fails is asked for what the failure hangs on, and nobody else is asked for anything.
func TestUsersAreAskedForWhatTheirFailuresHangOn(t *testing.T) {
	t.Parallel()
	whole := []string{"iam:ListAccessKeys", "iam:ListMFADevices", "iam:GetLoginProfile", "iam:GetAccessKeyLastUsed"}
	count := func(s *account.Snapshot) (calls []int) {
		for _, action := range whole {
			calls = append(calls, s.Calls.ByAction[action])
		}
		return calls
	}
	base, _ := readAs(t, emulator.Company(200, now), emulator.Options{}, audit.Options{})
	if got := count(base); base.Calls.Total > 16 || !slices.Equal(got, []int{0, 0, 0, 0}) {
		t.Errorf("got %d calls where nobody fails, %d of %v, want 16 and none", base.Calls.Total, got, whole)
	}
	old, r := readAs(t, emulator.CompanyFailing(200, 30, now), emulator.Options{}, audit.Options{})
	if got := count(old); !slices.Equal(got, []int{30, 0, 0, 0}) || len(failures(r)) != 30 {
		t.Errorf("30 old keys: got %d calls of %v and %d failures, want their lists alone", got, whole, len(failures(r)))
	}
	of := withoutDevices(emulator.Company(200, now), "person-00000", "person-00002")
	bare, r := readAs(t, of, emulator.Options{}, audit.Options{})
	if got := count(bare); !slices.Equal(got, []int{0, 2, 2, 0}) || len(failures(r)) == 0 {
		t.Errorf("two people and 100 machines without a device: got %d calls of %v, want the people's devices and passwords", got, whole)
	}
}

// withoutDevices takes their MFA devices from users, in the lists and in the report.
func withoutDevices(of *account.Snapshot, names ...string) *account.Snapshot {
	of.VirtualMFADevices.Value = slices.DeleteFunc(of.VirtualMFADevices.Value, func(d account.VirtualMFADevice) bool { return slices.Contains(names, d.Owner.Name) })
	of.AccountSummary.Value["MFADevicesInUse"] -= int32(len(names))
	lines := strings.Split(of.CredentialReport.Value.Content, "\n")
	column := slices.Index(strings.Split(lines[0], ","), "mfa_active")
	for i, line := range lines {
		if cells := strings.Split(line, ","); slices.Contains(names, cells[0]) {
			cells[column] = "false"
			lines[i] = strings.Join(cells, ",")
		}
	}
	of.CredentialReport.Value.Content = strings.Join(lines, "\n")
	for _, name := range names {
		of.PerUser[name].MFADevices.Value = []account.ListedMFADevice{}
	}
	return of
}

// nobodyByTheReport is a company of one person and one machine without federation. The person got their password after
// the credential report was made.
func nobodyByTheReport() *account.Snapshot {
	of := emulator.Company(2, now)
	of.SAMLProviders.Value = []account.Provider{}
	lines := strings.Split(of.CredentialReport.Value.Content, "\n")
	column := slices.Index(strings.Split(lines[0], ","), "password_enabled")
	for i, line := range lines {
		if cells := strings.Split(line, ","); strings.HasPrefix(line, "person-") {
			cells[column] = "false"
			lines[i] = strings.Join(cells, ",")
		}
	}
	of.CredentialReport.Value.Content = strings.Join(lines, "\n")
	return of
}

// A verdict on the account rests on what was said of each user; and who is a machine's user, on there being no
// password.
func TestFreshRunTakesNoPasswordFromTheReport(t *testing.T) {
	t.Parallel()
	refused := emulator.Options{Deny: []string{"iam:GetLoginProfile"}}
	for name, test := range map[string]struct {
		how              emulator.Options
		fresh            bool
		federation, keys audit.Status
	}{
		"fresh, and read":      {emulator.Options{}, true, audit.StatusFail, audit.StatusNotApplicable},
		"fresh, and refused":   {refused, true, audit.StatusUnknown, audit.StatusUnknown},
		"the report is enough": {refused, false, audit.StatusPass, audit.StatusNotApplicable},
	} {
		_, r := readAs(t, nobodyByTheReport(), test.how, audit.Options{Fresh: test.fresh})
		for id, want := range map[string]audit.Status{"identity-federation": test.federation, "mfa-enforced-access-key": test.keys} {
			i := slices.IndexFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == id })
			if got := r.Rules[i]; got.Status != want {
				t.Errorf("%s: got %s %s, want %s", name, id, got.Status, want)
			}
		}
	}
}

// With nobody to be asked, the kinds of devices that others' answers might have told are declined as well, and nothing
// stays wanted.
func TestWhatWaitedForDeclinedAnswersIsDeclinedToo(t *testing.T) {
	t.Parallel()
	plan := planOf(audit.Options{})
	plan.MaxUsers = 0
	s, err := readWith(t, emulator.Demo(now), emulator.Options{}, plan)
	if err != nil {
		t.Fatal(err)
	}
	if _, wants := judgeWith(s, audit.Options{}); len(wants) != 0 {
		t.Errorf("got the wants %v of a finished run, want none", wants)
	}
	if got := s.Calls.ByAction["iam:ListMFADevices"]; got != 0 {
		t.Errorf("got %d calls of iam:ListMFADevices, want none", got)
	}
}

// One user has text messages besides an app, so no other's kinds can be told from the number of devices; and that user
// and others fail on the credential report, whom a run that asks nobody would decline to look at again.
func TestDeepRunReadsTheKindsOfAllDevicesWhateverTheCap(t *testing.T) {
	t.Parallel()
	of := emulator.Demo(now)
	const name = "nakamura.riku"
	devices := of.PerUser[name].MFADevices
	devices.Value = append(devices.Value, account.ListedMFADevice{Serial: "arn:aws:iam::123456789012:sms-mfa/" + name, EnabledSince: now.AddDate(-1, 0, 0)})
	of.AccountSummary.Value["MFADevicesInUse"]++
	options := audit.Options{Depth: audit.DepthDeep}
	plan := planOf(options)
	plan.MaxUsers = 0
	s, err := readWith(t, of, emulator.Options{}, plan)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := judgeWith(s, options)
	failed := false
	for _, f := range r.Findings {
		failed = failed || f.Rule == "mfa-sms" && f.Name == name && f.Status == audit.StatusFail
		if f.Status == audit.StatusUnknown {
			t.Errorf("got %s unknown for %s (%s), want a verdict", f.Rule, f.Name, f.Message)
		}
	}
	if !failed {
		t.Errorf("got no failure of mfa-sms for %s, want one", name)
	}
}

// What is looked at last, of which nothing more is wanted, is what is returned to the last word: who has judged it needs not judge
// it again. Answers that failed and users who were declined are in it, in the order that it is saved in.
func TestWhatIsWantedOfLastIsReturned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		how emulator.Options
		max int
	}{
		"all is answered":   {emulator.Options{}, 100},
		"some are declined": {emulator.Options{}, 3},
		"some are refused": {emulator.Options{Faults: []emulator.Fault{
			{Action: "iam:ListMFADevices", Kind: emulator.Denied}, {Action: "iam:ListAccessKeys", Kind: emulator.Denied}, {Action: "iam:GetAccountPasswordPolicy", Kind: emulator.Denied},
		}}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := planOf(audit.Options{})
			var last []byte
			wants, rounds := plan.Wants, 0
			plan.MaxUsers, plan.Wants = test.max, func(s *account.Snapshot) []account.Want {
				asked := wants(s)
				last = encoded(t, s)
				rounds++
				return asked
			}
			s, err := readWith(t, emulator.CompanyFailing(60, 10, now), test.how, plan)
			if err != nil {
				t.Fatal(err)
			}
			if got := encoded(t, s); !bytes.Equal(got, last) {
				t.Errorf("got a snapshot that nobody looked at: %s", difference(string(last), string(got)))
			}
			if rounds < 2 || len(s.Declined) == 0 && test.max < 10 || len(s.Gaps) == 0 && len(test.how.Faults) > 0 {
				t.Errorf("got %d rounds, %d declined and %d gaps, want two rounds, and some of what the case is about", rounds, len(s.Declined), len(s.Gaps))
			}
		})
	}
}

func encoded(t *testing.T, s *account.Snapshot) []byte {
	t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
