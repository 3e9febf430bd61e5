package shell

import (
	"sekisho/audit/change"
	"sekisho/audit/message"
)

// Call is a change as JSON has it, with what makes it.
type Call struct {
	change.Change
	Message string            `json:"message"`
	Text    message.Message   `json:"text"`
	Command []string          `json:"command"` // empty: only a person can do it, or an ID is not known
	Files   map[string]string `json:"files"`   // that the command reads, by name
}

// CallOf tells of a change.
func CallOf(c change.Change) Call {
	entry := Call{Change: c, Message: c.String(), Text: c.Words(), Command: []string{}, Files: map[string]string{}}
	if cmd, ok := c.Command(); ok {
		entry.Command, entry.Files = cmd.Args(), cmd.Files()
	}
	return entry
}
