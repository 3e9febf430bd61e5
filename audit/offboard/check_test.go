package offboard_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/offboard"
)

const alice = "arn:aws:iam::123456789012:user/alice"

// former is an earlier snapshot of the account.
func former(people ...person) *account.Snapshot {
	s := accountOf(people...)
	s.TakenAt = now.AddDate(0, -3, 0)
	return s
}

// A user is gone who was known, is not there, and whom nothing names; what names them is found by name, ARN and unique ID.
func TestGone(t *testing.T) {
	t.Parallel()
	was := person{name: "Alice", path: "/people/", tags: tag("owner", "alice@example.com")}
	id := was.uniqueID()
	for _, test := range []struct {
		what  string
		query string
		since *account.Snapshot
		left  func(s *account.Snapshot)
		want  offboard.Verdict
		names string // kinds of ways in and of mentions
	}{
		{"without proof", "alice", nil, nil, offboard.NotFound, ""},
		{"a mistyped name", "alcie", former(was), nil, offboard.NotFound, ""},
		{"proven", "alice", former(was), nil, offboard.Gone, ""},
		{"proven, by ARN", "arn:aws:iam::123456789012:user/people/alice", former(was), nil, offboard.Gone, ""},
		{"proven, by tag", "ALICE@example.com", former(was), nil, offboard.Gone, ""},
		{"proven, by unique ID", id, former(was), nil, offboard.Gone, ""},
		{"a unique ID that is only asked for", id, nil, nil, offboard.NotFound, ""},
		{"a trust policy holds the unique ID", "alice", former(was), trusts(`{"AWS":"` + id + `"}`), offboard.Active, "role-trust"},
		{"a trust policy holds a unique ID of another", "alice", former(was), trusts(`{"AWS":"AIDAOTHEROTHEROTHERO"}`), offboard.Gone, ""},
		{"a trust policy holds the ARN", "alice", former(was), trusts(`{"AWS":["arn:aws:iam::123456789012:user/people/alice"]}`), offboard.Active, "role-trust"},
		{"a trust policy holds the ARN of one who is not proven", "alice", nil, trusts(`{"AWS":"` + alice + `"}`), offboard.Active, "role-trust"},
		{"a trust policy holds the unique ID that is asked for", id, nil, trusts(`{"AWS":"` + id + `"}`), offboard.Active, "role-trust"},
		{"a trust policy holds a namesake of another account", "alice", former(was), trusts(`{"AWS":"arn:aws:iam::999999999999:user/alice"}`), offboard.Gone, ""},
		{"a trust policy holds the account", "alice", former(was), trusts(`{"AWS":"arn:aws:iam::123456789012:root"}`), offboard.Gone, ""},
		{"a trust policy holds a user whose name begins alike", "alice", former(was), trusts(`{"AWS":"arn:aws:iam::123456789012:user/alice2"}`), offboard.Gone, ""},
		{"a trust policy can't be read", "alice", former(was), trusts(`{"AWS":`), offboard.Unknown, ""},
		{"a trust policy can't be read and names the user", "alice", former(was), trusts(`{"AWS":"` + id + `"`), offboard.Active, "role-trust"},
		{"a policy names the user as its resource", "alice", former(was), grants(allow("iam:*", "arn:aws:iam::123456789012:user/people/alice")), offboard.Disabled, "policy-resource"},
		{"a policy of any account names the user", "alice", former(was), grants(allow("iam:*", "arn:aws:iam::*:user/Alice")), offboard.Disabled, "policy-resource"},
		{"a policy spells the name in escapes", "alice", former(was), grants(allow("iam:*", `arn:aws:iam::*:user/\u0061lice`)), offboard.Disabled, "policy-resource"},
		{"a policy names the user's device", "alice", former(was), grants(allow("iam:*", "arn:aws:iam::123456789012:mfa/alice")), offboard.Disabled, "policy-resource"},
		{"a policy's condition names the user", "alice", former(was), grants(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:username":["bob","ALICE"]}}}]}`), offboard.Disabled, "policy-condition"},
		{"a policy's condition has the unique ID", "alice", former(was), grants(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:userid":"` + id + `"}}}]}`), offboard.Disabled, "policy-condition"},
		{"a policy's pattern ends with the user", "alice", former(was), grants(allow("iam:*", "arn:aws:iam::123456789012:*/alice")), offboard.Disabled, "policy-resource"},
		{"a policy's pattern ends with another thing of that name", "alice", former(was), grants(allow("s3:*", "arn:aws:s3:::home/*/alice")), offboard.Gone, ""},
		{"a policy's pattern ends with a role of that name", "alice", former(was), grants(allow("iam:*", "arn:*:iam::*:role/alice")), offboard.Gone, ""},
		{"a policy means everybody", "alice", former(was), grants(allow("iam:*", "arn:aws:iam::123456789012:user/${aws:username}")), offboard.Gone, ""},
		{"an unassigned device has the user's name", "alice", former(was), device("arn:aws:iam::123456789012:mfa/alice"), offboard.Disabled, "virtual-mfa-device"},
		{"an unassigned device's name begins with the user's", "alice", former(was), device("arn:aws:iam::123456789012:mfa/tokyo/alice-phone"), offboard.Disabled, "virtual-mfa-device"},
		{"an unassigned device of alicent", "alice", former(was), device("arn:aws:iam::123456789012:mfa/alicent"), offboard.Gone, ""},
	} {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			s := accountOf(person{name: "bob", password: true})
			if test.left != nil {
				test.left(s)
			}
			got := one(t, s, emulator.Options{}, test.query, offboard.Options{Since: test.since})
			var names []string
			for _, m := range got.Mentions {
				names = append(names, m.Kind)
			}
			for _, e := range got.WaysIn {
				names = append(names, string(e.Kind))
			}
			if got.Verdict != test.want || strings.Join(names, " ") != test.names || len(got.Users) > 0 {
				t.Errorf("got %s, %q and the users %q, want %s, %q and none: %s", got.Verdict, names, got.Users, test.want, test.names, got.Summary)
			}
		})
	}
}

// A list of users that lacks a user of whom another answer tells was made earlier, so that it tells neither that the user is gone nor that
// there never was one.
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

// Nobody is gone or not found by the list of users alone: GetUser has to say so too, for the name that was asked for and for earlier ones.
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

// A tag alone doesn't make a user someone's where a weightier one says that it is another's, or where it was handed over.
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

func trusts(principal string) func(*account.Snapshot) {
	return func(s *account.Snapshot) {
		s.AuthorizationDetails.Value.Roles = append(s.AuthorizationDetails.Value.Roles, role("deploy", principal))
	}
}

func grants(document string) func(*account.Snapshot) {
	return func(s *account.Snapshot) {
		s.AuthorizationDetails.Value.Policies = append(s.AuthorizationDetails.Value.Policies, account.PolicyDetail{
			Name: "manage", ID: "ANPAEXAMPLEEXAMPLE", ARN: "arn:aws:iam::123456789012:policy/manage", Path: "/", Created: now, Updated: now, DefaultVersion: "v2",
			Versions: []account.PolicyVersion{{ID: "v2", Created: now, Default: true, Document: document}},
		})
	}
}

func device(serial string) func(*account.Snapshot) {
	return func(s *account.Snapshot) {
		s.VirtualMFADevices.Value = append(s.VirtualMFADevices.Value, account.VirtualMFADevice{Serial: serial})
	}
}

// Of roles that name a user, those let the user in that trust the user, not those that refuse it or trust the account.
func TestRoleTrust(t *testing.T) {
	t.Parallel()
	const condition = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Condition":{"OPERATOR":{"KEY":"VALUE"}}}]}`
	was := func(operator, key, value string) string {
		return strings.NewReplacer("OPERATOR", operator, "KEY", key, "VALUE", value).Replace(condition)
	}
	plain := func(effect, principal string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"sts:AssumeRole","Principal":` + principal + `}}`
	}
	for _, test := range []struct {
		trust     string
		way, name bool
	}{
		{plain("Allow", `{"AWS":"`+alice+`"}`), true, false},
		{plain("Allow", `{"AWS":"arn:aws:iam::123456789012:user/old/path/ALICE"}`), true, false},
		{plain("Allow", `{"AWS":"`+person{name: "alice"}.uniqueID()+`"}`), true, false},
		{plain("Allow", `{"AWS":["arn:aws:iam::123456789012:user/bob","`+alice+`"],"Service":"ec2.amazonaws.com"}`), true, false},
		{was("StringLike", "aws:userid", person{name: "alice"}.uniqueID()+":*"), true, false},
		{was("ArnLike", "aws:PrincipalArn", "arn:aws:iam::12345678901?:user/*/alice"), true, false},
		{was("StringLike", "aws:PrincipalArn", "*/alice"), true, false},
		{was("StringEquals", "sts:RoleSessionName", "alice"), false, true},
		{was("StringEquals", "sts:RoleSessionName", `alice"},"StringEqualsIfExists":{"aws:username":"alice`), true, false},
		{plain("Allow", `"*"`), false, false},
		{plain("Allow", `{"AWS":"123456789012"}`), false, false},
		{plain("Allow", `{"AWS":"arn:aws:iam::123456789012:role/alice"}`), false, false},
		{plain("Deny", `{"AWS":"`+alice+`"}`), false, true},
		{was("StringEquals", "aws:username", "alice"), true, false},
		{was("ArnLike", "aws:PrincipalArn", alice), true, false},
		{was("StringNotEquals", "aws:username", "alice"), false, true},
		{was("StringEquals", "aws:username", "bob"), false, false},
	} {
		s := accountOf(person{name: "alice"})
		added := role("deploy", `"*"`)
		added.TrustPolicy = test.trust
		s.AuthorizationDetails.Value.Roles = append(s.AuthorizationDetails.Value.Roles, added)
		got := one(t, s, emulator.Options{}, "alice", offboard.Options{})
		if way, name := kinds(got.WaysIn) == "role-trust", len(got.Mentions) == 1; way != test.way || name != test.name {
			t.Errorf("got a way in %t and a mention %t for %s, want %t and %t", way, name, test.trust, test.way, test.name)
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

// A list that has the unique ID proves that there was a user; without the name nobody can tell what names the user.
func TestUniqueIDOfList(t *testing.T) {
	t.Parallel()
	people := []offboard.Person{
		{Query: "alice", User: "alice", UniqueID: "AIDAOLDOLDOLDEXAMPLE"},
		{Query: "alice@example.com", Tag: "alice@example.com", UniqueID: "AIDAOLDOLDOLDEXAMPLE"},
		{Query: "alice", User: "alice"},
	}
	r := look(t, accountOf(person{name: "bob"}), emulator.Options{}, people, offboard.Options{})
	for i, want := range []offboard.Verdict{offboard.Gone, offboard.Unknown, offboard.NotFound} {
		if got := r.People[i].Verdict; got != want {
			t.Errorf("got %s for %+v, want %s", got, people[i], want)
		}
	}
	if got := r.Worst(); got != offboard.Unknown {
		t.Errorf("got %s for all, want unknown", got)
	}
}

// One person may have several users: by name, and by a tag with their address in any case.
func TestPeopleByTag(t *testing.T) {
	t.Parallel()
	of := accountOf(person{name: "a.smith", tags: tag("Email", " Alice@Example.com")}, person{name: "ci", tags: tag("OWNER", "alice@example.com"), password: true},
		person{name: "alice@example.com"}, person{name: "bob", tags: tag("note", "alice@example.com")})
	got := one(t, of, emulator.Options{}, "alice@example.com", offboard.Options{Settings: audit.Settings{MachineUsers: []string{"ci"}}})
	var names []string
	for _, a := range got.Accounts {
		names = append(names, a.Name+" by "+a.MatchedBy)
	}
	if want := []string{"a.smith by tag Email", "ci by tag OWNER", "alice@example.com by name"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if got.Verdict != offboard.Active || len(got.WaysIn) != 1 || got.WaysIn[0].User != "arn:aws:iam::123456789012:user/ci" || !got.Accounts[1].Machine {
		t.Errorf("got %s by %+v, want active by the password of ci, a machine", got.Verdict, got.WaysIn)
	}
}

// What was used after the last day is critical; the day ends where the person lived.
func TestUseAfterLastDay(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("Asia/Tokyo", 9*60*60)
	// 2026-11-19T20:00Z is the morning of the 20th in Tokyo.
	is := person{name: "alice", keys: []key{{"AKIAEXAMPLE0000000001", "Inactive", now.Sub(time.Date(2026, 11, 19, 20, 0, 0, 0, time.UTC))}}}
	for _, test := range []struct {
		day  string
		zone *time.Location
		want string
	}{{"2026-11-19", tokyo, "critical"}, {"2026-11-19", nil, ""}, {"2026/11/18", time.UTC, "critical"}, {"2026-11-20", tokyo, ""}} {
		last, err := offboard.ParseDay(test.day)
		if err != nil {
			t.Fatal(err)
		}
		p := offboard.Person{Query: "alice", User: "alice", LastDay: &last}
		got := look(t, accountOf(is), emulator.Options{}, []offboard.Person{p}, offboard.Options{Zone: test.zone}).People[0]
		if got.Severity != test.want || got.LeftOver[0].Severity != test.want || got.Verdict != offboard.Disabled {
			t.Errorf("got %s, severity %q, of the key %q for the last day %s, want disabled and %q", got.Verdict, got.Severity, got.LeftOver[0].Severity, test.day, test.want)
		}
	}
}

// What a user holds is told with what it grants; a policy that denies everything ends the user's sessions, no other does.
func TestGrants(t *testing.T) {
	t.Parallel()
	deny := func(more string) []account.InlinePolicy {
		return []account.InlinePolicy{{Name: "leave", Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"` + more + `}]}`}}
	}
	for _, test := range []struct {
		inline []account.InlinePolicy
		ways   string
		admin  string
	}{
		{nil, "session", ""},
		{deny(""), "", "no"},
		{deny(`,"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`), "session", "no"},
		{[]account.InlinePolicy{{Name: "all", Document: allow("*", "*")}}, "session", "yes"},
		{[]account.InlinePolicy{{Name: "torn", Document: `{"Version`}}, "session", "maybe"},
	} {
		got := one(t, accountOf(person{name: "alice", groups: []string{"staff"}, inline: test.inline, signedIn: time.Hour}), emulator.Options{}, "alice", offboard.Options{})
		facts := got.Accounts[0]
		admin := ""
		if len(facts.Policies) > 0 {
			admin = facts.Policies[0].Admin
		}
		if kinds(got.WaysIn) != test.ways || admin != test.admin || facts.Groups[0].Policies[0].Admin != "yes" {
			t.Errorf("got %q and %+v for %v, want %q, %q and an administrator by a group", kinds(got.WaysIn), facts, test.inline, test.ways, test.admin)
		}
	}
}

// Unique IDs of deleted users in trust policies are listed each time, with the person where that is known.
func TestOrphans(t *testing.T) {
	t.Parallel()
	of := accountOf(person{name: "bob"})
	trusts(`{"AWS":["AIDAOLDOLDOLDEXAMPLE","AIDASTRANGERSEXAMPLE","arn:aws:iam::123456789012:user/bob","AROAROLEROLEROLEROLE1"]}`)(of)
	r := look(t, of, emulator.Options{}, named(t, "alice"), offboard.Options{Since: former(person{name: "alice", id: "AIDAOLDOLDOLDEXAMPLE"})})
	deploy := "arn:aws:iam::123456789012:role/deploy"
	if want := []offboard.Orphan{{deploy, "AIDAOLDOLDOLDEXAMPLE", "alice"}, {deploy, "AIDASTRANGERSEXAMPLE", ""}}; !slices.Equal(r.Orphans, want) {
		t.Errorf("got %v, want %v", r.Orphans, want)
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

// An ARN of another account is someone else's; what is no user's ARN is refused.
func TestNamed(t *testing.T) {
	t.Parallel()
	got := one(t, accountOf(person{name: "alice", password: true}), emulator.Options{}, "arn:aws:iam::999999999999:user/alice", offboard.Options{})
	if got.Verdict != offboard.NotFound {
		t.Errorf("got %s for the ARN of another account, want not_found", got.Verdict)
	}
	for _, text := range []string{"", "arn:aws:iam::123456789012:role/alice", "arn:aws:iam::123456789012:root", "arn:aws:s3:::bucket", "arn:aws:iam::123456789012:user/"} {
		if _, err := offboard.Named(text); err == nil {
			t.Errorf("got no error for %q, want one", text)
		}
	}
}

// The same questions to the same snapshot give the same bytes, with the keys that others rely on.
func TestJSON(t *testing.T) {
	t.Parallel()
	s := accountOf(person{name: "alice", keys: []key{{"AKIAEXAMPLE0000000001", "Active", 50 * day}}})
	var first []byte
	for range 3 {
		r, _ := offboard.Check(s, named(t, "alice"), offboard.Options{MatchTags: matchTags})
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		} else if string(first) != string(data) {
			t.Fatalf("got\n%s\nthen\n%s", first, data)
		}
	}
	for _, want := range []string{`"schema":"sekisho/offboard/v1"`, `"query":"alice"`, `"users":["arn:aws:iam::123456789012:user/alice"]`, `"verdict":"active"`,
		`"ways_in":[{"kind":"access-key","id":"AKIAEXAMPLE0000000001",`, `"status":"active","last_used":"2026-10-03T05:00:00Z"`, `"gaps":[]`} {
		if !strings.Contains(string(first), want) {
			t.Errorf("got no %s in %s", want, first)
		}
	}
}
