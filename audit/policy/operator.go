package policy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// comparison is how an operator compares a key's value with a policy's.
type comparison uint8

const (
	compareNull comparison = iota
	compareText
	compareTextFold
	compareLike
	compareNumber
	compareDate
	compareBool
	compareBinary
	compareIP
	compareARN
)

// order is which outcomes of an ordered comparison, key against policy value, match.
type order uint8

const (
	less order = 1 << iota
	equal
	greater
)

// operator is a condition operator without set operator and IfExists.
type operator struct {
	name    string
	compare comparison
	negated bool
	order   order
}

// operators are all operators of the language (Guide, reference_policies_elements_condition_operators).
// ArnEquals and ArnLike behave alike, and so do their negations.
var operators = []operator{
	{name: "StringEquals", compare: compareText},
	{name: "StringNotEquals", compare: compareText, negated: true},
	{name: "StringEqualsIgnoreCase", compare: compareTextFold},
	{name: "StringNotEqualsIgnoreCase", compare: compareTextFold, negated: true},
	{name: "StringLike", compare: compareLike},
	{name: "StringNotLike", compare: compareLike, negated: true},
	{name: "NumericEquals", compare: compareNumber, order: equal},
	{name: "NumericNotEquals", compare: compareNumber, order: equal, negated: true},
	{name: "NumericLessThan", compare: compareNumber, order: less},
	{name: "NumericLessThanEquals", compare: compareNumber, order: less | equal},
	{name: "NumericGreaterThan", compare: compareNumber, order: greater},
	{name: "NumericGreaterThanEquals", compare: compareNumber, order: greater | equal},
	{name: "DateEquals", compare: compareDate, order: equal},
	{name: "DateNotEquals", compare: compareDate, order: equal, negated: true},
	{name: "DateLessThan", compare: compareDate, order: less},
	{name: "DateLessThanEquals", compare: compareDate, order: less | equal},
	{name: "DateGreaterThan", compare: compareDate, order: greater},
	{name: "DateGreaterThanEquals", compare: compareDate, order: greater | equal},
	{name: "Bool", compare: compareBool},
	{name: "BinaryEquals", compare: compareBinary},
	{name: "IpAddress", compare: compareIP},
	{name: "NotIpAddress", compare: compareIP, negated: true},
	{name: "ArnEquals", compare: compareARN},
	{name: "ArnLike", compare: compareARN},
	{name: "ArnNotEquals", compare: compareARN, negated: true},
	{name: "ArnNotLike", compare: compareARN, negated: true},
	{name: "Null", compare: compareNull},
}

var operatorByName = func() map[string]*operator {
	m := map[string]*operator{}
	for i := range operators {
		m[strings.ToLower(operators[i].name)] = &operators[i]
	}
	return m
}()

// conditionValue is a policy's value, read as its operator wants it.
type conditionValue struct {
	pattern  pattern             // texts and ARNs
	arn      *[arnFields]pattern // of a pattern of ARNs without variables
	number   float64
	date     time.Time
	boolean  bool
	network  netip.Prefix
	readable bool // it is a number, date, … as the operator wants
}

func readValue(how comparison, text string, variables bool) conditionValue {
	v := conditionValue{readable: true}
	switch how {
	case compareText, compareTextFold, compareBinary:
		// Only text and ARN operators have variables (Guide, reference_policies_variables, "Where you can use policy
		// variables").
		v.pattern = patternOf(tokenize(text, false, variables && how != compareBinary), false)
	case compareLike:
		v.pattern = newPattern(text, variables, false)
	case compareARN:
		v.pattern = newPattern(text, variables, false)
		if !v.pattern.varying {
			fields, ok := splitARN(v.pattern.tokens)
			v.arn, v.readable = &fields, ok
		}
	case compareNumber:
		v.number, v.readable = parseNumber(text)
	case compareDate:
		v.date, v.readable = parseDate(text)
	case compareBool, compareNull:
		v.boolean, v.readable = parseBool(text)
	case compareIP:
		v.network, v.readable = parseNetwork(text)
	}
	return v
}

// splitARN cuts a pattern at its first five colons.
func splitARN(tokens []token) (fields [arnFields]pattern, ok bool) {
	var parts [arnFields][]token
	n := 0
	for _, t := range tokens {
		for t.kind == literal && n < arnFields-1 {
			before, after, found := strings.Cut(t.text, ":")
			if !found {
				break
			}
			if before != "" {
				parts[n] = append(parts[n], token{kind: literal, text: before})
			}
			n++
			t.text = after
		}
		if t.kind != literal || t.text != "" {
			parts[n] = append(parts[n], t)
		}
	}
	for i := range parts {
		fields[i] = patternOf(parts[i], false)
	}
	return fields, n == arnFields-1
}

func parseBool(s string) (value, ok bool) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// parseNumber reads integers and decimals; no infinities, hexadecimals or underscores, which strconv takes.
func parseNumber(s string) (float64, bool) {
	for i := range len(s) {
		if !strings.ContainsRune("+-.eE0123456789", rune(s[i])) {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// dateLayouts are the W3C profile of ISO 8601 (Guide, reference_policies_elements_condition_operators, "Date condition
// operators"); time.Parse takes fractions of a second by itself. A time without a zone is read as UTC.
var dateLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01",
	"2006-01-02T15:04:05", "2006-01-02T15:04",
}

// parseDate reads a date, or seconds since 1970 where the text is an integer.
func parseDate(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0), true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// parseNetwork reads a network, or an address, which is a network of its own
// (Guide, reference_policies_elements_condition_operators, "IP address condition operators").
func parseNetwork(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
