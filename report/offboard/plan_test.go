package offboard_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sekisho/audit/account"
	"sekisho/audit/offboard"
	report "sekisho/report/offboard"
	"sekisho/report/sanitize"
	"sekisho/report/shell/shelltest"
)

// run writes a plan, runs it with a stand-in for the aws command, and returns how it was called and what was printed.
func run(t *testing.T, r *offboard.Report, environment []string, arguments ...string) (calls [][]string, output string, status int) {
	t.Helper()
	var script bytes.Buffer
	if err := report.Plan(&script, r); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(script.String(), func(r rune) bool { return r != '\n' && !sanitize.Visible(r) }); i >= 0 || !utf8.Valid(script.Bytes()) {
		t.Errorf("got a script that isn't all to be seen, from byte %d on:\n%q", i, script.String())
	}
	got, err := shelltest.Run(t.TempDir(), script.Bytes(), environment, arguments...)
	if err != nil {
		t.Fatalf("got %v of\n%s", err, script.String())
	}
	return got.Calls, got.Output, got.Status
}

// fit reports whether a command may have a value in it: a reader sees all of it, and the aws command no file's name.
func fit(value string) bool {
	return string(sanitize.Terminal(value)) == value && !elsewhere.MatchString(value)
}

var elsewhere = regexp.MustCompile(`^(file|fileb|http|https)://`)

// wanted are the calls that take a user of a name apart, in AWS's order; all is left to be done by hand where no command
// may have the name in it.
func wanted(name string) [][]string {
	of := func(operation string, more ...string) []string {
		return append([]string{"iam", operation, "--user-name", name}, more...)
	}
	identity := []string{"sts", "get-caller-identity", "--query", "Account", "--output", "text"}
	if !fit(name) {
		return [][]string{identity}
	}
	return [][]string{
		identity,
		of("get-user", "--query", "User.UserId", "--output", "text"),
		of("put-user-policy", "--policy-name", "sekisho-offboard-deny-all", "--policy-document", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
		of("update-access-key", "--access-key-id", "access-key"+name, "--status", "Inactive"),
		of("update-ssh-public-key", "--ssh-public-key-id", "ssh-public-key"+name, "--status", "Inactive"),
		of("update-service-specific-credential", "--service-specific-credential-id", "service-specific-credential"+name, "--status", "Inactive"),
		of("update-signing-certificate", "--certificate-id", "signing-certificate"+name, "--status", "Inactive"),
		of("delete-login-profile"),
		of("get-user", "--query", "User.UserId", "--output", "text"),
		of("delete-access-key", "--access-key-id", "access-key"+name),
		of("delete-signing-certificate", "--certificate-id", "signing-certificate"+name),
		of("delete-ssh-public-key", "--ssh-public-key-id", "ssh-public-key"+name),
		of("delete-service-specific-credential", "--service-specific-credential-id", "service-specific-credential"+name),
		of("deactivate-mfa-device", "--serial-number", prefix+"mfa/"+name),
		{"iam", "delete-virtual-mfa-device", "--serial-number", prefix + "mfa/" + name},
		of("delete-user-policy", "--policy-name", "inline"+name),
		of("detach-user-policy", "--policy-arn", prefix+"policy/"+name),
		of("remove-user-from-group", "--group-name", "group"+name),
		of("delete-user-policy", "--policy-name", "sekisho-offboard-deny-all"),
		of("delete-user"),
		{"iam", "delete-virtual-mfa-device", "--serial-number", prefix + "mfa/unassigned" + name},
	}
}

// split takes --flag=value apart, as the aws command does.
func split(calls [][]string) (out [][]string) {
	for _, call := range calls {
		var words []string
		for i, word := range call {
			flag, value, joined := strings.Cut(word, "=")
			if joined && i == 2 && flag == "--user-name" {
				words = append(words, flag, value)
			} else {
				words = append(words, word)
			}
		}
		out = append(out, words)
	}
	return out
}

// Whatever the names are, the script makes just the calls that it says, and without --yes none.
func TestPlanDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, name := range shelltest.Hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doesWhatItSays(t, name)
			calls, output, status := run(t, reportOn(name), nil)
			if status != 0 || len(calls) > 0 || !strings.Contains(output, "Nothing was done: call it with --yes.") {
				t.Errorf("got status %d, the calls %q and %q without --yes, want nothing done", status, calls, output)
			}
		})
	}
}

func doesWhatItSays(t *testing.T, name string) {
	t.Helper()
	calls, output, status := run(t, reportOn(name), nil, "--yes")
	if want := wanted(name); status != 0 || !slices.EqualFunc(split(calls), want, slices.Equal) {
		t.Errorf("got status %d and the calls\n%q\nwant 0 and\n%q", status, calls, want)
	}
	if strings.ContainsFunc(output, func(r rune) bool { return r != '\n' && !sanitize.Visible(r) }) || !strings.Contains(output, "BY HAND: remove the user from the trust policy of") {
		t.Errorf("got the output %q, want the work by hand, and nothing that steers a terminal", output)
	}
	if !fit(name) && !strings.Contains(output, "BY HAND: delete the user "+string(sanitize.Terminal(prefix+"user/"+name))) {
		t.Errorf("got the output %q, want it said that the user is left to be deleted by hand", output)
	}
}

// Whatever somebody calls a user and all that they have: the script shows what it runs, and runs that.
func FuzzPlan(f *testing.F) {
	f.Add("a\x1b]0;x\a'\u2066b\xff\r")
	f.Add("--é\u3000'$(touch pwned)")
	f.Fuzz(func(t *testing.T, name string) {
		doesWhatItSays(t, name)
	})
}

// What a user has by a name that a reader can't see is left to be done by hand, and nothing else is.
func TestPlanLeavesWhatNobodySees(t *testing.T) {
	t.Parallel()
	for _, name := range shelltest.Hostile {
		if fit(name) {
			continue
		}
		r := reportOn("alice")
		r.Account.ID += "\x1b[2J"
		person := &r.People[0]
		person.Accounts[0].Groups[0].Name, person.Accounts[0].Policies[0].Name, person.LeftOver[0].ID = name, name, name
		environment := []string{"ACCOUNT=" + string(sanitize.Terminal(r.Account.ID))}
		calls, output, _ := run(t, r, environment, "--yes")
		want := shutting + strings.NewReplacer(" deactivate-mfa-device", "", " delete-user-policy", "", " remove-user-from-group", "").Replace(removing)
		if got := operations(calls, "alice"); got != want || strings.Count(output, "a command with that name can't be written here") != 4 {
			t.Errorf("%q: got %q and %s\nwant %q, and four things by hand", name, got, output, want)
		}
	}
}

// A value that begins with a dash is joined to its flag, for it is no flag.
func TestPlanJoinsDashes(t *testing.T) {
	t.Parallel()
	var script bytes.Buffer
	if err := report.Plan(&script, reportOn("-x")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(script.String(), "aws iam delete-user --user-name='-x' && return 0\n") {
		t.Errorf("got %s\nwant --user-name='-x'", script.String())
	}
	calls, _, _ := run(t, reportOn("-x"), nil, "--yes")
	if !slices.Contains(calls[1], "--user-name=-x") {
		t.Errorf("got the call %q, want the name joined to its flag", calls[1])
	}
}

// The aws command would read the file or the page of a value that begins with file:// or https://, so it is never given
// one.
func TestPlanLeavesFilesAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"file:///etc/passwd", "fileb://x", "http://169.254.169.254/x", "https://example.com/x"} {
		calls, output, status := run(t, reportOn(name), nil, "--yes")
		if i := slices.IndexFunc(calls, func(call []string) bool {
			return call[0] == "iam" && slices.ContainsFunc(call, func(word string) bool { return word == name || word == "--user-name="+name })
		}); i >= 0 {
			t.Errorf("got the call %q, want none with that name", calls[i])
		}
		if status != 0 || !strings.Contains(output, "BY HAND: delete the user") {
			t.Errorf("got status %d and %q for %s, want it told to be done by hand", status, output, name)
		}
	}
}

// operations are the operations of calls about a user, in order; a call that puts or deletes the denial is called
// denial.
func operations(calls [][]string, name string) string {
	var words []string
	for _, call := range split(calls) {
		i := slices.Index(call, "--user-name")
		switch {
		case i < 0 || call[i+1] != name || call[1] == "get-user":
		case slices.Contains(call, "sekisho-offboard-deny-all"):
			words = append(words, strings.TrimSuffix(call[1], "-user-policy")+"-denial")
		default:
			words = append(words, call[1])
		}
	}
	return strings.Join(words, " ")
}

const (
	shutting = "put-denial update-access-key update-ssh-public-key update-service-specific-credential update-signing-certificate delete-login-profile"
	removing = " delete-access-key delete-signing-certificate delete-ssh-public-key delete-service-specific-credential deactivate-mfa-device" +
		" delete-user-policy detach-user-policy remove-user-from-group delete-denial delete-user"
)

// A failure for one of two people keeps the other from nothing, closes as much as can be closed, and is listed at the
// end.
func TestPlanGoesOn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fail, code string
		alice      string // what was done to her
		status     int
		output     string
	}{
		{"none", "", shutting + removing, 0, ""},
		{"put-user-policy", "AccessDenied", shutting, 1, "  not shut out, and so not removed: arn:aws:iam::123456789012:user/alice\n"},
		{"put-user-policy", "LimitExceeded", shutting + removing, 0, "the inline policies leave no room for the denial"},
		{"update-access-key", "AccessDenied", shutting, 1, "NOT FINISHED, see above why:\n  not shut out, and so not removed: "},
		{"update-access-key", "NoSuchEntity", shutting + removing, 0, "(gone already)"},
		{"delete-login-profile", "EntityTemporarilyUnmodifiable", shutting, 1, "  not shut out, and so not removed: "},
		{"delete-access-key", "AccessDenied", shutting + " delete-access-key", 1, "  shut out, and not removed: arn:aws:iam::123456789012:user/alice\n"},
		{"delete-access-key", "NoSuchEntity", shutting + removing, 0, "(gone already)"},
		{"delete-user", "DeleteConflict", shutting + removing + " put-denial", 1, "  shut out, and not removed: "},
		{"delete-user", "NoSuchEntity", shutting + removing, 0, "(gone already)"},
		{"get-user", "AccessDenied", "", 1, "  user alice\n"},
		{"get-user", "NoSuchEntity", "", 0, "(gone already)"},
	} {
		r := reportOn("alice")
		r.People = append(r.People, reportOn("bob").People...)
		environment := []string{"FAIL=" + test.fail, "CODE=" + test.code, "OF=--user-name alice ", "MESSAGE=on user /(NoSuchEntity)/LimitExceeded"}
		if test.fail == "get-user" {
			environment[2] = "OF=--user-name=alice "
		}
		calls, output, status := run(t, r, environment, "--yes")
		if got := operations(calls, "alice"); got != test.alice || status != test.status || !strings.Contains(output, test.output) {
			t.Errorf("%s %s: got %q, status %d and\n%s\nwant %q, %d and %q", test.fail, test.code, got, status, output, test.alice, test.status, test.output)
		}
		if got := operations(calls, "bob"); got != shutting+removing {
			t.Errorf("%s %s: got %q for bob, want %q", test.fail, test.code, got, shutting+removing)
		}
		if test.status == 0 && strings.Contains(output, "NOT FINISHED") || strings.Contains(output, "not removed: "+prefix+"user/bob") {
			t.Errorf("%s %s: got %s\nwant nothing said to be unfinished that was done", test.fail, test.code, output)
		}
	}
}

// Nobody is removed before everybody is shut out.
func TestPlanShutsEverybodyOutFirst(t *testing.T) {
	t.Parallel()
	r := reportOn("alice")
	r.People = append(r.People, reportOn("bob").People...)
	calls, _, _ := run(t, r, nil, "--yes")
	last := slices.IndexFunc(split(calls), func(call []string) bool { return call[1] == "delete-login-profile" && call[3] == "bob" })
	first := slices.IndexFunc(calls, func(call []string) bool { return call[1] == "delete-access-key" })
	if last < 0 || first < last {
		t.Errorf("got the first removal as call %d and the last way in closed as call %d, want it later:\n%q", first, last, calls)
	}
}

// A script that is run in the wrong account, or meets a namesake, does nothing there.
func TestPlanStops(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ environment, last, output string }{
		{"ACCOUNT=999999999999", "get-caller-identity", "signed in to the account 999999999999, want 123456789012"},
		{"USER_ID=AIDANAMESAKEEXAMPLE1", "get-user", "this is another user by that name; nothing was done to it"},
	} {
		calls, output, status := run(t, reportOn("alice"), []string{test.environment}, "--yes")
		if last := calls[len(calls)-1][1]; status != 1 || last != test.last || operations(calls, "alice") != "" || !strings.Contains(output, test.output) {
			t.Errorf("got status %d, the last call %s and %q for %v, want 1, %s and %q", status, last, output, test.environment, test.last, test.output)
		}
	}
	if calls, output, status := run(t, reportOn("alice"), nil, "--no"); status != 2 || len(calls) > 0 || !strings.HasPrefix(output, "usage:") {
		t.Errorf("got status %d, the calls %q and %q for a flag that there isn't, want 2 and none", status, calls, output)
	}
}

// Namesakes and machines are left alone, a user of two people is removed once, and those who are out need nothing.
func TestPlanLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	r := reportOn("alice")
	twice, namesake, machine, gone := reportOn("alice").People[0], reportOn("new").People[0], reportOn("robot").People[0], offboard.PersonResult{Query: "x", Verdict: offboard.Gone}
	namesake.Accounts[0].Namesake = true
	machine.Accounts[0].Machine = true
	for _, p := range []*offboard.PersonResult{&twice, &namesake, &machine} {
		p.Mentions = nil
	}
	handedOver := reportOn("shared").People[0]
	handedOver.Accounts[0].OtherOwner = "bob@example.com"
	handedOver.Mentions = handedOver.Mentions[:1] // a device of that name, which the user may be about to enrol
	r.People = append(r.People, twice, namesake, machine, handedOver, gone)
	calls, output, status := run(t, r, nil, "--yes")
	for _, name := range []string{"new", "robot", "shared"} {
		if !strings.Contains(output, "BY HAND: "+prefix+"user/"+name+" is left alone: ") {
			t.Errorf("got the output %q, want it said that %s is left alone", output, name)
		}
	}
	if want := wanted("alice"); status != 0 || !slices.EqualFunc(split(calls), want, slices.Equal) {
		t.Errorf("got status %d and the calls\n%q\nwant 0 and\n%q", status, calls, want)
	}
}

// What was not read is said in the script.
func TestPlanTellsOfGaps(t *testing.T) {
	t.Parallel()
	r := reportOn("alice")
	r.People[0].Gaps = []offboard.Gap{{Section: account.AccessKeysSection, Resource: "alice", Action: "iam:ListAccessKeys", Code: "AccessDenied", Message: "no"}}
	var script bytes.Buffer
	if err := report.Plan(&script, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(script.String(), "# NOT READ: access-keys alice (AccessDenied).") {
		t.Errorf("got %s\nwant the gap in a comment", script.String())
	}
}

// shellcheck has nothing to say, with whatever names.
func TestPlanShellcheck(t *testing.T) {
	t.Parallel()
	full, bare, nobody := reportOn("alice"), reportOn("alice"), reportOn("alice")
	for _, name := range shelltest.Hostile {
		full.People = append(full.People, reportOn(name).People...)
	}
	bare.People[0].WaysIn, bare.People[0].LeftOver, bare.People[0].Mentions = nil, nil, nil
	nobody.People = nil
	for _, r := range []*offboard.Report{full, bare, nobody} {
		var script bytes.Buffer
		if err := report.Plan(&script, r); err != nil {
			t.Fatal(err)
		}
		out, err := shelltest.Shellcheck(script.Bytes())
		if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
			t.Skip("there is no shellcheck")
		} else if err != nil {
			t.Errorf("got %v:\n%s", err, out)
		}
	}
}
