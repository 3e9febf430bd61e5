package access

import (
	"slices"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// fault is why an MFA policy lets something out.
type fault uint8

const (
	faultResource  fault = iota // its resources are too narrow
	faultDoubt                  // its other conditions may not hold
	faultCondition              // its other conditions don't hold
	faultActions                // its list of actions is too short
	faultException              // its NotAction excepts it
)

// flaw is one MFA policy with one fault, and what leaks by it.
type flaw struct {
	deny  *mfaRule
	fault fault
	proof proof
	acts  policy.ActionSet
}

// scopes judges what MFA policies with a sound condition leave open: what they name too little of, and what they
// except.
func (g *inspection) scopes() []Finding {
	var flaws []flaw
	sound := false
	for _, c := range without {
		var denies []*mfaRule
		for i := range g.denies {
			if g.denies[i].mfaTruth[c] == policy.Yes {
				denies = append(denies, &g.denies[i])
				sound = true
			}
		}
		if len(denies) == 0 {
			continue
		}
		for j := range g.leaks[c] {
			flaws = g.blame(flaws, c, denies, &g.leaks[c][j])
		}
		for _, e := range g.extras[c] {
			flaws = g.blameExtra(flaws, c, denies, &e)
		}
	}
	var scope, exceptions []Finding
	for i := range flaws {
		if f := g.flawFinding(&flaws[i]); f.Rule == RuleMFAScope {
			scope = append(scope, f)
		} else {
			exceptions = append(exceptions, f)
		}
	}
	return append(g.orFine(scope, RuleMFAScope, sound), g.orFine(exceptions, RuleMFAExceptions, sound)...)
}

func (g *inspection) orFine(found []Finding, rule string, sound bool) []Finding {
	switch {
	case len(found) > 0:
		return found
	case !sound:
		return []Finding{{Rule: rule, Status: FindingNotApplicable, Message: message.New("no Deny asks for MFA")}}
	case rule == RuleMFAScope:
		return []Finding{{Rule: rule, Status: FindingPass, Message: message.New("the MFA policy covers all that is allowed")}}
	}
	return []Finding{{Rule: rule, Status: FindingPass, Message: message.New("the MFA policy excepts nothing that gives control")}}
}

// blame finds, for what leaks on one resource, the MFA policies at fault: one that means the action and fails for
// another reason before one that doesn't mean it.
func (g *inspection) blame(flaws []flaw, c requestContext, denies []*mfaRule, l *leakCell) []flaw {
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
		flaws[i].proof.offer(g.s, c, l, part, g.names())
	}
	for _, m := range denies {
		note(m, m.narrowness(c), m.acts)
	}
	for _, m := range denies {
		if m.statement.NotAction && m.in.truth[c] == policy.Yes {
			note(m, faultException, g.r.space.catalogue.Every)
		}
	}
	for _, m := range denies {
		note(m, m.omission(), g.r.space.catalogue.Every)
	}
	return flaws
}

// blameExtra does the same for an action that the catalogue lacks.
func (g *inspection) blameExtra(flaws []flaw, c requestContext, denies []*mfaRule, e *extra) []flaw {
	guilty, why := denies[0], denies[0].omission()
	for _, m := range denies {
		if m.concerns(e.action.glob) != apart {
			guilty, why = m, m.narrowness(c)
			break
		}
	}
	flaws, i := flawAt(flaws, guilty, why)
	flaws[i].proof.take(proof{c, e.action.name, false, e.by, e.truth == policy.Yes, c == noMFA})
	return flaws
}

// narrowness is why an MFA policy that means an action doesn't stop it.
func (m *mfaRule) narrowness(c requestContext) fault {
	switch {
	case !m.stuck && m.in.truth[c] == policy.Yes:
		return faultResource
	case m.in.truth[c] == policy.Maybe:
		return faultDoubt
	}
	return faultCondition
}

// omission is why an MFA policy doesn't mean an action.
func (m *mfaRule) omission() fault {
	if m.statement.NotAction {
		return faultException
	}
	return faultActions
}

// flawAt finds an MFA policy's flaw in the list, or appends it.
func flawAt(flaws []flaw, m *mfaRule, why fault) ([]flaw, int) {
	i := slices.IndexFunc(flaws, func(f flaw) bool { return f.deny == m && f.fault == why })
	if i < 0 {
		i = len(flaws)
		flaws = append(flaws, flaw{deny: m, fault: why})
	}
	return flaws, i
}

func (g *inspection) flawFinding(f *flaw) Finding {
	ref, p := f.deny.statement.Ref(), f.proof
	out := Finding{Rule: RuleMFAScope, Status: p.status(), Statement: ref, AllowedBy: p.by.statement.Ref(), Session: p.session, AsksMFA: true}
	action, who := p.action, contextNames[p.context]
	switch f.fault {
	case faultResource:
		out.Message = message.New("%s covers too few resources: %s can call %s", ref, who, action)
		if f.deny.statement.NotResource {
			out.Message = message.New("%s excepts resources: %s can call %s", ref, who, action)
		}
		out.Fix = change(f.deny.statement.Resources, `"Resource": "*"`)
	case faultDoubt, faultCondition:
		out.Message = message.New("%s has other conditions: %s can call %s", ref, who, action)
		other := otherConditions(f.deny.rule)
		out.Fix = message.New("remove %s from the condition", message.Names(3, conditionTexts(other)))
		if !slices.ContainsFunc(other, func(c *policy.Condition) bool { return !isPersonal(policy.Lower(c.Key)) }) {
			out.Fix = message.New("change %s so that it excepts machines only", message.Names(3, conditionTexts(other)))
		}
	case faultActions:
		out.Message = message.New("%s lists too few actions: %s can call %s", ref, who, action)
		out.Fix = message.New(soundScope)
	case faultException:
		out.Rule = RuleMFAExceptions
		out.Message = message.New("%s excepts %s: %s can call it", ref, action, who)
		for _, t := range takeovers {
			if t.action == action {
				out.Message = message.New("%s excepts %s, which %s", ref, action, t.how)
			}
		}
		excepting := f.deny.excepting(f.acts, g.r.space.catalogue)
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
