package offboard_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/offboard"
)

// A list of users that lacks a user of whom another answer tells was made earlier, so that it tells neither that the
// user is gone nor that there never was one.
func TestTheListLacksTheUser(t *testing.T) {
	t.Parallel()
	was := person{name: "alice", password: true}
	for _, test := range []struct {
		what string
		left func(s *account.Snapshot)
	}{
		{"the list of users alone", func(s *account.Snapshot) {
			s.Users = answer("iam:ListUsers", []account.ListedUser{{Name: "Alice", ID: was.uniqueID(), ARN: was.arn(), Path: "/", Created: now}})
		}},
		{"what was asked for this user alone", func(s *account.Snapshot) {
			add(s, was)
			s.AuthorizationDetails.Value.Users = s.AuthorizationDetails.Value.Users[:1]
		}},
		{"a service-specific credential", func(s *account.Snapshot) {
			s.ServiceCredentials.Value = append(s.ServiceCredentials.Value, credential("Active", nil))
		}},
		{"a device", func(s *account.Snapshot) {
			s.VirtualMFADevices.Value = append(s.VirtualMFADevices.Value, account.VirtualMFADevice{
				Serial: "arn:aws:iam::123456789012:mfa/x", Owner: &account.MFAOwner{Name: "alice", ID: was.uniqueID(), ARN: was.arn()},
			})
		}},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			s := accountOf(person{name: "bob"})
			test.left(s)
			if s.PerUser["alice"] == nil {
				s.PerUser["alice"] = &account.UserAnswers{Gone: answer("iam:GetUser", true)}
			}
			for _, since := range []*account.Snapshot{nil, former(was)} {
				r, _ := offboard.Check(s, named(t, "alice", "bob"), offboard.Options{MatchTags: matchTags, Since: since})
				if got := r.People[0]; got.Verdict != offboard.Unknown || len(got.Gaps) != 1 || got.Gaps[0].Code != "Contradiction" {
					t.Errorf("got %s with the gaps %v, want unknown for a contradiction", got.Verdict, got.Gaps)
				}
				if got := r.People[1].Verdict; got != offboard.Disabled {
					t.Errorf("got %s for bob, want disabled", got)
				}
			}
		})
	}
}

// Nobody is gone or not found by the list of users alone: GetUser has to say so too, for the name that was asked for
// and for earlier ones.
func TestAbsenceIsConfirmed(t *testing.T) {
	t.Parallel()
	was := person{name: "Alice", tags: tag("owner", "alice@example.com")}
	lacked := accountOf(person{name: "bob"}, was) // GetUser knows the user, the list doesn't
	lacked.AuthorizationDetails.Value.Users = lacked.AuthorizationDetails.Value.Users[:1]
	lacked.PerUser["Alice"] = &account.UserAnswers{ID: was.uniqueID(), User: lacked.PerUser["Alice"].User}
	for _, test := range []struct {
		what, query string
		of, since   *account.Snapshot
		deny        []string
		want        offboard.Verdict
		code        string // of the gap
		calls       int
	}{
		{"gone", "Alice", accountOf(), former(was), nil, offboard.Gone, "", 1},
		{"gone, whatever the case", "alice", accountOf(), former(was), nil, offboard.Gone, "", 1},
		{"gone, by ARN", was.arn(), accountOf(), former(was), nil, offboard.Gone, "", 1},
		{"gone, by tag", "+81 alice", accountOf(), former(person{name: "Alice", tags: tag("owner", "+81 Alice")}), nil, offboard.Gone, "", 1},
		{"gone, by unique ID", was.uniqueID(), accountOf(), former(was), nil, offboard.Gone, "", 1},
		{"a unique ID that nothing proves", was.uniqueID(), accountOf(), nil, nil, offboard.NotFound, "", 0},
		{"mistyped", "Alcie", accountOf(), nil, nil, offboard.NotFound, "", 1},
		{"refused", "Alice", accountOf(), former(was), []string{"iam:GetUser"}, offboard.Unknown, "AccessDenied", 1},
		{"refused, mistyped", "Alcie", accountOf(), nil, []string{"iam:GetUser"}, offboard.Unknown, "AccessDenied", 1},
		{"another account's", "arn:aws:iam::999999999999:user/Alice", accountOf(), nil, nil, offboard.NotFound, "", 0},
		{"GetUser knows the user", "Alice", lacked, nil, nil, offboard.Unknown, "Contradiction", 1},
		{"GetUser knows the user who was", "Alice", lacked, former(was), nil, offboard.Unknown, "Contradiction", 1},
		{"GetUser knows the user by an earlier name", "alice@example.com", lacked, former(was), nil, offboard.Unknown, "Contradiction", 2},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			r := look(t, test.of, emulator.Options{Deny: test.deny}, named(t, test.query), offboard.Options{Since: test.since})
			got, code := r.People[0], ""
			if len(got.Gaps) > 0 {
				code = got.Gaps[0].Code
			}
			if calls := r.Calls.ByAction["iam:GetUser"]; got.Verdict != test.want || code != test.code || calls != test.calls {
				t.Errorf("got %s with the gaps %v after %d calls, want %s, %q and %d", got.Verdict, got.Gaps, calls, test.want, test.code, test.calls)
			}
		})
	}
	r, wants := offboard.Check(accountOf(), named(t, "alice"), offboard.Options{Since: former(was)})
	if want := (account.Want{Section: account.UserSection, User: "alice", Uncapped: true}); r.People[0].Verdict != offboard.Unknown || !slices.Equal(wants, []account.Want{want}) {
		t.Errorf("got %s and the wants %v before GetUser was asked, want unknown and %v", r.People[0].Verdict, wants, want)
	}
}

// A tag alone doesn't make a user someone's where a weightier one says that it is another's, or where it was handed
// over.
func TestOtherOwner(t *testing.T) {
	t.Parallel()
	both := func(email, owner string) []account.Tag {
		return []account.Tag{{Key: "Owner", Value: owner}, {Key: "Email", Value: email}}
	}
	for _, test := range []struct {
		name, query string
		then, today []account.Tag
		want        string
	}{
		{"bob", "alice@example.com", nil, both("bob@example.com", "alice@example.com"), "bob@example.com"},
		{"a.smith", "alice@example.com", nil, both("ALICE@example.com", "platform"), ""},
		{"bot", "alice@example.com", nil, tag("owner", "alice@example.com"), ""},
		{"bot", "bot", nil, both("bob@example.com", "bot"), ""},
		{"bot", "alice@example.com", tag("owner", "alice@example.com"), tag("owner", "dave@example.com"), "dave@example.com"},
		{"bot", "alice@example.com", tag("owner", "alice@example.com"), nil, ""},
	} {
		s := accountOf(person{name: test.name, tags: test.today, keys: []key{{"AKIAEXAMPLE0000000001", "Active", 0}}})
		r, _ := offboard.Check(s, named(t, test.query), offboard.Options{MatchTags: matchTags, Since: former(person{name: test.name, tags: test.then})})
		got := r.People[0]
		if got.Verdict != offboard.Active || len(got.Accounts) != 1 || got.Accounts[0].OtherOwner != test.want {
			t.Errorf("got %s and %+v for %s, want active and the other owner %q", got.Verdict, got.Accounts, test.query, test.want)
		}
	}
}

// A user who was deleted and made anew is another one, and said to be; one who was renamed is the same.
func TestNamesakes(t *testing.T) {
	t.Parallel()
	old := person{name: "alice", id: "AIDAOLDOLDOLDEXAMPLE"}
	young := person{name: "Alice", id: "AIDANEWNEWNEWEXAMPLE", password: true}
	got := one(t, accountOf(young), emulator.Options{}, "alice", offboard.Options{Since: former(old)})
	if got.Verdict != offboard.Active || !got.Accounts[0].Namesake || len(got.Notes) != 1 || !strings.Contains(got.Notes[0].String(), "AIDANEWNEWNEWEXAMPLE") {
		t.Errorf("got %s, %+v and the notes %v, want an active namesake and a note", got.Verdict, got.Accounts, got.Notes)
	}
	young.password = false
	got = one(t, accountOf(young), emulator.Options{}, "alice", offboard.Options{Since: former(old)})
	if got.Verdict != offboard.Disabled || !got.Accounts[0].Namesake {
		t.Errorf("got %s for a namesake without a way in, want disabled: the name is not gone", got.Verdict)
	}
	young.keys = []key{{"AKIAEXAMPLE0000000001", "Active", time.Hour}}
	leaver := offboard.Person{Query: "alice", User: "alice", UniqueID: old.id, LastDay: &offboard.Day{Year: 2026, Month: time.October, Day: 31}}
	r := look(t, accountOf(young), emulator.Options{}, []offboard.Person{leaver}, offboard.Options{})
	if !r.People[0].Accounts[0].Namesake {
		t.Error("got no namesake where the list of leavers has another unique ID, want one")
	}
	if r.People[0].Severity != "" {
		t.Error("got a use after the last day for what another user of that name did, want none")
	}
	renamed := person{name: "alice.retired", id: old.id, password: true}
	got = one(t, accountOf(renamed), emulator.Options{}, "alice", offboard.Options{Since: former(old)})
	if got.Verdict != offboard.Active || got.Accounts[0].Namesake || got.Accounts[0].MatchedBy != "unique-id" || len(got.Notes) != 1 {
		t.Errorf("got %s, %+v and %v for one who was renamed, want them active", got.Verdict, got.Accounts, got.Notes)
	}
}

// Answers about a namesake, or of a user whom another answer lacks, decide nothing.
func TestContradictions(t *testing.T) {
	t.Parallel()
	check := func(s *account.Snapshot, o offboard.Options) offboard.PersonResult {
		r, _ := offboard.Check(s, named(t, "alice"), o)
		return r.People[0]
	}
	s := accountOf(person{name: "alice"})
	s.PerUser["alice"].ID = "AIDAFORMEREXAMPLE"
	if got := check(s, offboard.Options{}); got.Verdict != offboard.Unknown {
		t.Errorf("got %s by the answers about a namesake, want unknown", got.Verdict)
	}
	s = accountOf(person{name: "alice"})
	s.PerUser["alice"].User.Value.ID = "AIDAFORMEREXAMPLE"
	if got := check(s, offboard.Options{}); got.Verdict != offboard.Unknown {
		t.Errorf("got %s where GetUser told of another, want unknown", got.Verdict)
	}
	s = accountOf(person{name: "alice"})
	s.PerUser["alice"].Gone = answer("iam:ListAccessKeys", true)
	if got := check(s, offboard.Options{}); got.Verdict != offboard.Unknown {
		t.Errorf("got %s for one who was deleted meanwhile, want unknown", got.Verdict)
	}
	s = accountOf(person{name: "bob"})
	s.ServiceCredentials.Value = append(s.ServiceCredentials.Value, credential("Active", nil))
	if got := check(s, offboard.Options{Since: former(person{name: "alice"})}); got.Verdict != offboard.Unknown {
		t.Errorf("got %s where a credential is the user's and the list lacks the user, want unknown", got.Verdict)
	}
	for what, tear := range map[string]func(*account.Snapshot){
		"service-specific credentials": func(s *account.Snapshot) { s.ServiceCredentials.Complete = false },
		"virtual MFA devices":          func(s *account.Snapshot) { s.VirtualMFADevices.Complete = false },
		"authorization details":        func(s *account.Snapshot) { s.AuthorizationDetails.Complete = false },
	} {
		s := accountOf(person{name: "alice"})
		tear(s)
		if got := check(s, offboard.Options{}); got.Verdict != offboard.Unknown {
			t.Errorf("got %s where the list of %s broke off, want unknown", got.Verdict, what)
		}
	}
	s = accountOf(person{name: "alice"})
	s.PerUser = nil
	got, wants := offboard.Check(s, named(t, "alice"), offboard.Options{})
	if got.People[0].Verdict != offboard.Unknown || len(wants) != 6 {
		t.Errorf("got %s and %d wants for a snapshot without answers about the user, want unknown and 6", got.People[0].Verdict, len(wants))
	}
	for _, w := range wants {
		if w.User != "alice" || w.UserID != (person{name: "alice"}).uniqueID() || !w.Uncapped {
			t.Errorf("got the want %+v, want alice's, uncapped", w)
		}
	}
}
