package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// paths are the ways in that a user has a credential for. Where that isn't known he is answered unknown.
func paths(p *audit.Pass, u *account.User) (have []access.Path, ok bool) {
	password, keys := p.Require(u, account.UserPassword), p.Require(u, account.UserAccessKeys)
	if !password || !keys {
		return nil, false
	}
	if u.Password.Value() {
		have = append(have, access.Console)
	}
	if len(activeKeys(u.AccessKeys.Value())) > 0 {
		have = append(have, access.AccessKey)
	}
	return have, true
}

// noCredential is why rules about who could enrol a device don't apply.
var noCredential = audit.Textf("no console password and no active access key")

var mfaUnclaimed = &audit.Rule{
	ID:       "mfa-unclaimed",
	Title:    "Nobody else can enrol the first MFA device",
	Problem:  "Someone else can enrol the first MFA device",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.High,
	Needs:    []account.Fact{account.UserMFA},
	Uses:     append([]account.Fact{account.UserPassword, account.UserAccessKeys}, policyFacts...),
	Why: "A guard must let a user without a device enrol one. Until he did, whoever holds his password or key enrols his own phone, and is the user from then " +
		"on, MFA and all.",
	How: "Fails when MFA is enforced, by the user's policies, on a way in for which he has a credential (console password, active access key), and he has no " +
		"MFA device. Passes with a device. Not applicable to users without a credential, and where MFA is not enforced, which mfa-enforced-console and " +
		"mfa-enforced-access-key tell.",
	Fix: "Console: have the user enrol a device today, or delete his password and keys until he does: IAM, Users, the user, Security credentials. Command: " +
		"aws iam delete-login-profile --user-name NAME (key: aws iam update-access-key --user-name NAME --access-key-id KEYID --status Inactive)",
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if u.MFA.Value() {
				p.Pass(u)
				continue
			}
			checkUnclaimed(p, u)
		}
	},
}

// waysIn returns the ways in that a user without a device has, his policies, and what shows both; false where he is answered already.
func waysIn(p *audit.Pass, u *account.User) (have []access.Path, who *access.Principal, evidence []audit.Evidence, ok bool) {
	if have, ok = paths(p, u); !ok {
		return nil, nil, nil, false
	}
	evidence = slices.Concat(u.MFA.Evidence(), u.Password.Evidence(), u.AccessKeys.Evidence())
	if len(have) == 0 {
		p.NotApplicable(u, noCredential, evidence...)
		return nil, nil, nil, false
	}
	who, ok = decided(p, u)
	return have, who, evidence, ok
}

func checkUnclaimed(p *audit.Pass, u *account.User) {
	have, who, evidence, ok := waysIn(p, u)
	if !ok {
		return
	}
	var enforced []access.Path
	for _, path := range have {
		if who.Analysis().Paths[path].Verdict == access.Enforced {
			enforced = append(enforced, path)
		}
	}
	evidence = slices.Concat(evidence, statements(p, who.MFAStatements()))
	switch {
	case len(enforced) == 0:
		p.NotApplicable(u, audit.Textf("MFA is not enforced"), evidence...)
	case !p.Require(p.Account, account.RoleList):
	case len(enforced) == 2:
		p.Fail(u, asOf(audit.Textf("MFA is enforced and no device is enrolled: whoever holds the password or the access key enrols his own%s", deviceName(who)), evidence), evidence...)
	case enforced[0] == access.Console:
		p.Fail(u, asOf(audit.Textf("MFA is enforced and no device is enrolled: whoever holds the password enrols his own%s", deviceName(who)), evidence), evidence...)
	default:
		p.Fail(u, asOf(audit.Textf("MFA is enforced and no device is enrolled: whoever holds the access key enrols his own%s", deviceName(who)), evidence), evidence...)
	}
}

// deviceName says how a device must be called that the policies let a user enrol.
func deviceName(who *access.Principal) string {
	switch who.Analysis().Enrolment.DeviceName {
	case "username":
		return " (a virtual device must bear the name " + who.Subject.Name + ")"
	case "none":
		return " (a passkey or a token: his policies let nobody create a virtual device)"
	}
	return ""
}

var mfaEnrolmentPossible = &audit.Rule{
	ID:       "mfa-enrolment-possible",
	Title:    "Users who must use MFA can enrol a device",
	Problem:  "A user who must use MFA cannot enrol a device",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserMFA},
	Uses:     append([]account.Fact{account.UserPassword, account.UserAccessKeys}, policyFacts...),
	Why: "A guard that doesn't leave enrolling open locks new users out: without a device they may do nothing, not even enrol one. Then somebody takes the guard " +
		"off in a hurry.",
	How: "Fails when a user without an MFA device, under a policy that asks for MFA, can't create a virtual device (iam:CreateVirtualMFADevice, on mfa/* or on " +
		"the device of his own name) and enable it for himself (iam:EnableMFADevice on his own user) without MFA. Where only a device of his own name is open, " +
		"mfa/${aws:username}, he can enrol one, and it must bear that name. Not applicable to users with a device, without a credential, and under no guard.",
	Fix: "Console: IAM, Policies, the guard, Edit: leave iam:CreateVirtualMFADevice, iam:EnableMFADevice, iam:ListMFADevices and iam:ResyncMFADevice out of the " +
		"Deny (NotAction), and allow the first on arn:aws:iam::*:mfa/*, the others on arn:aws:iam::*:user/${aws:username}. " + mendPolicy,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			checkEnrolment(p, u)
		}
	},
}

func checkEnrolment(p *audit.Pass, u *account.User) {
	if u.MFA.Value() {
		p.NotApplicable(u, audit.Textf("has an MFA device"))
		return
	}
	_, who, evidence, ok := waysIn(p, u)
	if !ok {
		return
	}
	guards := who.MFAStatements()
	evidence = slices.Concat(evidence, statements(p, guards))
	switch {
	case len(guards) == 0:
		p.NotApplicable(u, audit.Textf("under no policy that asks for MFA"), evidence...)
	case who.Analysis().Enrolment.Possible == policy.Yes:
		p.Pass(u, evidence...)
	case who.Analysis().Enrolment.Possible == policy.Maybe:
		p.Unknown(u, audit.Textf("whether he can enrol an MFA device under %s depends on conditions on which nothing is known", names(guards)), evidence...)
	default:
		p.Fail(u, asOf(audit.Textf("has no MFA device and, under %s, can enrol none: iam:CreateVirtualMFADevice on mfa/* (or mfa/%s) and iam:EnableMFADevice on "+
			"%s must be allowed, and excepted from the Deny", names(guards), u.Name, account.ShortARN(u.ARN)), evidence), evidence...)
	}
}

var mfaFirstSignIn = &audit.Rule{
	ID:       "mfa-first-sign-in",
	Title:    "Users who must change their password can do so",
	Problem:  "A user who must change their password cannot do so",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     append([]account.Fact{account.UserPasswordResetRequired, account.UserMFA, account.AccountPassword}, policyFacts...),
	Why: "AWS has a new user change his password before anything else, and before he could enrol a device. A guard that denies iam:ChangePassword without MFA " +
		"stops him there: he never gets in, and someone hands out passwords that needn't be changed.",
	How: "Passes when the user can call iam:ChangePassword for himself without MFA: a policy allows it, or the account's password policy lets all users change " +
		"their own passwords, and no Deny takes it away; with a device, which AWS asks for at sign-in, when he can with MFA. Where he can't for sure, iam:" +
		"GetLoginProfile is asked: fails when his password must be changed at the next sign-in. Not applicable when it needn't be, and to users without a console password.",
	Fix: "Console: IAM, Policies, the guard, Edit: add iam:ChangePassword and iam:GetAccountPasswordPolicy to its NotAction; and IAM, Account settings, Password " +
		"policy: Allow users to change their own password. " + mendPolicy,
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if who, ok := decided(p, u); ok {
				checkFirstSignIn(p, u, who)
			}
		}
	},
}

func checkFirstSignIn(p *audit.Pass, u *account.User, who *access.Principal) {
	evidence := slices.Concat(u.Password.Evidence(), u.AttachedPolicies.Evidence(), p.Account.PasswordPolicy.Evidence())
	can := who.Analysis().FirstSignIn
	if can != policy.Yes && slices.Contains(who.Analysis().SelfService.WithMFA, "password") {
		if !p.Require(u, account.UserMFA) {
			return
		}
		evidence = slices.Concat(evidence, u.MFA.Evidence())
		if u.MFA.Value() {
			can = policy.Yes
		}
	}
	if can == policy.Yes {
		p.Pass(u, evidence...)
		return
	}
	if can == policy.Maybe && !p.Require(p.Account, account.AccountPassword) || !p.Require(u, account.UserPasswordResetRequired) {
		return
	}
	evidence = slices.Concat(evidence, u.PasswordResetRequired.Evidence(), statements(p, who.MFAStatements()))
	switch {
	case !u.PasswordResetRequired.Value():
		p.NotApplicable(u, audit.Textf("no change of the password is due"), evidence...)
	case can == policy.Maybe:
		p.Unknown(u, audit.Textf("must change his password at the next sign-in; whether he can without MFA depends on conditions on which nothing is known"), evidence...)
	default:
		p.Fail(u, audit.Textf("must change his password at the next sign-in and can't: iam:ChangePassword on %s must be allowed without MFA, and in the guard's NotAction", account.ShortARN(u.ARN)), evidence...)
	}
}

var mfaPasskeyCLI = &audit.Rule{
	ID:       "mfa-passkey-cli",
	Title:    "Users who work with an access key under MFA have a device that gives codes",
	Problem:  "A user works with an access key under MFA and has only passkeys",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.Info,
	Needs:    []account.Fact{account.UserAccessKeys},
	Uses:     append([]account.Fact{account.UserMFA, account.UserMFADevices}, policyFacts...),
	Why: "GetSessionToken and AssumeRole take a six-digit code, which passkeys and security keys don't give. Under a guard such a user's access key is of no use " +
		"to him, and the guard gets the blame.",
	How: "Fails when a user has an active access key, a policy that asks for MFA, and no MFA devices but passkeys or security keys. He can use aws login, which " +
		"takes the console's sign-in, instead. Not applicable to users without an active key, without a guard, and without a device.",
	Fix: "Console: the user signs in and opens his name, Security credentials, Assign MFA device: an authenticator app besides; or deletes the key and uses aws " +
		"login. Command: aws login (then, for the key nobody needs: aws iam delete-access-key --user-name NAME --access-key-id KEYID)",
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if len(activeKeys(u.AccessKeys.Value())) == 0 {
				p.NotApplicable(u, noActiveKey)
				continue
			}
			if who, ok := decided(p, u); ok {
				checkPasskeyCLI(p, u, who)
			}
		}
	},
}

func checkPasskeyCLI(p *audit.Pass, u *account.User, who *access.Principal) {
	guards := who.MFAStatements()
	evidence := slices.Concat(u.AccessKeys.Evidence(), statements(p, guards))
	if len(guards) == 0 {
		p.NotApplicable(u, audit.Textf("under no policy that asks for MFA"), evidence...)
		return
	}
	if !p.Require(u, account.UserMFA) {
		return
	}
	if !u.MFA.Value() {
		p.NotApplicable(u, audit.Textf("no MFA device"), slices.Concat(evidence, u.MFA.Evidence())...)
		return
	}
	if !p.Require(u, account.UserMFADevices) {
		return
	}
	evidence = slices.Concat(evidence, u.MFADevices.Evidence())
	for _, d := range u.MFADevices.Value() {
		if d.Kind != account.MFAFIDO {
			p.Pass(u, evidence...)
			return
		}
	}
	p.Fail(u, audit.Textf("has an access key and only passkeys: under %s, which asks for MFA, GetSessionToken can't take them", names(guards)), evidence...)
}
