//go:build unix

package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sekisho/audit/emulator"
	"sekisho/audit/fleet"
)

// Whatever goes wrong in single accounts leaves the others as they are. Those are unknown in every format and pass
// nothing, and one of which a part was read has verdicts that could not be given.
func TestFaultsOfSingleAccountsLeaveTheOthers(t *testing.T) {
	t.Parallel()
	of, members := emulator.Corporation(6, 2, time.Now(), emulator.Options{})
	const refused, expired, torn, part = "100000000001", "100000000002", "100000000004", "100000000005"
	audit := func(change bool, want int, arguments ...string) string {
		t.Helper()
		members := maps.Clone(members)
		if change {
			for id, broken := range map[string]emulator.Member{
				refused: {RefusesRoles: true},
				expired: {Options: emulator.Options{Faults: []emulator.Fault{{Kind: emulator.ExpiredToken, Action: "iam:*"}}}},
				torn:    {Options: emulator.Options{Faults: []emulator.Fault{{Kind: emulator.TornReply, Action: "iam:*"}}}},
				part:    {Options: emulator.Options{Deny: []string{"iam:GetAccountSummary", "iam:GetCredentialReport"}}},
			} {
				broken.Snapshot = members[id].Snapshot
				members[id] = broken
			}
		}
		served, err := emulator.NewOrganization(of, members)
		if err != nil {
			t.Fatal(err)
		}
		endpoint, stop, err := served.Start()
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		folder := t.TempDir()
		arguments = append([]string{"fleet", "audit", "-q"}, arguments...)
		for _, format := range reportFormats {
			arguments = append(arguments, "-o", format+":"+filepath.Join(folder, format))
		}
		runs(t, endpoint, want, arguments...)
		return folder
	}
	rows := func(folder string) (summary fleet.Summary, byID map[string]fleet.Row) {
		var r fleet.Report
		if err := json.Unmarshal([]byte(read(t, filepath.Join(folder, "json"))), &r); err != nil {
			t.Fatal(err)
		}
		byID = map[string]fleet.Row{}
		for _, row := range r.Accounts {
			row.TakenAt = nil
			byID[row.ID] = row
		}
		return r.Summary, byID
	}
	folder := audit(true, statusUnknown, "--fail-on", "none")
	_, want := rows(audit(false, statusFinding))
	summary, got := rows(folder)
	if summary.Unknown != 3 || summary.Audited != 3 || summary.Complete != 2 {
		t.Errorf("got %+v, want three unknown, and of three that were audited one not complete", summary)
	}
	unknown := []string{refused, expired, torn}
	for id, row := range got {
		switch {
		case slices.Contains(unknown, id):
			if row.Status != fleet.Unknown || row.Message == "" || row.Applicable > 0 {
				t.Errorf("got %+v, want it unknown, and why", row)
			}
		case id == part:
			if row.Status != fleet.Audited || row.UnknownFindings == 0 || row.Complete >= row.Applicable {
				t.Errorf("got %+v, want points that are unknown", row)
			}
		default:
			was, _ := json.Marshal(want[id])
			if is, _ := json.Marshal(row); string(is) != string(was) {
				t.Errorf("got %s, want %s", is, was)
			}
		}
	}
	for _, format := range reportFormats {
		text := read(t, filepath.Join(folder, format))
		for _, id := range unknown {
			if !strings.Contains(text, id) || !strings.Contains(strings.ToLower(text), "unknown") {
				t.Errorf("%s: got nothing of %s, want it unknown", format, id)
			}
		}
		passed := 0
		for _, verdict := range verdictsIn(t, format, text) {
			if !strings.Contains(verdict, `"PASSED"`) && !strings.Contains(verdict, `"Pass"`) && !strings.Contains(verdict, `"pass"`) {
				continue
			}
			passed++
			for _, id := range unknown {
				if strings.Contains(verdict, id) {
					t.Errorf("%s: got %s of an account of which nothing is known", format, verdict)
				}
			}
		}
		if passed == 0 && (format == "ocsf" || format == "asff") {
			t.Errorf("%s: got nothing that passes, want what passes in the other accounts", format)
		}
	}
}

// A run that is told to end says that it may be repeated, keeps what is done, and blames no account.
func TestFleetRunThatIsToldToEnd(t *testing.T) {
	t.Parallel()
	of, members := emulator.Corporation(4, 2, time.Now(), emulator.Options{})
	const hangs = "100000000002"
	reached := make(chan struct{})
	var first sync.Once
	m := members[hangs]
	m.Options = emulator.Options{
		Faults:  []emulator.Fault{{Kind: emulator.Hang, Action: "iam:GetAccountSummary", LastCall: 1}},
		Observe: func(action string) { first.Do(func() { close(reached) }) },
	}
	members[hangs] = m
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	run := filepath.Join(t.TempDir(), "run")
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", run)
	cmd := started(t, endpoint, "fleet", "run", run, "-q", "--concurrency", "1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, cmd); got != statusFailed || !strings.Contains(stderr.String(), "interrupted after 2") || !strings.Contains(stderr.String(), "run it again") {
		t.Errorf("got exit status %d and %s, want it to be repeated", got, stderr.String())
	}
	if done := doneIn(t, run); len(done) != 2 || slices.Contains(done, hangs) {
		t.Errorf("got %v done, want the two before", done)
	}
	if failures, err := filepath.Glob(filepath.Join(run, "failures", "*")); err != nil || len(failures) > 0 {
		t.Errorf("got the failures %v and %v, want none", failures, err)
	}
	runs(t, endpoint, statusClean, "fleet", "run", run, "-q")
	if done := doneIn(t, run); len(done) != 4 {
		t.Errorf("got %v done, want all", done)
	}
}

var reportFormats = []string{"table", "json", "html", "csv", "markdown", "sarif", "ocsf", "asff"}

// verdictsIn are the verdicts of a document for programs, each as JSON; none of one for people.
func verdictsIn(t *testing.T, format, text string) (verdicts []string) {
	t.Helper()
	var list []json.RawMessage
	var err error
	switch format {
	case "sarif":
		var document struct {
			Runs []struct{ Results []json.RawMessage }
		}
		if err = json.Unmarshal([]byte(text), &document); err == nil && len(document.Runs) == 1 {
			list = document.Runs[0].Results
		}
	case "ocsf", "asff":
		err = json.Unmarshal([]byte(text), &list)
	default:
		return nil
	}
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: got %d verdicts and %v", format, len(list), err)
	}
	for _, each := range list {
		verdicts = append(verdicts, string(each))
	}
	return verdicts
}
