package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

var privilegeEscalation = &audit.Rule{
	ID:       "privilege-escalation",
	Title:    "Nobody can make himself an administrator",
	Category: audit.CategoryPermissions,
	Severity: audit.High,
	Uses:     policyFacts,
	Why: "Some actions are administration by another name: who may write policies, join groups, set others' passwords, or have a service run his code with a role, is " +
		"an administrator as soon as he wants to be.",
	How: "Judges users and roles, service-linked ones left out, by all of their policies together, Denies and boundary applied: fails when one of the published " +
		"combinations of actions is reachable with MFA, or leads through roles that he may pass or assume and one of them is an administrator. What hangs on conditions " +
		"that nobody knows is unknown. Not applicable to who is an administrator already.",
	Fix: narrowPolicy,
	Check: func(p *audit.Pass) {
		admins := adminRolesOf(p)
		all := principalsOf(p)
		for u := range p.Users() {
			if p.Require(u, account.UserPolicies) {
				checkEscalation(p, u, all.users[u.Name], admins)
			}
		}
		roles := map[string]*principal{}
		for _, who := range all.roles {
			roles[who.subject.ARN] = who
		}
		for r := range p.Roles() {
			if who := roles[r.ARN]; who != nil {
				checkEscalation(p, r, who, admins)
			}
		}
	},
}

// adminRoles are the roles that are administrators, and those that possibly are.
type adminRoles struct{ sure, possible []string }

func adminRolesOf(p *audit.Pass) *adminRoles {
	return audit.Memo(p, "admin-roles", func(p *audit.Pass) *adminRoles {
		out := &adminRoles{}
		for _, who := range principalsOf(p).roles {
			switch adminOf(who) {
			case policy.Yes:
				out.sure = append(out.sure, who.subject.ARN)
			case policy.Maybe:
				out.possible = append(out.possible, who.subject.ARN)
			}
		}
		return out
	})
}

// leads is whether a way leads to an administrator, and the role that it leads through, if it needs one of some.
func (a *adminRoles) leads(e *policy.Escalation, self string) (policy.Truth, string) {
	if !e.Scoped() {
		return policy.Yes, ""
	}
	for _, arn := range a.sure {
		if arn != self && e.Opens(arn) {
			return policy.Yes, arn
		}
	}
	for _, arn := range a.possible {
		if arn != self && e.Opens(arn) {
			return policy.Maybe, arn
		}
	}
	return policy.No, ""
}

func checkEscalation(p *audit.Pass, r account.Resource, who *principal, admins *adminRoles) {
	if text, not := who.undecided(); not {
		p.Unknown(r, text, p.Account.PolicyCount.Evidence()...)
		return
	}
	a := who.analysis
	if a.Admin == policy.Yes {
		p.NotApplicable(r, audit.Textf("an administrator already"), statements(p, a.AdminBy())...)
		return
	}
	var best *policy.Escalation
	var bestTruth policy.Truth
	var through string
	sure, scoped := 0, false
	for i := range a.Escalations {
		e := &a.Escalations[i]
		truth, role := admins.leads(e, who.subject.ARN)
		scoped = scoped || e.Scoped()
		if !e.Sure {
			truth = truth.And(policy.Maybe)
		}
		if truth == policy.Yes {
			sure++
		}
		if truth > bestTruth {
			best, bestTruth, through = e, truth, role
		}
	}
	switch {
	case bestTruth == policy.Yes:
		p.Fail(r, escalationText(best, through, sure), statements(p, best.By)...)
	case bestTruth == policy.Maybe:
		p.Unknown(r, joined(audit.Textf("under conditions on which nothing is known, "), escalationText(best, through, 1)), statements(p, best.By)...)
	case a.Admin == policy.Maybe:
		p.Unknown(r, audit.Textf(possiblyAdmin, names(a.AdminBy())), statements(p, a.AdminBy())...)
	case scoped && !p.Account.RoleCount.OK():
		p.Require(p.Account, account.RoleList) // one that isn't known may be an administrator
	default:
		p.Pass(r, p.Account.PolicyCount.Evidence()...)
	}
}

// escalationText says the way: with which actions, allowed where, and what they lead to.
func escalationText(e *policy.Escalation, through string, ways int) audit.Text {
	text := joined(audit.Textf("can become an administrator with %s (allowed by %s): ", names(slices.Compact(slices.Clone(e.Actions))), names(e.By)), said(e.How))
	if through != "" {
		text = joined(text, audit.Textf(", through %s", account.ShortARN(through)))
	}
	if ways > 1 {
		text = joined(text, audit.Textf("; %d ways in all", ways))
	}
	return text
}
