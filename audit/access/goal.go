package access

import "sekisho/audit/policy"

// goal is what ways are looked for to: an administrator's rights, where it is empty.
type goal struct {
	whom    *Principal // to act as
	request *request   // to make
}

// arrives reports whether a persona is at the goal.
func (g *graph) arrives(p *persona) policy.Truth {
	switch {
	case g.goal.request != nil:
		kept := p.toGoal()
		if kept.truth == nil {
			t := p.mayAsk()
			kept.truth = &t
		}
		return *kept.truth
	case g.goal.whom == nil:
		return p.isAdmin()
	case p.Principal == g.goal.whom && p.only == "":
		return policy.Yes
	}
	return policy.No
}

// mayAsk reports whether a persona can make the request in some session; policies that can't be read may say anything.
func (p *persona) mayAsk() policy.Truth {
	if p.only != "" && p.only != p.graph.goal.request.Action {
		return policy.No
	}
	if p.unreadable() {
		return policy.Maybe
	}
	best := p.best()
	return best.truth()
}

// best is the verdict of the session in which most is allowed.
func (p *persona) best() (best Verdict) {
	for s := range p.sessions.each {
		if v := p.verdict(s); v.truth() >= best.truth() {
			best = v
		}
	}
	return best
}

// first is a principal in the sessions in which the goal lets it begin.
func (g *graph) first(w *Principal) *persona {
	if sessions := g.begins(w); sessions != g.sessionsOf(w) {
		return g.persona(w, sessions, "", nil)
	}
	return g.base(w)
}

func (g *graph) begins(w *Principal) session {
	if r := g.goal.request; r != nil && w.Role == nil && r.MFA != "" {
		return sessionsBy[r.MFA]
	}
	return g.sessionsOf(w)
}

// sessionsBy are the sessions in which users come, by what they show of MFA. A key gives a session of GetSessionToken,
// too, but such a session doesn't give the key.
var sessionsBy = map[string]session{"absent": bareKey | token, "false": plain | token, "true": strong}
