package account

import (
	"encoding/json"
	"errors"
	"strings"
)

// errTorn is JSON that is no object, or breaks off in one; the library says better what is wrong with it.
var errTorn = errors.New("got what is no JSON object")

// members hands out what a JSON object holds, one by one, and looks into none of it: who takes a value reads it, or checks
// that it is JSON. The library goes through all of a value before it asks who takes it, once more where it is kept for
// later, and does so at each level.
func members(object []byte, take func(key string, value []byte) error) error {
	s := scanner{data: object}
	if !s.next('{') {
		return errTorn
	}
	for first := true; !s.next('}'); first = false {
		if !first && !s.next(',') {
			return errTorn
		}
		var key string
		if name := s.value(); len(name) == 0 || name[0] != '"' || json.Unmarshal(name, &key) != nil || !s.next(':') {
			return errTorn
		}
		value := s.value()
		if err := take(key, value); err != nil {
			var kind *json.UnmarshalTypeError
			if errors.As(err, &kind) {
				kind.Offset += int64(s.at - len(value))
			}
			return err
		}
	}
	if s.blanks(); s.at < len(object) {
		return errTorn
	}
	return nil
}

// valid checks a value that nobody takes.
func valid(value []byte) error {
	if !json.Valid(value) {
		return errTorn
	}
	return nil
}

// scanner goes through JSON, and trusts it.
type scanner struct {
	data []byte
	at   int
}

func (s *scanner) blanks() {
	for s.at < len(s.data) && strings.IndexByte(" \n\t\r", s.data[s.at]) >= 0 {
		s.at++
	}
}

// next reports whether the next character is c, and steps over it.
func (s *scanner) next(c byte) bool {
	s.blanks()
	is := s.at < len(s.data) && s.data[s.at] == c
	if is {
		s.at++
	}
	return is
}

// value steps over a value and returns it; nothing where there is none.
func (s *scanner) value() []byte {
	s.blanks()
	begin, depth := s.at, 0
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.text()
		case c == '{' || c == '[':
			depth++
		case (c == '}' || c == ']') && depth > 0:
			depth--
		case depth == 0 && strings.IndexByte(",:}] \n\t\r", c) >= 0:
			return s.data[begin:s.at]
		default:
			s.at++
			continue
		}
		if s.at = min(s.at+1, len(s.data)); depth == 0 {
			break
		}
	}
	return s.data[begin:s.at]
}

// text steps to the end of a text.
func (s *scanner) text() {
	for s.at++; s.at < len(s.data) && s.data[s.at] != '"'; s.at++ {
		if s.data[s.at] == '\\' {
			s.at++
		}
	}
}
