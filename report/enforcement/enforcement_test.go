package enforcement_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
)

func ptr[T any](v T) *T { return &v }

func verdict(v string) audit.EnforcedOnPath { return audit.EnforcedOnPath{Verdict: v, Sure: true} }

func open(v string) audit.EnforcedOnPath {
	return audit.EnforcedOnPath{Verdict: v, Sure: true, Leaks: []audit.LeakRow{
		{Service: "s3", Actions: []string{"s3:GetObject"}, Count: 40, Sure: true, By: []string{"Force-MFA#Deny"}},
		{Service: "ec2", Actions: []string{"ec2:RunInstances"}, Count: 2, Sure: true, By: []string{"Force-MFA#Deny"}},
	}}
}

func unsure(v string) audit.EnforcedOnPath {
	p := open(v)
	p.Sure = false
	return p
}

// TestOf goes through what may be known of a user: the words, and whether there is something to see to.
func TestOf(t *testing.T) {
	t.Parallel()
	enforcedBoth := audit.EnforcementRow{Password: ptr(true), MFAActive: ptr(true), ActiveKeys: ptr(1), Kinds: []account.MFAKind{account.MFAVirtual},
		Admin: "no", Console: verdict("enforced"), AccessKey: verdict("enforced")}
	for _, test := range []struct {
		name   string
		change func(*audit.EnforcementRow)
		level  enforcement.Level
		want   string // devices | console | access key | admin | text | unclaimed | aside
	}{
		{"enforced", func(*audit.EnforcementRow) {}, enforcement.Fine, "virtual | enforced | enforced | – | | |"},
		{"admin under a guard", func(r *audit.EnforcementRow) { r.Admin = "yes" }, enforcement.Fine, "virtual | enforced | enforced | yes | | |"},
		{"possibly admin", func(r *audit.EnforcementRow) { r.Admin = "possibly" }, enforcement.Vague, "virtual | enforced | enforced | possibly | | |"},
		{"several devices", func(r *audit.EnforcementRow) {
			r.Kinds = []account.MFAKind{account.MFAFIDO, account.MFASMS, account.MFAFIDO}
		}, enforcement.Fine,
			"passkey (2), SMS | enforced | enforced | – | | |"},
		{"a device of which nothing was seen", func(r *audit.EnforcementRow) { r.Kinds = nil }, enforcement.Fine, "kind unknown | enforced | enforced | – | | |"},
		{"a device that was seen, and no word on it", func(r *audit.EnforcementRow) { r.MFAActive = nil }, enforcement.Fine, "virtual | enforced | enforced | – | | |"},
		{"the key leaks", func(r *audit.EnforcementRow) { r.AccessKey = open("leaky") }, enforcement.Wrong,
			"virtual | enforced | leaks | – | s3, ec2 (42 actions) by Force-MFA#Deny | |"},
		{"the key may leak", func(r *audit.EnforcementRow) { r.AccessKey = unsure("not_enforced") }, enforcement.Vague,
			"virtual | enforced | may leak | – | possibly all that is open with MFA (42 actions) by Force-MFA#Deny | |"},
		{"the key leaks, should there be one", func(r *audit.EnforcementRow) { r.AccessKey, r.ActiveKeys = open("leaky"), nil }, enforcement.Vague,
			"virtual | enforced | leaks (if any) | – | s3, ec2 (42 actions) by Force-MFA#Deny | |"},
		{"there is no key to leak", func(r *audit.EnforcementRow) { r.AccessKey, r.ActiveKeys = open("leaky"), ptr(0) }, enforcement.Fine,
			"virtual | enforced | – | – | | | no access key: the policy would not stop one"},
		{"AWS asks", func(r *audit.EnforcementRow) { r.Console = open("not_enforced") }, enforcement.Fine,
			"virtual | AWS asks | enforced | – | | | AWS asks at sign-in, the policy does not"},
		{"a password alone", func(r *audit.EnforcementRow) {
			r.Console, r.MFAActive, r.Kinds, r.ActiveKeys = open("not_enforced"), ptr(false), nil, ptr(0)
		}, enforcement.Wrong,
			"none | not enforced | – | – | all that is open with MFA (42 actions) by Force-MFA#Deny | |"},
		{"a password, and nothing known of devices", func(r *audit.EnforcementRow) { r.Console, r.MFAActive, r.Kinds = open("leaky"), nil, nil }, enforcement.Wrong,
			"unknown | leaks | enforced | – | s3, ec2 (42 actions) by Force-MFA#Deny | |"},
		{"both ways alike", func(r *audit.EnforcementRow) {
			r.Console, r.AccessKey, r.MFAActive, r.Kinds = open("leaky"), open("leaky"), ptr(false), nil
		}, enforcement.Wrong,
			"none | leaks | leaks | – | s3, ec2 (42 actions) by Force-MFA#Deny | |"},
		{"each way its own", func(r *audit.EnforcementRow) {
			r.Console, r.AccessKey, r.MFAActive, r.Kinds = open("leaky"), open("not_enforced"), ptr(false), nil
		}, enforcement.Wrong,
			"none | leaks | not enforced | – | console: s3, ec2 (42 actions) by Force-MFA#Deny; access key: all that is open with MFA (42 actions) by Force-MFA#Deny | |"},
		{"unclaimed", func(r *audit.EnforcementRow) { r.MFAActive, r.Kinds = ptr(false), nil }, enforcement.Wrong,
			"none | enforced | enforced | – | | no device yet: anyone who has the password or key can enrol one |"},
		{"unclaimed by its key", func(r *audit.EnforcementRow) { r.MFAActive, r.Kinds, r.Password = ptr(false), nil, ptr(false) }, enforcement.Wrong,
			"none | – | enforced | – | | no device yet: anyone who has the key can enrol one |"},
		{"nobody's", func(r *audit.EnforcementRow) {
			r.MFAActive, r.Kinds, r.Password, r.ActiveKeys = ptr(false), nil, ptr(false), ptr(0)
		}, enforcement.Fine,
			"none | – | – | – | | |"},
		{"a password that opens nothing", func(r *audit.EnforcementRow) {
			r.MFAActive, r.Kinds, r.Console, r.AccessKey = ptr(false), nil, verdict("no_access"), verdict("no_access")
		}, enforcement.Wrong, "none | no access | no access | – | | |"},
		{"unread", func(r *audit.EnforcementRow) { r.Console, r.AccessKey = verdict("unknown"), verdict("unknown") }, enforcement.Vague,
			"virtual | unknown | unknown | – | | |"},
		{"a verdict of a later version", func(r *audit.EnforcementRow) { r.AccessKey, r.Admin = verdict("splendid"), "very" }, enforcement.Vague,
			"virtual | enforced | unknown | unknown | | |"},
		{"no row at all", func(r *audit.EnforcementRow) { *r = audit.EnforcementRow{} }, enforcement.Vague, "unknown | unknown | unknown | unknown | | |"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := enforcedBoth
			test.change(&r)
			row := enforcement.Of(r)
			var kinds []sanitize.Text
			for _, d := range row.Devices.List {
				kinds = append(kinds, d.Text())
			}
			if len(kinds) == 0 {
				kinds = []sanitize.Text{row.Devices.Word}
			}
			got := string(sanitize.Join([]sanitize.Text{sanitize.Join(kinds, ", "), row.Console.Word, row.AccessKey.Word, row.Admin.Word, row.Text(), row.Unclaimed, sanitize.Join(row.Aside, ", ")}, " | "))
			if words := strings.Join(strings.Fields(got), " "); words != test.want {
				t.Errorf("got  %s\nwant %s", words, test.want)
			}
			if row.Level != test.level {
				t.Errorf("got level %d, want %d", row.Level, test.level)
			}
		})
	}
}

// TestReasonStandsOnlyByWhatIsUnknown keeps a reason off a user whose verdicts are all there.
func TestReasonStandsOnlyByWhatIsUnknown(t *testing.T) {
	t.Parallel()
	r := audit.EnforcementRow{Password: ptr(false), MFAActive: ptr(false), ActiveKeys: ptr(1), Admin: "no", Console: verdict("unknown"), AccessKey: verdict("leaky"), Reason: "a policy could not be read"}
	if got := enforcement.Of(r).Reason; got != "" {
		t.Errorf("got reason %q for somebody without a password, want none", got)
	}
	r.Password = nil
	if got := enforcement.Of(r).Reason; string(got) != r.Reason {
		t.Errorf("got reason %q, want %q", got, r.Reason)
	}
}

func TestLeakNamesFew(t *testing.T) {
	t.Parallel()
	p := audit.EnforcedOnPath{Verdict: "leaky", Sure: true}
	for _, service := range []string{"s3", "ec2", "sqs", "sns", "kms", "logs"} {
		p.Leaks = append(p.Leaks, audit.LeakRow{Service: service, Count: 1, Sure: true, By: []string{"A#0", "B#" + service}})
	}
	row := enforcement.Of(audit.EnforcementRow{ActiveKeys: ptr(1), AccessKey: p, Password: ptr(false)})
	if got, want := row.Text(), "s3, ec2, sqs, sns and 2 more (6 actions) by A#0 and 6 more"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.Services = 300
	row = enforcement.Of(audit.EnforcementRow{ActiveKeys: ptr(1), AccessKey: p, Password: ptr(false)})
	if got, want := row.Text(), "s3, ec2, sqs, sns and 296 more by A#0 and 6 more"; string(got) != want {
		t.Errorf("of 300 services: got %q, want %q", got, want)
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	line := func(password, device *bool, keys *int, console, key audit.EnforcedOnPath) enforcement.Row {
		return enforcement.Of(audit.EnforcementRow{Password: password, MFAActive: device, ActiveKeys: keys, Admin: "no", Console: console, AccessKey: key})
	}
	yes, no := ptr(true), ptr(false)
	rows := []enforcement.Row{
		line(yes, yes, ptr(1), verdict("enforced"), verdict("enforced")),
		line(yes, yes, ptr(0), verdict("enforced"), open("leaky")),
		line(yes, yes, ptr(1), open("leaky"), verdict("enforced")),
		line(yes, yes, ptr(1), open("leaky"), open("leaky")),
		line(no, no, ptr(0), open("leaky"), open("leaky")),
		line(yes, no, ptr(1), verdict("unknown"), open("leaky")),
		line(yes, nil, nil, verdict("enforced"), open("leaky")),
		line(nil, nil, nil, verdict("unknown"), verdict("unknown")),
	}
	want := "Of 8 users 7 can sign in somehow: 2 are protected on every way in, 1 on the console by AWS alone, which asks everyone who has a device, " +
		"2 are not, of 2 it is not known. 4 have an MFA device, of 2 it is not known"
	tally := enforcement.Count(rows)
	if got := tally.Text(); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if tally.ToSee != 4 {
		t.Errorf("got %d rows to see to, want 4", tally.ToSee)
	}
	if got, want := enforcement.Count(rows[:1]).Text(), "Of 1 user 1 can sign in somehow: 1 is protected on every way in, 0 are not. 1 has an MFA device"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDeviceOfSomeoneElse is about users whom a policy asks for a device that anyone with the password can enrol.
func TestDeviceOfSomeoneElse(t *testing.T) {
	t.Parallel()
	row := enforcement.Of(audit.EnforcementRow{Password: ptr(true), MFAActive: ptr(false), ActiveKeys: ptr(0), Admin: "no", Console: verdict("enforced"), AccessKey: verdict("enforced")})
	if got, want := enforcement.Count([]enforcement.Row{row}), (enforcement.Tally{Users: 1, CanCome: 1, Open: 1, ToSee: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestHostileStringsAreSanitized(t *testing.T) {
	t.Parallel()
	s := "a\x1b[31m\u202eb"
	p := audit.EnforcedOnPath{Verdict: "leaky", Leaks: []audit.LeakRow{{Service: s, Actions: []string{s}, By: []string{s}}}}
	row := enforcement.Of(audit.EnforcementRow{Name: s, ARN: s, Console: verdict(s), AccessKey: p, Admin: s, Reason: s, ActiveKeys: ptr(1), Kinds: []account.MFAKind{account.MFAKind(s)}})
	all := []sanitize.Text{row.Name, row.ARN, row.Reason, row.Text(), row.Devices.List[0].Word, row.Console.Word, row.Admin.Word, row.Leaks[0].Services[0].Actions[0]}
	for _, got := range all {
		if strings.ContainsAny(string(got), "\x1b\u202e") {
			t.Errorf("got %q, want what can be seen", got)
		}
	}
}
