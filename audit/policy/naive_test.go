package policy

import (
	"math/big"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// naiveEvaluate decides by the book, in two-valued logic, with regular expressions.
func naiveEvaluate(d *Document, action, resource string, ctx *Context) Result {
	if strings.ToLower(action) == "sts:getcalleridentity" {
		return Allowed
	}
	if resource == "" {
		resource = "*"
	}
	result := ImplicitDeny
	for _, s := range d.Statements {
		if !naiveStatement(d, &s, action, resource, ctx) {
			continue
		}
		if s.Effect == Deny {
			return ExplicitDeny
		}
		result = Allowed
	}
	return result
}

func naiveStatement(d *Document, s *Statement, action, resource string, ctx *Context) bool {
	named := slices.ContainsFunc(s.Actions, func(a string) bool {
		return anywhere(asciiLower(a)).MatchString(asciiLower(action))
	})
	if named == s.NotAction {
		return false
	}
	named = false
	for _, r := range s.Resources {
		text, ok := naiveText(d, r, ctx, true)
		hit := naiveHit(text, resource)
		if hit && !ok && s.NotResource {
			return false
		}
		named = named || hit && ok
	}
	if named == s.NotResource {
		return false
	}
	for _, c := range s.Conditions {
		if !naiveCondition(d, &c, ctx) {
			return false
		}
	}
	return true
}

// marks stand for wildcards while the values of variables, which may hold the like, are put in.
const star, question = "\ue000", "\ue001"

// naiveText puts variables' values into a text and marks its wildcards. A variable without a value becomes a wildcard,
// and ok false.
func naiveText(d *Document, text string, ctx *Context, wildcards bool) (out string, ok bool) {
	ok = true
	mark := func(s string) string {
		if wildcards {
			s = strings.NewReplacer("*", star, "?", question).Replace(s)
		}
		return s
	}
	if d.Version != "2012-10-17" {
		return mark(text), ok
	}
	for {
		at := variableReference.FindStringSubmatchIndex(text)
		if at == nil {
			return out + mark(text), ok
		}
		out += mark(text[:at[0]])
		inner := text[at[2]:at[3]]
		text = text[at[1]:]
		if inner == "*" || inner == "?" || inner == "$" {
			out += inner
			continue
		}
		name, fallback, found := strings.Cut(inner, ", ")
		quoted := found && len(fallback) > 1 && strings.HasPrefix(fallback, "'") && strings.HasSuffix(fallback, "'")
		values, list, state := ctx.Lookup(strings.TrimSpace(name))
		switch {
		case state == Present && !list:
			out += values[0]
		case quoted:
			out += fallback[1 : len(fallback)-1]
		default:
			out += star
			ok = false
		}
	}
}

// naiveHit matches a marked text with a resource.
func naiveHit(text, resource string) bool {
	if text != "" && strings.Trim(text, star) == "" {
		return true
	}
	literal := func(s string) string { // the reverse: what is no wildcard must not be taken for one
		return strings.NewReplacer(star, "*", question, "?").Replace(strings.NewReplacer("*", "\ue002", "?", "\ue003").Replace(s))
	}
	hidden := strings.NewReplacer("*", "\ue002", "?", "\ue003").Replace(resource)
	return naiveResource(literal(text), hidden)
}

func naiveCondition(d *Document, c *Condition, ctx *Context) bool {
	values, list, state := ctx.Lookup(c.Key)
	if c.Operator == "Null" {
		want := "false"
		if state == Absent {
			want = "true"
		}
		return slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, want) })
	}
	negated := strings.Contains(c.Operator, "Not")
	empty := state == Absent || len(values) == 0 || len(values) == 1 && values[0] == ""
	matches := func(v string) bool {
		for _, p := range c.Values {
			hit, ok := naiveCompare(d, c.Operator, p, v, ctx)
			if negated && (hit || !ok) {
				return false
			}
			if !negated && hit && ok {
				return true
			}
		}
		return negated
	}
	switch {
	case c.Quantifier == ForAllValues:
		return empty || !slices.ContainsFunc(values, func(v string) bool { return !matches(v) })
	case c.Quantifier == ForAnyValue:
		return !empty && slices.ContainsFunc(values, matches)
	case state == Absent:
		return negated || c.IfExists
	case list:
		return false
	}
	return matches(values[0])
}

// naiveCompare compares as the positive operator would; ok is false where there is nothing to compare.
func naiveCompare(d *Document, operator, p, v string, ctx *Context) (hit, ok bool) {
	hide := strings.NewReplacer("*", "\ue002", "?", "\ue003")
	show := strings.NewReplacer(star, "*", question, "?")
	switch {
	case strings.HasPrefix(operator, "Arn"):
		text, ok := naiveText(d, p, ctx, true)
		ps, vs := strings.SplitN(text, ":", 6), strings.SplitN(v, ":", 6)
		if !ok || len(ps) < 6 || len(vs) < 6 {
			return false, false
		}
		for i := range ps {
			if !anywhere(show.Replace(hide.Replace(ps[i]))).MatchString(hide.Replace(vs[i])) {
				return false, true
			}
		}
		return true, true
	case strings.HasSuffix(operator, "Like"):
		text, ok := naiveText(d, p, ctx, true)
		return anywhere(show.Replace(hide.Replace(text))).MatchString(hide.Replace(v)), ok
	case strings.HasSuffix(operator, "IgnoreCase"):
		text, ok := naiveText(d, p, ctx, false)
		return strings.EqualFold(text, v), ok
	case strings.HasPrefix(operator, "String"):
		text, ok := naiveText(d, p, ctx, false)
		return text == v, ok
	case operator == "Bool":
		p, v = strings.ToLower(p), strings.ToLower(v)
		return p == v, (p == "true" || p == "false") && (v == "true" || v == "false")
	case operator == "BinaryEquals":
		return strings.TrimRight(p, "=") == strings.TrimRight(v, "="), true
	case strings.HasSuffix(operator, "IpAddress"):
		_, network, err := net.ParseCIDR(p)
		if err != nil {
			bits := "/32"
			if strings.Contains(p, ":") {
				bits = "/128"
			}
			_, network, err = net.ParseCIDR(p + bits)
		}
		address := net.ParseIP(v)
		if err != nil || address == nil {
			return false, false
		}
		sameFamily := strings.Contains(p, ":") == strings.Contains(v, ":")
		return sameFamily && network.Contains(address), true
	}
	order, ok := 0, false
	if rest, found := strings.CutPrefix(operator, "Numeric"); found {
		operator = rest
		a, aok := naiveNumber(v)
		b, bok := naiveNumber(p)
		if ok = aok && bok; ok {
			order = a.Cmp(b)
		}
	} else {
		operator = strings.TrimPrefix(operator, "Date")
		a, aok := parseDate(v)
		b, bok := parseDate(p)
		if ok = aok && bok; ok {
			order = a.Compare(b)
		}
	}
	switch operator {
	case "Equals", "NotEquals":
		hit = order == 0
	case "LessThan":
		hit = order < 0
	case "LessThanEquals":
		hit = order <= 0
	case "GreaterThan":
		hit = order > 0
	case "GreaterThanEquals":
		hit = order >= 0
	}
	return hit, ok
}

var decimal = regexp.MustCompile(`\A[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?\z`)

func naiveNumber(s string) (*big.Float, bool) {
	if !decimal.MatchString(s) {
		return nil, false
	}
	n, _, err := big.ParseFloat(s, 10, 53, big.ToNearestEven)
	return n, err == nil
}

// asciiLower lowers ASCII letters only.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// expressions are those that anywhere made: the same few patterns are asked for again and again.
var expressions sync.Map

// anywhere is the expression whose wildcards match colons too.
func anywhere(pattern string) *regexp.Regexp {
	known, ok := expressions.Load(pattern)
	if !ok {
		known, _ = expressions.LoadOrStore(pattern, expression(pattern, -1))
	}
	return known.(*regexp.Regexp)
}

// expression writes a pattern as a regular expression. In front of the given number of colons a wildcard doesn't match
// colons, but for a * at the end of a field.
func expression(pattern string, fields int) *regexp.Regexp {
	for strings.Contains(pattern, "**") {
		pattern = strings.ReplaceAll(pattern, "**", "*")
	}
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i, c := range pattern {
		field := strings.Count(pattern[:i], ":") < fields
		last := i == len(pattern)-1 || pattern[i+1] == ':'
		switch {
		case c == '*' && field && !last:
			b.WriteString(`[^:]*`)
		case c == '*':
			b.WriteString(`.*`)
		case c == '?' && field:
			b.WriteString(`[^:]`)
		case c == '?':
			b.WriteString(`.`)
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return regexp.MustCompile(b.String() + `\z`)
}

// naiveResource matches a resource pattern without variables, of an identity's policy.
func naiveResource(pattern, s string) bool {
	if pattern != "" && strings.Trim(pattern, "*") == "" {
		return true
	}
	if expression(pattern, 5).MatchString(s) {
		return true
	}
	missing := 5 - strings.Count(pattern, ":")
	return missing > 0 && naivePadded(pattern, missing).MatchString(s)
}

// naivePadded has a * for each missing field; the pattern's last one is at the end of its field then too.
func naivePadded(pattern string, missing int) *regexp.Regexp {
	return expression(pattern+strings.Repeat(":*", missing), 5)
}
