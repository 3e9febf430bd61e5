package inventory_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/inventory"
)

var now = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

func options(depth audit.Depth) inventory.Options {
	return inventory.Options{Users: true, Depth: depth}
}

// bulk is the demo account as it is read before anybody is looked at one by one.
func bulk() *account.Snapshot {
	s := emulator.Demo(now)
	s.PerUser = nil
	return s
}

func user(t *testing.T, i *inventory.Inventory, name string) inventory.User {
	t.Helper()
	for _, u := range i.Users.Rows {
		if u.Name == name {
			return u
		}
	}
	t.Fatalf("got no user %s, want one", name)
	return inventory.User{}
}

// why are the texts of the notes on a row's fields.
func why(i *inventory.Inventory, list []inventory.Unknown) map[string]string {
	texts := map[string]string{}
	for _, u := range list {
		texts[u.Field] = i.Notes[u.Note-1].Text
	}
	return texts
}

func TestDeepInventoryOfTheDemoIsWhole(t *testing.T) {
	t.Parallel()
	i, wants := inventory.Of(emulator.Demo(now), options(audit.DepthDeep))
	if len(wants) > 0 || !i.Whole() || len(i.Notes) > 0 {
		t.Errorf("got the wants %v and the notes %v, want none", wants, i.Notes)
	}
	if len(i.Users.Rows) != 23 || !i.Users.Complete {
		t.Errorf("got %d users, complete: %t, want all 23", len(i.Users.Rows), i.Users.Complete)
	}
	u := user(t, i, "nakamura.riku")
	if *u.Password.Enabled != true || u.Password.LastUsed.At != now.AddDate(0, 0, -158) || !u.Password.NextRotation.Never || *u.Password.MustChange {
		t.Errorf("got the password %+v, want one used 158 days ago that never expires", u.Password)
	}
	if !slices.Equal(u.Groups, []string{"developers"}) || *u.MFA != true || u.MFADevices[0].Kind != account.MFAVirtual || u.MFADevices[0].EnabledSince.At != now.AddDate(0, 0, -980) {
		t.Errorf("got the groups %v and the devices %v, want developers and a virtual one of 980 days ago", u.Groups, u.MFADevices)
	}
	if k := u.AccessKeys[0]; !strings.HasPrefix(*k.ID, "AKIA") || k.Status != "active" || k.AgeDays != 610 || k.LastUsed.At != now.AddDate(0, 0, -151) || *k.Service != "codecommit" || *k.Region != "ap-northeast-1" {
		t.Errorf("got the key %+v, want one of 610 days, used 151 days ago by codecommit in ap-northeast-1", k)
	}
	if len(u.SSHKeys) != 1 || u.SSHKeys[0].Status != "active" || len(u.ServiceCredentials) != 1 || u.ServiceCredentials[0].Service != "codecommit.amazonaws.com" || !u.ServiceCredentials[0].Expires.Never {
		t.Errorf("got the SSH keys %v and the credentials %v, want one each, for CodeCommit", u.SSHKeys, u.ServiceCredentials)
	}
	if *u.Admin != "no" || u.MFAEnforced.Console.Verdict != "enforced" || u.MFAEnforced.AccessKey.Verdict != "leaky" {
		t.Errorf("got admin %q and MFA %+v, want no, enforced on the console and leaky with the key", *u.Admin, u.MFAEnforced)
	}
	if u := user(t, i, "sato.yuki"); *u.Admin != "yes" || len(u.MFADevices) != 2 || u.Tags[0].Value != "情報システム" || u.AccessKeys == nil || len(u.AccessKeys) > 0 {
		t.Errorf("got %+v, want an administrator with two devices, a tag and no key", u)
	}
	if u := user(t, i, "log-shipper"); *u.Password.Enabled || len(u.SigningCertificates) != 1 || u.SigningCertificates[0].ID == nil || u.SigningCertificates[0].Expires.At.Before(now) {
		t.Errorf("got %+v, want a machine with a certificate that has not ended", u)
	}
	if u := user(t, i, "kobayashi.hina"); !*u.Password.MustChange || !u.Password.LastUsed.Never {
		t.Errorf("got %+v, want a password that was never used and must be changed", u.Password)
	}
}

func TestStandardInventorySaysWhatItDidNotLookAt(t *testing.T) {
	t.Parallel()
	i, wants := inventory.Of(bulk(), options(audit.DepthStandard))
	if len(wants) > 0 || !i.Whole() {
		t.Errorf("got the wants %v and whole %t, want none: the answers for all are in", wants, i.Whole())
	}
	u := user(t, i, "log-shipper")
	if len(u.AccessKeys) != 2 || u.AccessKeys[0].ID != nil || u.AccessKeys[0].AgeDays != 280 || u.SSHKeys != nil || u.SigningCertificates[0].ID != nil {
		t.Errorf("got %+v, want two keys without IDs, no word on SSH keys and a certificate without an ID", u)
	}
	for field, text := range map[string]string{
		"access_keys.id": "IDs of access keys: not looked at in a standard run", "ssh_keys": "SSH public keys: not looked at",
		"signing_certificates.expires": "IDs and ends of signing certificates: not looked at",
	} {
		if got := why(i, u.Unknown)[field]; !strings.HasPrefix(got, text) {
			t.Errorf("got the note %q on %s, want %q", got, field, text)
		}
	}
	for _, n := range i.Notes {
		if n.Kind != inventory.NotLooked {
			t.Errorf("got %+v, want what was not looked at only", n)
		}
	}
	if u := user(t, i, "old-website"); u.MFADevices == nil || len(u.MFADevices) > 0 || *u.MFA {
		t.Errorf("got the devices %v, want a list that is known to be empty: the report says that there are none", u.MFADevices)
	}
}

func TestDeepRunAsksOnlyWhereThereIsSomethingToAsk(t *testing.T) {
	t.Parallel()
	_, wants := inventory.Of(bulk(), options(audit.DepthDeep))
	asked := map[account.Section][]string{}
	for _, w := range wants {
		if !w.Uncapped || w.UserID == "" {
			t.Errorf("got the want %+v, want it uncapped, with the user's ID", w)
		}
		asked[w.Section] = append(asked[w.Section], w.User)
	}
	count := map[account.Section]int{}
	for section, users := range asked {
		count[section] = len(users)
	}
	want := map[account.Section]int{
		account.SSHPublicKeysSection: 23, account.AccessKeysSection: 11, account.LoginProfileSection: 14, account.SigningCertificatesSection: 2, account.MFADevicesSection: 3,
	}
	if !reflect.DeepEqual(count, want) {
		t.Errorf("got %v, want %v", count, want)
	}
	if slices.Contains(asked[account.AccessKeysSection], "sato.yuki") || slices.Contains(asked[account.LoginProfileSection], "ci-deploy") {
		t.Errorf("got %v, want nobody asked for the keys, or the password, that the report says the user hasn't", asked)
	}
}

func TestAutoIsDeepForFewUsers(t *testing.T) {
	t.Parallel()
	i, wants := inventory.Of(bulk(), options(audit.DepthAuto))
	if i.Depth.Ran != audit.DepthDeep || len(wants) == 0 {
		t.Errorf("got %+v and %d wants, want a deep run", i.Depth, len(wants))
	}
	i, wants = inventory.Of(emulator.Company(201, now), options(audit.DepthAuto))
	if i.Depth.Ran != audit.DepthStandard || len(wants) > 0 {
		t.Errorf("got %+v and %d wants, want a standard run", i.Depth, len(wants))
	}
}

// What was not read is null and has a note, whatever is missing.
func TestNothingThatWasNotReadReadsAsNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		section account.Section
		lacking []string // fields of sato.yuki
	}{
		{account.CredentialReportSection, []string{"password.enabled", "password.last_changed", "access_keys", "signing_certificates"}},
		{account.AuthorizationDetailsSection, []string{"groups", "tags", "admin", "mfa_enforced.console", "mfa_enforced.access_key"}},
		{account.VirtualMFADevicesSection, []string{"mfa_devices"}},
		{account.ServiceCredentialsSection, []string{"service_credentials"}},
	} {
		t.Run(string(c.section), func(t *testing.T) {
			t.Parallel()
			s := bulk()
			s.Forget(c.section)
			s.Gaps = append(s.Gaps, account.Gap{Section: c.section, Action: "iam:Something", Code: "AccessDenied", Message: "not authorized"})
			i, _ := inventory.Of(s, options(audit.DepthStandard))
			u := user(t, i, "sato.yuki")
			if i.Whole() {
				t.Error("got a whole inventory, want one that isn't")
			}
			text, err := json.Marshal(u)
			if err != nil {
				t.Fatal(err)
			}
			var row map[string]any
			if err := json.Unmarshal(text, &row); err != nil {
				t.Fatal(err)
			}
			for _, field := range c.lacking {
				if got := why(i, u.Unknown)[field]; !strings.Contains(got, "iam:Something failed: AccessDenied") {
					t.Errorf("got the note %q on %s, want the call that failed", got, field)
				}
				outer, inner, nested := strings.Cut(field, ".")
				value := row[outer]
				if nested {
					value = value.(map[string]any)[inner]
				}
				if value != nil {
					t.Errorf("got %v for %s, want null", value, field)
				}
			}
		})
	}
}

func TestUnknownAliasIsNoted(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.AccountAliases = nil
	i, _ := inventory.Of(s, options(audit.DepthDeep))
	if i.Account.Alias != nil || i.Whole() || why(i, i.Unknown)["account.alias"] != "account-aliases was not read" {
		t.Errorf("got the alias %v and the notes %v, want it unknown, and why", i.Account.Alias, i.Notes)
	}
}

func TestTornListsAreNotTakenForWhole(t *testing.T) {
	t.Parallel()
	s := bulk()
	s.ServiceCredentials.Complete = false
	s.AuthorizationDetails.Complete, s.Users.Complete = false, false
	o := options(audit.DepthStandard)
	o.Groups, o.Roles = true, true
	i, _ := inventory.Of(s, o)
	if i.Users.Complete || i.Groups.Complete || i.Roles.Complete {
		t.Errorf("got users %t, groups %t, roles %t complete, want none", i.Users.Complete, i.Groups.Complete, i.Roles.Complete)
	}
	for _, field := range []string{"users", "groups", "roles"} {
		if got := why(i, i.Unknown)[field]; !strings.HasPrefix(got, "the list of "+field+" may lack some") {
			t.Errorf("got the note %q on %s", got, field)
		}
	}
	u := user(t, i, "nakamura.riku")
	if len(u.ServiceCredentials) != 1 || why(i, u.Unknown)["service_credentials"] == "" {
		t.Errorf("got %v and %v, want the credential that was seen, and a note that there may be more", u.ServiceCredentials, u.Unknown)
	}
	for _, g := range i.Groups.Rows {
		if why(i, g.Unknown)["members"] == "" {
			t.Errorf("got no note on the members of %s, want one: users may be missing", g.Name)
		}
	}
}

// What could still be asked hangs on nobody's policies, so that nobody is judged for it.
func TestWantsAreThoseOfTheInventory(t *testing.T) {
	t.Parallel()
	_, want := inventory.Of(bulk(), options(audit.DepthDeep))
	if got := inventory.Wants(bulk(), options(audit.DepthDeep)); len(got) == 0 || !slices.Equal(got, want) {
		t.Errorf("got %v, want what the inventory wants: %v", got, want)
	}
}

// A user who was created since the credential report is asked about, even in a standard run, and what the report would
// have told of the password is worked out from the password policy.
func TestUserSinceTheReport(t *testing.T) {
	t.Parallel()
	s := bulk()
	rows := strings.Split(s.CredentialReport.Value.Content, "\n")
	s.CredentialReport.Value.Content = strings.Join(slices.DeleteFunc(rows, func(row string) bool { return strings.HasPrefix(row, "sato.yuki,") }), "\n")
	_, wants := inventory.Of(s, options(audit.DepthStandard))
	sections := map[account.Section]bool{}
	for _, w := range wants {
		if w.User != "sato.yuki" || w.Uncapped {
			t.Errorf("got the want %+v, want capped ones for sato.yuki", w)
		}
		sections[w.Section] = true
	}
	if !sections[account.LoginProfileSection] || !sections[account.AccessKeysSection] {
		t.Errorf("got the wants %v, want the password and keys", wants)
	}
	changed := s.CredentialReport.Value.GeneratedAt.Add(time.Minute)
	s.PerUser = map[string]*account.UserAnswers{"sato.yuki": {LoginProfile: &account.Answer[*account.LoginProfile]{
		Action: "iam:GetLoginProfile", Complete: true, Value: &account.LoginProfile{Created: changed},
	}}}
	i, _ := inventory.Of(s, options(audit.DepthStandard))
	if got := user(t, i, "sato.yuki").Password; !*got.Enabled || !got.NextRotation.Never || got.LastChanged.At != changed {
		t.Errorf("got %+v, want a password that doesn't expire, as the policy says", got)
	}
	s.PasswordPolicy.Value.ExpirePasswords, s.PasswordPolicy.Value.MaxPasswordAgeDays = true, 90
	i, _ = inventory.Of(s, options(audit.DepthStandard))
	if got := user(t, i, "sato.yuki").Password.NextRotation; got.At != changed.AddDate(0, 0, 90) {
		t.Errorf("got the next rotation %v, want 90 days after %s", got, changed)
	}
	s.PasswordPolicy = nil
	i, _ = inventory.Of(s, options(audit.DepthStandard))
	if u := user(t, i, "sato.yuki"); u.Password.NextRotation.Known() || why(i, u.Unknown)["password.next_rotation"] == "" {
		t.Errorf("got the next rotation %v, want it unknown without the policy", u.Password.NextRotation)
	}
}

func TestOfflineSaysWhoDidNotLook(t *testing.T) {
	t.Parallel()
	o := options(audit.DepthStandard)
	o.Offline = true
	i, _ := inventory.Of(bulk(), o)
	if got, want := why(i, user(t, i, "sato.yuki").Unknown)["ssh_keys"], "SSH public keys: not looked at by the run whose answers these are"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		want  string
	}{
		{inventory.When{}, `null`},
		{inventory.When{Never: true}, `"never"`},
		{inventory.When{At: now}, `"2026-11-22T05:00:00Z"`},
		{inventory.List[inventory.Group]{Asked: true}, `null`},
		{inventory.List[inventory.Group]{Asked: true, Complete: true}, `[]`},
		{struct {
			L inventory.List[inventory.Group] `json:"l,omitzero"`
		}{}, `{}`},
	} {
		got, err := json.Marshal(c.value)
		if err != nil || string(got) != c.want {
			t.Errorf("got %s, %v, want %s", got, err, c.want)
		}
	}
}

func TestSectionsAreNoMoreThanTheListsNeed(t *testing.T) {
	t.Parallel()
	if got := inventory.Sections(inventory.Options{Roles: true}); len(got) != 3 || slices.Contains(got, account.CredentialReportSection) {
		t.Errorf("got %v for roles, want three, without the credential report", got)
	}
	for _, section := range inventory.Sections(inventory.Options{Users: true}) {
		if section.PerUser() {
			t.Errorf("got %s, want no section of single users", section)
		}
	}
}

// The work grows with the number of users, not with its square.
func TestAllocationsAreLinear(t *testing.T) {
	per := func(n int) float64 {
		s := emulator.Company(n, now)
		o := options(audit.DepthStandard)
		return testing.AllocsPerRun(1, func() { inventory.Of(s, o) }) / float64(n)
	}
	if few, many := per(500), per(5000); many > 1.3*few {
		t.Errorf("got %.0f allocations a user among 5000, and %.0f among 500, want no more", many, few)
	}
}

// What leaks is in no inventory, and finding it would take most of the time. The verdicts are the same without it.
func TestVerdictsTakeNoLookAtWhatLeaks(t *testing.T) {
	const users = 150
	x := access.New(account.New(emulator.Messy(users, 1, now)))
	got := audit.Enforced(x, nil)
	if n := testing.AllocsPerRun(1, func() { audit.Enforced(x, nil) }) / users; n > 20 {
		t.Errorf("got %.0f allocations for each user who was analysed, want a row's alone", n)
	}
	want := audit.Enforcement(x, nil)
	leaky := 0
	for i := range want {
		for _, on := range []*audit.EnforcedOnPath{&want[i].Console, &want[i].AccessKey} {
			leaky += on.Services
			on.Services, on.Leaks = 0, []audit.LeakRow{}
		}
	}
	if !reflect.DeepEqual(got, want) || leaky == 0 {
		t.Errorf("got %+v, want %+v, of whom some leak", got, want)
	}
}

func BenchmarkOf5000(b *testing.B) {
	s := emulator.Company(5000, now)
	o := options(audit.DepthStandard)
	b.ReportAllocs()
	for b.Loop() {
		inventory.Of(s, o)
	}
}

// Interrupted at any point the inventory is none, not half of one, and goes on for no more than a few questions.
func TestInterruptedInventory(t *testing.T) {
	t.Parallel()
	s := bulk()
	whole := options(audit.DepthStandard)
	whole.Roles, whole.Groups = true, true
	asked := 0
	whole.Interrupted = func() bool { asked++; return false }
	if i, _ := inventory.Of(s, whole); i == nil || asked < 2*len(s.AuthorizationDetails.Value.Users) {
		t.Fatalf("got %v, and %d questions whether to go on, want one at least for each user and what is judged of them", i, asked)
	}
	for stop := 1; stop <= asked; stop += 7 {
		n := 0
		o := whole
		o.Interrupted = func() bool { n++; return n >= stop }
		if i, wants := inventory.Of(s, o); i != nil || wants != nil || n > stop+4 {
			t.Errorf("interrupted at question %d of %d: got %v, %v and %d questions, want nothing, at once", stop, asked, i, wants, n)
		}
	}
}
