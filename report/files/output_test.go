package files_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sekisho/report/files"
)

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file.json")
	write(t, file, "old", 0o644)
	write(t, filepath.Join(folder, "kept.json"), "old", 0o444)
	for link, target := range map[string]string{"link.json": file, "dangling.json": filepath.Join(folder, "nothing"), "to-folder": folder} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	longName := filepath.Join(folder, strings.Repeat("a", 300))
	for path, want := range map[string]string{
		folder:                                 "got a folder, want a file",
		folder + "/":                           "got a folder, want a file",
		folder + "/no/":                        "got a folder, want a file",
		longName:                               "file name too long",
		filepath.Join(folder, "no", "a.json"):  "got no folder " + filepath.Join(folder, "no"),
		folder + "/no/../a.json":               "got no folder " + folder + "/no/..",
		filepath.Join(file, "a.json"):          "which is a file, want a folder",
		filepath.Join(file, "b", "a.json"):     "not a directory",
		filepath.Join(folder, "link.json"):     "got a symbolic link",
		filepath.Join(folder, "dangling.json"): "got a symbolic link",
		filepath.Join(folder, "to-folder"):     "got a symbolic link",
		filepath.Join(folder, "kept.json"):     "read-only",
	} {
		var set files.Set
		_, err := set.Create("--output", path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "preparing to write "+path) {
			t.Errorf("%q: got error %v, want one with %q", path, err, want)
		}
		set.Abort()
	}
	holds(t, folder, "dangling.json file.json kept.json link.json to-folder")
}

// Files appear together and whole, under the mode that they are to have, and what was there is there until then.
// A file that must be new doesn't take the place of one, not even of one that came in between.
func TestFreshReplacesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	there, later := filepath.Join(folder, "there.json"), filepath.Join(folder, "later.json")
	write(t, there, "old", 0o644)
	var set files.Set
	for path, want := range map[string]string{there: "preparing to write " + there + ": got a file that is there already", later: ""} {
		out, err := set.Create("--output", path)
		if err != nil {
			t.Fatal(err)
		}
		out.Writes(func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
		if err := out.Fresh(); (err != nil) != (want != "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	set.Abort()
	var again files.Set
	out, err := again.Create("--output", later)
	if err == nil {
		err = out.Fresh()
	}
	if err != nil {
		t.Fatal(err)
	}
	out.Writes(func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
	write(t, later, "another's", 0o644)
	if err := again.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "got a file that is there already") {
		t.Errorf("got %v, want the file refused that came in between", err)
	}
	for path, want := range map[string]string{there: "old", later: "another's"} {
		if data, err := os.ReadFile(path); err != nil || string(data) != want {
			t.Errorf("%s: got %q and %v, want %q", path, data, err, want)
		}
	}
	holds(t, folder, "later.json there.json")
}

func TestCommitReplacesAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, b := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	write(t, a, "old", 0o644)
	var set files.Set
	private, err := set.Create("--output", a)
	if err != nil || !private.Open() {
		t.Fatalf("got %v and open %t, want an open file", err, private.Open())
	}
	public, err := set.Publish("the page", b)
	if err != nil {
		t.Fatal(err)
	}
	none, err := set.Create("--save", "")
	if err != nil || none.Open() {
		t.Errorf("got %v and open %t for no name, want nothing to write", err, none.Open())
	}
	none.Writes(func(io.Writer) error { return errors.New("written") })
	long := strings.Repeat("new ", 1<<16)
	private.Writes(text(long))
	public.Writes(func(w io.Writer) error {
		if got := read(t, a); got != "old" {
			t.Errorf("while the others are written: got %.20q, want %q", got, "old")
		}
		return text("page")(w)
	})
	if err := set.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	set.Abort()
	if read(t, a) != long || read(t, b) != "page" {
		t.Errorf("got %.20q and %q, want what was written", read(t, a), read(t, b))
	}
	holds(t, folder, "a b")
	plain := filepath.Join(t.TempDir(), "plain")
	write(t, plain, "", 0o666)
	for path, want := range map[string]os.FileMode{a: 0o600, b: mode(t, plain)} {
		if got := mode(t, path); got != want {
			t.Errorf("got the mode %v of %s, want %v", got, path, want)
		}
	}
	if err := set.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second Commit: got %v, want an error that says so", err)
	}
	if _, err := set.Create("--output", a); err == nil {
		t.Error("Create after Commit: got no error")
	}
	holds(t, folder, "a b")
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// Where one file can't be written, or nobody commits, or the run is interrupted, all are as they were.
func TestNoneIsReplacedWhereOneFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a := filepath.Join(folder, "a")
	write(t, a, "old", 0o600)
	wrong := errors.New("no such thing")
	for name, end := range map[string]func(*files.Set, context.Context, context.CancelFunc) error{
		"one fails":         func(s *files.Set, ctx context.Context, _ context.CancelFunc) error { return s.Commit(ctx) },
		"none is committed": func(*files.Set, context.Context, context.CancelFunc) error { return wrong },
		"aborted": func(s *files.Set, ctx context.Context, _ context.CancelFunc) error {
			s.Abort()
			return errors.Join(s.Commit(ctx), wrong)
		},
		"interrupted": func(s *files.Set, ctx context.Context, interrupt context.CancelFunc) error {
			interrupt()
			if err := s.Commit(ctx); err == nil || !strings.HasSuffix(err.Error(), a+": interrupted; nothing was written") {
				t.Errorf("got %v, want that it was interrupted", err)
			}
			return wrong
		},
	} {
		var set files.Set
		first, err := set.Create("--output", a)
		if err != nil {
			t.Fatal(err)
		}
		first.Writes(text("new"))
		second, err := set.Create("--output", filepath.Join(folder, "b"))
		if err != nil {
			t.Fatal(err)
		}
		second.Writes(func(io.Writer) error { return wrong })
		ctx, cancel := context.WithCancel(t.Context())
		if err := end(&set, ctx, cancel); !errors.Is(err, wrong) {
			t.Errorf("%s: got %v, want %v", name, err, wrong)
		}
		set.Abort()
		if got := read(t, a); got != "old" {
			t.Errorf("%s: got %q in a, want what was there", name, got)
		}
		holds(t, folder, "a")
	}
}

// Runs that write the same files at the same time don't take each other's temporary files for leftovers: each of them
// succeeds, and what is there in the end is whole and of one run.
func TestRunsAtTheSameTime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var runs sync.WaitGroup
	for i := range 8 {
		runs.Go(func() {
			for range 5 {
				var set files.Set
				for _, name := range []string{"a", "b"} {
					o, err := set.Create("--output", filepath.Join(folder, name))
					if err != nil {
						t.Error(err)
						return
					}
					o.Writes(text(strings.Repeat(fmt.Sprintf("run %d\n", i), 1<<13)))
				}
				if err := set.Commit(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	runs.Wait()
	holds(t, folder, "a b")
	first, _, _ := strings.Cut(read(t, filepath.Join(folder, "a")), "\n")
	for _, name := range []string{"a", "b"} {
		if got := read(t, filepath.Join(folder, name)); got != strings.Repeat(first+"\n", 1<<13) {
			t.Errorf("got %d bytes in %s, want those of %s", len(got), name, first)
		}
	}
}
