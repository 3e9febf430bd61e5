package access

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// whom says which principals edges are looked for to: one part after the other, since a search mostly ends with the first.
type whom int

const (
	toGoal  whom = iota // those that are at the goal, or may be
	toBusy              // others that have rights by which to become somebody else
	toQuiet             // the rest, which matter to who can write their policies
)

// part is the principals of one kind.
type part struct {
	users     []*Principal
	openRoles []*Principal
	freeRoles []*Principal
	roles     []*Principal
}

func byARN(a, b *Principal) int { return cmp.Compare(a.ARN, b.ARN) }

// beginnings are what the ARNs begin with that a statement's resources match for a persona, as far as it is written down.
func (p *persona) beginnings(st *policy.Statement) (list []string) {
	if st.NotResource {
		return []string{""}
	}
	for _, r := range st.Resources {
		if p.Role == nil {
			r = strings.ReplaceAll(r, "${aws:username}", p.Name)
		}
		if i := strings.IndexAny(r, "*?$"); i >= 0 {
			r = r[:i]
		}
		list = append(list, r)
	}
	return list
}

// within yields those of a list, which is sorted by ARN, that the question may be allowed on.
func (q *question) within(list []*Principal) iter.Seq[*Principal] {
	return func(yield func(*Principal) bool) {
		seen := -1 // ranges of sorted beginnings follow one another, or one is in another
		for _, prefix := range q.prefixes {
			from, _ := slices.BinarySearchFunc(list, prefix, func(w *Principal, s string) int { return cmp.Compare(w.ARN, s) })
			for i := max(from, seen+1); i < len(list) && strings.HasPrefix(list[i].ARN, prefix); i++ {
				seen = i
				if !yield(list[i]) {
					return
				}
			}
		}
	}
}

// mayBeOn reports whether the question may be allowed on something, by the beginning of its ARN alone.
func (q *question) mayBeOn(arn string) bool {
	return slices.ContainsFunc(q.prefixes, func(prefix string) bool { return strings.HasPrefix(arn, prefix) })
}

// part sorts the principals once.
func (g *graph) part(of whom) *part {
	if g.parts == nil {
		g.parts = &[3]part{}
		of := func(w *Principal) *part {
			switch {
			case g.arrives(g.base(w)) != policy.No:
				w.part = toGoal
			case g.quiet(w):
				w.part = toQuiet
			default:
				w.part = toBusy
			}
			return &g.parts[w.part]
		}
		for _, u := range g.Account.Users {
			w := g.users[u.Name]
			to := of(w)
			to.users = append(to.users, w)
		}
		for _, r := range g.roles {
			to := of(r)
			to.roles = append(to.roles, r)
		}
		for _, r := range g.openRoles {
			to := &g.parts[r.part]
			to.openRoles = append(to.openRoles, r)
		}
		for _, r := range g.freeRoles {
			to := &g.parts[r.part]
			to.freeRoles = append(to.freeRoles, r)
		}
		for i := range g.parts {
			for _, list := range [][]*Principal{g.parts[i].users, g.parts[i].roles, g.parts[i].openRoles, g.parts[i].freeRoles} {
				slices.SortFunc(list, byARN)
			}
		}
	}
	if g.aim != nil {
		return g.parts[of].only(g.aim)
	}
	return &g.parts[of]
}

// only is one of the principals alone.
func (p *part) only(w *Principal) *part {
	one := func(list []*Principal) []*Principal {
		if i, ok := slices.BinarySearchFunc(list, w, byARN); ok && list[i] == w {
			return list[i : i+1]
		}
		return nil
	}
	return &part{one(p.users), one(p.openRoles), one(p.freeRoles), one(p.roles)}
}

// edgesOf yields those of all who have the same policies; some may lead from one of them to itself. They are looked for
// as long as they are wanted: most searches end with one of the first.
func (g *graph) edgesOf(p *persona, part whom) iter.Seq[edge] {
	return p.keep(&p.edges[part], func(out *sink) { g.findEdges(p, part, out) })
}

// keep yields what is found, and keeps it once it was all asked for.
func (p *persona) keep(kept **[]edge, find func(*sink)) iter.Seq[edge] {
	if *kept != nil {
		return slices.Values(**kept)
	}
	if p.hands != nil { // nobody asks a team twice
		return func(yield func(edge) bool) { find(&sink{yield: yield}) }
	}
	return func(yield func(edge) bool) {
		list := []edge{}
		out := &sink{yield: func(e edge) bool {
			list = append(list, e)
			return yield(e)
		}}
		if find(out); !out.full {
			*kept = &list
		}
	}
}

// sink takes edges as they are found, until it is full: then those who ask have enough.
type sink struct {
	yield func(edge) bool
	last  *Step
	full  bool
}

func (s *sink) add(e edge) {
	if s.full || e.truth == policy.No {
		return
	}
	if s.last != nil && e.step.like(s.last) {
		e.step = s.last // a step to each of thousands is kept once
	}
	s.last = e.step
	s.full = !s.yield(e)
}

// ownEdges are those that hang on who the persona is, beside what its policies say.
func (g *graph) ownEdges(p *persona) (out []edge) {
	add := func(e edge) {
		if e.truth != policy.No {
			out = append(out, e)
		}
	}
	for _, r := range slices.Concat(g.byName[p.ARN], g.unreadRoles, g.freeFor(p.Principal)) {
		g.assume(p, r, p, asOneNamed, add)
	}
	if p.may("sts:AssumeRole") {
		for r := range p.question("sts:AssumeRole").within(g.pickyRoles) {
			if !g.shuts(r, p.Principal) {
				g.assume(p, r, p, asOne, add)
			}
		}
	}
	if p.Role != nil {
		g.assumeAsSession(p, add)
	} else if p.sessions&strong == 0 && p.only == "" {
		add(g.enrolment(p, p.Principal, p.sessions))
	}
	return out
}

func (g *graph) findEdges(p *persona, whom whom, out *sink) {
	to := g.part(whom)
	for _, h := range p.all() {
		if !h.may("sts:AssumeRole") {
			continue
		}
		for r := range h.question("sts:AssumeRole").within(to.openRoles) {
			if g.assume(h, r, p, asOne, out.add); out.full {
				return
			}
		}
	}
	if p.only != "" {
		return
	}
	g.signsIn(p, to, out)
	g.opens(p, to, out)
	switch {
	case out.full:
		return
	case whom == toGoal:
		g.becomesRoot(p, out.add)
	case whom == toQuiet:
		g.makes(p, out.add)
	}
	g.throughServices(p, whom, out)
	g.throughProviders(p, to, out)
}

// entry is as whom a trust policy may let somebody in.
type entry uint8

const (
	asOne      entry = iota // of an account, whom its own policies have to allow it, too (Guide, id_roles_create_for-user)
	asAnybody               // nobody in particular: the account's own need no Allow then (Guide, reference_policies_elements_principal, "All principals")
	asOneNamed              // or as one of whom it asks for a name
)

// assume is about a role whose trust policy may let the persona in, perhaps once they, or others of a team, have prepared
// the role.
func (g *graph) assume(p *persona, r *Principal, team *persona, as entry, add func(edge)) {
	const action = "sts:AssumeRole"
	if as != asOne && p.only != "" && p.only != action {
		return
	}
	trust, most, on := g.trustOf(r).document, policy.Yes, message.Message{}
	if trust == nil {
		trust, most, on = openTrust(), policy.Maybe, message.New("a statement that allows it in the trust policy of %s, which can't be read", account.ShortARN(r.ARN))
	}
	q := p.question(action)
	if as == asAnybody {
		q = p.unasked(action)
	}
	var best answer
	try := func(target prepared) {
		if as == asOneNamed && best.truth != policy.Yes {
			a := p.enters(action, r, trust, target.object)
			best = best.or(answer{a.truth.And(target.truth), joinNew(target.by, a.by)})
			return
		}
		for i, own := range p.inSessions(q, r.ARN, target.object, q.sessional || g.facts(trust).sessional) {
			if own.truth.And(target.truth) > best.truth {
				lets := g.letsIn(p, 1<<i, r, trust, as)
				best = best.or(answer{own.truth.And(lets.truth).And(target.truth), joinNew(target.by, joinNew(own.by, lets.by))})
			}
		}
	}
	try(prepared{g.object(r), answer{truth: policy.Yes}})
	if team != p || as == asOneNamed {
		for _, target := range team.prepared(q, g.object(r)) {
			try(target)
		}
	}
	if best.truth != policy.No {
		add(edge{to: r, sessions: bareRole, truth: best.truth.And(most), step: g.assuming(best.by, on)})
	}
}

// assuming is the step into a role, which is the same for all who take it by the same statements.
func (g *graph) assuming(by []string, on message.Message) *Step {
	var room [256]byte
	key := room[:0]
	for _, ref := range by {
		key = append(append(key, ref...), '\n')
	}
	step := g.assumed[string(key)]
	if step == nil || !on.Empty() {
		step = &Step{ID: "assume-role", tell: assumesText, Actions: []string{"sts:AssumeRole"}, By: by, On: on}
		if on.Empty() {
			g.assumed[string(key)] = step
		}
	}
	return step
}

// letsKey is a trust policy and what it may tell apart of those whom it doesn't name.
type letsKey struct {
	trust   *policy.Document
	session session
	as      entry
	tags    string
}

// letsIn reports whether a role's trust policy lets somebody in whose own policies allow it, or say nothing of it.
func (g *graph) letsIn(p *persona, s session, r *Principal, trust *policy.Document, as entry) answer {
	f, key := g.facts(trust), letsKey{trust: trust, session: s, as: as}
	if f.personal && !f.byName {
		if p.tagged == "" {
			p.tagged = " " + string(p.appendTags(nil))
		}
		key.tags = p.tagged
	}
	if a, ok := g.letting[key]; ok && !f.byName {
		return a
	}
	own := []*policy.Document{gained()}
	if as == asAnybody {
		own = nil
	}
	a := decide(p.entering(s, "sts:AssumeRole", r, trust), policy.Policies{Identity: own, Resource: trust}, choicesOf("sts:AssumeRole", about(trust, "sts:AssumeRole")))
	if !f.byName {
		g.letting[key] = a
	}
	return a
}

// assumeAsSession is about the roles whose trust policies name a session of the persona's role: a session gets
// its name from who starts it.
func (g *graph) assumeAsSession(p *persona, add func(edge)) {
	mine := "arn:" + g.space.partition + ":sts::" + g.Account.ID + ":assumed-role/" + p.Name + "/"
	for _, r := range g.bySession {
		for _, session := range g.trustOf(r).sessions {
			if strings.HasPrefix(session, mine) {
				add(edge{to: r, sessions: bareRole, truth: policy.Maybe, step: &Step{
					ID: "assume-role", tell: assumesText, Actions: []string{"sts:AssumeRole"},
					On: message.New("a session of the name that the trust policy has")}})
			}
		}
	}
}

// object is what conditions may ask for about a user or role.
func (g *graph) object(w *Principal) *object {
	if w.object == nil {
		p := g.base(w)
		w.object = &object{arn: w.ARN, who: w, tags: p.tags, boundary: p.bound, tagsOpen: w.Role == nil && p.tagsOpen}
	}
	return w.object
}

// opens are the roles whose trust policy the persona can rewrite. Then it names whom they like, even somebody of another
// account, so that no policy of the persona's has to allow more.
func (g *graph) opens(p *persona, to *part, out *sink) {
	const action = "iam:UpdateAssumeRolePolicy"
	if !p.may(action) {
		return
	}
	for r := range p.question(action).within(to.roles) {
		if out.full {
			return
		}
		if sealed(r) {
			continue
		}
		t, by := p.can(action, r.ARN, g.object(r))
		if t == policy.No {
			continue
		}
		out.add(edge{to: r, sessions: roleSession, truth: t, step: &Step{
			ID: "update-assume-role-policy", tell: func(whom any) message.Message { return message.New("lets itself into %s", whom) }, Actions: []string{action}, By: by}})
	}
}

// sealed reports whether IAM refuses changes of a role.
func sealed(r *Principal) bool { return reserved(r.Role) }

func assumesText(whom any) message.Message { return message.New("assumes %s", whom) }
