package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// reads are the functions that read without a bound, or wait without an end.
var reads = []string{
	"os.Open", "os.OpenFile", "os.ReadFile", "os.ReadDir", "os.DirFS", "os.OpenInRoot", "os.OpenRoot", "io.ReadAll", "io.Copy", "io.CopyBuffer",
	"fs.ReadFile", "fs.WalkDir", "filepath.WalkDir", "filepath.Walk",
}

// otherReaders are the files beside package saved that read all the same, and why they may.
var otherReaders = map[string]string{
	"audit/account/load.go":                      "a reader that its caller bounds",
	"audit/clifiles/read.go":                     "a file system that its caller bounds",
	"audit/collect/bucket.go":                    "an object that is in memory, within a bound",
	"audit/collect/files.go":                     "files of the AWS SDK, each within a bound",
	"audit/collect/receive.go":                   "answers of AWS, which are no files",
	"audit/emulator/storage.go":                  "requests of tests",
	"audit/fleet/store/folder.go":                "a store of its own, whose objects have a bound and whose folder is no file of the run",
	"audit/fleet/store/store.go":                 "a reader within a bound",
	"audit/evidence/packed.go":                   "what is in memory",
	"audit/evidence/read.go":                     "a reader that its caller bounds",
	"audit/offboard/list.go":                     "a reader that its caller bounds",
	"audit/policy/internal/cataloguegen/main.go": "a tool of the sources",
	"audit/rules/internal/newrule/main.go":       "a tool of the sources",
	"cmd/sekisho/terminal.go":                    "opens the terminal",
	"report/files/files.go":                      "opens what others read: package saved, and the stream of requests, each line of which has a bound",
	"report/files/output.go":                     "opens what is written",
	"report/files/spool.go":                      "what the run itself wrote",
	"report/files/temporary.go":                  "opens what is written",
	"report/json.go":                             "a reader that its caller bounds",
	"report/page/page.go":                        "files that are compiled in",
	"report/saved/read.go":                       "the one reader",
	"report/saved/saved.go":                      "the one reader",
	"report/saved/text.go":                       "the one reader",
	"report/shell/shelltest/shelltest.go":        "for tests",
	"audit/message/formats/formats.go":           "the sources, for go generate",
	"cmd/sekisho/internal/translations/main.go":  "the translations, for go generate",
}

// Every file is read in one place, where reading has a bound and ends with the run.
func TestFilesAreReadInOnePlace(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	found := map[string]bool{}
	for _, dir := range []string{"audit", "cmd", "config", "report"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				selector, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if pkg, ok := selector.X.(*ast.Ident); ok && slices.Contains(reads, pkg.Name+"."+selector.Sel.Name) {
					found[name] = true
					if otherReaders[name] == "" {
						t.Errorf("got %s.%s in %s, want files read by package saved", pkg.Name, selector.Sel.Name, name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range otherReaders {
		if !found[name] {
			t.Errorf("got nothing read in %s, want no exception for it", name)
		}
	}
}

// What is too large is refused with the bound, what came and what to do. The setting bounds what was saved; what
// people write by hand has bounds of its own.
func TestTooLargeToRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	report := filepath.Join(dir, "report.json")
	if err := os.WriteFile(report, []byte(partOf(t, "report.json")), 0o600); err != nil {
		t.Fatal(err)
	}
	guard := filepath.Join(dir, "guard.json")
	if err := os.WriteFile(guard, []byte(allowAll), 0o600); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large.json")
	if err := os.WriteFile(large, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	const endless, saved, folder = "/dev/zero", "got 1,048,577 bytes, want 1 MiB at most", "got more than 1 MiB, want that at most"
	const chosen, fixed, none = "was another file meant? if not, raise the setting read.max_mib, or SEKISHO_READ_MAX_MIB", "was another file meant? none of this kind is that large", ""
	for _, test := range []struct {
		want, hint string
		args       []string
	}{
		{saved, chosen, []string{"audit", "--from", large}},
		{saved, chosen, []string{"audit", "--from", large, "--as-recorded"}},
		{saved, chosen, []string{"audit", "--demo", "--baseline", large}},
		{saved, chosen, []string{"inventory", "--from", large}},
		{saved, chosen, []string{"access", "paths", "--from", large}},
		{saved, chosen, []string{"offboard", "alice", "--from", large}},
		{saved, chosen, []string{"offboard", "alice", "--demo", "--since", large}},
		{saved, chosen, []string{"diff", large, report}},
		{saved, chosen, []string{"diff", report, large}},
		{saved, chosen, []string{"evidence", "verify", large}},
		{folder, chosen, []string{"audit", "--from", dir}},
		{"got more than 1 MiB, want that at most", fixed, []string{"audit", "--demo", "--config", endless}},
		{"got more than 65,536 bytes, want that at most", fixed, []string{"audit", "--demo", "--evidence", filepath.Join(dir, "e.zip"), "--sign", endless}},
		{"got more than 16 MiB, want that at most", fixed, []string{"offboard", "--demo", "--leavers", endless}},
		{"got more than 16 MiB, want that at most", fixed, []string{"offboard", "--demo", "--staff", endless}},
		{"got more than 16 MiB, want that at most", fixed, []string{"evidence", "verify", report, "--allowed-signers", endless}},
		{"got more than 16 MiB, want that at most", fixed, []string{"policy", endless}},
		{"got more than 16 MiB, want that at most", fixed, []string{"policy", "can", endless, "--action", "s3:GetObject"}},
		{"got a line of more than 1048576 bytes, want a request", none, []string{"policy", "can", guard, "--requests", endless}},
	} {
		var stdout, stderr strings.Builder
		sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, now: evidenceTaken.UTC, environ: []string{"SEKISHO_READ_MAX_MIB=1"}}
		status := run(t.Context(), test.args, sys)
		want := test.want + "\n"
		if test.hint != "" {
			want += "sekisho: hint: " + test.hint + "\n"
		}
		if got := stderr.String(); status != statusUsage || !strings.HasSuffix(got, want) {
			t.Errorf("%q: got status %d and %q, want %d and %q", test.args, status, got, statusUsage, want)
		}
	}
}
