package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/report"
	"sekisho/report/format"
)

// one is a report with a failure that an exception covers and one that none does.
func one() *audit.Report {
	return makeReport(fails(audit.High, "console-mfa", user("alice"), "", "alice", "no MFA"), fails(audit.High, "console-mfa", user("bob"), "", "bob", "no MFA"),
		excepts(1, audit.Exception{Rule: "console-mfa", Resource: "user/bob", Reason: "=leaves\u202e", Owner: "Hanako", Ticket: "SEC-1", Expires: day(12, 31)}))
}

const because = `=leaves\u202e (Hanako, SEC-1, until 2026-12-31)`

func TestCSVTellsExceptions(t *testing.T) {
	t.Parallel()
	rows := csvRows(t, render(t, report.CSV, one()))
	for i, want := range []map[string]string{
		{"status": "fail", "exception_reason": "", "exception_owner": "", "exception_ticket": "", "exception_expires": ""},
		{"status": "fail", "exception_reason": `'=leaves\u202e`, "exception_owner": "Hanako", "exception_ticket": "SEC-1", "exception_expires": "2026-12-31T00:00:00Z"},
	} {
		for column, value := range want {
			if got := rows[i][column]; got != value {
				t.Errorf("row %d, %s: got %q, want %q", i, column, got, value)
			}
		}
	}
}

func TestSARIFSuppressesExceptedFailures(t *testing.T) {
	t.Parallel()
	suppressions := func(r *audit.Report) []string {
		var log struct {
			Runs []struct {
				Results []struct{ Suppressions json.RawMessage }
			}
		}
		if err := json.Unmarshal(render(t, report.SARIF, r), &log); err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, result := range log.Runs[0].Results {
			list = append(list, string(result.Suppressions))
		}
		return list
	}
	want := []string{"[]", `[{"kind":"external","status":"accepted","justification":"=leaves\\u202e (Hanako, SEC-1, until 2026-12-31)",` +
		`"properties":{"expires":"2026-12-31T00:00:00Z","owner":"Hanako","ticket":"SEC-1"}}]`}
	if got := suppressions(one()); !slices.Equal(got, want) {
		t.Errorf("got %s, want %s: all results of a run have suppressions, or none", got, want)
	}
	if got := suppressions(bad()); slices.ContainsFunc(got, func(s string) bool { return s != "" }) {
		t.Errorf("got %s of a run without exceptions, want none", got)
	}
}

func TestOCSFSuppressesExceptedFailures(t *testing.T) {
	t.Parallel()
	var events []struct {
		StatusID   int `json:"status_id"`
		Status     string
		Comment    string
		Compliance struct{ Status string }
		Unmapped   struct{ Exception audit.Exception }
	}
	if err := json.Unmarshal(render(t, report.OCSF, one()), &events); err != nil {
		t.Fatal(err)
	}
	if e := events[0]; e.StatusID != 1 || e.Status != "New" || e.Comment != "" || e.Compliance.Status != "Fail" {
		t.Errorf("got %+v of what nothing covers", e)
	}
	if e := events[1]; e.StatusID != 3 || e.Status != "Suppressed" || e.Comment != "excepted: "+because || e.Compliance.Status != "Fail" || e.Unmapped.Exception.Owner != "Hanako" {
		t.Errorf("got %+v of what an exception covers", e)
	}
}

func TestASFFSuppressesExceptedFailures(t *testing.T) {
	t.Parallel()
	list := parseASFF(t, render(t, report.ASFF, one()))
	if f := list[0]; f.Workflow != nil || f.Note != nil || f.ProductFields["sekisho/exception"] != "" {
		t.Errorf("got %+v of what nothing covers", f)
	}
	f := list[1]
	if f.Workflow == nil || f.Note == nil {
		t.Fatalf("got %+v, want it suppressed with a note", f)
	}
	if f.Compliance.Status != "FAILED" || f.Workflow.Status != "SUPPRESSED" || f.Note.Text != "excepted: "+because || f.Note.UpdatedBy != "Hanako" || !f.Note.UpdatedAt.Equal(takenAt) ||
		f.ProductFields["sekisho/exception"] != because {
		t.Errorf("got %+v, %+v", f, f.Note)
	}
}

func TestJUnitSkipsExceptedFailures(t *testing.T) {
	t.Parallel()
	suite := parseJUnit(t, render(t, report.JUnit, one())).Suites[0]
	if suite.Failures != 1 || suite.Skipped != 1 || suite.Cases[0].Failure == nil {
		t.Errorf("got %+v, want a failure and a skipped case", suite)
	}
	if c := suite.Cases[1]; c.Failure != nil || c.Skipped == nil || *c.Skipped != "excepted: "+because+"; fails: no MFA" {
		t.Errorf("got %+v, want it skipped, and why", c)
	}
}

// TestExceptedIsNoPass renders a rule with every failure excepted as people read it.
func TestExceptedIsNoPass(t *testing.T) {
	t.Parallel()
	r := makeReport(panel("", "no MFA", "", "", ""), fails(audit.Critical, "root-mfa", root, "", "root user", "no MFA"),
		excepts(1, audit.Exception{Rule: "root-mfa", Resource: "root", Reason: "in the post", Owner: "Hanako", Expires: day(12, 31)}))
	out := string(table(t, r, format.Options{}))
	for _, want := range []string{
		"4 of 5 complete · 1 critical, excepted · 0 unknown\n", "✗ Activate MFA on your root account: no MFA (excepted, and not complete all\n    the same)\n", "CRITICAL (1, excepted)\n",
		"  The problem of root-mfa (root-mfa) excepted\n    root user: no MFA; excepted: in the post (Hanako, until 2026-12-31)\n",
		"  Failing            1: 1 critical\n                     excepted\n", "1 finding fails, excepted. The command",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "Nothing fails") {
		t.Errorf("got good news in\n%s", out)
	}
	text := string(markdown(t, r, format.Options{}))
	for _, want := range []string{
		"**4 of 5 complete · 1 critical, excepted · 0 unknown**", "## Critical: 1, excepted\n\n### The problem of root-mfa\n\n`root-mfa` (excepted), ",
		"- **root user**: no MFA; excepted: in the post (Hanako, until 2026-12-31)\n",
		"## Exceptions: 1, and none asks for anything",
		"| used | root-mfa | root | covers 1 failure | in the post | Hanako |  | 2026-12-31 |  |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q in\n%s", want, text)
		}
	}
}

// TestManyNotesAndGapsStandOnce takes 100 users of whom each was refused in words of their own.
func TestManyNotesAndGapsStandOnce(t *testing.T) {
	t.Parallel()
	var options []option
	for i := range 100 {
		name := fmt.Sprintf("user%d", i)
		refused := "not authorized on resource: user " + name
		options = append(options, fails(audit.High, "console-mfa", user(name), "", name, "no MFA"), noted("as of %s: iam:GetLoginProfile failed: AccessDenied: %s", "today", refused),
			unknowns(audit.High, "mfa-sms", user(name), name, "iam:ListMFADevices failed: AccessDenied: %s", refused),
			gap(account.LoginProfileSection, name, "iam:GetLoginProfile", "AccessDenied", refused),
			gap(account.MFADevicesSection, name, "iam:ListMFADevices", "AccessDenied", refused))
	}
	r := makeReport(options...)
	slices.SortStableFunc(r.Findings, func(x, y audit.Finding) int { return strings.Compare(x.Rule, y.Rule) })
	for _, width := range []int{80, 200} {
		out := strings.Join(strings.Fields(string(table(t, r, format.Options{Width: width, Verbose: true}))), " ")
		for want, times := range map[string]int{
			"as of today: iam:GetLoginProfile failed: AccessDenied: not authorized on resource: user …": 1, "no MFA [1]": 100,
			"iam:ListMFADevices failed: AccessDenied: not authorized on resource: user … mfa-sms user/user0,": 1,
			"AccessDenied, for login-profile of 100 users: user0,":                                            1, "AccessDenied, for mfa-devices of 100 users: user0,": 1,
		} {
			if got := strings.Count(out, want); got != times {
				t.Errorf("width %d: got %q %d times, want %d", width, want, got, times)
			}
		}
	}
	out := strings.Join(strings.Fields(string(table(t, r, format.Options{}))), " ")
	if want := "no MFA (100 users: user0, user1, user2, user3, user4, user5 and 94 more) (as of today: iam:GetLoginProfile failed: AccessDenied: not authorized on resource: user …)"; !strings.Contains(out, want) {
		t.Errorf("got no %q in\n%s", want, out)
	}
	text := string(markdown(t, r, format.Options{Verbose: true}))
	for want, times := range map[string]int{
		"\n\\[1\\] as of today": 1, "no MFA \\[1\\] |": 100, "| iam:GetLoginProfile | login-profile of 100 users: user0,": 1,
	} {
		if got := strings.Count(text, want); got != times {
			t.Errorf("got %q %d times in Markdown, want %d", want, got, times)
		}
	}
}

// TestRegionsGoByTheirNames looks at a finding about a region, which is an item of the account.
func TestRegionsGoByTheirNames(t *testing.T) {
	t.Parallel()
	r := makeReport(fails(audit.Low, "access-analyzer", root, "eu-west-1", "eu-west-1", "no access analyzer"))
	for format, want := range map[string]string{
		"table": "  The problem of access-analyzer (access-analyzer): eu-west-1\n", "markdown": "| `access-analyzer` | eu-west-1 |", "sarif": `"text":"eu-west-1: no access analyzer"`,
		"junit": `<testcase name="eu-west-1"`, "asff": `"Title":"The claim of access-analyzer: eu-west-1"`, "html": `<code class="res">account</code> <code class="res">eu-west-1</code> <span class="msg">`,
	} {
		if got := string(renderNamed(t, format, r)); !strings.Contains(got, want) {
			t.Errorf("%s: got no %q in\n%s", format, want, got)
		}
	}
}

func TestWhatWasNotLookedAtStandsApart(t *testing.T) {
	t.Parallel()
	r := makeReport(passes("root-mfa", "root"), costs("ssh-key-age", "user", 5000, 17), notSelected("password-expiry", "off by default"))
	out := string(table(t, r, format.Options{}))
	for _, want := range []string{
		"Not looked at in this run: 1 rule, which --depth deep runs\n  ssh-key-age  a call for each user, about 5,000 calls and 17 min\n", "  Not looked at      1 rule, as above\n", "  Rules not run      off by default: password-expiry\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	text := string(markdown(t, r, format.Options{}))
	if want := "## Not looked at in this run: 1 rule, which --depth deep runs\n\n| Rule | Takes |\n|---|---|\n| ssh-key-age | a call for each user, about 5,000 calls and 17 min |\n"; !strings.Contains(text, want) {
		t.Errorf("got no %q in\n%s", want, text)
	}
	if strings.Contains(text, "| ssh-key-age |  | not selected") {
		t.Error("got the rule among those that nobody asked for, too")
	}
}

func TestReadJSONRefusesExceptionsThatDontAddUp(t *testing.T) {
	t.Parallel()
	whole := render(t, report.JSON, one())
	unknown := one()
	unknown.Findings[1].Status, unknown.Summary.Fail, unknown.Summary.Unknown = audit.StatusUnknown, 1, 1
	for _, test := range []struct {
		in   []byte
		want string
	}{
		{bytes.Replace(whole, []byte(`"excepted": 1`), []byte(`"excepted": 0`), 1), "got summary.excepted 0, want 1"},
		{bytes.Replace(whole, []byte("\"not_applicable\": 0,\n      \"excepted\": 1"), []byte("\"not_applicable\": 0,\n      \"excepted\": 2"), 1), `got 2 excepted failures of rule "console-mfa", want 1`},
		{render(t, report.JSON, unknown), `got an exception for what is unknown by rule "console-mfa"`},
	} {
		if _, err := report.ReadJSON(bytes.NewReader(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got error %v, want one with %q", err, test.want)
		}
	}
}
