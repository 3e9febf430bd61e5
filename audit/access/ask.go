package access

import (
	"math/bits"
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// object is what an action of IAM acts on, as far as conditions may ask for it.
type object struct {
	arn      string
	tags     map[string]string
	tagsOpen bool       // it may have others
	boundary string     // ARN of the boundary that it has, or gets by the request
	policy   string     // ARN of the policy that is attached
	service  string     // that a role is passed to
	passed   *Principal // role that an action of a service brings along
	who      *Principal // whose tags these are, if they can be changed
	gives    [2]string  // tag that the request gives, or takes away: its name, and its value then
}

// answer is whether an action can be done, and by which statements.
type answer struct {
	truth policy.Truth
	by    []string
}

// or is the better of two answers.
func (a answer) or(o answer) answer {
	if o.truth > a.truth {
		return o
	}
	return a
}

// bounding are the actions whose requests carry iam:PermissionsBoundary: the boundary that the user or role has, or is
// given (Service Authorization Reference, "Actions, resources, and condition keys for IAM").
var bounding = []string{
	"iam:CreateUser", "iam:CreateRole", "iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
	"iam:DeleteRolePermissionsBoundary", "iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:DetachUserPolicy", "iam:DetachRolePolicy", "iam:PutUserPolicy",
	"iam:PutRolePolicy", "iam:DeleteUserPolicy", "iam:DeleteRolePolicy", "iam:UpdateAssumeRolePolicy",
}

// question is an action as the policies of a class answer it.
type question struct {
	action     string
	set        policy.Policies
	statements []*policy.Statement // that are about the action
	own        int                 // how many of them are the class's, before those of the organization
	keys       []string            // what conditions ask for about the object, lower-case
	sessional  bool                // sessions differ
	flat       bool                // resource and object make no difference
	unasked    bool                // it needs no Allow
	choices    []func(*policy.Context)
	all        *answer // of a flat one
	answers    map[string]answer
	prefixes   []string // what the ARNs of resources that it is allowed on begin with
}

func (p *persona) question(action string) *question {
	for _, q := range p.questions {
		if q.action == action && !q.unasked {
			return q
		}
	}
	if p.hands != nil {
		p.questions = append(p.questions, p.teamQuestion(action))
		return p.questions[len(p.questions)-1]
	}
	q := &question{action: action}
	p.questions = append(p.questions, q)
	n, interests := interesting().number[action]
	read := func(f *documentFacts) {
		for i := range f.statements {
			st, said := &f.short.Statements[i], &f.statements[i]
			if interests && !said.about.has(n) || !interests && !st.MatchAction(action) {
				continue
			}
			q.statements = append(q.statements, st)
			q.sessional = q.sessional || said.sessional || said.personal && f.sessional // some sessions may bring tags
			for _, key := range said.keys {
				if tagging(action) || key != "aws:tagkeys" && !strings.HasPrefix(key, keyRequestTagPrefix) {
					q.keys = appendNew(q.keys, key)
				}
			}
		}
	}
	for i, f := range p.told {
		if i == len(p.identity) {
			q.set.Boundary = f.short
		} else if !interests || f.allows.has(n) || f.denies.has(n) {
			q.set.Identity = append(q.set.Identity, f.short)
		}
		read(f)
	}
	q.own, q.set.SCPs = len(q.statements), p.graph.guardrails.SCPs
	if strings.HasPrefix(action, "sts:") { // of whose resources RCPs are, and not of IAM's (Organizations, orgs_manage_policies_rcps)
		q.set.RCPs = p.graph.guardrails.RCPs
	}
	for _, d := range p.graph.guardrails.documents() {
		read(p.graph.facts(d))
	}
	q.flat = len(q.keys) == 0 && !slices.ContainsFunc(q.statements, func(st *policy.Statement) bool {
		return st.NotResource || slices.ContainsFunc(st.Resources, func(r string) bool { return r != "*" })
	})
	for _, st := range q.statements[:q.own] {
		if st.Effect == policy.Allow {
			q.prefixes = appendAll(q.prefixes, p.beginnings(st))
		}
	}
	slices.Sort(q.prefixes)
	q.choices = choicesOf(action, q.statements)
	return q
}

// unasked is a question for whom a resource's policy allows the action: all that their own can do is to deny it.
func (p *persona) unasked(action string) *question {
	for _, q := range p.questions {
		if q.action == action && q.unasked {
			return q
		}
	}
	q := *p.question(action)
	q.unasked, q.all, q.answers, q.prefixes = true, nil, nil, nil
	q.set.Identity = append(slices.Clip(q.set.Identity), gained())
	if q.set.Boundary != nil {
		q.set.Identity, q.set.Boundary = append(q.set.Identity, q.set.Boundary), nil
	}
	q.statements, q.own = slices.Insert(slices.Clone(q.statements), 0, &gained().Statements[0]), q.own+1
	p.questions = append(p.questions, &q)
	return &q
}

// can reports whether the persona can do an action on a resource, in the session in which it can best. The object says
// what conditions may ask for; nil: nothing is known of it.
func (p *persona) can(action, resource string, o *object) (policy.Truth, []string) {
	p.graph.asked++
	if !p.may(action) {
		return policy.No, nil
	}
	if p.hands != nil {
		a := p.anyCan(anyHand, action, resource, o)
		return a.truth, a.by
	}
	q := p.question(action)
	if q.all != nil {
		return q.all.truth, q.all.by
	}
	var best answer
	for _, a := range p.inSessions(q, resource, o, q.sessional) {
		if a.truth > best.truth {
			best = a
		}
	}
	if q.flat {
		all := best
		q.all = &all
	}
	return best.truth, best.by
}

// bySession are the answers of each session, by the number of its bit.
type bySession [6]answer

// sure reports whether the answer is yes in all of some sessions.
func (b *bySession) sure(sessions session) bool {
	for s := range sessions.each {
		if b[bits.TrailingZeros8(uint8(s))].truth != policy.Yes {
			return false
		}
	}
	return true
}

// inSessions answers in each session, or in one that stands for all, where the persona may give the object other tags and
// boundaries first.
func (p *persona) inSessions(q *question, resource string, o *object, differ bool) bySession {
	out, allowed := p.asItIs(q, resource, o, differ)
	if !allowed || o == nil || o.who == nil || out.sure(p.sessionsOf(differ)) {
		return out
	}
	for _, other := range p.prepared(q, o) {
		as, asked := p, q
		if o.who == p.Principal {
			if as = p.became(q.action, other.object); q.unasked {
				asked = as.unasked(q.action)
			} else {
				asked = as.question(q.action)
			}
		}
		again, _ := as.asItIs(asked, resource, other.object, differ)
		for i, a := range again {
			if t := a.truth.And(other.truth); t > out[i].truth {
				out[i] = answer{t, joinNew(other.by, a.by)}
			}
		}
	}
	return out
}

// asItIs answers for the object as it is, and reports whether any Allow names the resource. What the statements take for
// the same resource, and the conditions for the same object, has the same answers.
func (p *persona) asItIs(q *question, resource string, o *object, differ bool) (out bySession, allowed bool) {
	sessions := p.sessionsOf(differ)
	var room [96]byte
	key := room[:0]
	ctx := p.context(sessions & -sessions) // what tells sessions apart is no use in a resource
	for i, st := range q.statements {
		t := st.MatchResource(resource, ctx)
		allowed = allowed || i < q.own && t != policy.No && st.Effect == policy.Allow
		key = append(key, '0'+byte(t))
	}
	if !allowed {
		return out, false
	}
	for _, name := range q.keys {
		if value, state := o.value(name, q.action); state != policy.Unknown {
			key = append(key, byte(state))
			key = append(key, value...)
		}
		key = append(key, 0)
	}
	for s := range sessions.each {
		key = append(key, byte(s))
		a, ok := q.answers[string(key)]
		if !ok {
			a = p.answer(s, q, resource, o)
			if q.answers == nil {
				q.answers = map[string]answer{}
			}
			q.answers[string(key)] = a
		}
		key = key[:len(key)-1]
		out[bits.TrailingZeros8(uint8(s))] = a
	}
	return out, true
}

// answer decides in one session.
func (p *persona) answer(s session, q *question, resource string, o *object) answer {
	if s == token && refusedToToken(q.action) {
		return answer{}
	}
	return decide(policy.Request{Action: q.action, Resource: resource, Context: q.about(p.context(s), o)}, q.set, q.choices)
}

// about adds to a context what conditions ask for about the object.
func (q *question) about(ctx *policy.Context, o *object) *policy.Context {
	for _, name := range q.keys {
		if value, state := o.value(name, q.action); state == policy.Present && name == "aws:tagkeys" {
			ctx = ctx.Clone()
			ctx.SetList(name, value)
		} else if state == policy.Present {
			ctx = ctx.Clone()
			ctx.Set(name, value)
		} else if state == policy.Absent {
			ctx = ctx.Clone()
			ctx.SetAbsent(name)
		}
	}
	return ctx
}

// decide takes the best of what the caller may choose.
func decide(req policy.Request, set policy.Policies, choices []func(*policy.Context)) (best answer) {
	base := req.Context
	for _, choose := range choices {
		req.Context = base
		if choose != nil {
			req.Context = base.Clone()
			choose(req.Context)
		}
		got := policy.Evaluate(req, set)
		t := [...]policy.Truth{policy.Allowed: policy.Yes, policy.Depends: policy.Maybe}[got.Result]
		if t > best.truth {
			best = answer{t, held(got.By)}
		}
	}
	return best
}

// canItself is about an action on what bears the persona's own name.
func (p *persona) canItself(action, resource string) answer {
	return p.ofItsOwn(action, resource, p.graph.guardrails.SCPs)
}

// value is what a condition key about the object has for a value.
func (o *object) value(key, action string) (string, policy.KeyState) {
	switch {
	case key == "iam:policyarn" && !strings.HasPrefix(action, "iam:Attach") && !strings.HasPrefix(action, "iam:Detach"), // no other request names one
		key == "iam:passedtoservice" && action != "iam:PassRole":
		return "", policy.Absent
	case o == nil:
		return "", policy.Unknown
	}
	known := func(value string) (string, policy.KeyState) {
		if value == "" {
			return "", policy.Absent
		}
		return value, policy.Present
	}
	switch name, tag := targetTag(key); {
	case tag:
		if value, has := lookTag(o.tags, name); has {
			return value, policy.Present
		} else if !o.tagsOpen {
			return "", policy.Absent
		}
	case key == keyBoundary && slices.Contains(bounding, action):
		return known(o.boundary)
	case key == keyBoundary:
		return "", policy.Absent
	case key == "iam:policyarn" && o.policy != "":
		return known(o.policy)
	case key == "iam:passedtoservice" && o.service != "":
		return known(o.service)
	case namesRole(key) && o.passed != nil:
		return o.passed.named(key), policy.Present
	case o.gives[0] == "":
	case key == "aws:tagkeys":
		return known(o.gives[0])
	case strings.EqualFold(key, keyRequestTagPrefix+o.gives[0]):
		return known(o.gives[1])
	case strings.HasPrefix(key, keyRequestTagPrefix):
		return "", policy.Absent
	}
	return "", policy.Unknown
}

// sessionsOf are the sessions, or one that stands for all.
func (p *persona) sessionsOf(differ bool) session {
	switch {
	case differ:
		return p.sessions
	case p.sessions&roleSession != 0:
		return roleSession
	}
	return p.sessions & -p.sessions
}

// entering is a request for a role whose trust policy takes part, as it is made in one session.
func (p *persona) entering(s session, action string, r *Principal, trust *policy.Document) policy.Request {
	ctx := p.context(s)
	for _, key := range p.graph.facts(trust).tags {
		if _, has := lookTag(p.tags, strings.TrimPrefix(key, keyTagPrefix)); !has && !p.open(s) {
			ctx = ctx.Clone()
			ctx.SetAbsent(key)
		}
	}
	return policy.Request{Action: action, Resource: r.ARN, Context: ctx}
}

// enters is the best of all sessions, with the persona's own policies, for the role as it is then.
func (p *persona) enters(action string, r *Principal, trust *policy.Document, as *object) (best answer) {
	q := p.question(action)
	set, choices := q.set, choicesOf(action, slices.Concat(q.statements, about(trust, action)))
	set.Resource = trust
	for s := range p.sessions.each {
		req := p.entering(s, action, r, trust)
		req.Context = q.about(req.Context, as)
		best = best.or(decide(req, set, choices))
	}
	return best
}

// about are a document's statements about an action.
func about(d *policy.Document, action string) (out []*policy.Statement) {
	for i := range d.Statements {
		if st := &d.Statements[i]; st.MatchAction(action) {
			out = append(out, st)
		}
	}
	return out
}

// may reports whether some policy of the persona may allow an action somewhere.
func (p *persona) may(action string) bool {
	i, ok := interesting().number[action]
	return !ok && p.only == "" || ok && p.allows.has(i)
}

func targetTag(key string) (name string, ok bool) {
	for _, prefix := range []string{"aws:resourcetag/", "iam:resourcetag/"} {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			return name, true
		}
	}
	return "", false
}
