package report_test

import (
	"io"
	"runtime"
	"testing"

	"sekisho/audit"
	"sekisho/report"
	"sekisho/report/format"
)

// What a format allocates for a user with two failures and twenty passes does not grow with their number, and stays at
// what it was, a fifth more at most.
func TestAllocationsOfFormats(t *testing.T) {
	most := map[string]float64{
		"table": 190, "json": 24, "html": 800, "csv": 105, "markdown": 45, "sarif": 80, "junit": 300, "ocsf": 880, "asff": 1050,
	}
	few, many := large(50), large(200)
	for _, f := range report.Formats() {
		per := func(r *audit.Report) float64 {
			return testing.AllocsPerRun(1, func() {
				if err := f.Render(io.Discard, r, format.Options{}); err != nil {
					t.Fatal(err)
				}
			}) / float64(len(r.Users))
		}
		if a, b := per(few), per(many); b > 1.05*a || b > most[f.Name] {
			t.Errorf("%s: got %.0f allocations a user among 50 and %.0f among 200, want no more of them, and at most %.0f", f.Name, a, b, most[f.Name])
		}
	}
}

// The text of a report in JSON is never in memory: all that is allocated to write it is less.
func TestReportIsNotHeldToWriteIt(t *testing.T) {
	r := large(1000)
	var before, after runtime.MemStats
	var written counter
	runtime.ReadMemStats(&before)
	if err := report.JSON(&written, r); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > uint64(written.n) {
		t.Errorf("got %d bytes allocated to write %d, want fewer", took, written.n)
	}
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }
