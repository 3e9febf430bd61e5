package wording

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// Baseline says what a report leaves out that tells only what is new; nothing of one that tells all.
func Baseline(r *audit.Report) message.Message {
	if r.Baseline == nil {
		return message.Message{}
	}
	return message.New("what is new; %s", LeftOut(r.Baseline))
}

// LeftOut says how many findings a report leaves out because its baseline has them too.
func LeftOut(b *audit.Baseline) message.Message {
	at := message.At(b.TakenAt)
	if b.Failing+b.Unknown == 0 {
		return message.New("nothing is left out, for nothing of it was there on %s", at)
	}
	return message.New("left out, since it was there on %s: %d failing (%d excepted), %d unknown", at, b.Failing, b.Excepted, b.Unknown)
}
