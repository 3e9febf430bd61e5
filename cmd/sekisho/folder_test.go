package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"sekisho/audit"
	"sekisho/audit/clifiles"
	"sekisho/audit/rules"
)

// Whatever file is missing, nothing passes or goes not_applicable that doesn't with all of them.
func TestFolderWithoutAFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "audit", "clifiles", "testdata", "demo")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, e := range entries {
		files[e.Name()] = &fstest.MapFile{Data: []byte(read(t, dir, e.Name()))}
	}
	s, _, err := clifiles.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files { // without the credential report ages are counted to the time of the files
		file.ModTime = s.TakenAt
	}
	whole := good(t, files)
	lost := 0
	if len(whole) < 100 {
		t.Fatalf("got %d verdicts that are no failures, want 100 at least", len(whole))
	}
	for name := range files {
		rest := fstest.MapFS{}
		for other, file := range files {
			if other != name {
				rest[other] = file
			}
		}
		got := good(t, rest)
		for verdict := range got {
			if !whole[verdict] {
				t.Errorf("without %s: got %s, want it failing or unknown as with all files, or unknown", name, verdict)
			}
		}
		lost += len(whole) - len(got)
	}
	if lost == 0 {
		t.Error("got the same verdicts without any file, want some unknown")
	}
}

// good lists the passes and the not_applicables of an audit of a folder.
func good(t *testing.T, files fstest.MapFS) map[string]bool {
	t.Helper()
	s, _, err := clifiles.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	clifiles.MarkMissing(s, sectionsFor(rules.Catalogue()))
	report, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points()})
	verdicts := map[string]bool{}
	for rule, passed := range report.Passed {
		for _, resource := range passed.Resources {
			verdicts[rule+": pass on "+resource] = true
		}
	}
	for rule, reasons := range report.NotApplicable {
		for _, reason := range reasons {
			for _, resource := range reason.Resources {
				verdicts[rule+": not_applicable to "+resource] = true
			}
		}
	}
	return verdicts
}
