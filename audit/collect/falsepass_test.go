package collect_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

// paged are the actions whose lists the accounts of these tests fill more than a page of.
var paged = []string{
	"iam:GetAccountAuthorizationDetails", "iam:ListUsers", "iam:ListVirtualMFADevices",
	"iam:ListServiceSpecificCredentials", "iam:ListServerCertificates", "account:ListRegions",
}

// audited lists every action that the catalogue may want, sorted; save GetUser, which is asked where somebody is gone.
func audited() []string {
	var actions []string
	for _, c := range collect.Collectors() {
		if c.Section == account.AccountAliasesSection || slices.ContainsFunc(rules.Catalogue(), func(r *audit.Rule) bool {
			return slices.Contains(r.Sections(), c.Section) || slices.Contains(r.WantedSections(), c.Section)
		}) {
			actions = append(actions, c.Actions...)
		}
	}
	actions = slices.DeleteFunc(actions, func(action string) bool { return action == "iam:GetUser" })
	slices.Sort(actions)
	return slices.Compact(actions)
}

func TestNoFalsePassWhateverFails(t *testing.T) {
	t.Parallel()
	for account, unbroken := range map[string]*truth{"demo": demo, "company": company} {
		of := unbroken.of
		whole, truth := unbroken.read(t)
		asked := slices.Sorted(maps.Keys(whole.Calls.ByAction))
		if want := audited(); account == "demo" && !slices.Equal(asked, want) {
			t.Fatalf("%s: got the calls %v, want every action that a rule may want: %v", account, asked, want)
		}
		for _, action := range asked {
			for kind, fault := range map[string]emulator.Fault{
				"denied":     {Kind: emulator.Denied},
				"explicitly": {Kind: emulator.ExplicitlyDenied},
				"throttled":  {Kind: emulator.Throttling},
				"500":        {Kind: emulator.ServiceFailure},
				"torn":       {Kind: emulator.TornReply},
				"hang":       {Kind: emulator.Hang},
				"HTML":       {Kind: emulator.HTMLError},
				"wrong XML":  {Kind: emulator.WrongXML},
				"bad XML":    {Kind: emulator.BadXML},
				"page 2":     {Kind: emulator.ServiceFailure, FirstPage: 2},
			} {
				if account != "demo" && kind != "denied" && kind != "page 2" {
					continue // the kinds differ in how a call fails, not in what its loss means
				}
				if kind == "page 2" && !slices.Contains(paged, action) {
					continue // there is none that could fail
				}
				name := fmt.Sprintf("%s, %s %s", account, action, kind)
				if !slices.Contains([]string{"denied", "torn", "page 2"}, kind) {
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						fault.Action = action
						if sections := bulkSections(action); sections != nil {
							onlyGaps(t, of, fault, sections)
						} else {
							onlyAUsersGap(t, of, fault)
						}
					})
					continue
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					fault.Action = action
					how := emulator.Options{Faults: []emulator.Fault{fault}}
					if partial(name) {
						how.PageCap = 5
					}
					s, report := read(t, of, how)
					failed := slices.ContainsFunc(s.Gaps, func(g gap) bool { return g.Action == action })
					if want := !partial(name) || slices.Contains(paged, action) && s.Calls.ByAction[action] > 1; failed != want {
						t.Errorf("got gaps %v; one of %s: %v, want %v", s.Gaps, action, failed, want)
					}
					noFalsePass(t, name, action, truth, report)
				})
			}
		}
	}
}

// bulkSections are the account-wide sections that an action reads.
func bulkSections(action string) []account.Section {
	var sections []account.Section
	for _, c := range collect.Collectors() {
		if !c.Section.PerUser() && slices.Contains(c.Actions, action) {
			sections = append(sections, c.Section)
		}
	}
	return sections
}

// onlyGaps holds that a failure of whatever kind leaves what a refusal does, whose verdicts are judged: a gap in each
// section, or in each region, and no answer.
func onlyGaps(t *testing.T, of *account.Snapshot, fault emulator.Fault, sections []account.Section) {
	t.Helper()
	s, err := readWith(t, of, emulator.Options{Faults: []emulator.Fault{fault}}, collect.Plan{Sections: withAnother(sections)})
	if err != nil {
		t.Fatalf("got %v, want a run with a gap", err)
	}
	want := len(sections)
	if fault.Action == "access-analyzer:ListAnalyzers" {
		want = len(of.AccessAnalyzers.Value.ByRegion)
	}
	if len(s.Gaps) != want || slices.ContainsFunc(s.Gaps, func(g gap) bool {
		return !slices.Contains(sections, g.Section) || g.Action != fault.Action || g.Code == ""
	}) {
		t.Errorf("got the gaps %v, want %d of %s", s.Gaps, want, fault.Action)
	}
	for _, section := range sections {
		answered := s.Answered(section, "", "")
		switch fault.Action {
		case "iam:GenerateCredentialReport": // an older report may be had where making one is refused
			continue
		case "access-analyzer:ListAnalyzers": // the regions are known, and the analyzers of none
			answered = len(s.AccessAnalyzers.Value.ByRegion) > 0
		}
		if answered {
			t.Errorf("%s is answered although %s failed", section, fault.Action)
		}
	}
}

// withAnother adds a section that is read, so that the run has something to show.
func withAnother(sections []account.Section) []account.Section {
	another := account.AuthorizationDetailsSection
	if slices.Contains(sections, another) {
		another = account.AccountSummarySection
	}
	return append([]account.Section{another}, sections...)
}

// onlyAUsersGap is onlyGaps for an action that asks for one user.
func onlyAUsersGap(t *testing.T, of *account.Snapshot, fault emulator.Fault) {
	t.Helper()
	i := slices.IndexFunc(collect.Collectors(), func(c collect.Collector) bool { return c.Action() == fault.Action })
	section := collect.Collectors()[i].Section
	user := ""
	for _, name := range slices.Sorted(maps.Keys(of.PerUser)) {
		if keys := of.PerUser[name].AccessKeys; keys != nil && len(keys.Value) > 0 {
			user = name
		}
	}
	s, err := readWith(t, of, emulator.Options{Faults: []emulator.Fault{fault}}, collect.Plan{
		Sections: []account.Section{account.AuthorizationDetailsSection}, MaxUsers: 1,
		Wants: func(s *account.Snapshot) []account.Want {
			u := account.New(s).User(user)
			if account.New(s).Asked(section, u) {
				return nil
			}
			return []account.Want{{Section: section, User: u.Name, UserID: u.ID}}
		},
	})
	if err != nil {
		t.Fatalf("got %v, want a run with a gap", err)
	}
	if len(s.Gaps) != 1 || s.Gaps[0].Section != section || s.Gaps[0].Action != fault.Action || s.Gaps[0].Resource != user || s.Gaps[0].Code == "" {
		t.Errorf("got the gaps %v, want one of %s for %s", s.Gaps, fault.Action, user)
	}
	if s.Answered(section, user, "") {
		t.Errorf("%s is answered although %s failed", section, fault.Action)
	}
}

func TestNoFalsePassWhereOneRegionFails(t *testing.T) {
	t.Parallel()
	whole, truth := demo.read(t)
	for _, region := range []string{"ap-northeast-1", "us-east-1"} {
		s, report := read(t, demo.of, emulator.Options{Faults: []emulator.Fault{{Action: "access-analyzer:ListAnalyzers", Region: region, Kind: emulator.Denied}}})
		if len(s.Gaps) != 1 || s.Gaps[0].Resource != region || len(s.AccessAnalyzers.Value.ByRegion) != len(whole.AccessAnalyzers.Value.ByRegion)-1 {
			t.Errorf("got the gaps %v, want one of %s and the other regions' answers", s.Gaps, region)
		}
		noFalsePass(t, "one region, "+region, "access-analyzer:ListAnalyzers", truth, report)
		if report.Summary.Unknown <= truth.Summary.Unknown {
			t.Errorf("%s: got %d unknown, want more than the %d of the whole truth", region, report.Summary.Unknown, truth.Summary.Unknown)
		}
	}
}

func TestNoFalsePassOfACutSnapshot(t *testing.T) {
	t.Parallel()
	for _, unbroken := range []*truth{demo, company} {
		whole, truth := unbroken.read(t)
		shared := access.NewShared()
		for _, c := range collect.Collectors() {
			if c.Section.PerUser() {
				continue
			}
			action := c.Action()
			cut := *whole
			for _, section := range bulkSections(action) { // the contacts are one action's
				cut.Forget(section)
			}
			report, _ := judgeAmong(shared, &cut)
			noFalsePass(t, "without "+string(c.Section), action, truth, report)
		}
		for action, forget := range map[string]func(*account.UserAnswers){
			"iam:ListMFADevices":          func(a *account.UserAnswers) { a.MFADevices = nil },
			"iam:GetLoginProfile":         func(a *account.UserAnswers) { a.LoginProfile = nil },
			"iam:ListAccessKeys":          func(a *account.UserAnswers) { a.AccessKeys, a.AccessKeyLastUsed = nil, nil },
			"iam:ListSSHPublicKeys":       func(a *account.UserAnswers) { a.SSHPublicKeys = nil },
			"iam:ListSigningCertificates": func(a *account.UserAnswers) { a.SigningCertificates = nil },
		} {
			cut := *whole
			cut.PerUser = map[string]*account.UserAnswers{}
			for name, answers := range whole.PerUser {
				less := *answers
				forget(&less)
				cut.PerUser[name] = &less
			}
			report, _ := judgeAmong(shared, &cut)
			noFalsePass(t, "without the users' own answers", action, truth, report)
		}
	}
}

func TestEmulatorOfASnapshotGivesTheSnapshotAgain(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]*account.Snapshot{"demo": emulator.Demo(now), "company": emulator.CompanyFailing(40, 7, now)} {
		first, _ := read(t, of, emulator.Options{})
		second, _ := read(t, first, emulator.Options{PageCap: 7})
		first.Calls, second.Calls = account.Calls{}, account.Calls{}
		if a, b := written(t, first), written(t, second); a != b {
			t.Errorf("%s: got another snapshot from the emulator of the first; first difference at %s", name, difference(a, b))
		}
		if len(second.Gaps) != 0 {
			t.Errorf("%s: got the gaps %v, want none", name, second.Gaps)
		}
	}
}

func written(t *testing.T, s *account.Snapshot) string {
	t.Helper()
	var b strings.Builder
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func difference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return fmt.Sprintf("%q, want %q", b[max(0, i-80):min(len(b), i+80)], a[max(0, i-80):min(len(a), i+80)])
}

func TestWantsEndAfterARun(t *testing.T) {
	t.Parallel()
	s, last := demo.read(t)
	report, wants := judge(s)
	if len(wants) != 0 {
		t.Errorf("got the wants %v of a finished run, want none", wants)
	}
	if got, want := tallyOf(last), tallyOf(report); !reflect.DeepEqual(got, want) {
		t.Errorf("got the verdicts %v when the run ended, want those of all that it read: %v", got, want)
	}
}

func TestCallsOfALargeCompany(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ users, failing, most int }{{1000, 0, 17}, {1000, 30, 17 + 30}} {
		s, _ := readAs(t, emulator.CompanyFailing(test.users, test.failing, now), emulator.Options{}, audit.Options{})
		if got := s.Calls.Total; got > test.most {
			t.Errorf("%d users, %d of them failing: got %d calls (%v), want at most %d", test.users, test.failing, got, s.Calls.ByAction, test.most)
		}
	}
}
