package audit

import (
	"fmt"
	"reflect"
	"testing"

	"sekisho/audit/message"
)

// An evaluation that is interrupted within a rule sees no further resource and no further rule, and gives no report:
// half of one would look like an account with less wrong.
func TestInterruptedEvaluation(t *testing.T) {
	t.Parallel()
	const users, ruleCount = 5, 3
	var names, rows []string
	for i := range users {
		names = append(names, fmt.Sprintf("u%d", i))
		rows = append(rows, reported(names[i], true, true, ""))
	}
	s := snapshot(names, rows...)
	seen, stopAt := 0, 0
	var rules []*Rule
	for i := range ruleCount {
		rule := mfaRule()
		rule.ID = fmt.Sprintf("rule-%d", i)
		rule.Check = func(p *Pass) {
			for u := range p.Users() {
				seen++
				p.Fail(u, message.New("seen"))
			}
		}
		rules = append(rules, rule)
	}
	whole, wanted := Evaluate(s, rules, Options{})
	for stopAt = range users*ruleCount + 1 {
		seen = 0
		asked := 0
		got, wants := Evaluate(s, rules, Options{Enforcement: true, Interrupted: func() bool {
			if seen >= stopAt {
				asked++
			}
			return seen >= stopAt
		}})
		if got != nil || wants != nil || seen != stopAt || asked > 4 {
			t.Errorf("interrupted after %d resources: got %v, %v, %d of them, and asked %d times, want nothing, and no more of them", stopAt, got, wants, seen, asked)
		}
	}
	got, wants := Evaluate(s, rules, Options{Interrupted: func() bool { return false }})
	if !reflect.DeepEqual(got, whole) || !reflect.DeepEqual(wants, wanted) {
		t.Error("got another report where nobody interrupted it, want the same")
	}
}
