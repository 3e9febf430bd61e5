package access

import (
	"slices"

	"sekisho/audit/policy"
)

// instance is a rule as it stands for one principal.
type instance struct {
	*rule
	truth [3]policy.Truth
	own   []share      // resources with the principal's own values in them
	loose []share      // resources with a value that nobody knows
	sure  *resourceSet // of a Deny or a boundary: what it surely names; nil if nothing
	maybe *resourceSet // what it may name besides
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
	contexts [3]*policy.Context // nil until wanted
	tags     []string           // that policies ask for
	subject  *Subject
	allows   []instance
	denies   []instance
	bounds   []instance // Allows of the boundary
	trusts   []instance // Allows of trust policies that name the subject; no boundary narrows those
	bounded  bool
	ownGlob  policy.Glob // ARNs that end in the subject's name; empty for a role
	open     [3][]extra  // by context: what the catalogue lacks
	large    bool        // too large to analyse
	compared int         // resources that verdict has compared
}

// newReacher reads the subject's policies. It uses the scratch memory until the end.
func newReacher(sp *space, s *scratch, subject *Subject) *reacher {
	r := &reacher{
		space: sp, scratch: s, subject: subject, bounded: subject.Boundary != nil,
		allows: s.allows[:0], denies: s.instances[:0],
	}
	clear(s.resolved)
	if subject.Name != "" && !subject.IsRole {
		r.ownGlob = policy.PatternGlob("arn:*:iam::*:*/") + policy.TextGlob(subject.Name)
	}
	r.tags = sp.tags(subject, nil)
	for _, t := range subject.TrustedBy {
		r.tags = tagsOf(r.tags, t.Document)
	}
	for _, d := range subject.Identity {
		r.add(d, &r.allows)
	}
	if subject.Boundary != nil {
		r.add(subject.Boundary, &r.bounds)
	}
	for _, t := range subject.TrustedBy {
		r.trust(t)
	}
	s.allows, s.instances = r.allows, r.denies
	if r.large = r.tooLarge(); !r.large {
		r.extras(s)
	}
	return r
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
	if slices.ContainsFunc(r.subject.documents(), func(d *policy.Document) bool { return r.space.document(d).large }) {
		return true
	}
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
	if words > maxWords || patterns > maxAllows || extras > maxExtras || extras*(len(r.denies)+len(r.bounds)) > maxPairs {
		return true
	}
	// First as if no two were alike, which costs nothing and is enough nearly always. Verdicts merge the Allows that
	// are alike, lists of what leaks don't.
	return patterns*r.against(false) > maxPairs && patterns*r.against(true) > maxPairs
}

// against counts the patterns of Denies and of the boundary; distinct, each set once.
func (r *reacher) against(distinct bool) (n int) {
	seen := map[*resourceSet]bool{}
	for _, list := range [][]instance{r.denies, r.bounds} {
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

func (r *reacher) add(d *policy.Document, allows *[]instance) {
	for _, rule := range r.space.rules(d) {
		in, ok := r.instance(rule)
		switch {
		case !ok:
		case rule.statement.Effect == policy.Deny:
			r.denies = append(r.denies, in)
		default:
			*allows = append(*allows, in)
		}
	}
}

// instance evaluates what a rule leaves open: conditions and resources with the principal's own values.
func (r *reacher) instance(rule *rule) (instance, bool) {
	in := instance{rule: rule, truth: rule.truth, sure: rule.set}
	if rule.personal || r.subject.IsRole {
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
	var sure, maybe []*resource
	for i := range rule.fixed {
		sure = append(sure, rule.fixed[i].resource)
	}
	for i := range rule.templates {
		t := &rule.templates[i]
		for _, o := range r.resolved(t.template, rule.statement.Effect) {
			if o.sure {
				in.own = append(in.own, share{o.resource, t.acts})
				sure = append(sure, o.resource)
			} else {
				in.loose = append(in.loose, share{o.resource, t.acts})
				maybe = append(maybe, o.resource)
			}
		}
	}
	in.sure, in.maybe = nil, nil
	if len(sure) > 0 {
		in.sure = &resourceSet{of: sure, takes: rule.takes, covers: rule.covers}
	}
	if len(maybe) > 0 {
		in.maybe = &resourceSet{of: maybe, takes: rule.takes}
	}
	return in, len(sure)+len(maybe) > 0
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

// resolved returns a template with the principal's values in it; one that statements share is resolved once.
func (r *reacher) resolved(t *template, effect policy.Effect) []resolvedResource {
	if t.except {
		return r.resolve(t, effect)
	}
	out, ok := r.scratch.resolved[t]
	if !ok {
		out = r.resolve(t, effect)
		r.scratch.resolved[t] = out
	}
	return out
}

// resolve puts the principal's values into a template.
func (r *reacher) resolve(t *template, effect policy.Effect) (out []resolvedResource) {
	ctx := r.context(withMFA) // variables of MFA keys are no use in a resource
	if !t.except {
		globs, live, sure := t.patterns[0].Resolve(ctx)
		if live {
			for _, g := range globs {
				out = append(out, resolvedResource{&resource{glob: g, takes: t.takes, covers: t.covers}, sure})
			}
		}
		return out
	}
	all := &resource{glob: policy.GlobAll, takes: t.takes, covers: t.covers, except: []policy.Glob{}}
	allSure := true
	for i := range t.patterns {
		globs, live, sure := t.patterns[i].Resolve(ctx)
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
	if r.contexts[c] == nil {
		r.contexts[c] = r.subject.context(r.space.contexts[c], r.tags)
	}
	return r.contexts[c]
}
