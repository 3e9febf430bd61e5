package diff

import (
	"slices"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// compareUsers compares the users and what both kinds of side tell of each.
func (c *comparison) compareUsers() {
	members := newMembers()
	compareLists(c, listOf(c.old, c.old.usersWhole, c.old.users, c.names.oldKey), listOf(c.new, c.new.usersWhole, c.new.users, c.names.newKey), lists[*user]{
		area: AreaUsers, name: nameOfUser,
		created: func(u *user) time.Time { return u.created },
		both: func(o, n *user) {
			if c.names.recreated[n.arn] {
				c.change(Change{Area: AreaUsers, Kind: Recreated, Resource: n.arn, Name: n.name, Details: append(recreation(o.identity(), n.identity()), portrait(n)...)})
				members.left(o)
				members.joined(n)
				return
			}
			c.sameUser(o, n)
			members.compare(c, o, n)
		},
		added: func(u *user) {
			c.change(Change{Area: AreaUsers, Kind: Added, Resource: u.arn, Name: u.name, Details: portrait(u)})
			members.joined(u)
		},
		removed: func(u *user) {
			c.change(Change{Area: AreaUsers, Kind: Removed, Resource: u.arn, Name: u.name, Details: portrait(u)})
			members.left(u)
		},
	})
	c.compareGroups(members)
}

func (u *user) identity() identity { return identity{u.id, u.created} }

// recreation says what tells two namesakes apart.
func recreation(old, new identity) []Detail {
	var details []Detail
	if old.id != new.id && old.id != "" && new.id != "" {
		details = append(details, Detail{Field: "id", Old: old.id, New: new.id})
	}
	if !sameSecond(old.created, new.created) {
		details = append(details, Detail{Field: "created", Old: stamp(old.created), New: stamp(new.created)})
	}
	return details
}

// portrait says what is known of a user who came or went.
func portrait(u *user) []Detail {
	var details []Detail
	if u.password.ok {
		details = append(details, Detail{Field: "password", New: onOff(u.password.value.set, "set", "none")})
	}
	if u.keys.ok && len(u.keys.value) > 0 {
		d := Detail{Field: "access_keys"}
		for _, k := range u.keys.value {
			d.Added = append(d.Added, k.item()+" "+onOff(k.active, "active", "inactive"))
		}
		details = append(details, d)
	}
	if len(u.devices.list) > 0 {
		d := Detail{Field: "mfa_devices"}
		for _, device := range u.devices.list {
			d.Added = append(d.Added, device.Serial)
		}
		details = append(details, d)
	}
	if u.groups.ok && len(u.groups.value) > 0 {
		details = append(details, Detail{Field: "groups", Added: slices.Sorted(slices.Values(u.groups.value))})
	}
	return details
}

func (c *comparison) sameUser(o, n *user) {
	if o.arn != n.arn {
		c.change(Change{Area: AreaUsers, Kind: Renamed, Resource: n.arn, Name: n.name, Details: []Detail{{Field: "arn", Old: o.arn, New: n.arn}}})
	}
	c.comparePasswords(o, n)
	if both(c, AreaAccessKeys, nameOfUser(n), o.keys, n.keys) {
		c.compareCredentials(AreaAccessKeys, n, o.keys, n.keys)
	}
	c.compareDevices(n.arn, n.name, o.devices, n.devices)
	if o.listed != nil && n.listed != nil {
		c.compareUserPolicies(o.listed, n.listed)
		c.compareOtherCredentials(o, n)
	}
}

// comparePasswords tells of a change of the password only where its date is later than all that the old side rests on:
// a live answer gives the date of the first password, and the credential report that of the last change.
func (c *comparison) comparePasswords(o, n *user) {
	if !both(c, AreaPasswords, nameOfUser(n), o.password, n.password) {
		return
	}
	was, is := o.password.value, n.password.value
	change := Change{Area: AreaPasswords, Resource: n.arn, Name: n.name}
	switch {
	case was.set != is.set:
		if stale(c, AreaPasswords, nameOfUser(n), o.password, n.password) {
			return
		}
		change.Kind = Added
		if !is.set {
			change.Kind = Removed
		}
	case is.set && !was.changed.IsZero() && is.changed.After(was.changed) && is.changed.After(c.old.since):
		change.Kind = Changed
	default:
		return
	}
	if !sameSecond(was.changed, is.changed) {
		change.Details = append(change.Details, Detail{Field: "last_changed", Old: stamp(was.changed), New: stamp(is.changed)})
	}
	c.change(change)
}

// compareCredentials compares a user's keys or certificates.
func (c *comparison) compareCredentials(area Area, u *user, old, new known[[]credential]) {
	same, removed, added := matchCredentials(old.value, new.value)
	of := Change{Area: area, Resource: u.arn, Name: u.name}
	for _, pair := range same {
		if pair.old.active != pair.new.active && !stale(c, area, nameOfUser(u), old, new) {
			c.change(of.about(pair.new.item(), flipped(pair.new.active)))
		}
	}
	// The credential report is up to four hours older than the rest: a key that was made before all that the old side
	// rests on, and that it does not have, was deleted before, and one that was made after all that the new side rests on
	// can't be in it.
	added = c.plausible(area, u, added, func(k credential) bool { return k.created.IsZero() || k.created.After(c.old.since) },
		message.New("NEW has one that was made before OLD, and OLD does not have it: one of them rests on an older credential report"))
	removed = c.plausible(area, u, removed, func(k credential) bool { return !k.created.After(c.new.since) },
		message.New("OLD has one that is younger than the credential report of NEW, which cannot have it"))
	for len(removed) > 0 && len(added) > 0 {
		c.change(of.about(added[0].item(), Replaced, Detail{Field: "item", Old: removed[0].item(), New: added[0].item()},
			Detail{Field: "created", Old: stamp(removed[0].created), New: stamp(added[0].created)}))
		removed, added = removed[1:], added[1:]
	}
	for _, k := range added {
		c.change(of.about(k.item(), Added, Detail{Field: "created", New: stamp(k.created)}, Detail{Field: "status", New: onOff(k.active, "active", "inactive")}))
	}
	for _, k := range removed {
		c.change(of.about(k.item(), Removed, Detail{Field: "created", Old: stamp(k.created)}, Detail{Field: "status", Old: onOff(k.active, "active", "inactive")}))
	}
}

func (c *comparison) plausible(area Area, u *user, list []credential, ok func(credential) bool, why message.Message) []credential {
	return slices.DeleteFunc(list, func(k credential) bool {
		if ok(k) {
			return false
		}
		c.skip(area, why, audit.Short(u.arn, k.item()))
		return true
	})
}

// about is a copy of the change about one item.
func (c Change) about(item string, kind ChangeKind, details ...Detail) Change {
	c.Item, c.Kind, c.Details = item, kind, details
	return c
}

func flipped(active bool) ChangeKind {
	if active {
		return Activated
	}
	return Deactivated
}

// compareDevices compares MFA devices by serial number. A virtual device that was deleted and enrolled again has the
// same one: the date from which it is enabled tells.
func (c *comparison) compareDevices(arn, name string, old, new devices) {
	of := Change{Area: AreaMFADevices, Resource: arn, Name: name}
	bySerial := func(list []account.MFADevice) map[string]account.MFADevice {
		m := make(map[string]account.MFADevice, len(list))
		for _, d := range list {
			m[d.Serial] = d
		}
		return m
	}
	was, is := bySerial(old.list), bySerial(new.list)
	var added, removed []account.MFADevice
	for _, serial := range sortedKeys(is) {
		d := is[serial]
		before, known := was[serial]
		switch {
		case known && !before.EnabledSince.IsZero() && !d.EnabledSince.IsZero() && !sameSecond(before.EnabledSince, d.EnabledSince):
			c.change(of.about(serial, Replaced, Detail{Field: "enabled_since", Old: stamp(before.EnabledSince), New: stamp(d.EnabledSince)}))
		case known:
		case old.tells(d) || d.EnabledSince.After(c.old.side.Report.TakenAt):
			added = append(added, d)
		default:
			c.skip(AreaMFADevices, message.New("OLD does not tell all devices (%s): one that only NEW shows may have been there", old.why), audit.Short(arn, serial))
		}
	}
	for _, serial := range sortedKeys(was) {
		if _, still := is[serial]; still {
			continue
		}
		if new.tells(was[serial]) {
			removed = append(removed, was[serial])
			continue
		}
		c.skip(AreaMFADevices, message.New("NEW does not tell all devices (%s): one that only OLD shows may still be there", new.why), audit.Short(arn, serial))
	}
	for len(removed) > 0 && len(added) > 0 {
		c.change(of.about(added[0].Serial, Replaced, Detail{Field: "serial", Old: removed[0].Serial, New: added[0].Serial},
			Detail{Field: "kind", Old: string(removed[0].Kind), New: string(added[0].Kind)},
			Detail{Field: "enabled_since", Old: stamp(removed[0].EnabledSince), New: stamp(added[0].EnabledSince)}))
		removed, added = removed[1:], added[1:]
	}
	for _, d := range added {
		c.change(of.about(d.Serial, Added, Detail{Field: "kind", New: string(d.Kind)}, Detail{Field: "enabled_since", New: stamp(d.EnabledSince)}))
	}
	for _, d := range removed {
		c.change(of.about(d.Serial, Removed, Detail{Field: "kind", Old: string(d.Kind)}, Detail{Field: "enabled_since", Old: stamp(d.EnabledSince)}))
	}
	for _, side := range []struct {
		devices devices
		state   *state
	}{{old, c.old}, {new, c.new}} {
		switch {
		case !side.devices.virtual || !side.devices.all && side.state.account != nil:
			c.skip(AreaMFADevices, message.New("not all known in %s: %s", side.state.label, side.devices.why), short(arn))
		case !side.devices.all:
			c.skip(AreaMFADevices, message.New("%s is a report: there may be devices of other kinds than those that it shows", side.state.label), "")
		}
	}
}

// tells reports whether a device would be in the list if it were there.
func (d devices) tells(device account.MFADevice) bool {
	return d.all || d.virtual && device.Kind == account.MFAVirtual
}
