package policy

import (
	"slices"
	"strconv"
	"strings"
)

// compiledStatement is a statement made ready for matching; Parse makes it once.
type compiledStatement struct {
	ref        string
	actions    []string
	resources  []ResourcePattern
	conditions []*compiledCondition
}

// variablesVersion is the only version of the language that has policy variables (Guide,
// reference_policies_elements_version).
const variablesVersion = "2012-10-17"

// compile makes the statements of a document ready.
func (d *Document) compile() {
	for i := range d.Statements {
		s := &d.Statements[i]
		for j := range s.Conditions {
			c := &s.Conditions[j]
			c.compiled = compileCondition(c, d.Version == variablesVersion)
			c.compiled.denies = s.Effect == Deny
		}
		s.compiled = compileStatement(s, d.Kind, d.Version == variablesVersion)
	}
}

// ready returns the compiled statement; one built by hand is compiled anew each time, as of the current version
// and an identity policy.
func (s *Statement) ready() *compiledStatement {
	if s.compiled != nil {
		return s.compiled
	}
	return compileStatement(s, Identity, true)
}

func (c *Condition) ready() *compiledCondition {
	if c.compiled != nil {
		return c.compiled
	}
	return compileCondition(c, true)
}

func compileStatement(s *Statement, kind Kind, variables bool) *compiledStatement {
	c := &compiledStatement{ref: s.Ref(), actions: s.Actions, resources: make([]ResourcePattern, len(s.Resources))}
	for i, r := range s.Resources {
		c.resources[i] = newResourcePattern(r, kind, variables)
	}
	for i := range s.Conditions {
		c.conditions = append(c.conditions, s.Conditions[i].ready())
	}
	return c
}

// ResourcePattern is a pattern of ARNs in a Resource element.
//
// Wildcards stand within the fields of an ARN, which colons separate; but a * that ends a field may run on beyond the
// colon, and in the last field, the resource, there is nothing to keep them from one (Guide,
// reference_policies_elements_resource, "Using wildcards in resource ARNs"). So arn:aws:sns:*:alerts matches any region
// and account, arn:aws:s3:::b* any bucket with any key, and arn:aws:s3:eu-*-1:… one region only.
//
// A pattern of fewer than six fields stands for all that begins so, as if the missing ones were *. AWS does so for the
// policies of identities; in resource policies and SCPs only where the pattern has a wildcard, else it matches nothing.
// The documentation is silent on it; the source is the evaluator @cloud-copilot/iam-simulate, resource.ts.
type ResourcePattern struct {
	pattern
	short  *pattern // the same with the missing fields as *; nil where none is missing
	fields bool     // has tokens that a colon stops
	never  bool     // matches nothing
}

// arnFields is how many fields an ARN has: arn, partition, service, region, account, resource.
const arnFields = 6

func newResourcePattern(text string, kind Kind, variables bool) ResourcePattern {
	tokens := tokenize(text, true, variables)
	if len(tokens) == 1 && tokens[0].kind == anyRun {
		return ResourcePattern{pattern: patternOf(tokens, false)}
	}
	colons := 0
	fields := false
	for i := range tokens {
		t := &tokens[i]
		if t.kind == literal {
			colons += strings.Count(t.text, ":")
		}
		if colons >= arnFields-1 {
			break
		}
		last := i == len(tokens)-1 || tokens[i+1].kind == literal && tokens[i+1].text[0] == ':'
		switch {
		case t.kind == anyOne:
			t.kind, fields = fieldOne, true
		case t.kind == anyRun && !last:
			t.kind, fields = fieldRun, true
		}
	}
	r := ResourcePattern{pattern: patternOf(tokens, false), fields: fields}
	if missing := arnFields - 1 - colons; missing > 0 {
		if (kind.hasPrincipals() || kind == SCP) && !strings.ContainsAny(text, "*?") {
			return ResourcePattern{never: true}
		}
		tail := newPattern(strings.Repeat(":*", missing), false, false)
		short := patternOf(slices.Concat(tokens, tail.tokens), false)
		r.short = &short
	}
	return r
}

// match matches a request's resource, which may be "*" for actions that take none: only the pattern * matches that.
// Unresolvable is true where the pattern would match if only its variable had a value: a NotResource says nothing
// of such a resource (as iam-simulate has it; the documentation doesn't say).
func (r *ResourcePattern) match(resource string, ctx *Context) (matches, unresolvable Truth) {
	if r.never {
		return No, No
	}
	matches, unresolvable = r.matchForm(&r.pattern, resource, ctx)
	if r.short != nil && matches != Yes {
		m, u := r.matchForm(r.short, resource, ctx)
		matches, unresolvable = matches.Or(m), unresolvable.Or(u)
	}
	return matches, unresolvable
}

// matchForm matches the pattern as it stands, or with its missing fields.
func (r *ResourcePattern) matchForm(p *pattern, s string, ctx *Context) (matches, unresolvable Truth) {
	if !p.varying {
		if r.fields {
			return truthOf(matchFields(p.tokens, s)), No
		}
		return truthOf(p.matchPlain(s)), No
	}
	var buf [16]token
	tokens, res := resolve(p.tokens, ctx, buf[:])
	hit := false
	if r.fields {
		hit = matchFields(tokens, s)
	} else {
		hit = matchTokens(tokens, s, false)
	}
	if !hit {
		return No, No
	}
	return res.judge(true)
}

// AppendGlobs appends the pattern as globs; a variable stands for a text that equals nothing.
func (p *ResourcePattern) AppendGlobs(out []Glob) []Glob { return p.globsOf(out, p.tokens) }

// globsOf appends the pattern as globs, with these tokens for its own. A pattern that is short of
// an ARN's fields has two readings (see ResourcePattern); the second adds nothing where the first ends in a run.
func (p *ResourcePattern) globsOf(out []Glob, tokens []token) []Glob {
	out = append(out, globOf(tokens))
	if n := len(tokens); p.short != nil && (n == 0 || tokens[n-1].kind != anyRun) {
		tail := p.short.tokens[len(p.short.tokens)-1:]
		if len(p.short.tokens) > len(p.tokens) {
			tail = p.short.tokens[len(p.tokens):]
		}
		out = append(out, globOf(slices.Concat(tokens, tail)))
	}
	return out
}

// Resolve appends the pattern's globs with its variables' values. Live is false where a variable surely has none: then
// the pattern matches nothing. Sure is false where a value is unknown; its place is a wildcard then.
func (p *ResourcePattern) Resolve(globs []Glob, ctx *Context) (out []Glob, live, sure bool) {
	var buf [16]token
	tokens, how := resolve(p.tokens, ctx, buf[:])
	if how == unresolved {
		return globs, false, true
	}
	return p.globsOf(globs, tokens), true, how == resolved
}

// Matches reports whether a pattern without variables matches an ARN.
func (p *ResourcePattern) Matches(arn string) bool {
	t, _ := p.match(arn, nil)
	return t == Yes
}

// Varying reports whether the pattern has variables.
func (p *ResourcePattern) Varying() bool { return p.varying }

// Never reports whether the pattern matches nothing.
func (p ResourcePattern) Never() bool { return p.never }

// Key is the same for patterns that say the same.
func (p *ResourcePattern) Key() string {
	var key strings.Builder
	for i := range p.tokens {
		t := &p.tokens[i]
		key.WriteByte('0' + byte(t.kind))
		texts := []string{t.text}
		if t.of != nil && t.of.hasDefault {
			texts = append(texts, t.of.fallback)
		}
		for _, text := range texts {
			key.WriteString(strconv.Itoa(len(text)))
			key.WriteByte(':')
			key.WriteString(text)
		}
		key.WriteByte(',')
	}
	if p.short != nil {
		key.WriteByte('p')
	}
	return key.String()
}

// ResourcePatterns returns the patterns of the statement's Resource or NotResource, made ready for matching.
func (s *Statement) ResourcePatterns() []ResourcePattern { return s.ready().resources }
