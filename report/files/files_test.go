package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/report/files"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestSetWritesAll(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var set files.Set
	defer set.Abort()
	for _, name := range []string{"a", "b"} {
		file, err := set.Create("--output", filepath.Join(folder, name))
		if err != nil || !file.Open() {
			t.Fatalf("got %v and open %t for %s, want an open file", err, file.Open(), name)
		}
		file.Writes(text(name))
	}
	none, err := set.Create("--save", "")
	if err != nil || none.Open() {
		t.Errorf("got %v and open %t for no name, want nothing to write", err, none.Open())
	}
	none.Writes(text("nothing"))
	if err := set.Commit(); err != nil {
		t.Fatal(err)
	}
	set.Abort()
	if a, b := read(t, filepath.Join(folder, "a")), read(t, filepath.Join(folder, "b")); a != "a" || b != "b" {
		t.Errorf("got %q and %q, want a and b", a, b)
	}
	holds(t, folder, "a b")
}

// The name of a file that can't be made, or has come to be something else, is in the error, and nothing is written.
func TestSetNamesTheFileThatFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var set files.Set
	if file, err := set.Create("--output", filepath.Join(folder, "no", "a")); err == nil || file != nil {
		t.Errorf("got %v and %v in a folder that isn't there, want an error alone", file, err)
	}
	a := filepath.Join(folder, "a")
	file, err := set.Create("--output", a)
	if err != nil {
		t.Fatal(err)
	}
	file.Writes(text("a"))
	if err := os.Mkdir(a, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := set.Commit(); err == nil || !strings.HasPrefix(err.Error(), "writing "+a) {
		t.Errorf("got %v where a folder has its name, want an error of %s", err, a)
	}
	if b := filepath.Join(folder, "b"); !files.Same(a, folder+"/x/../a") || files.Same(a, b) {
		t.Errorf("got %s the same as %s, or not as itself", a, b)
	}
}

// Where one file can't be written, or none is, the others don't appear either, and what was there stays.
func TestSetWritesNoneWhereOneFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a := filepath.Join(folder, "a")
	write(t, a, "old", 0o600)
	for name, failing := range map[string]bool{"one fails": true, "none is committed": false} {
		var set files.Set
		first, err := set.Create("--output", a)
		if err != nil {
			t.Fatal(err)
		}
		second, err := set.Create("--save", filepath.Join(folder, "b"))
		if err != nil {
			t.Fatal(err)
		}
		first.Writes(text("new"))
		wrong := errors.New("no such thing")
		second.Writes(func(io.Writer) error { return wrong })
		if failing {
			if err := set.Commit(); !errors.Is(err, wrong) || !strings.HasPrefix(err.Error(), "writing "+filepath.Join(folder, "b")) {
				t.Errorf("%s: got %v, want %v of b", name, err, wrong)
			}
		}
		set.Abort()
		if got := read(t, a); got != "old" {
			t.Errorf("%s: got %q in a, want what was there", name, got)
		}
		holds(t, folder, "a")
	}
}

func TestSetRefusesOneFileTwice(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	a := filepath.Join(folder, "a.json")
	for _, test := range []struct{ first, again, path, want string }{
		{"--output", "--output", a, "got --output with the file \"" + a + "\" twice, want it once"},
		{"--output", "--save", a, "got --output and --save with the same file \"" + a + "\", want two"},
		{"--save", "--output", folder + "/x/../a.json", "same file"},
		{"--save", "--output", link + "/a.json", "same file"},
	} {
		var set files.Set
		if _, err := set.Create(test.first, a); err != nil {
			t.Fatal(err)
		}
		var taken *files.TakenError
		if _, err := set.Create(test.again, test.path); !errors.As(err, &taken) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want one with %q", test.path, err, test.want)
		}
		set.Abort()
	}
	var set files.Set
	set.Reads("the old file", a)
	if _, err := set.Create("--output", link+"/a.json"); err == nil || !strings.Contains(err.Error(), "got the old file and --output with the same file") {
		t.Errorf("got %v for a file that is read, want it refused", err)
	}
	holds(t, folder, "link")
}
