package policy

import "fmt"

// Text is a sentence for people, kept apart from its arguments so that it can be said in another language.
type Text struct {
	Format string
	Args   []any
}

// String returns the text in English.
func (t Text) String() string {
	if len(t.Args) == 0 {
		return t.Format
	}
	return fmt.Sprintf(t.Format, t.Args...)
}

func say(format string, args ...any) Text { return Text{format, args} }
