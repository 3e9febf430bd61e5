package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

var possiblyAdmin = message.New("possibly an administrator, under conditions on which nothing is known")

var adminPolicyAttached = &audit.Rule{
	ID:       "admin-policy-attached",
	Title:    "No attached policy grants full administration",
	Problem:  "An attached policy grants full administration",
	Category: audit.CategoryPermissions,
	Severity: audit.High,
	Uses:     ownPolicyFacts,
	Why:      "Someone who gets hold of a full administrator's key or session owns the account: they can make users of their own, and stop the log first.",
	How: "Judges each attached managed policy, AWS's or the account's own, by itself and by what it allows, not by its name: fails when it allows every action on " +
		"every resource, in one statement or several, its own Denies subtracted. What it allows only under conditions that nobody knows is unknown. Not applicable to " +
		"a policy that is attached to nobody.",
	Fix: takeAdminAway,
	Check: func(p *audit.Pass) {
		managedPolicies(p, false, func(j judgedPolicy) {
			if j.managed.AttachmentCount == 0 && len(j.holders) == 0 {
				if requireLists(p, account.UserList, account.GroupList, account.RoleList) {
					p.NotApplicable(j.at, message.New("attached to nobody"), detailEvidence(p, "attachment_count", "0")...)
				}
				return
			}
			checkAdminPolicy(p, j, func(by, holders message.List) message.Message {
				if len(j.holders) == 0 { // AWS counts one that no list has
					return message.New("grants full administration (%s); attached to somebody who is not listed", by)
				}
				return message.New("grants full administration (%s); attached to %s", by, holders)
			})
		})
	},
}

func checkAdminPolicy(p *audit.Pass, j judgedPolicy, text func(by, holders message.List) message.Message) {
	permissions := p.Access.Permissions(j.document)
	evidence := statements(p, permissions.AdminBy)
	switch permissions.Admin {
	case policy.Yes:
		p.Fail(j.at, text(message.Names(1, permissions.AdminBy), message.Names(1, j.holders)), evidence...).About(j.holders).By(permissions.AdminBy)
	case policy.Maybe:
		p.Unknown(j.at, message.New("may grant full administration, under conditions that are not known (%s)", message.Names(1, permissions.AdminBy)),
			evidence...).By(permissions.AdminBy)
	default:
		p.Pass(j.at, p.Account.PolicyCount.Evidence()...)
	}
}

var adminPolicyInline = &audit.Rule{
	ID:       "admin-policy-inline",
	Title:    "No inline policy grants full administration",
	Problem:  "An inline policy grants full administration",
	Category: audit.CategoryPermissions,
	Severity: audit.Critical,
	Uses:     ownPolicyFacts,
	Why:      "An inline policy is in no list of policies: an administrator made that way is overlooked by everybody who counts who has AdministratorAccess.",
	How: "Judges each inline policy of a user, group or role by itself: fails when it allows every action on every resource, in one statement or several, its own " +
		"Denies subtracted." + maybeUnknown,
	Fix: fix(guide("access_policies_manage-attach-detach"),
		do("Keep the document; for groups and roles there are get-group-policy and get-role-policy",
			"aws iam get-user-policy --user-name NAME --policy-name POLICY > old-policy.json"),
		do("Give what is needed by a policy that names it"),
		do("Console: IAM, Users (or User groups, Roles), the name, Permissions, the policy, Remove", "aws iam delete-user-policy --user-name NAME --policy-name POLICY")),
	Check: func(p *audit.Pass) {
		inlinePolicies(p, func(j judgedPolicy) {
			checkAdminPolicy(p, j, func(by, holders message.List) message.Message {
				return message.New("grants full administration (%s) to %s", by, holders)
			})
		})
	},
}

var adminPolicyUnattached = &audit.Rule{
	ID:       "admin-policy-unattached",
	Title:    "No unattached policy grants full administration",
	Problem:  "An unattached policy grants full administration",
	Category: audit.CategoryPermissions,
	Severity: audit.Low,
	Uses:     ownPolicyFacts,
	Why:      "A policy of one's own that grants everything, under whatever name, is one click from being attached by someone who takes it for what its name says.",
	How: "Judges the account's own managed policies that are attached to nobody, as admin-policy-attached does the others. A policy that is only a permissions boundary " +
		"grants nothing. Not applicable to a policy that is in use.",
	Fix: fix(guide("access_policies_manage-delete"),
		keepPolicy,
		do("Console: IAM, Policies, filter by Customer managed, select the policy, Delete; on the command line its other versions go first",
			"aws iam delete-policy --policy-arn ARN")),
	Check: func(p *audit.Pass) {
		managedPolicies(p, true, func(j judgedPolicy) {
			if j.managed.AttachmentCount+j.managed.BoundaryUseCount > 0 || len(j.holders) > 0 {
				p.NotApplicable(j.at, message.New("in use"), p.Account.PolicyCount.Evidence()...)
				return
			}
			checkAdminPolicy(p, j, func(by, _ message.List) message.Message {
				return message.New("grants full administration (%s), and is attached to nobody", by)
			})
		})
	},
}

var adminCount = &audit.Rule{
	ID:       "admin-count",
	Title:    "Few users and roles are administrators",
	Problem:  "Too many users and roles are administrators",
	Category: audit.CategoryPermissions,
	Severity: audit.Info,
	Uses:     []account.Fact{account.UserList, account.RoleList, account.UserPolicies, account.GroupList, account.PolicyList, account.OrganizationFeatures},
	Why:      "Each administrator is a way to lose the whole account. Two or three who share the work are enough; the rest is convenience.",
	How: "Counts the users, and the roles that others than AWS's services can assume, who may do everything to everything: by all of their policies together, those " +
		"of their groups included and a boundary subtracted. Fails when they are more than thresholds.max_admins (5). A user or role that is only possibly one, or whose policies aren't " +
		"known, makes it unknown where the number hangs on them. Roles that AWS or the organization administers, by what role-admin takes for proof, do not count.",
	Fix: takeAdminAway,
	Check: func(p *audit.Pass) {
		var sure, possible []string
		var refs []string
		for _, who := range p.Access.People() {
			if who.Role != nil && p.Access.Administered(who.Role, p.Settings.TrustedAccounts) {
				continue
			}
			switch who.Admin() {
			case policy.Yes:
				sure = append(sure, account.ShortARN(who.ARN))
				refs = append(refs, who.AdminBy()...)
			case policy.Maybe:
				possible = append(possible, account.ShortARN(who.ARN))
			}
		}
		slices.Sort(refs)
		evidence := slices.Concat(p.Account.UserCount.Evidence(), p.Account.RoleCount.Evidence(), statements(p, slices.Compact(refs)))
		limit := p.Thresholds.MaxAdmins
		switch {
		case len(sure) > limit:
			p.Fail(p.Account, message.New("%s; at most %d should be", administrators(len(sure)), limit), evidence...).About(sure)
		case !requireLists(p, account.UserList, account.RoleList):
		case len(sure)+len(possible) > limit:
			p.Unknown(p.Account, message.New("%s and %d more possibly; at most %d should be", administrators(len(sure)), len(possible), limit), evidence...).About(possible)
		default:
			p.Pass(p.Account, evidence...)
		}
	},
}

func administrators(n int) message.Count {
	return message.Plural(n, "%d user or role is an administrator", "%d users and roles are administrators")
}

// adminsWithPassword judges the users with a password who are administrators by their MFA devices; the others are
// answered.
func adminsWithPassword(p *audit.Pass, judge func(u *account.User, devices []account.MFADevice, evidence []audit.Evidence)) {
	for u := range passwordUsers(p) {
		who, ok := decided(p, u)
		if !ok {
			continue
		}
		evidence := slices.Concat(u.Password.Evidence(), u.AttachedPolicies.Evidence())
		switch who.Admin() {
		case policy.No:
			p.NotApplicable(u, message.New("not an administrator"), evidence...)
		case policy.Maybe:
			p.Unknown(u, doubt(who), slices.Concat(evidence, statements(p, who.AdminBy()))...).By(who.AdminBy())
		default:
			evidence = slices.Concat(u.Password.Evidence(), statements(p, who.AdminBy()))
			if devices, evidence, ok := devicesOf(p, u, evidence); ok {
				judge(u, devices, evidence)
			}
		}
	}
}

var adminPhishingResistantMFA = &audit.Rule{
	ID:       "admin-phishing-resistant-mfa",
	Title:    "Administrators have a passkey, security key or hardware token",
	Problem:  "An administrator has no passkey, security key or hardware token",
	Category: audit.CategoryMFA,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserPolicies, account.PolicyList, account.GroupList, account.UserMFA, account.UserMFADevices, account.OrganizationFeatures},
	Why:      "A code from an app is typed into a look-alike sign-in page as readily as a password. A passkey doesn't answer a page that isn't AWS's.",
	How: "Fails when a user with a console password who is an administrator, by all of their policies together, has neither a passkey or security key (FIDO) nor a hardware " +
		"token. A user who is possibly an administrator is unknown. Not applicable to users without a console password, to those who are no administrators, and in China " +
		"(aws-cn), where AWS has authenticator apps alone.",
	Fix: fix(guide("id_credentials_mfa"),
		do("Console: the administrator signs in and opens their name, Security credentials, Assign MFA device, Passkey or security key"),
		do("Or a hardware token, which shows codes",
			"aws iam enable-mfa-device --user-name NAME --serial-number TOKEN --authentication-code1 CODE --authentication-code2 NEXTCODE"),
		do("Remove the weaker device once the new one has been used", "aws iam deactivate-mfa-device --user-name NAME --serial-number ARN")),
	Check: func(p *audit.Pass) {
		adminsWithPassword(p, func(u *account.User, devices []account.MFADevice, evidence []audit.Evidence) {
			switch {
			case p.Account.Partition == china:
				p.NotApplicable(u, message.New("AWS China has authenticator apps alone"), evidence...)
			case len(devices) == 0:
				p.Fail(u, asOf(message.New("an administrator without any MFA device"), evidence), evidence...)
			case slices.ContainsFunc(devices, func(d account.MFADevice) bool { return d.Kind.PhishingResistant() }):
				p.Pass(u, evidence...)
			default:
				p.Fail(u, message.New("an administrator with only %s", kindNames(devices)), evidence...)
			}
		})
	},
}

// devicesOf returns a user's devices, where they are known, with what tells of them.
func devicesOf(p *audit.Pass, u *account.User, evidence []audit.Evidence) ([]account.MFADevice, []audit.Evidence, bool) {
	if !p.Require(u, account.UserMFA) {
		return nil, nil, false
	}
	if !u.MFA.Value() {
		return nil, slices.Concat(evidence, u.MFA.Evidence()), true
	}
	if !p.Require(u, account.UserMFADevices) {
		return nil, nil, false
	}
	return u.MFADevices.Value(), slices.Concat(evidence, u.MFADevices.Evidence()), true
}

// kindNames says which kinds of devices there are.
func kindNames(devices []account.MFADevice) message.List {
	words := map[account.MFAKind]message.Message{
		account.MFAVirtual: message.New("an authenticator app"), account.MFASMS: message.New("text messages"), account.MFAFIDO: message.New("a passkey"),
		account.MFAHardware: message.New("a hardware token"), account.MFAOther: message.New("a device of unknown kind"),
	}
	var kinds []account.MFAKind
	var list []message.Message
	for _, d := range devices {
		if !slices.Contains(kinds, d.Kind) {
			kinds, list = append(kinds, d.Kind), append(list, words[d.Kind])
		}
	}
	return message.Parts(list...)
}

var adminSpareMFA = &audit.Rule{
	ID:       "admin-spare-mfa",
	Title:    "Administrators have a spare MFA device",
	Problem:  "An administrator has only one MFA device",
	Category: audit.CategoryMFA,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserPolicies, account.PolicyList, account.GroupList, account.UserMFA, account.UserMFADevices, account.OrganizationFeatures},
	Why:      "A phone is lost, sold, or left in a taxi. If nobody else can help, the administrator with one device gets back in through root, and root's device may be that phone too.",
	How: "Fails when a user with a console password who is an administrator, by all of their policies together, has one MFA device only. A user who is possibly an " +
		"administrator is unknown. Not applicable to users without a console password, to those who are no administrators, and to those without any device, whom console-mfa tells of.",
	Fix: enrolDevice,
	Check: func(p *audit.Pass) {
		adminsWithPassword(p, func(u *account.User, devices []account.MFADevice, evidence []audit.Evidence) {
			switch {
			case len(devices) == 0:
				p.NotApplicable(u, message.New("no MFA device"), evidence...)
			case len(devices) == 1:
				p.Fail(u, message.New("an administrator with only one MFA device: %s", kindNames(devices)), evidence...)
			default:
				p.Pass(u, evidence...)
			}
		})
	},
}
