package evidence_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/evidence"
	"sekisho/audit/message"
	reportevidence "sekisho/report/evidence"
	"sekisho/report/format"
)

func found() *evidence.Verification {
	return &evidence.Verification{
		Manifest: evidence.Manifest{Account: "123456789012", Tool: audit.Tool{Name: "sekisho", Version: "v1"}, TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)},
		Checks: []evidence.Check{
			{State: evidence.OK, What: "archive", Text: message.New("each of its %d parts is the one of the manifest, and no byte is out of place", 7)},
			{State: evidence.Wrong, What: "signature", Text: message.New("signed by %s", "eve\x1b[31m\u202e")},
			{State: evidence.Wrong, What: "verdict", Text: message.New("%d of the checks failed: this is not what was recorded", 1)},
		},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := reportevidence.Table(&out, found(), format.Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	want := "ok       archive    each of its 7 parts is the one of the manifest, and no byte\n" +
		"                    is out of place\n" +
		"WRONG    signature  signed by eve\\u001b[31m\\u202e\n" +
		"WRONG    verdict    1 of the checks failed: this is not what was recorded\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := reportevidence.JSON(&out, found()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema, Verdict string
		Manifest        struct{ Account string }
		Checks          []struct {
			State, What, Message string
			Text                 message.Message
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != "sekisho/verification/v1" || got.Verdict != "wrong" || got.Manifest.Account != "123456789012" || len(got.Checks) != 3 ||
		got.Checks[0].State != "ok" || got.Checks[1].What != "signature" || got.Checks[2].Message != got.Checks[2].Text.String() {
		t.Errorf("got %+v, want what was found", got)
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("got %q, want no invisible characters", out.String())
	}
}

// An error of the writer is told by every format.
func TestWriterFails(t *testing.T) {
	t.Parallel()
	for _, f := range reportevidence.Formats() {
		if err := f.Render(broken{}, found(), format.Options{}); !errors.Is(err, errBroken) {
			t.Errorf("got %v from %s, want %v", err, f.Name, errBroken)
		}
	}
}

var errBroken = errors.New("no room on the disk")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
