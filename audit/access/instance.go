package access

import (
	"slices"

	"sekisho/audit/policy"
)

// instance is a rule as it stands for one principal.
type instance struct {
	*rule
	truth  [3]policy.Truth
	chosen [3]bool      // of a Deny: whether it applies may be the caller's choice
	own    []share      // resources with the principal's own values in them
	loose  []share      // resources with a value that nobody knows
	sure   *resourceSet // of a Deny or a boundary: what it surely names; nil if nothing
	maybe  *resourceSet // what it may name besides
}

// each calls f with what an Allow gives on each resource, and how surely it is that resource.
func (in *instance) each(f func(g share, most policy.Truth)) {
	for _, g := range in.fixed {
		f(g, policy.Yes)
	}
	for _, g := range in.own {
		f(g, policy.Yes)
	}
	for _, g := range in.loose {
		f(g, policy.Maybe)
	}
}

// reacher finds what one principal can reach.
type reacher struct {
	space    *space
	scratch  *scratch
	known    *policy.Context    // of the subject, whatever it does; nil until wanted
	contexts [3]*policy.Context // likewise
	atHome   [3]*policy.Context // likewise, of requests about what is the account's own
	tags     []string           // that policies ask for
	subject  *Subject
	allows   []instance
	denies   []instance
	bounds   []instance   // Allows of the boundary
	levels   [][]instance // likewise of each level of the organization's policies that doesn't allow everything
	trusts   []instance   // Allows of trust policies that name the subject; no boundary narrows those, but the organization does
	bounded  bool
	ownGlob  policy.Glob       // ARNs that end in the subject's name; empty for a role
	alike    [3]requestContext // the first context in which all statements stand as in this one
	open     [3][]extra        // by context: what the catalogue lacks
	large    bool              // too large to analyse
	looked   [3]bool           // by context: what leaks is known
	compared int               // resources that verdict has compared
}

// newReacher reads the subject's policies. It uses the scratch memory until the end.
func newReacher(sp *space, s *scratch, subject *Subject) *reacher {
	r := &reacher{
		space: sp, scratch: s, subject: subject, bounded: subject.Boundary != nil,
		allows: s.allows[:0], denies: s.instances[:0],
	}
	s.last = nil // whose memory this is from now on
	s.turn++
	s.shares, s.taken = s.shares[:0], 0
	if subject.Name != "" && !subject.IsRole {
		r.ownGlob = policy.PatternGlob("arn:*:iam::*:*/") + policy.TextGlob(subject.Name)
	}
	s.compiled = sp.compiled(s.compiled[:0], subject)
	for _, d := range s.compiled {
		r.large = r.large || d.large
		r.tags = appendAll(r.tags, d.tags)
	}
	for _, t := range subject.TrustedBy {
		r.tags = tagsOf(r.tags, t.Document)
	}
	rest := s.compiled
	take := func(n int, into *[]instance, bounds bool) {
		for _, d := range rest[:n] {
			r.add(d, into, bounds)
		}
		rest = rest[n:]
	}
	take(len(subject.Identity), &r.allows, false)
	if r.bounded {
		take(1, &r.bounds, true)
	}
	for _, documents := range subject.SCPs {
		var level []instance
		take(len(documents), &level, true)
		if !slices.ContainsFunc(level, instance.allowsAll) {
			r.levels = append(r.levels, level)
		}
	}
	for _, t := range subject.TrustedBy {
		r.trust(t)
	}
	s.allows, s.instances = r.allows, r.denies
	if r.large = r.large || r.tooLarge(); !r.large {
		r.compare()
		r.extras(s)
	}
	return r
}

// allowsAll reports whether an Allow is of everything, as AWS's own FullAWSAccess is.
func (in instance) allowsAll() bool {
	return in.acts.Count() == known().all && in.sure != nil && in.sure.of[0].glob == policy.GlobAll && in.sure.of[0].except == nil &&
		in.truth == [3]policy.Truth{policy.Yes, policy.Yes, policy.Yes}
}

// limits are the Allows of all that has to allow what the subject's policies do.
func (r *reacher) limits() [][]instance { return append(slices.Clip(r.levels), r.bounds) }

// compare finds the contexts that are alike for the subject, as two or all of them mostly are.
func (r *reacher) compare() {
	lists := append(r.limits(), r.allows, r.denies, r.trusts)
	for c := range r.alike {
		r.alike[c] = requestContext(c)
		for before := range c {
			if !slices.ContainsFunc(lists, func(list []instance) bool {
				return slices.ContainsFunc(list, func(in instance) bool { return in.truth[c] != in.truth[before] || in.chosen[c] != in.chosen[before] })
			}) {
				r.alike[c] = requestContext(before)
				break
			}
		}
	}
}

// maxPairs bounds how many patterns of Allows are compared with how many of Denies and boundaries. AWS's quotas on
// policies (6,144 characters a managed policy, 10 groups) keep far below it; a hostile file may not.
const maxPairs = 1 << 20

// maxWords bounds the memory of the sets of actions that Allows and Denies work with, in words of 64 actions; all
// actions take some 300. maxAllows bounds the patterns that Allows have altogether, for lists of statements grow with
// them, and maxExtras the patterns of actions that the catalogue lacks, once a resource each.
const (
	maxWords  = 1 << 21
	maxAllows = 10_000
	maxExtras = 5_000
)

func (r *reacher) tooLarge() bool {
	words, extras, patterns := 0, 0, 0
	for i := range r.allows {
		in := &r.allows[i]
		in.each(func(g share, _ policy.Truth) {
			words += g.acts.Size()
			extras += len(in.rule.extras)
			patterns += 1 + len(g.resource.except)
		})
	}
	for i := range r.denies {
		words += r.denies[i].acts.Size()
	}
	if words > maxWords || patterns > maxAllows || extras > maxExtras || extras*(len(r.denies)+len(slices.Concat(r.limits()...))) > maxPairs {
		return true
	}
	// First as if no two were alike, which costs nothing and is enough nearly always. Verdicts merge the Allows that
	// are alike, lists of what leaks don't.
	return patterns*r.against(false) > maxPairs && patterns*r.against(true) > maxPairs
}

// against counts the patterns of Denies and of what limits; distinct, each set once.
func (r *reacher) against(distinct bool) (n int) {
	seen := map[*resourceSet]bool{}
	for _, list := range append(r.limits(), r.denies) {
		for i := range list {
			for _, set := range []*resourceSet{list[i].sure, list[i].maybe} {
				if set == nil || distinct && seen[set] {
					continue
				}
				seen[set] = true
				for _, o := range set.of {
					n += 1 + len(o.except)
				}
			}
		}
	}
	return n
}

func appendAll(list, more []string) []string {
	for _, text := range more {
		list = appendNew(list, text)
	}
	return list
}

func (r *reacher) add(d *compiledDocument, allows *[]instance, bounds bool) {
	for _, rule := range d.rules {
		in, ok := r.instance(rule, bounds)
		switch {
		case !ok:
		case rule.statement.Effect == policy.Deny:
			for c, t := range in.truth {
				in.chosen[c] = t == policy.Maybe && r.evadable(&in, requestContext(c))
			}
			r.denies = append(r.denies, in)
		default:
			*allows = append(*allows, in)
		}
	}
}

// instance evaluates what a rule leaves open: conditions and resources with the principal's own values. As sets the
// resources are wanted of those that take away, which are the Denies and a boundary's.
func (r *reacher) instance(rule *rule, bounds bool) (instance, bool) {
	in := instance{rule: rule, truth: rule.truth, sure: rule.set}
	if rule.personal || r.subject.IsRole && len(rule.statement.Conditions) > 0 {
		for c := range in.truth {
			in.truth[c] = rule.statement.MatchConditions(r.context(requestContext(c)))
		}
	}
	if in.truth == [3]policy.Truth{} {
		return in, false
	}
	if len(rule.templates) == 0 {
		return in, rule.set != nil
	}
	in.sure = nil
	s, first := r.scratch, len(r.scratch.shares)
	for i := range rule.templates {
		t := &rule.templates[i]
		for _, o := range r.resolved(t.template, rule.statement.Effect) {
			if o.sure {
				s.shares = append(s.shares, share{o.resource, t.acts})
			} else {
				in.loose = append(in.loose, share{o.resource, t.acts})
			}
		}
	}
	in.own = slices.Clip(s.shares[first:])
	if bounds || rule.statement.Effect == policy.Deny {
		of := func(shares ...[]share) (list []*resource) {
			for _, g := range slices.Concat(shares...) {
				list = append(list, g.resource)
			}
			return list
		}
		if sure := of(rule.fixed, in.own); len(sure) > 0 {
			in.sure = &resourceSet{of: sure, takes: rule.takes, covers: rule.covers}
		}
		if maybe := of(in.loose); len(maybe) > 0 {
			in.maybe = &resourceSet{of: maybe, takes: rule.takes}
		}
	}
	return in, len(rule.fixed)+len(in.own)+len(in.loose) > 0
}

// trust adds a role that the subject can assume because its trust policy names it.
func (r *reacher) trust(t RoleTrust) {
	if t.Document == nil {
		return
	}
	r.space.mu.Lock()
	role := r.space.shared([]policy.Glob{policy.TextGlob(t.ARN)}, false)[0]
	r.space.mu.Unlock()
	acts := r.space.catalogue.Of("sts:AssumeRole")
	var refused [3]policy.Truth
	var allowed []instance
	for i := range t.Document.Statements {
		st := &t.Document.Statements[i]
		if !st.MatchAction("sts:AssumeRole") {
			continue
		}
		var truths [3]policy.Truth
		for c := range truths {
			ctx := r.context(requestContext(c))
			who := st.GrantTo(ctx, r.bounded)
			if st.Effect == policy.Allow && (who.Reach != policy.ToAnyone || !names(st, r.subject.arn())) {
				continue // an account needs a policy of the subject's own, and everyone is for another rule
			}
			truths[c] = who.Truth.And(st.MatchConditions(ctx))
			if st.Effect == policy.Deny {
				refused[c] = refused[c].Or(truths[c])
			}
		}
		if st.Effect == policy.Allow {
			allowed = append(allowed, instance{
				rule:  &rule{statement: st, acts: acts, fixed: []share{{role, acts}}},
				truth: truths,
			})
		}
	}
	for _, in := range allowed {
		for c := range in.truth {
			in.truth[c] = in.truth[c].And(refused[c].Not())
		}
		r.trusts = append(r.trusts, in)
	}
}

// names reports whether the statement names the principal by its ARN.
func names(s *policy.Statement, arn string) bool {
	for _, p := range s.Principals {
		if p.Type == "AWS" && p.Value == arn {
			return !s.NotPrincipal
		}
	}
	return false
}

type resolvedResource struct {
	resource *resource
	sure     bool
}

// resolution is a template as it was resolved for the principal of a turn.
type resolution struct {
	turn uint64
	list []resolvedResource
}

// resolved returns a template with the principal's values in it; one that statements share is resolved once.
func (r *reacher) resolved(t *template, effect policy.Effect) []resolvedResource {
	if t.except {
		return r.resolveExcept(t, effect)
	}
	s := r.scratch
	if t.number >= len(s.resolved) {
		s.resolved = append(s.resolved, make([]resolution, 1+t.number)...) // more than enough, so that it is rare
	}
	known := &s.resolved[t.number]
	if known.turn != s.turn {
		known.turn, known.list = s.turn, r.resolve(known.list[:0], t)
	}
	return known.list
}

// resolve appends what a template is with the principal's values. Variables of MFA keys are no use in a resource.
func (r *reacher) resolve(out []resolvedResource, t *template) []resolvedResource {
	globs, live, sure := t.patterns[0].Resolve(r.scratch.globs[:0], r.context(withMFA))
	r.scratch.globs = globs
	if !live {
		return out
	}
	for i, g := range globs {
		o := r.scratch.resource()
		o.glob, o.takes, o.covers, o.from, o.reading = g, t.takes, t.covers, t, i
		out = append(out, resolvedResource{o, sure})
	}
	return out
}

// resolveExcept does the same for a NotResource.
func (r *reacher) resolveExcept(t *template, effect policy.Effect) (out []resolvedResource) {
	all := &resource{glob: policy.GlobAll, takes: t.takes, covers: t.covers, except: []policy.Glob{}}
	allSure := true
	for i := range t.patterns {
		globs, live, sure := t.patterns[i].Resolve(nil, r.context(withMFA))
		if !live {
			return nil // what can't be matched can't be excepted either: the statement matches nothing
		}
		if sure || effect == policy.Deny {
			all.except = append(all.except, globs...) // a Deny surely reaches what even the widest reading leaves
		}
		if effect == policy.Deny {
			for _, g := range globs {
				all.parts = append(all.parts, &resource{glob: g, takes: t.parts[i].takes, covers: t.parts[i].covers})
			}
		}
		allSure = allSure && sure
	}
	return append(out, resolvedResource{all, allSure || effect == policy.Deny})
}

// context returns what is known of the principal's requests.
func (r *reacher) context(c requestContext) *policy.Context {
	if r.known == nil {
		r.known = r.subject.known(r.tags)
	}
	if r.contexts[c] == nil {
		r.contexts[c] = r.space.contexts[c].With(r.known)
	}
	return r.contexts[c]
}
