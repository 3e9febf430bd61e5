package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var individualUsers = &audit.Rule{
	ID:         "individual-users",
	Title:      "People have users of their own",
	Problem:    "People have no users of their own",
	Category:   audit.CategoryStatus,
	Severity:   audit.Medium,
	Uses:       []account.Fact{account.UserList},
	Point:      3,
	PointTitle: "Create individual IAM users",
	Why: "Where there is only root, everybody works as root: nobody's permissions can be limited, nobody can tell who did what, and " +
		"the password must be changed whenever somebody leaves.",
	How: "Passes as soon as there is one IAM user, or federation: a SAML provider, an OIDC provider whose issuer is known to serve people " +
		"(issuers of build services and clusters do not count, and any other issuer proves nothing), or a role AWSReservedSSO_… of IAM Identity Center. Fails when complete lists of users, providers " +
		"and roles show none of these.",
	Fix: fix(guide("id_users_create"),
		do("Console: IAM Identity Center, Enable, and give each person a user there; or IAM, Users, Create user", "aws iam create-user --user-name NAME"),
		do("Give each their own password and MFA device, and share none")),
	Check: func(p *audit.Pass) {
		if len(p.Account.Users) > 0 {
			p.Pass(p.Account, userEvidence(p)...)
			return
		}
		if evidence, ok := federation(p); ok {
			p.Pass(p.Account, evidence...)
			return
		}
		if requireLists(p, account.UserList) && noFederation(p) {
			p.Fail(p.Account, message.New("there is no IAM user and no federation: only root can sign in"),
				slices.Concat(p.Account.UserCount.Evidence(), federationEvidence(p))...)
		}
	},
}

var groupsGrantPermissions = &audit.Rule{
	ID:         "groups-grant-permissions",
	Title:      "Groups give permissions to users",
	Problem:    "No group gives permissions to users",
	Category:   audit.CategoryStatus,
	Severity:   audit.Medium,
	Uses:       []account.Fact{account.UserList, account.GroupList},
	Point:      4,
	PointTitle: "Use groups to assign permissions",
	Why: "Permissions that are given to people one by one drift apart: nobody can say any more what a developer may do, and people who change " +
		"jobs keep their old permissions.",
	How: "Passes as soon as one group has both a member and a policy, attached or inline. Fails when there are IAM users and complete lists show " +
		"no such group. Not applicable when there are no IAM users.",
	Fix: fix(guide("id_groups_create"),
		do("Console: IAM, User groups, Create group: give it a name", "aws iam create-group --group-name GROUP"),
		do("Attach the policies that its users need", "aws iam attach-group-policy --group-name GROUP --policy-arn ARN"),
		do("Add the users", "aws iam add-user-to-group --group-name GROUP --user-name NAME")),
	Check: func(p *audit.Pass) {
		for _, g := range p.Account.Groups {
			if len(g.Members) > 0 && len(g.AttachedPolicies)+len(g.InlinePolicies) > 0 {
				p.Pass(p.Account, memberEvidence(p, g)...)
				return
			}
		}
		if !requireLists(p, account.UserList) {
			return
		}
		if len(p.Account.Users) == 0 {
			p.NotApplicable(p.Account, message.New("no IAM users"), p.Account.UserCount.Evidence()...)
			return
		}
		sure := requireLists(p, account.GroupList)
		for _, u := range p.Account.Users {
			sure = p.Require(u, account.UserGroups) && sure
		}
		if sure {
			p.Fail(p.Account, message.New("%s, and none of %s has both a member and a policy", message.Plural(len(p.Account.Users), "%d IAM user", "%d IAM users"),
				message.Plural(len(p.Account.Groups), "%d group", "%d groups")), slices.Concat(p.Account.UserCount.Evidence(), p.Account.GroupCount.Evidence())...)
		}
	},
}

var userPermissionsThroughGroups = &audit.Rule{
	ID:       "user-permissions-through-groups",
	Title:    "Users get their permissions through groups only",
	Problem:  "A policy is attached directly to a user",
	Category: audit.CategoryStatus,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPolicies},
	Why:      "People who review the groups do not see a policy on a single user, and it stays when the user changes jobs.",
	How: "Fails when a managed policy is attached directly to the user, or the user has an inline policy. A permissions boundary grants nothing and " +
		"does not count.",
	Fix: fix(guide("id_users_change-permissions"),
		do("Console: IAM, User groups: give the policy to a group", "aws iam attach-group-policy --group-name GROUP --policy-arn ARN"),
		do("Add the user to the group", "aws iam add-user-to-group --group-name GROUP --user-name NAME"),
		do("Console: IAM, Users, the user, Permissions, Remove; of an inline policy keep the document first", "aws iam detach-user-policy --user-name NAME --policy-arn ARN")),
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			attached, inline := attachedNames(u.AttachedPolicies.Value()), inlineNames(u.InlinePolicies.Value())
			directly := message.Plural(len(attached), "a managed policy is attached directly to the user", "%d managed policies are attached directly to the user")
			switch {
			case len(attached) > 0 && len(inline) > 0:
				also := message.Plural(len(inline), "an inline policy", "%d inline policies")
				p.Fail(u, message.New("%s, with %s", directly, also)).By(slices.Concat(attached, inline))
			case len(attached) > 0:
				p.Fail(u, message.New("%s: %s", directly, names(attached)))
			case len(inline) > 0:
				p.Fail(u, message.New("has inline policies: %s", names(inline)))
			default:
				p.Pass(u)
			}
		}
	},
}

var userInGroup = &audit.Rule{
	ID:       "user-in-group",
	Title:    "Every person is in a group",
	Problem:  "A person is in no group",
	Category: audit.CategoryStatus,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserGroups},
	Why:      "A person who is in no group does not get what groups bring: the permissions of the job, and the policy that enforces MFA.",
	How:      "Fails when a user with a console password is in no group. Not applicable to users without a console password.",
	Fix:      fix(guide("id_groups_manage_add-remove-users"), do("Console: IAM, User groups, the group, Add users", "aws iam add-user-to-group --group-name GROUP --user-name NAME")),
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserGroups) {
				continue
			}
			evidence := slices.Concat(u.Password.Evidence(), u.Groups.Evidence())
			p.Decide(u, len(u.Groups.Value()) > 0, message.New("has a console password and is in no group"), evidence...)
		}
	},
}

var groupNotEmpty = &audit.Rule{
	ID:       "group-not-empty",
	Title:    "Every group has a member",
	Problem:  "A group has no member",
	Category: audit.CategoryStatus,
	Severity: audit.Info,
	Uses:     []account.Fact{account.GroupList},
	Why:      "An empty group is a permission that waits for somebody. It is often left from a project, and nobody reviews it.",
	How:      "Fails when no user is in the group. One member that was seen is enough to pass; complete lists are needed to say that there is none.",
	Fix: fix(guide("id_groups_manage_delete"),
		do("Detach its policies", "aws iam detach-group-policy --group-name NAME --policy-arn ARN"),
		do("Console: IAM, User groups, select the group, Delete", "aws iam delete-group --group-name NAME")),
	Check: func(p *audit.Pass) {
		var unsure []string // users whose groups are not known
		for _, u := range p.Account.Users {
			if !u.Groups.OK() {
				unsure = append(unsure, u.Name)
			}
		}
		for g := range p.Groups() {
			switch {
			case len(g.Members) > 0:
				p.Pass(g, memberEvidence(p, g)...)
			case !p.Require(g, account.GroupList):
			case len(unsure) > 0:
				p.Unknown(g, message.New("no member is known, and the groups of %s are not known", names(unsure)), p.Account.GroupCount.Evidence()...)
			default:
				p.Fail(g, message.New("has no member"), p.Account.GroupCount.Evidence()...)
			}
		}
	},
}

var groupHasPolicy = &audit.Rule{
	ID:       "group-has-policy",
	Title:    "Every group grants something",
	Problem:  "A group grants nothing",
	Category: audit.CategoryStatus,
	Severity: audit.Info,
	Uses:     []account.Fact{account.GroupList},
	Why:      "A group without a policy gives its members nothing. Either nobody needs it, or its members get their permissions in another way.",
	How:      "Fails when the group has neither an attached nor an inline policy. The rule does not look at what the policies say.",
	Fix: fix(guide("id_groups_manage_attach-policy"),
		do("Console: IAM, User groups, the group, Permissions, Add permissions; or delete the group", "aws iam attach-group-policy --group-name NAME --policy-arn ARN")),
	Check: func(p *audit.Pass) {
		for g := range p.Groups() {
			text := message.New("has no policy (%s)", message.Plural(len(g.Members), "%d member", "%d members"))
			p.Decide(g, len(g.AttachedPolicies)+len(g.InlinePolicies) > 0, text, p.Account.GroupCount.Evidence()...)
		}
	},
}

var userActive = &audit.Rule{
	ID:       "user-active",
	Title:    "Every user is in use",
	Problem:  "A user is not used",
	Category: audit.CategoryStatus,
	Severity: audit.Low,
	Ages:     true,
	Needs:    []account.Fact{account.UserPasswordLastUsed},
	Uses:     []account.Fact{account.UserAccessKeys, account.UserAccessKeysLastUsed, account.UserTags},
	Why:      "A user that nobody uses belongs to a person who left, or to a system that is gone. Someone who finds its password or key has all its permissions.",
	How: "Fails when the user is older than thresholds.user_inactive_days (90" + unlessOwn + ") and neither the console password nor an access key, active or not, was used in " +
		"that time; so do users without any credential. AWS does not tell the last use of SSH keys, service-specific credentials, certificates and deleted " +
		"access keys.",
	Fix: fix(guide("id_credentials_finding-unused"),
		do("Ask who needs the user"),
		do("Deactivate the access keys, which can be undone", deactivate),
		do("Take the password away", "aws iam delete-login-profile --user-name NAME"),
		do("Console: IAM, Users, select the user, Delete, when nobody has missed it for some weeks; the console removes what the user has, for the command it must be gone",
			"aws iam delete-user --user-name NAME")),
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if thresholds, ok := p.ThresholdsOf(u); ok {
				checkUserActive(p, u, thresholds.UserInactiveDays)
			}
		}
	},
}

func checkUserActive(p *audit.Pass, u *account.User, days int) {
	limit := ownLimit(days, p.Thresholds.UserInactiveDays, message.Days)
	last := u.PasswordLastUsed.Value()
	evidence := u.PasswordLastUsed.Evidence()
	keys, _ := u.AccessKeys.Get()
	for _, k := range keys {
		if use, ok := k.LastUsed.Get(); ok && use.At.After(last) {
			last, evidence = use.At, k.Evidence()
		}
	}
	switch {
	case u.Created.IsZero():
		p.Unknown(u, message.New("it is not known when the user was created"))
	case !p.OlderThan(u.Created, days), !last.IsZero() && !p.OlderThan(last, days):
		p.Pass(u, evidence...)
	case !p.Require(u, account.UserAccessKeys) || !p.Require(u, account.UserAccessKeysLastUsed):
	default:
		said := activityEvidence(u)
		text := message.New("user was not used for %s (last on %s)", message.Days(p.Days(last)), last)
		if last.IsZero() {
			text = message.New("user was created %s ago (%s) and never used", message.Days(p.Days(u.Created)), u.Created)
		}
		p.Fail(u, asOf(text, said), said...).Note(limit)
	}
}

func activityEvidence(u *account.User) []audit.Evidence {
	evidence := slices.Concat(u.PasswordLastUsed.Evidence(), u.AccessKeys.Evidence())
	for _, k := range u.AccessKeys.Value() {
		evidence = slices.Concat(evidence, k.LastUsed.Evidence())
	}
	return evidence
}

var accountAlias = &audit.Rule{
	ID:       "account-alias",
	Title:    "The account has an alias",
	Problem:  "The account has no alias",
	Category: audit.CategoryStatus,
	Severity: audit.Info,
	Needs:    []account.Fact{account.Alias},
	Why:      "Without an alias people sign in with a number of twelve digits. Nobody notices a wrong digit, or a false page with another number.",
	How:      "Fails when the account has no alias.",
	Fix:      fix(reference("CreateAccountAlias"), do("Console: IAM, Dashboard, AWS Account, Account Alias, Create", "aws iam create-account-alias --account-alias NAME")),
	Check: func(p *audit.Pass) {
		p.Decide(p.Account, p.Account.Alias.Value() != "", message.New("the account has no alias: people sign in with the number %s", p.Account.ID))
	},
}

// requireLists requires all of the lists, so that all that are missing are asked for at once.
func requireLists(p *audit.Pass, lists ...account.Fact) bool {
	sure := true
	for _, list := range lists {
		sure = p.Require(p.Account, list) && sure
	}
	return sure
}

// userEvidence shows that there are users: the list, or else an answer about one of them.
func userEvidence(p *audit.Pass) []audit.Evidence {
	if evidence := p.Account.UserCount.Evidence(); len(evidence) > 0 {
		return evidence
	}
	for _, u := range p.Account.Users {
		for _, evidence := range [][]audit.Evidence{u.Groups.Evidence(), u.PasswordLastUsed.Evidence(), u.Password.Evidence()} {
			if len(evidence) > 0 {
				return evidence[:1]
			}
		}
	}
	return nil
}

// memberEvidence is the answer that shows a member of the group.
func memberEvidence(p *audit.Pass, g *account.Group) []audit.Evidence {
	for _, u := range p.Account.Users {
		if u.Name == g.Members[0] {
			return u.Groups.Evidence()
		}
	}
	return nil
}
