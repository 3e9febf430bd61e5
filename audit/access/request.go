package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Request is a call that somebody of the account may want to make, with the policies that take part beside their own.
type Request struct {
	Action   string          // as the catalogue spells it
	Resource string          // its ARN, or * for a call without one; empty: whatever the policies leave open
	MFA      string          // how users come: "absent" with a key, "false" or "true" in other sessions; empty: in each way
	Set      policy.Policies // of the organization, the resource and the session
	Context  *policy.Context // what else the request shows; nil: nothing is known of it
}

// request is a request as an account is asked for it.
type request struct {
	Request
	object *object         // what is known of the resource; nil: nothing
	other  string          // account of the resource, where it is another one
	limit  message.Message // why it can't be said that somebody surely may, if it can't
	extra  []*policy.Document
	own    bool // whether the request is allowed hangs on who makes it
	about  map[*policy.Document]*aboutRequest
}

// aboutRequest is what a document says of a request.
type aboutRequest struct {
	short    *policy.Document // the statements about its action
	denies   *policy.Document // those of them that deny it to everybody, as one of the caller's own
	personal bool             // they ask for something that is the caller's own
}

// Verdict is what policies say of a request that is made in one session.
type Verdict struct {
	policy.Decision
	On     string          // the resources that it may be made on, as a policy has them; empty: as asked for, or any
	Chosen []string        // context keys of which the caller has to choose the value
	Why    message.Message // what decided beside statements
}

func (v *Verdict) truth() policy.Truth {
	return [...]policy.Truth{policy.Allowed: policy.Yes, policy.Depends: policy.Maybe}[v.Result]
}

// ask returns the graph of the ways to make a request.
func (x *Access) ask(asked Request) *graph {
	x.readPrincipals()
	by := x.guardrails
	if by.SCPs, by.RCPs = asked.Set.SCPs, asked.Set.RCPs; x.guardrails.Read {
		by = x.guardrails
		asked.Set.SCPs, asked.Set.RCPs = by.SCPs, by.RCPs
	}
	x.Guard(by)
	r := &request{Request: asked, about: map[*policy.Document]*aboutRequest{}}
	service := policy.ServiceOf(asked.Action)
	if owner := policy.ARNField(asked.Resource, 4); owner != "" && policy.AccountOf(owner) != "" && owner != x.Account.ID {
		r.other = owner
		if asked.Set.Resource == nil {
			r.limit = message.New("the policy of the resource, which is another account's and has to allow it, too")
		}
	}
	g := x.towards(goal{request: r})
	if w := x.principal(asked.Resource); w != nil {
		r.object = g.object(w)
		if service == "sts" && w.Role != nil && asked.Set.Resource == nil {
			if r.Set.Resource = g.trustOf(w).document; r.Set.Resource == nil {
				r.limit = unreadTrust
			}
		}
	}
	r.own = asked.Action == "sts:AssumeRole" && asked.Resource == "" && len(g.byName)+len(g.pickyFree) > 0
	r.extra = append(g.guardrails.documents(), r.Set.Session...)
	if r.Set.Resource != nil {
		r.extra, r.own = append(r.extra, r.Set.Resource), true
	}
	r.own = r.own || slices.ContainsFunc(r.extra, func(d *policy.Document) bool { return r.says(d).personal })
	return g
}

var unreadTrust = message.New("the role's trust policy, which can't be read")

// says reads what a document says of the request, once.
func (r *request) says(d *policy.Document) *aboutRequest {
	if said := r.about[d]; said != nil {
		return said
	}
	short, said := *d, &aboutRequest{}
	short.Statements = nil
	denies := short
	denies.Kind, said.short, said.denies = policy.Identity, &short, &denies
	for _, st := range about(d, r.Action) {
		if short.Statements = append(short.Statements, *st); st.Effect == policy.Deny {
			denies.Statements = append(denies.Statements, *st)
		}
		said.personal = said.personal ||
			slices.ContainsFunc(st.ResourcePatterns(), func(r policy.ResourcePattern) bool { return r.Varying() }) ||
			slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool {
				return own(strings.ToLower(c.Key)) || slices.ContainsFunc(c.Values, func(v string) bool { return strings.Contains(v, "${") })
			})
	}
	r.about[d] = said
	return said
}

// of is the same where there may be no request.
func (r *request) of(d *policy.Document) *aboutRequest {
	if r == nil {
		return saysNothing
	}
	return r.says(d)
}

var saysNothing = &aboutRequest{short: &policy.Document{}}

// asked is the request as the policies of a class answer it.
type asked struct {
	set        policy.Policies
	statements []*policy.Statement
	keys       []string // what conditions ask for about the resource, lower-case
	resources  []target // on which it is asked
	choices    []func(*policy.Context)
}

// requested is what was found of the goal's request.
type requested struct {
	truth *policy.Truth // whether it may be made
	asked *asked
}

// toGoal is where that is kept: with the class, unless it hangs on who makes the request.
func (p *persona) toGoal() *requested {
	if p.graph.goal.request.own {
		return &p.mine
	}
	return &p.class.requested
}

// target is a resource, and the pattern that it is an example of; or a role that may let in the caller by its trust policy
// alone.
type target struct {
	arn, pattern string
	role         *Principal
}

func (p *persona) asked() *asked {
	r, kept := p.graph.goal.request, p.toGoal()
	if kept.asked != nil {
		return kept.asked
	}
	a := &asked{set: r.Set}
	kept.asked = a
	read := func(d *policy.Document) *policy.Document {
		short := r.says(d).short
		for i := range short.Statements {
			a.statements = append(a.statements, &short.Statements[i])
		}
		return short
	}
	for _, d := range p.identity {
		if short := read(d); len(short.Statements) > 0 {
			a.set.Identity = append(a.set.Identity, short)
		}
	}
	if p.boundary != nil {
		a.set.Boundary = read(p.boundary)
	}
	a.resources = p.targets(a.statements)
	for _, d := range r.extra {
		read(d)
	}
	for _, t := range a.resources {
		if t.role != nil && p.graph.trustOf(t.role).document != nil {
			read(p.graph.trustOf(t.role).document)
		}
	}
	for _, st := range a.statements {
		for i := range st.Conditions {
			a.keys = appendNew(a.keys, strings.ToLower(st.Conditions[i].Key))
		}
	}
	a.choices = choices(a.statements, func(key string) bool {
		return chosen(key, r.Action) && !strings.HasPrefix(key, policy.ServiceOf(r.Action)+":") || key == "sts:rolesessionname" || key == "sts:sourceidentity"
	})
	return a
}

// targets are resources to ask for: the one that was named, or an example of each that an Allow has in mind, and any.
func (p *persona) targets(statements []*policy.Statement) (out []target) {
	r := p.graph.goal.request
	if r.Resource != "" {
		return []target{{arn: r.Resource}}
	}
	for _, arn := range p.graph.formatsOf(r.Action) {
		out = append(out, target{arn: arn})
	}
	if number, _ := p.graph.space.catalogue.Number(r.Action); len(out) == 0 || p.graph.space.catalogue.StarToo[number] {
		out = append(out, target{arn: "*"})
	}
	for _, st := range statements {
		for _, pattern := range st.Resources {
			if arn := p.exampleARN(pattern); st.Effect == policy.Allow && arn != "" && len(out) < maxCombinations && p.graph.takes(r.Action, arn) {
				out = append(out, target{arn: arn, pattern: pattern})
			}
		}
	}
	if r.Action == "sts:AssumeRole" && r.Set.Resource == nil {
		for _, role := range slices.Concat(p.graph.byName[p.ARN], p.graph.freeRoles, p.graph.pickyFree, p.graph.unreadRoles) {
			out = append(out, target{role.ARN, role.ARN, role})
		}
	}
	return out
}

// verdict decides the request in one session, on the resource on which most is allowed.
func (p *persona) verdict(s session) (best Verdict) {
	r, a := p.graph.goal.request, p.asked()
	switch {
	case s != bareKey && slices.Contains(keysOnly, r.Action):
		return Verdict{Why: message.New("AWS takes it from an access key itself, and from no session")}
	case s == token && refusedToToken(r.Action):
		return Verdict{Why: message.New("AWS lets no session of GetSessionToken without MFA do it")}
	}
	for i, t := range a.resources {
		v := p.decides(s, a, t)
		if i == 0 || v.truth() > best.truth() || v.truth() == best.truth() && v.Result == policy.ExplicitDeny && best.Result == policy.ImplicitDeny {
			best = v
		}
		if best.Result == policy.Allowed {
			break
		}
	}
	if best.truth() == policy.No && r.Resource == "" && p.somewhere(s) {
		best = Verdict{Decision: policy.Decision{Result: policy.Depends}, Why: message.New("which resource it is")}
	}
	if best.Result == policy.ImplicitDeny && r.Action == "iam:ChangePassword" && p.Role == nil && s != token && (r.Resource == "" || r.Resource == p.ARN) {
		best = p.changesPassword(best)
	}
	if best.truth() != policy.No && !r.limit.Empty() {
		best.Result, best.Why = policy.Depends, r.limit
	}
	return best
}

// changesPassword counts in the account's setting, which grants iam:ChangePassword without a policy (Guide,
// id_credentials_passwords_enable-user-change). How a boundary affects it isn't documented.
func (p *persona) changesPassword(v Verdict) Verdict {
	switch granted := p.subject.UsersMayChangePassword; {
	case granted == policy.No:
		return v
	case granted == policy.Yes && p.boundary == nil:
		return Verdict{Decision: policy.Decision{Result: policy.Allowed}, Why: message.New("the account's password policy lets users change their own")}
	}
	return Verdict{Decision: policy.Decision{Result: policy.Depends}, Why: message.New("whether the account lets users change their own password")}
}

// keysOnly are what AWS takes from long-term credentials alone (STS API reference).
var keysOnly = []string{"sts:GetSessionToken", "sts:GetFederationToken"}

// refusedToToken reports whether AWS refuses an action to sessions of GetSessionToken without MFA, whatever policies
// say. Passing a role is no call.
func refusedToToken(action string) bool {
	return strings.HasPrefix(action, "iam:") && action != "iam:PassRole" || strings.HasPrefix(action, "sts:") && !slices.Contains(sessionSTS, action)
}

// decides asks for one resource. What the caller chooses is chosen so that the answer is yes, if it can be.
func (p *persona) decides(s session, a *asked, t target) Verdict {
	r := p.graph.goal.request
	ctx := p.context(s).Clone()
	set, o, others := a.set, r.object, r.extra
	if t.role != nil {
		set.Resource, o = p.graph.trustOf(t.role).document, p.graph.object(t.role)
		if set.Resource == nil {
			set.Resource = openTrust()
		}
		others = append(slices.Clip(others), set.Resource)
	}
	if !p.open(s) {
		for _, d := range others {
			p.lackTags(ctx, d)
		}
	}
	if r.other != "" {
		ctx.Set("aws:ResourceAccount", r.other)
	}
	for _, key := range a.keys {
		_, tag := targetTag(key)
		if o == nil && !(key == "iam:policyarn" || key == "iam:passedtoservice") || !tag && !strings.HasPrefix(key, "iam:") || key == "iam:associatedresourcearn" {
			continue
		}
		switch value, state := o.value(key, r.Action); state {
		case policy.Present:
			ctx.Set(key, value)
		case policy.Absent:
			ctx.SetAbsent(key)
		}
	}
	shown := func(ctx *policy.Context) *policy.Context {
		if r.Context == nil {
			return ctx
		}
		return ctx.With(r.Context)
	}
	req := policy.Request{Action: r.Action, Resource: t.arn, Context: shown(ctx), ResourceAccount: r.other}
	v := Verdict{Decision: policy.Evaluate(req, set), On: t.pattern}
	if first := v.Keys; v.Result == policy.Depends && len(a.choices) > 1 {
		for _, choose := range a.choices {
			req.Context = ctx.Clone()
			choose(req.Context)
			req.Context = shown(req.Context)
			if d := policy.Evaluate(req, set); d.Result == policy.Allowed || d.Result == policy.Depends && len(d.Keys) < len(v.Keys) {
				v.Decision = d
				v.Chosen = lists.Filter(first, func(key string) bool { return !slices.Contains(d.Keys, key) })
			}
			if v.Result == policy.Allowed {
				break
			}
		}
	}
	if v.By = held(v.By); v.truth() != policy.No && t.role != nil && p.graph.trustOf(t.role).document == nil {
		v.Result, v.Why = policy.Depends, unreadTrust
	}
	return v
}

// underContext is a document without the Allows whose conditions what the request shows doesn't meet.
func (r *request) underContext(d *policy.Document) *policy.Document {
	if r.Context == nil {
		return d
	}
	left := *d
	left.Statements = lists.Filter(d.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Deny || st.MatchConditions(r.Context) != policy.No
	})
	return &left
}

// somewhere reports whether the caller's policies and the organization's leave the action open on any resource.
func (p *persona) somewhere(s session) bool {
	r, a := p.graph.goal.request, p.asked()
	number, _ := p.graph.space.catalogue.Number(r.Action)
	silent := func(level []*policy.Document) bool {
		return !slices.ContainsFunc(level, func(d *policy.Document) bool {
			return slices.ContainsFunc(r.says(d).short.Statements, func(st policy.Statement) bool { return st.Effect == policy.Allow })
		})
	}
	if silent(p.identity) || slices.ContainsFunc(r.Set.SCPs, silent) || len(r.Set.Session) > 0 && silent(r.Set.Session) {
		return false
	}
	identity := slices.Clip(lists.Map(a.set.Identity, r.underContext))
	for _, d := range r.extra {
		identity = append(identity, r.says(d).denies)
	}
	subject := *p.graph.subject(account.Subject{Name: p.Name, ARN: p.ARN, ID: p.ID})
	subject.IsRole, subject.Identity, subject.Boundary, subject.SCPs = p.Role != nil, identity, a.set.Boundary, nil
	if subject.Tags = nil; !p.tagsOpen || p.sessions == bareRole {
		subject.Tags = p.tags
	}
	work := p.graph.space.borrow()
	defer p.graph.space.giveBack(work)
	found, c := p.graph.space.reacher(work, &subject), noMFA
	switch s {
	case bareKey:
		c = longTermKey
	case strong:
		c = withMFA
	}
	return found.large || slices.ContainsFunc(found.reach(work, c, true), func(c cell) bool { return c.sure.Has(number) || c.maybe.Has(number) })
}
