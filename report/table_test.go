package report_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/report"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// TestHostileStringsComeOutHarmless looks in each format for what must not be there as it is.
func TestHostileStringsComeOutHarmless(t *testing.T) {
	t.Parallel()
	r := hostile()
	for _, f := range report.Formats() {
		for _, o := range []format.Options{{Width: 80}, {Width: 200, Verbose: true}} {
			var b bytes.Buffer
			if err := f.Render(&b, r, o); err != nil {
				t.Fatal(err)
			}
			out := b.String()
			for _, c := range out {
				if c != '\n' && !sanitize.Visible(c) && !(f.Name == "html" && c == '\t') {
					t.Errorf("%s: got the invisible character %U", f.Name, c)
				}
			}
			if f.Name != "table" && f.Name != "csv" { // neither is ever taken for HTML
				for _, tag := range []string{"<script>alert", "<img src", "</script></style>"} {
					if strings.Contains(out, tag) {
						t.Errorf("%s: got %q as it is", f.Name, tag)
					}
				}
			}
			// The name is still told, so that it can be found.
			want := `photo\u202egnp.exe`
			if other := map[string]string{"html": `photo\u202`, "markdown": `photo\\u202egnp.exe`}[f.Name]; other != "" {
				want = other
			}
			if !strings.Contains(out, want) {
				t.Errorf("%s: got no %s", f.Name, want)
			}
			if !strings.Contains(out, "山田太郎") {
				t.Errorf("%s: got no Japanese name", f.Name)
			}
		}
	}
}

// TestColorIsTheOnlyEscape renders the hostile report in colour: what isn't one of the table's own sequences is
// visible.
func TestColorIsTheOnlyEscape(t *testing.T) {
	t.Parallel()
	out := string(table(t, hostile(), format.Options{Color: true, Verbose: true}))
	if !strings.Contains(out, "\x1b[1;37;41mCRITICAL\x1b[0m") {
		t.Error("got no colour")
	}
	for _, c := range ownSequence.ReplaceAllString(out, "") {
		if c != '\n' && !sanitize.Visible(c) {
			t.Errorf("got the invisible character %U", c)
		}
	}
	if plain := string(table(t, hostile(), format.Options{Verbose: true})); ownSequence.ReplaceAllString(out, "") != plain {
		t.Error("got other text with colour than without")
	}
}

var ownSequence = regexp.MustCompile("\x1b\\[(0|1|2|31|32|33|36|1;33|1;37;41)m")

// TestLines looks at the lines of every table: no trailing blanks, none longer than the width unless a single word is,
// and no ARN in two.
func TestLines(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		for _, columns := range []int{40, 80, 100, 139, 140, 200} {
			out := string(table(t, fixture, format.Options{Width: columns, Verbose: true}))
			for line := range strings.SplitSeq(strings.TrimSuffix(out, "\n"), "\n") {
				if strings.TrimRight(line, " ") != line {
					t.Errorf("%s at %d: got trailing blanks in %q", name, columns, line)
				}
				text := strings.TrimLeft(line, " ")
				if width := twwidth.WidthWithOptions(line, twwidth.Options{}); width > columns && name != "hostile" && !longWord(text, columns) {
					t.Errorf("%s at %d: got a line of %d columns: %q", name, columns, width, line)
				}
			}
			for _, f := range fixture.Findings {
				if name != "hostile" && !account.IsRootARN(f.Resource) && f.Status == audit.StatusFail && !strings.Contains(out, account.ShortARN(f.Resource)) {
					t.Errorf("%s at %d: %s is torn or missing", name, columns, f.Resource)
				}
			}
		}
	}
}

// longWord reports whether a line is too long for a word in it, which is never torn.
func longWord(line string, columns int) bool {
	for word := range strings.FieldsSeq(line) {
		if len(word) > columns/4 {
			return true
		}
	}
	return false
}

func TestWidthsDontDependOnTheLocale(t *testing.T) {
	want := table(t, hostile(), format.Options{})
	// What the library does by itself where the environment says Japanese.
	twwidth.SetEastAsian(true)
	if got := table(t, hostile(), format.Options{}); !bytes.Equal(got, want) {
		t.Error("got another table in another locale")
	}
}

// TestUnknownNeverLooksLikeSuccess goes through the words that a reader takes for good news.
func TestUnknownNeverLooksLikeSuccess(t *testing.T) {
	t.Parallel()
	out := string(table(t, mostlyUnknown(), format.Options{}))
	for _, want := range []string{
		"3 of 5 complete · nothing seen to fail · 14 unknown\n", "NOT SEEN: 14 verdicts are unknown, none of them a pass; ", "Security Status: 3 of 5 complete",
		"? Activate MFA on your root account",
		"Unknown: 14 verdicts could not be given; none of them is a pass",
		"Credential report  not read",
		"alias not known",
		"is not shown\nto be in order",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	for _, bad := range []string{"Nothing fails", "✓ Activate MFA", "no alias"} {
		if strings.Contains(out, bad) {
			t.Errorf("got %q in\n%s", bad, out)
		}
	}
}

func TestLastLine(t *testing.T) {
	t.Parallel()
	unknown := unknowns(audit.High, "root-mfa", root, "root user", "not read")
	fail := fails(audit.High, "console-mfa", user("a"), "", "a", "no MFA")
	pass := passes("root-not-used", "root")
	for _, test := range []struct {
		name string
		r    *audit.Report
		want string
	}{
		{"all pass", makeReport(pass), "Nothing fails: 1 verdict is a pass, by 1 rule."},
		{"all pass, some rules didn't run", clean(), "Nothing fails: 4 verdicts are passes, by 3 rules. Not looked at: 2 rules that did not run."},
		{"all pass, a call failed", makeReport(pass, gap(account.AccountAliasesSection, "", "iam:ListAccountAliases", "AccessDenied", "no")),
			"Nothing fails: 1 verdict is a pass, by 1 rule. Not read: what is listed above, on which no verdict hangs."},
		{"unknown", makeReport(pass, unknown), "Nothing is seen to fail, but 1 verdict is unknown: the account is not shown to be in order."},
		{"fail", makeReport(pass, fail), "1 finding fails. The command 'sekisho rules RULE' explains a rule and its remedy."},
		{"fail and unknown", makeReport(fail, unknown, unknown), "1 finding fails, 2 verdicts are unknown. The command 'sekisho rules RULE' explains a rule and its remedy."},
		{"nothing", makeReport(), "Nothing was decided: no rule gave a verdict."},
	} {
		lines := strings.Split(strings.TrimSpace(string(table(t, test.r, format.Options{Width: 200}))), "\n")
		if got := lines[len(lines)-1]; got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAgeOfTheCredentialReport(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		-time.Minute:      "new",
		30 * time.Second:  "new",
		59 * time.Minute:  "59 min old",
		110 * time.Minute: "1 h 50 min old",
		47 * time.Hour:    "47 h 0 min old",
		72 * time.Hour:    "3 days old",
	} {
		r := clean()
		at := r.TakenAt.Add(-age)
		r.CredentialReportAt = &at
		if out := string(table(t, r, format.Options{})); !strings.Contains(out, "UTC, "+want+"\n") {
			t.Errorf("%v: got no %q in\n%s", age, want, out)
		}
	}
}

// TestRefusedCallStandsOnce evaluates an account whose credential report was refused: what the rules about root and
// those about users lack stands under one reason.
func TestRefusedCallStandsOnce(t *testing.T) {
	t.Parallel()
	at := takenAt.Add(time.Second)
	s := &account.Snapshot{
		Schema: account.SnapshotSchema, TakenAt: takenAt, Caller: account.Caller{AccountID: accountID, Partition: "aws", ARN: user("auditor")},
		AuthorizationDetails: &account.Answer[account.AuthorizationDetails]{
			Action: "iam:GetAccountAuthorizationDetails", Began: at, Ended: at, Complete: true,
			Value: account.AuthorizationDetails{Users: []account.UserDetail{{Name: "alice", ID: "AIDAEXAMPLE", ARN: user("alice"), Path: "/"}, {Name: "bob", ID: "AIDABOBEXAMPLE", ARN: user("bob"), Path: "/"}}},
		},
		Gaps: []account.Gap{{Section: account.CredentialReportSection, Action: "iam:GenerateCredentialReport", Code: "AccessDenied", Message: "no"}},
	}
	rule := func(id string, need account.Fact, check func(*audit.Pass)) *audit.Rule {
		return &audit.Rule{ID: id, Title: id, Category: audit.CategoryMFA, Severity: audit.High, Needs: []account.Fact{need}, Why: "w", How: "h", Fix: audit.Fix{Steps: []audit.FixStep{{Text: "f"}}}, Check: check}
	}
	r, _ := audit.Evaluate(s, []*audit.Rule{
		rule("of-root", account.RootSigningCertificates, func(p *audit.Pass) { p.Pass(p.Account.Root) }),
		rule("of-users", account.UserSigningCertificates, func(p *audit.Pass) {
			for u := range p.Users() {
				p.Pass(u)
			}
		}),
	}, audit.Options{})
	out := string(table(t, r, format.Options{}))
	want := "  iam:GenerateCredentialReport failed: AccessDenied: no\n    of-root   root user\n    of-users  2 resources\n"
	if !strings.Contains(out, want) {
		t.Errorf("got\n%s\nwant in it\n%s", out, want)
	}
}
