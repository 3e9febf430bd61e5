package rules

import (
	"iter"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
)

// noPassword is why rules about signing in to the console don't apply to a machine's user.
var noPassword = audit.Textf("no console password")

// passwordUsers yields the users with a console password, of whom rules with UserPassword among their needs judge; the others are answered
// not applicable.
func passwordUsers(p *audit.Pass) iter.Seq[*account.User] {
	return func(yield func(*account.User) bool) {
		for u := range p.Users() {
			if !u.Password.Value() {
				p.NotApplicable(u, noPassword)
			} else if !yield(u) {
				return
			}
		}
	}
}

// withoutDevice yields, with the evidence, those of them who have no MFA device; the others pass.
func withoutDevice(p *audit.Pass) iter.Seq2[*account.User, []audit.Evidence] {
	return func(yield func(*account.User, []audit.Evidence) bool) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserMFA) {
				continue
			}
			evidence := slices.Concat(u.Password.Evidence(), u.MFA.Evidence())
			if u.MFA.Value() {
				p.Pass(u, evidence...)
			} else if !yield(u, evidence) {
				return
			}
		}
	}
}

const enrolDevice = "Console: the user signs in and opens his name, Security credentials, Assign MFA device; a passkey or security key is best. Command: " +
	"aws iam create-virtual-mfa-device --virtual-mfa-device-name NAME --outfile qr.png --bootstrap-method QRCodePNG && aws iam enable-mfa-device " +
	"--user-name USER --serial-number ARN --authentication-code1 CODE --authentication-code2 NEXTCODE"

var consoleMFA = &audit.Rule{
	ID:       "console-mfa",
	Title:    "Every user with a console password has an MFA device",
	Problem:  "A user with a console password has no MFA device",
	Category: audit.CategoryMFA,
	Severity: audit.Critical,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserMFA},
	Why:      "A password alone is guessed, phished, or used again after it leaked elsewhere; with it somebody signs in from anywhere.",
	How: "Fails when a user has a console password and no MFA device of any kind: his devices where they were read, else a virtual device assigned to him, " +
		"else mfa_active of the credential report. Not applicable to users without a console password.",
	Fix: enrolDevice,
	Check: func(p *audit.Pass) {
		for u, evidence := range withoutDevice(p) {
			p.Fail(u, asOf(passwordAlone(u), evidence), evidence...)
		}
	},
}

func passwordAlone(u *account.User) audit.Text {
	used, ok := u.PasswordLastUsed.Get()
	switch {
	case !ok:
		return audit.Textf("signs in with a password alone")
	case used.IsZero():
		return audit.Textf("can sign in with a password alone, and never did")
	}
	return audit.Textf("signs in with a password alone, last on %s", used)
}

var userMFA = &audit.Rule{
	ID:       "user-mfa",
	Title:    "Every person with a credential has an MFA device",
	Problem:  "A person with a credential has no MFA device",
	Category: audit.CategoryMFA,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserMFA},
	Uses:     []account.Fact{account.UserPassword, account.UserAccessKeys},
	Why:      "Where MFA is forced by a policy, a key's owner without a device is locked out, and whoever finds the key may enrol a device of his own first.",
	How: "Fails when a user has a credential, a console password or an active access key, and no MFA device of any kind. Passes with a device. Not applicable to " +
		"users without a device who have no such credential.",
	Fix: enrolDevice,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			checkUserMFA(p, u)
		}
	},
}

// checkUserMFA fails on the first credential that is seen, whatever isn't known of the other.
func checkUserMFA(p *audit.Pass, u *account.User) {
	if u.MFA.Value() {
		p.Pass(u)
		return
	}
	password, _ := u.Password.Get()
	keys, _ := u.AccessKeys.Get()
	active := activeKeys(keys)
	evidence := slices.Concat(u.MFA.Evidence(), u.Password.Evidence(), u.AccessKeys.Evidence())
	switch {
	case password && len(active) > 0:
		p.Fail(u, asOf(audit.Textf("has a console password, an active access key and no MFA device"), evidence), evidence...)
	case password:
		p.Fail(u, asOf(audit.Textf("has a console password and no MFA device"), evidence), evidence...)
	case len(active) > 0:
		p.Fail(u, asOf(audit.Textf("has an active access key and no MFA device"), evidence), evidence...)
	case p.Require(u, account.UserPassword) && p.Require(u, account.UserAccessKeys):
		p.NotApplicable(u, audit.Textf("no console password and no active access key"), evidence...)
	}
}

var mfaOrphanDevice = &audit.Rule{
	ID:       "mfa-orphan-device",
	Title:    "Every virtual MFA device belongs to somebody",
	Problem:  "A virtual MFA device belongs to nobody",
	Category: audit.CategoryMFA,
	Severity: audit.Low,
	Uses:     []account.Fact{account.VirtualMFADeviceList},
	Why: "A device without an owner is an enrolment that was broken off, or left by somebody who is gone. It counts against the quota, and its name stands in " +
		"the way of the next enrolment.",
	How: "Fails for each device of iam:ListVirtualMFADevices that is assigned to nobody. Devices of other kinds exist only while they are assigned.",
	Fix: "Console: devices without an owner aren't shown there; use the command. Command: " +
		"aws iam delete-virtual-mfa-device --serial-number ARN",
	Check: func(p *audit.Pass) {
		evidence := p.Account.VirtualMFADeviceCount.Evidence()
		for d := range p.VirtualMFADevices() {
			device := account.Subject{ARN: d.Serial, Name: account.ShortARN(d.Serial)}
			if d.Owner == nil {
				p.Fail(device, audit.Textf("virtual MFA device assigned to nobody"), evidence...)
				continue
			}
			p.Pass(device, evidence...)
		}
	},
}

var mfaSMS = &audit.Rule{
	ID:       "mfa-sms",
	Title:    "No MFA device is a text message",
	Problem:  "An MFA device is a text message",
	Category: audit.CategoryMFA,
	Severity: audit.High,
	Needs:    []account.Fact{account.UserMFA},
	Uses:     []account.Fact{account.UserMFADevices},
	Why:      "AWS ended MFA by text message, and a telephone number can be taken over in a telephone shop. Such a device protects nothing.",
	How: "Fails for each device whose serial number says sms-mfa. Kinds are decided in bulk where every device in use in the account is a virtual one " +
		"(MFADevicesInUse), else iam:ListMFADevices is asked. Not applicable to users without an MFA device.",
	Fix: "Console: IAM, Users, the user, Security credentials, Multi-factor authentication: assign another device, then remove the SMS one. Command: " +
		"aws iam deactivate-mfa-device --user-name NAME --serial-number ARN",
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if !u.MFA.Value() {
				p.NotApplicable(u, audit.Textf("no MFA device"))
				continue
			}
			if !p.Require(u, account.UserMFADevices) {
				continue
			}
			for _, d := range u.MFADevices.Value() {
				if d.Kind == account.MFASMS {
					p.Fail(u.Device(d), audit.Textf("MFA by text message, which AWS no longer supports"), u.MFADevices.Evidence()...)
					continue
				}
				p.Pass(u.Device(d), u.MFADevices.Evidence()...)
			}
		}
	},
}
