package report_test

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"sekisho/report"
)

// A report is read once: of what it says nothing is kept aside to look at it before, save the text itself.
func TestReadJSONKeepsNoSecondCopy(t *testing.T) {
	r := clean()
	r.Caller += strings.Repeat("x", 4<<20) // one text, so that what reading makes of the rest doesn't count
	text := render(t, report.JSON, r)
	reading := allocated(func() {
		if back, err := report.ReadJSON(bytes.NewReader(text)); err != nil || back.Caller != r.Caller {
			t.Fatalf("got error %v, or another report", err)
		}
	})
	taking := allocated(func() {
		if whole, err := io.ReadAll(bytes.NewReader(text)); err != nil || len(whole) != len(text) {
			t.Fatalf("got %d bytes and %v, want %d", len(whole), err, len(text))
		}
	})
	if more := (reading - taking) / uint64(len(text)); more >= 2 {
		t.Errorf("got %d bytes allocated for a report of %d, and %d to take it in, want no more than it says", reading, len(text), taking)
	}
}

func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
