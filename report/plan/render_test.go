package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"strings"
	"testing"

	"sekisho/report/format"
	report "sekisho/report/plan"
)

func render(t *testing.T, name string, options format.Options) string {
	t.Helper()
	f, err := report.Formats().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, planFor("x\"]\n\x1b[31m`<b>|\u202e$(id)"), options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Every format that people read says of each step what it clears and adds, its risk, who is touched, and what to do.
func TestEachStepIsTold(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"table", "markdown", "html"} {
		got := strings.ReplaceAll(html.UnescapeString(render(t, name, format.Options{Width: 400, Verbose: true})), `\`, "")
		for _, want := range []string{
			"5 steps lead from 0 of 5 complete · 9 high to 5 of 5 complete · nothing fails", "1 step is a decision of a person", "Nothing was changed.",
			"by commands; low risk: used by ", "by commands; high risk: used by other", "a person decides; medium risk", "clears 2 findings (2 high): a-rule (2)",
			"adds, and that is milder: a-rule user/", "touches 1 user or role: user/", "a command with that name can't be written here",
			"aws iam create-policy-version --policy-arn '" + own, "first: delete the version v3", "to undo it:", "aws iam get-user --user-name NAME",
			"AWS: https://docs.aws.amazon.com/", "No step, for time alone clears it: wait for", "then: 4 of 5 complete · 5 high",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, got, want)
			}
		}
	}
	for _, name := range report.Formats().Names() {
		if got := render(t, name, format.Options{}); strings.Contains(got, "\x1b") || strings.Contains(got, "\u202e") {
			t.Errorf("%s: got what steers a terminal in\n%s", name, got)
		}
	}
}

// The JSON has what whatif tries again: the changes of each step with their parameters.
func TestJSONHasWhatMakesTheChanges(t *testing.T) {
	t.Parallel()
	var read struct {
		Schema string
		Steps  []struct {
			Number int
			Kind   string
			Work   []struct {
				Use     string
				Changes []struct {
					Action     string
					Parameters map[string]any
					Needed     bool
					Stage      string
					Undo       []struct{ Action string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, "json", format.Options{})), &read); err != nil {
		t.Fatal(err)
	}
	if read.Schema != "sekisho/plan/v1" || len(read.Steps) != 5 || len(read.Steps[0].Work) != 1 || len(read.Steps[1].Work) != 1 {
		t.Fatalf("got %+v, want five steps with their work", read)
	}
	key, version := read.Steps[0].Work[0].Changes, read.Steps[1].Work[0].Changes
	if key[0].Stage != "deactivate" || key[0].Undo[0].Action != "iam:UpdateAccessKey" || read.Steps[0].Work[0].Use == "" || !version[0].Needed || version[1].Parameters["SetAsDefault"] != true {
		t.Errorf("got the changes %+v and %+v, want stages, what undoes them, and what is needed first", key, version)
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrorsOfTheWriterAreTold(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		if err := f.Render(full{}, planFor("alice"), format.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want the writer's error", f.Name, err)
		}
	}
}
