package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var rootNoAccessKeys = &audit.Rule{
	ID:         "root-no-access-keys",
	Title:      "Root has no access key",
	Problem:    "Root has an access key",
	Category:   audit.CategoryRoot,
	Severity:   audit.Critical,
	Needs:      []account.Fact{account.RootAccessKeys},
	Details:    []account.Fact{account.RootLastUsed},
	Point:      1,
	PointTitle: "Delete your root access keys",
	Why: "A root access key can do everything in the account, no policy limits it, and it asks for no MFA code. Someone who finds it in a " +
		"repository or on a laptop owns the account.",
	How: "Fails when root has an access key, active or inactive: AccountAccessKeysPresent of the account summary, or else the root row of the " +
		"credential report. The report alone tells active keys from inactive ones. A summary that counts no key while the root row shows one is " +
		"read once more, and then not believed: unknown, until AWS makes a new report, within four hours.",
	Fix: fix(guide("id_root-user_manage_delete-key"),
		do("See in the credential report where the key was last used, and give that work a role"),
		do("Console: sign in as root, open the account menu, Security credentials, Access keys: deactivate the key, and see for some days that nothing breaks",
			"aws iam update-access-key --access-key-id KEYID --status Inactive"),
		do("Delete it, signed in as root or in a session of aws sts assume-root", "aws iam delete-access-key --access-key-id KEYID")),
	Check: func(p *audit.Pass) {
		root := p.Account.Root
		keys := root.AccessKeys.Value()
		if !keys.Present {
			p.Pass(root)
			return
		}
		p.Detail(root, account.RootLastUsed)
		evidence := root.AccessKeys.Evidence()
		switch {
		case !keys.Detailed:
			p.Fail(root, message.New("root has an access key; it is not known whether it is active"), evidence...)
		case keys.Active == 0:
			p.Fail(root, message.New("root has %s and no active one", message.Plural(keys.Inactive, "%d inactive access key", "%d inactive access keys")), evidence...)
		default:
			p.Fail(root, rootKeysText(root, keys), slices.Concat(evidence, root.LastUsed.Evidence())...)
		}
	},
}

func rootKeysText(root *account.Root, keys account.RootKeys) message.Message {
	use, ok := root.LastUsed.Get()
	at := use.AccessKey1
	if use.AccessKey2.After(at) {
		at = use.AccessKey2
	}
	has := message.New("root has %d active and %d inactive access keys", keys.Active, keys.Inactive)
	switch {
	case !ok:
		return has
	case at.IsZero():
		return message.New("%s, never used", has)
	}
	return message.New("%s, last used %s", has, at)
}

var rootMFA = &audit.Rule{
	ID:         "root-mfa",
	Title:      "Root has an MFA device, or no credentials at all",
	Problem:    "Root has no MFA device",
	Category:   audit.CategoryRoot,
	Severity:   audit.Critical,
	Uses:       []account.Fact{account.RootMFA, account.RootPassword, account.RootAccessKeys},
	Point:      2,
	PointTitle: "Activate MFA on your root account",
	Why:        "Root can close the account and undo every other protection. Without MFA one guessed or phished password is enough.",
	How: "Passes when root has an MFA device of any kind (AccountMFAEnabled of the account summary, or else mfa_active in the credential report's " +
		"root row), and when root has neither a password nor an access key, as in a member account under central root management. Fails when " +
		"root has a credential and no device. Where the summary tells of a device, or of no credential, and the root row does not, both are read once " +
		"more; if they still differ it is unknown, unless a virtual device is seen to be root's. Not applicable in AWS GovCloud (partition " +
		"aws-us-gov), where root does not sign in to the console, and in China (aws-cn), which has no root user.",
	Fix: fix(guide("enable-mfa-for-root"),
		do("Console: sign in as root, open the account menu, Security credentials, Multi-factor authentication, Assign MFA device: a passkey or a security key"),
		do("Register a second one and keep it in another place"),
		do("See that it is done: this prints 1", "aws iam get-account-summary --query SummaryMap.AccountMFAEnabled")),
	Check: outsideGovCloud(func(p *audit.Pass, root *account.Root) {
		if has, _ := root.MFA.Get(); has {
			p.Pass(root, root.MFA.Evidence()...)
			return
		}
		switch rootCredentials(p) {
		case rootHasSome:
			if p.Require(root, account.RootMFA) {
				p.Fail(root, rootWithoutMFA(root), slices.Concat(root.MFA.Evidence(), rootCredentialEvidence(root))...)
			}
		case rootHasNone:
			p.Pass(root, slices.Concat(root.MFA.Evidence(), rootCredentialEvidence(root))...)
		}
	}),
}

var rootHardwareMFA = &audit.Rule{
	ID:       "root-hardware-mfa",
	Title:    "Root's MFA devices are security keys, passkeys or hardware tokens",
	Problem:  "Root has no hardware MFA device, or an authenticator app",
	Category: audit.CategoryRoot,
	Severity: audit.High,
	Under:    "root-mfa",
	Uses:     []account.Fact{account.RootMFA, account.RootPassword, account.RootAccessKeys, account.RootVirtualMFA},
	Why: "The secret of an authenticator app can be copied out of a phone or its backup, and its codes can be phished. A security key " +
		"or hardware token cannot be copied, and a key or passkey answers only to the real sign-in page.",
	How: "Fails when root has a credential and no MFA device, and when any assigned virtual device belongs to root. A device is root's when its " +
		"owner's ARN ends in :root, whatever the name of the device. Passes when root has a device and no virtual device of the account is root's. " +
		"Not applicable where root has neither a password nor an access key, in AWS GovCloud (partition aws-us-gov), and in China (aws-cn).",
	Fix: fix(guide("enable-fido-mfa-for-root"),
		do("Console: sign in as root, open the account menu, Security credentials, Multi-factor authentication: assign a security key or passkey"),
		do("Sign in with it once"),
		do("Remove the authenticator app, and see that no virtual device is root's", "aws iam list-virtual-mfa-devices --assignment-status Assigned")),
	Check: outsideGovCloud(func(p *audit.Pass, root *account.Root) {
		has := rootCredentials(p)
		virtual, _ := root.VirtualMFADevices.Get()
		switch {
		case has == rootUnsure:
		case has == rootHasNone:
			p.NotApplicable(root, message.New("root has no credentials"), rootCredentialEvidence(root)...)
		case len(virtual) > 0:
			p.Fail(root, message.New("root signs in with an authenticator app (%s)", account.ShortARN(virtual[0].Serial)),
				slices.Concat(root.MFA.Evidence(), root.VirtualMFADevices.Evidence())...)
		case !p.Require(root, account.RootMFA):
		case !root.MFA.Value():
			p.Fail(root, rootWithoutMFA(root), slices.Concat(root.MFA.Evidence(), rootCredentialEvidence(root))...)
		case p.Require(root, account.RootVirtualMFA):
			p.Pass(root, slices.Concat(root.MFA.Evidence(), root.VirtualMFADevices.Evidence())...)
		}
	}),
}

var rootNotUsed = &audit.Rule{
	ID:       "root-not-used",
	Title:    "Root was not used lately",
	Problem:  "Root was used lately",
	Category: audit.CategoryRoot,
	Severity: audit.High,
	Uses:     []account.Fact{account.RootLastUsed},
	Why: "Daily work as root cannot be limited, and nobody can tell which person did it. A sign-in that nobody planned may be the only sign " +
		"that somebody else has the password.",
	How: "Takes the latest of three dates: the last use of root's password, of access key 1 and of access key 2 (credential report, and the live " +
		"date that comes with root's virtual MFA device). Fails when one that was seen is at most thresholds.root_unused_days (90) ago; passes when all were " +
		"read and are older, or show no use, as of the credential report. Not applicable in China (aws-cn), which has no root user.",
	Fix: fix(guide("root-user-best-practices"),
		do("Console: CloudTrail, Event history, User name root: find out who signed in and why",
			"aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=root"),
		do("Give that work to an administrator, and root's password to nobody")),
	Check: outsideChina(func(p *audit.Pass, root *account.Root) {
		at, what := root.SeenUse.Latest()
		if at.IsZero() || p.OlderThan(at, p.Thresholds.RootUnusedDays) {
			if p.Require(root, account.RootLastUsed) {
				p.Pass(root, root.LastUsed.Evidence()...)
			}
			return
		}
		text := message.New("%s of root was used %s ago (%s)", rootCredential(what), message.Days(p.Days(at)), at)
		if p.Days(at) == 0 {
			text = message.New("%s of root was used in the last 24 hours (%s)", rootCredential(what), at)
		}
		p.Fail(root, text, root.SeenUseEvidence...)
	}),
}

var rootNoSigningCertificates = &audit.Rule{
	ID:       "root-no-signing-certificates",
	Title:    "Root has no X.509 signing certificate",
	Problem:  "Root has an X.509 signing certificate",
	Category: audit.CategoryRoot,
	Severity: audit.High,
	Needs:    []account.Fact{account.RootSigningCertificates},
	Why: "A signing certificate signs requests of old SOAP interfaces as root, like an access key, and people forget it more easily " +
		"than a key.",
	How: "Fails when root has a signing certificate, active or not: AccountSigningCertificatesPresent of the account summary, or else the root row " +
		"of the credential report. Where the summary counts none and the root row shows one, both are read once more; if they still differ it is unknown.",
	Fix: fix(reference("DeleteSigningCertificate"),
		do("Console: sign in as root, open the account menu, Security credentials, X.509 signing certificates: deactivate it, and see that nothing breaks",
			"aws iam update-signing-certificate --certificate-id ID --status Inactive"),
		do("Delete it, signed in as root or in a session of aws sts assume-root", "aws iam delete-signing-certificate --certificate-id ID")),
	Check: func(p *audit.Pass) {
		root := p.Account.Root
		p.Decide(root, !root.SigningCertificates.Value(), message.New("root has an X.509 signing certificate"))
	},
}

var rootCentralized = &audit.Rule{
	ID:       "root-centralized",
	Title:    "Root of the member accounts is managed centrally",
	Problem:  "Root of the member accounts is not managed centrally",
	Category: audit.CategoryRoot,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.OrganizationFeatures},
	Why: "Every member account has a root user that no policy of the account limits, with a password of its own to recover and protect. " +
		"Under central management member accounts need no root credentials at all, and new ones get none.",
	How: "Fails when iam:ListOrganizationsFeatures answers and RootCredentialsManagement is not among the enabled features; RootSessions " +
		"alone does not count. AWS answers the management account and the delegated administrator of IAM alone. Where the organization " +
		"does not have all features on, or does not trust IAM, the answer does not tell which account asked, and the verdict is " +
		"unknown. Not applicable to an account that is neither of the two, and to one without an organization.",
	Fix: fix(guide("id_root-enable-root-access"),
		do("Sign in to the management account and let IAM in", "aws organizations enable-aws-service-access --service-principal iam.amazonaws.com"),
		do("Console: IAM, Root access management, Enable, Root credentials management", "aws iam enable-organizations-root-credentials-management")),
	Check: func(p *audit.Pass) {
		features := p.Account.OrganizationsFeatures.Value()
		switch features.Refusal {
		case "":
			checkRootCentralized(p, features.Enabled)
		case account.RefusedNotManagement:
			p.NotApplicable(p.Account, message.New("neither the organization's management account nor its delegated administrator of IAM"))
		case account.RefusedNoOrganization:
			p.NotApplicable(p.Account, message.New("the account is in no organization"))
		case account.RefusedNotAllFeatures:
			p.Unknown(p.Account, message.New("AWS said %s: the organization does not have all features on", features.Refusal))
		case account.RefusedServiceAccess:
			p.Unknown(p.Account, message.New("AWS said %s: the organization does not trust IAM", features.Refusal))
		default:
			p.Unknown(p.Account, message.New("AWS said %s", features.Refusal))
		}
	},
}

func checkRootCentralized(p *audit.Pass, enabled []string) {
	switch {
	case slices.Contains(enabled, account.RootCredentialsManagement):
		p.Pass(p.Account)
	case len(enabled) > 0:
		p.Fail(p.Account, message.New("root of the member accounts is not managed centrally: only %s is on", message.Names(2, enabled)))
	default:
		p.Fail(p.Account, message.New("root of the member accounts is not managed centrally: no feature for it is on"))
	}
}

// outsideGovCloud makes a check of root's console sign-in, which a GovCloud account's root user does not have: that
// account belongs to a commercial one.
func outsideGovCloud(check func(*audit.Pass, *account.Root)) func(*audit.Pass) {
	return func(p *audit.Pass) {
		if p.Account.Partition == "aws-us-gov" {
			p.NotApplicable(p.Account.Root, message.New("in AWS GovCloud root does not sign in to the console"))
			return
		}
		outsideChina(check)(p)
	}
}

const china = "aws-cn"

// outsideChina makes a check of the root user, which China has not (docs.amazonaws.cn, IAM User Guide); one that was
// seen nevertheless is judged.
func outsideChina(check func(*audit.Pass, *account.Root)) func(*audit.Pass) {
	return func(p *audit.Pass) {
		root := p.Account.Root
		password, _ := root.Password.Get()
		keys, _ := root.AccessKeys.Get()
		if at, _ := root.SeenUse.Latest(); p.Account.Partition == china && !password && !keys.Present && at.IsZero() {
			p.NotApplicable(root, message.New("AWS China has no root user"))
			return
		}
		check(p, root)
	}
}

// rootCredential names the credential that [account.RootUse.Latest] tells of.
func rootCredential(what string) message.Message {
	switch what {
	case "access-key-1":
		return message.New("access key 1")
	case "access-key-2":
		return message.New("access key 2")
	}
	return message.New("the password")
}

// rootHas says whether root has anything to sign in or call with.
type rootHas int

const (
	rootUnsure rootHas = iota // answered unknown
	rootHasSome
	rootHasNone
)

// rootCredentials finds one credential, or makes sure that there is none. One that was seen is enough, whatever is not
// known of the other.
func rootCredentials(p *audit.Pass) rootHas {
	root := p.Account.Root
	password, _ := root.Password.Get()
	keys, _ := root.AccessKeys.Get()
	if password || keys.Present {
		return rootHasSome
	}
	if p.Require(root, account.RootPassword) && p.Require(root, account.RootAccessKeys) {
		return rootHasNone
	}
	return rootUnsure
}

func rootCredentialEvidence(root *account.Root) []audit.Evidence {
	return slices.Concat(root.Password.Evidence(), root.AccessKeys.Evidence())
}

func rootWithoutMFA(root *account.Root) message.Message {
	if password, _ := root.Password.Get(); password {
		return message.New("root has a password and no MFA device")
	}
	return message.New("root has an access key and no MFA device")
}
