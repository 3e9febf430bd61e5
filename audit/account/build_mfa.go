package account

import (
	"cmp"
	"slices"
	"strconv"

	"sekisho/audit/message"
)

// virtualByOwner lists the virtual devices assigned to each user. A device whose owner has another ID is that of a
// namesake: one of the two lists was read before the name changed hands.
func (b *builder) virtualByOwner(candidates []*candidate) map[string][]VirtualMFADevice {
	users := make(map[string]*User, len(candidates))
	for _, c := range candidates {
		users[c.user.Name] = c.user
	}
	devices := map[string][]VirtualMFADevice{}
	for _, d := range b.a.VirtualMFADevices {
		if d.Owner == nil || b.ownedByRoot(d.Owner) {
			continue
		}
		if u := users[d.Owner.Name]; u != nil && u.is(d.Owner) {
			devices[d.Owner.Name] = append(devices[d.Owner.Name], d)
		}
	}
	return devices
}

// others is what is known in bulk of devices that aren't virtual.
type others struct {
	// none: no device of another kind belongs to a user whose own list was not read.
	none bool
	// suspects: there are users with a device and no virtual one who could still be asked. Their answers may explain
	// all other devices, so those who have a virtual device are asked after them.
	suspects bool
	evidence []Evidence
}

// is reports whether a device's owner is this user: by ID, or by the time of creation where the report alone knows the
// user.
func (u *User) is(o *MFAOwner) bool {
	if u.ID != "" && o.ID != "" {
		return u.ID == o.ID
	}
	return o.Created == nil || u.Created.IsZero() || sameSecond(*o.Created, u.Created)
}

// otherDevices counts the devices that aren't virtual and that no live answer explains. MFADevicesInUse counts the
// devices of all kinds; taken off are the assigned virtual ones, those of other kinds in the users' own lists, and one
// for a root user who has MFA without a virtual device. What is left may be anybody's; nothing is taken from the
// credential report, which may be four hours old.
func (b *builder) otherDevices(candidates []*candidate, virtual map[string][]VirtualMFADevice) others {
	o := others{}
	for _, c := range candidates {
		if c.row != nil && len(virtual[c.user.Name]) == 0 && !b.calls.asked(MFADevicesSection, c.user) {
			active, err := c.row.boolean("mfa_active")
			o.suspects = o.suspects || active && err == nil
		}
	}
	left, ok := b.a.MFADevicesInUse.Get()
	if !ok || !b.a.VirtualMFADeviceCount.OK() {
		return o
	}
	assigned := 0
	for _, d := range b.a.VirtualMFADevices {
		if d.Assigned() {
			assigned++
		}
	}
	left -= assigned
	for _, c := range candidates {
		if live := b.live(c.user); live != nil && live.MFADevices != nil {
			for _, d := range live.MFADevices.Value {
				if KindOfMFA(d.Serial) != MFAVirtual {
					left--
				}
			}
		}
	}
	if rootVirtual, known := b.rootVirtualMFA().Get(); known && len(rootVirtual) == 0 {
		if n := b.summary("AccountMFAEnabled"); n.OK() && n.Value() > 0 {
			left--
		}
	}
	o.none = left == 0
	o.evidence = append(b.a.MFADevicesInUse.Evidence(), evidence(b.s.VirtualMFADevices, "assigned_virtual_mfa_devices", strconv.Itoa(assigned)))
	return o
}

func (b *builder) mfa(u *User, c *candidate, live *UserAnswers, virtual []VirtualMFADevice, other others) {
	for _, d := range virtual {
		u.VirtualMFADevices = append(u.VirtualMFADevices, virtualDevice(d))
	}
	if live != nil && live.MFADevices != nil && live.MFADevices.Complete {
		b.mfaLive(u, live.MFADevices)
		return
	}
	b.mfaBulk(u, c, other)
	active, ok := u.MFA.Get()
	switch {
	case ok && !active:
		u.MFADevices = know([]MFADevice{}, u.MFA.Evidence()...)
	case ok && other.none:
		u.MFADevices = know(u.VirtualMFADevices, append(u.MFA.Evidence(), other.evidence...)...)
	case !ok && u.MFA.Missing().Whole:
		u.MFADevices = lack[[]MFADevice](u.MFA.missing)
	default:
		m := b.lackingOf(u.Name, message.New("the kinds of the user's MFA devices were not read"), MFADevicesSection)
		if len(virtual) > 0 && other.suspects {
			later := *m
			later.Later, m = true, &later
		}
		if m.Gap.Code == "" && len(other.evidence) == 0 {
			if whole := b.lacking(VirtualMFADevicesSection, AccountSummarySection); whole.Gap.Code != "" {
				m = &Missing{Sections: m.Sections, Later: m.Later, Gap: whole.Gap}
			}
		}
		u.MFADevices = lack[[]MFADevice](m)
	}
}

func (b *builder) mfaLive(u *User, r *Answer[[]ListedMFADevice]) {
	devices := make([]MFADevice, len(r.Value))
	for i, d := range r.Value {
		devices[i] = MFADevice{Serial: d.Serial, Kind: KindOfMFA(d.Serial), EnabledSince: d.EnabledSince.UTC()}
	}
	slices.SortFunc(devices, func(x, y MFADevice) int { return cmp.Compare(x.Serial, y.Serial) })
	said := eachOf(r, r.Value, "mfa_device", func(d ListedMFADevice) string { return d.Serial })
	u.MFA = know(len(devices) > 0, said...)
	u.MFADevices = know(devices, said...)
}

// mfaBulk says whether the user has a device: a virtual one that the live list shows, else mfa_active. That AWS says
// there was one when it made the report, while every device in use now is somebody else's, is a contradiction: then
// nothing is known.
func (b *builder) mfaBulk(u *User, c *candidate, other others) {
	if len(u.VirtualMFADevices) > 0 {
		u.MFA = know(true, evidence(b.s.VirtualMFADevices, "virtual_mfa_device", u.VirtualMFADevices[0].Serial))
		return
	}
	if c.row == nil {
		u.MFA = lack[bool](b.noRow(u, c, MFADevicesSection))
		return
	}
	active, err := c.row.boolean("mfa_active")
	switch {
	case err != nil:
		u.MFA = lack[bool](b.oddCell(u, err, MFADevicesSection))
	case active && other.none:
		u.MFA = lack[bool](b.lackingOf(u.Name, message.New("the credential report says mfa_active, but every MFA device in use now is assigned to somebody else"), MFADevicesSection))
	default:
		u.MFA = know(active, b.reportEvidence(*c.row, "mfa_active")...)
	}
}
