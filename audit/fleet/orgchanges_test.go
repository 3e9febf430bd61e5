package fleet

import (
	"testing"

	"sekisho/audit"
	"sekisho/audit/diff"
	"sekisho/audit/orgpolicy"
)

// A failure that concerns more than before is told, be it an account or a permission set; one that concerns less isn't.
func TestOrganizationFailuresThatConcernMore(t *testing.T) {
	t.Parallel()
	of := func(status audit.Status, accounts, names []string) []orgpolicy.Verdict {
		return []orgpolicy.Verdict{{Rule: orgpolicy.Rule{ID: "org-x"}, Status: status, Accounts: accounts, Names: names}}
	}
	one, two := []string{"a"}, []string{"a", "b"}
	for name, test := range map[string]struct {
		old, new []orgpolicy.Verdict
		want     int
		is       diff.Standing // diff.Failed, if empty
	}{
		"the same":                {of(audit.StatusFail, one, one), of(audit.StatusFail, one, one), 0, ""},
		"one more account":        {of(audit.StatusFail, one, nil), of(audit.StatusFail, two, nil), 1, ""},
		"one more permission set": {of(audit.StatusFail, nil, one), of(audit.StatusFail, nil, two), 1, ""},
		"one less":                {of(audit.StatusFail, nil, two), of(audit.StatusFail, nil, one), 0, ""},
		"more of what passes":     {of(audit.StatusPass, one, nil), of(audit.StatusPass, two, nil), 0, ""},
		"not read any more":       {of(audit.StatusFail, one, nil), nil, 1, diff.Unknown},
		"passed, and is not read": {of(audit.StatusPass, nil, nil), nil, 1, diff.Unknown},
		"not read, then or now":   {of(audit.StatusUnknown, nil, nil), nil, 0, ""},
		"read for the first time": {nil, of(audit.StatusFail, one, nil), 1, ""},
		"a failure":               {of(audit.StatusPass, one, nil), of(audit.StatusFail, one, nil), 1, ""},
	} {
		got := organizationChanges(test.old, test.new)
		if test.is == "" {
			test.is = diff.Failed
		}
		if len(got) != test.want || test.want > 0 && got[0].Is != test.is {
			t.Errorf("%s: got %v, want %d", name, got, test.want)
		}
	}
}
