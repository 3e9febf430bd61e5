package audit

import (
	"runtime"
	"testing"
	"unsafe"

	"sekisho/audit/message"
)

// Findings are the largest part of a report: rules share the room in which they grow, so that each is made, counted and
// sorted in, and no list of them is grown again for each rule.
func TestReportMakesRoomForFindingsOnce(t *testing.T) {
	names := make([]string, 2_000)
	for i := range names {
		names[i] = string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
	}
	var rules []*Rule
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		rules = append(rules, &Rule{ID: id, Title: "t", Problem: "p", Category: CategoryMFA, Severity: High, Check: func(p *Pass) {
			for _, u := range p.Account.Users {
				p.Fail(u, message.New("no"), u.AttachedPolicies.Evidence()...)
			}
		}})
	}
	s := snapshot(names)
	work := func(n int) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		report, _ := Evaluate(s, rules[:n], Options{})
		runtime.ReadMemStats(&after)
		if len(report.Findings) != n*len(names) {
			t.Fatalf("got %d findings, want %d", len(report.Findings), n*len(names))
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	work(8) // makes what is made once
	few, many := work(4), work(8)
	each := float64(many-few) / float64(4*len(names))
	if most := 3 * float64(unsafe.Sizeof(Finding{})); each > most {
		t.Errorf("got %.0f bytes for one more finding of a rule beside others, want %.0f at most", each, most)
	}
}
