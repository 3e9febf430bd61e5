package access

import "sekisho/audit/message"

// Text is a message.
type Text = message.Message

func say(format string, args ...any) Text {
	text := Text{Format: format, Args: make([]any, len(args))}
	for i, arg := range args {
		text.Args[i] = message.New("%s", arg).Args[0]
	}
	return text
}
