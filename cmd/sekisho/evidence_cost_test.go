package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/evidence"
	"sekisho/report/files"
	"sekisho/report/saved"
)

// The report of evidence is read only where it is not what follows from the snapshot, byte for byte.
func TestVerifyReadsNoReportThatItWrites(t *testing.T) {
	t.Parallel()
	concluded := func(file []byte) evidence.Conclusion {
		a, err := evidence.Open(bytes.NewReader(file), int64(len(file)), evidence.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		c, err := conclude(t.Context(), system{now: func() time.Time { return evidenceTaken }}, a)
		if err != nil || c.Recorded == nil || c.Fresh == nil {
			t.Fatalf("got %+v and %v, want two reports", c, err)
		}
		return c
	}
	if c := concluded(zipOf(t, demoEvidence(t))); c.Recorded != c.Fresh {
		t.Error("got the report read that was written alike, want it taken as it is")
	}
	ours := demoEvidence(t).Manifest.Tool
	milder := strings.Replace(partOf(t, evidence.ReportName), `"message": "`, `"message": "Of no interest: `, 1)
	if c := concluded(forge(t, ours, map[string][]byte{evidence.ReportName: []byte(milder)})); c.Recorded == c.Fresh {
		t.Error("got the report that follows from the snapshot, want the one that was recorded")
	}
}

// AllocsPerRun allows no parallel test. A snapshot whose text is the one that evidence has is not read again; any other is, and compared.
func TestEvidenceOfASavedSnapshotReadsItOnce(t *testing.T) {
	var text bytes.Buffer
	if err := emulator.Demo(evidenceTaken).Write(&text); err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, t.TempDir(), "s.json", text.String())
	open := func() *saved.File {
		f, err := saved.Open(t.Context(), new(files.Set).Input("--from", path), saved.Snapshot, saved.DefaultLimit)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	reads := func(s *account.Snapshot, from *saved.File) (kept *account.Snapshot, allocated float64) {
		allocated = testing.AllocsPerRun(1, func() {
			var err error
			if kept, _, err = asWritten(s, from); err != nil {
				t.Fatal(err)
			}
		})
		return kept, allocated
	}
	f := open()
	kept, little := reads(f.Snapshot, f)
	other, much := reads(f.Snapshot, nil)
	if kept != f.Snapshot || other != f.Snapshot || little > much/2 {
		t.Errorf("got %v allocations for what was read from the same text, and %v for what was not, want half at most, and the snapshot itself", little, much)
	}
	f.Snapshot.Caller.UserID = "not \xff UTF-8"
	if kept, text, err := asWritten(f.Snapshot, f); err != nil || text != nil || kept == f.Snapshot || kept.Caller.UserID == f.Snapshot.Caller.UserID {
		t.Errorf("got %v and %q, want a changed snapshot as somebody reads it who has it from evidence", err, kept.Caller.UserID)
	}
}
