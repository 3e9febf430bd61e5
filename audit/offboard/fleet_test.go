package offboard

import (
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

func answered(id string, v Verdict) FleetAccount {
	return FleetAccount{ID: id, State: Asked, Report: &Report{People: []PersonResult{{Query: "alice", Verdict: v}}}}
}

// Out of every account is only who is out by the answers of all, and of Identity Center.
func TestOutOfEveryAccount(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	none := FleetAccount{ID: "1", State: Asked}
	failed := FleetAccount{ID: "2", State: Failed, Text: message.New("refused")}
	left := FleetAccount{ID: "3", State: NotAsked}
	read := Center{Read: true}
	enabled := Center{Read: true, Users: []CenterMatch{{Query: "alice", Enabled: true}}}
	then := Center{Read: true, AsOf: &at, Users: enabled.Users}
	disabled := Center{Read: true, Users: []CenterMatch{{Query: "alice"}}}
	for _, test := range []struct {
		name     string
		center   Center
		accounts []FleetAccount
		want     Verdict
		out      bool
		says     string
	}{
		{"nobody knows them", read, []FleetAccount{none, none}, NotFound, false, "no such user in 2 accounts, and nothing proves that there was one: is the name right? --tags looks"},
		{"nobody was asked", read, []FleetAccount{left}, Unknown, false, "not known in any account; 1 account was not asked"},
		{"there are no accounts", read, nil, Unknown, false, "not known in any account"},
		{"disabled in one", read, []FleetAccount{none, answered("4", Disabled)}, Disabled, true, "out of every account"},
		{"one failed", read, []FleetAccount{none, answered("4", Disabled), failed}, Unknown, false, "not known in 1 account"},
		{"one knows too little", read, []FleetAccount{answered("4", Unknown), answered("5", Disabled)}, Unknown, false, "not known in 1 account"},
		{"active beside one that failed", read, []FleetAccount{answered("4", Active), failed}, Active, false, "a way in is left in 1 account; not known in 1 account"},
		{"one was not asked", read, []FleetAccount{answered("4", Disabled), left}, Disabled, false, "1 account was not asked"},
		{"gone and nowhere else", read, []FleetAccount{answered("4", Gone), none}, Gone, true, "gone from 1 account"},
		{"enabled in Identity Center", enabled, []FleetAccount{none}, Active, false, "an enabled user of Identity Center"},
		{"enabled there before", then, []FleetAccount{answered("4", Disabled)}, Unknown, false, "was an enabled user"},
		{"disabled there", disabled, []FleetAccount{answered("4", Disabled)}, Disabled, true, "out of every account"},
		{"nobody asked Identity Center", Center{}, []FleetAccount{answered("4", Disabled)}, Disabled, false, "Identity Center was not read"},
		{"Identity Center refused", Center{Failed: true}, []FleetAccount{answered("4", Disabled)}, Unknown, false, "Identity Center"},
	} {
		f := &Fleet{Center: test.center, Accounts: test.accounts}
		f.Sum([]Person{{Query: "alice", User: "alice", Tag: "alice"}})
		got := f.People[0]
		if got.Verdict != test.want || got.Everywhere != test.out || !strings.Contains(got.Summary.String(), test.says) || f.Worst() != test.want {
			t.Errorf("%s: got %s, out of every account %v, %q, want %s, %v, %q", test.name, got.Verdict, got.Everywhere, got.Summary, test.want, test.out, test.says)
		}
	}
}

// What was used after the last day in one account is told of the person.
func TestUseAfterTheLastDayInOneAccount(t *testing.T) {
	t.Parallel()
	late := answered("2", Active)
	late.Report.People[0].Severity = Critical
	f := &Fleet{Center: Center{Read: true}, Accounts: []FleetAccount{answered("1", Active), late, answered("3", Disabled)}}
	if f.Sum([]Person{{Query: "alice"}}); f.People[0].Severity != Critical {
		t.Errorf("got the severity %q, want critical", f.People[0].Severity)
	}
}

// An ARN is of one account, and the others are asked nothing.
func TestPeopleByARN(t *testing.T) {
	t.Parallel()
	p, err := Named("arn:aws:iam::123456789012:user/alice")
	if err != nil || !p.In("123456789012") || p.In("111122223333") {
		t.Errorf("got %+v and %v, want them in their account alone", p, err)
	}
	f := &Fleet{Center: Center{Read: true}, Accounts: []FleetAccount{{ID: "111122223333", State: Asked}}}
	f.Sum([]Person{p})
	if got := f.People[0]; got.Verdict != Unknown || got.Everywhere || !strings.Contains(got.Summary.String(), "is of the account 123456789012") {
		t.Errorf("got %s, %q, want unknown: nobody asked their account", got.Verdict, got.Summary)
	}
	if p, err = Named("alice"); err != nil || !p.In("111122223333") {
		t.Errorf("got %+v and %v, want them in every account", p, err)
	}
}

// Identity Center has addresses where IAM has names. Everybody who may be meant counts.
func TestPeopleInIdentityCenter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		asked, name, email string
		want               bool
	}{
		{"alice", "Alice", "", true}, {"alice", "a", "ALICE", true}, {"alice", "alice@example.com", "", true}, {"alice", "a", "alice@example.com", true},
		{"alice@example.com", "a", "Alice@example.com", true}, {"alice@example.com", "alice", "", true}, {"alice@example.com", "alice@example.org", "", false},
		{"alice", "bob", "bob@alice", false}, {"alice", "", "", false},
	} {
		p, err := Named(test.asked)
		if got := p.Match(test.name, test.email); err != nil || got != test.want {
			t.Errorf("%s, and the user %q with %q: got %v and %v, want %v", test.asked, test.name, test.email, got, err, test.want)
		}
	}
	if (&Person{}).Match("", "") {
		t.Error("got somebody for nobody")
	}
}

// A name is enough to ask for where nothing else could tell that the account knows the person.
func TestNamesThatAreEnoughToAskFor(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"alice": "alice", "Alice.B": "Alice.B alice.b", "arn:aws:iam::123456789012:user/people/alice": "alice", "AIDACKCEVSQ6C2EXAMPLE": "",
	} {
		p, err := Named(asked)
		if got := strings.Join(p.Names(), " "); err != nil || got != want {
			t.Errorf("%s: got %q and %v, want %q", asked, got, err, want)
		}
	}
	for _, p := range []Person{{User: "alice", UniqueID: "AIDACKCEVSQ6C2EXAMPLE"}, {Tag: "alice@example.com"}} {
		if got := p.Names(); len(got) > 0 {
			t.Errorf("got %v of %+v, want none: an ID or an address tells, too", got, p)
		}
	}
}

// What was kept tells that a whole list had no such user, and never that somebody is gone.
func TestAsOfThenNobodyIsGone(t *testing.T) {
	t.Parallel()
	person := func(sections ...account.Section) *Report {
		p := PersonResult{Verdict: Unknown}
		for _, section := range sections {
			p.Gaps = append(p.Gaps, newGap(section, "alice"))
		}
		return &Report{People: []PersonResult{p}}
	}
	for _, test := range []struct {
		r        *Report
		complete bool
		want     Verdict
	}{
		{person(account.UserSection), true, NotFound},
		{person(account.UserSection), false, Unknown},
		{person(account.UserSection, account.VirtualMFADevicesSection), true, Unknown},
	} {
		if test.r.AsOfThen(test.complete); test.r.People[0].Verdict != test.want {
			t.Errorf("got %+v, want %s", test.r.People[0], test.want)
		}
	}
}
