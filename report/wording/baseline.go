package wording

import (
	"fmt"

	"sekisho/audit"
)

// Baseline says what a report leaves out that tells only what is new; nothing of one that tells all.
func Baseline(r *audit.Report) string {
	b := r.Baseline
	if b == nil {
		return ""
	}
	since := "what is new since " + b.TakenAt.UTC().Format("2006-01-02 15:04 UTC")
	if b.Failing+b.Unknown == 0 {
		return since + "; nothing is left out"
	}
	return fmt.Sprintf("%s; left out, since it was there then: %d failing (%d excepted), %d unknown", since, b.Failing, b.Excepted, b.Unknown)
}
