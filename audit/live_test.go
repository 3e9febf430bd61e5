package audit

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// aliceFails is an account in which alice has a password and no MFA device, by the report; bob has one.
func aliceFails() *account.Snapshot {
	return snapshot([]string{"alice", "bob"}, reported("alice", true, false, ""), reported("bob", true, true, ""))
}

// readLive adds what AWS says of a user now: a password, and these devices.
func readLive(s *account.Snapshot, user string, password bool, serials ...string) {
	devices := []account.ListedMFADevice{}
	for _, serial := range serials {
		devices = append(devices, account.ListedMFADevice{Serial: serial, EnabledSince: now})
	}
	var profile *account.LoginProfile
	if password {
		profile = &account.LoginProfile{Created: now.AddDate(-1, 0, 0)}
	}
	if s.PerUser == nil {
		s.PerUser = map[string]*account.UserAnswers{}
	}
	s.PerUser[user] = &account.UserAnswers{
		ID: "AIDA" + strings.ToUpper(user), LoginProfile: answer("iam:GetLoginProfile", profile), MFADevices: answer("iam:ListMFADevices", devices),
	}
}

func TestUserMendedSinceTheReportPasses(t *testing.T) {
	t.Parallel()
	s := aliceFails()
	readLive(s, "alice", true, "arn:aws:iam::123456789012:mfa/alice")
	r, wants := evaluate(s, mfaRule())
	if r.Rules[0].Status != StatusPass || len(wants) != 0 {
		t.Errorf("got %s and the wants %v, want a pass on the live answers", r.Rules[0].Status, wants)
	}
	if !slices.Contains(r.Passed["console-mfa"].Sources, Source{"iam:ListMFADevices", now}) {
		t.Errorf("got the sources %v, want the live answer among them", r.Passed["console-mfa"].Sources)
	}
}

func TestUserWhoStillFailsFailsOnLiveEvidence(t *testing.T) {
	t.Parallel()
	s := aliceFails()
	readLive(s, "alice", true)
	r, wants := evaluate(s, mfaRule())
	f := r.Findings[0]
	if f.Status != StatusFail || len(f.Notes) != 0 || len(wants) != 0 {
		t.Fatalf("got %+v and the wants %v, want a failure and nothing more to ask", f, wants)
	}
	for _, said := range f.Evidence {
		if said.Source == "iam:GetCredentialReport" {
			t.Errorf("got the evidence %+v, want live evidence alone", said)
		}
	}
}

func TestFailureThatCanNotBeLookedAtAgainStandsAsOfTheReport(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*account.Snapshot){
		"iam:ListMFADevices failed: AccessDenied: no": func(s *account.Snapshot) {
			readLive(s, "alice", true)
			s.PerUser["alice"].MFADevices = nil
			s.Gaps = []account.Gap{{Section: account.MFADevicesSection, Resource: "alice", Action: "iam:ListMFADevices", Code: "AccessDenied", Message: "no"}}
		},
		"too many": func(s *account.Snapshot) {
			s.Declined = []account.Decline{
				{Section: account.LoginProfileSection, Users: []string{"alice"}, Reason: "too many"},
				{Section: account.MFADevicesSection, Users: []string{"alice"}, Reason: "too many"},
			}
		},
	} {
		s := aliceFails()
		set(s)
		r, wants := evaluate(s, mfaRule())
		f := r.Findings[0]
		if f.Status != StatusFail || len(f.Notes) != 1 || f.Notes[0].String() != "as of the credential report of 2026-11-22 04:00 UTC, and not looked at again: "+name {
			t.Errorf("%s: got %+v, want the failure to stand as of the report", name, f)
		}
		if len(wants) != 0 {
			t.Errorf("%s: got the wants %v, want none", name, wants)
		}
	}
}

// The failures of thousands of users stand for one reason, and share its note, to which nobody can add for the others.
func TestFailuresShareWhyTheyStand(t *testing.T) {
	t.Parallel()
	e := evaluation{account: &account.Account{}, stale: map[string][]message.Message{}}
	first, again, other := e.notAgain(message.New("too many")), e.notAgain(message.New("too many")), e.notAgain(message.New("refused"))
	if &first[0] != &again[0] || &first[0] == &other[0] || cap(first) != len(first) {
		t.Errorf("got %v, %v and %v with room for %d, want the first two shared, without room", first, again, other, cap(first))
	}
}

func TestFreshWantsEverybody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rules []*Rule
		want  []account.Section
	}{
		"what the rules can use, without a cap":                      {[]*Rule{mfaRule()}, []account.Section{account.LoginProfileSection, account.MFADevicesSection}},
		"signing certificates, which the report may not know of yet": {[]*Rule{certificateRule()}, []account.Section{account.SigningCertificatesSection}},
	} {
		s := snapshot([]string{"bob"}, reported("bob", true, true, "")+",false,N/A,false,N/A")
		s.CredentialReport.Value.Content = strings.Replace(s.CredentialReport.Value.Content, reportHeader,
			reportHeader+",cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated", 1)
		r, wants := Evaluate(s, test.rules, Options{Thresholds: DefaultThresholds(), Fresh: true})
		want := liveWants("bob", test.want...)
		for i := range want {
			want[i].Uncapped = true
		}
		if !slices.Equal(wants, want) {
			t.Errorf("%s: got the wants %v, want %v", name, wants, want)
		}
		if !r.Configuration.Fresh {
			t.Errorf("%s: got a report that doesn't say that everybody was read live", name)
		}
	}
}

// certificateRule needs the users' signing certificates.
func certificateRule() *Rule {
	return &Rule{ID: "certificates", Title: "t", Problem: "p", Category: CategoryOther, Severity: Low, Why: "w", How: "h", Fix: Fix{Steps: []FixStep{{Text: "f"}}},
		Needs: []account.Fact{account.UserSigningCertificates},
		Check: func(p *Pass) {
			for u := range p.Users() {
				p.NotApplicable(u, message.New("no active signing certificate"))
			}
		}}
}

func TestLiveReadingReplacesAReportThatCanNotBeHad(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "bob"})
	s.CredentialReport = nil
	s.Gaps = []account.Gap{{Section: account.CredentialReportSection, Action: "iam:GenerateCredentialReport", Code: "LimitExceeded", Message: "no"}}
	readLive(s, "alice", true)
	readLive(s, "bob", false)
	r, wants := evaluate(s, mfaRule())
	if got := r.Rules[0]; got.Fail != 1 || got.NotApplicable != 1 || got.Unknown != 0 || len(wants) != 0 {
		t.Errorf("got %+v and the wants %v, want alice's failure and bob not applicable", got, wants)
	}
}

func TestDeepRunLooksAtEachUser(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "ci"}, reported("alice", true, true, ""), reported("ci", false, false, ""))
	devices := &Rule{ID: "devices", Title: "t", Problem: "p", Category: CategoryMFA, Severity: Low, Why: "w", How: "h", Fix: Fix{Steps: []FixStep{{Text: "f"}}},
		Needs: []account.Fact{account.UserPassword}, Uses: []account.Fact{account.UserMFADevices, account.UserPasswordResetRequired},
		Check: func(p *Pass) {
			for u := range p.Users() {
				p.Pass(u)
			}
		}}
	_, wants := Evaluate(s, []*Rule{devices}, Options{Thresholds: DefaultThresholds(), Depth: DepthDeep})
	want := liveWants("alice", account.LoginProfileSection, account.MFADevicesSection)
	for i := range want {
		want[i].Uncapped = true
	}
	if !slices.Equal(wants, want) {
		t.Errorf("got the wants %v, want %v: the machine has neither password nor device", wants, want)
	}
	if _, wants := Evaluate(s, []*Rule{devices}, Options{Thresholds: DefaultThresholds(), Depth: DepthStandard}); len(wants) != 0 {
		t.Errorf("got the wants %v of a standard run, want none: no verdict hangs on them", wants)
	}
}

// sweeping is a rule that looks at each user.
func sweeping() *Rule {
	return &Rule{ID: "ssh-keys", Title: "t", Problem: "p", Category: CategoryOther, Severity: Low, Why: "w", How: "h", Fix: Fix{Steps: []FixStep{{Text: "f"}}}, Sweep: SweepUsers,
		Needs: []account.Fact{account.UserSSHKeys},
		Check: func(p *Pass) {
			for u := range p.Users() {
				p.Pass(u)
			}
		}}
}

func TestDepthDecidesOnWhatSweeps(t *testing.T) {
	t.Parallel()
	manyUsers := make([]string, AutoDeepUsers+1)
	for i := range manyUsers {
		manyUsers[i] = "user" + strings.Repeat("x", i)
	}
	few, many, uncounted := snapshot([]string{"alice"}), snapshot(manyUsers), snapshot([]string{"alice"})
	uncounted.AuthorizationDetails.Complete = false
	for _, test := range []struct {
		name  string
		s     *account.Snapshot
		depth Depth
		want  Depth
		cost  *Cost
	}{
		{"standard", few, DepthStandard, DepthStandard, &Cost{Each: "user", Calls: 1, Minutes: 1}},
		{"nothing asked for", few, "", DepthStandard, &Cost{Each: "user", Calls: 1, Minutes: 1}},
		{"deep", many, DepthDeep, DepthDeep, nil},
		{"auto, few users", few, DepthAuto, DepthDeep, nil},
		{"auto, many users", many, DepthAuto, DepthStandard, &Cost{Each: "user", Calls: 201, Minutes: 1}},
		{"auto, users not known", uncounted, DepthAuto, DepthStandard, &Cost{Each: "user"}},
	} {
		rule := sweeping()
		r, wants := Evaluate(test.s, []*Rule{rule}, Options{Thresholds: DefaultThresholds(), Depth: test.depth, DeepOnly: []*Rule{rule}})
		if r.Depth.Ran != test.want {
			t.Errorf("%s: got %+v, want a %s run", test.name, r.Depth, test.want)
		}
		if test.cost == nil {
			if len(r.NotSelected) != 0 || len(r.Rules) != 1 || len(wants) != len(test.s.AuthorizationDetails.Value.Users) || !wants[0].Uncapped {
				t.Errorf("%s: got not selected %v and %d wants, want the rule to run and to ask for everybody", test.name, r.NotSelected, len(wants))
			}
			continue
		}
		if len(r.Rules) != 0 || slices.ContainsFunc(wants, func(w account.Want) bool { return w.User != "" }) {
			t.Errorf("%s: got rules %v and wants %v, want nothing to run", test.name, r.Rules, wants)
		}
		if n := r.NotSelected; len(n) != 1 || n[0].Rule != "ssh-keys" || n[0].Cost == nil || *n[0].Cost != *test.cost {
			t.Errorf("%s: got %+v, want the rule not selected at the cost %+v", test.name, n, *test.cost)
		}
	}
}

func TestRuleThatWasNamedSweepsAtAnyDepth(t *testing.T) {
	t.Parallel()
	rule, other := sweeping(), mfaRule()
	for _, test := range []struct {
		include []string
		also    []*Rule
		want    bool
	}{
		{nil, nil, true},
		{[]string{"ssh-*"}, nil, true},
		{[]string{"other-credentials"}, nil, true},
		{[]string{"ssh-keys"}, nil, false},
		{nil, []*Rule{rule}, false},
	} {
		s, err := Select([]*Rule{rule, other}, test.include, nil, test.also...)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(s.DeepOnly, rule); got != test.want || !slices.Contains(s.Rules, rule) {
			t.Errorf("%v, %d also: got deep only %t, want %t", test.include, len(test.also), got, test.want)
		}
	}
}

func TestThresholdsOfAUser(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "ci-build", "ci-deploy"})
	users := s.AuthorizationDetails.Value.Users
	for i := range users {
		users[i].Tags = []account.Tag{}
	}
	users[2].Tags = []account.Tag{{Key: "kind", Value: "robot"}}
	settings := Settings{UserThresholds: []UserThresholds{
		{Users: []string{"tag:kind=robot"}, Values: map[string]int{"access_key_max_age_days": 30}},
		{Users: []string{"ci-*"}, Values: map[string]int{"access_key_max_age_days": 180, "access_key_unused_days": 10}},
	}}
	if err := settings.Validate(); err != nil {
		t.Fatal(err)
	}
	got := map[string][2]int{}
	rule := sweeping()
	rule.Needs = []account.Fact{account.UserList}
	rule.Check = func(p *Pass) {
		for _, u := range p.Account.Users {
			if thresholds, ok := p.ThresholdsOf(u); ok {
				got[u.Name] = [2]int{thresholds.AccessKeyMaxAgeDays, thresholds.AccessKeyUnusedDays}
			}
		}
	}
	Evaluate(s, []*Rule{rule}, Options{Thresholds: DefaultThresholds(), Settings: settings})
	want := map[string][2]int{"alice": {90, 45}, "ci-build": {180, 10}, "ci-deploy": {30, 10}}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: got %v, want %v", name, got[name], want[name])
		}
	}

	s.AuthorizationDetails, s.Users = nil, answer("iam:ListUsers", []account.ListedUser{{Name: "alice", ID: "AIDAALICE", ARN: "arn:aws:iam::123456789012:user/alice", Created: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}})
	clear(got)
	r, _ := Evaluate(s, []*Rule{rule}, Options{Thresholds: DefaultThresholds(), Settings: settings})
	if len(got) != 0 || r.Rules[0].Status != StatusUnknown {
		t.Errorf("got %v and %s, want alice unknown while her tags are", got, r.Rules[0].Status)
	}
}

func TestFreshRunPassesNobodyOnTheReport(t *testing.T) {
	t.Parallel()
	s := snapshot([]string{"alice", "bob", "ci", "zoe"},
		reported("alice", true, false, ""), reported("bob", true, true, ""), reported("ci", false, false, ""), reported("zoe", true, true, ""))
	readLive(s, "zoe", true, "arn:aws:iam::123456789012:mfa/zoe")
	for _, user := range []string{"alice", "bob", "ci"} {
		s.Gaps = append(s.Gaps, account.Gap{Section: account.LoginProfileSection, Resource: user, Action: "iam:GetLoginProfile", Code: "AccessDenied", Message: "no"})
	}
	r, _ := Evaluate(s, []*Rule{mfaRule()}, Options{Thresholds: DefaultThresholds(), Fresh: true})
	got := map[string]Status{}
	for _, f := range r.Findings {
		got[f.Name] = f.Status
		if want := "only the credential report of 2026-11-22 04:00 UTC tells, and every user was to be read live: iam:GetLoginProfile failed"; f.Status == StatusUnknown && !strings.HasPrefix(f.Message, want) {
			t.Errorf("%s: got %q, want %q", f.Name, f.Message, want)
		}
	}
	if got["alice"] != StatusFail || got["bob"] != StatusUnknown || got["ci"] != StatusUnknown || len(r.Passed["console-mfa"].Resources) != 1 {
		t.Errorf("got %v and passed %v, want alice's failure, bob and ci unknown, and zoe, who was read, to pass", got, r.Passed["console-mfa"].Resources)
	}
	s.Fresh = true
	if r, _ := evaluate(s, mfaRule()); r.Rules[0].Pass != 1 || !r.Configuration.Fresh {
		t.Errorf("got %+v of a saved fresh run, want the same", r.Rules[0])
	}
	gaps := s.Gaps
	s.Gaps = nil
	if r, _ := evaluate(s, mfaRule()); r.Rules[0].Pass != 1 || r.Rules[0].Unknown != 2 {
		t.Errorf("got %+v, want nobody to pass who was never asked about", r.Rules[0])
	}
	s.Fresh, s.Gaps = false, gaps
	if r, _ := evaluate(s, mfaRule()); r.Rules[0].Pass != 2 || r.Rules[0].Unknown != 0 {
		t.Errorf("got %+v, want a run that isn't fresh to pass bob on the report", r.Rules[0])
	}
}

func TestSavedAnswersAreJudgedAsFarAsTheyWereLookedAt(t *testing.T) {
	t.Parallel()
	regions := sweeping()
	regions.ID, regions.Sweep, regions.Needs = "regions", SweepRegions, []account.Fact{account.RegionList}
	regions.Check = func(p *Pass) { p.Pass(p.Account) }
	users := sweeping()
	for name, test := range map[string]struct {
		set  func(*account.Snapshot)
		want []string // the rules that run
	}{
		"nothing was looked at": {func(*account.Snapshot) {}, nil},
		"the regions were": {func(s *account.Snapshot) {
			s.AccessAnalyzers = answer("account:ListRegions", account.AccessAnalyzers{Regions: []account.RegionState{}})
		}, []string{"regions"}},
		"the regions were refused": {func(s *account.Snapshot) {
			s.Gaps = []account.Gap{{Section: account.AccessAnalyzersSection, Action: "account:ListRegions", Code: "AccessDenied"}}
		}, []string{"regions"}},
		"one of the users was": {func(s *account.Snapshot) {
			s.PerUser = map[string]*account.UserAnswers{"alice": {ID: "AIDAALICE", SSHPublicKeys: answer("iam:ListSSHPublicKeys", []account.SSHPublicKey{})}}
		}, []string{"ssh-keys"}},
		"there is nobody": {func(s *account.Snapshot) { s.AuthorizationDetails.Value.Users = nil }, []string{"ssh-keys"}},
		"there is nobody, as the list of users alone tells": {func(s *account.Snapshot) {
			s.AuthorizationDetails, s.Users = nil, answer("iam:ListUsers", []account.ListedUser{})
		}, []string{"ssh-keys"}},
	} {
		s := snapshot([]string{"alice", "bob"})
		test.set(s)
		r, _ := Evaluate(s, []*Rule{users, regions}, Options{Thresholds: DefaultThresholds(), Depth: DepthAuto, DeepOnly: []*Rule{users, regions}, Saved: true})
		var ran []string
		for _, rule := range r.Rules {
			ran = append(ran, rule.ID)
		}
		if !slices.Equal(ran, test.want) || len(r.NotSelected) != 2-len(ran) || r.Depth.Requested != DepthAuto {
			t.Errorf("%s: got %v to run and %v not selected, want %v to run", name, ran, r.NotSelected, test.want)
		}
	}
	// Someone who asks for a deep run is told what is not known.
	r, _ := Evaluate(snapshot([]string{"alice"}), []*Rule{users, regions}, Options{Thresholds: DefaultThresholds(), Depth: DepthDeep, DeepOnly: []*Rule{users, regions}, Saved: true})
	if len(r.Rules) != 2 || len(r.NotSelected) != 0 {
		t.Errorf("deep: got %d rules and %v not selected, want both to run", len(r.Rules), r.NotSelected)
	}
}
