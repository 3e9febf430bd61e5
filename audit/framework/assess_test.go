package framework_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/message"
)

const arn = "arn:aws:iam::123456789012:"

// two is a framework in which 1.2 of CIS 5.0 is decided by two rules; the other recommendations have none.
func two() *framework.Framework {
	f := framework.Find(nil, "cis-5.0")
	f.Recommendations[1].Rules, f.Recommendations[1].NotAssessed = []string{"one", "two"}, message.Message{}
	return f
}

// assess returns what comes of 1.2 where its two rules answer so; "" is a rule that was not selected.
func assess(t *testing.T, one, two audit.Verdict, f *framework.Framework) (audit.RecommendationResult, audit.FrameworkResult) {
	t.Helper()
	r := &audit.Report{Configuration: audit.Configuration{Thresholds: audit.DefaultThresholds()}}
	for id, verdict := range map[string]audit.Verdict{"one": one, "two": two} {
		result := audit.RuleResult{ID: id}
		switch verdict {
		case audit.VerdictNotAssessed:
			r.NotSelected = append(r.NotSelected, audit.NotSelected{Rule: id, Reason: "skipped"})
			continue
		case audit.VerdictPass:
			result.Status, result.Pass = audit.StatusPass, 1
		case audit.VerdictNotApplicable:
			result.Status, result.NotApplicable = audit.StatusNotApplicable, 1
		case audit.VerdictFail:
			result.Status, result.Fail, result.Unknown = audit.StatusFail, 1, 1
			r.Findings = append(r.Findings, audit.Finding{Rule: id, Status: audit.StatusFail, Resource: arn + "user/team/alice", Item: "AKIAIOSFODNN7EXAMPLE", Name: "alice"},
				audit.Finding{Rule: id, Status: audit.StatusUnknown, Resource: arn + "user/bob", Name: "bob"})
		case audit.VerdictUnknown:
			result.Status, result.Unknown = audit.StatusUnknown, 1
			r.Findings = append(r.Findings, audit.Finding{Rule: id, Status: audit.StatusUnknown, Resource: arn + "user/bob", Name: "bob"})
		}
		r.Rules = append(r.Rules, result)
	}
	whole := framework.Assess(f, r)
	return whole.Recommendations[1], whole
}

func TestVerdictOfTwoRules(t *testing.T) {
	t.Parallel()
	const (
		pass, fail, unknown = audit.VerdictPass, audit.VerdictFail, audit.VerdictUnknown
		none, left          = audit.VerdictNotApplicable, audit.VerdictNotAssessed
	)
	for _, test := range []struct{ one, two, want audit.Verdict }{
		{pass, pass, pass}, {pass, fail, fail}, {pass, unknown, unknown}, {pass, none, pass}, {pass, left, left},
		{fail, fail, fail}, {fail, unknown, fail}, {fail, none, fail}, {fail, left, fail},
		{unknown, unknown, unknown}, {unknown, none, unknown}, {unknown, left, unknown},
		{none, none, none}, {none, left, left},
		{left, left, left},
	} {
		for _, pair := range [][2]audit.Verdict{{test.one, test.two}, {test.two, test.one}} {
			got, whole := assess(t, pair[0], pair[1], two())
			if got.ID != "1.2" || got.Verdict != test.want || got.Rules[0].Verdict != pair[0] || got.Rules[1].Verdict != pair[1] {
				t.Errorf("%s and %s: got %+v, want %s", pair[0], pair[1], got, test.want)
			}
			if (got.Reason != "") != (test.want == left) || got.Reason != got.Text.String() {
				t.Errorf("%s and %s: got the reason %q and the text %q of a verdict %s", pair[0], pair[1], got.Reason, got.Text, got.Verdict)
			}
			if got := whole.Summary.Count(test.want); test.want != left && got != 1 {
				t.Errorf("%s and %s: got %d counted as %s, want 1", pair[0], pair[1], got, test.want)
			}
			if got := whole.Summary; got.Pass+got.Fail+got.Unknown+got.NotApplicable+got.NotAssessed != len(whole.Recommendations) {
				t.Errorf("%s and %s: got %+v for %d recommendations", pair[0], pair[1], got, len(whole.Recommendations))
			}
		}
	}
}

// A rule passes where everything that a report says of it passes. One sign of a failure makes it fail, one sign of what is
// unknown makes it unknown, and so does a status that nobody knows.
func TestOneSignIsEnough(t *testing.T) {
	t.Parallel()
	fail := audit.Finding{Rule: "one", Status: audit.StatusFail, Resource: arn + "root", Name: "root user", Item: "AKIA"}
	unknown := audit.Finding{Rule: "one", Status: audit.StatusUnknown}
	pass := audit.RuleResult{ID: "one", Status: audit.StatusPass}
	for _, test := range []struct {
		result   audit.RuleResult
		findings []audit.Finding
		want     audit.Verdict
	}{
		{pass, nil, audit.VerdictPass},
		{pass, []audit.Finding{fail}, audit.VerdictFail},
		{pass, []audit.Finding{unknown}, audit.VerdictUnknown},
		{pass, []audit.Finding{unknown, fail}, audit.VerdictFail},
		{audit.RuleResult{ID: "one", Status: audit.StatusPass, Fail: 1}, nil, audit.VerdictFail},
		{audit.RuleResult{ID: "one", Status: audit.StatusPass, Unknown: 1}, nil, audit.VerdictUnknown},
		{audit.RuleResult{ID: "one", Status: audit.StatusFail}, nil, audit.VerdictFail},
		{audit.RuleResult{ID: "one", Status: audit.StatusUnknown}, nil, audit.VerdictUnknown},
		{audit.RuleResult{ID: "one", Status: 99}, nil, audit.VerdictUnknown},
		{audit.RuleResult{ID: "one"}, nil, audit.VerdictUnknown},
	} {
		r := &audit.Report{Rules: []audit.RuleResult{test.result, {ID: "two", Status: audit.StatusNotApplicable}}, Findings: test.findings}
		r.Configuration.Thresholds = audit.DefaultThresholds()
		got := framework.Assess(two(), r).Recommendations[1]
		if got.Verdict != test.want || got.Rules[0].Verdict != test.want {
			t.Errorf("%+v with %d findings: got %s, want %s", test.result, len(test.findings), got.Verdict, test.want)
		}
		if failing := got.Rules[0].Failing; len(failing) > 0 && !slices.Equal(failing, []string{"root user#AKIA"}) {
			t.Errorf("got %v failing, want root by its name", failing)
		}
	}
}

// Rules that share a recommendation name first, of each framework, what the fewest share.
func TestControlsOfTheFewestComeFirst(t *testing.T) {
	t.Parallel()
	rules, sharing := map[string]bool{}, map[audit.Control]int{}
	framework.EachDecision(func(id, recommendation string, by []string) {
		sharing[audit.Control{Framework: id, ID: recommendation}] = len(by)
		for _, rule := range by {
			rules[rule] = true
		}
	})
	for rule := range rules {
		controls := framework.Controls(rule)
		for i := 1; i < len(controls); i++ {
			if controls[i-1].Framework == controls[i].Framework && sharing[controls[i-1]] > sharing[controls[i]] {
				t.Errorf("%s: got %v before %v, want first what fewer rules decide", rule, controls[i-1], controls[i])
			}
		}
	}
}

func TestReasonNamesTheRulesThatDidNotRun(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		one, two audit.Verdict
		want     string
	}{
		{audit.VerdictPass, audit.VerdictNotAssessed, "its rule two was not selected: skipped"},
		{audit.VerdictNotAssessed, audit.VerdictNotAssessed, "its rules one, two were not selected"},
	} {
		if got, _ := assess(t, test.one, test.two, two()); got.Reason != test.want {
			t.Errorf("got the reason %q, want %q", got.Reason, test.want)
		}
	}
	// A report that knows nothing of the rule.
	got := framework.Assess(two(), &audit.Report{Rules: []audit.RuleResult{{ID: "one", Status: audit.StatusPass}}}).Recommendations[1]
	if got.Verdict != audit.VerdictNotAssessed || got.Reason != "its rule two was not selected" {
		t.Errorf("got %s: %q, want not_assessed for a rule of which the report says nothing", got.Verdict, got.Reason)
	}
}

func TestFailingResourcesStandBehindTheVerdict(t *testing.T) {
	t.Parallel()
	got, _ := assess(t, audit.VerdictFail, audit.VerdictUnknown, two())
	want := []audit.RecommendationRule{
		{ID: "one", Verdict: audit.VerdictFail, Failing: []string{"user/team/alice#AKIAIOSFODNN7EXAMPLE"}, Unknown: 1},
		{ID: "two", Verdict: audit.VerdictUnknown, Failing: []string{}, Unknown: 1},
	}
	if !reflect.DeepEqual(got.Rules, want) {
		t.Errorf("got %+v, want %+v", got.Rules, want)
	}
	r := &audit.Report{
		Rules: []audit.RuleResult{{ID: "one", Status: audit.StatusFail}, {ID: "two", Status: audit.StatusPass}},
		Findings: []audit.Finding{
			{Rule: "one", Status: audit.StatusFail, Resource: arn + "root", Name: "account"},
			{Rule: "one", Status: audit.StatusFail, Resource: arn + "root", Item: "CERT", Name: "root user"},
			{Rule: "one", Status: audit.StatusFail, Resource: arn + "user/root", Name: "root"},
		},
	}
	rule := framework.Assess(two(), r).Recommendations[1].Rules[0]
	if want := []string{"account", "root user#CERT", "user/root"}; !reflect.DeepEqual(rule.Failing, want) {
		t.Errorf("got %v, want %v: the account, its root user and a user of that name", rule.Failing, want)
	}
}

// A failure stands whatever the counts of the rule say, as they do where failures are excepted.
func TestAFailureThatIsNotCountedIsNoPass(t *testing.T) {
	t.Parallel()
	for _, status := range []audit.Status{audit.StatusPass, audit.StatusNotApplicable, audit.StatusUnknown} {
		r := &audit.Report{
			Rules:    []audit.RuleResult{{ID: "one", Status: status}, {ID: "two", Status: audit.StatusPass}},
			Findings: []audit.Finding{{Rule: "one", Status: audit.StatusFail, Resource: arn + "user/alice"}},
		}
		if got := framework.Assess(two(), r).Recommendations[1].Verdict; got != audit.VerdictFail {
			t.Errorf("%s with a failing finding: got %s, want fail", status, got)
		}
	}
}

// What an exception covers is a failure all the same, even where it covers all of them.
func TestAnExceptedFailureIsNoPass(t *testing.T) {
	t.Parallel()
	borne := &audit.Exception{Rule: "one", Resource: "*", Reason: "known", Owner: "alice"}
	for excepted := range 3 {
		r := &audit.Report{Rules: []audit.RuleResult{{ID: "one", Status: audit.StatusFail, Fail: 2, Excepted: excepted}, {ID: "two", Status: audit.StatusPass}}}
		for i, user := range []string{"alice", "bob"} {
			f := audit.Finding{Rule: "one", Status: audit.StatusFail, Resource: arn + "user/" + user}
			if i < excepted {
				f.Exception = borne
			}
			r.Findings = append(r.Findings, f)
		}
		got := framework.Assess(two(), r)
		recommendation := got.Recommendations[1]
		if recommendation.Verdict != audit.VerdictFail || recommendation.Excepted != excepted || got.Summary.Fail != 1 {
			t.Errorf("got %s with %d excepted (%d recommendations fail), want fail with %d (1)", recommendation.Verdict, recommendation.Excepted, got.Summary.Fail, excepted)
		}
		if failing := recommendation.Rules[0].Failing; len(failing) != 2 {
			t.Errorf("got the failing resources %v with %d excepted, want both", failing, excepted)
		}
	}
}

// A rule that was left out because it looks deeper than the run did decides nothing, and says what it would take.
func TestWhatARunDidNotLookAtIsNotAssessed(t *testing.T) {
	t.Parallel()
	f := framework.Find([]*audit.Rule{{ID: "access-analyzer"}}, "cis-5.0")
	r := &audit.Report{NotSelected: []audit.NotSelected{{
		Rule: "access-analyzer", Reason: "not looked at in a standard run: it takes a call for each region", Cost: &audit.Cost{Calls: 18, Minutes: 1},
	}}}
	want := "its rule access-analyzer was not looked at in a standard run: it takes a call for each region"
	if got := recommendationOf(framework.Assess(f, r), "1.19"); got.Verdict != audit.VerdictNotAssessed || got.Reason != want {
		t.Errorf("got %s: %q, want not_assessed: %q", got.Verdict, got.Reason, want)
	}
}

// Which tags there must be is for each account to say. Where it says nothing, nothing was looked at.
func TestTagsAreAssessedWhereSomeAreRequired(t *testing.T) {
	t.Parallel()
	for rule, id := range map[string]string{"analyzer-tags": "IAM.23", "role-tags": "IAM.24", "user-tags": "IAM.25"} {
		f := framework.Find([]*audit.Rule{{ID: rule}}, "fsbp")
		judge := func(status audit.Status, tags ...string) audit.RecommendationResult {
			return recommendationOf(framework.Assess(f, &audit.Report{
				Rules: []audit.RuleResult{{ID: rule, Status: status}}, Configuration: audit.Configuration{Thresholds: audit.DefaultThresholds(), RequiredTags: tags},
			}), id)
		}
		want := "no tags are required (tags.required)"
		if got := judge(audit.StatusNotApplicable); got.Verdict != audit.VerdictNotAssessed || got.Reason != want || got.Rules[0].Verdict != audit.VerdictNotAssessed {
			t.Errorf("%s without required tags: got %+v, want not_assessed: %q", rule, got, want)
		}
		for status, want := range map[audit.Status]audit.Verdict{
			audit.StatusPass: audit.VerdictPass, audit.StatusFail: audit.VerdictFail, audit.StatusNotApplicable: audit.VerdictNotApplicable,
		} {
			if got := judge(status, "owner"); got.Verdict != want {
				t.Errorf("%s with required tags, answering %s: got %s, want %s", rule, status, got.Verdict, want)
			}
		}
		skipped := &audit.Report{NotSelected: []audit.NotSelected{{Rule: rule, Reason: "skipped"}}, Configuration: audit.Configuration{RequiredTags: []string{"owner"}}}
		if got, want := recommendationOf(framework.Assess(f, skipped), id).Reason, "its rule "+rule+" was not selected: skipped"; got != want {
			t.Errorf("%s with required tags, skipped: got the reason %q, want %q", rule, got, want)
		}
	}
}

// A looser threshold of some users alone may let them pass, too.
func TestAPassByALooserThresholdOfSomeUsersIsNoPass(t *testing.T) {
	t.Parallel()
	f := framework.Find([]*audit.Rule{{ID: "access-key-rotation"}}, "cis-5.0")
	judge := func(status audit.Status, own ...audit.UserThresholds) audit.RecommendationResult {
		c := audit.Configuration{Thresholds: audit.DefaultThresholds(), UserThresholds: own}
		return recommendationOf(framework.Assess(f, &audit.Report{Rules: []audit.RuleResult{{ID: "access-key-rotation", Status: status}}, Configuration: c}), "1.13")
	}
	limit := func(name string, days int) audit.UserThresholds {
		return audit.UserThresholds{Users: []string{"ci-*", "tag:kind=machine"}, Values: map[string]int{name: days}}
	}
	want := "its rule access-key-rotation passes with access_key_max_age_days set to 365 for the users ci-*, tag:kind=machine, which is looser than 90"
	if got := judge(audit.StatusPass, limit("access_key_max_age_days", 30), limit("access_key_max_age_days", 365)); got.Verdict != audit.VerdictNotAssessed || got.Reason != want {
		t.Errorf("got %s: %q, want not_assessed: %q", got.Verdict, got.Reason, want)
	}
	for name, got := range map[string]audit.RecommendationResult{
		"a stricter one":                 judge(audit.StatusPass, limit("access_key_max_age_days", 30)),
		"the framework's own":            judge(audit.StatusPass, limit("access_key_max_age_days", 90)),
		"a looser one of something else": judge(audit.StatusPass, limit("password_unused_days", 365)),
		"a looser one of less":           judge(audit.StatusPass, limit("password_min_length", 8)),
	} {
		if got.Verdict != audit.VerdictPass {
			t.Errorf("%s: got %s: %q, want pass", name, got.Verdict, got.Reason)
		}
	}
	if got := judge(audit.StatusFail, limit("access_key_max_age_days", 365)); got.Verdict != audit.VerdictFail {
		t.Errorf("got %s for a failure by a looser threshold, want fail", got.Verdict)
	}
}

func recommendationOf(result audit.FrameworkResult, id string) audit.RecommendationResult {
	for _, recommendation := range result.Recommendations {
		if recommendation.ID == id {
			return recommendation
		}
	}
	return audit.RecommendationResult{}
}

// A threshold looser than the framework's number may let pass what the framework wouldn't.
func TestAPassByALooserThresholdIsNoPass(t *testing.T) {
	t.Parallel()
	for rule, test := range map[string]struct {
		id            string
		loose, strict func(*audit.Thresholds)
		want          string
	}{
		"password-min-length": {"1.7", func(s *audit.Thresholds) { s.PasswordMinLength = 13 }, func(s *audit.Thresholds) { s.PasswordMinLength = 15 },
			"its rule password-min-length passes with password_min_length set to 13, which is looser than 14"},
		"password-reuse": {"1.8", func(s *audit.Thresholds) { s.PasswordReuse = 23 }, func(s *audit.Thresholds) { s.PasswordReuse = 24 },
			"its rule password-reuse passes with password_reuse set to 23, which is looser than 24"},
		"access-key-rotation": {"1.13", func(s *audit.Thresholds) { s.AccessKeyMaxAgeDays = 91 }, func(s *audit.Thresholds) { s.AccessKeyMaxAgeDays = 30 },
			"its rule access-key-rotation passes with access_key_max_age_days set to 91, which is looser than 90"},
		"access-key-unused": {"1.11", func(s *audit.Thresholds) { s.AccessKeyUnusedDays = 46 }, func(s *audit.Thresholds) { s.AccessKeyUnusedDays = 30 },
			"its rule access-key-unused passes with access_key_unused_days set to 46, which is looser than 45"},
		"password-unused": {"1.11", func(s *audit.Thresholds) { s.PasswordUnusedDays = 46 }, func(s *audit.Thresholds) { s.PasswordUnusedDays = 30 },
			"its rule password-unused passes with password_unused_days set to 46, which is looser than 45"},
		"root-not-used": {"1.6", func(s *audit.Thresholds) { s.RootUnusedDays = 30 }, func(s *audit.Thresholds) { s.RootUnusedDays = 365 },
			"its rule root-not-used passes with root_unused_days set to 30, which is looser than 90"},
		"access-key-at-setup": {"1.10", func(s *audit.Thresholds) { s.AccessKeySetupMinutes = 0 }, func(s *audit.Thresholds) { s.AccessKeySetupMinutes = 60 },
			"its rule access-key-at-setup passes with access_key_setup_minutes set to 0, which is looser than 5"},
		"password-expiry": {"IAM.17", func(s *audit.Thresholds) { s.PasswordMaxAgeDays = 91 }, func(s *audit.Thresholds) { s.PasswordMaxAgeDays = 60 },
			"its rule password-expiry passes with password_max_age_days set to 91, which is looser than 90"},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			id := "cis-5.0"
			if strings.HasPrefix(test.id, "IAM.") {
				id = "fsbp"
			}
			f := framework.Find([]*audit.Rule{{ID: rule}}, id)
			judge := func(status audit.Status, change func(*audit.Thresholds)) audit.RecommendationResult {
				r := &audit.Report{Rules: []audit.RuleResult{{ID: rule, Status: status}}, Configuration: audit.Configuration{Thresholds: audit.DefaultThresholds()}}
				change(&r.Configuration.Thresholds)
				return recommendationOf(framework.Assess(f, r), test.id)
			}
			if got := judge(audit.StatusPass, test.loose); got.Verdict != audit.VerdictNotAssessed || got.Reason != test.want || got.Rules[0].Verdict != audit.VerdictPass {
				t.Errorf("got %s: %q, want not_assessed: %q", got.Verdict, got.Reason, test.want)
			}
			if got := judge(audit.StatusPass, test.strict); got.Verdict != audit.VerdictPass {
				t.Errorf("got %s for a threshold that is not looser, want pass", got.Verdict)
			}
			if got := judge(audit.StatusFail, test.loose); got.Verdict != audit.VerdictFail {
				t.Errorf("got %s for a failure by a looser threshold, want fail", got.Verdict)
			}
		})
	}
}

// IAM.1 is about customer managed policies alone, attached or not.
func TestPartOfWhatRulesJudge(t *testing.T) {
	t.Parallel()
	const attached, unattached = "admin-policy-attached", "admin-policy-unattached"
	own, ofAWS, root := arn+"policy/Own", "arn:aws:iam::aws:policy/AdministratorAccess", arn+"root"
	for _, test := range []struct {
		name            string
		failing         map[string]string // resources by rule
		unknown, passed map[string]string
		want            audit.Verdict
	}{
		{"AWS's own alone fails", map[string]string{attached: ofAWS}, nil, nil, audit.VerdictNotApplicable},
		{"AWS's own fails beside a good one", map[string]string{attached: ofAWS}, nil, map[string]string{attached: own}, audit.VerdictPass},
		{"attached", map[string]string{attached: own}, nil, nil, audit.VerdictFail},
		{"attached to nobody", map[string]string{unattached: own}, nil, map[string]string{attached: ofAWS}, audit.VerdictFail},
		{"one of AWS's is unknown", nil, map[string]string{attached: ofAWS}, map[string]string{attached: own}, audit.VerdictPass},
		{"one is unknown", nil, map[string]string{attached: own}, map[string]string{unattached: own}, audit.VerdictUnknown},
		{"the list is not complete", nil, map[string]string{attached: root}, map[string]string{attached: own}, audit.VerdictUnknown},
	} {
		r := &audit.Report{Passed: map[string]audit.Passed{}}
		for _, rule := range []string{attached, unattached} {
			result := audit.RuleResult{ID: rule, Status: audit.StatusNotApplicable}
			for status, resource := range map[audit.Status]string{audit.StatusFail: test.failing[rule], audit.StatusUnknown: test.unknown[rule]} {
				if resource != "" {
					result.Status = status
					r.Findings = append(r.Findings, audit.Finding{Rule: rule, Status: status, Resource: resource})
				}
			}
			if resource := test.passed[rule]; resource != "" {
				r.Passed[rule] = audit.Passed{Resources: []string{resource}}
			}
			r.Rules = append(r.Rules, result)
		}
		f := framework.Find([]*audit.Rule{{ID: attached}, {ID: unattached}}, "fsbp")
		if got := recommendationOf(framework.Assess(f, r), "IAM.1"); got.Verdict != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got.Verdict, test.want)
		}
	}
}
