package report_test

import (
	"regexp"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/report/format"
)

// TestMarkdownTablesHold counts the bars of each row: none comes from the account.
func TestMarkdownTablesHold(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		columns, rows := 0, 0
		for _, line := range strings.Split(string(markdown(t, fixture, format.Options{Verbose: true})), "\n") {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			if columns != 0 && n != columns {
				t.Errorf("%s: got %d bars, want %d: %s", name, n, columns, line)
			}
			columns = n
			rows++
		}
		if rows < len(fixture.Findings) {
			t.Errorf("%s: got %d rows, want one at least for each of %d findings", name, rows, len(fixture.Findings))
		}
	}
}

// TestMarkdownDoesNothing looks for what a reader of Markdown would act on: tags, links, addresses, mentions, code,
// emphasis that isn't ours.
func TestMarkdownDoesNothing(t *testing.T) {
	t.Parallel()
	text := string(markdown(t, hostile(), format.Options{Verbose: true})) + string(markdown(t, hostile(), format.Options{}))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "<br>", ""), "**Fix.**", "")
	text = regexp.MustCompile("`[a-z0-9-]+`").ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "\\\\", "")
	for what, pattern := range map[string]string{
		"a tag": `<`, "a link": `(^|[^\\])\]`, "an address": `https?:`, "a mention": `@`, "code": "(^|[^\\\\])`", "strong text": `[^\\\n]\*\*[^\n]*[a-z]\*\*$`,
	} {
		if found := regexp.MustCompile("(?m)" + pattern).FindString(text); found != "" {
			i := strings.Index(text, found)
			t.Errorf("got %s: %q", what, text[max(0, i-40):min(len(text), i+60)])
		}
	}
}

func TestMarkdownTellsAll(t *testing.T) {
	t.Parallel()
	r := makeReport(panel("", "?not read", "", "", ""), fails(audit.High, "a", user("x"), "access-key-1", "x", "bad"), unknowns(audit.Low, "b", root, "account", "not read"),
		passes("c", "user/y"), gap("s", "x", "iam:ListMFADevices", "AccessDenied", "no"), notSelected("d", "skipped"), func(r *audit.Report) {
			r.Frameworks = []audit.FrameworkResult{{ID: "cis-7.0", Title: "CIS 7", Recommendations: []audit.RecommendationResult{
				{ID: "2.10", Title: "MFA", Verdict: audit.VerdictFail, Rules: []audit.RecommendationRule{{ID: "a", Verdict: audit.VerdictFail, Failing: []string{"user/x"}}}},
			}}}
		})
	text := string(markdown(t, r, format.Options{Verbose: true}))
	for _, want := range []string{
		"# AWS account 123456789012\n", "**4 of 5 complete · 1 high · 1 unknown**", "**Not seen: 1 verdict is unknown, none of them a pass; 1 call failed: iam:ListMFADevices", "## Security Status: 4 of 5 complete",
		"- ? Unknown: Activate MFA on your root account: not read", "## High: 1\n\n### The problem of a\n\n`a`, cis-7.0 2.10\n\n| Resource |",
		"| user/x | access-key-1 | fail | bad | mfa_active = false (iam:GetCredentialReport, 2026-11-22 03:10 UTC) |",
		"## Unknown: 1 verdict could not be given\n\nNone of these is a pass.", "| account |  | unknown | not read |", "| iam:ListMFADevices | s of x | AccessDenied: no |",
		"## CIS 7\n", "| 2.10 | MFA | fail | a: fail (user/x) |", "| c | medium | pass | 1 | 0 | 0 | 0 |", "| d |  | not selected: skipped |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q in\n%s", want, text)
		}
	}
}
