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
	is        map[*Principal]bool
	users     []*Principal
	openRoles []*Principal
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

// part sorts the principals once.
func (g *graph) part(of whom) *part {
	if g.parts == nil {
		g.parts = &[3]part{}
		for i := range g.parts {
			g.parts[i].is = map[*Principal]bool{}
		}
		of := func(w *Principal) *part {
			switch {
			case g.arrives(g.base(w)) != policy.No:
				return &g.parts[toGoal]
			case g.quiet(w):
				return &g.parts[toQuiet]
			}
			return &g.parts[toBusy]
		}
		for _, u := range g.Account.Users {
			w := g.users[u.Name]
			of(w).users = append(of(w).users, w)
		}
		for _, r := range g.roles {
			of(r).roles = append(of(r).roles, r)
			of(r).is[r] = true
		}
		for _, r := range g.openRoles {
			of(r).openRoles = append(of(r).openRoles, r)
		}
		for i := range g.parts {
			for _, list := range [][]*Principal{g.parts[i].users, g.parts[i].roles, g.parts[i].openRoles} {
				slices.SortFunc(list, byARN)
			}
		}
	}
	return &g.parts[of]
}

func (g *graph) edgesOf(p *persona, part whom) []edge {
	if p.edges[part] == nil {
		found := g.findEdges(p, part)
		p.edges[part] = &found
	}
	return *p.edges[part]
}

// ownEdges are those that hang on who the persona is, beside what its policies say.
func (g *graph) ownEdges(p *persona) (out []edge) {
	add := func(e edge) {
		if e.truth != policy.No {
			out = append(out, e)
		}
	}
	for _, r := range slices.Concat(g.byName[p.ARN], g.unreadRoles) {
		g.assume(p, r, true, add)
	}
	if p.may("sts:AssumeRole") {
		for r := range p.question("sts:AssumeRole").within(g.pickyRoles) {
			g.assume(p, r, false, add)
		}
	}
	if p.Role != nil {
		g.assumeAsSession(p, add)
	} else if p.sessions&strong == 0 && p.only == "" {
		if t, by := g.enrols(p, p.Principal); t != policy.No {
			add(edge{to: p.Principal, sessions: p.sessions | strong, truth: t, step: &Step{ID: "enrol-device",
				tell: func(whom any) message.Message { return message.New("enrols an MFA device for %s", whom) }, Actions: []string{"iam:CreateVirtualMFADevice", "iam:EnableMFADevice"}, By: by}})
		}
	}
	return out
}

// findEdges are those of all who have the same policies; some may lead from one of them to itself.
func (g *graph) findEdges(p *persona, whom whom) (out []edge) {
	to := g.part(whom)
	add := func(e edge) {
		if e.truth == policy.No {
			return
		}
		if n := len(out); n > 0 && e.step.like(out[n-1].step) {
			e.step = out[n-1].step // a step to each of thousands is kept once
		}
		out = append(out, e)
	}
	if p.may("sts:AssumeRole") {
		for r := range p.question("sts:AssumeRole").within(to.openRoles) {
			g.assume(p, r, false, add)
		}
	}
	if p.only != "" {
		return out
	}
	g.signsIn(p, to, add)
	g.opens(p, to, add)
	switch whom {
	case toGoal:
		g.becomesRoot(p, add)
	case toQuiet:
		g.makes(p, add)
	}
	g.throughServices(p, to, add)
	g.throughProviders(p, to, add)
	return out
}

// assume is about a role whose trust policy may let the persona in: by its name, which suffices, or as one of many, who
// then need an Allow of their own (Guide, reference_policies_evaluation-logic and id_roles_create_for-user).
func (g *graph) assume(p *persona, r *Principal, named bool, add func(edge)) {
	const action = "sts:AssumeRole"
	trust, most := g.trustOf(r).document, policy.Yes
	if trust == nil {
		trust, most = openTrust(), policy.Maybe
	}
	var best answer
	if named {
		best = p.enters(action, r, trust)
	} else {
		q := p.question(action)
		for i, own := range p.inSessions(q, r.ARN, g.object(r), q.sessional || g.facts(trust).sessional) {
			if own.truth <= best.truth {
				continue
			}
			lets := g.letsIn(p, 1<<i, r, trust)
			if t := own.truth.And(lets.truth); t > best.truth {
				best = answer{t, joinNew(own.by, lets.by)}
			}
		}
	}
	if best.truth == policy.No {
		return
	}
	add(edge{to: r, sessions: bareRole, truth: best.truth.And(most), step: &Step{ID: "assume-role", tell: assumesText, Actions: []string{action}, By: best.by}})
}

// letsKey is a trust policy and what it may tell apart of those whom it doesn't name.
type letsKey struct {
	trust   *policy.Document
	session session
}

// letsIn reports whether a role's trust policy lets somebody in whose own policies allow it.
func (g *graph) letsIn(p *persona, s session, r *Principal, trust *policy.Document) answer {
	key := letsKey{trust, s}
	if a, ok := g.letting[key]; ok {
		return a
	}
	a := p.entersIn(s, "sts:AssumeRole", r, trust, false)
	if !g.facts(trust).personal {
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

// signsIn are the users of whom the persona can get a key or a password.
func (g *graph) signsIn(p *persona, to *part, add func(edge)) {
	if !p.others.meets(credentials()) {
		return
	}
	any := question{}
	for _, action := range []string{"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"} {
		if p.may(action) {
			any.prefixes = appendAll(any.prefixes, p.question(action).prefixes)
		}
	}
	slices.Sort(any.prefixes)
	for w := range any.within(to.users) {
		u := g.Account.User(w.Name)
		e, ok := g.byKey(p, w, u)
		if !ok || e.truth != policy.Yes {
			if other, ok := g.byPassword(p, w, u); ok && other.truth > e.truth {
				e = other
			}
		}
		if e.truth == policy.No {
			continue
		}
		if t, by := g.enrols(p, w); t >= e.truth {
			e.sessions |= strong
			if g.asksForMFA(w) {
				e.step.Actions = append(e.step.Actions, "iam:CreateVirtualMFADevice", "iam:EnableMFADevice")
				e.step.By = joinNew(e.step.By, by)
			}
		}
		add(e)
	}
}

// asksForMFA reports whether a user's policies ask for MFA anywhere.
func (g *graph) asksForMFA(w *Principal) bool { return len(w.MFAStatements()) > 0 }

// enrols reports whether the persona can give a user, maybe itself, a new device.
func (g *graph) enrols(p *persona, w *Principal) (policy.Truth, []string) {
	if !p.may("iam:EnableMFADevice") || !p.may("iam:CreateVirtualMFADevice") {
		return policy.No, nil
	}
	named := "arn:" + g.space.partition + ":iam::" + g.Account.ID + ":mfa/" + w.Name
	if w == p.Principal {
		enable, create := p.canItself("iam:EnableMFADevice", w.ARN), p.canItself("iam:CreateVirtualMFADevice", named)
		return enable.truth.And(create.truth), joinNew(create.by, enable.by)
	}
	enable, by := p.can("iam:EnableMFADevice", w.ARN, g.object(w))
	if enable == policy.No {
		return policy.No, nil
	}
	best := answer{}
	for _, name := range append(p.names([]string{"iam:CreateVirtualMFADevice"}), named) {
		if t, more := p.can("iam:CreateVirtualMFADevice", name, nil); t > best.truth {
			best = answer{t, joinNew(more, by)}
		}
	}
	return best.truth.And(enable), best.by
}

// byKey is about an access key; a user has two at most (Guide, reference_iam-quotas).
func (g *graph) byKey(p *persona, w *Principal, u *account.User) (edge, bool) {
	o := g.object(w)
	t, by := p.can("iam:CreateAccessKey", w.ARN, o)
	if t == policy.No {
		return edge{}, false
	}
	actions := []string{"iam:CreateAccessKey"}
	if keys, ok := u.AccessKeys.Get(); ok && len(keys) >= 2 && t != policy.No {
		room, more := p.can("iam:DeleteAccessKey", w.ARN, o)
		t, by, actions = t.And(room), joinNew(by, more), []string{"iam:DeleteAccessKey", "iam:CreateAccessKey"}
	}
	return edge{to: w, sessions: bareKey | token, truth: t, step: &Step{
		ID: "create-access-key", tell: func(whom any) message.Message { return message.New("makes an access key for %s", whom) }, Actions: actions, By: by}}, t != policy.No
}

// byPassword is about a password: a new one where the user has none, else another. A device that the user has has to go.
func (g *graph) byPassword(p *persona, w *Principal, u *account.User) (edge, bool) {
	o := g.object(w)
	create, byCreate := p.can("iam:CreateLoginProfile", w.ARN, o)
	update, byUpdate := p.can("iam:UpdateLoginProfile", w.ARN, o)
	if create.Or(update) == policy.No {
		return edge{}, false
	}
	has, known := u.Password.Get()
	var e edge
	switch {
	case known && has, !known && update > create:
		e = edge{truth: update, step: &Step{ID: "update-login-profile", tell: func(whom any) message.Message { return message.New("changes the password of %s", whom) },
			Actions: []string{"iam:UpdateLoginProfile"}, By: byUpdate}}
	default:
		e = edge{truth: create, step: &Step{ID: "create-login-profile", tell: func(whom any) message.Message { return message.New("sets a password for %s", whom) },
			Actions: []string{"iam:CreateLoginProfile"}, By: byCreate}}
	}
	if !known && create.And(update) != policy.Yes {
		e.truth = e.truth.And(policy.Maybe)
		e.step.On = message.New("the right kind of password: whether %s has one is not known", account.ShortARN(w.ARN))
	}
	if device, known := u.MFA.Get(); e.truth != policy.No && (!known || device) {
		t, by := p.can("iam:DeactivateMFADevice", w.ARN, o)
		switch {
		case t != policy.No:
			e.truth = e.truth.And(t)
			e.step.Actions, e.step.By = append(e.step.Actions, "iam:DeactivateMFADevice"), joinNew(e.step.By, by)
		case known:
			t, by := g.enrols(p, w)
			e.truth = e.truth.And(t)
			e.step.Actions = append(e.step.Actions, "iam:CreateVirtualMFADevice", "iam:EnableMFADevice")
			e.step.By = joinNew(e.step.By, by)
		default:
			e.truth = e.truth.And(policy.Maybe)
			e.step.On = message.New("a user without an MFA device: whether %s has one is not known", account.ShortARN(w.ARN))
		}
	}
	e.to, e.sessions = w, plain
	return e, e.truth != policy.No
}

// opens are the roles whose trust policy the persona can rewrite. Then it names whom they like, even somebody of another
// account, so that no policy of the persona's has to allow more.
func (g *graph) opens(p *persona, to *part, add func(edge)) {
	const action = "iam:UpdateAssumeRolePolicy"
	if !p.may(action) {
		return
	}
	for r := range p.question(action).within(to.roles) {
		if sealed(r) {
			continue
		}
		t, by := p.can(action, r.ARN, g.object(r))
		if t == policy.No {
			continue
		}
		add(edge{to: r, sessions: roleSession, truth: t, step: &Step{
			ID: "update-assume-role-policy", tell: func(whom any) message.Message { return message.New("lets itself into %s", whom) }, Actions: []string{action}, By: by}})
	}
}

// sealed reports whether IAM refuses changes of a role.
func sealed(r *Principal) bool { return reserved(r.Role) }

func assumesText(whom any) message.Message { return message.New("assumes %s", whom) }
