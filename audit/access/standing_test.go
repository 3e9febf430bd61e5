package access_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// Once single users were read, too, the ways to an administrator are those that were found before, unless something on
// which ways hang turns out to be different: then they are looked for anew, and are those that are found without any other view.
func TestWaysAreTakenOver(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	oneLess := func(what string, take func(*account.UserAnswers) bool) func(*account.Snapshot, *account.AuthorizationDetails) {
		return func(s *account.Snapshot, _ *account.AuthorizationDetails) {
			s.PerUser = emulator.Messy(60, 3, at).PerUser
			for _, name := range slices.Sorted(maps.Keys(s.PerUser)) {
				if take(s.PerUser[name]) {
					return
				}
			}
			t.Errorf("got nobody with a %s, want one", what)
		}
	}
	for name, test := range map[string]struct {
		change func(*account.Snapshot, *account.AuthorizationDetails)
		anew   bool
	}{
		"single users were read": {func(s *account.Snapshot, _ *account.AuthorizationDetails) {
			s.PerUser = emulator.Messy(60, 3, at).PerUser
		}, false},
		"a password has gone": {oneLess("password", func(u *account.UserAnswers) bool {
			had := u.LoginProfile != nil && u.LoginProfile.Value != nil
			if had {
				u.LoginProfile.Value = nil
			}
			return had
		}), true},
		"a device has gone": {oneLess("device", func(u *account.UserAnswers) bool {
			had := u.MFADevices != nil && len(u.MFADevices.Value) == 1
			if had {
				u.MFADevices.Value = nil
			}
			return had
		}), true},
		"a key has gone": {oneLess("key", func(u *account.UserAnswers) bool {
			had := u.AccessKeys != nil && len(u.AccessKeys.Value) == 2
			if had {
				u.AccessKeys.Value = u.AccessKeys.Value[:1]
			}
			return had
		}), true},
		"another hour": {func(s *account.Snapshot, _ *account.AuthorizationDetails) { s.TakenAt = at.Add(time.Hour) }, true},
		"another tag": {func(_ *account.Snapshot, d *account.AuthorizationDetails) {
			d.Users[3].Tags = []account.Tag{{Key: "team", Value: "blue"}}
		}, true},
		"another policy": {func(_ *account.Snapshot, d *account.AuthorizationDetails) {
			d.Policies[0].Versions[0].Document = sinceThen
		}, true},
		"another trust": {func(_ *account.Snapshot, d *account.AuthorizationDetails) {
			d.Roles[2].TrustPolicy = d.Roles[3].TrustPolicy + " "
		}, true},
		"a group with less": {func(_ *account.Snapshot, d *account.AuthorizationDetails) { d.Groups[0].AttachedPolicies = nil }, true},
		"one user less":     {func(_ *account.Snapshot, d *account.AuthorizationDetails) { d.Users = d.Users[1:] }, true},
		"providers unread":  {func(s *account.Snapshot, _ *account.AuthorizationDetails) { s.OIDCProviders = nil }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, is := emulator.Messy(60, 3, at), emulator.Messy(60, 3, at)
			was.PerUser, is.PerUser = map[string]*account.UserAnswers{}, map[string]*account.UserAnswers{}
			test.change(is, &is.AuthorizationDetails.Value)
			shared := access.NewShared()
			before, after, alone := shared.New(account.New(was)), shared.New(account.New(is)), access.New(account.New(is))
			admins := 0
			for _, u := range after.Account.Users {
				old, power, want := before.User(u.Name).Power(), after.User(u.Name).Power(), alone.User(u.Name).Power()
				if anew := old != power; anew != test.anew {
					t.Fatalf("%s: got a way that was looked for anew: %t, want %t", u.Name, anew, test.anew)
				}
				if !reflect.DeepEqual(power, want) {
					t.Errorf("%s: got %+v, want %+v", u.Name, power, want)
				}
				if power.Chain != nil {
					admins++
				}
			}
			if admins == 0 {
				t.Error("got nobody who becomes an administrator, want some")
			}
		})
	}
}

// No way hangs on what is left out where two views are compared: ways stay as they are whatever that says, such as what is true
// of somebody else. All else counts.
func TestNoWayHangsOnTheRest(t *testing.T) {
	t.Parallel()
	s := emulator.Messy(40, 3, time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	powers := func(a *account.Account) (list []*access.Power) {
		x := access.New(a)
		for _, u := range a.Users {
			list = append(list, x.User(u.Name).Power())
		}
		for _, r := range x.Roles() {
			list = append(list, r.Power())
		}
		return list
	}
	want, standing := powers(account.New(s)), access.StandingOf(account.New(s))
	check := func(part, field string, a *account.Account) {
		left := slices.Contains(access.NoStanding(part), field)
		if same := access.StandingOf(a) == standing; same != left {
			t.Errorf("another %s of %s: got the same standing: %t, want %t", field, part, same, left)
		}
		if left && !reflect.DeepEqual(powers(a), want) {
			t.Errorf("another %s of %s: got other ways, want the same", field, part)
		}
	}
	users, all := reflect.TypeFor[account.User](), reflect.TypeFor[account.Account]()
	for i := range users.NumField() {
		if field := users.Field(i); field.IsExported() {
			a := account.New(s)
			first := reflect.ValueOf(*a.Users[0]).Field(i)
			for n := range a.Users {
				next := first
				if n+1 < len(a.Users) {
					next = reflect.ValueOf(*a.Users[n+1]).Field(i)
				}
				reflect.ValueOf(a.Users[n]).Elem().Field(i).Set(next)
			}
			check("User", field.Name, a)
			a = account.New(s)
			for _, u := range a.Users {
				reflect.ValueOf(u).Elem().Field(i).SetZero()
			}
			check("User", field.Name, a)
		}
	}
	for i := range all.NumField() {
		if field := all.Field(i); field.IsExported() && field.Name != "Kept" {
			a := account.New(s)
			reflect.ValueOf(a).Elem().Field(i).SetZero()
			check("Account", field.Name, a)
		}
	}
}
