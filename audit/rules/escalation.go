package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var privilegeEscalation = &audit.Rule{
	ID:       "privilege-escalation",
	Title:    "No user or role can become an administrator",
	Problem:  "A user or role can become an administrator",
	Category: audit.CategoryPermissions,
	Severity: audit.High,
	Uses:     append([]account.Fact{account.OrganizationFeatures}, policyFacts...),
	Why: "Some actions are administration by another name: someone who may write policies, join groups, set the passwords of others, or have a service run their " +
		"code with a role can become an administrator at any time.",
	How: "Judges users and roles, service-linked ones left out, by all of their policies together, Denies and boundary applied: fails when a chain of steps leads from it to " +
		"everything, each of them allowed to whom the step before made it: assuming a role, getting a key or a password of a user, making a user or role, passing a role to a service, " +
		"rewriting or adding policies, taking away a Deny or a boundary. What hangs on conditions on which nothing is known, or on a function, an instance or the like that would have " +
		"to be there, is unknown; so is what hangs on sts:AssumeRoot, unless iam:ListOrganizationsFeatures says that this account takes care of no root user. What service control policies take away is not read. Not applicable to administrators.",
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
	is, policies := who.Ascent(), p.Account.PolicyCount.Evidence()
	switch {
	case is.Standing == access.Already:
		p.NotApplicable(r, message.New("an administrator already"), statements(p, who.AdminBy())...)
	case is.Chain != nil && len(is.Chain.Steps) > 0:
		by := is.Chain.By()
		evidence := slices.Concat(statements(p, by), detailEvidence(p, "action", is.Chain.Actions()...))
		failIf(p, is.Chain.Sure, r, chainText(is.Chain), evidence...).By(by).About(through(is.Chain, who))
	case is.Chain != nil:
		by := who.Analysis().AdminBy()
		p.Unknown(r, possiblyAdmin, statements(p, by)...).By(by)
	case is.Gap:
		requireLists(p, account.RoleList, account.UserList)
	case is.Standing == access.Undetermined:
		p.Unknown(r, is.Why, policies...)
	default:
		p.Pass(r, policies...)
	}
}

// doubt is why somebody may be an administrator, of whom nobody knows.
func doubt(who *access.Principal) message.Message {
	if is := who.Ascent(); is.Standing == access.Undetermined {
		return is.Why
	}
	return possiblyAdmin
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
