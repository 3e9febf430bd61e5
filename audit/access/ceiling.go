package access

import (
	"slices"
	"sync"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// ceiling is how a permissions boundary limits what a way gives.
type ceiling uint8

const (
	uncapped      ceiling = iota // someone else's rights, which the boundary doesn't narrow
	capped                       // rights of the subject's own
	cappedInRoles                // its own, or those of a role if there is a way into one
)

// beyond appends the ways that a boundary caps: what they give counts within the boundary only, unless the subject gets
// rid of that.
func (r *reacher) beyond(ways, own []Escalation) []Escalation {
	free, wide := *r.subject, *r.subject
	free.Boundary = nil
	wide.Identity = append(slices.Clone(wide.Identity), gained())
	if off, ok := r.unbinding(r.subject); ok {
		ways = r.follow(ways, off, &free, nil)
	}
	if len(own) > 0 {
		best := slices.MaxFunc(own, func(a, b Escalation) int { return int(a.truth()) - int(b.truth()) })
		var last []Escalation
		if off, ok := r.unbinding(&wide); ok {
			last = append(last, off)
		}
		ways = r.follow(ways, best, &wide, last)
	}
	return ways
}

// follow appends what the subject can do as the other one that a way makes it: be an administrator, or become one by a
// way of that subject's, or by these last ones.
func (r *reacher) follow(ways []Escalation, first Escalation, as *Subject, last []Escalation) []Escalation {
	s := r.space.borrow()
	defer r.space.giveBack(s)
	next := newReacher(r.space, s, as)
	if next.large {
		first.Sure = false
		return append(ways, first)
	}
	next.reach(s, withMFA, true)
	admin := next.admin(s)
	if admin != policy.No {
		e := first
		e.Sure = e.Sure && admin == policy.Yes
		ways = append(ways, e)
	}
	if admin == policy.Yes {
		return ways
	}
	more, own := next.ways(s)
	if as.Boundary == nil {
		more = append(more, own...)
	}
	for _, e := range append(more, last...) {
		if !slices.ContainsFunc(ways, func(w Escalation) bool { return w.ID == e.ID && w.Sure }) {
			ways = append(ways, first.then(e))
		}
	}
	return ways
}

// gained is the policy that a subject attaches to itself where it may choose.
var gained = sync.OnceValue(func() *policy.Document {
	return constant(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
})

// constant parses a policy that is written down here.
func constant(kind policy.Kind, text string) *policy.Document {
	d, err := policy.Parse("", kind, []byte(text))
	if err != nil {
		panic(err)
	}
	return d
}

// held leaves out the statement that nobody holds yet.
func held(refs []string) []string {
	return slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return ref == gained().Statements[0].Ref() })
}

// unbinding is how a subject gets rid of its boundary: takes it off, puts the widest in its place, or rewrites it.
func (r *reacher) unbinding(as *Subject) (best Escalation, ok bool) {
	kind := "User"
	if as.IsRole {
		kind = "Role"
	}
	everything := "arn:" + r.space.partition + ":" + administratorAccess
	try := func(id, action, resource, boundary string, atMost policy.Truth, how message.Message) {
		ctx := r.context(withMFA).Clone()
		if boundary != "" {
			ctx.Set("iam:PermissionsBoundary", boundary)
		}
		t, by := as.decide(action, resource, ctx, nil)
		if t = min(t, atMost); t != policy.No && (!ok || t == policy.Yes && !best.Sure) {
			best, ok = Escalation{ID: id, Actions: []string{action}, Sure: t == policy.Yes, By: by, How: how, rest: t, restBy: by}, true
		}
	}
	self := r.subject.arn()
	try("delete-permissions-boundary", "iam:Delete"+kind+"PermissionsBoundary", self, r.subject.BoundaryARN, policy.Yes, message.New("removes its permissions boundary"))
	try("put-permissions-boundary", "iam:Put"+kind+"PermissionsBoundary", self, everything, policy.Yes, message.New("replaces its permissions boundary by AdministratorAccess"))
	switch arn := r.subject.BoundaryARN; {
	case arn == "": // it may be any policy of the account
		arn = "arn:" + r.space.partition + ":iam::" + r.subject.account() + ":policy/" + r.subject.Boundary.Name
		try("rewrite-permissions-boundary", "iam:CreatePolicyVersion", arn, "", policy.Maybe, message.New("rewrites its permissions boundary"))
	case policy.ARNField(arn, 4) != "aws":
		try("rewrite-permissions-boundary", "iam:CreatePolicyVersion", arn, "", policy.Yes, message.New("rewrites its permissions boundary"))
		try("revert-permissions-boundary", "iam:SetDefaultPolicyVersion", arn, "", policy.Maybe, message.New("goes back to an older, wider version of its permissions boundary"))
	}
	return best, ok
}
