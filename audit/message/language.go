package message

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"sekisho/audit/lists"
)

// Language is how messages are said in one language. The nil Language is English, in which they are written.
type Language struct {
	tag          string
	translations map[string]string
}

// NewLanguage makes a language of its tag (BCP 47, such as "ja") and of what it says for each English format or text.
// A translation has the verbs of the format: in the same order, or each with the number of its argument, as in
// "%[2]s: %[1]d".
func NewLanguage(tag string, translations map[string]string) *Language {
	return &Language{tag, translations}
}

// Tag is the language's BCP 47 tag.
func (l *Language) Tag() string {
	if l == nil {
		return "en"
	}
	return l.tag
}

// Text is a text of ours that is no message, such as the title of a rule, in the language; or the text itself, where
// the language has nothing for it.
func (l *Language) Text(english string) string {
	if l == nil {
		return english
	}
	if translation := l.translations[english]; translation != "" {
		return translation
	}
	return english
}

// What stands in lists.
const (
	nothing   constant = "none"
	separator constant = ", "
	andMore   constant = "%s and %d more"
)

// In renders the message in a language.
func (m Message) In(l *Language) string {
	if l == nil {
		return fill(m.Format, m.Args, english)
	}
	var out setting
	walk(l.Text(m.Format), m.Args, out.literal, func(verb string, arg any) { out.argument(l.say(verb, arg)) })
	return out.String()
}

func english(verb string, arg any) string { return (*Language)(nil).say(verb, arg) }

// setting puts the parts of a text together. Japanese sets a blank between its own characters and what is written in
// ASCII, and none between two of its own: a format that has one beside an argument loses it where the argument is
// Japanese.
type setting struct {
	strings.Builder
	last  rune // before the blank, if there is one
	blank bool // an argument, or a text before one, ends in a blank that waits for what follows
	after bool // the last part was an argument
}

func (s *setting) literal(text string) {
	if s.after && strings.HasPrefix(text, " ") && wide(s.last) {
		if next, _ := utf8.DecodeRuneInString(text[1:]); wide(next) {
			text = text[1:]
		}
	}
	s.flush(text)
	if rest, ok := strings.CutSuffix(text, " "); ok && rest != "" {
		text, s.blank = rest, true
	}
	s.put(text, false)
}

func (s *setting) argument(text string) {
	if first, _ := utf8.DecodeRuneInString(text); s.blank && wide(s.last) && wide(first) {
		s.blank = false
	}
	s.flush(text)
	s.put(text, true)
}

// flush writes a blank that waits, unless nothing follows yet.
func (s *setting) flush(text string) {
	if s.blank && text != "" {
		s.WriteByte(' ')
		s.blank = false
	}
}

func (s *setting) put(text string, argument bool) {
	if text != "" {
		s.WriteString(text)
		s.last, _ = utf8.DecodeLastRuneInString(text)
		s.after = argument
	}
}

// String is the whole text.
func (s *setting) String() string {
	if s.blank {
		return s.Builder.String() + " "
	}
	return s.Builder.String()
}

// wide reports whether a character is Japanese: of its scripts, or its punctuation.
func wide(r rune) bool {
	return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) || r == 'ー' || r >= 0x3000 && r <= 0x303f || r >= 0xff01 && r <= 0xff60
}

// In renders the count in a language.
func (c Count) In(l *Language) string {
	format := c.Other
	if c.N == 1 {
		format = c.One
	}
	return Message{format, []any{c.N}}.In(l)
}

// In renders the list in a language.
func (l List) In(language *Language) string {
	if len(l.Items) == 0 {
		return language.Text(string(nothing))
	}
	parts := lists.Map(l.Items, language.argument)
	text := strings.Join(parts, language.Text(string(separator)))
	if l.More > 0 {
		return Message{string(andMore), []any{text, l.More}}.In(language)
	}
	return text
}

func (l *Language) say(verb string, arg any) string {
	if n, ok := arg.(int64); ok {
		return Grouped(n)
	}
	if verb != "%s" {
		return fmt.Sprintf(verb, arg)
	}
	return l.argument(arg)
}

// argument is what fmt writes of an argument, without the detour for what messages are made of mostly, and in the
// language where it can be said in one.
func (l *Language) argument(arg any) string {
	switch v := arg.(type) {
	case string:
		return v
	case interface{ In(*Language) string }:
		return v.In(l)
	case fmt.Stringer:
		return v.String()
	}
	return fmt.Sprint(arg)
}
