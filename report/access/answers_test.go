package access_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	report "sekisho/report/access"
	"sekisho/report/format"
)

// answers has somebody of every standing, whose names and policies are hostile.
func answers() *access.Answers {
	decided := func(result policy.Result) access.Verdict {
		return access.Verdict{Decision: policy.Decision{Result: result, By: []string{hostile}, Keys: []string{hostile}}, On: hostile, Chosen: []string{hostile}}
	}
	way := access.Coming{Session: "mfa", Verdict: decided(policy.Allowed), Statements: []access.Statement{{Ref: hostile, Owners: []string{prefix + "group/" + hostile}}}}
	denied := way
	denied.Session, denied.Verdict = "access_key", decided(policy.ExplicitDeny)
	end := decided(policy.Allowed)
	chain := &access.Chain{To: prefix + "role/" + hostile, Sure: true, End: &end, Steps: []access.Step{
		{ID: "assume-role", From: prefix + "user/" + hostile, To: prefix + "role/" + hostile, How: message.New("assumes %s", hostile), Actions: []string{"sts:AssumeRole"}, By: []string{hostile}, Sure: true}}}
	depends := way
	depends.Verdict = decided(policy.Depends)
	return &access.Answers{
		Request: access.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + hostile},
		Account: &account.Account{ID: "123456789012", Partition: "aws", CallerARN: prefix + "user/" + hostile, TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)},
		Gaps:    []message.Message{message.New("the list of roles is not complete: %s", hostile)},
		List: []access.Answer{
			{Ascent: access.Ascent{ARN: prefix + "user/" + hostile, Standing: access.Already}, Ways: []access.Coming{denied, way}},
			{Ascent: access.Ascent{ARN: prefix + "user/through", Standing: access.CanAscend, Chain: chain}, Ways: []access.Coming{denied}},
			{Ascent: access.Ascent{ARN: prefix + "user/maybe", Standing: access.MayAscend, Chain: &access.Chain{To: prefix + "user/maybe"}}, Ways: []access.Coming{depends}},
			{Ascent: access.Ascent{ARN: prefix + "user/unread", Standing: access.Undetermined, Why: message.New("%s", hostile)}},
		},
	}
}

// written is what all formats of both commands write, by name.
func written(t *testing.T, w io.Writer, each func(name string, err error)) {
	t.Helper()
	for _, f := range report.CanFormats() {
		each("can "+f.Name, f.Render(w, report.Can{Answers: answers()}, format.Options{Width: 100}))
	}
	for _, f := range report.WhoCanFormats() {
		each("who-can "+f.Name, f.Render(w, report.WhoCan{List: []*access.Answers{answers()}}, format.Options{Width: 100}))
	}
}

// Nothing that an account says steers a terminal or a graph, and each standing is told.
func TestAnswersAreHarmless(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	written(t, &out, func(name string, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		unwanted := []string{"\x1b", "\u202e"}
		if strings.HasSuffix(name, "html") {
			unwanted = append(unwanted, "<b>", "<script")
		}
		if strings.HasSuffix(name, "dot") || strings.HasSuffix(name, "mermaid") {
			unwanted = append(unwanted, `x"`, "%%", "<b>", "`", "{init")
		}
		for _, text := range unwanted {
			if strings.Contains(out.String(), text) {
				t.Errorf("%s: got %q in\n%s", name, text, out.String())
			}
		}
		wanted := map[string][]string{
			"can table":       {"allowed, but not in every way", "  with MFA: allowed\n", "  with an access key: denied explicitly\n", "(of group/x", "Note: the list of roles is not complete"},
			"who-can table":   {" can with MFA\n", "user/through can through role/x", " in 1 step\n", "user/maybe possibly can\n  it depends on x", "user/unread: NOT KNOWN: x"},
			"who-can dot":     {`n2 -> n1 [label="can"];`, `[label="can", style=dashed];`, "NOT KNOWN"},
			"can html":        {"<h2>allowed, but not in every way</h2>", "<p>with MFA: allowed</p>", "Note: the list of roles is not complete"},
			"who-can html":    {"can with MFA</h2>", "can through role/x", "<p>1. ", "NOT KNOWN: x"},
			"who-can mermaid": {`n2 -->|"can"| n1`, `-.->|"can"| n1`, "NOT KNOWN"},
		}
		for _, text := range wanted[name] {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, out.String(), text)
			}
		}
		if strings.HasSuffix(name, "json") && (!json.Valid(out.Bytes()) || strings.Contains(out.String(), "null")) {
			t.Errorf("%s: got\n%s\nwant JSON without null", name, out.String())
		}
		out.Reset()
	})
	written(t, full{}, func(name string, err error) {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want the writer's error", name, err)
		}
	})
}
