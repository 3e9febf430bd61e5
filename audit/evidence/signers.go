package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"sekisho/audit/message"
)

// AllowedSigners is a file of keys and whose they are, in the format of ssh-keygen(1), ALLOWED SIGNERS.
type AllowedSigners struct {
	name  string
	lines []allowedSigner
}

// allowedSigner is one line of it.
type allowedSigner struct {
	line       int
	principals string // a list of patterns, with commas in between
	namespaces string // likewise; "" for all
	after      time.Time
	before     time.Time
	key        ssh.PublicKey
}

// ParseAllowedSigners reads the file. Its times are of that place where they don't end with Z. A line that can't be
// understood is an error: skipped, it would only puzzle the people on it.
func ParseAllowedSigners(r io.Reader, name string, place *time.Location) (*AllowedSigners, error) {
	list := &AllowedSigners{name: name}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for n := 1; scanner.Scan(); n++ {
		text := strings.TrimSpace(scanner.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		s, err := parseSigner(text, place)
		if err != nil {
			return nil, fmt.Errorf("reading the allowed signers: %s, line %d: %w", name, n, err)
		}
		s.line = n
		list.lines = append(list.lines, s)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading the allowed signers: %s: %w", name, err)
	}
	return list, nil
}

func parseSigner(text string, place *time.Location) (allowedSigner, error) {
	var s allowedSigner
	rest := ""
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		s.principals, rest, quoted = strings.Cut(inner, `"`)
		if !quoted {
			return s, errors.New("got principals without a closing quote")
		}
	} else if i := strings.IndexAny(text, " \t"); i > 0 {
		s.principals, rest = text[:i], text[i:]
	}
	if s.principals == "" {
		return s, errors.New("got no principals, want principals, options if any, and a key")
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(rest)))
	if err != nil {
		return s, errors.New("got no key that can be read, want principals, options if any, and a key")
	}
	for _, option := range options {
		if err := s.option(option, place); err != nil {
			return s, err
		}
	}
	if !s.after.IsZero() && !s.before.IsZero() && !s.after.Before(s.before) {
		return s, errors.New("got valid-before at or before valid-after")
	}
	s.key = key
	return s, nil
}

func (s *allowedSigner) option(option string, place *time.Location) (err error) {
	name, value, hasValue := strings.Cut(option, "=")
	name = strings.ToLower(name)
	if name == "cert-authority" {
		return errors.New("got cert-authority, want a signer's own key: signatures by certificates can't be checked")
	}
	if hasValue {
		inner, ok := strings.CutPrefix(value, `"`)
		inner, closed := strings.CutSuffix(inner, `"`)
		if !ok || !closed {
			return fmt.Errorf("got option %s without quotes about its value", name)
		}
		value = strings.ReplaceAll(inner, `\"`, `"`)
	}
	switch {
	case name == "namespaces" && hasValue && s.namespaces == "" && value != "":
		s.namespaces = value
	case name == "valid-after" && hasValue && s.after.IsZero():
		s.after, err = parseStamp(value, place)
	case name == "valid-before" && hasValue && s.before.IsZero():
		s.before, err = parseStamp(value, place)
	default:
		return fmt.Errorf(`got option %q, want namespaces="…", valid-after="…" or valid-before="…", each once`, option)
	}
	return err
}

// parseStamp reads a time as OpenSSH writes it: YYYYMMDD[HHMM[SS]][Z].
func parseStamp(text string, place *time.Location) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	if utc {
		place = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(layout) == len(digits) {
			if t, err := time.ParseInLocation(layout, digits, place); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("got the time %q, want YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC", text)
}

// Principals says whose key may have signed a manifest at that time, as the file has it. Where an identity is given,
// the key must be that principal's. An error says what stands against it.
func (l *AllowedSigners) Principals(key ssh.PublicKey, at time.Time, identity string) (string, error) {
	var refused error
	for _, s := range l.lines {
		if !bytes.Equal(s.key.Marshal(), key.Marshal()) {
			continue
		}
		err := s.allows(at, identity)
		if err == nil {
			if identity != "" {
				return identity, nil
			}
			return s.principals, nil
		}
		if refused == nil {
			refused = message.Errorf("%s, line %d: %s", l.name, s.line, err)
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", message.Errorf("got the key %s, want one of %s", Fingerprint(key), l.name)
}

func (s *allowedSigner) allows(at time.Time, identity string) error {
	switch {
	case identity != "" && !matchesList(s.principals, identity):
		return message.Errorf("the key is of %s, not of %s", s.principals, identity)
	case identity == "" && !names(s.principals):
		return message.Errorf("the key is of %s, which is nobody", s.principals)
	case s.namespaces != "" && !matchesList(s.namespaces, Namespace):
		return message.Errorf("the key signs in the namespaces %s, not in %s", s.namespaces, Namespace)
	case !s.after.IsZero() && at.Before(s.after):
		return message.Errorf("the key is valid from %s on, and the evidence is of %s", s.after.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339))
	case !s.before.IsZero() && at.After(s.before):
		return message.Errorf("the key was valid until %s, and the evidence is of %s", s.before.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339))
	}
	return nil
}

// names reports whether a list of patterns names anybody: a name, or one that a pattern stands for and that no other
// pattern speaks of, is not excepted. A list that only excepts names nobody.
func names(patterns string) bool {
	odd := strings.Repeat("\x00", len(patterns)+1) // longer than any pattern without *
	return slices.ContainsFunc(strings.Split(patterns, ","), func(pattern string) bool {
		name := strings.ReplaceAll(pattern, "?", "\x00")
		return pattern != "" && (matchesList(patterns, strings.ReplaceAll(name, "*", odd)) || matchesList(patterns, strings.ReplaceAll(name, "*", "")))
	})
}

// matchesList matches a list of patterns as ssh_config(5) has it: one of them matches, and none that begins with !
// does.
func matchesList(patterns, text string) bool {
	matched := false
	for _, pattern := range strings.Split(patterns, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !matches(pattern, text) {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}

// matches matches a pattern in which * stands for anything and ? for one byte. It goes back to the last * alone, so its
// time is bounded by the product of the lengths.
func matches(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
