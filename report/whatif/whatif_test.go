package whatif_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"io"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/change"
	"sekisho/audit/diff"
	"sekisho/audit/message"
	"sekisho/audit/whatif"
	"sekisho/report/format"
	reportwhatif "sekisho/report/whatif"
)

const hostile = "x\"]\n\x1b[31m`<b>|\u202e$(id)"

// answer has something of every kind, and all of it is called by a hostile name.
func answer() reportwhatif.Answer {
	used := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	row := func(verdict string) *audit.EnforcementRow {
		yes, one := true, 1
		on := audit.EnforcedOnPath{Verdict: verdict, Sure: true}
		return &audit.EnforcementRow{Name: hostile, Password: &yes, MFAActive: &yes, ActiveKeys: &one, Console: on, AccessKey: on, Admin: "no"}
	}
	var keys []whatif.KeyEffect
	var people []whatif.PersonEffect
	for _, v := range []whatif.Verdict{whatif.Stops, whatif.NeedsMFA, whatif.LosesSome, whatif.Deleted, whatif.MayStop, whatif.Possibly} {
		keys = append(keys, whatif.KeyEffect{User: hostile, Key: hostile, Verdict: v, InUse: true, Machine: v == whatif.Stops, LastUsed: &used, Service: hostile, Region: "N/A"})
	}
	keys = append(keys, whatif.KeyEffect{User: hostile, Key: hostile, Verdict: whatif.Stops}, whatif.KeyEffect{User: hostile, Key: hostile, Verdict: whatif.Stops, InUse: true},
		whatif.KeyEffect{User: hostile, Key: hostile, Verdict: whatif.Possibly, InUse: true, All: true}, whatif.KeyEffect{User: hostile, Key: hostile, Verdict: whatif.Stops, InUse: true, All: true})
	for i, v := range []whatif.Verdict{whatif.MustEnrol, whatif.LockedOut, whatif.NoFirst, whatif.CantEnrol, whatif.Deleted} {
		people = append(people, whatif.PersonEffect{User: hostile, Verdict: v, Sure: i%2 == 0}, whatif.PersonEffect{User: hostile, Verdict: v, AsNow: true})
	}
	report := &audit.Report{TakenAt: used, Account: audit.AccountInfo{ID: "123456789012", Partition: "aws"}}
	side := diff.Side{Name: hostile, Source: diff.SourceSnapshot, Report: report}
	return reportwhatif.Answer{
		Steps: []change.Step{{Change: change.New("iam:PutUserPolicy", hostile, hostile, hostile), Needed: true, Back: []change.Change{change.New("iam:DeleteUserPolicy", "alice", "own")}}, {Change: change.New("person:EnrolMFADevice", hostile)},
			{Change: change.New("iam:PutUserPolicy", "alice", "own", `{"Statement":[]}`)}},
		Effects: &whatif.Effects{
			Matrix: []whatif.MatrixRow{{Name: hostile, Before: row("enforced"), After: row("leaky")}, {Name: "gone", Before: row("enforced")}}, Keys: keys, People: people,
			Losses:         []whatif.LossRow{{ARN: hostile, Lost: []access.Loss{{Service: "s3", Actions: []string{"s3:GetObject"}, Count: 3, Sure: true}, {Service: "ec2", Whole: true, Sure: true}, {Service: "kms"}}}},
			Administrators: []whatif.AdminRow{{ARN: hostile, Before: "cannot", After: "administrator"}, {ARN: hostile, Before: "can", After: "can"}},
			Unknown:        []whatif.UnknownRow{{ARN: hostile, Reason: hostile, Text: message.New("%s", hostile)}},
		},
		Diff: diff.Compare(side, side),
	}
}

func render(t *testing.T, name string) string {
	t.Helper()
	f, err := reportwhatif.Formats().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, answer(), format.Options{Width: 200}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Each effect is told in each format, and no name steers a terminal or a page.
func TestEveryEffectIsTold(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"table", "markdown", "html"} {
		got := strings.ReplaceAll(html.UnescapeString(render(t, name)), `\`, "")
		for _, want := range []string{
			"first: put the inline policy", "a command with that name can't be written here", "enrol an MFA device", "aws iam put-user-policy --user-name 'alice' --policy-name 'own' --policy-document 'file://alice-own.json'",
			"what it was last used for is refused; used 2026-11-29 05", "it is gone or inactive", "is possibly refused, by a condition", "possibly kms", "may stop, for AWS does not say", "go on in a session with MFA alone", "lose something that they were not last used for", "and 1 key that nobody used lately",
			"must enrol an MFA device before anything else is open", "possibly locked out", "as now", "no longer protected", "no such way in any more", "s3 in part (s3", "ec2", "can't become one → an administrator",
			"can become one, before and after", "Not known", "when it was used last is not known",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, got, want)
			}
		}
	}
	for _, name := range reportwhatif.Formats().Names() {
		for _, text := range []string{"\x1b", "\u202e"} {
			if got := render(t, name); strings.Contains(got, text) {
				t.Errorf("%s: got %q in\n%s", name, text, got)
			}
		}
	}
	if got := render(t, "table"); strings.Contains(got, "put-user-policy --user-name 'x") {
		t.Errorf("got a command with a name in it that nobody sees whole:\n%s", got)
	}
}

func TestJSONHasWhatMakesTheChanges(t *testing.T) {
	t.Parallel()
	var read struct {
		Schema  string
		Changes []struct {
			Action  string
			Needed  bool
			Command []string
			Files   map[string]string
			Undo    []struct{ Command []string }
		}
	}
	if err := json.Unmarshal([]byte(render(t, "json")), &read); err != nil {
		t.Fatal(err)
	}
	c := read.Changes
	if read.Schema != reportwhatif.Schema || len(c) != 3 || !c[0].Needed || len(c[0].Undo[0].Command) != 7 || len(c[1].Command) != 0 || c[2].Files["alice-own.json"] != `{"Statement":[]}` {
		t.Errorf("got %+v, want the changes with their commands, files and undoing", read)
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrorsOfTheWriterAreTold(t *testing.T) {
	t.Parallel()
	for _, f := range reportwhatif.Formats() {
		if err := f.Render(io.Writer(full{}), answer(), format.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want the writer's error", f.Name, err)
		}
	}
}
