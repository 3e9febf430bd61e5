package collect_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
)

// TestEveryRefusalIsAGap: what AWS refuses of the whole account is a gap of that section, and no answer.
func TestEveryRefusalIsAGap(t *testing.T) {
	t.Parallel()
	of := emulator.Demo(now)
	for _, c := range collect.Collectors() {
		if c.Scope != account.PerAccount {
			continue
		}
		t.Run(string(c.Section), func(t *testing.T) {
			t.Parallel()
			// Where all is refused the run fails; so two others are read.
			plan := collect.Plan{Sections: []account.Section{c.Section, account.AccountAliasesSection, account.PasswordPolicySection}}
			s, err := readWith(t, of, emulator.Options{Deny: c.Actions}, plan)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(s.Gaps, func(g account.Gap) bool { return g.Section == c.Section && strings.HasPrefix(g.Code, "AccessDenied") }) {
				t.Errorf("got the gaps %v, want one of %s", s.Gaps, c.Section)
			}
		})
	}
}
