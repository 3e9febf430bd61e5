package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON (RFC 8259) piece by piece and knows where it is. encoding/json would do, but for three things: it
// keeps no positions, lets the last of two equal keys win, which could hide a statement from a reader, and replaces
// broken text silently.
type scanner struct {
	text      string
	at        int
	line      int // of at, from 1
	lineStart int
	depth     int
}

// maxDepth bounds recursion; a policy in the answer of an AWS call needs 9 levels.
const maxDepth = 32

// scanError is a fault of the JSON itself.
type scanError struct {
	pos    Position
	reason string
}

func (e *scanError) Error() string { return e.pos.String() + ": " + e.reason }

func newScanner(text string) scanner { return scanner{text: text, line: 1} }

func (s *scanner) pos() Position { return Position{s.line, s.at - s.lineStart + 1} }

func (s *scanner) fail(format string, args ...any) error {
	return &scanError{s.pos(), fmt.Sprintf(format, args...)}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case '\n':
			s.line++
			s.lineStart = s.at + 1
			fallthrough
		case ' ', '\t', '\r':
			s.at++
		case 0:
			return 1 // a NUL byte is a byte, not the end
		default:
			return c
		}
	}
	return 0
}

// found describes what comes next, for messages.
func (s *scanner) found() string {
	switch c := s.peek(); {
	case c == 0:
		return "the end of the document"
	case c == '{':
		return "an object"
	case c == '[':
		return "a list"
	case c == '"':
		return "a string"
	case c == '-' || '0' <= c && c <= '9':
		return "a number"
	case strings.HasPrefix(s.text[s.at:], "true"), strings.HasPrefix(s.text[s.at:], "false"):
		return "a boolean"
	case strings.HasPrefix(s.text[s.at:], "null"):
		return "null"
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.at:])
	return strconv.QuoteRune(r)
}

func (s *scanner) enter() error {
	if s.depth++; s.depth > maxDepth {
		return s.fail("nested deeper than %d levels", maxDepth)
	}
	s.at++
	return nil
}

func (s *scanner) leave() {
	s.depth--
	s.at++
}

// object reads an object; member is called at each value and must read it.
func (s *scanner) object(member func(key string, pos Position) error) error {
	if s.peek() != '{' {
		return s.fail("got %s, want an object", s.found())
	}
	if err := s.enter(); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.leave()
		return nil
	}
	var few []string // keys seen; a map only where there are many
	var many map[string]bool
	for {
		if s.peek() != '"' {
			return s.fail("got %s, want a key in quotation marks", s.found())
		}
		pos := s.pos()
		key, err := s.str()
		if err != nil {
			return err
		}
		seen := many[key]
		for _, k := range few {
			seen = seen || k == key
		}
		switch {
		case seen:
			return &scanError{pos, fmt.Sprintf("key %s is there twice", quote(key))}
		case many != nil:
			many[key] = true
		case len(few) < 16:
			few = append(few, key)
		default:
			many = map[string]bool{key: true}
		}
		if s.peek() != ':' {
			return s.fail("got %s, want a colon after the key %s", s.found(), quote(key))
		}
		s.at++
		if err := member(key, pos); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.leave()
			return nil
		default:
			return s.fail("got %s, want a comma or the end of the object", s.found())
		}
	}
}

// list reads a list; element is called at each value and must read it.
func (s *scanner) list(element func() error) error {
	if s.peek() != '[' {
		return s.fail("got %s, want a list", s.found())
	}
	if err := s.enter(); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.leave()
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.at++
		case ']':
			s.leave()
			return nil
		default:
			return s.fail("got %s, want a comma or the end of the list", s.found())
		}
	}
}

// oneOrList reads one value, or a list of them.
func (s *scanner) oneOrList(one func() error) error {
	if s.peek() == '[' {
		return s.list(one)
	}
	return one()
}

// str reads a string.
func (s *scanner) str() (string, error) {
	if s.peek() != '"' {
		return "", s.fail("got %s, want a string", s.found())
	}
	start := s.at
	s.at++
	var out []byte // only where escapes make it differ from the text
	from := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			if out == nil {
				return s.text[from : s.at-1], nil
			}
			return string(append(out, s.text[from:s.at-1]...)), nil
		case c < ' ':
			return "", s.fail("control character 0x%02x in a string", c)
		case c == '\\':
			out = append(out, s.text[from:s.at]...)
			r, n := unescape(s.text[s.at:])
			if n == 0 {
				return "", s.fail("bad escape in a string")
			}
			out = utf8.AppendRune(out, r)
			s.at += n
			from = s.at
		case c < utf8.RuneSelf:
			s.at++
		default:
			r, n := utf8.DecodeRuneInString(s.text[s.at:])
			if r == utf8.RuneError && n == 1 {
				return "", s.fail("byte 0x%02x is not UTF-8", c)
			}
			s.at += n
		}
	}
	s.at = start
	return "", s.fail("string without an end")
}

// unescape reads one escape sequence and returns its length, 0 if it is none. A lone half of a surrogate pair is none.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, s[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	r, ok := unescapeHex(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := unescapeHex(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func unescapeHex(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(n), err == nil
}

// scalar reads a string, a number or a boolean and returns its text.
func (s *scanner) scalar() (string, error) {
	c := s.peek()
	if c == '"' {
		return s.str()
	}
	start := s.at
	for s.at < len(s.text) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzE", s.text[s.at]) >= 0 {
		s.at++
	}
	text := s.text[start:s.at]
	if text == "true" || text == "false" || isNumber(text) {
		return text, nil
	}
	s.at = start
	if c == '-' || '0' <= c && c <= '9' {
		return "", s.fail("malformed number %s", quote(text))
	}
	return "", s.fail("got %s, want a string, a number or a boolean", s.found())
}

// isNumber checks a number as JSON writes it: no leading zeros or plus sign, digits around the point.
func isNumber(s string) bool {
	digits := func() bool {
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		s = s[n:]
		return n > 0
	}
	s = strings.TrimPrefix(s, "-")
	if strings.HasPrefix(s, "0") {
		s = s[1:]
	} else if !digits() {
		return false
	}
	if strings.HasPrefix(s, ".") {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}

// skip reads any value.
func (s *scanner) skip() error {
	switch s.peek() {
	case '{':
		return s.object(func(string, Position) error { return s.skip() })
	case '[':
		return s.list(s.skip)
	case 'n':
		if strings.HasPrefix(s.text[s.at:], "null") {
			s.at += len("null")
			return nil
		}
	}
	_, err := s.scalar()
	return err
}

// quote quotes a text of a document for a message: no control characters, and not too long.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return strconv.QuoteToGraphic(s[:cut]) + "…"
	}
	return strconv.QuoteToGraphic(s)
}
