package audit

import (
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// oldKeyRule fails keys of more than 90 days.
func oldKeyRule() *Rule {
	return &Rule{
		ID: "key-age", Title: "t", Problem: "too old", Category: CategoryAccessKeys, Severity: Medium, Ages: true, Why: "w", How: "h", Fix: Fix{Steps: []FixStep{{Text: "f"}}},
		Needs: []account.Fact{account.UserAccessKeys},
		Check: func(p *Pass) {
			for u := range p.Users() {
				for _, k := range u.AccessKeys.Value() {
					p.Decide(u.Key(k), !p.OlderThan(k.Created, 90), message.New("old"), k.Evidence()...)
				}
			}
		},
	}
}

// TestDueNamesTheDay has a key that gets too old on the fourth day from now, one that does so on the sixth and is
// excepted for longer, one that is too old with an exception of five days, and one whose exception ends too late.
func TestDueNamesTheDay(t *testing.T) {
	t.Parallel()
	created := func(days int) string { return now.AddDate(0, 0, days-90).Format(time.RFC3339) }
	s := snapshot([]string{"alice", "bob", "carol", "dave", "erin", "frank"},
		reported("alice", false, false, created(4)), reported("bob", false, false, created(6)), reported("carol", false, false, created(-1)),
		reported("dave", false, false, created(-1)), reported("erin", false, false, created(-1)), reported("frank", false, false, created(11)))
	until := func(name string, days int) Exception {
		return Exception{Rule: "key-age", Resource: name, Reason: "r", Owner: "o", Expires: now.Truncate(day).AddDate(0, 0, days)}
	}
	r, _ := Evaluate(s, []*Rule{oldKeyRule()}, Options{
		Thresholds: DefaultThresholds(), DueDays: 10, Exceptions: []Exception{until("bob", 30), until("carol", 5), until("dave", 11), until("alice", 4)},
	})
	want := []struct {
		name   string
		days   int
		borne  bool
		number string
	}{{"alice", 4, false, "access-key-1"}, {"carol", 5, true, "access-key-1"}}
	if r.Due == nil || r.Due.Days != 10 || len(r.Due.Items) != len(want) {
		t.Fatalf("got %+v, want %v", r.Due, want)
	}
	for i, w := range want {
		d := r.Due.Items[i]
		if !d.On.Equal(now.Truncate(day).AddDate(0, 0, w.days)) || d.Name != w.name || d.Problem != "too old" || d.Severity != Medium || d.Item != w.number || (d.Exception != nil) != w.borne {
			t.Errorf("got %+v, want %+v", d, w)
		}
	}
	if r.Summary.Fail != 3 || r.Summary.Excepted != 2 || r.Exceptions[0].Findings+r.Exceptions[1].Findings+r.Exceptions[2].Findings+r.Exceptions[3].Findings != 2 {
		t.Errorf("got %+v, %+v, want the verdicts of today, whatever is due", r.Summary, r.Exceptions)
	}
	if plain, _ := Evaluate(s, []*Rule{oldKeyRule()}, Options{Thresholds: DefaultThresholds()}); plain.Due != nil {
		t.Errorf("got %+v, want nothing where nobody asked", plain.Due)
	}
}
