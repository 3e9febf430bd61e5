package audit

import "sekisho/audit/message"

// Text is a message.
type Text = message.Message

// Textf makes a message of any format. New code calls [message.New].
func Textf(format string, args ...any) Text {
	text := Text{Format: format, Args: make([]any, len(args))}
	for i, arg := range args {
		text.Args[i] = message.New("%s", arg).Args[0]
	}
	return text
}
