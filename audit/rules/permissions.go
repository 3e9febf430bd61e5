package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

const (
	ownPoliciesOnly = "Judges the account's own policies, managed and inline, each by itself; its own Denies are subtracted. " +
		"Not applicable to one that is a permissions boundary only, which grants nothing. "
	maybeUnknown = " What it allows only under conditions on which nothing is known is unknown."
	adminAlready = " Not applicable to a policy that grants full administration, which admin-policy-attached, -inline and -unattached tell."
)

// judgedPolicy is one policy by itself.
type judgedPolicy struct {
	at       account.Subject
	document *policy.Document
	holders  []string // whom it is attached to, or part of
	managed  *account.Policy
}

// holders names whom a managed policy is attached to.
func holders(p *audit.Pass, arn string) []string { return shortARNs(p.Access.Holders(arn)) }

func shortARNs(list []account.Subject) []string {
	return lists.Map(list, func(s account.Subject) string { return account.ShortARN(s.ARN) })
}

// managedPolicies judges the managed policies that can be read, or the account's own alone; the others are answered
// unknown.
func managedPolicies(p *audit.Pass, ownOnly bool, judge func(judgedPolicy)) {
	for m := range p.Policies() {
		if ownOnly && account.OfAWS(m.ARN) {
			continue
		}
		if m.BoundaryUseCount > 0 && m.AttachmentCount == 0 && len(holders(p, m.ARN)) == 0 {
			p.NotApplicable(m, message.New("only a permissions boundary, which grants nothing"), detailEvidence(p, "attachment_count", "0")...)
			continue
		}
		text, ok := access.DefaultVersion(m)
		if !ok {
			p.Unknown(m, message.New("the authorization details hold no default version"), detailEvidence(p, "default_version", m.DefaultVersion)...)
			continue
		}
		d, err := p.Access.Document(m.Name, text)
		if err != nil {
			p.Unknown(m, access.Malformed(err), detailEvidence(p, "document", m.DefaultVersion)...)
			continue
		}
		judge(judgedPolicy{at: m.Subject(), document: d, holders: holders(p, m.ARN), managed: m})
	}
}

// inlinePolicies judges the inline policies of groups, roles and users that can be read; the others are answered
// unknown.
func inlinePolicies(p *audit.Pass, judge func(judgedPolicy)) {
	each := func(at account.Subject, list []account.InlinePolicy) {
		for _, inline := range list {
			at.Item = inline.Name
			d, err := p.Access.Document(inline.Name, inline.Document)
			if err != nil {
				p.Unknown(at, access.Malformed(err), detailEvidence(p, "inline_policy", inline.Name)...)
				continue
			}
			judge(judgedPolicy{at: at, document: d, holders: []string{account.ShortARN(at.ARN)}})
		}
	}
	for g := range p.Groups() {
		each(g.Subject(), g.InlinePolicies)
	}
	for r := range p.Roles() {
		each(r.Subject(), r.InlinePolicies)
	}
	for u := range p.Users() {
		if p.Require(u, account.UserPolicies) {
			each(u.Subject(), u.InlinePolicies.Value())
		}
	}
}

// ownPolicies judges the account's own policies, managed and inline.
func ownPolicies(p *audit.Pass, judge func(judgedPolicy)) {
	managedPolicies(p, true, judge)
	inlinePolicies(p, judge)
}

// ownPolicyFacts are the lists that hold policies.
var ownPolicyFacts = []account.Fact{account.PolicyList, account.GroupList, account.RoleList, account.UserPolicies}

// wideRule is a rule about something that a policy shouldn't allow on everything.
func wideRule(r audit.Rule, of func(*access.Permissions) []access.Wide, fix message.Message) *audit.Rule {
	r.Severity = audit.Medium
	r.Category = audit.CategoryPermissions
	r.Uses = ownPolicyFacts
	r.How = ownPoliciesOnly + r.How + maybeUnknown + adminAlready
	r.Fix = narrowPolicy
	r.Check = func(p *audit.Pass) {
		ownPolicies(p, func(j judgedPolicy) {
			permissions := p.Access.Permissions(j.document)
			if permissions.Admin == policy.Yes {
				p.NotApplicable(j.at, message.New("grants full administration"), statements(p, permissions.AdminBy)...)
				return
			}
			checkWide(p, j, permissions, of(permissions), fix)
		})
	}
	return &r
}

func checkWide(p *audit.Pass, j judgedPolicy, permissions *access.Permissions, found []access.Wide, fix message.Message) {
	sure := slices.DeleteFunc(slices.Clone(found), func(w access.Wide) bool { return !w.Sure })
	if len(sure) > 0 {
		found = sure
	}
	switch {
	case len(found) > 0:
		text, refs := wides(found)
		failIf(p, len(sure) > 0, j.at, text, statements(p, refs)...).By(refs).ToFix(fix)
	case permissions.Admin == policy.Maybe:
		p.Unknown(j.at, possibly(message.New("grants full administration")), statements(p, permissions.AdminBy)...).By(permissions.AdminBy)
	default:
		p.Pass(j.at, p.Account.PolicyCount.Evidence()...)
	}
}

// wides says what is too wide, and which statements allow it, each once.
func wides(found []access.Wide) (text message.Message, refs []string) {
	what := distinct(found, func(w access.Wide) string { return w.What })
	return message.New("allows %s on %s", names(what), found[0].Resource), distinct(found, func(w access.Wide) string { return w.Statement })
}

var serviceWildcard = wideRule(audit.Rule{
	ID:      "service-wildcard",
	Title:   "No policy allows a whole service on everything",
	Problem: "A policy allows a whole service on everything",
	Why:     "s3:* on * is every bucket, its deletion and its policy, and whatever AWS adds to the service tomorrow; hardly anybody's job needs that.",
	How:     "Fails when a statement's Action, not NotAction, names all actions of a service, however it is written, on all resources.",
}, func(p *access.Permissions) []access.Wide { return p.ServiceWildcards }, message.Message{})

var passRoleAny = wideRule(audit.Rule{
	ID:      "pass-role-any",
	Title:   "No policy allows any role to be passed",
	Problem: "A policy allows any role to be passed",
	Why:     "Someone who may pass every role to a service can have that service act with the most powerful of them.",
	How:     "Fails when iam:PassRole is allowed on all roles, or on all of the account.",
}, func(p *access.Permissions) []access.Wide { return p.PassRole }, message.New("name the roles, and the service in a condition on iam:PassedToService"))

var assumeRoleAny = wideRule(audit.Rule{
	ID:      "assume-role-any",
	Title:   "No policy allows any role to be assumed",
	Problem: "A policy allows any role to be assumed",
	Why:     "Every role that trusts the account, and every role elsewhere that trusts it, is open to someone who may assume any; nobody reviews that list.",
	How:     "Fails when sts:AssumeRole is allowed on all roles, on all of the account, or on roles of a name in any account (arn:aws:iam::*:role/NAME).",
}, func(p *access.Permissions) []access.Wide { return p.AssumeRole }, message.New("name the roles"))

var cloudTrailFullAccess = wideRule(audit.Rule{
	ID:      "cloudtrail-full-access",
	Title:   "No policy allows all of CloudTrail",
	Problem: "A policy allows all of CloudTrail",
	Why:     "Someone who may do everything to CloudTrail can stop it first, and delete the trail afterwards.",
	How:     "Fails when all of CloudTrail's actions are allowed on all trails.",
}, func(p *access.Permissions) []access.Wide { return p.CloudTrail }, message.Message{})

var kmsFullAccess = wideRule(audit.Rule{
	ID:      "kms-full-access",
	Title:   "No policy allows all of KMS",
	Problem: "A policy allows all of KMS",
	Why:     "Someone who may use, change and delete every key can read all that is encrypted, and can make all of it unreadable for ever.",
	How:     "Fails when all of KMS's actions are allowed on all keys.",
}, func(p *access.Permissions) []access.Wide { return p.KMS }, message.Message{})

var marketplaceSubscribe = wideRule(audit.Rule{
	ID:      "marketplace-subscribe",
	Title:   "No policy allows subscribing in AWS Marketplace",
	Problem: "A policy allows subscribing in AWS Marketplace",
	Why:     "A subscription is a contract and a bill, and brings somebody else's software into the account; few are meant to sign one.",
	How:     "Fails when aws-marketplace:Subscribe is allowed.",
}, func(p *access.Permissions) []access.Wide { return p.Marketplace }, message.Message{})

var notActionAllow = &audit.Rule{
	ID:       "not-action-allow",
	Title:    "No Allow is written with NotAction",
	Problem:  "An Allow is written with NotAction",
	Category: audit.CategoryPermissions,
	Severity: audit.Medium,
	Uses:     ownPolicyFacts,
	Why: "An Allow with NotAction allows every action that isn't listed, those of services that AWS hasn't built yet included. Its author thought of what " +
		"to forbid.",
	How: "Judges the account's own policies, managed and inline. Fails when one has an Allow with NotAction, whatever its resources and conditions. A Deny with NotAction is fine.",
	Fix: narrowPolicy,
	Check: func(p *audit.Pass) {
		ownPolicies(p, func(j judgedPolicy) {
			if refs := p.Access.Permissions(j.document).NotActionAllows; len(refs) > 0 {
				p.Fail(j.at, message.New("allows all but a list of actions (NotAction)"), statements(p, refs)...).By(refs).ToFix(message.New("write what it should allow as Action"))
				return
			}
			p.Pass(j.at, p.Account.PolicyCount.Evidence()...)
		})
	},
}

const cloudShell = "AWSCloudShellFullAccess"

var cloudshellFullAccess = &audit.Rule{
	ID:       "cloudshell-full-access",
	Title:    "AWSCloudShellFullAccess is attached to nobody",
	Problem:  "AWSCloudShellFullAccess is attached",
	Category: audit.CategoryPermissions,
	Severity: audit.Low,
	Uses:     []account.Fact{account.UserList, account.GroupList, account.RoleList, account.UserPolicies},
	Why:      "CloudShell is a computer inside AWS with the user's rights and an open way to the internet; files go up and down past every control of the company's network.",
	How: "Fails when AWS's policy AWSCloudShellFullAccess is attached to any user, group or role. That it is attached to none needs complete lists. Other policies " +
		"that allow cloudshell:* aren't looked at.",
	Fix: fix(guide("access_policies_manage-attach-detach"),
		attachedTo,
		do("Console: IAM, Policies, AWSCloudShellFullAccess, Entities attached, Detach; for users and roles there are detach-user-policy and detach-role-policy",
			"aws iam detach-group-policy --group-name GROUP --policy-arn arn:aws:iam::aws:policy/AWSCloudShellFullAccess")),
	Check: func(p *audit.Pass) {
		if holders := p.Access.AttachedTo(cloudShell); len(holders) > 0 {
			p.Fail(p.Account, message.New("%s is attached to %s", cloudShell, names(shortARNs(holders))), detailEvidence(p, "attached_policies", cloudShell)...).About(shortARNs(holders))
			return
		}
		sure := requireLists(p, account.UserList, account.GroupList, account.RoleList)
		for _, u := range p.Account.Users {
			sure = p.Require(u, account.UserPolicies) && sure
		}
		if sure {
			p.Pass(p.Account, p.Account.GroupCount.Evidence()...)
		}
	},
}

var policyUnused = &audit.Rule{
	ID:       "policy-unused",
	Title:    "Every customer managed policy is in use",
	Problem:  "A customer managed policy is not in use",
	Category: audit.CategoryPermissions,
	Severity: audit.Info,
	Uses:     []account.Fact{account.PolicyList},
	Why:      "A policy that nobody has is a trap for the next one who looks for something that fits: nobody knows any more what it was for.",
	How:      "Judges the account's own managed policies. Fails when one is attached to nobody and is nobody's permissions boundary.",
	Fix: fix(guide("access_policies_manage-delete"),
		keepPolicy,
		do("Delete its older versions", "aws iam delete-policy-version --policy-arn ARN --version-id VERSION"),
		do("Console: IAM, Policies, filter by Customer managed, select the policy, Delete", "aws iam delete-policy --policy-arn ARN")),
	Check: func(p *audit.Pass) {
		for m := range p.Policies() {
			if account.OfAWS(m.ARN) {
				continue
			}
			if m.AttachmentCount+m.BoundaryUseCount == 0 && len(holders(p, m.ARN)) == 0 {
				p.Fail(m, message.New("attached to nobody, last changed on %s", m.Updated), detailEvidence(p, "attachment_count", "0")...)
				continue
			}
			p.Pass(m, p.Account.PolicyCount.Evidence()...)
		}
	},
}

var inlinePolicy = &audit.Rule{
	ID:       "inline-policy",
	Title:    "Groups and roles have managed policies only",
	Problem:  "A group or role has an inline policy",
	Category: audit.CategoryPermissions,
	Severity: audit.Info,
	Uses:     []account.Fact{account.GroupList, account.RoleList},
	Why:      "An inline policy has no versions, can't be seen in the list of policies, and goes with its group or role: what it granted is not to be found out afterwards.",
	How:      "Fails when a group or a role has an inline policy. Those of users are the matter of user-permissions-through-groups.",
	Fix: fix(guide("access_policies-convert-inline-to-managed"),
		do("Console: IAM, User groups (or Roles), its name, Permissions: keep the document",
			"aws iam get-group-policy --group-name GROUP --policy-name NAME --query PolicyDocument > policy.json"),
		do("Make a customer managed policy of it", "aws iam create-policy --policy-name NAME --policy-document file://policy.json"),
		do("Attach that", "aws iam attach-group-policy --group-name GROUP --policy-arn ARN"),
		do("Remove the inline one", "aws iam delete-group-policy --group-name GROUP --policy-name NAME")),
	Check: func(p *audit.Pass) {
		judge := func(r account.Resource, list []account.InlinePolicy, evidence []audit.Evidence) {
			if len(list) > 0 {
				p.Fail(r, message.New("has inline policies: %s", names(inlineNames(list))), detailEvidence(p, "inline_policies", strings.Join(inlineNames(list), ", "))...)
				return
			}
			p.Pass(r, evidence...)
		}
		for g := range p.Groups() {
			judge(g, g.InlinePolicies, p.Account.GroupCount.Evidence())
		}
		for r := range p.Roles() {
			judge(r, r.InlinePolicies, p.Account.RoleCount.Evidence())
		}
	},
}
