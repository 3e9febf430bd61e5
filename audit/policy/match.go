package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MatchWildcard reports whether s matches a pattern in which * is any run of characters, even none, and
// ? exactly one. It is case-sensitive and knows no separators: * matches / and : too
// (Guide, reference_policies_elements_resource, "Using wildcards in resource ARNs").
func MatchWildcard(pattern, s string) bool {
	p := newPattern(pattern, false, false)
	return p.matchPlain(s)
}

// tokenKind is what a piece of a pattern matches.
type tokenKind uint8

const (
	literal  tokenKind = iota // its text
	anyRun                    // any characters, even none
	anyOne                    // exactly one character
	fieldRun                  // any characters but colons, even none
	fieldOne                  // exactly one character but a colon
	variable                  // the value of a context key; resolved before matching
)

// token is one piece of a pattern.
type token struct {
	kind tokenKind
	text string    // literal: the text; variable: the key, lower-case
	of   *spelling // of a variable; apart, for policies have many pieces and few variables
}

// spelling is how a variable is written.
type spelling struct {
	name       string // the key as written
	fallback   string // its default value
	hasDefault bool
}

// pattern is a compiled pattern of a policy: an action, a resource or a condition's value.
type pattern struct {
	tokens []token
	fold   bool // ASCII case doesn't matter (actions); literals are lower-case then

	shape   patternShape
	varying bool // has variables
}

// text is that of an exact pattern, or of a prefix.
func (p *pattern) text() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0].text
}

// patternShape picks the cheap ways of matching: most patterns are a text, or a text and a final *.
type patternShape uint8

const (
	general patternShape = iota
	everything
	exact
	prefix
)

// newPattern compiles text with wildcards; variables are read if the policy's version has them.
func newPattern(text string, variables, fold bool) pattern {
	if fold {
		text = Lower(text)
	}
	return patternOf(tokenize(text, true, variables), fold)
}

// patternOf makes a pattern of tokens.
func patternOf(tokens []token, fold bool) pattern {
	p := pattern{tokens: tokens, fold: fold}
	for _, t := range tokens {
		p.varying = p.varying || t.kind == variable
	}
	switch n := len(tokens); {
	case n == 0:
		p.shape = exact
	case n == 1 && tokens[0].kind == literal:
		p.shape = exact
	case n == 1 && tokens[0].kind == anyRun:
		p.shape = everything
	case n == 2 && tokens[0].kind == literal && tokens[1].kind == anyRun:
		p.shape = prefix
	}
	return p
}

// matchPlain matches a pattern without variables.
func (p *pattern) matchPlain(s string) bool {
	switch p.shape {
	case everything:
		return true
	case exact:
		return len(s) == len(p.text()) && hasPrefix(s, p.text(), p.fold)
	case prefix:
		return hasPrefix(s, p.text(), p.fold)
	}
	return matchTokens(p.tokens, s, p.fold)
}

// matchAction matches an action with a pattern of an Action element, as matchTokens would.
func matchAction(pattern, action string) bool {
	p, a := 0, 0
	run, end := -1, 0 // behind the last *, and where what it stands for ends for now
	for p < len(pattern) || a < len(action) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			p++
			run, end = p, a
			continue
		case p < len(pattern) && a < len(action) && pattern[p] == '?':
			p, a = p+1, a+width(action, a)
			continue
		case p < len(pattern) && a < len(action) && lower(pattern[p]) == lower(action[a]):
			p, a = p+1, a+1
			continue
		case run < 0 || end >= len(action):
			return false
		}
		end += width(action, end)
		p, a = run, end
	}
	return true
}

// matchTokens matches tokens without variables and without field kinds. On a mismatch only the last run
// grows, for what an earlier one could gain the last can gain too; so the time is at most the product of the lengths.
func matchTokens(tokens []token, s string, fold bool) bool {
	ti, si := 0, 0
	runToken, runEnd := -1, 0 // after the last run, and where it ends for now
	for {
		if ti < len(tokens) {
			switch t := &tokens[ti]; t.kind {
			case anyRun:
				if ti++; ti == len(tokens) {
					return true
				}
				runToken, runEnd = ti, si
				continue
			case anyOne:
				if si < len(s) {
					si += width(s, si)
					ti++
					continue
				}
			default:
				if hasPrefix(s[si:], t.text, fold) {
					si += len(t.text)
					ti++
					continue
				}
			}
		} else if si == len(s) {
			return true
		}
		if runToken < 0 || runEnd >= len(s) {
			return false
		}
		runEnd += width(s, runEnd)
		if t := &tokens[runToken]; t.kind == literal && !fold {
			skip := strings.Index(s[runEnd:], t.text)
			if skip < 0 {
				return false
			}
			runEnd += skip
		}
		ti, si = runToken, runEnd
	}
}

// matchFields matches tokens that may hold field kinds, which a colon stops. Growing the last run isn't enough here,
// so it walks all reachable ends, token by token.
func matchFields(tokens []token, s string) bool {
	if len(tokens) == 0 {
		return s == ""
	}
	if tokens[0].kind == literal && !strings.HasPrefix(s, tokens[0].text) {
		return false
	}
	var buf [512]bool
	room := buf[:]
	if n := 2 * (len(s) + 1); n > len(room) {
		room = make([]bool, n)
	}
	at, next := room[:len(s)+1], room[len(s)+1:2*(len(s)+1)]
	at[0] = true
	for _, t := range tokens {
		if !slices.Contains(at, true) {
			return false
		}
		clear(next)
		running := false
		for i := 0; i <= len(s); i++ {
			switch t.kind {
			case anyRun:
				running = running || at[i]
				next[i] = running
			case fieldRun:
				running = running || at[i]
				next[i] = running
				if i < len(s) && s[i] == ':' {
					running = false
				}
			case anyOne, fieldOne:
				if at[i] && i < len(s) && (t.kind == anyOne || s[i] != ':') {
					next[i+width(s, i)] = true
				}
			default:
				if at[i] && strings.HasPrefix(s[i:], t.text) {
					next[i+len(t.text)] = true
				}
			}
		}
		at, next = next, at
	}
	return at[len(s)]
}

// width is the length of the character at i.
func width(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}

// hasPrefix is strings.HasPrefix, or with fold a comparison that ignores the case of ASCII letters in s; prefix is
// lower-case then.
func hasPrefix(s, prefix string, fold bool) bool {
	if !fold {
		return strings.HasPrefix(s, prefix)
	}
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] != lower(s[i]) {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}
