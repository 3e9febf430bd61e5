package wording

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// FirstStep is one of the steps that are worth most, with its number where it has one, and how many findings it clears.
func FirstStep(number int, s audit.FirstStep) message.Message {
	cleared := message.Plural(s.Findings, "%d finding", "%d findings")
	if number == 0 {
		return message.New("%s (clears %s)", s.Text.Or(s.Message), cleared)
	}
	return message.New("%d. %s (clears %s)", number, s.Text.Or(s.Message), cleared)
}
