package audit

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Remarks are what the message doesn't say itself.
func TestRemarks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		finding *Finding
		want    string
	}{
		{&Finding{}, ""},
		{(&Finding{}).ToFix(message.New("mend it")), "to fix: mend it"},
		{(&Finding{Message: "alice and bob"}).About([]string{"alice", "bob"}), ""},
		{(&Finding{Message: "alice"}).About([]string{"alice", "bob", "carol", "dan"}), "concerns alice, bob, carol and 1 more"},
		{(&Finding{}).By([]string{"P#0"}), "because of P#0"},
		{(&Finding{Message: "by P#0"}).By([]string{"P#0"}), ""},
		{(&Finding{}).Note(message.Message{}).Note(message.New("one")).Note(message.New("two")), "one; two"},
		{(&Finding{}).ToFix(message.New("mend it")).By([]string{"P#0"}).About([]string{"bob"}).Note(message.New("one")), "to fix: mend it; concerns bob; because of P#0; one"},
	} {
		remarks := make([]string, 0)
		for _, remark := range test.finding.Remarks() {
			remarks = append(remarks, remark.String())
		}
		if got := strings.Join(remarks, "; "); got != test.want {
			t.Errorf("%+v: got %q, want %q", test.finding, got, test.want)
		}
	}
	why := message.New("why")
	for _, test := range []struct {
		text message.Message
		ok   bool
	}{
		{message.New(notJudged, 3, why), true}, {message.New("x %s %s", 3, why), false}, {message.Message{Format: notJudged}, false},
		{message.Message{Format: notJudged, Args: []any{"3", why}}, false}, {message.Message{Format: notJudged, Args: []any{int64(3), "why"}}, false},
	} {
		count, reason, ok := (&Finding{Text: test.text}).NotJudged()
		if ok != test.ok || ok && (count != 3 || reason.String() != "why") {
			t.Errorf("%#v: got %d, %q and %t, want it %t", test.text, count, reason, ok, test.ok)
		}
	}
}

func TestNamesOfNoSeverityOrStatus(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		Severity(-1).String(): "Severity(-1)", Severity(5).String(): "Severity(5)", Info.String(): "info", Critical.String(): "critical",
		Status(-1).String(): "Status(-1)", Status(4).String(): "Status(4)", StatusUnknown.String(): "unknown", StatusNotApplicable.String(): "not_applicable",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What an exception names is one finding's resource by any of its names, and what it may mean is hidden in findings that
// don't show a thing.
func TestExceptionNamesAndHides(t *testing.T) {
	t.Parallel()
	const prefix = "arn:aws:iam::123456789012:"
	key := Finding{Status: StatusFail, Resource: prefix + "user/team/alice", Name: "alice", Item: "AKIAIOSFODNN7EXAMPLE", ResourceID: "AIDAALICEEXAMPLE00"}
	with := func(f Finding, change func(*Finding)) Finding { change(&f); return f }
	unknown := with(key, func(f *Finding) { f.Status = StatusUnknown })
	slot := with(key, func(f *Finding) { f.Item = "access-key-1" })
	unknownSlot := with(slot, func(f *Finding) { f.Status = StatusUnknown })
	whole := with(unknown, func(f *Finding) { f.Item = "" })
	account := Finding{Status: StatusUnknown, Resource: prefix + "root", Name: "acme"}
	root := Finding{Status: StatusFail, Resource: prefix + "root", Name: "root user"}
	namesake := Finding{Status: StatusFail, Resource: prefix + "user/root", Name: "root"}
	for _, test := range []struct {
		resource, id string
		finding      Finding
		names, hides bool
	}{
		{"alice", "", key, true, false}, {"user/team/alice", "", key, true, false}, {key.Resource, "", key, true, false},
		{"user/team/alice#AKIAIOSFODNN7EXAMPLE", "", key, true, false}, {key.Resource + "#AKIAIOSFODNN7EXAMPLE", "", key, true, false},
		{"AKIAIOSFODNN7EXAMPLE", "", key, true, false}, {"AIDAALICEEXAMPLE00", "", key, true, false}, {"bob", "", key, false, false},
		{"alice", "AIDAALICEEXAMPLE00", key, true, false}, {"alice", "AIDAOTHEREXAMPLE00", key, false, false},
		{"root", "", root, true, false}, {"account", "", account, true, true}, {"root", "", namesake, false, false}, {"user/root", "", namesake, true, false},
		{"account", "", with(namesake, func(f *Finding) { f.Resource, f.Name = prefix+"user/account", "account" }), false, false},
		// Unknown: of the resource itself, or of a whole section.
		{"alice", "", unknown, true, true}, {"bob", "", unknown, false, false}, {"bob", "", account, false, true},
		{"bob", "", with(account, func(f *Finding) { f.Item = "x" }), false, false},
		// A thing by its ID, where IDs aren't known.
		{"AKIAOTHEREXAMPLE0000", "", slot, false, true}, {"AKIAOTHEREXAMPLE0000", "", key, false, false},
		{"AKIAOTHEREXAMPLE0000", "", unknown, false, false}, {"AKIAOTHEREXAMPLE0000", "", unknownSlot, false, true}, {"AKIAOTHEREXAMPLE0000", "", whole, false, true},
		{"user/team/alice#AKIAOTHEREXAMPLE0000", "", slot, false, true}, {"user/bob#AKIAOTHEREXAMPLE0000", "", slot, false, false},
		{"user/team/alice#AKIAOTHEREXAMPLE0000", "AIDAOTHEREXAMPLE00", slot, false, false}, {"user/bob#", "", slot, false, true}, {"bob", "", slot, false, false},
	} {
		e := Exception{Resource: test.resource, UniqueID: test.id}
		if got := e.matcher(nil).names(&test.finding); got != test.names {
			t.Errorf("%s names %+v: got %t, want %t", test.resource, test.finding, got, test.names)
		}
		if got := e.matcher(nil).hides(&test.finding); got != test.hides {
			t.Errorf("%s may be hidden by %+v: got %t, want %t", test.resource, test.finding, got, test.hides)
		}
	}
}

func TestSettingsThatCannotMatch(t *testing.T) {
	t.Parallel()
	one := map[string]int{UserThresholdNames()[0]: 1}
	for want, s := range map[string]Settings{
		"": {MachineUsers: []string{"ci-*", "tag:kind=machine", "tag:kind="}, TrustedAccounts: []string{"123456789012"}, PrivateIssuers: []string{"oidc.example.com/x"}, UserThresholds: []UserThresholds{{Users: []string{"a"}, Values: one}}},
		`the machine users "tag:kind", want a glob`:   {MachineUsers: []string{"tag:kind"}},
		`the machine users "tag:=x", want a glob`:     {MachineUsers: []string{"tag:=x"}},
		`the machine users "", want a glob`:           {MachineUsers: []string{""}},
		`the machine users "[", want a glob`:          {MachineUsers: []string{"["}},
		`the users "[", want a glob`:                  {UserThresholds: []UserThresholds{{Users: []string{"["}, Values: one}}},
		"got thresholds without users":                {UserThresholds: []UserThresholds{{Values: one}}},
		"thresholds without users, or users without":  {UserThresholds: []UserThresholds{{Users: []string{"a"}}}},
		`the threshold "max_admins" for single users`: {UserThresholds: []UserThresholds{{Users: []string{"a"}, Values: map[string]int{"max_admins": 1}}}},
		`the trusted account "12345678901"`:           {TrustedAccounts: []string{"12345678901"}},
		`the trusted account "12345678901x"`:          {TrustedAccounts: []string{"12345678901x"}},
		`the private issuer ""`:                       {PrivateIssuers: []string{""}},
		`the private issuer "https://x"`:              {PrivateIssuers: []string{"https://x"}},
		`the private issuer "*.x"`:                    {PrivateIssuers: []string{"*.x"}},
	} {
		if err := s.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// Auto is deep up to a number of users that is known.
func TestAutoIsDeepForFewUsers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]Depth{0: DepthDeep, AutoDeepUsers: DepthDeep, AutoDeepUsers + 1: DepthStandard} {
		users := make([]string, n)
		for i := range users {
			users[i] = fmt.Sprintf("user-%d", i)
		}
		s := snapshot(users)
		if got := depthOf(DepthAuto, account.New(s)); got.Ran != want || got.Requested != DepthAuto {
			t.Errorf("%d users: got %+v, want %s", n, got, want)
		}
	}
	for requested, want := range map[Depth]DepthResult{"": {DepthStandard, DepthStandard}, DepthDeep: {DepthDeep, DepthDeep}, DepthStandard: {DepthStandard, DepthStandard}} {
		if got := depthOf(requested, account.New(snapshot(nil))); got.Requested != want.Requested || got.Ran != want.Ran {
			t.Errorf("%q: got %+v, want %+v", requested, got, want)
		}
	}
}

func TestSubjectTellsTheAccountFromItsRootUser(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:iam::123456789012:"
	for _, test := range []struct{ resource, item, name, want string }{
		{arn + "user/staff/bob", "", "bob", "user/staff/bob"}, {arn + "user/bob", "AKIAIOSFODNN7EXAMPLE", "bob", "user/bob#AKIAIOSFODNN7EXAMPLE"},
		{arn + "user/bob", arn + "mfa/bob", "bob", "user/bob#mfa/bob"}, {arn + "root", "", "root user", "root user"}, {arn + "root", "", "account", "account"},
		{arn + "root", "eu-west-1", "eu-west-1", "eu-west-1"}, {arn + "root", "", "", "root"},
	} {
		if got := Subject(test.resource, test.item, test.name); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}
