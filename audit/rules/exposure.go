package rules

import (
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// exposureRule is a rule about what a principal should be able to do to some resources, and not to all.
func exposureRule(r audit.Rule, kind access.Exposure, text func(message.List) message.Message) *audit.Rule {
	r.Severity, r.Category, r.Uses, r.Fix = audit.Info, audit.CategoryPermissions, policyFacts, narrowPolicy
	r.How = "Judges users and roles by all of their policies together, those of their groups included, Denies and boundary applied, with MFA and without: " + r.How +
		" A Deny on some resources, or under a condition that the caller may avoid, leaves the rest open. What hangs on conditions on which nothing is known is unknown. " +
		"What service control policies and the resources' own policies say is not read. Not applicable to administrators, whom the rules on administrators tell, and to service-linked roles."
	r.Check = func(p *audit.Pass) {
		for u := range p.Users() {
			if p.Require(u, account.UserPolicies) {
				checkExposure(p, u, p.Access.User(u.Name), kind, text)
			}
		}
		for r := range p.Roles() {
			if who := p.Access.Role(r.ARN); who != nil {
				checkExposure(p, r, who, kind, text)
			} else {
				p.NotApplicable(r, message.New("service-linked role"), p.Account.RoleCount.Evidence()...)
			}
		}
	}
	return &r
}

// mostActions is how many actions the evidence names.
const mostActions = 20

func checkExposure(p *audit.Pass, r account.Resource, who *access.Principal, kind access.Exposure, text func(message.List) message.Message) {
	if why, not := who.Undecided(); not {
		p.Unknown(r, why, p.Account.PolicyCount.Evidence()...)
		return
	}
	actions, by, sure := who.Analysis().Exposes(kind)
	switch {
	case len(actions) == 0:
		p.Pass(r, p.Account.PolicyCount.Evidence()...)
	case who.Admin() == policy.Yes:
		p.NotApplicable(r, message.New("an administrator"), statements(p, who.AdminBy())...)
	default:
		evidence := append(statements(p, by), detailEvidence(p, "actions", strings.Join(actions[:min(len(actions), mostActions)], ", "))...)
		failIf(p, sure, r, text(names(actions)), evidence...).By(by)
	}
}

var dataReadWide = exposureRule(audit.Rule{
	ID:      "data-read-wide",
	Title:   "Nobody reads the data of everything",
	Problem: "Somebody reads the data of everything",
	Why:     "A key that reads every bucket, table, secret, parameter or snapshot loses all of them when it is lost. Hardly anybody's job needs more than those of one application.",
	How: "fails when data can be read on all resources of a kind: objects in S3, items in DynamoDB, secrets, parameters of Systems Manager, snapshots of EBS and RDS. " +
		"Whether what is read can be decrypted is not looked at.",
}, access.DataRead, func(actions message.List) message.Message {
	return message.New("can read the data of all resources: %s", actions)
})

var resourceExposure = exposureRule(audit.Rule{
	ID:      "resource-exposure",
	Title:   "Nobody may share everything",
	Problem: "Somebody may share everything",
	Why: "Someone who may change the policies of all resources, or whom they are shared with, can let any other account in, past everything that is written about the account's own users " +
		"and roles.",
	How: "fails when who may use a resource can be changed for all resources of a kind, by its policy, a permission, a grant, an ACL or a share: AWS's access level Permissions management, and " +
		"actions like those that AWS counts as writes.",
}, access.Sharing, func(actions message.List) message.Message {
	return message.New("can change who may use any resource: %s", actions)
})

var credentialsExposure = exposureRule(audit.Rule{
	ID:      "credentials-exposure",
	Title:   "Nobody may get anybody's credentials",
	Problem: "Somebody may get anybody's credentials",
	Why:     "Credentials that an action returns are used from anywhere by someone who gets hold of the answer, and often outlive the rights of those who asked for them.",
	How: "fails when an action that returns credentials is allowed for all users, roles, machines, databases or the like: passwords, access keys, sessions, tokens, private keys. " +
		"Credentials with no more than the caller's own rights don't count.",
}, access.Credentials, func(actions message.List) message.Message {
	return message.New("can get credentials of anybody: %s", actions)
})
