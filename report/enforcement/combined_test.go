package enforcement_test

import (
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/report/enforcement"
)

// TestCombinations goes through what is known and not known of password, key and device, where the policies enforce MFA
// on both ways in: who could enrol the first device, and how grave it is.
func TestCombinations(t *testing.T) {
	t.Parallel()
	const (
		both = "no device yet: anyone who has the password or key can enrol one"
		pass = "no device yet: anyone who has the password can enrol one"
		key  = "no device yet: anyone who has the key can enrol one"
	)
	yes, no, some, none := ptr(true), ptr(false), ptr(1), ptr(0)
	for _, test := range []struct {
		password, device *bool
		keys             *int
		kinds            int
		unclaimed        string
		devices, row     enforcement.Level
	}{
		{yes, no, some, 0, both, enforcement.Wrong, enforcement.Wrong},
		{yes, no, none, 0, pass, enforcement.Wrong, enforcement.Wrong},
		{yes, no, nil, 0, pass, enforcement.Wrong, enforcement.Wrong},
		{no, no, some, 0, key, enforcement.Fine, enforcement.Wrong},
		{nil, no, some, 0, key, enforcement.Vague, enforcement.Wrong},
		{nil, no, nil, 0, "", enforcement.Vague, enforcement.Vague},
		{no, no, none, 0, "", enforcement.Fine, enforcement.Fine},
		{yes, nil, some, 0, "", enforcement.Vague, enforcement.Vague},
		{no, nil, some, 0, "", enforcement.Fine, enforcement.Fine},
		{nil, nil, some, 0, "", enforcement.Vague, enforcement.Vague},
		{yes, nil, some, 1, "", enforcement.Fine, enforcement.Fine},
		{yes, no, some, 1, both, enforcement.Wrong, enforcement.Wrong},
		{yes, yes, some, 0, "", enforcement.Fine, enforcement.Fine},
	} {
		row := enforcement.Of(audit.EnforcementRow{
			Password: test.password, MFAActive: test.device, ActiveKeys: test.keys, Kinds: []account.MFAKind{account.MFAVirtual}[:test.kinds],
			Admin: "no", Console: verdict("enforced"), AccessKey: verdict("enforced"),
		})
		if string(row.Unclaimed) != test.unclaimed || row.Devices.Level != test.devices || row.Level != test.row {
			t.Errorf("%+v: got %q and the levels %d and %d", test, row.Unclaimed, row.Devices.Level, row.Level)
		}
	}
}

// A reason stands wherever something is unknown, and a leak is counted where all of it can be.
func TestReasonsAndLeaks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*audit.EnforcementRow){
		"console": func(r *audit.EnforcementRow) { r.Console = verdict("unknown") },
		"key":     func(r *audit.EnforcementRow) { r.AccessKey = verdict("unknown") },
		"admin":   func(r *audit.EnforcementRow) { r.Admin = "unknown" },
		"":        func(*audit.EnforcementRow) {},
	} {
		r := audit.EnforcementRow{Password: ptr(true), MFAActive: ptr(true), ActiveKeys: ptr(1), Admin: "no", Console: verdict("enforced"), AccessKey: verdict("enforced"), Reason: "a policy is torn"}
		change(&r)
		if got := enforcement.Of(r).Reason != ""; got != (name != "") {
			t.Errorf("%q is unknown: got a reason %t", name, got)
		}
	}
	other, nobody, wild, further := open("leaky"), open("leaky"), open("leaky"), open("leaky")
	other.Leaks[0].Count++
	for i := range nobody.Leaks {
		nobody.Leaks[i].By = nil
	}
	wild.Leaks[0].Actions = []string{"s3:*"}
	further.Services = 2 // as many as are told
	const text = "s3, ec2 (42 actions) by Force-MFA#Deny"
	for _, test := range []struct {
		password     bool
		keys         int
		console, key audit.EnforcedOnPath
		want, paths  string
	}{
		{true, 1, open("leaky"), open("leaky"), text, "console and access key; "},
		{true, 1, open("leaky"), other, "console: " + text + "; access key: s3, ec2 (43 actions) by Force-MFA#Deny", "console; access key; "},
		{true, 1, open("leaky"), open("not_enforced"), "console: " + text + "; access key: all that is open with MFA (42 actions) by Force-MFA#Deny", "console; access key; "},
		{true, 1, open("leaky"), verdict("enforced"), text, "console; "},
		{true, 1, verdict("enforced"), other, "s3, ec2 (43 actions) by Force-MFA#Deny", "access key; "},
		{false, 1, open("leaky"), open("leaky"), text, "access key; "},
		{true, 0, open("leaky"), open("leaky"), text, "console; "},
		{false, 0, open("leaky"), open("leaky"), "", ""},
		{true, 0, nobody, open("leaky"), "s3, ec2 (42 actions)", "console; "},
		{true, 0, wild, open("leaky"), "s3, ec2 by Force-MFA#Deny", "console; "},
		{true, 0, further, open("leaky"), text, "console; "},
	} {
		r := audit.EnforcementRow{Password: &test.password, MFAActive: ptr(false), ActiveKeys: &test.keys, Admin: "no", Console: test.console, AccessKey: test.key}
		row, paths := enforcement.Of(r), ""
		for _, l := range row.Leaks {
			paths += l.Path.String() + "; "
		}
		if got := string(row.Text()); got != test.want || paths != test.paths {
			t.Errorf("password %t and %d keys: got %q of %q, want %q of %q", test.password, test.keys, got, paths, test.want, test.paths)
		}
	}
}

// What a policy would not stop is told of who has no such credential, and who is open on one way in counts as neither
// enforced nor unknown.
func TestAsidesAndOpenUsers(t *testing.T) {
	t.Parallel()
	row := enforcement.Of(audit.EnforcementRow{Password: ptr(false), MFAActive: ptr(false), ActiveKeys: ptr(0), Admin: "no", Console: open("leaky"), AccessKey: open("leaky")})
	if len(row.Aside) != 2 || row.Aside[0] != "no password: the policy would not stop one" || row.Aside[1] != "no access key: the policy would not stop one" {
		t.Errorf("got the asides %q, want one of the password and one of the key", row.Aside)
	}
	for _, paths := range [][2]audit.EnforcedOnPath{{open("leaky"), verdict("enforced")}, {verdict("enforced"), open("leaky")}} {
		row := enforcement.Of(audit.EnforcementRow{Password: ptr(true), MFAActive: ptr(false), ActiveKeys: ptr(1), Admin: "no", Console: paths[0], AccessKey: paths[1]})
		if got, want := enforcement.Count([]enforcement.Row{row}), (enforcement.Tally{Users: 1, CanCome: 1, Open: 1, ToSee: 1}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// Each user is counted in one place: by the graver of both ways in, and as without a way in only where both lack.
func TestTallyOfOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		password     bool
		keys         int
		console, key string
		want         enforcement.Tally
	}{
		{false, 0, "leaky", "leaky", enforcement.Tally{Users: 1, Registered: 1}},
		{false, 1, "leaky", "enforced", enforcement.Tally{Users: 1, Registered: 1, CanCome: 1, Enforced: 1}},
		{true, 0, "enforced", "leaky", enforcement.Tally{Users: 1, Registered: 1, CanCome: 1, Enforced: 1}},
		{true, 1, "unknown", "leaky", enforcement.Tally{Users: 1, Registered: 1, CanCome: 1, Open: 1, ToSee: 1}},
		{true, 1, "unknown", "enforced", enforcement.Tally{Users: 1, Registered: 1, CanCome: 1, Unknown: 1, ToSee: 1}},
		{true, 1, "enforced", "unknown", enforcement.Tally{Users: 1, Registered: 1, CanCome: 1, Unknown: 1, ToSee: 1}},
		{true, 1, "leaky", "no_access", enforcement.Tally{Users: 1, Registered: 1, CanCome: 1, Asked: 1}},
	} {
		row := enforcement.Of(audit.EnforcementRow{
			Password: &test.password, MFAActive: ptr(true), ActiveKeys: &test.keys, Admin: "no", Console: verdict(test.console), AccessKey: verdict(test.key),
		})
		if got := enforcement.Count([]enforcement.Row{row}); got != test.want {
			t.Errorf("%s and %s: got %+v, want %+v", test.console, test.key, got, test.want)
		}
	}
}
