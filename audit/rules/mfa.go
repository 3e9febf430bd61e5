package rules

import (
	"iter"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// noPassword is why rules about the console sign-in do not apply to a machine's user.
var noPassword = message.New("no console password")

// passwordUsers yields the users with a console password, for rules with UserPassword among their needs; the others are
// answered not applicable.
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

var consoleMFA = &audit.Rule{
	ID:       "console-mfa",
	Title:    "Every user with a console password has an MFA device",
	Problem:  "A user with a console password has no MFA device",
	Category: audit.CategoryMFA,
	Severity: audit.Critical,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserMFA},
	Why:      "A password alone can be guessed, phished, or found in a leak of another site, and it works from anywhere.",
	How: "Fails when a user has a console password and no MFA device of any kind: the devices where they were read, else a virtual device assigned to the user, " +
		"else mfa_active of the credential report. Not applicable to users without a console password.",
	Fix: enrolDevice,
	Check: func(p *audit.Pass) {
		for u, evidence := range withoutDevice(p) {
			p.Fail(u, asOf(passwordAlone(u), evidence), evidence...)
		}
	},
}

func passwordAlone(u *account.User) message.Message {
	used, ok := u.PasswordLastUsed.Get()
	switch {
	case !ok:
		return message.New("signs in with a password alone")
	case used.IsZero():
		return message.New("can sign in with a password alone, and never did")
	}
	return message.New("signs in with a password alone, last on %s", used)
}

var userMFA = &audit.Rule{
	ID:       "user-mfa",
	Title:    "Every person with a credential has an MFA device",
	Problem:  "A person with a credential has no MFA device",
	Category: audit.CategoryMFA,
	Severity: audit.Medium,
	Under:    "console-mfa",
	Needs:    []account.Fact{account.UserMFA},
	Uses:     []account.Fact{account.UserPassword, account.UserAccessKeys, account.UserTags},
	Why:      "Where a policy enforces MFA, a user without a device can do nothing, and someone who finds the user's key may enrol a device first.",
	How: "Fails when a person has a credential, a console password or an active access key, and no MFA device of any kind. Passes with a device. Not applicable to " +
		"users without a device who have no such credential, and to the users of machines, which cannot show MFA: those that mfa.machine_users names, and without it " +
		"every user without a console password. machine-user-mfa judges these too.",
	Fix: enrolDevice,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if u.MFA.Value() {
				p.Pass(u)
			} else if machine, said, ok := isMachine(p, u); ok && machine {
				p.NotApplicable(u, message.New("the user of a machine"), slices.Concat(u.MFA.Evidence(), said)...)
			} else if ok {
				checkWithoutDevice(p, u)
			}
		}
	},
}

var machineUserMFA = &audit.Rule{
	ID:           "machine-user-mfa",
	Title:        "Every user with a credential has an MFA device, the users of machines too",
	Problem:      "A user with a credential has no MFA device",
	Category:     audit.CategoryMFA,
	Severity:     audit.Info,
	OffByDefault: true,
	Needs:        []account.Fact{account.UserMFA},
	Uses:         []account.Fact{account.UserPassword, account.UserAccessKeys},
	Why: "AWS Security Hub asks for a device of every user (IAM.19). A machine cannot show MFA, so a device of its own protects nothing there; " +
		"give the machine a role instead of a user. That is why the rule is off by default.",
	How: "Fails when a user, a person's or a machine's, has a credential, a console password or an active access key, and no MFA device of any kind. Passes with a " +
		"device. Not applicable to users without a device who have no such credential.",
	Fix: enrolDevice,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if u.MFA.Value() {
				p.Pass(u)
			} else {
				checkWithoutDevice(p, u)
			}
		}
	},
}

// checkWithoutDevice fails on one credential that was seen, whatever is not known of the other.
func checkWithoutDevice(p *audit.Pass, u *account.User) {
	password, _ := u.Password.Get()
	keys, _ := u.AccessKeys.Get()
	active := activeKeys(keys)
	evidence := u.MFA.Evidence()
	var text message.Message
	switch {
	case password && len(active) > 0:
		text = message.New("has a console password, an active access key and no MFA device")
		evidence = slices.Concat(evidence, u.Password.Evidence(), u.AccessKeys.Evidence())
	case password:
		text = message.New("has a console password and no MFA device")
		evidence = slices.Concat(evidence, u.Password.Evidence())
	case len(active) > 0:
		text = message.New("has an active access key and no MFA device")
		evidence = slices.Concat(evidence, u.AccessKeys.Evidence())
	case p.Require(u, account.UserPassword) && p.Require(u, account.UserAccessKeys):
		p.NotApplicable(u, noCredential, slices.Concat(evidence, u.Password.Evidence(), u.AccessKeys.Evidence())...)
		return
	default:
		return
	}
	p.Fail(u, asOf(text, evidence), evidence...)
}

var mfaOrphanDevice = &audit.Rule{
	ID:       "mfa-orphan-device",
	Title:    "Every virtual MFA device belongs to somebody",
	Problem:  "A virtual MFA device belongs to nobody",
	Category: audit.CategoryMFA,
	Severity: audit.Low,
	Uses:     []account.Fact{account.VirtualMFADeviceList},
	Why: "A device without an owner comes from an enrolment that was not finished, or from somebody who has left. It counts against the quota, and the next " +
		"enrolment cannot use its name.",
	How: "Fails for each device of iam:ListVirtualMFADevices that is assigned to nobody. Devices of other kinds exist only while they are assigned.",
	Fix: fix(reference("DeleteVirtualMFADevice"),
		do("Ask whether somebody is enrolling it just now"),
		do("Delete it; the console doesn't show devices without an owner", "aws iam delete-virtual-mfa-device --serial-number ARN")),
	Check: func(p *audit.Pass) {
		evidence := p.Account.VirtualMFADeviceCount.Evidence()
		for d := range p.VirtualMFADevices() {
			device := account.Subject{ARN: d.Serial, Name: account.ShortARN(d.Serial)}
			p.Decide(device, d.Owner != nil, message.New("virtual MFA device is assigned to nobody"), evidence...)
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
	Why:      "AWS ended MFA by text message, and an attacker can take over a telephone number. Such a device protects nothing.",
	How: "Fails for each device whose serial number says sms-mfa. Kinds are decided in bulk where every device in use in the account is a virtual one " +
		"(MFADevicesInUse), else iam:ListMFADevices is asked. Not applicable to users without an MFA device.",
	Fix: fix(guide("id_credentials_mfa"),
		do("Console: IAM, Users, the user, Security credentials, Multi-factor authentication: assign another device"),
		do("Remove the SMS one", "aws iam deactivate-mfa-device --user-name NAME --serial-number ARN")),
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if !u.MFA.Value() {
				p.NotApplicable(u, message.New("no MFA device"))
				continue
			}
			if !p.Require(u, account.UserMFADevices) {
				continue
			}
			for _, d := range u.MFADevices.Value() {
				text := message.New("MFA device is a text message, which AWS no longer supports")
				p.Decide(u.Device(d), d.Kind != account.MFASMS, text, u.MFADevices.Evidence()...)
			}
		}
	},
}
