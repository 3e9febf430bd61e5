package wording

import (
	"fmt"

	"sekisho/audit"
	"sekisho/report/term"
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
		return "nothing is left out, for nothing of it was there on " + string(term.Minute(b.TakenAt))
	}
	return fmt.Sprintf("left out, since it was there on %s: %d failing (%d excepted), %d unknown", term.Minute(b.TakenAt), b.Failing, b.Excepted, b.Unknown)
}
