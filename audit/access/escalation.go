package access

import (
	"slices"
	"strings"
	"sync"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Escalation is a way in which a user or role that isn't an administrator can become one.
type Escalation struct {
	ID      string          // "create-policy-version"
	Actions []string        // that it takes, all of them reachable with MFA
	Sure    bool            // false where a condition hangs on keys of which nothing is known
	By      []string        // statements that allow the actions
	Role    string          // ARN of the administrator's role that it leads through, once Analysis.Through found one
	How     message.Message // the first step
	Chained bool            // it takes more than one

	lane    lane
	service string
	as      *Subject     // with whose policies it leads through the role
	rest    policy.Truth // of all that doesn't hang on the role
	restBy  []string
}

// Scoped reports whether the way leads through a role. Then it gives what that role may do: whether there is an
// administrator among those of the account is what Analysis.Through looks up.
func (e *Escalation) Scoped() bool { return e.lane != noRole }

func (e *Escalation) truth() policy.Truth {
	if e.Sure {
		return policy.Yes
	}
	return policy.Maybe
}

// then is the way that leads on from one that gave something, but no administrator's rights yet.
func (e *Escalation) then(next Escalation) Escalation {
	next.Actions = slices.Concat(e.Actions, next.Actions)
	next.Sure = e.Sure && next.Sure
	next.By = joinNew(e.By, held(next.By))
	next.restBy = joinNew(e.By, held(next.restBy))
	next.rest = e.truth().And(next.rest)
	next.How, next.Chained = e.How, true
	return next
}

func joinNew(list, more []string) []string { return appendAll(slices.Clone(list), more) }

// lane is how a way leads through a role.
type lane uint8

const (
	noRole     lane = iota
	passesRole      // to a service that the role trusts
	entersRole      // by a trust policy that lets the subject in
	opensRole       // by a trust policy that the subject rewrites
)

// escalationPath is one published combination of actions.
type escalationPath struct {
	id    string
	steps []escalationStep
	how   message.Message
	cap   ceiling
}

type escalationStep struct {
	action  string
	target  escalationTarget
	service string // that the role is passed to
	number  int    // of the action
}

// numberedPaths returns the paths with their actions' numbers; one with an action that the catalogue lacks is left out.
var numberedPaths = sync.OnceValue(func() (paths []escalationPath) {
	c := policy.Actions()
next:
	for _, p := range escalationPaths {
		p.steps = slices.Clone(p.steps)
		for i := range p.steps {
			number, ok := c.Number(p.steps[i].action)
			if !ok {
				continue next
			}
			p.steps[i].number = number
		}
		paths = append(paths, p)
	}
	return paths
})

type escalationTarget uint8

const (
	onAnything escalationTarget = iota
	onOthers                    // users other than the subject
	onRoles                     // roles
)

// administratorAccess is the policy that is attached by someone who may choose.
const administratorAccess = "iam::aws:policy/AdministratorAccess"

// escalations finds the subject's ways to become administrator. The cells with MFA must have been reached, merged.
func (r *reacher) escalations(s *scratch, admin policy.Truth) []Escalation {
	if admin == policy.Yes {
		return nil
	}
	ways, own := r.ways(s)
	if !r.bounded {
		return append(ways, own...)
	}
	return r.beyond(ways, own)
}

// ways finds the paths that the policies open; own are those that a boundary caps. The cells with MFA must have been
// reached, merged.
func (r *reacher) ways(s *scratch) (ways, own []Escalation) {
	var reached policy.ActionSet
	for i := range s.cells[withMFA] {
		c := &s.cells[withMFA][i]
		reached = s.arena.Add(reached, c.sure)
		reached = s.arena.Add(reached, c.maybe)
	}
	inRoles := reached.Intersects(intoRoles())
	answers := map[escalationStep]*stepAnswer{}
	paths := numberedPaths()
	for i := range paths {
		p := &paths[i]
		e, ok := r.escalation(s, p, reached, answers)
		switch {
		case !ok:
		case p.cap == uncapped, p.cap == cappedInRoles && inRoles:
			ways = append(ways, e)
		default:
			own = append(own, e)
		}
	}
	return ways, own
}

func (r *reacher) escalation(s *scratch, p *escalationPath, reached policy.ActionSet, answers map[escalationStep]*stepAnswer) (Escalation, bool) {
	for i := range p.steps {
		if !reached.Has(p.steps[i].number) {
			return Escalation{}, false
		}
	}
	e := Escalation{ID: p.id, Sure: true, How: p.how, as: r.subject, rest: policy.Yes}
	for _, step := range p.steps {
		answer := answers[step]
		if answer == nil {
			answer = r.step(s, step)
			answers[step] = answer
		}
		if answer.truth == policy.No {
			return Escalation{}, false
		}
		e.Sure = e.Sure && answer.truth == policy.Yes
		e.Actions = append(e.Actions, step.action)
		e.By = joinNew(e.By, answer.by)
		if l := step.lane(); l != noRole {
			e.lane, e.service = l, step.service
		}
		if step.target != onRoles {
			e.rest = e.rest.And(answer.truth)
			e.restBy = joinNew(e.restBy, answer.by)
		}
	}
	return e, true
}

func (s *escalationStep) lane() lane {
	switch {
	case s.target != onRoles:
		return noRole
	case s.service != "":
		return passesRole
	case s.action == "sts:AssumeRole":
		return entersRole
	}
	return opensRole
}

// stepAnswer says whether an action of a path is reachable.
type stepAnswer struct {
	truth policy.Truth
	by    []string
}

// step finds how surely an action is reachable on such a target, by someone who chooses the service that a role is
// passed to and the policy that is attached.
func (r *reacher) step(s *scratch, step escalationStep) *stepAnswer {
	out := &stepAnswer{}
	a := step.number
	var context *policy.Context
	chosen := func() *policy.Context {
		if context == nil {
			context = r.chosen(step)
		}
		return context
	}
	note := func(in *instance, g share, t policy.Truth, stands func() policy.Truth) {
		if !g.acts.Has(a) || step.target == onOthers && r.own(g.resource) {
			return
		}
		if t = t.And(stands()); t == policy.No || t < out.truth {
			return
		}
		if t > out.truth {
			*out = stepAnswer{truth: t}
		}
		out.by = appendNew(out.by, in.statement.Ref())
	}
	for n, list := range [][]instance{r.allows, r.trusts} {
		for i := range list {
			in := &list[i]
			if !in.acts.Has(a) {
				continue
			}
			t := in.truthIn(chosen)
			if t == policy.No {
				continue
			}
			in.each(func(g share, most policy.Truth) {
				note(in, g, min(t, most), func() policy.Truth { return r.stands(s, step, g.resource, r.bounded && n == 0, chosen) })
			})
		}
	}
	return out
}

// chosen is the context of a step with what the caller chooses.
func (r *reacher) chosen(step escalationStep) *policy.Context {
	ctx := r.context(withMFA).Clone()
	if step.service != "" {
		ctx.Set("iam:PassedToService", step.service)
	}
	if strings.HasPrefix(step.action, "iam:Attach") {
		ctx.Set("iam:PolicyARN", "arn:"+r.space.partition+":"+administratorAccess)
	}
	return ctx
}

// truthIn evaluates the conditions anew where they hang on what the caller chooses.
func (in *instance) truthIn(chosen func() *policy.Context) policy.Truth {
	if in.truth[withMFA] != policy.Maybe {
		return in.truth[withMFA]
	}
	return in.statement.MatchConditions(chosen())
}

// stands reports whether an allowed action on a resource survives the boundary, if that narrows it, and the Denies.
func (r *reacher) stands(s *scratch, step escalationStep, o *resource, bounded bool, chosen func() *policy.Context) policy.Truth {
	action, allowed := step.number, policy.Yes
	if bounded {
		allowed = policy.No
		for i := range r.bounds {
			b := &r.bounds[i]
			if !b.acts.Has(action) {
				continue
			}
			t := b.truthIn(chosen)
			switch {
			case b.within(s, o).has(action):
			case b.sure != nil && s.relate(b.sure, o) == overlap, b.maybe != nil:
				t = min(t, policy.Maybe)
			default:
				t = policy.No
			}
			allowed = allowed.Or(t)
		}
	}
	for i := range r.denies {
		d := &r.denies[i]
		if d.acts.Has(action) && (d.within(s, o).has(action) || step.target == onOthers && r.sparesSelf(d)) {
			allowed = allowed.And(d.truthIn(chosen).Not())
		}
	}
	return allowed
}

// sparesSelf reports whether a Deny is on everything but what has the subject's own name.
func (r *reacher) sparesSelf(d *instance) bool {
	return d.sure != nil && slices.ContainsFunc(d.sure.of, func(o *resource) bool {
		return o.except != nil && !slices.ContainsFunc(o.except, func(g policy.Glob) bool { return !r.own(&resource{glob: g}) })
	})
}
