package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// graph finds who can become whom in an account: whom the rights of a persona let act as whom, and what they let it
// change. What it finds is kept by persona, since many get as far.
type graph struct {
	*Access
	goal     goal
	space    *space
	personas map[string]*persona
	classes  map[string]*class
	told     map[*policy.Document]*documentFacts
	trusted  map[*Principal]*trustFacts
	members  map[string][]*account.Group // by name of the user
	made     map[string]*Principal       // by ARN
	names    map[string]bool             // that are taken, by kind
	tagged   map[string][]string         // values that conditions ask for, by tag's name in lower case
	bounds   []string                    // boundaries that they ask for
	askers   []string                    // patterns of the ARNs of users and roles for whom they hold
	valuesOf map[string][]string         // nil until asked for

	trustTags []string // context keys of tags that trust policies ask for

	byName        map[string][]*Principal     // roles whose trust policy names a principal, by its ARN
	bySession     []*Principal                // roles whose trust policy names sessions of others
	pickyRoles    []*Principal                // likewise, if they are of a name, a tag or the like
	freeRoles     []*Principal                // roles that let in everybody, who then need no policy of their own
	pickyFree     []*Principal                // likewise, if they are of a name, a tag or the like
	freeBy        map[*Principal][]*Principal // of these, those that may let in somebody
	unreadRoles   []*Principal                // roles whose trust policies nobody can read: they may name whom they like
	openRoles     []*Principal                // roles that let in others of the account, as far as their policies allow it
	served        map[string][]server         // roles that trust a service, by service
	letting       map[letsKey]answer
	assumed       map[string]*Step // by the statements that allow it
	taken         map[actionOn]bool
	examples      map[string]string // by pattern
	groupPolicies map[*account.Group][]holding
	dead          map[deadKey]bool
	formats       map[string][]string
	roleARNs      []policy.Glob // of all roles, sorted
	roleTexts     []byte        // the same, one a line
	parts         *[3]part      // who is looked for edges to
	aim           *Principal    // if it is one of these alone; nil: all
	retired       int           // how many moved from one to another
	asked         int           // how many questions so far
	asService     *policy.Context
	all           []*Principal      // users and roles, in the account's order
	leaves        *policy.ActionSet // what left returned
	core          *core             // what everybody comes to; nil until asked for
}

// trustFacts is what a trust policy says, coarsely.
type trustFacts struct {
	document *policy.Document // nil: it can't be read
	tagged   bool             // sessions may bring tags of their own
	free     bool             // it lets in everybody, who then need no policy of their own
	sessions []string         // ARNs of sessions that it names
}

// graph is the one of the ways to an administrator's rights.
func (x *Access) graph() *graph { return x.towards(goal{}) }

// towards returns the graph of the ways to a goal. There is one at a time: what was found of another is forgotten.
func (x *Access) towards(to goal) *graph {
	if x.ways != nil && x.ways.goal == to {
		return x.ways
	}
	x.readPrincipals()
	g := &graph{
		Access: x, goal: to, space: x.analyzer.space(x.subject(account.Subject{})), personas: map[string]*persona{}, classes: map[string]*class{}, told: map[*policy.Document]*documentFacts{},
		trusted: map[*Principal]*trustFacts{}, members: map[string][]*account.Group{}, made: map[string]*Principal{}, tagged: map[string][]string{},
		byName: map[string][]*Principal{}, served: map[string][]server{}, letting: map[letsKey]answer{}, freeBy: map[*Principal][]*Principal{}, assumed: map[string]*Step{}, taken: map[actionOn]bool{}, examples: map[string]string{}, groupPolicies: map[*account.Group][]holding{}, dead: map[deadKey]bool{}, formats: map[string][]string{},
	}
	g.asService = policy.NewContext(policy.Unknown)
	g.asService.Set("aws:SourceAccount", x.Account.ID)
	g.asService.SetAbsent(keyMFAPresent)
	g.asService.SetAbsent(keyMFAAge)
	g.all = x.everybody()
	for _, w := range g.all {
		w.base, w.object = nil, nil
	}
	for _, r := range x.roles {
		g.readTrust(r)
	}
	slices.SortFunc(g.pickyRoles, byARN)
	x.ways = g
	return g
}

// readTrust files a role under whom it lets in.
func (g *graph) readTrust(r *Principal) {
	t := g.trustOf(r)
	if t.document == nil {
		g.unreadRoles = append(g.unreadRoles, r)
		return
	}
	if len(t.sessions) > 0 {
		g.bySession = append(g.bySession, r)
	}
	open := false
	for i := range t.document.Statements {
		st := &t.document.Statements[i]
		if st.Effect != policy.Allow || !st.MatchAction("sts:AssumeRole") {
			continue
		}
		for _, p := range st.Principals {
			switch {
			case st.NotPrincipal, trustKind(p) == TrustsAnyone:
				t.free = true
			case policy.AccountOf(p.Value) != "":
				open = true
			case p.Type == "AWS" && !slices.Contains(g.byName[p.Value], r):
				g.byName[p.Value] = append(g.byName[p.Value], r)
			}
		}
	}
	picky := g.facts(t.document).personal
	for _, f := range []struct {
		is   bool
		list *[]*Principal
	}{{t.free && picky, &g.pickyFree}, {t.free && !picky, &g.freeRoles}, {open && picky, &g.pickyRoles}, {open && !picky, &g.openRoles}} {
		if f.is {
			*f.list = append(*f.list, r)
		}
	}
}

func (g *graph) trustOf(r *Principal) *trustFacts {
	if t := g.trusted[r]; t != nil {
		return t
	}
	t := &trustFacts{document: g.Trust(r.Role).Document}
	g.trusted[r] = t
	if t.document == nil {
		t.tagged = true
		return t
	}
	g.trustTags = appendAll(g.trustTags, g.facts(t.document).tags)
	for i := range t.document.Statements {
		st := &t.document.Statements[i]
		if st.Effect != policy.Allow {
			continue
		}
		t.tagged = t.tagged || st.MatchAction("sts:TagSession")
		for _, p := range st.Principals {
			if strings.Contains(p.Value, ":assumed-role/") {
				t.sessions = append(t.sessions, p.Value)
			}
		}
	}
	return t
}

// groupsOf are the names of a user's groups.
func (g *graph) groupsOf(w *Principal) []string {
	if w.user == nil {
		return nil
	}
	groups, _ := w.user.Groups.Get()
	return groups
}

// quiet reports whether a principal has no rights by which to become somebody else, by itself.
func (g *graph) quiet(w *Principal) bool {
	p := g.base(w)
	return !p.loose.meets(leading()) && !p.looseOthers.meets(credentials()) && len(g.byName[w.ARN])+len(g.unreadRoles)+len(g.freeFor(w)) == 0 && !p.unreadable() && !g.namedBySession(w)
}

// namedBySession reports whether a trust policy names a session of a role, which then needs no rights of its own.
func (g *graph) namedBySession(w *Principal) bool {
	return w.Role != nil && slices.ContainsFunc(g.bySession, func(r *Principal) bool {
		return slices.ContainsFunc(g.trustOf(r).sessions, func(session string) bool { return strings.Contains(session, ":assumed-role/"+w.Name+"/") })
	})
}

// base is a principal as it is, in all sessions that it can have.
func (g *graph) base(w *Principal) *persona {
	if w.base == nil {
		w.base = g.persona(w, g.sessionsOf(w), "", nil)
	}
	return w.base
}

func (g *graph) sessionsOf(w *Principal) session {
	if w.Role != nil {
		return roleSession
	}
	return allOfUser
}

// actionOn is an action and a resource.
type actionOn struct{ action, resource string }

// takes reports whether an action acts on resources of the form of an ARN.
func (g *graph) takes(action, arn string) bool {
	key := actionOn{action, arn}
	is, ok := g.taken[key]
	if !ok {
		if n, known := g.space.catalogue.Number(action); known {
			is = slices.ContainsFunc(g.space.catalogue.Takes[n], func(f int32) bool { return g.space.formats[f].Intersects(policy.TextGlob(arn)) })
		}
		g.taken[key] = is
	}
	return is
}

// formatsOf are resources of any name that an action acts on.
func (g *graph) formatsOf(action string) (out []string) {
	out, ok := g.formats[action]
	n, known := g.space.catalogue.Number(action)
	if ok || !known {
		return out
	}
	for _, f := range g.space.catalogue.Takes[n] {
		fields := strings.SplitN("arn:"+g.space.partition+":"+g.space.catalogue.Formats[f], ":", 6)
		if len(fields) == 6 {
			if fields[3] != "" {
				fields[3] = "us-east-1"
			}
			if fields[4] != "" {
				fields[4] = g.Account.ID
			}
			out = append(out, example(strings.ReplaceAll(strings.Join(fields, ":"), "#", g.Account.ID)))
		}
	}
	g.formats[action] = out
	return out
}
