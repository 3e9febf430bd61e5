package offboard_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/offboard"
)

const day = 24 * time.Hour

// waysIn are users who have one thing each.
var waysIn = []struct {
	what string
	is   person
	ways string // the kinds of ways in that it makes
	left string
}{
	{"nothing", person{}, "", ""},
	{"a password", person{password: true}, "password", ""},
	{"a password used of late", person{password: true, signedIn: 2 * time.Hour}, "password session", ""},
	{"a password used long ago", person{password: true, signedIn: 40 * day}, "password", ""},
	{"a password deleted after a sign-in", person{signedIn: 30 * time.Hour}, "session", ""},
	{"a password deleted two days after a sign-in", person{signedIn: 48 * time.Hour}, "", ""},
	{"an active key", person{keys: []key{{"AKIAEXAMPLE0000000001", "Active", 0}}}, "access-key", ""},
	{"an active key used of late", person{keys: []key{{"AKIAEXAMPLE0000000001", "Active", time.Hour}}}, "access-key session", ""},
	{"an inactive key", person{keys: []key{{"AKIAEXAMPLE0000000001", "Inactive", 40 * day}}}, "", "access-key"},
	{"an inactive key used of late", person{keys: []key{{"AKIAEXAMPLE0000000001", "Inactive", 36 * time.Hour}}}, "session", "access-key"},
	{"an inactive key used 37 hours ago", person{keys: []key{{"AKIAEXAMPLE0000000001", "Inactive", 37 * time.Hour}}}, "", "access-key"},
	{"a virtual device", person{devices: []string{"arn:aws:iam::123456789012:mfa/alice"}}, "", "mfa-device"},
	{"a passkey", person{devices: []string{"arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}}, "", "mfa-device"},
	{"an SSH public key", person{sshKeys: []account.SSHPublicKey{{ID: "APKAEXAMPLE", Status: "Active", Uploaded: now}}}, "ssh-public-key", ""},
	{"an inactive SSH public key", person{sshKeys: []account.SSHPublicKey{{ID: "APKAEXAMPLE", Status: "Inactive", Uploaded: now}}}, "", "ssh-public-key"},
	{"a signing certificate", person{certificates: []account.ListedCertificate{{ID: "CERTEXAMPLE", Status: "Active", Uploaded: now, Body: "a certificate"}}}, "signing-certificate", ""},
	{"a service-specific credential", person{credentials: []account.ServiceCredential{credential("Active", nil)}}, "service-specific-credential", ""},
	{"an expired service-specific credential", person{credentials: []account.ServiceCredential{credential("Active", ago(time.Hour))}}, "", "service-specific-credential"},
	{"everything", person{
		password: true, signedIn: time.Hour, keys: []key{{"AKIAEXAMPLE0000000001", "Active", time.Hour}, {"AKIAEXAMPLE0000000002", "Inactive", 90 * day}},
		devices: []string{"arn:aws:iam::123456789012:mfa/alice"}, sshKeys: []account.SSHPublicKey{{ID: "APKAEXAMPLE", Status: "Active", Uploaded: now}},
		certificates: []account.ListedCertificate{{ID: "CERTEXAMPLE", Status: "Active", Uploaded: now, Body: "a certificate"}}, credentials: []account.ServiceCredential{credential("Active", nil)},
	}, "access-key password service-specific-credential session session signing-certificate ssh-public-key", "access-key mfa-device"},
}

func credential(status string, expires *time.Time) account.ServiceCredential {
	return account.ServiceCredential{ID: "ACCAEXAMPLE", User: "alice", Service: "codecommit.amazonaws.com", Status: status, Created: now.AddDate(-1, 0, 0), Expires: expires, Name: "alice-at-123456789012"}
}

// Each way in makes someone active by itself, and what lets nobody in doesn't.
func TestEachWayIn(t *testing.T) {
	t.Parallel()
	for _, test := range waysIn {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			test.is.name, test.is.path = "alice", "/people/tokyo/"
			got := one(t, accountOf(test.is, person{name: "bob", password: true}), emulator.Options{}, "ALICE", offboard.Options{})
			want := offboard.Active
			if test.ways == "" {
				want = offboard.Disabled
			}
			if got.Verdict != want || kinds(got.WaysIn) != test.ways || kinds(got.LeftOver) != test.left {
				t.Errorf("got %s, ways in %q and left over %q, want %s, %q and %q", got.Verdict, kinds(got.WaysIn), kinds(got.LeftOver), want, test.ways, test.left)
			}
			if !slices.Equal(got.Users, []string{"arn:aws:iam::123456789012:user/people/tokyo/alice"}) || len(got.Gaps) > 0 {
				t.Errorf("got the users %q and the gaps %v, want alice alone and none", got.Users, got.Gaps)
			}
		})
	}
}

// What can't be read is unknown, unless someone is known to be active all the same; nobody is disabled or gone by a
// refusal.
func TestWhatIsRefusedIsUnknown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		action string
		gone   offboard.Verdict // of someone who was deleted
	}{
		{"iam:GetUser", offboard.Unknown}, {"iam:GetLoginProfile", offboard.Gone}, {"iam:ListAccessKeys", offboard.Gone},
		{"iam:GetAccessKeyLastUsed", offboard.Gone}, {"iam:ListMFADevices", offboard.Gone}, {"iam:ListSSHPublicKeys", offboard.Gone},
		{"iam:ListSigningCertificates", offboard.Gone}, {"iam:ListServiceSpecificCredentials", offboard.Gone},
		{"iam:ListVirtualMFADevices", offboard.Unknown}, {"iam:GetAccountAuthorizationDetails", offboard.Unknown},
	} {
		t.Run(test.action, func(t *testing.T) {
			t.Parallel()
			quiet := person{name: "alice", keys: []key{{"AKIAEXAMPLE0000000001", "Inactive", 90 * day}}}
			busy := person{name: "carol", password: true, sshKeys: []account.SSHPublicKey{{ID: "APKAEXAMPLE", Status: "Active", Uploaded: now}}}
			of := accountOf(quiet, busy)
			since := accountOf(person{name: "dave"})
			since.TakenAt = now.AddDate(0, -1, 0)
			r := look(t, of, emulator.Options{Deny: []string{test.action}}, named(t, "alice", "carol", "dave", "erin"), offboard.Options{Since: since})
			if got := r.People[0]; got.Verdict != offboard.Unknown || len(got.Gaps) == 0 {
				t.Errorf("got %s with the gaps %v for alice, want unknown and why", got.Verdict, got.Gaps)
			}
			if got := r.People[1].Verdict; got != offboard.Active {
				t.Errorf("got %s for carol, who has two ways in, want active", got)
			}
			if got := r.People[2].Verdict; got != test.gone {
				t.Errorf("got %s for dave, who was deleted, want %s", got, test.gone)
			}
			want := offboard.NotFound
			if test.action == "iam:GetAccountAuthorizationDetails" || test.action == "iam:GetUser" {
				want = offboard.Unknown
			}
			if got := r.People[3].Verdict; got != want {
				t.Errorf("got %s for erin, who never was, want %s", got, want)
			}
		})
	}
}

// A list of users that broke off proves nothing about those who are not on it.
func TestTornListOfUsers(t *testing.T) {
	t.Parallel()
	of := accountOf(person{name: "alice", password: true}, person{name: "bob"}, person{name: "carol", password: true})
	how := emulator.Options{PageCap: 1, Faults: []emulator.Fault{{Action: "iam:GetAccountAuthorizationDetails", FirstPage: 3, Kind: emulator.Denied}}}
	since := accountOf(person{name: "dave"})
	since.TakenAt = now.AddDate(0, -1, 0)
	r := look(t, of, how, named(t, "alice", "bob", "carol", "dave", "erin"), offboard.Options{Since: since})
	want := []offboard.Verdict{offboard.Active, offboard.Unknown, offboard.Active, offboard.Unknown, offboard.Unknown}
	for i, p := range r.People {
		if p.Verdict != want[i] {
			t.Errorf("got %s for %s, want %s", p.Verdict, p.Query, want[i])
		}
	}
}

// A check of one user costs at most 15 calls and the pages of the authorization details, in the largest account too.
func TestFewCalls(t *testing.T) {
	t.Parallel()
	of := emulator.Company(5000, now)
	name := "machine-00041"
	keys := of.PerUser[name].AccessKeys
	keys.Value = append(keys.Value, account.ListedAccessKey{ID: "AKIASECOND00000EXAMPLE", Status: "Active", Created: now.AddDate(-1, 0, 0)})
	of.PerUser[name].AccessKeyLastUsed["AKIASECOND00000EXAMPLE"] = answer("iam:GetAccessKeyLastUsed", account.KeyLastUsed{Service: "N/A", Region: "N/A"})
	r := look(t, of, emulator.Options{}, named(t, name), offboard.Options{})
	if got := r.People[0]; got.Verdict != offboard.Active || kinds(got.WaysIn) != "access-key access-key session" {
		t.Errorf("got %s by %q, want active by two keys and a session", got.Verdict, kinds(got.WaysIn))
	}
	pages := r.Calls.ByAction["iam:GetAccountAuthorizationDetails"]
	signIn := 0
	for _, n := range r.Calls.SignIn {
		signIn += n
	}
	if others := r.Calls.Total - pages + signIn; others > 15 || pages < 5 {
		t.Errorf("got %d calls beside %d pages of the authorization details, want at most 15: %v", others, pages, r.Calls)
	}
}

// Four times as many people, in an account of four times the size, cost about four times as much.
func TestManyPeople(t *testing.T) {
	growth(t, func(n int) func() {
		of := emulator.Company(5*n/2, now)
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("person-%05d", i))
		}
		people := named(t, names...)
		return func() {
			r, _ := offboard.Check(of, people, offboard.Options{MatchTags: matchTags})
			active := 0
			for _, p := range r.People {
				if p.Verdict == offboard.Active {
					active++
				}
			}
			if active != n/2 { // every other one is there, with a password
				t.Errorf("got %d active of %d, want half of them", active, n)
			}
		}
	})
}

// So does the comparison of a large account with as long a list of staff.
func TestManyStaff(t *testing.T) {
	growth(t, func(n int) func() {
		of := emulator.Company(n, now)
		staff := &offboard.Staff{}
		for i := range n {
			staff.Rows = append(staff.Rows, offboard.StaffRow{Line: i + 2, Email: fmt.Sprintf("P%05d@example.com", i)})
			of.AuthorizationDetails.Value.Users[i].Tags = tag("Email", fmt.Sprintf("p%05d@example.com", i+10))
		}
		return func() {
			r, _ := offboard.Check(of, nil, offboard.Options{MatchTags: matchTags, Staff: staff})
			if r.Staff.Matched != n-10 || len(r.Staff.Unknown) != 10 {
				t.Errorf("got %d users explained and %d unknown, want %d and 10", r.Staff.Matched, len(r.Staff.Unknown), n-10)
			}
		}
	})
}

// growth holds that work on four times as much allocates no more than six times the memory. Tests that ask don't run
// beside others.
func growth(t *testing.T, prepare func(n int) (work func())) {
	t.Helper()
	cost := func(n int) uint64 {
		work := prepare(n)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		work()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	cost(100) // what is made once
	if few, many := cost(200), cost(800); many > 6*few {
		t.Errorf("got %d bytes allocated for 200, and %d for 800", few, many)
	}
}

// A lost device: what takes it away, whether there is a spare, and who can help.
func TestDevicesOnly(t *testing.T) {
	t.Parallel()
	helper := person{name: "helpdesk", inline: []account.InlinePolicy{{Name: "help", Document: allow("iam:DeactivateMFADevice", "arn:aws:iam::123456789012:user/people/*")}}}
	of := accountOf(
		person{name: "alice", path: "/people/", devices: []string{"arn:aws:iam::123456789012:mfa/alice"}},
		person{name: "bob", devices: []string{"arn:aws:iam::123456789012:mfa/bob", "GAHT12345678"}},
		person{name: "admin", groups: []string{"staff"}}, helper, person{name: "carol"},
	)
	r := look(t, of, emulator.Options{}, named(t, "alice", "bob", "carol", "nobody"), offboard.Options{DevicesOnly: true})
	for i, want := range []struct {
		spare, helpers string
		devices        int
		verdict        offboard.Verdict
	}{
		{"no", "admin helpdesk", 1, offboard.Answered}, {"yes", "admin", 2, offboard.Answered}, {"no", "admin", 0, offboard.Answered}, {"unknown", "", 0, offboard.NotFound},
	} {
		p := r.People[i]
		var helpers []string
		for _, h := range p.Devices.Helpers {
			helpers = append(helpers, strings.TrimPrefix(account.ShortARN(h.ARN), "user/"))
		}
		if p.Verdict != want.verdict || p.Devices.Spare != want.spare || strings.Join(helpers, " ") != want.helpers || len(p.Devices.Devices) != want.devices {
			t.Errorf("got %s, spare %q, helpers %q and %v for %s, want %+v", p.Verdict, p.Devices.Spare, helpers, p.Devices.Devices, p.Query, want)
		}
	}
	if calls := r.Calls.ByAction; calls["iam:ListMFADevices"] != 3 || calls["iam:ListAccessKeys"]+calls["iam:GetUser"] > 0 {
		t.Errorf("got the calls %v, want the devices of three users and nothing else of theirs", calls)
	}
	denied := look(t, of, emulator.Options{Deny: []string{"iam:ListMFADevices"}}, named(t, "alice"), offboard.Options{DevicesOnly: true}).People[0]
	if denied.Verdict != offboard.Unknown || denied.Devices.Spare != "unknown" {
		t.Errorf("got %s and spare %q where devices can't be listed, want unknown", denied.Verdict, denied.Devices.Spare)
	}
}

// Users whom the list of staff doesn't explain are listed, machines apart.
func TestStaff(t *testing.T) {
	t.Parallel()
	of := accountOf(person{name: "alice"}, person{name: "Bob"}, person{name: "c.smith", tags: tag("EMAIL", "Carol@Example.com")}, person{name: "ci-deploy"},
		person{name: "dave"}, person{name: "robot", tags: tag("kind", "machine")}, person{name: "leaver"}, person{name: "mori@client.example"})
	staff := &offboard.Staff{Rows: []offboard.StaffRow{
		{Line: 2, User: "ALICE"}, {Line: 3, User: "bob", Email: "bob@example.com"}, {Line: 4, Email: "carol@example.com"}, {Line: 5, Email: "mori@client.example"},
		{Line: 6, User: "dave", Account: "999999999999"},
	}}
	o := offboard.Options{Staff: staff, Settings: audit.Settings{MachineUsers: []string{"ci-*", "tag:kind=machine"}}}
	r := look(t, of, emulator.Options{}, named(t, "leaver"), o).Staff
	names := func(users []offboard.StaffUser) string {
		var out []string
		for _, u := range users {
			out = append(out, u.Name)
		}
		return strings.Join(out, " ")
	}
	// The tag that weighs most decides, in the order of the setting and whatever that of the tags; a lesser one is told
	// of.
	both := func(email, owner string) []account.Tag {
		return []account.Tag{{Key: "Owner", Value: owner}, {Key: "Email", Value: email}}
	}
	handed := accountOf(person{name: "a"}, person{name: "b"}, person{name: "c"}, person{name: "boss@x.example"})
	for i, tags := range [][]account.Tag{both("old@x.example", "Boss@x.example"), both("boss@x.example", "old@x.example"), both(" ", "boss@x.example"), both("old@x.example", "older@x.example")} {
		handed.AuthorizationDetails.Value.Users[i].Tags = tags
	}
	h := look(t, handed, emulator.Options{}, nil, offboard.Options{Staff: &offboard.Staff{Rows: []offboard.StaffRow{{Line: 2, Email: "boss@x.example"}}}}).Staff
	if h.Matched != 3 || names(h.Unknown) != "a" || h.Unknown[0].Note == nil || h.Unknown[0].Note.String() != "Owner Boss@x.example is on the list" {
		t.Errorf("got %+v, want a alone unknown, with a note of the boss", h)
	}
	if r.Unknown[0].Note != nil {
		t.Errorf("got the note %q for dave, want none", r.Unknown[0].Note)
	}
	if r.Listed != 5 || r.Matched != 4 || names(r.Unknown) != "dave" || names(r.Machines) != "ci-deploy robot" || !r.Complete {
		t.Errorf("got %+v, want dave unknown, two machines and a complete list", r)
	}
}
