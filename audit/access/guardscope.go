package access

import (
	"slices"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// fault is why a guard lets something out.
type fault uint8

const (
	faultResource  fault = iota // its resources are too narrow
	faultDoubt                  // its other conditions may not hold
	faultCondition              // its other conditions don't hold
	faultActions                // its list of actions is too short
	faultException              // its NotAction excepts it
)

// flaw is one guard with one fault, and what leaks by it.
type flaw struct {
	guard *mfaRule
	fault fault
	proof proof
	acts  policy.ActionSet
}

// scopes judges what guards with a sound condition leave open: what they name too little of, and what they except.
func (g *guardInspection) scopes() []Finding {
	var flaws []flaw
	sound := false
	for _, c := range without {
		var guards []*mfaRule
		for i := range g.guards {
			if g.guards[i].mfaTruth[c] == policy.Yes {
				guards = append(guards, &g.guards[i])
				sound = true
			}
		}
		if len(guards) == 0 {
			continue
		}
		for j := range g.leaks[c] {
			flaws = g.blame(flaws, c, guards, &g.leaks[c][j])
		}
		for _, e := range g.extras[c] {
			flaws = g.blameExtra(flaws, c, guards, &e)
		}
	}
	var scope, exceptions []Finding
	for i := range flaws {
		if f := g.flawFinding(&flaws[i]); f.Rule == RuleGuardScope {
			scope = append(scope, f)
		} else {
			exceptions = append(exceptions, f)
		}
	}
	return append(g.orFine(scope, RuleGuardScope, sound), g.orFine(exceptions, RuleGuardExceptions, sound)...)
}

func (g *guardInspection) orFine(found []Finding, rule string, sound bool) []Finding {
	switch {
	case len(found) > 0:
		return found
	case !sound:
		return []Finding{{Rule: rule, Status: FindingNotApplicable, Message: message.New("no Deny asks for MFA")}}
	case rule == RuleGuardScope:
		return []Finding{{Rule: rule, Status: FindingPass, Message: message.New("the MFA policy covers all that is allowed")}}
	}
	return []Finding{{Rule: rule, Status: FindingPass, Message: message.New("the MFA policy excepts nothing that gives control")}}
}

// blame finds, for what leaks on one resource, the guards at fault: a guard that means the action and fails for another reason
// before one that doesn't mean it.
func (g *guardInspection) blame(flaws []flaw, c requestContext, guards []*mfaRule, l *leakCell) []flaw {
	rest := g.s.arena.Add(g.s.arena.Clone(l.yes), l.maybe)
	note := func(m *mfaRule, why fault, acts policy.ActionSet) {
		part := g.s.arena.And(rest, acts)
		if part.Empty() {
			return
		}
		rest.Remove(part)
		if why == faultException {
			if part.Remove(known().looking); part.Empty() {
				return // it is a leak, but takes nothing over and shows no data
			}
		}
		var i int
		flaws, i = flawAt(flaws, m, why)
		flaws[i].acts = g.s.arena.Add(flaws[i].acts, part)
		flaws[i].proof.offer(c, l, part, g.names())
	}
	for _, m := range guards {
		note(m, m.narrowness(c), m.acts)
	}
	for _, m := range guards {
		if m.statement.NotAction && m.in.truth[c] == policy.Yes {
			note(m, faultException, g.r.space.catalogue.Every)
		}
	}
	for _, m := range guards {
		note(m, m.omission(), g.r.space.catalogue.Every)
	}
	return flaws
}

// blameExtra does the same for an action that the catalogue lacks.
func (g *guardInspection) blameExtra(flaws []flaw, c requestContext, guards []*mfaRule, e *extra) []flaw {
	guilty, why := guards[0], guards[0].omission()
	for _, m := range guards {
		if m.concerns(e.action.glob) != apart {
			guilty, why = m, m.narrowness(c)
			break
		}
	}
	flaws, i := flawAt(flaws, guilty, why)
	flaws[i].proof.take(proof{c, e.action.name, false, e.by, e.truth == policy.Yes, c == noMFA})
	return flaws
}

// narrowness is why a guard that means an action doesn't stop it.
func (m *mfaRule) narrowness(c requestContext) fault {
	switch {
	case !m.stuck && m.in.truth[c] == policy.Yes:
		return faultResource
	case m.in.truth[c] == policy.Maybe:
		return faultDoubt
	}
	return faultCondition
}

// omission is why a guard doesn't mean an action.
func (m *mfaRule) omission() fault {
	if m.statement.NotAction {
		return faultException
	}
	return faultActions
}

// flawAt finds a guard's flaw in the list, or appends it.
func flawAt(flaws []flaw, m *mfaRule, why fault) ([]flaw, int) {
	i := slices.IndexFunc(flaws, func(f flaw) bool { return f.guard == m && f.fault == why })
	if i < 0 {
		i = len(flaws)
		flaws = append(flaws, flaw{guard: m, fault: why})
	}
	return flaws, i
}

func (g *guardInspection) flawFinding(f *flaw) Finding {
	ref, p := f.guard.statement.Ref(), f.proof
	out := Finding{Rule: RuleGuardScope, Status: p.status(), Statement: ref, AllowedBy: p.by.statement.Ref(), Session: p.session}
	action, who := p.action, contextNames[p.context]
	switch f.fault {
	case faultResource:
		out.Message = message.New("%s covers too few resources: %s can call %s", ref, who, action)
		if f.guard.statement.NotResource {
			out.Message = message.New("%s excepts resources: %s can call %s", ref, who, action)
		}
		out.Fix = change(f.guard.statement.Resources, `"Resource": "*"`)
	case faultDoubt, faultCondition:
		out.Message = message.New("%s has other conditions: %s can call %s", ref, who, action)
		out.Fix = message.New("remove %s from the condition", message.Names(3, conditionTexts(otherConditions(f.guard.rule))))
	case faultActions:
		out.Message = message.New("%s lists too few actions: %s can call %s", ref, who, action)
		out.Fix = message.New(soundScope)
	case faultException:
		out.Rule = RuleGuardExceptions
		out.Message = message.New("%s excepts %s: %s can call it", ref, action, who)
		for _, t := range takeovers {
			if t.action == action {
				out.Message = message.New("%s excepts %s, which %s", ref, action, t.how)
			}
		}
		excepting := f.guard.excepting(f.acts, g.r.space.catalogue)
		if len(excepting) == 0 {
			excepting = []string{action}
		}
		out.Fix = message.New("take %s out of NotAction", message.Names(5, excepting))
	}
	return out
}

// excepting returns the patterns of a NotAction that let some of the actions out.
func (r *rule) excepting(acts policy.ActionSet, c *policy.Catalogue) (out []string) {
	for _, text := range r.statement.Actions {
		if set, _ := c.Lookup(text); set.Intersects(acts) {
			out = append(out, text)
		}
	}
	return out
}
