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

// A comparison of an account of 500 users allocates in proportion: a tenth of what the largest account may take, and
// for its second half what it takes for the first.
func TestCompareAllocatesLittle(t *testing.T) {
	allocated := func(users int) uint64 {
		o, n := judged(emulator.CompanyFailing(users, users/12, before)), judged(emulator.CompanyFailing(users+2, users/10, before))
		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		d := diff.Compare(o, n)
		runtime.ReadMemStats(&end)
		if d.Summary.New == 0 {
			t.Errorf("%d users: got %+v, want what changed", users, d.Summary)
		}
		return end.TotalAlloc - start.TotalAlloc
	}
	half, whole := allocated(250), allocated(500)
	if ratio := float64(whole) / float64(half); whole > 10<<20 || ratio > 2.4 {
		t.Errorf("got %d kB allocated, %.2f times that of half the users, want 10 MB at most, and 2.4 times", whole>>10, ratio)
	}
}
