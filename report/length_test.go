package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
	"sekisho/report/format"
)

func judge(s *account.Snapshot) *audit.Report {
	r, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{Points: rules.Points(), Thresholds: audit.DefaultThresholds(), Enforcement: true, Depth: audit.DepthDeep})
	return r
}

// TestTableFitsPages counts the lines at 100 columns: of the demo account, and of a large one where most have an old key,
// each of which has a message of its own.
func TestTableFitsPages(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*account.Snapshot{"demo": emulator.Demo(takenAt), "company": emulator.CompanyFailing(500, 400, takenAt)} {
		r := judge(s)
		out := table(t, r, format.Options{Width: 100})
		if lines := bytes.Count(out, []byte("\n")); lines > 150 {
			t.Errorf("%s: got %d lines, want 150 at most:\n%s", name, lines, out)
		}
		verbose := string(table(t, r, format.Options{Width: 100, Verbose: true}))
		for _, f := range r.Findings {
			if !strings.Contains(verbose, account.ShortARN(f.Item)) || !strings.Contains(string(out), "("+f.Rule+")") && f.Rule != "root-hardware-mfa" && f.Rule != "user-mfa" {
				t.Fatalf("%s: %s of %s is not in the report, or its item not in the verbose one", name, f.Rule, f.Item)
			}
		}
	}
}

// TestRulesFoldWithTheirSeverity looks at a report with few findings, and at one with too many of one rule.
func TestRulesFoldWithTheirSeverity(t *testing.T) {
	t.Parallel()
	few := makeReport(fails(audit.Critical, "root-mfa", root, "", "root user", "no MFA"), fails(audit.Medium, "user-mfa", user("a"), "", "a", "a has none"),
		fails(audit.Medium, "user-mfa", user("b"), "", "b", "b has none"), fails(audit.Low, "alias", user("a"), "", "a", "bad"))
	out := string(table(t, few, format.Options{Width: 100}))
	for _, want := range []string{
		"0 of 0 complete · 1 critical, 2 medium, 1 low · 0 unknown\n", "CRITICAL (1)\n  The problem of root-mfa (root-mfa)\n    root user: no MFA\n",
		"MEDIUM (2)\n  The problem of user-mfa (user-mfa)\n    … has none (2 users: a, b)\n", "LOW (1)\n  The problem of alias (alias): user/a\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	var options []option
	for i := range 40 {
		name := fmt.Sprintf("user%02d", i)
		options = append(options, fails(audit.High, "access-key-rotation", user(name), "", name, "%d days old", 100+i))
	}
	out = string(table(t, makeReport(options...), format.Options{Width: 100}))
	if want := "    user/user09: 109 days old … and 30 more, which --verbose lists\n"; !strings.Contains(out, want) || strings.Contains(out, "user10") {
		t.Errorf("got no %q, or more lines, in\n%s", want, out)
	}
}

// TestReasonsOfTheUnknownAreFew is about a company of which much could not be read, for reasons that differ.
func TestReasonsOfTheUnknownAreFew(t *testing.T) {
	t.Parallel()
	var options []option
	for i := range 100 {
		name := fmt.Sprintf("user%02d", i)
		options = append(options, unknowns(audit.High, "mfa-sms", user(name), name, "possibly since day %d", i))
	}
	r := makeReport(options...)
	out := string(table(t, r, format.Options{Width: 100}))
	if want := "  … and 80 more verdicts for 80 reasons, which --verbose lists\n"; !strings.Contains(out, want) || strings.Count(out, "\n") > 150 {
		t.Errorf("got no %q, or too many lines, in\n%s", want, out)
	}
	if out := string(table(t, r, format.Options{Verbose: true})); strings.Count(out, "possibly since day") != 100 {
		t.Errorf("got not all reasons in\n%s", out)
	}
}

// TestOneProblemStandsOnce is about rules that fail for the same reason on the same resource.
func TestOneProblemStandsOnce(t *testing.T) {
	t.Parallel()
	r := makeReport(fails(audit.Critical, "root-mfa", root, "", "root user", "root has no MFA device"), fails(audit.High, "root-hardware-mfa", root, "", "root user", "root has no MFA device"),
		func(r *audit.Report) {
			r.Rules = append(r.Rules, audit.RuleResult{ID: "root-hardware-mfa", Under: "root-mfa", Problem: "no hardware"})
		})
	out, text := string(table(t, r, format.Options{})), string(markdown(t, r, format.Options{}))
	for _, got := range []string{out, strings.ReplaceAll(text, `\`, "")} {
		if strings.Count(got, "root has no MFA device") != 1 || !strings.Contains(got, "root-hardware-mfa (high) fails on this, too") || strings.Contains(got, "no hardware") {
			t.Errorf("got it twice, or no word of the other rule, in\n%s", got)
		}
	}
	if verbose := string(table(t, r, format.Options{Verbose: true})); !strings.Contains(verbose, "root-hardware-mfa: root has no MFA device") {
		t.Errorf("got no line of the other rule in\n%s", verbose)
	}
}
