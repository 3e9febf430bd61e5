package rules

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
)

// changing makes the changes that clear a failure.
type changing = func(*audit.Fixing, *audit.Finding) []change.Change

// changes are those of each rule. Rules about one thing share them, so that one change clears what they all find.
var changes = map[string]changing{
	"root-no-access-keys":          alone("person:DeleteRootAccessKeys"),
	"root-mfa":                     alone("person:EnrolRootMFADevice"),
	"root-hardware-mfa":            hardenRoot,
	"root-not-used":                leaveRootAlone,
	"root-no-signing-certificates": alone("person:DeleteRootSigningCertificates"),
	"root-centralized":             alone("iam:EnableOrganizationsRootCredentialsManagement"),

	"individual-users":                alone("person:EnableIdentityCenter"),
	"groups-grant-permissions":        firstGroup,
	"user-permissions-through-groups": ofUser(throughGroups),
	"user-in-group":                   ofUser(intoGroup),
	"group-not-empty":                 emptyGroup,
	"group-has-policy":                emptyGroup,
	"user-active":                     ofUser(retireUser),
	"account-alias":                   alone("person:ChooseAccountAlias"),
	"identity-federation":             alone("person:EnableIdentityCenter"),
	"user-tags":                       ofUser(tagUser),

	"password-policy":      wholePasswordPolicy,
	"password-min-length":  wholePasswordPolicy,
	"password-reuse":       wholePasswordPolicy,
	"password-uppercase":   wholePasswordPolicy,
	"password-lowercase":   wholePasswordPolicy,
	"password-symbol":      wholePasswordPolicy,
	"password-number":      wholePasswordPolicy,
	"password-expiry":      wholePasswordPolicy,
	"password-self-change": wholePasswordPolicy,
	"password-hard-expiry": wholePasswordPolicy,

	"console-mfa":                  ofPresent(enrol),
	"user-mfa":                     ofPresent(enrol),
	"machine-user-mfa":             ofUser(enrolOrReplace),
	"admin-phishing-resistant-mfa": ofPresent(enrol),
	"admin-spare-mfa":              ofPresent(enrolAnother),
	"mfa-orphan-device": func(_ *audit.Fixing, f *audit.Finding) []change.Change {
		return list(change.New("iam:DeleteVirtualMFADevice", f.Resource))
	},
	"mfa-sms": ofPresent(withoutDeviceOf),

	"mfa-enforced-console":    ofPresent(enrol),
	"mfa-enforced-access-key": ofUser(guardKeys),
	"mfa-unclaimed":           ofPresent(claim),
	"mfa-enrolment-possible":  ofPresent(enrol),
	"mfa-first-sign-in":       ofPresent(letIn),
	"mfa-guard-operator":      correctMFAPolicy,
	"mfa-guard-scope":         correctMFAPolicy,
	"mfa-guard-exceptions":    correctMFAPolicy,
	"mfa-self-service-scope":  correctMFAPolicy,
	"mfa-passkey-cli":         ofUser(codesToo),
	"role-trust-mfa":          ofRole(askTrustedForMFA),

	"access-key-rotation":      rotateKeyOf,
	"access-key-unused":        retireKey,
	"access-key-single":        ofUser(oneKey),
	"access-key-inactive":      forgetKey,
	"access-key-with-password": ofUser(noKeys),
	"access-key-at-setup":      retireKey,
	"access-key-quarantined":   ofUser(afterLeak),

	"password-unused":    ofUser(takePassword),
	"password-unclaimed": ofUser(takePassword),

	"ssh-key-age":                ofPresent(replaceSSHKey),
	"git-credential-age":         ofPresent(replaceServiceCredential),
	"api-key-expiry":             ofPresent(replaceServiceCredential),
	"api-key-phantom-user":       ofUser(clearPhantom),
	"signing-certificate":        retireCertificate,
	"server-certificate-expired": replaceServerCertificate,

	"admin-policy-attached":   narrowIt,
	"admin-policy-inline":     narrowIt,
	"admin-policy-unattached": deletePolicy,
	"admin-count":             fewerAdmins,
	"service-wildcard":        narrowIt,
	"not-action-allow":        narrowIt,
	"privilege-escalation":    narrowWho,
	"pass-role-any":           narrowIt,
	"assume-role-any":         narrowIt,
	"cloudtrail-full-access":  narrowIt,
	"kms-full-access":         narrowIt,
	"marketplace-subscribe":   narrowIt,
	"cloudshell-full-access":  detachCloudShell,
	"policy-unused":           deletePolicy,
	"inline-policy":           makeManaged,
	"policy-unknown-action":   correctActions,
	"data-read-wide":          narrowWho,
	"resource-exposure":       narrowWho,
	"credentials-exposure":    narrowWho,

	"role-trust-public":      ofRole(nameTrusted),
	"role-trust-external":    ofRole(askForExternalID),
	"role-trust-federated":   ofRole(nameClaim),
	"role-trust-deleted":     ofRole(forgetDeleted),
	"role-unused":            ofRole(retireRole),
	"role-admin":             narrowWho,
	"role-confused-deputy":   ofRole(actForOwnAccount),
	"support-role":           alone("person:MakeSupportRole"),
	"readonly-cross-account": ofRole(auditOnly),
	"role-tags":              ofRole(tagRole),

	"security-contact": func(*audit.Fixing, *audit.Finding) []change.Change {
		return list(change.New("person:RegisterContact", "SECURITY"))
	},
	"contacts-differ": registerContacts,
	"access-analyzer": createAnalyzer,
	"analyzer-tags":   tagAnalyzer,
}

// withChanges gives each rule's fix its changes.
func withChanges(rules []*audit.Rule) []*audit.Rule {
	for _, r := range rules {
		r.Fix.Changes = changes[r.ID]
	}
	return rules
}

func list(changes ...change.Change) []change.Change { return changes }

// alone is the one change that has no parameters.
func alone(action string) changing {
	return func(*audit.Fixing, *audit.Finding) []change.Change { return list(change.New(action)) }
}

// ofUser is a change of the user whom a failure is about; none where the user isn't listed.
func ofUser(of func(*audit.Fixing, *account.User, *audit.Finding) []change.Change) changing {
	return func(on *audit.Fixing, f *audit.Finding) []change.Change {
		if u := on.Account.User(f.Name); u != nil {
			return of(on, u, f)
		}
		return nil
	}
}

// seen is what is known of something, or nothing where it isn't.
func seen[T any](fact account.Known[T]) T {
	value, _ := fact.Get()
	return value
}

// ofPresent is the same of a user who is there to do it; one whom nobody has missed for long is deleted, where it matters.
func ofPresent(of func(*audit.Fixing, *account.User, *audit.Finding) []change.Change) changing {
	return ofUser(func(on *audit.Fixing, u *account.User, f *audit.Finding) []change.Change {
		if f.Severity > audit.Info && quietUser(on, u) && u.AttachedPolicies.OK() {
			return retireUser(on, u, f)
		}
		return of(on, u, f)
	})
}

// ofRole is the same of a role.
func ofRole(of func(*audit.Fixing, *account.Role, *audit.Finding) []change.Change) changing {
	return func(on *audit.Fixing, f *audit.Finding) []change.Change {
		if r := roleOf(on, f.Resource); r != nil {
			return of(on, r, f)
		}
		return nil
	}
}

func roleOf(on *audit.Fixing, arn string) *account.Role {
	if who := on.Role(arn); who != nil {
		return who.Role
	}
	return nil
}

func hardenRoot(on *audit.Fixing, _ *audit.Finding) []change.Change {
	all := list(change.New("person:EnrolRootMFADevice"))
	devices, _ := on.Account.Root.VirtualMFADevices.Get()
	return append(all, lists.Map(devices, func(d account.MFADevice) change.Change { return change.New("person:RemoveRootMFADevice", d.Serial) })...)
}

func leaveRootAlone(on *audit.Fixing, _ *audit.Finding) []change.Change {
	at, _ := on.Account.Root.SeenUse.Latest()
	return list(change.New("person:WaitUntil", at.AddDate(0, 0, on.Thresholds.RootUnusedDays+1).Format(time.DateOnly)))
}

// wholePasswordPolicy sets all that the rules want of the password policy, and leaves the rest as it is.
func wholePasswordPolicy(on *audit.Fixing, f *audit.Finding) []change.Change {
	p, limits := account.PasswordPolicy{}, on.Thresholds
	if set, _ := on.Account.PasswordPolicy.Get(); set != nil {
		p = *set
	}
	p.MinimumPasswordLength = max(p.MinimumPasswordLength, int32(limits.PasswordMinLength), defaultMinLength)
	p.PasswordReusePrevention = max(p.PasswordReusePrevention, int32(limits.PasswordReuse))
	p.RequireUppercase, p.RequireLowercase, p.RequireNumbers, p.RequireSymbols = true, true, true, true
	p.AllowUsersToChangePassword, p.HardExpiry = true, false
	if f.Rule == "password-expiry" { // which few want
		p.MaxPasswordAgeDays = int32(limits.PasswordMaxAgeDays)
	}
	return list(change.PasswordPolicy(p))
}

// tags are those that are required and missing.
func missingTags(on *audit.Fixing, tags []account.Tag) []string {
	return lists.Filter(on.Settings.RequiredTags, func(key string) bool {
		return !slices.ContainsFunc(tags, func(t account.Tag) bool { return t.Key == key })
	})
}

func tagUser(on *audit.Fixing, u *account.User, _ *audit.Finding) []change.Change {
	return lists.Map(missingTags(on, seen(u.Tags)), func(key string) change.Change { return change.New("person:TagUser", u.Name, key) })
}

func tagRole(on *audit.Fixing, r *account.Role, _ *audit.Finding) []change.Change {
	return lists.Map(missingTags(on, r.Tags), func(key string) change.Change { return change.New("person:TagRole", r.Name, key) })
}

// analyzerOf finds the analyzer of an ARN, and its region.
func tagAnalyzer(on *audit.Fixing, f *audit.Finding) (all []change.Change) {
	for _, r := range on.Account.Regions {
		analyzers, _ := r.Analyzers.Get()
		for _, a := range analyzers {
			if a.ARN == f.Resource {
				for _, key := range missingTags(on, a.Tags) {
					all = append(all, change.New("person:TagAnalyzer", a.Name, key, r.Name))
				}
			}
		}
	}
	return all
}

// createAnalyzer makes an analyzer of external access in a region, in the place of one that isn't active.
func createAnalyzer(on *audit.Fixing, f *audit.Finding) (all []change.Change) {
	name := "external-access"
	for _, r := range on.Account.Regions {
		if r.Name != f.Item {
			continue
		}
		for _, a := range seen(r.Analyzers) {
			if a.External() && a.Type == "ACCOUNT" {
				all = append(all, change.New("access-analyzer:DeleteAnalyzer", a.Name, r.Name))
			} else if a.Name == name {
				name += "-2"
			}
		}
	}
	return append(all, change.New("access-analyzer:CreateAnalyzer", name, "ACCOUNT", f.Item))
}

// registerContacts registers the contacts that are missing, and others for those that are the same as one before.
func registerContacts(on *audit.Fixing, _ *audit.Finding) (all []change.Change) {
	seen := map[string]bool{}
	for i, c := range alternateContacts(on.Account) {
		has, known := c.known.Get()
		same := false
		if has != nil {
			for _, value := range []string{strings.ToLower(strings.TrimSpace(has.Email)), digits(has.Phone)} {
				same = same || value != "" && seen[value]
				seen[value] = true
			}
		}
		if known && (has == nil || same) {
			all = append(all, change.New("person:RegisterContact", []string{"SECURITY", "BILLING", "OPERATIONS"}[i]))
		}
	}
	return all
}
