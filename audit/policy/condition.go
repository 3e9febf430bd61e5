package policy

import (
	"net/netip"
	"slices"
	"strings"
)

// compiledCondition is a condition made ready for matching.
type compiledCondition struct {
	operator   *operator
	quantifier Quantifier
	ifExists   bool
	key        string // lower-case
	values     []conditionValue
	denies     bool // it is one of a Deny
}

func compileCondition(c *Condition, variables bool) *compiledCondition {
	op := operatorByName[strings.ToLower(c.Operator)]
	if op == nil {
		return &compiledCondition{operator: &operator{name: c.Operator, compare: compareText}, key: strings.ToLower(c.Key)}
	}
	out := &compiledCondition{operator: op, quantifier: c.Quantifier, ifExists: c.IfExists, key: strings.ToLower(c.Key)}
	for _, v := range c.Values {
		out.values = append(out.values, readValue(op.compare, v, variables))
	}
	return out
}

// MatchConditions reports whether all conditions of the statement hold.
func (s *Statement) MatchConditions(ctx *Context) Truth {
	result := Yes
	for _, c := range s.ready().conditions {
		if result = result.And(c.match(ctx)); result == No {
			return No
		}
	}
	return result
}

// Match reports whether the condition holds in the context.
//
// A key that is absent fails a positive operator and fulfils a negated one, as well as any with IfExists (Guide,
// reference_policies_elements_condition_operators). With a set operator, ForAllValues is fulfilled by an absent key and
// an empty list, ForAnyValue by neither, negated or not, IfExists or not (Guide,
// reference_policies_condition-single-vs-multi-valued-context-keys; for the combinations, which it leaves open,
// @cloud-copilot/iam-simulate, condition.ts). Without one, a multivalued key matches nothing.
func (c *Condition) Match(ctx *Context) Truth { return c.ready().match(ctx) }

func (c *compiledCondition) match(ctx *Context) Truth {
	e := ctx.get(c.key)
	if same, is := c.ofIPv4(e, ctx); is && same == truthOf(!c.denies) {
		return same
	}
	switch {
	case c.operator.compare == compareNull:
		return c.matchNull(e.state)
	case e.state == Absent:
		return c.matchAbsent()
	case e.state == Unknown:
		return c.matchUnknown(ctx)
	}
	switch {
	case c.quantifier == NoQuantifier && e.list:
		return No
	case c.quantifier == NoQuantifier:
		return c.matchValue(e.values[0], ctx)
	case emptySet(e.values):
		return c.matchAbsent()
	}
	all, some := Yes, No
	for _, v := range e.values {
		match := c.matchValue(v, ctx)
		all, some = all.And(match), some.Or(match)
	}
	if c.quantifier == ForAllValues {
		return all
	}
	return some
}

// emptySet reports whether set operators see no value: there is none, or just the empty string
// (Guide, reference_policies_multi-value-conditions: an empty data set, "for example, an empty string").
func emptySet(values []string) bool {
	return len(values) == 0 || len(values) == 1 && values[0] == ""
}

// matchNull tests presence: the value true asks for an absent key, false for one that is there.
func (c *compiledCondition) matchNull(state KeyState) Truth {
	var absent, present bool
	for i := range c.values {
		v := &c.values[i]
		absent = absent || v.readable && v.boolean
		present = present || v.readable && !v.boolean
	}
	switch {
	case state == Absent:
		return truthOf(absent)
	case state == Present, absent == present:
		return truthOf(present)
	}
	return Maybe
}

func (c *compiledCondition) matchAbsent() Truth {
	switch c.quantifier {
	case ForAllValues:
		return Yes
	case ForAnyValue:
		return No
	}
	return truthOf(c.operator.negated || c.ifExists)
}

// matchUnknown answers Maybe, unless an absent key and every value that it could have give the same answer.
func (c *compiledCondition) matchUnknown(ctx *Context) Truth {
	single, constant := c.constant(ctx)
	if !constant {
		return Maybe
	}
	// A list of values is possible too: empty for the set operators, never matching for the others.
	switch {
	case c.quantifier == ForAllValues && single == Yes:
		return Yes
	case c.quantifier == ForAnyValue && single == No:
		return No
	case c.quantifier == NoQuantifier && single == No && c.matchAbsent() == No:
		return No
	}
	return Maybe
}

// constant reports whether every single value of the key has the same answer, and which.
func (c *compiledCondition) constant(ctx *Context) (Truth, bool) {
	all, none := false, true // some value matches everything; no value matches anything
	for i := range c.values {
		v := &c.values[i]
		dead := !v.readable
		if v.pattern.varying {
			_, res := resolve(v.pattern.tokens, ctx, nil)
			dead = res == unresolved
		}
		if c.operator.negated && dead {
			return No, true
		}
		none = none && dead
		all = all || c.operator.compare == compareLike && v.pattern.shape == everything
	}
	if c.operator.negated {
		all, none = none, all
		return truthOf(all), all || none
	}
	return truthOf(all), all || none
}

// matchValue compares one value of the key with all of the policy's. What can't be compared, because one of both isn't
// a number or has a variable without a value, fails (Guide, reference_policies_variables; iam-simulate for the
// unreadable).
func (c *compiledCondition) matchValue(s string, ctx *Context) Truth {
	return matchAny(len(c.values), c.operator.negated, func(i int) (matches, failed Truth) {
		matches, failed = c.compare(&c.values[i], s, ctx)
		if c.operator.negated {
			return matches, failed
		}
		return matches.And(failed.Not()), No
	})
}

// matchAny reports whether one of n texts matches, or, negated, whether none does and none fails to be compared.
func matchAny(n int, negated bool, match func(i int) (matches, failed Truth)) Truth {
	none, some := Yes, No
	for i := 0; i < n && none != No && some != Yes; i++ {
		matches, failed := match(i)
		if negated {
			none = none.And(matches.Not()).And(failed.Not())
		} else {
			some = some.Or(matches)
		}
	}
	if negated {
		return none
	}
	return some
}

// compare tells whether s matches a policy's value, before negation, and whether the comparison fails as such.
func (c *compiledCondition) compare(v *conditionValue, s string, ctx *Context) (matches, failed Truth) {
	if !v.readable {
		return No, Yes
	}
	switch c.operator.compare {
	case compareText, compareLike:
		return v.pattern.match(s, ctx)
	case compareTextFold:
		return v.pattern.matchFold(s, ctx)
	case compareARN:
		return v.matchARN(s, ctx)
	case compareBinary:
		// The value of a binary key is given in base64, as SimulatePrincipalPolicy takes it.
		return truthOf(strings.TrimRight(s, "=") == strings.TrimRight(v.pattern.text(), "=")), No
	case compareBool:
		b, ok := parseBool(s)
		return truthOf(b == v.boolean), truthOf(!ok)
	case compareNumber:
		n, ok := parseNumber(s)
		switch o := c.operator.order; {
		case n < v.number:
			return truthOf(o&less != 0), truthOf(!ok)
		case n > v.number:
			return truthOf(o&greater != 0), truthOf(!ok)
		default:
			return truthOf(o&equal != 0), truthOf(!ok)
		}
	case compareDate:
		t, ok := parseDate(s)
		return truthOf(c.operator.order&(1<<(t.Compare(v.date)+1)) != 0), truthOf(!ok)
	case compareIP:
		a, err := netip.ParseAddr(s)
		return truthOf(v.network.Contains(a)), truthOf(err != nil)
	}
	return No, Yes
}

// matchFold matches a pattern without wildcards, ignoring case.
func (p *pattern) matchFold(s string, ctx *Context) (matches, unresolvable Truth) {
	if !p.varying {
		return truthOf(strings.EqualFold(s, p.text())), No
	}
	tokens, res := resolve(p.tokens, ctx, nil)
	for i := range tokens {
		tokens[i].text = strings.ToLower(tokens[i].text)
	}
	folded := patternOf(tokens, false)
	return res.judge(matchTokens(folded.tokens, strings.ToLower(s), false))
}

// matchARN compares field by field; only the last, the resource, may hold colons (Guide,
// reference_policies_elements_condition_operators, "ARN condition operators"). What isn't an ARN can't be compared.
func (v *conditionValue) matchARN(s string, ctx *Context) (matches, failed Truth) {
	var fields [arnFields]string
	for i := range arnFields - 1 {
		field, rest, ok := strings.Cut(s, ":")
		if !ok {
			return No, Yes
		}
		fields[i], s = field, rest
	}
	fields[arnFields-1] = s
	arn := v.arn
	if v.pattern.varying {
		tokens, res := resolve(v.pattern.tokens, ctx, nil)
		switch res {
		case unresolved:
			return No, Yes
		case open, openAlways:
			// The unknown value may hold colons, so the fields can't be told apart: no match at all, or perhaps one.
			if !matchTokens(tokens, strings.Join(fields[:], ":"), false) {
				if res == open {
					return No, Maybe
				}
				return No, No
			}
			return Maybe, Maybe
		}
		split, ok := splitARN(tokens)
		if !ok {
			return No, Yes
		}
		arn = &split
	}
	for i := range arn {
		if !arn[i].matchPlain(fields[i]) {
			return No, No
		}
	}
	return Yes, No
}

// Pattern is a text of a condition's values, with wildcards if its operator has them, and variables.
type Pattern struct{ tokens []token }

// Patterns returns the values of a condition on texts or ARNs.
func (c *Condition) Patterns() (out []Pattern) {
	ready := c.ready()
	switch ready.operator.compare {
	case compareText, compareTextFold, compareLike, compareARN:
		for i := range ready.values {
			out = append(out, Pattern{ready.values[i].pattern.tokens})
		}
	}
	return out
}

// Variables returns the keys of the pattern's variables, lower-case.
func (p Pattern) Variables() (keys []string) {
	for _, t := range p.tokens {
		if t.kind == variable {
			keys = append(keys, t.text)
		}
	}
	return keys
}

// Says reports whether the pattern has a letter or a digit of its own.
func (p Pattern) Says() bool {
	return slices.ContainsFunc(p.tokens, func(t token) bool { return t.kind == literal && strings.ContainsAny(t.text, alphanumeric) })
}

// Complete returns texts that begin so and match the pattern; fill stands for its runs and unknown variables behind the
// beginning. It gives up when spend says so, which is called at each step.
func (p Pattern) Complete(ctx *Context, beginning, fill string, spend func() bool) (out []string) {
	tokens, _ := resolve(p.tokens, ctx, nil)
	var walk func(i int, rest, added string)
	walk = func(i int, rest, added string) {
		if !spend() {
			return
		}
		if i == len(tokens) {
			if rest == "" && !slices.Contains(out, beginning+added) {
				out = append(out, beginning+added)
			}
			return
		}
		switch piece := &tokens[i]; piece.kind {
		case literal:
			if after, ok := strings.CutPrefix(rest, piece.text); ok {
				walk(i+1, after, added)
			} else if after, ok := strings.CutPrefix(piece.text, rest); ok {
				walk(i+1, "", added+after)
			}
		case anyOne, fieldOne:
			if rest == "" {
				walk(i+1, "", added+fill[:1])
			} else {
				walk(i+1, rest[1:], added)
			}
		default:
			walk(i+1, "", added+fill)
			for k := range len(rest) + 1 {
				walk(i+1, rest[k:], added)
			}
		}
	}
	walk(0, beginning, "")
	return out
}
