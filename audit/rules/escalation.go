package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

var privilegeEscalation = &audit.Rule{
	ID:       "privilege-escalation",
	Title:    "No user or role can become an administrator",
	Problem:  "A user or role can become an administrator",
	Category: audit.CategoryPermissions,
	Severity: audit.High,
	Uses:     policyFacts,
	Why: "Some actions are administration by another name: who may write policies, join groups, set others' passwords, or have a service run his code with a role, is " +
		"an administrator as soon as he wants to be.",
	How: "Judges users and roles, service-linked ones left out, by all of their policies together, Denies and boundary applied: fails when one of the published " +
		"combinations of actions is reachable with MFA and leads past his boundary; where it needs a role to pass, open or assume, one of the account's that is an " +
		"administrator and whose trust policy plays along. What hangs on conditions that nobody knows is unknown. Not applicable to who is an administrator already.",
	Fix: narrowPolicy,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if p.Require(u, account.UserPolicies) {
				checkEscalation(p, u, p.Access.User(u.Name))
			}
		}
		for r := range p.Roles() {
			if who := p.Access.Role(r.ARN); who != nil {
				checkEscalation(p, r, who)
			}
		}
	},
}

func checkEscalation(p *audit.Pass, r account.Resource, who *access.Principal) {
	if text, not := who.Undecided(); not {
		p.Unknown(r, text, p.Account.PolicyCount.Evidence()...)
		return
	}
	a := who.Analysis()
	if a.Admin == policy.Yes {
		p.NotApplicable(r, audit.Textf("an administrator already"), statements(p, a.AdminBy())...)
		return
	}
	var best *access.Escalation
	sure := 0
	ways := who.Ways()
	for i := range ways {
		e := &ways[i]
		if e.Sure {
			sure++
		}
		if best == nil || e.Sure && !best.Sure {
			best = e
		}
	}
	switch {
	case sure > 0:
		p.Fail(r, escalationText(best, sure), statements(p, best.By)...)
	case best != nil:
		p.Unknown(r, joined(audit.Textf("under conditions on which nothing is known, "), escalationText(best, 1)), statements(p, best.By)...)
	case a.Admin == policy.Maybe:
		p.Unknown(r, audit.Textf(possiblyAdmin, names(a.AdminBy())), statements(p, a.AdminBy())...)
	case !p.Account.RoleCount.OK():
		p.Require(p.Account, account.RoleList) // one that isn't known may be an administrator
	default:
		p.Pass(r, p.Account.PolicyCount.Evidence()...)
	}
}

// escalationText says the way: with which actions, allowed where, and what they lead to.
func escalationText(e *access.Escalation, ways int) audit.Text {
	text := joined(audit.Textf("can become an administrator with %s (allowed by %s): ", names(slices.Compact(slices.Clone(e.Actions))), names(e.By)), said(e.How))
	if e.Role != "" {
		text = joined(text, audit.Textf(", through %s", account.ShortARN(e.Role)))
	}
	if ways > 1 {
		text = joined(text, audit.Textf("; %d ways in all", ways))
	}
	return text
}
