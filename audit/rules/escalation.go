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
	How: "Judges users and roles, service-linked ones left out, by all of their policies together, Denies and boundary applied: fails when a chain of steps leads from it to " +
		"everything, each of them allowed to whom the step before made it: assuming a role, getting a key or a password of a user, making a user or role, passing a role to a service, " +
		"rewriting or adding policies, taking away a Deny or a boundary. What hangs on conditions on which nothing is known, or on a function, an instance or the like that would have " +
		"to be there, is unknown. What service control policies take away is not read. Not applicable to administrators.",
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
	power := who.Power()
	chain := power.Chain
	switch {
	case power.Is == policy.Yes:
		by := who.Analysis().AdminBy()
		p.NotApplicable(r, message.New("an administrator already"), statements(p, by)...)
	case chain != nil && len(chain.Steps) > 0 && (chain.Sure || power.Is == policy.No):
		by := chain.By()
		evidence := slices.Concat(statements(p, by), detailEvidence(p, "action", chain.Actions()...))
		failIf(p, chain.Sure, r, chainText(chain), evidence...).By(by).About(through(chain, who))
	case power.Is == policy.Maybe:
		by := who.Analysis().AdminBy()
		p.Unknown(r, possiblyAdmin, statements(p, by)...).By(by)
	case power.Cut:
		p.Unknown(r, message.New("its policies can be changed in too many ways to try them all"), p.Account.PolicyCount.Evidence()...)
	case !p.Account.RoleCount.OK():
		p.Require(p.Account, account.RoleList) // one that isn't known may be an administrator
	case !p.Account.UserCount.OK():
		p.Require(p.Account, account.UserList)
	default:
		p.Pass(r, p.Account.PolicyCount.Evidence()...)
	}
}

// through names whom a chain leads through, and to.
func through(chain *access.Chain, who *access.Principal) (names []string) {
	for i := range chain.Steps {
		if to := chain.Steps[i].To; to != who.ARN && !slices.Contains(names, account.ShortARN(to)) {
			names = append(names, account.ShortARN(to))
		}
	}
	return names
}

// chainText says the way, and what it hangs on.
func chainText(chain *access.Chain) message.Message {
	steps := make([]message.Message, len(chain.Steps))
	for i := range steps {
		steps[i] = chain.Steps[i].How
	}
	text := message.New("can become an administrator: %s", steps[0])
	if n := len(steps); n > 1 {
		text = message.New("can become an administrator in %d steps: %s", n, message.Joined("%s; %s", steps...))
	}
	if on := chain.HangsOn(); !on.Empty() {
		return message.New("%s, if there is %s", text, on)
	}
	return text
}
