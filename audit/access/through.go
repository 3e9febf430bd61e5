package access

import (
	"strings"
	"sync"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// TargetRole is a role of the subject's account that is an administrator, or possibly one.
type TargetRole struct {
	ARN   string
	Trust *policy.Document // nil: it can't be read
	Admin policy.Truth
}

// Through returns the ways to become administrator that are there in an account with these roles: the Escalations that
// need none, and of the others those that lead through one of them, with the role through which they do so most surely.
func (a *Analysis) Through(roles []TargetRole) (out []Escalation) {
	if a.TooLarge || a.Admin == policy.Yes {
		return nil
	}
	decided := map[laneKey][]*passage{} // by role
	asking := asking{a.space, map[*Subject]*policy.Context{}}
	add := func(e *Escalation) {
		best := Escalation{}
		found := false
		key := laneKey{e.as, e.lane, e.service}
		if decided[key] == nil {
			decided[key] = make([]*passage, len(roles))
		}
		for i, p := range decided[key] {
			role := &roles[i]
			if role.ARN == a.subject.arn() {
				continue
			}
			if p == nil {
				p = asking.passage(e, role)
				decided[key][i] = p
			}
			t := p.truth.And(e.rest).And(role.Admin)
			if t == policy.No || found && (best.Sure || t != policy.Yes) {
				continue
			}
			best, found = *e, true
			best.Role, best.Sure, best.By = role.ARN, t == policy.Yes && !a.undecided(), joinNew(e.restBy, p.by)
		}
		if found {
			out = append(out, best)
		}
	}
	// A trust policy may name the subject, of which its own policies say nothing.
	named := Escalation{ID: "assume-role", Actions: []string{"sts:AssumeRole"}, How: message.New("assumes an administrator's role"), lane: entersRole, as: a.subject, rest: policy.Yes}
	for i := range a.Escalations {
		switch e := &a.Escalations[i]; {
		case !e.Scoped():
			out = append(out, *e)
		case e.lane != entersRole || e.as != a.subject:
			add(e)
		}
	}
	add(&named)
	return out
}

type laneKey struct {
	as      *Subject
	lane    lane
	service string
}

type passage struct {
	truth policy.Truth
	by    []string
}

// closed is the passage that isn't one.
var closed = &passage{}

// openTrust is what a subject that may write a trust policy makes of it: a policy that names the subject. A user's ARN,
// or that of a role's session, needs neither an identity policy nor room in the boundary (Guide,
// reference_policies_evaluation-logic); only a Deny stops it.
var openTrust = sync.OnceValue(func() *policy.Document {
	return constant(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`)
})

// passage decides whether a way leads through a role, as far as that hangs on the role. Most roles let in nobody of
// the kind, which takes little to see and is asked first.
func (k asking) passage(e *Escalation, role *TargetRole) *passage {
	switch e.lane {
	case passesRole:
		trusts := k.lets(role, e.service)
		if trusts == policy.No {
			return closed
		}
		ctx := k.of(e.as, nil).Clone()
		ctx.Set("iam:PassedToService", e.service)
		t, by := e.as.decide("iam:PassRole", role.ARN, ctx, nil)
		return &passage{t.And(trusts), by}
	case entersRole:
		if role.Trust == nil {
			t, by := e.as.decide("sts:AssumeRole", role.ARN, k.of(e.as, nil), openTrust())
			return &passage{min(t, policy.Maybe), by}
		}
		if !mayEnter(k.of(e.as, nil), e.as.Boundary != nil, role.Trust) {
			return closed
		}
		t, by := e.as.decide("sts:AssumeRole", role.ARN, k.of(e.as, role.Trust), role.Trust)
		return &passage{t, by}
	case opensRole:
		ctx := k.of(e.as, nil)
		writes, by := e.as.decide("iam:UpdateAssumeRolePolicy", role.ARN, ctx, nil)
		enters, _ := e.as.decide("sts:AssumeRole", role.ARN, ctx, openTrust())
		return &passage{writes.And(enters), by}
	}
	return closed
}

// letsKey is a service that a role's trust policy may let in.
type letsKey struct{ role, service string }

// lets is TargetRole.lets, which hangs on no subject.
func (sp *space) lets(role *TargetRole, service string) policy.Truth {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	key := letsKey{role.ARN, service}
	t, ok := sp.served[key]
	if !ok {
		t = role.lets(service)
		sp.served[key] = t
	}
	return t
}

// mayEnter reports whether a trust policy has something for who asks: a statement that may mean them, or the account,
// where their own policies may say the rest.
func mayEnter(ctx *policy.Context, bounded bool, trust *policy.Document) bool {
	for i := range trust.Statements {
		st := &trust.Statements[i]
		if st.Effect == policy.Allow && st.MatchAction("sts:AssumeRole") && st.GrantTo(ctx, bounded).Truth != policy.No {
			return true
		}
	}
	return false
}

// asking knows what is known of the requests of the subjects that a search is about.
type asking struct {
	*space
	known map[*Subject]*policy.Context // on resources that ask for no tags
}

func (k asking) of(as *Subject, resource *policy.Document) *policy.Context {
	if len(tagsOf(nil, resource)) > 0 {
		return k.asks(as, resource)
	}
	if k.known[as] == nil {
		k.known[as] = k.asks(as, nil)
	}
	return k.known[as]
}

// asks is what is known of a subject's requests with MFA, on a resource with such a policy.
func (sp *space) asks(as *Subject, resource *policy.Document) *policy.Context {
	return as.context(sp.contexts[withMFA], sp.tags(as, resource))
}

// tags are the principal tags that a subject's policies, and a resource's, ask for.
func (sp *space) tags(as *Subject, resource *policy.Document) (tags []string) {
	for _, d := range as.documents() {
		tags = appendAll(tags, sp.document(d).tags)
	}
	return tagsOf(tags, resource)
}

// decide decides a request of the subject's.
func (s *Subject) decide(action, resource string, ctx *policy.Context, resources *policy.Document) (policy.Truth, []string) {
	got := policy.Evaluate(policy.Request{Action: action, Resource: resource, Context: ctx}, policy.Policies{Identity: s.Identity, Boundary: s.Boundary, Resource: resources})
	switch got.Result {
	case policy.Allowed:
		return policy.Yes, held(got.By)
	case policy.Depends:
		return policy.Maybe, held(got.By)
	}
	return policy.No, nil
}

// lets reports whether the role's trust policy lets a service in that acts for its account.
func (t *TargetRole) lets(service string) policy.Truth {
	if t.Trust == nil {
		return policy.Maybe
	}
	ctx := policy.NewContext(policy.Unknown)
	ctx.Set("aws:SourceAccount", policy.ARNField(t.ARN, 4))
	ctx.SetAbsent(keyMFAPresent)
	ctx.SetAbsent(keyMFAAge)
	allowed, denied := policy.No, policy.No
	for i := range t.Trust.Statements {
		st := &t.Trust.Statements[i]
		if !st.MatchAction("sts:AssumeRole") {
			continue
		}
		who := policy.No
		for _, p := range st.Principals {
			if p.Value == "*" || p.Type == "Service" && sameService(p.Value, service) {
				who = policy.Yes
			}
		}
		if st.NotPrincipal {
			who = who.Not()
		}
		if who = who.And(st.MatchConditions(ctx)); st.Effect == policy.Deny {
			denied = denied.Or(who)
		} else {
			allowed = allowed.Or(who)
		}
	}
	return allowed.And(denied.Not())
}

// sameService reports whether a principal is a service, maybe as it is called in one region or in China:
// states.eu-west-1.amazonaws.com, ec2.amazonaws.com.cn.
func sameService(principal, service string) bool {
	bare := func(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, ".cn"), ".amazonaws.com") }
	name, region, _ := strings.Cut(strings.TrimPrefix(bare(principal), bare(service)), ".")
	return strings.HasPrefix(bare(principal), bare(service)) && name == "" && !strings.Contains(region, ".")
}
