package policy

import (
	"slices"
	"strings"
)

// tokenize cuts a policy's text into tokens. Without wildcards, * and ? are themselves.
//
// Variables are ${key}, ${key, 'default'} and the characters ${*}, ${?} and ${$}; they exist in documents of version
// 2012-10-17 only, elsewhere they are plain text (Guide, reference_policies_variables). A ${ without } is plain text.
func tokenize(text string, wildcards, variables bool) []token {
	var buf [16]token // more than nearly all have, so that what is kept has no room to spare
	tokens := buf[:0]
	from := 0 // of the literal under way
	var plain []byte
	end := func(at int) { // of that literal
		switch {
		case len(plain) > 0: // it had signs of its own
			tokens = append(tokens, token{kind: literal, text: string(append(plain, text[from:at]...))})
			plain = plain[:0]
		case from < at:
			tokens = append(tokens, token{kind: literal, text: text[from:at]})
		}
	}
	for i := 0; i < len(text); {
		t, width := token{}, 1
		switch c := text[i]; {
		case c == '*' && wildcards:
			t.kind = anyRun
		case c == '?' && wildcards:
			t.kind = anyOne
		case c == '$' && variables && strings.HasPrefix(text[i:], "${"):
			last := strings.IndexByte(text[i:], '}')
			if last < 0 {
				variables = false
				continue
			}
			name := text[i+2 : i+last]
			width = last + 1
			if name == "*" || name == "?" || name == "$" {
				plain = append(append(plain, text[from:i]...), name...)
				i += width
				from = i
				continue
			}
			t = variableToken(name)
		default:
			i++
			continue
		}
		end(i)
		i += width
		from = i
		if n := len(tokens); t.kind != anyRun || n == 0 || tokens[n-1].kind != anyRun {
			tokens = append(tokens, t)
		}
	}
	end(len(text))
	return slices.Clone(tokens)
}

// variableToken reads what stands between the braces. A default is set off by a comma and a space, in single quotes.
func variableToken(s string) token {
	of := &spelling{}
	name, fallback, ok := strings.Cut(s, ", ")
	if ok && len(fallback) >= 2 && fallback[0] == '\'' && fallback[len(fallback)-1] == '\'' {
		of.fallback, of.hasDefault = fallback[1:len(fallback)-1], true
	}
	of.name = strings.TrimSpace(name)
	return token{variable, strings.ToLower(of.name), of}
}

// resolution says how far the variables of a pattern could be resolved.
type resolution uint8

const (
	resolved   resolution = iota // all of them
	open                         // some key is unknown: its place matches anything
	openAlways                   // likewise, and each has a default: whatever the key's value, the pattern stands
	unresolved                   // some key is absent and has no default: it matches nothing, its place is as if open
)

// resolve replaces variables by their values, which are literal even where they hold a * (Guide,
// reference_policies_variables: wildcards are part of the policy's text, not of the request's). A multivalued key has
// no value that could stand in a string: it counts as absent. The result may use buf's memory. Places without a known
// value are taken by a token that matches anything.
func resolve(tokens []token, ctx *Context, buf []token) ([]token, resolution) {
	out := buf[:0]
	res, absent := resolved, false
	for _, t := range tokens {
		if t.kind != variable {
			out = append(out, t)
			continue
		}
		e := ctx.get(t.text)
		switch {
		case e.single():
			out = append(out, token{kind: literal, text: e.values[0]})
		case e.state == Unknown:
			out = append(out, token{kind: anyRun})
			if !t.of.hasDefault {
				res = open
			} else if res == resolved {
				res = openAlways
			}
		case t.of.hasDefault:
			out = append(out, token{kind: literal, text: t.of.fallback})
		default:
			out = append(out, token{kind: anyRun})
			absent = true
		}
	}
	if absent {
		res = unresolved
	}
	return out, res
}

// match matches a pattern, its variables resolved in the context. Unresolvable is true where a variable surely has
// no value: then the pattern matches nothing, and what is built on it, even a negation, fails
// (Guide, reference_policies_variables: an attempt to match it fails and makes the statement invalid).
func (p *pattern) match(s string, ctx *Context) (matches Truth, unresolvable Truth) {
	if !p.varying {
		return truthOf(p.matchPlain(s)), No
	}
	var buf [16]token
	tokens, res := resolve(p.tokens, ctx, buf[:])
	return res.judge(matchTokens(tokens, s, p.fold))
}

// judge says what it means that a pattern so far resolved is hit, or isn't.
func (r resolution) judge(hit bool) (matches, unresolvable Truth) {
	switch r {
	case unresolved:
		return No, Yes
	case open:
		return truthOf(hit).And(Maybe), Maybe
	case openAlways:
		return truthOf(hit).And(Maybe), No
	}
	return truthOf(hit), No
}
