package wording

import (
	"fmt"
	"time"

	"sekisho/audit"
)

// Baseline says what a report leaves out that tells only what is new; nothing of one that tells all.
func Baseline(r *audit.Report) string {
	if r.Baseline == nil {
		return ""
	}
	return "what is new; " + LeftOut(r.Baseline)
}

// LeftOut says how many findings a report leaves out because its baseline has them too.
func LeftOut(b *audit.Baseline) string {
	if b.Failing+b.Unknown == 0 {
		return "nothing is left out, for nothing of it was there on " + stamp(b.TakenAt)
	}
	return fmt.Sprintf("left out, since it was there on %s: %d failing (%d excepted), %d unknown", stamp(b.TakenAt), b.Failing, b.Excepted, b.Unknown)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
