package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// paths are those that a user has a credential for. Where that isn't known the user is answered unknown.
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
var noCredential = message.New("no console password and no active access key")

var mfaUnclaimed = &audit.Rule{
	ID:       "mfa-unclaimed",
	Title:    "Nobody else can enrol the first MFA device",
	Problem:  "Someone else can enrol the first MFA device",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.High,
	Needs:    []account.Fact{account.UserMFA},
	Uses:     append([]account.Fact{account.UserPassword, account.UserAccessKeys}, policyFacts...),
	Why: "An MFA policy must let a user without a device enrol one. Until that is done, anyone who has the password or the key can enrol their own phone, and is the " +
		"user from then on, with MFA.",
	How: "Fails when MFA is enforced, by the user's policies, where the user has a credential (console password, active access key) and no " +
		"MFA device. Passes with a device. Not applicable to users without a credential, where MFA is not enforced, which mfa-enforced-console and " +
		"mfa-enforced-access-key tell, and where nobody can enrol a device, which mfa-enrolment-possible tells.",
	Fix: fix(guide("id_credentials_mfa_enable_virtual"),
		do("Have the user enrol a device today"),
		do("Where that can't be, IAM, Users, the user, Security credentials: deactivate the keys until then",
			deactivate),
		do("And take the password away; a new one is set when the user is there to enrol", "aws iam delete-login-profile --user-name NAME")),
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

// credentials returns the paths that a user without a device has a credential for, the policies, and what shows both;
// false where the user is answered already.
func credentials(p *audit.Pass, u *account.User) (have []access.Path, who *access.Principal, evidence []audit.Evidence, ok bool) {
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

// bare is what shows that a user has the credentials of paths and no device.
func bare(u *account.User, have []access.Path) []audit.Evidence {
	evidence := slices.Clone(u.MFA.Evidence())
	for _, path := range have {
		of := u.Password.Evidence()
		if path == access.AccessKey {
			of = u.AccessKeys.Evidence()
		}
		evidence = append(evidence, of...)
	}
	return evidence
}

func checkUnclaimed(p *audit.Pass, u *account.User) {
	have, who, evidence, ok := credentials(p, u)
	if !ok {
		return
	}
	enforced := lists.Filter(have, func(path access.Path) bool { return who.Analysis().Paths[path].Verdict == access.Enforced })
	asking := statements(p, who.MFAStatements())
	switch {
	case len(enforced) == 0:
		p.NotApplicable(u, message.New("MFA is not enforced"), slices.Concat(evidence, asking)...)
	case !p.Require(p.Account, account.RoleList):
	case who.Analysis().Enrolment.Possible == policy.No:
		p.NotApplicable(u, message.New("no device can be enrolled, as mfa-enrolment-possible tells"), slices.Concat(evidence, asking)...)
	default:
		credential := message.New("the password")
		switch {
		case len(enforced) == 2:
			credential = message.New("the password or the access key")
		case enforced[0] == access.AccessKey:
			credential = message.New("the access key")
		}
		evidence = slices.Concat(bare(u, enforced), asking)
		p.Fail(u, asOf(message.New("anyone with %s can enrol a device", credential), evidence), evidence...).By(who.MFAStatements()).ToFix(deviceName(who))
	}
}

// deviceName says how a device must be called that the policies let a user enrol.
func deviceName(who *access.Principal) message.Message {
	switch who.Analysis().Enrolment.DeviceName {
	case "username":
		return message.New("enrol a device today: a virtual one must have the name %s", who.Name)
	case "none":
		return message.New("enrol a passkey or a token today: the policies let nobody create a virtual device")
	}
	return message.New("enrol a device today")
}

var mfaEnrolmentPossible = &audit.Rule{
	ID:       "mfa-enrolment-possible",
	Title:    "Users who must use MFA can enrol a device",
	Problem:  "A user who must use MFA cannot enrol a device",
	Category: audit.CategoryMFAEnforcement,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserMFA},
	Uses:     append([]account.Fact{account.UserPassword, account.UserAccessKeys}, policyFacts...),
	Why: "An MFA policy that doesn't leave enrolling open locks new users out: without a device they may do nothing, not even enrol one. Then someone removes the " +
		"MFA policy in a hurry.",
	How: "Fails when a user without an MFA device, under a policy that asks for MFA, can't create a virtual device (iam:CreateVirtualMFADevice, on mfa/* or on " +
		"the device of the user's name) and enable it (iam:EnableMFADevice on the user) without MFA. Where only a device of the user's name is open, " +
		"mfa/${aws:username}, one can be enrolled, and must have that name. Not applicable to users with a device, without a credential, and under no MFA policy.",
	Fix: policyFix(guide("reference_policies_examples_aws_my-sec-creds-self-manage"), "leave iam:CreateVirtualMFADevice, iam:EnableMFADevice, iam:ListMFADevices and iam:ResyncMFADevice out of the Deny (NotAction), and allow the first on arn:aws:iam::*:mfa/*, the others on arn:aws:iam::*:user/${aws:username}"),
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			checkEnrolment(p, u)
		}
	},
}

func checkEnrolment(p *audit.Pass, u *account.User) {
	if u.MFA.Value() {
		p.NotApplicable(u, message.New("has an MFA device"))
		return
	}
	have, who, evidence, ok := credentials(p, u)
	if !ok {
		return
	}
	mfaPolicies := who.MFAStatements()
	asking := statements(p, mfaPolicies)
	evidence = slices.Concat(evidence, asking)
	switch {
	case len(mfaPolicies) == 0:
		p.NotApplicable(u, message.New("under no policy that asks for MFA"), evidence...)
	case who.Analysis().Enrolment.Possible == policy.Yes:
		p.Pass(u, evidence...)
	case who.Analysis().Enrolment.Possible == policy.Maybe:
		p.Unknown(u, message.New("whether the user can enrol an MFA device is not known: it depends on conditions"), evidence...).By(mfaPolicies)
	default:
		evidence = slices.Concat(bare(u, have), asking)
		p.Fail(u, asOf(message.New("has no MFA device and cannot enrol one"), evidence), evidence...).By(mfaPolicies).
			ToFix(message.New("allow iam:CreateVirtualMFADevice on mfa/* and iam:EnableMFADevice on %s, and except both from the Deny", account.ShortARN(u.ARN)))
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
	Why: "AWS has a new user change the password before anything else, and before a device can be enrolled. An MFA policy that denies iam:ChangePassword without MFA " +
		"stops the user there: they never get in, and someone hands out passwords that need not be changed.",
	How: "Passes when the user can call iam:ChangePassword for themselves without MFA: a policy allows it, or the account's password policy lets all users change " +
		"their own passwords, and no Deny takes it away; with a device, which AWS asks for at sign-in, when that is allowed with MFA. Where it is not sure, iam:" +
		"GetLoginProfile is asked: fails when the password must be changed at the next sign-in. Not applicable when it need not be, and to users without a console password.",
	Fix: policyFix(guide("reference_policies_examples_aws_my-sec-creds-self-manage"), "add iam:ChangePassword and iam:GetAccountPasswordPolicy to its NotAction; and IAM, Account settings, Password policy: Allow users to change their own password"),
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
		p.NotApplicable(u, message.New("no change of the password is due"), evidence...)
	case can == policy.Maybe:
		p.Unknown(u, message.New("must change the password at the next sign-in; whether that is allowed without MFA is not known"), evidence...)
	default:
		p.Fail(u, message.New("must change the password at the next sign-in and is not allowed to without MFA"), evidence...).By(who.MFAStatements()).
			ToFix(message.New("allow iam:ChangePassword on %s without MFA, and except it in the MFA policy's NotAction", account.ShortARN(u.ARN)))
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
	Why: "GetSessionToken and AssumeRole take a six-digit code, which passkeys and security keys don't give. Under an MFA policy such a user's access key is of no use, " +
		"and the MFA policy gets the blame.",
	How: "Fails when a user has an active access key, a policy that asks for MFA, and no MFA devices but passkeys or security keys. The user can use aws login, which " +
		"takes the console's sign-in, instead. Not applicable to users without an active key, without an MFA policy, and without a device.",
	Fix: fix("https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html",
		do("The user tries signing in through the browser, which takes a passkey", "aws login"),
		do("Or signs in to the console and opens their name, Security credentials, Assign MFA device: an authenticator app besides"),
		do("Deactivate a key that nobody needs any more", deactivate),
		deleteUnused),
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
	mfaPolicies := who.MFAStatements()
	evidence := slices.Concat(u.AccessKeys.Evidence(), statements(p, mfaPolicies))
	if len(mfaPolicies) == 0 {
		p.NotApplicable(u, message.New("under no policy that asks for MFA"), evidence...)
		return
	}
	devices, evidence, ok := devicesOf(p, u, evidence)
	switch {
	case !ok:
	case len(devices) == 0:
		p.NotApplicable(u, message.New("no MFA device"), evidence...)
	case slices.ContainsFunc(devices, func(d account.MFADevice) bool { return d.Kind != account.MFAFIDO }):
		p.Pass(u, evidence...)
	default:
		p.Fail(u, message.New("has an access key and only passkeys, which GetSessionToken does not take"), evidence...).By(mfaPolicies)
	}
}
