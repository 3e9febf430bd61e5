package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
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
	Why: "Where root is all there is, everybody works as root: nobody's rights can be limited, nobody's work can be told from another's, and " +
		"nobody can leave without the password being changed.",
	How: "Passes as soon as there is one IAM user, or federation: a SAML provider, an OIDC provider whose issuer is known to serve people " +
		"(those of build services and clusters don't count, and of any other nothing is known), or a role AWSReservedSSO_… of IAM Identity Center. Fails when complete lists of users, providers " +
		"and roles show none of these.",
	Fix: "Console: IAM Identity Center, Enable, and give each person a user there; or IAM, Users, Create user. Command: " +
		"aws iam create-user --user-name NAME",
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
			p.Fail(p.Account, audit.Textf("no IAM user and no federation: root is all there is"),
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
	Why: "Permissions given to people one by one drift apart: nobody can say any more what a developer may do, and whoever changes jobs keeps " +
		"the old rights.",
	How: "Passes as soon as one group has both a member and a policy, attached or inline. Fails when there are IAM users and complete lists show " +
		"no such group. Not applicable when there are no IAM users.",
	Fix: "Console: IAM, User groups, Create group: give it a name, its users and its policies. Command: aws iam create-group --group-name NAME && " +
		"aws iam attach-group-policy --group-name NAME --policy-arn ARN && aws iam add-user-to-group --group-name NAME --user-name USER",
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
			p.NotApplicable(p.Account, audit.Textf("no IAM users"), p.Account.UserCount.Evidence()...)
			return
		}
		sure := requireLists(p, account.GroupList)
		for _, u := range p.Account.Users {
			sure = p.Require(u, account.UserGroups) && sure
		}
		if sure {
			p.Fail(p.Account, audit.Textf("%d IAM users, and none of %d groups has both a member and a policy", len(p.Account.Users), len(p.Account.Groups)),
				slices.Concat(p.Account.UserCount.Evidence(), p.Account.GroupCount.Evidence())...)
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
	Why:      "A policy on a single user is seen by nobody who reviews the groups, and stays when he changes jobs.",
	How: "Fails when a managed policy is attached to the user himself or he has an inline policy. A permissions boundary grants nothing and " +
		"doesn't count.",
	Fix: "Console: IAM, User groups: give the policy to a group and add the user; then IAM, Users, the user, Permissions, Remove. Command: " +
		"aws iam detach-user-policy --user-name NAME --policy-arn ARN (inline: aws iam delete-user-policy --user-name NAME --policy-name POLICY)",
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			attached, inline := u.AttachedPolicies.Value(), u.InlinePolicies.Value()
			switch {
			case len(attached) > 0 && len(inline) > 0:
				p.Fail(u, audit.Textf("has policies of his own: attached %s; inline %s", names(attachedNames(attached)), names(inlineNames(inline))))
			case len(attached) > 0:
				p.Fail(u, audit.Textf("has attached policies of his own: %s", names(attachedNames(attached))))
			case len(inline) > 0:
				p.Fail(u, audit.Textf("has inline policies: %s", names(inlineNames(inline))))
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
	Why:      "A person outside every group escapes what groups bring: the permissions of his job, and the policy that forces MFA.",
	How:      "Fails when a user with a console password is in no group. Not applicable to users without a console password.",
	Fix:      "Console: IAM, User groups, the group, Add users. Command: aws iam add-user-to-group --group-name GROUP --user-name NAME",
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserGroups) {
				continue
			}
			evidence := slices.Concat(u.Password.Evidence(), u.Groups.Evidence())
			if len(u.Groups.Value()) == 0 {
				p.Fail(u, audit.Textf("has a console password and is in no group"), evidence...)
				continue
			}
			p.Pass(u, evidence...)
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
	Why:      "An empty group is a permission that waits for somebody: left from a project, and nobody reviews it.",
	How:      "Fails when no user is in the group. A member that was seen is enough to pass; that there is none needs complete lists.",
	Fix:      "Console: IAM, User groups, select the group, Delete. Command: aws iam delete-group --group-name NAME (its policies must be detached first)",
	Check: func(p *audit.Pass) {
		var unsure []string // users of whom it isn't known which groups they are in
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
				p.Unknown(g, audit.Textf("has no member that is known, and of %s the groups are not known", names(unsure)), p.Account.GroupCount.Evidence()...)
			default:
				p.Fail(g, audit.Textf("has no member"), p.Account.GroupCount.Evidence()...)
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
	Why:      "A group without a policy gives its members nothing: either it is left over, or its members get their permissions some other way.",
	How:      "Fails when the group has neither an attached nor an inline policy. What the policies say isn't looked at.",
	Fix: "Console: IAM, User groups, the group, Permissions, Add permissions; or delete the group. Command: aws iam attach-group-policy --group-name " +
		"NAME --policy-arn ARN",
	Check: func(p *audit.Pass) {
		for g := range p.Groups() {
			evidence := p.Account.GroupCount.Evidence()
			if len(g.AttachedPolicies)+len(g.InlinePolicies) == 0 {
				p.Fail(g, audit.Textf("has no policy (members: %d)", len(g.Members)), evidence...)
				continue
			}
			p.Pass(g, evidence...)
		}
	},
}

var userActive = &audit.Rule{
	ID:       "user-active",
	Title:    "Every user is in use",
	Problem:  "A user is not used",
	Category: audit.CategoryStatus,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPasswordLastUsed},
	Uses:     []account.Fact{account.UserAccessKeys, account.UserAccessKeysLastUsed, account.UserTags},
	Why:      "A user whom nobody uses is one who left, or a system that is gone. What he may do is there for whoever finds a way in.",
	How: "Fails when the user is older than thresholds.user_inactive_days (90" + unlessOwn + ") and neither his password nor a key of his, active or not, was used in " +
		"that time; users without any credential, too. AWS tells no last use of SSH keys, service-specific credentials and certificates, and none of keys " +
		"that were deleted.",
	Fix: "Console: IAM, Users, select the user, Delete, once nobody misses him. Command: aws iam delete-login-profile --user-name NAME (and aws iam " +
		"update-access-key --status Inactive for his keys; delete-user when nobody missed him)",
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if thresholds, ok := p.ThresholdsOf(u); ok {
				checkUserActive(p, u, thresholds.UserInactiveDays)
			}
		}
	},
}

func checkUserActive(p *audit.Pass, u *account.User, days int) {
	limit := ownLimit(limitDays, days, p.Thresholds.UserInactiveDays)
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
		p.Unknown(u, audit.Textf("when the user was created isn't known"))
	case !p.OlderThan(u.Created, days), !last.IsZero() && !p.OlderThan(last, days):
		p.Pass(u, evidence...)
	case !p.Require(u, account.UserAccessKeys) || !p.Require(u, account.UserAccessKeysLastUsed):
	case last.IsZero():
		said := activityEvidence(u)
		p.Fail(u, joined(asOf(audit.Textf("created %d days ago (%s) and never used", p.Days(u.Created), u.Created), said), limit), said...)
	default:
		said := activityEvidence(u)
		p.Fail(u, joined(asOf(audit.Textf("not used for %d days (last on %s)", p.Days(last), last), said), limit), said...)
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
	Why:      "Without an alias people sign in with a bare twelve-digit number. Nobody notices a wrong digit, or a look-alike page with another number.",
	How:      "Fails when the account has no alias.",
	Fix:      "Console: IAM, Dashboard, AWS Account, Account Alias, Create. Command: aws iam create-account-alias --account-alias NAME",
	Check: func(p *audit.Pass) {
		if p.Account.Alias.Value() == "" {
			p.Fail(p.Account, audit.Textf("no account alias: people sign in with the number %s", p.Account.ID))
			return
		}
		p.Pass(p.Account)
	},
}

var identityFederation = &audit.Rule{
	ID:       "identity-federation",
	Title:    "People sign in through a central directory",
	Problem:  "People sign in as IAM users, without a central directory",
	Category: audit.CategoryStatus,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.SAMLProviderList, account.OIDCProviderList, account.RoleList},
	Why:      "A person who has a user in each account has as many passwords and devices to look after, and must be removed from each account when he leaves.",
	How: "Passes as soon as there is federation: a SAML provider, an OIDC provider whose issuer is known to serve people (those of build services and clusters " +
		"don't count, and of any other nothing is known), or a role AWSReservedSSO_… of IAM Identity Center. Passes too when no user has a console password. Fails when a user has one and " +
		"complete lists of providers and roles show no federation.",
	Fix: "Console: IAM Identity Center, Enable; connect your directory or create the people there, and assign permission sets to the account; then delete the " +
		"console passwords. Command: aws iam create-saml-provider --name NAME --saml-metadata-document file://metadata.xml",
	Check: func(p *audit.Pass) {
		if evidence, ok := federation(p); ok {
			p.Pass(p.Account, evidence...)
			return
		}
		passwords, sure := 0, true
		var evidence []audit.Evidence
		for _, u := range p.Account.Users {
			has, ok := u.Password.Get()
			sure = sure && ok
			if has {
				passwords++
				evidence = u.Password.Evidence()
			}
		}
		if passwords > 0 {
			if noFederation(p) {
				p.Fail(p.Account, audit.Textf("%d IAM users have a console password, and there is no federation", passwords),
					slices.Concat(evidence, federationEvidence(p))...)
			}
			return
		}
		sure = requireLists(p, account.UserList) && sure
		for _, u := range p.Account.Users {
			sure = p.Require(u, account.UserPassword) && p.Current(u, u.Password.Evidence()) && sure
		}
		if sure {
			passwords := p.Account.UserCount.Evidence()
			for _, u := range p.Account.Users {
				passwords = append(passwords, u.Password.Evidence()...)
			}
			p.Pass(p.Account, passwords...)
		}
	},
}

// machineIssuers are the hosts of OIDC providers that systems sign in through, not people; a host below one counts too. All
// of amazonaws.com is among them for the clusters whose issuer is there (oidc.eks.REGION, or a bucket).
var machineIssuers = []string{
	"actions.githubusercontent.com", "amazonaws.com", "amazonaws.com.cn", "api.aws", "gitlab.com", "app.terraform.io", "circleci.com", "bitbucket.org",
	"buildkite.com", "codefresh.io", "semaphoreci.com", "spacelift.io", "env0.com", "scalr.io", "api.pulumi.com", "vstoken.dev.azure.com",
	"prod-aks.azure.com", "container.googleapis.com", "vercel.com", "fly.io", "harness.io", "codemagic.io", "depot.dev", "doppler.com",
}

// peoplesIssuers are the hosts of OIDC providers that people sign in through; a host below one counts too.
var peoplesIssuers = []string{
	"accounts.google.com", "login.microsoftonline.com", "sts.windows.net", "login.microsoft.com", "okta.com", "okta-emea.com", "oktapreview.com", "auth0.com",
	"onelogin.com", "pingone.com", "pingone.eu", "pingone.asia", "jumpcloud.com", "appleid.apple.com", "www.facebook.com", "www.amazon.com", "api.login.yahoo.com",
	"trustlogin.com", "hennge.com", "gmo-id.jp",
}

// whose says who signs in through an OIDC provider.
type whose int

const (
	nobodyKnows whose = iota // an issuer that is on neither list
	people
	machines
)

// issuerOf tells by an OIDC provider's issuer, with which its ARN ends, without https://. A GitLab or Terraform Enterprise of one's
// own is told by its host's first label.
func issuerOf(provider account.Provider) whose {
	_, issuer, _ := strings.Cut(account.ShortARN(provider.ARN), "/")
	host, _, _ := strings.Cut(strings.ToLower(issuer), "/")
	host, _, _ = strings.Cut(host, ":")
	among := func(list []string) bool {
		return slices.ContainsFunc(list, func(known string) bool { return host == known || strings.HasSuffix(host, "."+known) })
	}
	switch {
	case strings.HasPrefix(host, "gitlab.") || strings.HasPrefix(host, "terraform.") || among(machineIssuers):
		return machines
	case among(peoplesIssuers):
		return people
	}
	return nobodyKnows
}

// unknownIssuers are the OIDC providers of which nobody knows whether people sign in through them.
func unknownIssuers(p *audit.Pass) []string {
	var list []string
	for _, provider := range p.Account.OIDCProviders {
		if issuerOf(provider) == nobodyKnows {
			list = append(list, account.ShortARN(provider.ARN))
		}
	}
	return list
}

// noFederation requires that all lists in which federation would stand were read, and that no OIDC provider's purpose is open.
func noFederation(p *audit.Pass) bool {
	if !requireLists(p, account.SAMLProviderList, account.OIDCProviderList, account.RoleList) {
		return false
	}
	if open := unknownIssuers(p); len(open) > 0 {
		p.Unknown(p.Account, audit.Textf("whether people sign in through %s isn't known", names(open)), p.Account.OIDCProviderCount.Evidence()...)
		return false
	}
	return true
}

// federation reports whether people can sign in without an IAM user, as far as the lists were read, and what shows it.
func federation(p *audit.Pass) ([]audit.Evidence, bool) {
	a := p.Account
	if len(a.SAMLProviders) > 0 {
		return a.SAMLProviderCount.Evidence(), true
	}
	if slices.ContainsFunc(a.OIDCProviders, func(provider account.Provider) bool { return issuerOf(provider) == people }) {
		return a.OIDCProviderCount.Evidence(), true
	}
	for _, r := range a.Roles {
		if strings.HasPrefix(r.Name, "AWSReservedSSO_") {
			return a.RoleCount.Evidence(), true
		}
	}
	return nil, false
}

func federationEvidence(p *audit.Pass) []audit.Evidence {
	return slices.Concat(p.Account.SAMLProviderCount.Evidence(), p.Account.OIDCProviderCount.Evidence(), p.Account.RoleCount.Evidence())
}

// requireLists requires all of the lists, so that each that is missing is wanted at once.
func requireLists(p *audit.Pass, lists ...account.Fact) bool {
	sure := true
	for _, list := range lists {
		sure = p.Require(p.Account, list) && sure
	}
	return sure
}

// userEvidence is what shows that there are users: the list, or else an answer about one of them.
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
