package sanitize

import "sekisho/audit/message"

// Voice says things in a language, and makes them harmless as [Terminal] does. The zero Voice speaks English.
type Voice struct{ Language *message.Language }

// Say says a message, or a part of one.
func (v Voice) Say(m interface {
	In(*message.Language) string
}) Text {
	return Terminal(m.In(v.Language))
}

// words is the type of what [Voice.Words] says. No other package can name it, so the compiler accepts only constants of
// the source, in which they are found for translation.
type words string

// Words says a constant text, such as a heading.
func (v Voice) Words(english words) Text { return Terminal(v.Language.Text(string(english))) }

// Known says a text of the catalogue of rules, such as a title, or of a report in which one stands. Any other text is
// shown as it is.
func (v Voice) Known(english string) Text { return Terminal(v.Language.Text(english)) }
