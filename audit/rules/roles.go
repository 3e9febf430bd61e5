package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

const serviceLinkedOut = " Not applicable to service-linked roles"

const administeredOut = " Nor is it to roles that AWS or the organization administers: below /aws-reserved/, or of a name that AWS uses (AWSControlTower*, stacksets-exec-*, " +
	"OrganizationAccountAccessRole) and with a trust policy that names one account of accounts.trusted, or the services that go with the name, and nobody else. A name alone proves nothing."

// administered answers a role that AWS or the organization administers: the account can't change it, or should not.
func administered(p *audit.Pass, r *account.Role) bool {
	is := p.Access.Administered(r, p.Settings.TrustedAccounts)
	if is {
		p.NotApplicable(r, message.New("administered by the organization"), p.Account.RoleCount.Evidence()...)
	}
	return is
}

var roleTrustPublic = &audit.Rule{
	ID:       "role-trust-public",
	Title:    "No role can be assumed by anybody",
	Problem:  "A role can be assumed by anybody",
	Category: audit.CategoryRoles,
	Severity: audit.Critical,
	Uses:     []account.Fact{account.RoleList},
	Why:      "A trust policy with Principal * lets every AWS account in the world in. Someone only has to know the role's name, and names can be guessed.",
	How: `Fails when the trust policy lets in someone of another account and organization who knows no secret: Principal "*" or {"AWS": "*"}, or a NotPrincipal, without a ` +
		"condition that such a person cannot meet. They may belong to an organization of their own or to none, and choose names, tags and session. What hangs on " +
		"conditions on which nothing is known, such as an address in a small network, is unknown." + serviceLinkedOut + ".",
	Fix: trustFix(guide("reference_policies_elements_principal"), "name the principals"),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			public := t.Which(func(g access.TrustGrant) bool { return g.Strangers })
			if !checkGrants(p, r, t, public, func(who message.List) message.Message { return message.New("anybody can assume it: it trusts %s", who) }) {
				p.Pass(r, p.Account.RoleCount.Evidence()...)
			}
		})
	},
}

var roleTrustExternal = &audit.Rule{
	ID:       "role-trust-external",
	Title:    "Other accounts must show more than a role's name",
	Problem:  "Another account can assume a role by its name alone",
	Category: audit.CategoryRoles,
	Severity: audit.Medium,
	Uses:     []account.Fact{account.RoleList},
	Why: "A service provider's account acts for many customers. Without an external ID one of them can have it act on another's role (the confused deputy), and someone who gets into " +
		"that account is in yours.",
	How: "Fails when an account outside accounts.trusted, or a user or role of one, can assume the role without an external ID, MFA or a condition on the organization, by name or by conditions " +
		"beside Principal *. What else Principal * lets in is told by role-trust-public." + serviceLinkedOut + " and to roles that no other account can assume, or anybody." + administeredOut,
	Fix: trustFix(guide("id_roles_common-scenarios_third-party"), `add "Condition": {"StringEquals": {"sts:ExternalId": "SECRET"}}, once the other account sends it`),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			if administered(p, r) {
				return
			}
			external := t.Which(func(g access.TrustGrant) bool { return g.External })
			bare := slices.DeleteFunc(slices.Clone(external), func(g access.TrustGrant) bool {
				return g.Strangers || g.ExternalID || g.MFA || g.Organization || slices.Contains(p.Settings.TrustedAccounts, g.Account)
			})
			public := !slices.ContainsFunc(external, func(g access.TrustGrant) bool { return !g.Strangers })
			switch {
			case len(external) > 0 && public:
				p.NotApplicable(r, message.New("anybody can assume it, or may be able to: see role-trust-public"), p.Account.RoleCount.Evidence()...)
			case len(external) == 0:
				p.NotApplicable(r, message.New("no other account can assume it"), p.Account.RoleCount.Evidence()...)
			case !checkGrants(p, r, t, bare, func(who message.List) message.Message {
				return message.New("%s can assume it without external ID, MFA or organization", who)
			}):
				p.Pass(r, trustEvidence(p, external)...)
			}
		})
	},
}

var roleTrustDeleted = &audit.Rule{
	ID:       "role-trust-deleted",
	Title:    "No role trusts a deleted user or role",
	Problem:  "A role trusts a deleted user or role",
	Category: audit.CategoryRoles,
	Severity: audit.Medium,
	Uses:     []account.Fact{account.RoleList},
	Why: "When a trusted user or role is deleted, AWS leaves its unique ID in the trust policy. Nobody can use that entry any more; but nobody noticed that it is gone either, and the role " +
		"has probably no owner left.",
	How: "Fails when the trust policy names a bare unique ID (AIDA… a user, AROA… a role) as an AWS principal." + serviceLinkedOut + ".",
	Fix: trustFix(guide("reference_policies_elements_principal"), "remove the ID; or delete the role"),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			gone := t.Which(func(g access.TrustGrant) bool { return g.Kind == access.TrustsGone })
			if len(gone) > 0 {
				failGrants(p, r, gone, message.New("trusts %s, which was deleted", principalsOfGrants(gone)))
				return
			}
			p.Pass(r, p.Account.RoleCount.Evidence()...)
		})
	},
}

var roleUnused = &audit.Rule{
	ID:       "role-unused",
	Title:    "Every role is in use",
	Problem:  "A role is not used",
	Category: audit.CategoryRoles,
	Severity: audit.Low,
	Ages:     true,
	Uses:     []account.Fact{account.RoleList},
	Why:      "A role that nobody uses is a way in that nobody watches.",
	How: "Fails when the role was last used more than thresholds.role_unused_days (90) ago, or was created before that and never used; AWS tells uses of the last 400 days." +
		serviceLinkedOut + ".",
	Fix: fix(guide("id_roles_manage_delete"),
		do("Ask who needs the role"),
		do("Keep its trust policy, and let nobody in for some weeks: that can be undone",
			"aws iam get-role --role-name NAME --query Role.AssumeRolePolicyDocument > old-trust.json"),
		do("Remove its policies and instance profiles", "aws iam detach-role-policy --role-name NAME --policy-arn ARN"),
		do("Console: IAM, Roles, select the role, Delete", "aws iam delete-role --role-name NAME")),
	Check: func(p *audit.Pass) {
		for r := range p.Roles() {
			if access.ServiceLinked(r) {
				p.NotApplicable(r, message.New("service-linked role"), p.Account.RoleCount.Evidence()...)
				continue
			}
			checkRoleUnused(p, r)
		}
	},
}

func checkRoleUnused(p *audit.Pass, r *account.Role) {
	days := p.Thresholds.RoleUnusedDays
	created := detailEvidence(p, "create_date", second(r.Created))
	switch {
	case r.LastUsed != nil && p.OlderThan(*r.LastUsed, days):
		p.Fail(r, message.New("not used for %s (last on %s)", message.Days(p.Days(*r.LastUsed)), *r.LastUsed),
			detailEvidence(p, "role_last_used", second(*r.LastUsed))...)
	case r.LastUsed != nil:
		p.Pass(r, detailEvidence(p, "role_last_used", second(*r.LastUsed))...)
	case r.Created.IsZero():
		p.Unknown(r, message.New("when the role was created is not known"), created...)
	case p.OlderThan(r.Created, days):
		p.Fail(r, message.New("created %s ago (%s), and not used in the last 400 days", message.Days(p.Days(r.Created)), r.Created), created...)
	default:
		p.Pass(r, created...)
	}
}

var roleAdmin = &audit.Rule{
	ID:       "role-admin",
	Title:    "No role that people or other accounts assume is an administrator",
	Problem:  "A role that people or other accounts assume is an administrator",
	Category: audit.CategoryRoles,
	Severity: audit.High,
	Uses:     []account.Fact{account.RoleList, account.PolicyList, account.OrganizationFeatures},
	Why:      "Such a role is an administrator without a name: everyone who may assume it is one, and for another account nobody here sees who that is.",
	How: "Fails when a role that others than AWS's services can assume may do everything to everything, by all of its policies together and its boundary subtracted. One that is possibly an " +
		"administrator is unknown." + serviceLinkedOut + " and to roles that only services can assume." + administeredOut,
	Fix: fix(guide("access_policies_manage-attach-detach"),
		do("Attach what the role needs", "aws iam attach-role-policy --role-name NAME --policy-arn NARROW"),
		do("Console: IAM, Roles, the role, Permissions: detach the policy that grants everything", "aws iam detach-role-policy --role-name NAME --policy-arn ARN")),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			if administered(p, r) {
				return
			}
			others := t.ToOthers()
			who := p.Access.Role(r.ARN)
			why, undecided := who.Undecided()
			switch {
			case len(others) == 0:
				p.NotApplicable(r, message.New("only services can assume it"), p.Account.RoleCount.Evidence()...)
			case undecided:
				p.Unknown(r, why, p.Account.PolicyCount.Evidence()...)
			case who.Admin() == policy.Yes:
				by := who.AdminBy()
				p.Fail(r, message.New("is an administrator, and %s can assume it", principalsOfGrants(others)), slices.Concat(statements(p, by), trustEvidence(p, others))...).By(by)
			case who.Admin() == policy.Maybe:
				p.Unknown(r, doubt(who), statements(p, who.AdminBy())...).By(who.AdminBy())
			default:
				p.Pass(r, p.Account.PolicyCount.Evidence()...)
			}
		})
	},
}

var roleConfusedDeputy = &audit.Rule{
	ID:           "role-confused-deputy",
	Title:        "A service acts only for this account",
	Problem:      "A service may act for another account",
	Category:     audit.CategoryRoles,
	Severity:     audit.Low,
	OffByDefault: true,
	Uses:         []account.Fact{account.RoleList},
	Why:          "A service that acts for many accounts may be asked by somebody else to act with your role (the confused deputy). Not every service needs this, so the rule is noisy.",
	How: "Fails when a service can assume the role for somebody else: no condition on aws:SourceAccount, aws:SourceArn, aws:SourceOrgID or aws:SourceOrgPaths refuses it where it acts for an " +
		"account that is neither this one nor in accounts.trusted. What counts is whom a condition lets in, not that it is there." + serviceLinkedOut +
		", to roles that no service can assume, and to EC2 and Lambda, to which a role is passed within its own account.",
	Fix: trustFix(guide("confused-deputy"), `add "Condition": {"StringEquals": {"aws:SourceAccount": "ACCOUNT"}}`),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			services := t.Which(func(g access.TrustGrant) bool { return g.Kind == access.TrustsService && !passedWithin(g.Principal) })
			for i, g := range services {
				services[i].ActsFor = slices.DeleteFunc(slices.Clone(g.ActsFor), func(number string) bool { return slices.Contains(p.Settings.TrustedAccounts, number) })
			}
			bare := slices.DeleteFunc(slices.Clone(services), func(g access.TrustGrant) bool { return len(g.ActsFor) == 0 })
			switch {
			case len(services) == 0:
				p.NotApplicable(r, message.New("no service can assume it for other accounts"), p.Account.RoleCount.Evidence()...)
			case len(bare) == 0:
				p.Pass(r, trustEvidence(p, services)...)
			case slices.ContainsFunc(bare, func(g access.TrustGrant) bool { return g.ActsFor[0] == access.AnyAccount }):
				failGrants(p, r, bare, message.New("%s can assume it for any account that asks", principalsOfGrants(bare)))
			default:
				failGrants(p, r, bare, message.New("%s can assume it for account %s", principalsOfGrants(bare), names(bare[0].ActsFor)))
			}
		})
	},
}

// passedWithin reports whether a service takes a role only from its own account, by iam:PassRole, and sends nothing of
// whom it acts for: EC2's instances and Lambda's functions.
func passedWithin(service string) bool {
	name, _, _ := strings.Cut(service, ".")
	return name == "ec2" || name == "lambda"
}

// awsPolicy reports whether an attached policy is AWS's own of that name.
func awsPolicy(name string) func(account.AttachedPolicy) bool {
	return func(attached account.AttachedPolicy) bool {
		return account.OfAWS(attached.ARN) && strings.HasSuffix(attached.ARN, "/"+name)
	}
}

var supportRole = &audit.Rule{
	ID:       "support-role",
	Title:    "A role may open support cases",
	Problem:  "No role may open support cases",
	Category: audit.CategoryRoles,
	Severity: audit.Low,
	Uses:     []account.Fact{account.RoleList},
	Why:      "In an incident somebody must be able to talk to AWS. Without a role for it that is root's or an administrator's business.",
	How:      "Passes when AWS's policy AWSSupportAccess is attached to a role. That it is attached to none needs a complete list of roles.",
	Fix: fix("https://docs.aws.amazon.com/awssupport/latest/user/accessing-support.html",
		do("Console: IAM, Roles, Create role for the people who handle incidents", "aws iam create-role --role-name NAME --assume-role-policy-document file://trust.json"),
		do("Give it the policy AWSSupportAccess", "aws iam attach-role-policy --role-name NAME --policy-arn arn:aws:iam::aws:policy/AWSSupportAccess")),
	Check: func(p *audit.Pass) {
		for _, r := range p.Account.Roles {
			if slices.ContainsFunc(r.AttachedPolicies, awsPolicy("AWSSupportAccess")) {
				p.Pass(p.Account, detailEvidence(p, "attached_policies", "AWSSupportAccess")...)
				return
			}
		}
		if p.Require(p.Account, account.RoleList) {
			p.Fail(p.Account, message.New("AWSSupportAccess is attached to no role"), p.Account.RoleCount.Evidence()...)
		}
	},
}

var readonlyCrossAccount = &audit.Rule{
	ID:       "readonly-cross-account",
	Title:    "No other account may read everything",
	Problem:  "Another account may read everything",
	Category: audit.CategoryRoles,
	Severity: audit.Medium,
	Uses:     []account.Fact{account.RoleList},
	Why:      "ReadOnlyAccess reads data too: every bucket, table and message. An auditor or a monitoring service needs SecurityAudit or ViewOnlyAccess.",
	How: "Fails when AWS's policy ReadOnlyAccess is attached to a role that another account, or anybody, can assume, whatever condition it must meet." + serviceLinkedOut +
		" and to roles without ReadOnlyAccess.",
	Fix: fix(guide("access_policies_job-functions"),
		do("Console: IAM, Roles, the role, Permissions: attach SecurityAudit or ViewOnlyAccess",
			"aws iam attach-role-policy --role-name NAME --policy-arn arn:aws:iam::aws:policy/SecurityAudit"),
		do("Detach ReadOnlyAccess", "aws iam detach-role-policy --role-name NAME --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess")),
	Check: func(p *audit.Pass) {
		trusting(p, func(r *account.Role, t *access.Trust) {
			if !slices.ContainsFunc(r.AttachedPolicies, awsPolicy("ReadOnlyAccess")) {
				p.NotApplicable(r, message.New("without ReadOnlyAccess"), p.Account.RoleCount.Evidence()...)
				return
			}
			others := judged(t.Which(func(g access.TrustGrant) bool { return g.External }), func(g access.TrustGrant) policy.Truth {
				if g.Kind == access.TrustsAnyone {
					return g.Foreign
				}
				return policy.Yes
			})
			if len(others) > 0 {
				text := message.New("reads everything (ReadOnlyAccess), and %s can assume it", principalsOfGrants(others))
				evidence := slices.Concat(detailEvidence(p, "attached_policies", "ReadOnlyAccess"), trustEvidence(p, others))
				if certainly(others) {
					p.Fail(r, text, evidence...)
				} else {
					p.Unknown(r, hangsOn(t, others, text), evidence...)
				}
				return
			}
			p.Pass(r, p.Account.RoleCount.Evidence()...)
		})
	},
}
