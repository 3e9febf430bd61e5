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
	"sekisho/audit/policy"
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
		"another day": {func(s *account.Snapshot, _ *account.AuthorizationDetails) {
			*s = *emulator.Messy(60, 3, at.AddDate(0, 0, 1))
			s.PerUser = map[string]*account.UserAnswers{}
		}, false},
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
	at := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	s := emulator.Messy(40, 3, at)
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
	details := func(a *account.Account) (list []reflect.Value) {
		add := func(p any) { list = append(list, reflect.ValueOf(p).Elem()) }
		for _, g := range a.Groups {
			add(&g.GroupDetail)
		}
		for _, r := range a.Roles {
			for i := range r.InstanceProfiles {
				add(&r.InstanceProfiles[i])
			}
			add(&r.RoleDetail)
		}
		for _, p := range a.Policies {
			for i := range p.Versions {
				add(&p.Versions[i])
			}
			add(&p.PolicyDetail)
		}
		for i := range a.OIDCProviders {
			add(&a.OIDCProviders[i])
		}
		return list
	}
	for _, part := range []reflect.Type{
		reflect.TypeFor[account.GroupDetail](), reflect.TypeFor[account.InstanceProfile](), reflect.TypeFor[account.RoleDetail](),
		reflect.TypeFor[account.PolicyVersion](), reflect.TypeFor[account.PolicyDetail](), reflect.TypeFor[account.Provider](),
	} {
		for i := range part.NumField() {
			a, some := account.New(emulator.Messy(40, 3, at)), false
			for _, v := range details(a) {
				if v.Type() == part {
					some = some || !v.Field(i).IsZero() && (v.Field(i).Kind() != reflect.Slice || v.Field(i).Len() > 0)
					v.Field(i).SetZero()
				}
			}
			if some {
				check(part.Name(), part.Field(i).Name, a)
			}
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

// Where a policy asks when a request is made, the ways of another hour are looked for anew: of a user, of a role's trust, of the
// organization.
func TestWaysOfAnotherHour(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	own := []account.InlinePolicy{{Name: "own", Document: untilNoon}}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-11-29T12:00:00Z"}}}]}`
	for name, test := range map[string]struct {
		change func(*account.AuthorizationDetails)
		scps   string
		anew   bool
	}{
		"nobody asks":             {func(*account.AuthorizationDetails) {}, "", false},
		"a user's policy asks":    {func(d *account.AuthorizationDetails) { d.Users[3].InlinePolicies = own }, "", true},
		"a group's policy asks":   {func(d *account.AuthorizationDetails) { d.Groups[0].InlinePolicies = own }, "", true},
		"a trust policy asks":     {func(d *account.AuthorizationDetails) { d.Roles[2].TrustPolicy = trust }, "", true},
		"the organization's asks": {func(*account.AuthorizationDetails) {}, untilNoon, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := access.NewShared()
			var guardrails access.Guardrails
			if test.scps != "" {
				d, err := policy.ParseText("scp", policy.SCP, test.scps)
				if err != nil {
					t.Fatal(err)
				}
				guardrails = access.Guardrails{SCPs: [][]*policy.Document{{d}}, Read: true}
			}
			var first []*access.Power
			for hours := range 2 {
				s := emulator.Messy(25, 3, at)
				s.TakenAt = at.Add(time.Duration(6*hours) * time.Hour)
				test.change(&s.AuthorizationDetails.Value)
				view, alone := shared.New(account.New(s)), access.New(account.New(s))
				view.Guard(guardrails)
				alone.Guard(guardrails)
				for i, u := range view.Account.Users {
					power := view.User(u.Name).Power()
					if want := alone.User(u.Name).Power(); !reflect.DeepEqual(power, want) {
						t.Errorf("%s, %d hours later: got %+v, want %+v", u.Name, 6*hours, power, want)
					}
					if hours == 0 {
						first = append(first, power)
					} else if anew := first[i] != power; anew != test.anew {
						t.Fatalf("%s: got a way that was looked for anew: %t, want %t", u.Name, anew, test.anew)
					}
				}
			}
		})
	}
}
