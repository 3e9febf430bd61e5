package report_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/report/format"
)

// enforcementOf cuts the section out of a table.
func enforcementOf(t *testing.T, r *audit.Report, o format.Options) string {
	t.Helper()
	_, section, found := strings.Cut(string(table(t, r, o)), "Does MFA protect each way in?\n")
	if !found {
		return ""
	}
	section, _, _ = strings.Cut(section, "\nIn all\n")
	return section
}

// TestUsersStandInVerboseOnly names who is not protected, and says why of everybody on request.
func TestUsersStandInVerboseOnly(t *testing.T) {
	t.Parallel()
	r := makeReport(everyVerdict())
	short, long := enforcementOf(t, r, format.Options{}), enforcementOf(t, r, format.Options{Verbose: true})
	for _, row := range r.Enforcement {
		if strings.Contains(short, "\n  "+row.Name) || !strings.Contains(long, "\n  "+row.Name) {
			t.Errorf("%s: got a line without --verbose, or none with it", row.Name)
		}
	}
	for _, want := range []string{"  Not protected: alice, ", "\n  Not known, in whole or in part: ", "--verbose says"} {
		if !strings.Contains(short, want) {
			t.Errorf("got no %q in\n%s", want, short)
		}
	}
	for _, aside := range []string{"no access key: the policy would not stop one", "AWS asks at sign-in, the policy does not"} {
		if strings.Contains(short, aside) || !strings.Contains(long, aside) {
			t.Errorf("got %q without --verbose, or not with it", aside)
		}
	}
}

// TestNoLineIsNoGoodNews is about a report that doesn't say whose policies enforce MFA.
func TestNoLineIsNoGoodNews(t *testing.T) {
	t.Parallel()
	if out := enforcementOf(t, makeReport(person("alice")), format.Options{}); !strings.Contains(out, "Not judged: this report doesn't say whose policies enforce MFA.") {
		t.Errorf("got %q, want that nothing was judged", out)
	}
	if out := enforcementOf(t, makeReport(), format.Options{}); out != "" {
		t.Errorf("got %q for an account without users, want no section", out)
	}
}
