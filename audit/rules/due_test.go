package rules_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/rules"
)

type verdictOn struct{ resource, item string }

// on lists what has one of the statuses.
func on(r *audit.Report, statuses ...audit.Status) []verdictOn {
	var found []verdictOn
	for _, f := range r.Findings {
		if slices.Contains(statuses, f.Status) {
			found = append(found, verdictOn{f.Resource, f.Item})
		}
	}
	return found
}

// TestDueIsWhatFailsLater judges the answers of every case as if a year had gone by: what fails then and neither fails
// nor is unknown today is due, and a rule of which anything fails then says that it ages.
func TestDueIsWhatFailsLater(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	aged := map[string]bool{}
	t.Cleanup(func() {
		for _, rule := range rules.Catalogue() {
			if rule.Ages != aged[rule.ID] {
				t.Errorf("%s: got Ages %t, want %t, by what its cases come to in a year", rule.ID, rule.Ages, aged[rule.ID])
			}
		}
	})
	eachCase(t, func(t *testing.T, c ruleCase) {
		s, options := c.setUp(t)
		options.DueDays = audit.MaxDueDays
		today, _ := audit.Evaluate(s, []*audit.Rule{c.rule}, options)
		later := *s
		later.TakenAt = s.TakenAt.UTC().Truncate(24*time.Hour).AddDate(0, 0, audit.MaxDueDays+1)
		then, _ := audit.Evaluate(&later, []*audit.Rule{c.rule}, options)
		failing, unknown := on(today, audit.StatusFail), on(today, audit.StatusUnknown)
		var want, got []verdictOn
		for _, v := range on(then, audit.StatusFail) {
			if !slices.Contains(failing, v) && !slices.ContainsFunc(unknown, func(u verdictOn) bool { return u.resource == v.resource }) {
				want = append(want, v)
			}
		}
		for _, d := range today.Due.Items {
			got = append(got, verdictOn{d.Resource, d.Item})
			if d.On.Before(s.TakenAt.Truncate(24*time.Hour)) || !d.On.Before(later.TakenAt) {
				t.Errorf("got %+v, want a day of the coming year", d)
			}
		}
		if len(got) != len(want) || slices.ContainsFunc(want, func(v verdictOn) bool { return !slices.Contains(got, v) }) {
			t.Errorf("got due %v, want %v", got, want)
		}
		if len(want) > 0 {
			mu.Lock()
			aged[c.rule.ID] = true
			mu.Unlock()
		}
	})
}
