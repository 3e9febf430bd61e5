package audit

import (
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// userRows shows each user as far as the facts are known.
func userRows(a *account.Account) []UserRow {
	rows := make([]UserRow, 0, len(a.Users))
	for _, u := range a.Users {
		row := UserRow{Name: u.Name, ARN: u.ARN, Created: orNil(u.Created)}
		if groups, ok := u.Groups.Get(); ok {
			row.Groups = lists.OrEmpty(groups)
		}
		if enabled, ok := u.Password.Get(); ok {
			row.Password.Enabled = &enabled
		}
		if used, ok := u.PasswordLastUsed.Get(); ok {
			row.Password.LastUsed, row.Password.LastUsedKnown = orNil(used), true
		}
		if changed, ok := u.PasswordLastChanged.Get(); ok {
			row.Password.LastChanged = orNil(changed)
		}
		if active, ok := u.MFA.Get(); ok {
			row.MFAActive = &active
		}
		if required, ok := u.PasswordResetRequired.Get(); ok {
			row.Password.ResetRequired = &required
		}
		row.MFA = deviceRows(u)
		row.AccessKeys = keyRows(u)
		rows = append(rows, row)
	}
	return rows
}

func deviceRows(u *account.User) []MFARow {
	devices, known := u.MFADevices.Get()
	if !known {
		devices = u.VirtualMFADevices
		if len(devices) == 0 {
			return nil
		}
	}
	return lists.Map(devices, func(d account.MFADevice) MFARow { return MFARow{d.Serial, d.Kind, orNil(d.EnabledSince)} })
}

func keyRows(u *account.User) []AccessKeyRow {
	keys, ok := u.AccessKeys.Get()
	if !ok {
		return nil
	}
	rows := make([]AccessKeyRow, len(keys))
	for i, k := range keys {
		use, known := k.LastUsed.Get()
		rows[i] = AccessKeyRow{ID: k.ID, Slot: k.Slot, Active: k.Active, Created: k.Created, LastUsed: orNil(use.At), LastUsedKnown: known, Service: use.Service, Region: use.Region}
	}
	return rows
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
