package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/config"
)

const twoExceptions = `
exceptions:
  - rule: access-key-rotation
    resource: user/ci
    account: 012345678901
    unique_id: AIDACKCEVSQ6C2EXAMPLE
    reason: "the build server: replaced in spring"
    owner: platform@example.com
    ticket: OPS-123
    expires: 2027-03-01
  - {expires: "2020-01-31T12:00:00+02:00", owner: ops, reason: never used, resource: "*", rule: mfa, account: "123456789012"}
`

func TestExceptions(t *testing.T) {
	t.Parallel()
	c, err := config.Load(given(t, twoExceptions, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Exception{
		{
			Rule: "access-key-rotation", Resource: "user/ci", Account: "012345678901", UniqueID: "AIDACKCEVSQ6C2EXAMPLE",
			Reason: "the build server: replaced in spring", Owner: "platform@example.com", Ticket: "OPS-123",
			Expires: time.Date(2027, time.March, 1, 23, 59, 59, 0, time.UTC),
		},
		{
			Rule: "mfa", Resource: "*", Account: "123456789012", Reason: "never used", Owner: "ops",
			Expires: time.Date(2020, time.January, 31, 10, 0, 0, 0, time.UTC),
		},
	}
	if !reflect.DeepEqual(c.Exceptions, want) {
		t.Errorf("got  %+v\nwant %+v", c.Exceptions, want)
	}
}

func TestThresholdsFor(t *testing.T) {
	t.Parallel()
	c, err := config.Load(given(t, `
thresholds_for:
  - users: [ci-*, "tag:kind=machine"]
    thresholds: {access_key_max_age_days: 30, access_key_inactive_days: 0}
  - users: alice
    thresholds:
      password_unused_days: 10
`, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.UserThresholds{
		{Users: []string{"ci-*", "tag:kind=machine"}, Values: map[string]int{"access_key_max_age_days": 30, "access_key_inactive_days": 0}},
		{Users: []string{"alice"}, Values: map[string]int{"password_unused_days": 10}},
	}
	if got := c.Audit().UserThresholds; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Every threshold of single users can be set for them, and is documented.
func TestEveryUserThresholdCanBeSet(t *testing.T) {
	t.Parallel()
	for _, name := range audit.UserThresholdNames() {
		c, err := config.Load(given(t, "thresholds_for: [{users: alice, thresholds: {"+name+": 7}}]", nil))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := c.ThresholdsFor[0].Values[name]; got != 7 {
			t.Errorf("got %s %d, want 7", name, got)
		}
	}
}

func TestEntryErrors(t *testing.T) {
	t.Parallel()
	exception := func(change ...string) string {
		whole := "exceptions:\n  - rule: mfa\n    resource: user/ci\n    reason: known\n    owner: ops\n    expires: 2027-03-01\n"
		return strings.NewReplacer(change...).Replace(whole)
	}
	const noEnd = "want a date such as 2027-03-01, or a time such as 2027-03-01T12:00:00Z"
	const user = "thresholds_for:\n  - users: [alice]\n    thresholds:\n"
	tests := map[string]refusal{
		"unknown key":         {exception("owner:", "ower:"), `FILE, line 5: exceptions[0].ower: got an unknown key`, "did you mean owner?"},
		"key twice":           {exception("owner:", "rule:"), `FILE, line 5: exceptions[0].rule: got the key a second time (it stands in line 2 too), want it once`, ""},
		"secret":              {exception("owner:", "secret:"), `FILE, line 5: exceptions[0].secret: got a secret or a code, which has no place in a configuration file`, "keys and tokens come from the AWS environment and profiles, MFA codes from --token-code or the prompt"},
		"missing owner":       {exception("    owner: ops\n", ""), `FILE, line 2: exceptions[0]: got an exception without owner, want rule, resource, reason, owner and expires`, ""},
		"empty owner":         {exception("owner: ops", "owner: ' '"), `FILE, line 2: exceptions[0]: got an exception without owner, want rule, resource, reason, owner and expires`, ""},
		"missing rule":        {exception("rule: mfa", "ticket: x"), `FILE, line 2: exceptions[0]: got an exception without rule, want rule, resource, reason, owner and expires`, ""},
		"missing end":         {exception("    expires: 2027-03-01\n", ""), `FILE, line 2: exceptions[0]: got an exception without expires, want a date such as 2027-02-22`, ""},
		"no value":            {exception("owner: ops", "owner:"), `FILE, line 5: exceptions[0].owner: got no value, want one ("" for an empty text, [] for an empty list)`, ""},
		"list for a text":     {exception("owner: ops", "owner: [ops]"), `FILE, line 5: exceptions[0].owner: got a list, want a text`, ""},
		"object for a text":   {exception("owner: ops", "owner: {name: ops}"), `FILE, line 5: exceptions[0].owner: got keys with values, want a value`, ""},
		"several lines":       {exception("reason: known", `reason: "a\nb"`), `FILE, line 4: exceptions[0].reason: got a text with line breaks or control characters, want one line`, ""},
		"unknown rule":        {exception("rule: mfa", "rule: consol-mfa"), `FILE, line 2: exceptions[0].rule: got rule "consol-mfa", want an ID, a glob of IDs or a category that exists (see sekisho rules)`, "did you mean console-mfa?"},
		"list of rules":       {exception("rule: mfa", "rule: [mfa]"), `FILE, line 2: exceptions[0].rule: got a list, want an ID, a glob of IDs or a category`, ""},
		"short account":       {exception("rule: mfa", "rule: mfa\n    account: 12345"), `FILE, line 3: exceptions[0].account: got "12345", want a number of 12 digits`, ""},
		"account by name":     {exception("rule: mfa", "rule: mfa\n    account: prod"), `FILE, line 3: exceptions[0].account: got "prod", want a number of 12 digits`, ""},
		"name for unique ID":  {exception("rule: mfa", "rule: mfa\n    unique_id: ci"), `FILE, line 3: exceptions[0].unique_id: got "ci", want the ID of a user, group, role or policy such as AIDACKCEVSQ6C2EXAMPLE`, ""},
		"no date":             {exception("2027-03-01", "in spring"), `FILE, line 6: exceptions[0].expires: got "in spring", ` + noEnd, ""},
		"no such day":         {exception("2027-03-01", "2027-02-30"), `FILE, line 6: exceptions[0].expires: got "2027-02-30", ` + noEnd, ""},
		"time without a zone": {exception("2027-03-01", "2027-03-01 12:00:00"), `FILE, line 6: exceptions[0].expires: got "2027-03-01 12:00:00", ` + noEnd, ""},
		"list of dates":       {exception("2027-03-01", "[2027-03-01]"), `FILE, line 6: exceptions[0].expires: got a list, ` + noEnd, ""},
		"a day too long":      {exception("2027-03-01", "2027-11-24"), `FILE, line 6: exceptions[0].expires: got expires 2027-11-24, want 2027-11-23 at the latest: an exception is granted for a year at most`, ""},
		"second of two":       {twoExceptions + "  - rule: mfa\n", `FILE, line 12: exceptions[2]: got an exception without resource, want rule, resource, reason, owner and expires`, ""},
		"text for entries":    {"exceptions: none", `FILE, line 1: exceptions: got "none", want a list of entries, each of them keys with values`, ""},
		"entry for entries":   {"exceptions: {rule: mfa}", `FILE, line 1: exceptions: got keys with values, want a list of entries, each of them keys with values`, ""},
		"nothing for entries": {"exceptions:", `FILE, line 1: exceptions: got nothing, want a list of entries, each of them keys with values`, ""},
		"text for an entry":   {"exceptions: [mfa]", `FILE, line 1: exceptions[0]: got "mfa", want keys with values`, ""},
		"empty entry":         {"exceptions: [{}]", `FILE, line 1: exceptions[0]: got an exception without rule, want rule, resource, reason, owner and expires`, ""},
		"threshold of all":    {user + "      password_reuse: 3", `FILE, line 4: thresholds_for[0].thresholds.password_reuse: got an unknown key`, "thresholds.password_reuse holds for the whole account: set it outside the list"},
		"unknown threshold":   {user + "      access_key_max_age: 3", `FILE, line 4: thresholds_for[0].thresholds.access_key_max_age: got an unknown key`, "did you mean thresholds.access_key_max_age_days?"},
		"threshold too low":   {user + "      access_key_max_age_days: 0", `FILE, line 4: thresholds_for[0].thresholds.access_key_max_age_days: got "0", want a whole number of days from 1 to 36500`, ""},
		"no threshold":        {"thresholds_for: [{users: alice, thresholds: {}}]", `FILE, line 1: thresholds_for[0]: got thresholds without users, or users without thresholds, want both`, ""},
		"no users":            {"thresholds_for: [{users: [], thresholds: {password_unused_days: 3}}]", `FILE, line 1: thresholds_for[0]: got thresholds without users, or users without thresholds, want both`, ""},
		"threshold as text":   {"thresholds_for: [{users: alice, thresholds: 3}]", `FILE, line 1: thresholds_for[0].thresholds: got "3", want keys with values`, ""},
		"pattern of users":    {"thresholds_for: [{users: [alice, '['], thresholds: {password_unused_days: 3}}]", `FILE, line 1: thresholds_for[0].users: got the users "[", want a glob of user names or tag:KEY=VALUE: syntax error in pattern`, ""},
		"tag of users":        {"thresholds_for: [{users: 'tag:kind', thresholds: {password_unused_days: 3}}]", `FILE, line 1: thresholds_for[0].users: got the users "tag:kind", want a glob of user names or tag:KEY=VALUE`, ""},
	}
	refuses(t, tests)
}

// An exception may be granted through the same day of the next year, a leap day included, and one that has expired is
// no error.
func TestExceptionsAreValidThroughTheirLastDay(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"2027-11-23", "2026-11-22", "2026-11-21", "1999-12-31"} {
		c, err := config.Load(given(t, "exceptions: [{rule: mfa, resource: user/ci, reason: known, owner: ops, expires: "+day+"}]", nil))
		if err != nil {
			t.Errorf("%s: %v", day, err)
		} else if got := c.Exceptions[0].Expires.Format(time.DateTime); got != day+" 23:59:59" {
			t.Errorf("got the end %s, want the last second of %s", got, day)
		}
	}
}

// What is printed of entries is a configuration file that gives the same entries, in the same order of keys.
func TestPrintedEntriesLoadAgain(t *testing.T) {
	t.Parallel()
	src := given(t, twoExceptions+"thresholds_for: [{users: ['ci-*', alice], thresholds: {password_unused_days: 3, user_inactive_days: 9}}]\n", nil, "--fresh")
	first, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	printsAgain(t, first,
		"\nexceptions: # from "+src.File+", line 3\n  - rule: access-key-rotation\n    resource: \"user/ci\"\n    account: 012345678901\n",
		"\n    expires: 2027-03-01\n  - expires: \"2020-01-31T12:00:00+02:00\"\n",
		"\nthresholds_for: # from "+src.File+", line 12\n  - users: [\"ci-*\", alice]\n    thresholds:\n      password_unused_days: 3\n      user_inactive_days: 9\n",
		"\n  fresh: true # from --fresh\n",
	)
}

// The examples in the comments of the defaults can be copied into a file.
func TestDocumentedEntriesLoad(t *testing.T) {
	t.Parallel()
	c, err := config.Load(given(t, "", nil))
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := c.Print(&printed); err != nil {
		t.Fatal(err)
	}
	var example strings.Builder
	for line := range strings.Lines(printed.String()) {
		if text, ok := strings.CutPrefix(line, "#   "); ok {
			example.WriteString(text)
		}
	}
	c, err = config.Load(given(t, example.String(), nil))
	if err != nil {
		t.Fatalf("%v in\n%s", err, example.String())
	}
	if len(c.Exceptions) != 1 || c.Exceptions[0].Ticket != "OPS-123" || len(c.ThresholdsFor) != 1 || len(c.ThresholdsFor[0].Users) != 2 {
		t.Errorf("got %+v and %+v, want one exception and one entry of thresholds", c.Exceptions, c.ThresholdsFor)
	}
}
