package diff_test

import (
	"runtime"
	"testing"

	"sekisho/audit/diff"
	"sekisho/audit/emulator"
)

// BenchmarkCompare compares two snapshots of a company of 5,000 users, of whom 100 came to fail, some left and some
// joined. It reports what a comparison allocates in all.
func BenchmarkCompare(b *testing.B) {
	o, n := judged(emulator.CompanyFailing(5000, 400, before)), judged(emulator.CompanyFailing(5020, 500, before))
	b.Run("snapshots", func(b *testing.B) { compare(b, o, n) })
	b.Run("reports", func(b *testing.B) { compare(b, reported(b, o), reported(b, n)) })
}

func compare(b *testing.B, o, n diff.Side) {
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	rounds := 0
	for b.Loop() {
		d := diff.Compare(o, n)
		if d.Summary.New == 0 || d.Summary.Changes == 0 {
			b.Fatalf("got %+v, want what changed", d.Summary)
		}
		rounds++
	}
	runtime.ReadMemStats(&end)
	b.ReportMetric(float64(end.TotalAlloc-start.TotalAlloc)/float64(rounds)/(1<<20), "MB/op")
}

// A comparison of an account of 500 users allocates in proportion: a tenth of what the largest account may take.
func TestCompareAllocatesLittle(t *testing.T) {
	o, n := judged(emulator.CompanyFailing(500, 40, before)), judged(emulator.CompanyFailing(502, 50, before))
	var start, end runtime.MemStats
	runtime.ReadMemStats(&start)
	d := diff.Compare(o, n)
	runtime.ReadMemStats(&end)
	if got := end.TotalAlloc - start.TotalAlloc; got > 20<<20 || d.Summary.New == 0 {
		t.Errorf("got %d MB allocated and %+v, want at most 20 MB and what changed", got>>20, d.Summary)
	}
}
