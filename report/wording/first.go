package wording

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// FirstStep is one of the steps that are worth most, with its number where it has one, how grave what it clears is, and how much that
// is.
func FirstStep(number int, s audit.FirstStep) message.Message {
	cleared := message.Plural(s.Findings, "%d finding", "%d findings")
	if number == 0 {
		return message.New("%s (%s; clears %s)", s.Text.Or(s.Message), Word(s.Severity.String()), cleared)
	}
	return message.New("%d. %s (%s; clears %s)", number, s.Text.Or(s.Message), Word(s.Severity.String()), cleared)
}
