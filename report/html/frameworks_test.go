package html_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/message"
)

// sampleFrameworks has each verdict, and a rule that did not run.
func sampleFrameworks() []audit.FrameworkResult {
	return []audit.FrameworkResult{{
		ID: "cis-7.0", Title: "CIS AWS Foundations Benchmark 7.0, IAM", Summary: audit.FrameworkSummary{Pass: 1, Fail: 1, Unknown: 1, NotApplicable: 1, NotAssessed: 1},
		Recommendations: []audit.RecommendationResult{
			{ID: "2.2", Title: "The contact details of the account are current", Verdict: audit.VerdictNotAssessed, Reason: "for people to say", Text: message.New("for people to say")},
			{ID: "2.4", Title: "Root has no access key", Verdict: audit.VerdictPass, Rules: []audit.RecommendationRule{{ID: "root-no-access-keys", Verdict: audit.VerdictPass}}},
			{ID: "2.5", Title: "Root signs in with MFA", Verdict: audit.VerdictUnknown, Rules: []audit.RecommendationRule{{ID: "root-mfa", Verdict: audit.VerdictUnknown, Unknown: 1}}},
			{ID: "2.10", Title: "Users with a console password have MFA", Verdict: audit.VerdictFail, Rules: []audit.RecommendationRule{
				{ID: "console-mfa", Verdict: audit.VerdictFail, Failing: []string{"user/taro", "user/vendors/contractor"}, Unknown: 3}, {ID: "user-mfa", Verdict: audit.VerdictNotAssessed}}},
			{ID: "2.17", Title: "No expired server certificate is kept in IAM", Verdict: audit.VerdictNotApplicable, Rules: []audit.RecommendationRule{{ID: "mfa-orphan-device", Verdict: audit.VerdictNotApplicable}}},
		},
	}}
}

func TestEveryRecommendationHasItsVerdictAndItsRules(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(render(t, sample()), `<section id="frameworks"`)
	section, _, ok := strings.Cut(section, "</section>")
	if !ok {
		t.Fatal("got no section on frameworks")
	}
	if want := "1 passed, 1 failing, 1 unknown, 1 not applicable, 1 not assessed"; !strings.Contains(section, want) {
		t.Errorf("got no tally %q in\n%s", want, section)
	}
	rows := strings.Split(section, "<tr>")[2:]
	for i, want := range [][]string{
		{"<code>2.2</code>", ">not assessed<", "for people to say"},
		{"<code>2.4</code>", ">passed<", `<a href="#rule-root-no-access-keys"><code>root-no-access-keys</code></a>: passed`},
		{"<code>2.5</code>", ">unknown<", "</a>: 1 unknown"},
		{"<code>2.10</code>", ">failing<", "</a>: 3 unknown, failing <b>2</b>", "user/taro\nuser/vendors/contractor</p>", "<code>user-mfa</code>: not assessed"},
		{"<code>2.17</code>", ">not applicable<"},
	} {
		for _, part := range want {
			if i >= len(rows) || !strings.Contains(rows[i], part) {
				t.Fatalf("got no %q in row %d of\n%s", part, i+1, section)
			}
		}
	}
	if len(rows) != 5 {
		t.Errorf("got %d rows, want 5", len(rows))
	}
	if strings.Contains(section, `href="#rule-user-mfa"`) {
		t.Error("got a link to a rule that did not run")
	}
}

func TestNoFrameworkNoSection(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Frameworks = nil
	if out := render(t, r); strings.Contains(out, `id="frameworks"`) || strings.Contains(out, `href="#frameworks"`) {
		t.Error("got a section on frameworks where none was asked for")
	}
}
