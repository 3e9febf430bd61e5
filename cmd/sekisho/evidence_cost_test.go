package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sekisho/audit/evidence"
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
