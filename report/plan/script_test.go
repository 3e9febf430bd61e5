package plan_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sekisho/audit/change"
	"sekisho/audit/message"
	"sekisho/audit/plan"
	report "sekisho/report/plan"
	"sekisho/report/sanitize"
	"sekisho/report/shell"
	"sekisho/report/shell/shelltest"
)

// hostile are the names of others, and one of a file that the aws command would read.
var hostile = append(slices.Clip(shelltest.Hostile), "file:///etc/passwd")

func script(t *testing.T, p *plan.Plan) []byte {
	t.Helper()
	var script bytes.Buffer
	if err := report.Script(&script, p); err != nil {
		t.Fatal(err)
	}
	return script.Bytes()
}

// run writes a script, runs it with a stand-in for the aws command and no terminal, and returns how that was called.
func run(t *testing.T, p *plan.Plan, environment []string, arguments ...string) (calls [][]string, output string, status int) {
	t.Helper()
	got, err := shelltest.Run(t.TempDir(), script(t, p), environment, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return got.Calls, got.Output, got.Status
}

// made are the calls that change something, their operations alone.
func made(calls [][]string) string {
	var operations []string
	for _, call := range calls {
		if !strings.HasPrefix(call[1], "get-") {
			operations = append(operations, call[1])
		}
	}
	return strings.Join(operations, " ")
}

const (
	all = "update-access-key delete-access-key delete-policy-version create-policy-version remove-user-from-group"
	// What is left of them for names that no command may have in it.
	ofOther = "delete-policy-version create-policy-version"
)

// Whatever the names are, the script makes just the calls that it says, and without --yes none.
func TestScriptDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, name := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planFor(name)
			if text := string(script(t, p)); !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !sanitize.Visible(r) }) {
				t.Errorf("got a script that isn't all to be seen:\n%q", text)
			}
			calls, output, status := run(t, p, nil)
			if status != 0 || len(calls) > 0 || !strings.Contains(output, "Nothing was done: call it with --yes.") {
				t.Errorf("got status %d, the calls %q and %q without --yes, want nothing done", status, calls, output)
			}
			calls, output, status = run(t, p, nil, "--yes-all")
			want := all
			if !shell.Fit(name) {
				want = ofOther
			}
			if made(calls) != want || status != 4 || !strings.Contains(output, "BY HAND: have user/"+string(sanitize.Terminal(name))) {
				t.Errorf("got %q, status %d and\n%s\nwant %q and 4, for a person has something to do", made(calls), status, output, want)
			}
			for _, call := range calls {
				i := slices.Index(call, "--user-name")
				if i > 0 && call[i+1] != name && call[i+1] != "other" {
					t.Errorf("got the call %q, want the user %q", call, name)
				}
				if call[1] == "create-policy-version" && !slices.Contains(call, `{"Statement":["it's"]}`) {
					t.Errorf("got the call %q, want the document in it", call)
				}
			}
		})
	}
}

// What risks much, what comes after a person's step and what is deleted after a while is asked about, and left out where
// nobody can be asked. The script stops at the first error, and can be run again.
func TestScriptAsksAndStops(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, fail, code string
		environment      []string
		argument         string
		made             string
		status           int
		output           string
	}{
		{"nobody to ask", "", "", nil, "--yes", "update-access-key", 4, "LEFT OUT, for nobody can be asked: The step 2 has a high risk: used by other. Take it?"},
		{"a wait", "", "", nil, "--yes", "update-access-key", 4, "LEFT OUT, for nobody can be asked: wait 14 days"},
		{"a person's step", "", "", nil, "--yes", "update-access-key", 4, "The step 4 comes after what a person does in the steps 3. Is that done?"},
		{"an error", "delete-policy-version", "AccessDenied", nil, "--yes-all", "update-access-key delete-access-key delete-policy-version", 1, "STOPPED: nothing behind this was done."},
		{"gone", "delete-access-key", "NoSuchEntity", nil, "--yes-all", all, 4, "  (gone already)\n"},
		{"what isn't there to be given", "create-policy-version", "NoSuchEntity", nil, "--yes-all", "update-access-key delete-access-key delete-policy-version create-policy-version", 1, "STOPPED: nothing behind this was done."},
		{"there", "create-policy-version", "EntityAlreadyExists", nil, "--yes-all", all, 4, "  (there already)\n"},
		{"in use", "delete-access-key", "DeleteConflict", nil, "--yes-all", all, 4, "  (LEFT OUT: something still uses it)\n"},
		{"done before", "", "", []string{"VERSION=v8"}, "--yes-all", "update-access-key delete-access-key remove-user-from-group", 4, "(the default version is v8 and no more v7"},
		{"a namesake", "", "", []string{"USER_ID=AIDANAMESAKEEXAMPLE1"}, "--yes-all", "", 4, "this is another user by that name"},
		{"a user who is gone", "get-user", "NoSuchEntity", nil, "--yes-all", "", 4, "  (gone already)\n"},
		{"not to be seen", "get-user", "AccessDenied", nil, "--yes-all", "", 1, "AccessDenied"},
		{"another account", "", "", []string{"ACCOUNT=999999999999"}, "--yes-all", "", 1, "signed in to the account 999999999999, want 123456789012"},
		{"a flag that there isn't", "", "", nil, "--no", "", 2, "usage:"},
	} {
		calls, output, status := run(t, planFor("alice"), append([]string{"FAIL=" + test.fail, "CODE=" + test.code}, test.environment...), test.argument)
		if made(calls) != test.made || status != test.status || !strings.Contains(output, test.output) {
			t.Errorf("%s: got %q, status %d and\n%s\nwant %q, %d and %q", test.name, made(calls), status, output, test.made, test.status, test.output)
		}
	}
	p := planFor("alice")
	p.Steps = append(p.Steps,
		step(6, plan.ByPerson, plan.Low, "bob", message.New("replace a policy"), done(change.New("iam:DetachUserPolicy", "bob", own)), done(change.New("iam:RemoveUserFromGroup", "staff", "bob"))),
		step(7, plan.ByCommand, plan.Low, "other", message.New("delete it"), done(change.New("iam:DeletePolicy", own))),
		step(8, plan.ByCommand, plan.Low, "other", message.New("delete a group"), done(change.New("iam:DeleteGroup", "staff"))),
	)
	_, output, _ := run(t, p, nil, "--yes")
	for _, want := range []string{"The step 7 comes after what a person does in the steps 6.", "The step 8 comes after what a person does in the steps 6."} {
		if !strings.Contains(output, want) {
			t.Errorf("got\n%s\nwant %q, for what is deleted may be in use until then", output, want)
		}
	}
	p.Steps, p.Waits = p.Steps[:2], nil
	if _, output, status := run(t, p, nil, "--yes-all"); status != 0 {
		t.Errorf("got status %d and\n%s\nwant 0 where nothing is left", status, output)
	}
}

// twoKeys retires both keys of a user.
func twoKeys() plan.Step {
	retire := func(id string) []plan.Change {
		return []plan.Change{done(change.New("iam:UpdateAccessKey", "alice", id, "Inactive")), done(change.New("person:Wait", 14)), done(change.New("iam:DeleteAccessKey", "alice", id))}
	}
	return step(1, plan.ByCommand, plan.Low, "alice", message.New("retire both keys"), slices.Concat(retire("one"), retire("two"))...)
}

// Each thing of a work has a wait of its own: the second key is deactivated while the first is waited for.
func TestScriptWaitsForEach(t *testing.T) {
	t.Parallel()
	p := planFor("alice")
	p.Steps, p.Waits = []plan.Step{twoKeys()}, nil
	for argument, want := range map[string]string{
		"--yes": "update-access-key update-access-key", "--yes-all": "update-access-key delete-access-key update-access-key delete-access-key",
	} {
		if calls, output, _ := run(t, p, nil, argument); made(calls) != want {
			t.Errorf("%s: got %q and\n%s\nwant %q", argument, made(calls), output, want)
		}
	}
}

// shellcheck has nothing to say, with whatever names.
func TestScriptShellcheck(t *testing.T) {
	t.Parallel()
	full, nothing := planFor("alice"), planFor("alice")
	full.Steps = append(full.Steps, twoKeys())
	for _, name := range hostile {
		full.Steps = append(full.Steps, planFor(name).Steps...)
	}
	nothing.Steps, nothing.Waits = nil, nil
	for _, p := range []*plan.Plan{full, nothing} {
		out, err := shelltest.Shellcheck(script(t, p))
		if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
			t.Skip("there is no shellcheck")
		} else if err != nil {
			t.Errorf("got %v:\n%s", err, out)
		}
	}
}
