// Package message holds what people read as data: a constant English format and its arguments, so that it can be
// rendered in another [Language], with the format as the key of the translation. Lists, counts, dates, nested
// messages and errors made by [Errorf] are arguments, so that no English hides inside a string. A text of any other Go
// error or of AWS is an argument as it is.
//
// It imports the standard library and audit/lists only, so that every package under audit can use it.
package message

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/lists"
)

// Message is one sentence or one part of a sentence. Args are strings, int64s, float64s, bools, Messages, Counts,
// Lists, Dates and Minutes, which survive JSON. The zero Message says nothing.
type Message struct {
	Format string
	Args   []any
}

// constant is the type of formats. No other package can name it, so the compiler accepts only constants of the source.
type constant string

// New makes a message of a format with the verbs %s, %d, %q and %.1f. A time becomes a Date, a whole number an int64,
// and an error, a Stringer or a named string its text.
func New(format constant, args ...any) Message {
	m := Message{Format: string(format), Args: make([]any, len(args))}
	for i, arg := range args {
		m.Args[i] = argument(arg)
	}
	return m
}

func argument(arg any) any {
	switch v := arg.(type) {
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case time.Time:
		return On(v)
	case []byte:
		return string(v)
	case string, int64, float64, bool, Message, Count, List, Date, Minute:
		return v
	case *failure:
		return v.text
	}
	return fmt.Sprint(arg)
}

// failure is an error whose text is a message.
type failure struct {
	text  Message
	cause error
}

// Errorf makes an error of a message. It wraps the error that is its last argument, if that is one. As an argument of a
// message it is that message.
func Errorf(format constant, args ...any) error {
	var cause error
	if len(args) > 0 {
		cause, _ = args[len(args)-1].(error)
	}
	return &failure{New(format, args...), cause}
}

// Of is the message of an error: its own, or its text where Errorf didn't make it.
func Of(err error) Message {
	if own, ok := err.(*failure); ok {
		return own.text
	}
	return New("%s", err)
}

func (f *failure) Error() string { return f.text.String() }
func (f *failure) Unwrap() error { return f.cause }

// Empty reports whether the message says nothing.
func (m Message) Empty() bool { return m.Format == "" }

// Or is the message, or a text that stands alone in files of older versions.
func (m Message) Or(text string) Message {
	if m.Empty() && text != "" {
		return New("%s", text)
	}
	return m
}

// String renders the message in English.
func (m Message) String() string { return m.In(nil) }

// Form is the message's English with verbs for all arguments but messages: what two messages have in common that differ
// in names and numbers only.
func (m Message) Form() string {
	return fill(m.Format, m.Args, func(verb string, arg any) string {
		if nested, ok := arg.(Message); ok {
			return nested.Form()
		}
		return verb
	})
}

// fill replaces each verb of a format by what is made of it and of its argument.
func fill(format string, args []any, with func(verb string, arg any) string) string {
	var out strings.Builder
	walk(format, args, func(text string) { out.WriteString(text) }, func(verb string, arg any) { out.WriteString(with(verb, arg)) })
	return out.String()
}

// walk goes through the parts of a format: its own text, and its verbs, each with its argument, which is the next one,
// or the one that the verb names by its number, as %[2]s does. A percent sign that begins no verb stays.
func walk(format string, args []any, literal func(string), argument func(verb string, arg any)) {
	rest, next := format, 0
	for {
		before, after, found := strings.Cut(rest, "%")
		literal(before)
		if !found {
			return
		}
		after, next = numbered(after, next)
		end := strings.IndexFunc(after, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		switch {
		case strings.HasPrefix(after, "%"):
			literal("%")
			rest = after[1:]
		case end < 0 || after[end] < 'a' || after[end] > 'z' || next >= len(args):
			literal("%")
			rest = after
		case len(before)+1+len(after) == len(rest):
			argument(rest[len(before):len(before)+end+2], args[next])
			rest, next = after[end+1:], next+1
		default:
			argument("%"+after[:end+1], args[next])
			rest, next = after[end+1:], next+1
		}
	}
}

// numbered is what follows "[2]", and the place of that argument; or else the same rest and place.
func numbered(rest string, next int) (string, int) {
	inside, ok := strings.CutPrefix(rest, "[")
	if !ok {
		return rest, next
	}
	number, after, ok := strings.Cut(inside, "]")
	if n, err := strconv.Atoi(number); ok && err == nil && n > 0 {
		return after, n - 1
	}
	return rest, next
}

// Grouped writes a number with commas between thousands: 1,234.
func Grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count is a number of things, with a format for one and one for any other number. The number may be left out of One.
type Count struct {
	N          int64
	One, Other string
}

// Plural counts things: Plural(n, "%d key", "%d keys").
func Plural(n int, one, other constant) Count { return Count{int64(n), string(one), string(other)} }

// Days is a duration in days: 158 days.
func Days(n int) Count { return Plural(n, "%d day", "%d days") }

// String renders the count in English.
func (c Count) String() string { return c.In(nil) }

// List is some things, of which the first ones are told and the others are counted. Items are strings and Messages.
type List struct {
	Items []any
	More  int64
}

// Names lists at most so many names, or all where most is 0.
func Names[S ~string](most int, names []S) List {
	return list(most, lists.Map(names, func(name S) string { return string(name) }))
}

// First lists at most so many messages, or all where most is 0.
func First(most int, parts []Message) List { return list(most, parts) }

// Some is Names where there are so many more that are not in the list. One alone isn't counted but named.
func Some[S ~string](most, more int, names []S) List {
	if more == 0 && len(names) <= most+1 {
		most = 0
	}
	l := Names(most, names)
	l.More += int64(more)
	return l
}

// Parts lists messages, without those that say nothing.
func Parts(parts ...Message) List {
	return list(0, lists.Filter(parts, func(m Message) bool { return !m.Empty() }))
}

// Joined puts messages into one, two at a time, without those that say nothing: Joined("%s; %s", one, another).
func Joined(format constant, parts ...Message) Message {
	var all Message
	for _, part := range parts {
		switch {
		case all.Empty():
			all = part
		case !part.Empty():
			all = New(format, all, part)
		}
	}
	return all
}

func list[T any](most int, items []T) List {
	if most <= 0 {
		most = len(items)
	}
	shown := items[:min(most, len(items))]
	l := List{Items: make([]any, len(shown)), More: int64(len(items) - len(shown))}
	for i, item := range shown {
		l.Items[i] = item
	}
	return l
}

// String renders the list in English.
func (l List) String() string { return l.In(nil) }

// Date is a day, in UTC.
type Date struct{ Time time.Time }

// On is the day of a time.
func On(t time.Time) Date { return Date{t.UTC().Truncate(24 * time.Hour)} }

// String renders the day: 2026-11-29.
func (d Date) String() string { return d.Time.Format(time.DateOnly) }

// Minute is a time to the minute, in UTC.
type Minute struct{ Time time.Time }

// At is the minute of a time.
func At(t time.Time) Minute { return Minute{t.UTC().Truncate(time.Minute)} }

// String renders the minute: 2026-11-29 21:12 UTC.
func (m Minute) String() string { return m.Time.Format("2006-01-02 15:04 UTC") }
