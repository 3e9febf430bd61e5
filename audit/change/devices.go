package change

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// deviceKinds are about MFA devices.
func deviceKinds() map[string]kind {
	return map[string]kind{
		"iam:DeactivateMFADevice": {
			takes: "UserName SerialNumber",
			say: func(p Parameters) message.Message {
				return message.New("deactivate the MFA device %s of %s", account.ShortARN(p.text("SerialNumber")), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Security credentials, under Multi-factor authentication, mark %s and choose Remove", account.ShortARN(p.text("SerialNumber")))
			}),
			apply: (*editor).deactivate,
		},
		"iam:DeleteVirtualMFADevice": {
			takes: "SerialNumber", stage: Delete,
			say: func(p Parameters) message.Message {
				return message.New("delete the virtual MFA device %s", account.ShortARN(p.text("SerialNumber")))
			},
			console: func(Parameters) []message.Message {
				return []message.Message{message.New("The console lists no device that nobody has: use the command")}
			},
			apply: func(e *editor, p Parameters) error {
				serial := p.text("SerialNumber")
				if err := refuse(p, beforeDevice(e, p)); err != nil {
					return err
				}
				if drop(e, e.s, account.VirtualMFADevicesAnswer, func(d account.VirtualMFADevice) bool { return d.Serial == serial }) == 0 {
					return message.Errorf("the account has no virtual MFA device %s", serial)
				}
				e.count("MFADevices", -1)
				return nil
			},
			needs: beforeDevice,
		},
	}
}

// beforeDevice is what keeps AWS from deleting a virtual device: someone has it.
func beforeDevice(e *editor, p Parameters) []Change {
	s := e.s
	if s.VirtualMFADevices != nil {
		if d := find(s.VirtualMFADevices.Value, func(d *account.VirtualMFADevice) bool { return d.Serial == p.text("SerialNumber") }); d != nil && d.Owner != nil && d.Owner.Name != "" {
			return []Change{New("iam:DeactivateMFADevice", d.Owner.Name, d.Serial)}
		}
	}
	return nil
}

// devicesOf lists the serial numbers of a user's devices that are known.
func devicesOf(s *account.Snapshot, name string) (serials []string) {
	if own := s.PerUser[name]; own != nil && own.MFADevices != nil {
		for _, d := range own.MFADevices.Value {
			serials = append(serials, d.Serial)
		}
		return serials
	}
	if s.VirtualMFADevices != nil {
		for _, d := range s.VirtualMFADevices.Value {
			if d.Owner != nil && d.Owner.Name == name {
				serials = append(serials, d.Serial)
			}
		}
	}
	return serials
}

func (e *editor) deactivate(p Parameters) error {
	name, serial := p.text("UserName"), p.text("SerialNumber")
	if err := e.exists(name); err != nil {
		return err
	}
	if !slices.Contains(devicesOf(e.s, name), serial) {
		return message.Errorf("%s has no MFA device %s, or it is not known", whose(p), serial)
	}
	last := e.onlyDevice(name)
	own := e.answers(name, false)
	drop(e, own, account.MFADevicesAnswer, func(d account.ListedMFADevice) bool { return d.Serial == serial })
	if devices := list(e, e.s, account.VirtualMFADevicesAnswer); devices != nil {
		if d := find(*devices, func(d *account.VirtualMFADevice) bool { return d.Serial == serial }); d != nil {
			d.Owner, d.EnabledSince = nil, nil
		}
	}
	e.count("MFADevicesInUse", -1)
	if account.KindOfMFA(serial) != account.MFAVirtual { // a virtual one is there still
		e.count("MFADevices", -1)
	}
	if last {
		e.setRow(name, "mfa_active", "false")
	}
	return nil
}

// onlyDevice reports whether a user is known to have no device but one.
func (e *editor) onlyDevice(name string) bool {
	if own := e.s.PerUser[name]; own != nil && own.MFADevices != nil {
		return len(own.MFADevices.Value) == 1
	}
	u := e.withDevices(name)
	if u == nil {
		return false
	}
	devices, known := u.MFADevices.Get()
	return known && len(devices) == 1
}

// withDevices is a user as the whole account tells of them, whose devices are about to change.
func (e *editor) withDevices(name string) *account.User {
	if e.read == nil || e.moved[name] {
		e.read, e.moved = account.New(e.done()), map[string]bool{}
	}
	e.moved[name] = true
	return e.read.User(name)
}

// hasNone reports whether the credential report and the list of virtual devices tell that a user has no device, which
// takes no look at the whole account.
func (e *editor) hasNone(name string) bool {
	rows, devices := e.report(), account.VirtualMFADevicesAnswer.In(e.s)
	return rows != nil && rows.Of(name, e.created(name)) && rows.Cell(name, "mfa_active") == "false" && *devices != nil && (*devices).Complete &&
		!slices.ContainsFunc((*devices).Value, func(d account.VirtualMFADevice) bool { return d.Owner != nil && d.Owner.Name == name })
}

// enrol gives a user a virtual device.
func (e *editor) enrol(p Parameters) error {
	name := p.text("UserName")
	if err := e.exists(name); err != nil {
		return err
	}
	e.moved[name] = true
	device := account.VirtualMFADevice{Serial: e.arn("mfa", "/", name), EnabledSince: &e.s.TakenAt, Owner: &account.MFAOwner{Name: name}}
	if u := userDetail(e.s, name); u != nil {
		device.Owner = &account.MFAOwner{Name: name, ID: u.ID, ARN: u.ARN, Path: u.Path, Created: &u.Created}
	}
	if devices := list(e, e.s, account.VirtualMFADevicesAnswer); devices != nil {
		// The console takes over an unassigned device of the name, left from an enrolment that was broken off.
		left := drop(e, e.s, account.VirtualMFADevicesAnswer, func(d account.VirtualMFADevice) bool { return d.Serial == device.Serial && d.Owner == nil })
		e.count("MFADevices", -left)
		for slices.ContainsFunc(*devices, func(d account.VirtualMFADevice) bool { return d.Serial == device.Serial }) {
			device.Serial += "-2"
		}
		*devices = append(*devices, device)
	}
	if l := list(e, e.answers(name, false), account.MFADevicesAnswer); l != nil {
		*l = append(*l, account.ListedMFADevice{Serial: device.Serial, EnabledSince: e.s.TakenAt})
	}
	e.count("MFADevices", 1)
	e.count("MFADevicesInUse", 1)
	e.setRow(name, "mfa_active", "true")
	return nil
}

// enrolRoot gives root a security key, which no list shows.
func (e *editor) enrolRoot(Parameters) error {
	e.count("MFADevices", 1)
	e.count("MFADevicesInUse", 1)
	e.setSummary("AccountMFAEnabled", 1)
	e.setRow(account.RootUserName, "mfa_active", "true")
	return nil
}
