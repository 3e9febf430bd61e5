package change

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// asRoot is how everything begins that only root can do.
func asRoot(Parameters) message.Message {
	return message.New("Sign in as the root user, choose the account's name at the top right, then Security credentials")
}

// said is a text that no parameter changes.
func said(text message.Message) func(Parameters) message.Message {
	return func(Parameters) message.Message { return text }
}

// asUser is how everything begins that users do for themselves.
func asUser(p Parameters) message.Message {
	return message.New("%s signs in and chooses their name at the top right, then Security credentials", whose(p))
}

var helped = said(message.New("Where their policies keep them from it, an administrator opens Users, then their name, and does it with them"))

var signedInAgain = said(message.New("They sign out, and in again with the device"))

// personKinds are what only a person can do about devices and the root user. They are applied as if they were done.
func personKinds() map[string]kind {
	return map[string]kind{
		"person:EnrolMFADevice": byHand("UserName", func(p Parameters) message.Message { return message.New("have %s enrol an MFA device", whose(p)) },
			(*editor).enrol, asUser, func(p Parameters) message.Message {
				return message.New("Under Multi-factor authentication they choose Assign MFA device, and call it %s", p.text("UserName"))
			}, signedInAgain, helped),
		"person:EnrolSecurityKey": byHand("UserName", func(p Parameters) message.Message {
			return message.New("have %s enrol a passkey or security key as MFA device", whose(p))
		}, (*editor).enrolKey, asUser,
			said(message.New("Under Multi-factor authentication they choose Assign MFA device, then Passkey or security key")), signedInAgain, helped),
		"person:EnrolRootMFADevice": byHand("", said(message.New("give the root user a security key as MFA device")), (*editor).enrolRoot, asRoot,
			said(message.New("Under Multi-factor authentication choose Assign MFA device, then Passkey or security key")),
			said(message.New("Assign a second device, and keep it somewhere else"))),
		"person:RemoveRootMFADevice": byHand("SerialNumber", func(p Parameters) message.Message {
			return message.New("remove the authenticator app %s of the root user", account.ShortARN(p.text("SerialNumber")))
		}, (*editor).removeRootDevice, asRoot, func(p Parameters) message.Message {
			return message.New("Once the root user has signed in with the new device, mark %s and choose Remove", account.ShortARN(p.text("SerialNumber")))
		}),
		"person:DeleteRootAccessKeys": byHand("", said(message.New("delete the access keys of the root user")), func(e *editor, _ Parameters) error {
			e.setSummary("AccountAccessKeysPresent", 0)
			e.clearRoot("access_key_", "active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
			return nil
		}, said(message.New("Find out which program uses the key: the credential report tells the service and the region of its last use")),
			said(message.New("Give that program a role, or a user of its own")), asRoot,
			said(message.New("Under Access keys choose the key, Actions, Deactivate, and wait until it is sure that nothing breaks")),
			said(message.New("Choose Actions, Delete"))),
		"person:DeleteRootSigningCertificates": byHand("", said(message.New("delete the signing certificates of the root user")), func(e *editor, _ Parameters) error {
			e.setSummary("AccountSigningCertificatesPresent", 0)
			e.clearRoot("cert_", "active", "last_rotated")
			return nil
		}, asRoot, said(message.New("Under X.509 signing certificates deactivate the certificate, and wait until it is sure that nothing breaks")),
			said(message.New("Delete it"))),
	}
}

// clearRoot empties the two places of root's row of the credential report for keys, or for certificates.
func (e *editor) clearRoot(columns string, parts ...string) {
	for _, number := range []string{"1_", "2_"} {
		for _, part := range parts {
			text := none
			if part == "active" {
				text = "false"
			}
			e.setRow(account.RootUserName, columns+number+part, text)
		}
	}
}

// removeRootDevice takes a virtual device from root, which has another.
func (e *editor) removeRootDevice(p Parameters) error {
	if drop(e, e.s, account.VirtualMFADevicesAnswer, func(d account.VirtualMFADevice) bool { return d.Serial == p.text("SerialNumber") }) == 0 {
		return message.Errorf("the account has no virtual MFA device %s", p.text("SerialNumber"))
	}
	e.count("MFADevices", -1)
	e.count("MFADevicesInUse", -1)
	return nil
}

// enrolKey gives a user a security key, which no list of the account shows.
func (e *editor) enrolKey(p Parameters) error {
	name := p.text("UserName")
	if err := e.exists(name); err != nil {
		return err
	}
	var devices []account.ListedMFADevice
	own := e.answers(name, true)
	if own.MFADevices != nil {
		devices = own.MFADevices.Value
	} else if !e.hasNone(name) {
		u := e.withDevices(name) // what else tells of the user's devices
		known, sure := u.MFADevices.Get()
		if has, told := u.MFA.Get(); !sure && (has || !told) {
			return message.Errorf("the MFA devices of %s were not read", whose(p))
		}
		own = e.answers(name, true)
		devices = lists.Map(known, func(d account.MFADevice) account.ListedMFADevice {
			return account.ListedMFADevice{Serial: d.Serial, EnabledSince: d.EnabledSince}
		})
	}
	serial := e.arn("u2f/user", "/", name+"/passkey")
	for slices.ContainsFunc(devices, func(d account.ListedMFADevice) bool { return d.Serial == serial }) {
		serial += "-2"
	}
	own.MFADevices = answer(e, account.MFADevicesAnswer.Descriptor, append(slices.Clone(devices), account.ListedMFADevice{Serial: serial, EnabledSince: e.s.TakenAt}))
	e.count("MFADevices", 1)
	e.count("MFADevicesInUse", 1)
	e.setRow(name, "mfa_active", "true")
	return nil
}
