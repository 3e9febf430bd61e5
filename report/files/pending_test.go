package files_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/report/files"
)

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file.json")
	write(t, file, "old", 0o644)
	write(t, filepath.Join(folder, "kept.json"), "old", 0o444)
	for link, target := range map[string]string{"link.json": file, "dangling.json": filepath.Join(folder, "nothing")} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	longName := filepath.Join(folder, strings.Repeat("a", 300))
	for path, want := range map[string]string{
		"":                                     "got a folder, want a file",
		folder:                                 "got a folder, want a file",
		folder + "/":                           "got a folder, want a file",
		folder + "/no/":                        "got a folder, want a file",
		longName:                               "file name too long",
		filepath.Join(folder, "no", "a.json"):  "got no folder " + filepath.Join(folder, "no"),
		filepath.Join(file, "a.json"):          "which is a file, want a folder",
		filepath.Join(file, "b", "a.json"):     "not a directory",
		filepath.Join(folder, "link.json"):     "got a symbolic link",
		filepath.Join(folder, "dangling.json"): "got a symbolic link",
		filepath.Join(folder, "kept.json"):     "read-only",
		os.DevNull:                             "got a device or pipe",
	} {
		p, err := files.Create(path)
		if err == nil {
			p.Abort()
			t.Errorf("%q: got no error, want one with %q", path, want)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "preparing to write "+path) {
			t.Errorf("%q: got error %q, want one with %q", path, err, want)
		}
	}
	holds(t, folder, "dangling.json file.json kept.json link.json")
}

func TestCommitReplacesWhole(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	write(t, path, "old", 0o644)
	p, err := files.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Abort()
	if p.Path() != path {
		t.Errorf("got path %q, want %q", p.Path(), path)
	}
	text := strings.Repeat("new ", 1<<16)
	if _, err := fmt.Fprint(p, text); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("before Commit: got %.20q, want %q", got, "old")
	}
	if err := p.Commit(); err != nil {
		t.Fatal(err)
	}
	p.Abort()
	if got := read(t, path); got != text {
		t.Errorf("got %.20q of %d bytes, want %d", got, len(got), len(text))
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got mode %v and %v, want 0600", info.Mode(), err)
	}
	holds(t, folder, "a.json")
	if err := p.Commit(); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second Commit: got %v, want an error that says so", err)
	}
	if _, err := p.Write([]byte("x")); err == nil {
		t.Error("Write after Commit: got no error")
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p, err := files.Create(filepath.Join(folder, "a.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(p, "half a"); err != nil {
		t.Fatal(err)
	}
	p.Abort()
	p.Abort()
	if err := p.Commit(); err == nil {
		t.Error("Commit after Abort: got no error")
	}
	holds(t, folder, "")
}

func TestFailedCommitLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a.json")
	p, err := files.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	err = p.Commit()
	if err == nil || !strings.HasPrefix(err.Error(), "writing "+path) || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("got error %v, want one about %s", err, path)
	}
	holds(t, folder, "a.json")
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// holds wants these files in a folder, and no others.
func holds(t *testing.T, folder, want string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %q in the folder, want %q", got, want)
	}
}
