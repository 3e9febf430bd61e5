package report_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/report/format"
)

// enforcementOf cuts the section out of a table.
func enforcementOf(t *testing.T, r *audit.Report, o format.Options) string {
	t.Helper()
	_, section, found := strings.Cut(string(table(t, r, o)), "MFA: registered and enforced\n")
	if !found {
		return ""
	}
	section, _, _ = strings.Cut(section, "\nSummary\n")
	return section
}

// TestUsersInOrderStandOnlyInVerbose shows who has something wrong, and everybody on request.
func TestUsersInOrderStandOnlyInVerbose(t *testing.T) {
	t.Parallel()
	r := makeReport(everyVerdict())
	short, long := enforcementOf(t, r, format.Options{}), enforcementOf(t, r, format.Options{Verbose: true})
	for _, row := range r.Enforcement {
		fine := strings.Contains(" carol dave frank heidi ", " "+row.Name+" ")
		if got := strings.Contains(short, "\n  "+row.Name); got == fine {
			t.Errorf("%s: got a line %v, want %v", row.Name, got, !fine)
		}
		if !strings.Contains(long, "\n  "+row.Name) {
			t.Errorf("%s: got no line with --verbose", row.Name)
		}
	}
	for _, aside := range []string{"no access key: the policy would not stop one", "AWS asks at sign-in, the policy does not"} {
		if strings.Contains(short, aside) || !strings.Contains(long, aside) {
			t.Errorf("got %q without --verbose, or not with it", aside)
		}
	}
}

// TestSameReasonStandsOnce is about many users of whom one refused call hides everything, and one who is in danger all
// the same.
func TestSameReasonStandsOnce(t *testing.T) {
	t.Parallel()
	reason := "iam:GetAccountAuthorizationDetails failed: AccessDenied"
	options := []option{judged("alice", notKnown(reason), has(true, 0), func(r *audit.EnforcementRow) { r.MFAActive = ptr(false) })}
	for _, name := range []string{"bob", "carol", "dave"} {
		options = append(options, judged(name, devices(account.MFAVirtual), notKnown(reason)))
	}
	out := enforcementOf(t, makeReport(options...), format.Options{Width: 100})
	if want := "Not known of bob, carol, dave: " + reason; !strings.Contains(out, want) {
		t.Errorf("got no %q in\n%s", want, out)
	}
	if want := "  alice  none  unknown  –           unknown\n    not known: " + reason; !strings.Contains(out, want) {
		t.Errorf("got no %q in\n%s", want, out)
	}
	if strings.Count(out, reason) != 2 {
		t.Errorf("got the reason %d times, want twice:\n%s", strings.Count(out, reason), out)
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
