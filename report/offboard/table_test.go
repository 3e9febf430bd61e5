package offboard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/format"
	report "sekisho/report/offboard"
	"sekisho/report/shell/shelltest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// all is a report that has something of everything.
func all() *offboard.Report {
	r := reportOn("alice")
	since := taken.AddDate(0, -3, 0)
	r.Since, r.Demo = &since, true
	staff := offboard.StaffUser{ARN: prefix + "user/dave", Name: "dave", Created: since}
	note := message.New("owner boss@example.com is on the list")
	handed := offboard.StaffUser{ARN: prefix + "user/handed.over", Name: "handed.over", Created: since, Note: &note}
	r.Staff = &offboard.StaffResult{Listed: 12, Matched: 11, Complete: true, Unknown: []offboard.StaffUser{staff, handed}, Machines: []offboard.StaffUser{staff}}
	r.People = append(r.People,
		offboard.PersonResult{
			Query: "bob", Verdict: offboard.Gone, Summary: message.New("the user is gone, and nothing names them by name, ARN or unique ID"),
			Known: []offboard.Identity{{ID: "AIDABOBBOBBOBEXAMPLE", Name: "bob", ARN: prefix + "user/bob", From: "since"}},
		},
		offboard.PersonResult{
			Query: "carol", Verdict: offboard.Unknown, Summary: message.New("not known: %s was not read, or not wholly (%s)", "access-keys", "AccessDenied"),
			Gaps: []offboard.Gap{{Section: account.AccessKeysSection, Resource: "carol", Action: "iam:ListAccessKeys", Code: "AccessDenied", Message: "nothing allows it"}},
		},
		offboard.PersonResult{Query: "typo", Verdict: offboard.NotFound, Summary: message.New("there is no such user: is the name right?")},
		offboard.PersonResult{
			Query: "erin", Verdict: offboard.Answered, Summary: message.New("the person has one MFA device and no spare"),
			Devices: &offboard.DeviceAdvice{
				Devices: []offboard.Device{{Serial: prefix + "mfa/erin", Kind: "virtual", User: prefix + "user/erin", Name: "erin", Since: since}}, Spare: "no",
				Helpers: []offboard.Helper{{ARN: prefix + "user/admin", Sure: true}, {ARN: prefix + "role/desk"}},
			},
		})
	return r
}

// The table is as it was.
func TestTable(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := report.Table(&got, all(), format.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("..", "..", "testdata", "offboard", "table.txt")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	for line := range strings.Lines(got.String()) {
		if len([]rune(line)) > 101 && !strings.HasPrefix(strings.TrimSpace(line), "aws ") { // a command stays whole
			t.Errorf("got a line of %d characters, want at most 100: %s", len([]rune(line)), line)
		}
	}
}

// No name steers a terminal, in the table or in JSON, and JSON keeps it all the same.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, name := range shelltest.Hostile {
		var table, data bytes.Buffer
		r := reportOn(name)
		r.People[0].Devices = &offboard.DeviceAdvice{Devices: []offboard.Device{{Serial: prefix + "mfa/x", Kind: "virtual", Name: name}}}
		if err := report.Table(&table, r, format.Options{Width: 80}); err != nil {
			t.Fatal(err)
		}
		if err := report.JSON(&data, r); err != nil {
			t.Fatal(err)
		}
		if written := strings.Contains(table.String(), "aws iam deactivate-mfa-device --user-name"); written != fit(name) || written == strings.Contains(table.String(), "by hand: a command with") {
			t.Errorf("%q: got %s\nwant a command where it can be written, else to do it by hand", name, table.String())
		}
		for what, text := range map[string]string{"the table": table.String(), "JSON": data.String()} {
			if strings.ContainsAny(text, "\x1b\r\t\u202e") {
				t.Errorf("got %q in %s, want nothing that steers a terminal", text, what)
			}
		}
		var back struct {
			People []struct{ Query string }
		}
		if err := json.Unmarshal(data.Bytes(), &back); err != nil || back.People[0].Query != name {
			t.Errorf("got %q and %v back from JSON, want %q", back.People, err, name)
		}
	}
}

// Colours are there where they are asked for.
func TestColours(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := report.Table(&got, reportOn("alice"), format.Options{Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.String(), "\x1b[31mACTIVE\x1b[0m") {
		t.Errorf("got %q, want ACTIVE in red", got.String())
	}
}

// An error of the writer is told by every format, and by the plan.
func TestWriterFails(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	reader.Close()
	for _, f := range report.Formats() {
		if err := f.Render(writer, all(), format.Options{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v from %s, want %v", err, f.Name, io.ErrClosedPipe)
		}
	}
	if err := report.Plan(writer, all()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v from the plan, want %v", err, io.ErrClosedPipe)
	}
}
