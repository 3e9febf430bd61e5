package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/clifiles"
	"sekisho/audit/rules"
)

// Whatever file is missing, or one answer of a file that holds several, nothing passes or goes not_applicable that
// doesn't with all of them.
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
	shared := access.NewShared()
	whole := good(t, files, shared)
	lost := 0
	if len(whole) < 100 {
		t.Fatalf("got %d verdicts that are no failures, want 100 at least", len(whole))
	}
	for name, file := range files {
		for i, data := range thinned(t, file.Data) {
			rest := maps.Clone(files)
			if delete(rest, name); len(data) > 0 {
				rest[name] = &fstest.MapFile{Data: data, ModTime: file.ModTime}
			}
			got := good(t, rest, shared)
			for verdict := range got {
				if !whole[verdict] {
					t.Errorf("without %s, or its answer %d: got %s, want it failing or unknown as with all files, or unknown", name, i, verdict)
				}
			}
			lost += len(whole) - len(got)
		}
	}
	if lost == 0 {
		t.Error("got the same verdicts without any file, want some unknown")
	}
}

// thinned returns what is left of a file: nothing, and where it holds several answers, all but one.
func thinned(t *testing.T, data []byte) [][]byte {
	t.Helper()
	left := [][]byte{nil}
	if data[0] != '{' {
		return left
	}
	var answers [][]byte
	for values := json.NewDecoder(bytes.NewReader(data)); values.More(); {
		var value json.RawMessage
		if err := values.Decode(&value); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, value)
	}
	for i := range answers {
		if len(answers) > 1 {
			left = append(left, bytes.Join(slices.Delete(slices.Clone(answers), i, i+1), []byte("\n")))
		}
	}
	return left
}

// good lists the passes and the not_applicables of an audit of a folder.
func good(t *testing.T, files fstest.MapFS, shared *access.Shared) map[string]bool {
	t.Helper()
	s, _, err := clifiles.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	clifiles.MarkMissing(s, sectionsFor(rules.Catalogue()))
	report, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{
		Thresholds: audit.DefaultThresholds(), Settings: audit.Settings{RequiredTags: []string{"team"}}, Depth: audit.DepthDeep, Points: rules.Points(), Shared: shared,
	})
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
