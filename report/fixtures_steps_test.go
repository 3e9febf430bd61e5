package report_test

import (
	"sekisho/audit"
	messages "sekisho/audit/message"
)

// stepped gives the last finding steps: one with a command and what it reads, one for a person.
func stepped(command string) option {
	return func(r *audit.Report) {
		last := &r.Findings[len(r.Findings)-1]
		for _, s := range []audit.FindingStep{{Text: messages.New("do it by %s", last.Name), Command: command, Files: map[string]string{"guard.json": "{\n  \"Version\": 1\n}"}}, {Text: messages.New("watch")}} {
			s.Message = s.Text.String()
			last.Steps = append(last.Steps, s)
		}
	}
}
