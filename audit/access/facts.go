package access

import (
	"bytes"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// documentFacts is what a document says, coarsely.
type documentFacts struct {
	number         int
	allows, denies actionMask               // of the interesting actions
	others         actionMask               // of those that it allows, what isn't on the name of who asks alone
	spared         actionMask               // what it surely denies on all but that name
	sessional      bool                     // it asks for a key that tells sessions apart
	targets        bool                     // it asks for tags of what is acted on
	short          *policy.Document         // the statements that count
	statements     []statementFacts         // of these
	personal       bool                     // it asks for something that is the principal's own
	byName         bool                     // for more of that than its tags
	named          []policy.ResourcePattern // of users, one by one
	tags           []string                 // those of them that are tags of who asks
	forbids        bool                     // it has a Deny
	denying        *policy.Document         // the Denies alone; nil until asked for
}

// statementFacts is what one statement says, coarsely.
type statementFacts struct {
	about     actionMask // of the interesting actions
	keys      []string   // context keys that it asks for about what is acted on, lower-case
	wholly    actionMask // of a Deny: those of them that it is about whatever they act on
	personal  bool       // it asks for something that is the principal's own
	sessional bool       // it asks for a key that tells sessions apart
}

// facts reads a document, once.
func (g *graph) facts(d *policy.Document) *documentFacts {
	if f := g.told[d]; f != nil {
		return f
	}
	f := &documentFacts{tags: tagsOf(nil, d), number: len(g.told) + 1}
	g.told[d] = f
	short := *d
	short.Statements = nil
	for i := range d.Statements {
		st := &d.Statements[i]
		f.forbids = f.forbids || st.Effect == policy.Deny
		hit := f.read(g, st)
		f.personal = f.personal || slices.ContainsFunc(st.Principals, one)
		said := statementFacts{about: hit}
		for j := range st.Conditions {
			f.asks(g, st, &st.Conditions[j], &said)
		}
		f.sessional = f.sessional || said.sessional
		if hit.empty() || st.Effect == policy.Allow && ownOnly(st) && !st.NotResource && !hit.meets(onOneself()) {
			continue // it says nothing of anybody else
		}
		short.Statements = append(short.Statements, *st)
		for k, r := range st.ResourcePatterns() {
			said.personal = said.personal || r.Varying()
			if r.Varying() && !hit.onlyProbes() {
				f.personal, f.byName = true, f.byName || !asksForTags(st.Resources[k])
			}
			if _, name, ok := strings.Cut(st.Resources[k], ":iam:"); ok && !strings.HasSuffix(name, "/*") || strings.Count(name, "/") > 1 {
				f.named = append(f.named, r)
			}
		}
		if st.Effect == policy.Deny && len(said.keys) == 0 {
			said.wholly = g.wholly(st, hit)
		}
		f.statements = append(f.statements, said)
	}
	f.short = &short
	return f
}

// one reports whether a trust policy's principal is a user, a role or a session.
func one(p policy.Principal) bool {
	kind := trustKind(p)
	return kind == TrustsUser || kind == TrustsRole || kind == TrustsOther && p.Type == "AWS"
}

// silent reports whether the document allows nothing that counts.
func (f *documentFacts) silent() bool { return f.allows.empty() }

// read notes which interesting actions a statement is about.
func (f *documentFacts) read(g *graph, st *policy.Statement) (hit actionMask) {
	own, named := ownOnly(st), g.named(st)
	for n, action := range interesting().names {
		if !st.MatchAction(action) || !g.reaches(st, action, named) {
			continue
		}
		hit.put(n)
		switch {
		case st.Effect == policy.Allow:
			f.allows.put(n)
			if !own || st.NotResource {
				f.others.put(n)
			}
		case own && st.NotResource && len(st.Conditions) == 0:
			f.denies.put(n)
			f.spared.put(n)
		default:
			f.denies.put(n)
		}
	}
	return hit
}

// named are the patterns of what a statement is about; none where it is about all, or all but something.
func (g *graph) named(st *policy.Statement) (named []policy.Glob) {
	if st.NotResource {
		return nil
	}
	patterns := st.ResourcePatterns()
	for i := range patterns {
		named, _, _ = patterns[i].Resolve(named, nil)
	}
	if slices.Contains(named, policy.GlobAll) {
		return nil
	}
	return named
}

// reaches reports whether what a statement names may be something that an action acts on: nobody gets anything from
// running tasks on a service, nor from passing a role that isn't there. Who makes a role acts as it anyway.
func (g *graph) reaches(st *policy.Statement, action string, named []policy.Glob) bool {
	n, known := g.space.catalogue.Number(action)
	switch {
	case len(named) == 0 || !known:
		return true
	case slices.Contains(onRoles, action):
		return slices.ContainsFunc(named, g.matchesRole)
	}
	return st.Effect == policy.Deny || slices.ContainsFunc(named, func(pattern policy.Glob) bool {
		if !strings.HasPrefix(action, "iam:") { // whose paths alone may hold colons
			pattern = pattern.Aligned()
		}
		return slices.ContainsFunc(g.space.catalogue.Takes[n], func(f int32) bool { return g.space.formats[f].Intersects(pattern) })
	})
}

// wholly are those actions of a statement that it is about whatever they act on and the caller chooses.
func (g *graph) wholly(st *policy.Statement, hit actionMask) (all actionMask) {
	var spared []policy.Glob
	if st.NotResource {
		for _, r := range st.ResourcePatterns() {
			spared, _, _ = r.Resolve(spared, nil)
		}
	} else if !slices.Contains(st.Resources, "*") {
		return all
	}
	for i, action := range interesting().names {
		if n, known := g.space.catalogue.Number(action); known && hit.has(i) &&
			!slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool { return chosen(strings.ToLower(c.Key), action) }) &&
			!slices.ContainsFunc(spared, func(pattern policy.Glob) bool {
				return pattern == policy.GlobAll || slices.ContainsFunc(g.space.catalogue.Takes[n], func(f int32) bool { return g.space.formats[f].Intersects(pattern) })
			}) {
			all.put(i)
		}
	}
	return all
}

// onRoles are the actions on roles that are of no use on one that somebody makes.
var onRoles = []string{"sts:AssumeRole", "iam:PassRole", "iam:UpdateAssumeRolePolicy"}

// matchesRole reports whether there is a role of the account that a pattern matches.
func (g *graph) matchesRole(pattern policy.Glob) bool {
	if g.roleARNs == nil {
		for _, r := range g.roles {
			g.roleARNs = append(g.roleARNs, policy.TextGlob(r.ARN))
			g.roleTexts = append(append(g.roleTexts, r.ARN...), '\n')
		}
		slices.Sort(g.roleARNs)
	}
	begin, longest := pattern.Texts()
	at, _ := slices.BinarySearch(g.roleARNs, policy.Glob(begin))
	if at == len(g.roleARNs) || !strings.HasPrefix(string(g.roleARNs[at]), begin) || !bytes.Contains(g.roleTexts, []byte(longest)) {
		return false // as it mostly is
	}
	return slices.ContainsFunc(g.roleARNs[at:], pattern.Intersects)
}

// asks notes what a condition asks for.
func (f *documentFacts) asks(g *graph, st *policy.Statement, c *policy.Condition, said *statementFacts) {
	key := strings.ToLower(c.Key)
	said.sessional = said.sessional || key == "aws:tokenissuetime" || key == strings.ToLower(keyMFAPresent) || key == strings.ToLower(keyMFAAge)
	_, tag := targetTag(key)
	f.targets = f.targets || tag
	if tag || key == keyBoundary || key == "iam:policyarn" || key == "iam:passedtoservice" || key == "aws:tagkeys" || strings.HasPrefix(key, keyRequestTagPrefix) || namesRole(key) {
		said.keys = appendNew(said.keys, key)
	}
	personal := own(key) || slices.ContainsFunc(c.Values, func(v string) bool { return strings.Contains(v, "${") })
	said.personal = said.personal || personal
	if personal && (!said.about.empty() || st.Effect == policy.Deny) {
		tags := strings.HasPrefix(key, keyTagPrefix) || !own(key)
		f.personal, f.byName = true, f.byName || !tags || slices.ContainsFunc(c.Values, func(v string) bool { return !asksForTags(v) })
	}
	if name, ok := targetTag(key); ok {
		g.compares(name, c.Values)
	}
	for _, v := range c.Values {
		if key == "aws:username" {
			v = "arn:" + g.space.partition + ":iam::" + g.Account.ID + ":user/" + v
		}
		if own(key) && strings.HasPrefix(v, "arn:") && !strings.Contains(v, "${") && len(g.askers) < maxCombinations {
			g.askers = appendNew(g.askers, v)
		}
	}
	if key == keyBoundary {
		g.bounds = appendAll(g.bounds, c.Values)
	}
	if name, ok := strings.CutPrefix(key, keyTagPrefix); ok {
		for _, v := range c.Values {
			g.tagged[name] = appendNew(g.tagged[name], example(v))
		}
	}
}

// ownOnly reports whether all resources of a statement end in the name of the user who asks.
func ownOnly(st *policy.Statement) bool {
	return len(st.Resources) > 0 && !slices.ContainsFunc(st.Resources, func(r string) bool { return !strings.HasSuffix(r, "/${aws:username}") })
}

// own reports whether a condition key, in lower case, tells one principal from another.
func own(key string) bool {
	return key == "aws:username" || key == "aws:userid" || key == "aws:principalarn" || strings.HasPrefix(key, keyTagPrefix)
}

// asksForTags reports whether all variables of a text are tags of the principal who asks.
func asksForTags(text string) bool {
	for _, rest, more := strings.Cut(text, "${"); more; _, rest, more = strings.Cut(rest, "${") {
		if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(rest)), keyTagPrefix) {
			return false
		}
	}
	return true
}

// compares notes the values that a target's tag has in the account, where a condition compares it with one of who asks.
func (g *graph) compares(name string, values []string) {
	for _, v := range values {
		if _, own, ok := strings.Cut(strings.ToLower(v), "${"+keyTagPrefix); ok {
			own, _, _ = strings.Cut(own, "}")
			g.tagged[own] = appendAll(g.tagged[own], g.tagValues()[name])
		}
	}
}

// tagValues are the values of the account's tags on users and roles, by name in lower case, as far as they are few.
func (g *graph) tagValues() map[string][]string {
	if g.valuesOf != nil {
		return g.valuesOf
	}
	g.valuesOf = map[string][]string{}
	note := func(tags []account.Tag) {
		for _, tag := range tags {
			if key := strings.ToLower(tag.Key); len(g.valuesOf[key]) <= maxVariants {
				g.valuesOf[key] = appendNew(g.valuesOf[key], tag.Value)
			}
		}
	}
	for _, u := range g.Account.Users {
		tags, _ := u.Tags.Get() // where they aren't known nothing passes: the list of users isn't whole
		note(tags)
	}
	for _, r := range g.Account.Roles {
		note(r.Tags)
	}
	return g.valuesOf
}
