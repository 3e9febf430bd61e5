package plan

import (
	"runtime"
	"testing"

	"sekisho/audit"
	"sekisho/audit/emulator"
	"sekisho/audit/lists"
)

// Each audit lists the first steps, of thousands of failures: those who share a failure share what is worked out for it,
// and no change is kept but those that are told.
func TestFirstStepsTakeLittle(t *testing.T) {
	catalogue := onByDefault()
	report, on := judging(catalogue)(emulator.Messy(960, 1, now))
	failures := len(lists.Filter(report.Findings, func(f audit.Finding) bool { return f.Status == audit.StatusFail }))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	First(report, on, catalogue)
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / uint64(failures); each > 3300 {
		t.Errorf("got %d bytes for each of %d failures, want 3300 at most", each, failures)
	}
	g := newGatherer(on, catalogue, nil, nil)
	g.titles = true
	for _, c := range g.gather(report.Findings, func(*audit.Finding) bool { return true }).candidates {
		for i, w := range c.works {
			if (i == 0) != (len(w.changes) > 0) {
				t.Fatalf("got %d changes of the work %d of %q, want some of the first alone", len(w.changes), i, c.title().String())
			}
		}
	}
}
