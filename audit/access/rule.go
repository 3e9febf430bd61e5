package access

import (
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// rule is a statement compiled for a space: what it says of actions as a set, of resources as globs, of conditions as
// far as all principals share the answer.
type rule struct {
	statement *policy.Statement
	acts      policy.ActionSet
	extras    []extraAction // of an Allow: what the catalogue lacks; each counts as itself
	named     []policy.Glob // its action patterns, lower-case

	fixed     []share             // resources without variables
	templates []ruleTemplate      // resources with variables
	set       *resourceSet        // the same resources as one, where there are no templates
	takes     policy.ActionSet    // of all resources, whatever the variables' values
	covers    policy.ActionSet    // likewise
	personal  bool                // the conditions hang on who asks
	truth     [3]policy.Truth     // by context, unless personal
	mfa       []*policy.Condition // the conditions on MFA keys
	mfaTruth  [3]policy.Truth     // of those alone
}

// extraAction is a lower-case action pattern that the catalogue lacks.
type extraAction struct {
	name string
	glob policy.Glob
}

// share is what an Allow gives on one resource.
type share struct {
	resource *resource
	acts     policy.ActionSet
}

// template is a resource pattern with variables, or all patterns of a NotResource of which some have.
type template struct {
	number   int
	patterns []policy.ResourcePattern
	except   bool
	parts    []*template      // of a Deny's NotResource: its patterns, one by one
	wide     []*resource      // what it is with any value, by reading; not of a NotResource
	takes    policy.ActionSet // whatever the variables' values
	covers   policy.ActionSet
}

// ruleTemplate is a template with what the statement gives on such a resource.
type ruleTemplate struct {
	*template
	acts policy.ActionSet
}

// compiledDocument is a document's rules and the principal tags that they ask for.
type compiledDocument struct {
	rules []*rule
	asks  []*rule  // those of them whose conditions ask for MFA
	tags  []string // context keys, lower-case
	large bool     // too large to compile: it has no rules then
}

// AWS's quota on a document is 10,240 characters at most (Guide, reference_iam-quotas); a hostile file may be larger.
const (
	maxWide         = 2_000   // action patterns that are tried against the actions of all services
	maxPatternBytes = 4 << 20 // of all patterns
	maxNarrow       = 20_000  // distinct resource patterns that name their service
	maxMeasured     = 12_000  // see measures
)

// exceptMeasures is what a NotResource costs whatever it names, in the unit of measures.
const exceptMeasures = 10

// measures says what finding the actions that a resource pattern concerns costs, in bytes of patterns that are compared
// with the formats of all services: a quarter of a millisecond each.
func measures(text string, except bool) int {
	fields := strings.SplitN(text, ":", 4)
	named := len(fields) == 4 && !strings.ContainsAny(fields[0]+fields[1]+fields[2], "*?$")
	switch {
	case text == "*":
		return 0
	case !named && except:
		return 2 * len(text)
	case !named:
		return len(text)
	}
	return len(text) / 128 // its service's formats are few
}

// small reports whether a document is so small that nothing about it takes long, as nearly all are.
func small(d *policy.Document) bool {
	size := 0
	for i := range d.Statements {
		size += exceptMeasures
		for _, list := range [][]string{d.Statements[i].Actions, d.Statements[i].Resources} {
			for _, text := range list {
				size += 2 * (1 + len(text))
			}
		}
	}
	return size < maxWide // the least of the bounds
}

// tooLarge reports whether compiling the document would take long.
func tooLarge(d *policy.Document) bool {
	if small(d) {
		return false
	}
	wide, size, narrow, measured := 0, 0, 0, 0
	seen := map[string]bool{}
	for i := range d.Statements {
		st := &d.Statements[i]
		for _, text := range st.Actions {
			size += len(text)
			if service := policy.ServiceOf(text); text != "*" && strings.ContainsAny(service, "*?") {
				wide++
			}
		}
		for _, text := range st.Resources {
			size += len(text)
			if !st.NotResource && !seen[text] {
				seen[text] = true
				narrow++
				measured += measures(text, false)
			}
		}
		if all := "!" + strings.Join(st.Resources, "\n"); st.NotResource && !seen[all] {
			seen[all] = true
			narrow += len(st.Resources)
			measured += exceptMeasures
			for _, text := range st.Resources {
				measured += measures(text, true)
			}
		}
	}
	return wide > maxWide || size > maxPatternBytes || narrow > maxNarrow || measured > maxMeasured
}

// document compiles a document's statements, once.
func (s *space) document(d *policy.Document) *compiledDocument {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked(d)
}

// compiled appends a subject's documents, as documents does.
func (s *space) compiled(list []*compiledDocument, subject *Subject) []*compiledDocument {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range subject.Identity {
		list = append(list, s.locked(d))
	}
	if subject.Boundary != nil {
		list = append(list, s.locked(subject.Boundary))
	}
	for _, level := range subject.SCPs {
		for _, d := range level {
			list = append(list, s.locked(d))
		}
	}
	return list
}

func (s *space) locked(d *policy.Document) *compiledDocument {
	for _, documents := range []map[*policy.Document]*compiledDocument{s.documents, s.timely} {
		if c, ok := documents[d]; ok {
			return c
		}
	}
	documents := s.documents
	if asksWhen(d) {
		documents = s.timely
	}
	if tooLarge(d) {
		c := &compiledDocument{large: true}
		documents[d] = c
		return c
	}
	c := &compiledDocument{rules: make([]*rule, len(d.Statements))}
	for i := range d.Statements {
		if c.rules[i] = s.compile(&d.Statements[i]); len(c.rules[i].mfa) > 0 {
			c.asks = append(c.asks, c.rules[i])
		}
	}
	c.tags = tagsOf(nil, d)
	documents[d] = c
	return c
}

func (s *space) compile(st *policy.Statement) *rule {
	r := &rule{statement: st}
	s.compileActions(r)
	s.compileResources(r)
	s.compileConditions(r)
	return r
}

// compileActions finds the actions that a statement is about, and those that the catalogue lacks.
func (s *space) compileActions(r *rule) {
	st := r.statement
	r.named = make([]policy.Glob, len(st.Actions))
	for i, text := range st.Actions {
		found := s.lookup(text)
		r.named[i] = found.glob
		r.acts = s.together(r.acts, found.set)
		if !found.known && !st.NotAction {
			r.extras = append(r.extras, extraAction{policy.Lower(text), found.glob})
		}
	}
	if st.NotAction {
		rest := heap.Clone(s.catalogue.Every)
		rest.Remove(r.acts)
		r.acts = s.actions.Share(rest)
	}
}

func (s *space) compileResources(r *rule) {
	plain, varying := s.globs[:0], 0
	all := r.statement.ResourcePatterns()
	if slices.ContainsFunc(all, policy.ResourcePattern.Never) {
		all = slices.DeleteFunc(slices.Clone(all), policy.ResourcePattern.Never)
	}
	for i := range all {
		if all[i].Varying() {
			varying++
		} else {
			plain = all[i].AppendGlobs(plain)
		}
	}
	s.globs = plain
	denies := r.statement.Effect == policy.Deny
	switch {
	case varying == 0:
		fixed := s.shared(plain, r.statement.NotResource)
		s.addFixed(r, fixed)
		if denies && r.statement.NotResource && fixed[0].parts == nil {
			fixed[0].parts = s.shared(plain, false)
		}
	case r.statement.NotResource:
		t := s.template(all, true)
		s.addTemplate(r, t)
		for i := 0; denies && len(t.parts) < len(all); i++ {
			t.parts = append(t.parts, s.template(all[i:i+1], false))
		}
	default:
		s.addFixed(r, s.shared(plain, false))
		r.templates = make([]ruleTemplate, 0, varying)
		for i := range all {
			if all[i].Varying() {
				s.addTemplate(r, s.template(all[i:i+1], false))
			}
		}
	}
	if len(r.fixed) > 0 {
		s.of = s.of[:0]
		for i := range r.fixed {
			s.of = append(s.of, r.fixed[i].resource)
		}
		r.set = s.set(s.of)
		r.takes, r.covers = r.set.takes, r.set.covers
	}
	for _, t := range r.templates {
		r.takes = s.together(r.takes, t.takes)
		r.covers = s.together(r.covers, t.covers)
	}
}

func (s *space) addFixed(r *rule, of []*resource) {
	r.fixed = slices.Grow(r.fixed, len(of))
	for _, res := range of {
		r.fixed = append(r.fixed, share{res, s.common(r.acts, res.takes)})
	}
}

func (s *space) addTemplate(r *rule, t *template) {
	r.templates = append(r.templates, ruleTemplate{t, s.common(r.acts, t.takes)})
}

// template returns the template of patterns, which statements that spell it alike share. It measures patterns with
// variables: with any value at all for what they may concern, and with a value that equals nothing for what they surely
// cover.
func (s *space) template(patterns []policy.ResourcePattern, except bool) *template {
	var wide, narrow []policy.Glob
	var key strings.Builder
	for _, p := range patterns {
		key.WriteString(p.Key())
		key.WriteByte('\n')
	}
	if except {
		key.WriteByte('!')
	}
	if t := s.templates[key.String()]; t != nil {
		return t
	}
	for _, p := range patterns {
		wide, _, _ = p.Resolve(wide, nil) // which knows nothing, so that every variable becomes a wildcard
		narrow = p.AppendGlobs(narrow)
	}
	t := &template{number: len(s.templates), patterns: patterns, except: except}
	if except {
		loose, tight := &resource{glob: policy.GlobAll, except: narrow}, &resource{glob: policy.GlobAll, except: wide}
		s.measure(loose)
		s.measure(tight)
		t.takes, t.covers = loose.takes, tight.covers
	} else {
		for i := range wide {
			t.takes = s.together(t.takes, s.shape(wide[i]).takes)
			t.wide = append(t.wide, &resource{glob: wide[i]})
		}
		r := &resource{glob: narrow[0]}
		t.covers = s.covered(t.takes, r.contains)
	}
	s.templates[key.String()] = t
	return t
}

// Keys of the request context that hang on MFA (Guide, reference_policies_condition-keys).
const (
	keyMFAPresent = "aws:multifactorauthpresent"
	keyMFAAge     = "aws:multifactorauthage"
)

// personalKeys are the keys whose values differ between the principals of an account; tags are told by their prefix.
var personalKeys = []string{"aws:username", "aws:userid", "aws:principalarn", "aws:principaltype"}

// membershipKeys say where the account and what is its own belongs: their values are not known, but none of its
// principals chooses them.
var membershipKeys = []string{"aws:principalorgid", "aws:principalorgpaths", "aws:resourceorgid", "aws:resourceorgpaths"}

const keyTagPrefix = "aws:principaltag/"

func isPersonal(key string) bool {
	return slices.Contains(personalKeys, key) || strings.HasPrefix(key, keyTagPrefix)
}

func (s *space) compileConditions(r *rule) {
	for i := range r.statement.Conditions {
		c := &r.statement.Conditions[i]
		key := policy.Lower(c.Key)
		varying := slices.ContainsFunc(c.Values, func(v string) bool { return strings.Contains(v, "${") })
		switch {
		case key == keyMFAPresent || key == keyMFAAge:
			r.mfa = append(r.mfa, c)
		case varying || isPersonal(key):
			r.personal = true
		}
	}
	for c, ctx := range s.contexts {
		r.mfaTruth[c] = policy.Yes
		for _, condition := range r.mfa {
			r.mfaTruth[c] = r.mfaTruth[c].And(condition.Match(ctx))
		}
		if !r.personal {
			r.truth[c] = r.statement.MatchConditions(ctx)
		}
	}
}

// concerns reports how an action pattern that the catalogue lacks stands to the rule's actions: whole where
// all that it names is among them.
func (r *rule) concerns(extra policy.Glob) relation {
	rel := relationOf(r.named, func(p policy.Glob) bool { return p.Contains(extra) }, func(p policy.Glob) bool { return p.Intersects(extra) })
	if r.statement.NotAction {
		return whole - rel
	}
	return rel
}
