package audit

import (
	"slices"

	"sekisho/audit/access"
	"sekisho/audit/account"
)

// Enforcement says of each user whether MFA is registered and enforced: a row a user, sorted by name.
func Enforcement(x *access.Access, interrupted Interrupted) []EnforcementRow {
	return enforcement(x, interrupted, true)
}

// Enforced is Enforcement without what leaks, which takes most of the time.
func Enforced(x *access.Access, interrupted Interrupted) []EnforcementRow {
	return enforcement(x, interrupted, false)
}

func enforcement(x *access.Access, interrupted Interrupted, leaks bool) []EnforcementRow {
	rows := make([]EnforcementRow, 0, len(x.Account.Users))
	for _, u := range x.Account.Users {
		if interrupted.Now() {
			return nil
		}
		rows = append(rows, enforcementRow(x, u, leaks))
	}
	return rows
}

func enforcementRow(x *access.Access, u *account.User, leaks bool) EnforcementRow {
	row := EnforcementRow{Name: u.Name, ARN: u.ARN, Kinds: []account.MFAKind{}}
	if has, ok := u.Password.Get(); ok {
		row.Password = &has
	}
	if has, ok := u.MFA.Get(); ok {
		row.MFAActive = &has
	}
	if keys, ok := u.AccessKeys.Get(); ok {
		n := 0
		for _, k := range keys {
			if k.Active {
				n++
			}
		}
		row.ActiveKeys = &n
	}
	devices, ok := u.MFADevices.Get()
	if !ok {
		devices = u.VirtualMFADevices
	}
	for _, d := range devices {
		if !slices.Contains(row.Kinds, d.Kind) {
			row.Kinds = append(row.Kinds, d.Kind)
		}
	}
	nothing := EnforcedOnPath{Verdict: access.Undecided.String(), Leaks: []LeakRow{}}
	row.Console, row.AccessKey = nothing, nothing
	who := x.User(u.Name)
	admin, why := who.AdminWord()
	row.Admin = admin
	if who.Missing != nil {
		why = who.Missing.Message()
	}
	if !why.Empty() {
		row.Reason, row.Text = why.String(), why
		return row
	}
	row.Console, row.AccessKey = enforcedOn(who, access.Console, leaks), enforcedOn(who, access.AccessKey, leaks)
	if hidden := x.HiddenRoles(); !hidden.Empty() {
		for path, on := range map[access.Path]*EnforcedOnPath{access.Console: &row.Console, access.AccessKey: &row.AccessKey} {
			if !who.Opens(path) {
				*on, row.Reason, row.Text = nothing, hidden.String(), hidden
			}
		}
	}
	return row
}

// enforcedOn is a path's verdict, with the first of what leaks where that is asked for.
func enforcedOn(who *access.Principal, path access.Path, leaks bool) EnforcedOnPath {
	v := who.Analysis().Paths[path]
	out := EnforcedOnPath{Verdict: v.Verdict.String(), Sure: v.Sure, Leaks: []LeakRow{}}
	if !leaks || !who.Opens(path) {
		return out
	}
	leaked := who.Leakage(path)
	out.Services = leaked.Services
	for _, l := range leaked.Leaks {
		out.Leaks = append(out.Leaks, LeakRow{Service: l.Service, Actions: l.Actions, Count: l.Count, Sure: l.Sure, By: l.By})
	}
	return out
}
