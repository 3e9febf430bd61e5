package fleetdiff_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/diff"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report/fleetdiff"
	"sekisho/report/format"
)

const hostile = "evil\x1b[31m<script>alert(1)</script>|\u202e=cmd()"

type spool struct{ bytes.Buffer }

func (s *spool) Content() (io.Reader, error) { return bytes.NewReader(s.Bytes()), nil }

// sample is a comparison in which n accounts got worse, one became unknown and one is gone.
func sample(t *testing.T, n int, name string) *fleetdiff.Compared {
	t.Helper()
	at := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	why := message.New("assuming the role: %s", name)
	c := &fleetdiff.Compared{
		Diff: &fleet.Diff{
			Schema: fleet.DiffSchema, Tool: audit.Tool{Name: "sekisho", Version: "test"}, Old: fleet.RunInfo{RunID: "old", MadeAt: at}, New: fleet.RunInfo{RunID: "new", MadeAt: at.AddDate(0, 0, 1)},
			OrganizationRules: []fleet.OrganizationChange{{ID: "org-scp-guards", Severity: audit.High, Was: diff.Passed, Is: diff.Failed, Text: message.New("no policy %s", name)}},
			Accounts: []fleet.DiffRow{
				{Account: fleet.Account{ID: "000000000000", Name: name}, Was: fleet.Audited, Is: fleet.Unknown, Message: why.String(), Text: why, Hint: "see " + name},
				{Account: fleet.Account{ID: "000000000001", Name: name}, Was: fleet.Audited},
			},
		},
		Details: fleetdiff.NewDetails(new(spool)),
	}
	for i := range n {
		row := fleet.DiffRow{Account: fleet.Account{ID: fmt.Sprintf("%012d", i+2), Name: name}, Was: fleet.Audited, Is: fleet.Audited, Failing: map[string]int{"console-mfa": 1}, Findings: diff.Summary{New: 1}}
		c.Accounts = append(c.Accounts, row)
		err := c.Details.Add(row.Account, &diff.Diff{
			Findings: []diff.Finding{
				{Kind: diff.New, Rule: "console-mfa", Severity: audit.Critical, Resource: "arn:aws:iam::000000000002:user/" + name, Was: diff.Passed, Is: diff.Failed, New: &audit.Finding{Message: "no device " + name}},
				{Kind: diff.StillFailing, Rule: "root-mfa", New: &audit.Finding{}},
			},
			Changes: []diff.Change{{Area: diff.AreaUsers, Kind: diff.Added, Resource: "arn:aws:iam::000000000002:user/x"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func rendered(t *testing.T, c *fleetdiff.Compared, name string, o format.Options) string {
	t.Helper()
	f, err := fleetdiff.Formats().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, c, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryFormatTellsWhatBecameUnknown(t *testing.T) {
	t.Parallel()
	for _, name := range fleetdiff.Formats().Names() {
		out := rendered(t, sample(t, 3, hostile), name, format.Options{Width: 100})
		for _, want := range []string{"000000000000", "assuming the role", "000000000001", "console-mfa"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: got %s, want %q in it", name, out, want)
			}
		}
		for _, bad := range []string{"\x1b", "\u202e", "<script>alert"} {
			if strings.Contains(out, bad) && (bad[0] != '<' || name == "html" || name == "markdown") {
				t.Errorf("%s: got %q raw", name, bad)
			}
		}
	}
}

func TestPeopleReadAScreen(t *testing.T) {
	t.Parallel()
	many := sample(t, 1000, "an-account")
	if out := rendered(t, many, "table", format.Options{Width: 100}); strings.Count(out, "\n") > 60 || !strings.Contains(out, "and 990 more") {
		t.Errorf("got %d lines, want a screen or two, and what is left out", strings.Count(out, "\n"))
	}
	if all := rendered(t, many, "table", format.Options{Width: 100, Verbose: true}); strings.Count(all, "an-account (") < 1002 {
		t.Error("got some left out with --verbose, want all")
	}
	if page := rendered(t, many, "html", format.Options{}); len(page) > 150_000 || !strings.Contains(page, "and 800 more") {
		t.Errorf("got a page of %d bytes, want the first 200 accounts", len(page))
	}
}

func TestProgramsReadAll(t *testing.T) {
	t.Parallel()
	c := sample(t, 50, "an-account")
	rows, err := csv.NewReader(strings.NewReader(rendered(t, c, "csv", format.Options{}))).ReadAll()
	if err != nil || len(rows) != 1+2+50 || rows[1][2] != "account_became_unknown" || rows[2][2] != "account_gone" || rows[3][2] != "new" || rows[3][10] != "no device an-account" {
		t.Errorf("got %d rows, %v and %v, want the header, two accounts and fifty findings", len(rows), rows[:4], err)
	}
	var got struct {
		Schema   string
		Accounts []struct{ ID string }
		Details  []struct {
			Account string
			Finding *struct{ Kind, Rule string }
			Change  *struct{ Area string }
		}
	}
	if err := json.Unmarshal([]byte(rendered(t, c, "json", format.Options{})), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != fleet.DiffSchema || len(got.Accounts) != 52 || len(got.Details) != 100 || got.Details[0].Finding.Kind != "new" || got.Details[1].Change == nil {
		t.Errorf("got %d accounts and %d details, want 52 and a finding and a change of each of 50", len(got.Accounts), len(got.Details))
	}
	if err := json.Unmarshal([]byte(rendered(t, sample(t, 0, "x"), "json", format.Options{})), &got); err != nil {
		t.Errorf("got %v where nothing changed, want JSON", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestErrorsOfTheWriterAreTold(t *testing.T) {
	t.Parallel()
	for _, f := range fleetdiff.Formats() {
		if err := f.Render(full{}, sample(t, 500, "x"), format.Options{}); err == nil {
			t.Errorf("%s: got no error of a full disk", f.Name)
		}
	}
}
