package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

var privilegeEscalation = &audit.Rule{
	ID:       "privilege-escalation",
	Title:    "No user or role can become an administrator",
	Problem:  "A user or role can become an administrator",
	Category: audit.CategoryPermissions,
	Severity: audit.High,
	Uses:     policyFacts,
	Why: "Some actions are administration by another name: someone who may write policies, join groups, set the passwords of others, or have a service run their " +
		"code with a role can become an administrator at any time.",
	How: "Judges users and roles, service-linked ones left out, by all of their policies together, Denies and boundary applied: fails when one of the published " +
		"combinations of actions is reachable with MFA and leads past the boundary; where it needs a role to pass, open or assume, one of the account's that is an " +
		"administrator and whose trust policy plays along. What hangs on conditions on which nothing is known is unknown. Not applicable to administrators.",
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
		p.NotApplicable(r, message.New("an administrator already"), statements(p, a.AdminBy())...)
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
	case best != nil:
		text := escalationText(best, sure)
		evidence := slices.Concat(statements(p, best.By), detailEvidence(p, "action", slices.Compact(slices.Clone(best.Actions))...))
		var through []string
		if best.Role != "" {
			through = []string{account.ShortARN(best.Role)}
		}
		failIf(p, best.Sure, r, text, evidence...).By(best.By).About(through)
	case a.Admin == policy.Maybe:
		p.Unknown(r, possiblyAdmin, statements(p, a.AdminBy())...).By(a.AdminBy())
	case !p.Account.RoleCount.OK():
		p.Require(p.Account, account.RoleList) // one that isn't known may be an administrator
	default:
		p.Pass(r, p.Account.PolicyCount.Evidence()...)
	}
}

// escalationText says the way, and how many there are for sure.
func escalationText(e *access.Escalation, ways int) message.Message {
	switch {
	case e.Chained && ways > 1:
		return message.New("%d ways to become an administrator; one first %s", ways, e.How)
	case e.Chained:
		return message.New("can become an administrator: first %s", e.How)
	case ways > 1:
		return message.New("%d ways to become an administrator: %s", ways, e.How)
	}
	return message.New("can become an administrator: %s", e.How)
}
