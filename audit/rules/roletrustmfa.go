package rules

import (
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

var roleTrustMFA = &audit.Rule{
	ID:       "role-trust-mfa",
	Title:    "Roles that people assume ask for MFA",
	Problem:  "A role that people assume does not ask for MFA",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.Medium,
	Uses:     []account.Fact{account.RoleList, account.UserList, account.PolicyList, account.UserPassword},
	Why: "A user's MFA policy does not apply in a role. If the role's trust policy asks for no MFA, anyone with the key of a user who may assume the role can " +
		"use it without MFA.",
	How: "Judges the trust policies of roles that name this account, one of its users, or everybody, under conditions that one of its users can meet. Fails when one lets someone in without " +
		`"Bool": {"aws:MultiFactorAuthPresent": "true"}, in the Allow or by a Deny; BoolIfExists true lets a key in and counts as none. High when the role is an administrator. ` +
		"Whether a user's own policies allow assuming it isn't looked at. Where the policy names users, or conditions hang on their names, paths or tags, it is judged for each user of the " +
		"account, and users of machines, by mfa.machine_users or without it those without a console password, are asked for no MFA." + serviceLinkedOut + ", to roles that no user of this account can assume, or only machines, and to accounts without users.",
	Fix: trustFix(guide("id_credentials_mfa_configure-api-require"), `add "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}`),
	Check: func(p *audit.Pass) {
		entries := entries{}
		trusting(p, func(r *account.Role, t *access.Trust) {
			people := judged(t.Grants(), func(g access.TrustGrant) policy.Truth { return g.Users })
			switch {
			case len(people) == 0:
				p.NotApplicable(r, message.New("no user of this account can assume it"), p.Account.RoleCount.Evidence()...)
			case len(p.Account.Users) == 0:
				if p.Require(p.Account, account.UserList) {
					p.NotApplicable(r, message.New("there is no user in this account"), p.Account.UserCount.Evidence()...)
				}
			default:
				if people, ok := entries.ofPeople(p, r, t, people); ok {
					checkTrustMFA(p, r, t, people)
				}
			}
		})
	},
}

// entered is whom of the account's users a grant lets in.
type entered struct {
	people, peopleWithoutMFA policy.Truth
	machines, unsure         bool // unsure: whether one of them is a machine's isn't known, which was answered
}

// entries tells people from machines among those whom grants let in. Many roles have the same trust policy, which is
// tried out once.
type entries map[[3]string]entered

// ofPeople leaves out the grants that let in none of the account's users but those of machines, which can show no MFA, and
// says of the others what they mean for people. Where nobody is left, or that is not known, the role is answered.
func (e entries) ofPeople(p *audit.Pass, r *account.Role, t *access.Trust, grants []access.TrustGrant) (people []access.TrustGrant, ok bool) {
	machines := false
	for _, g := range grants {
		entry, ok := t.Entry(g)
		whom := usersOf(p, g)
		if !ok || !entry.HangsOnWho() || whom == nil || !p.Account.UserCount.OK() {
			people = append(people, g)
			continue
		}
		key := [3]string{r.TrustPolicy, strings.TrimPrefix(g.Statement, r.Name), g.Principal}
		in, known := e[key]
		if !known {
			in = enter(p, entry, whom)
			e[key] = in
		}
		if in.unsure {
			return nil, false
		}
		machines = machines || in.machines
		if g.Users, g.KeyUsers = in.people, in.peopleWithoutMFA; g.Users != policy.No {
			people = append(people, g)
		}
	}
	switch {
	case len(people) > 0:
		return people, true
	case machines:
		p.NotApplicable(r, message.New("only users of machines can assume it"), trustEvidence(p, grants)...)
	default:
		p.NotApplicable(r, message.New("no user of this account can assume it"), trustEvidence(p, grants)...)
	}
	return nil, false
}

// enter tries out whom of some users a grant lets in, up to the first person who surely gets in without MFA.
func enter(p *audit.Pass, entry access.Entry, whom []*account.User) (in entered) {
	for _, u := range whom {
		enters, withoutMFA := entry.Of(p.Access.User(u.Name))
		if enters == policy.No {
			continue
		}
		machine, _, known := isMachine(p, u)
		switch {
		case !known:
			return entered{unsure: true}
		case machine:
			in.machines = true
			continue
		}
		in.people, in.peopleWithoutMFA = in.people.Or(enters), in.peopleWithoutMFA.Or(withoutMFA)
		if in.peopleWithoutMFA == policy.Yes {
			break
		}
	}
	return in
}

// usersOf are the users whom a grant may mean; nil where it names one who isn't on the list.
func usersOf(p *audit.Pass, g access.TrustGrant) []*account.User {
	if g.Kind != access.TrustsUser {
		return p.Account.Users
	}
	if u := p.Account.User(g.Principal[strings.LastIndexByte(g.Principal, '/')+1:]); u != nil && u.ARN == g.Principal {
		return []*account.User{u}
	}
	return nil
}

func checkTrustMFA(p *audit.Pass, r *account.Role, t *access.Trust, people []access.TrustGrant) {
	without := judged(people, func(g access.TrustGrant) policy.Truth { return g.KeyUsers })
	switch {
	case len(without) == 0:
		p.Pass(r, trustEvidence(p, people)...)
	case certainly(without) && p.Access.Role(r.ARN).Admin() == policy.Yes:
		p.FailAs(audit.High, r, message.New("an administrator's role lets %s in without MFA", principalsOfGrants(without)), trustEvidence(p, without)...).By(statementsOf(without))
	default:
		checkGrants(p, r, t, without, func(who message.List) message.Message { return message.New("lets %s in without MFA", who) })
	}
}
