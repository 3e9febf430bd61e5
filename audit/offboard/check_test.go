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

// A user is gone who was known, is not there, and whom nothing names; what names them is found by name, ARN and unique
// ID.
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
				if begins := strings.Contains(m.Detail.String(), "begins"); m.Kind == offboard.MentionDevice && begins != strings.Contains(test.what, "begins") {
					t.Errorf("got %q, want to be told whether the device has the whole name", m.Detail)
				}
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

// What a user holds is told with what it grants; a policy that denies everything ends the user's sessions, no other
// does.
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

// Of several people the verdict that asks most for attention decides, whatever the order.
func TestWorst(t *testing.T) {
	t.Parallel()
	order := []offboard.Verdict{offboard.Gone, offboard.Disabled, offboard.NotFound, offboard.Unknown, offboard.Active}
	for i, worse := range order {
		for _, better := range order[:i] {
			for _, people := range [][]offboard.PersonResult{{{Verdict: worse}, {Verdict: better}}, {{Verdict: better}, {Verdict: worse}}} {
				r := offboard.Report{People: people}
				if got := r.Worst(); got != worse {
					t.Errorf("got %s of %s and %s, want %s", got, people[0].Verdict, people[1].Verdict, worse)
				}
			}
		}
	}
}

// Interrupted at any person there is no answer rather than half of one, and nobody further is looked for.
func TestInterruptedCheck(t *testing.T) {
	t.Parallel()
	s := accountOf(person{name: "alice"}, person{name: "bob"})
	people := []offboard.Person{{Query: "alice", User: "alice"}, {Query: "bob", User: "bob"}}
	for stop := 1; stop <= 3; stop++ {
		n := 0
		r, wants := offboard.Check(s, people, offboard.Options{Interrupted: func() bool { n++; return n >= stop }})
		if r != nil || wants != nil || n != stop {
			t.Errorf("interrupted at question %d: got %v, %v and %d questions, want nothing, at once", stop, r, wants, n)
		}
	}
}

// What is to be known of the answers stands with the verdicts as it does in an audit's report.
func TestReportTellsHowTheAnswersWereGot(t *testing.T) {
	t.Parallel()
	s := accountOf()
	s.MachineTime, s.Endpoints = s.TakenAt.Add(time.Hour), map[string]string{"iam": "http://192.0.2.1:8080"}
	s.Tolerated = []account.Tolerated{{Action: "iam:ListSAMLProviders", Element: "SAMLProviderList", Answers: 1}}
	r, _ := offboard.Check(s, nil, offboard.Options{})
	if len(r.Notes) != 3 || r.Endpoints["iam"] != "http://192.0.2.1:8080" || len(r.Tolerated) != 1 {
		t.Errorf("got %v, %v and %v, want the clock, the endpoint and what was tolerated", r.Notes, r.Endpoints, r.Tolerated)
	}
}
