package audit

import (
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// MissingText says why a fact is not known: which call failed and with what error, or what else stands in the way.
func MissingText(m account.Missing) message.Message {
	switch {
	case m.Gap.Code != "":
		return message.New("%s failed: %s: %s", m.Gap.Action, m.Gap.Code, m.Gap.Message)
	case m.Reason != "":
		return message.New("%s", m.Reason)
	case len(m.Sections) > 0:
		return message.New("%s was not read", m.Sections[0])
	}
	return message.New("not read")
}
