package files_test

import (
	"errors"
	"io"
	"io/fs"
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

// Whatever is read, and whatever else is written, no output takes its place, by whichever name: the same file is told
// by the system and not by its path. Reading after the output was opened is found, too.
func TestOneFileHasOneUse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a := filepath.Join(folder, "a.json")
	write(t, a, "old", 0o600)
	link := func(name string, make func(from, to string) error) string {
		path := filepath.Join(folder, name)
		if err := make(a, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hard, soft := link("hard.json", os.Link), link("soft.json", os.Symlink)
	if err := os.Mkdir(filepath.Join(folder, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	inside := t.TempDir()
	if err := os.Symlink(folder, filepath.Join(inside, "folder")); err != nil {
		t.Fatal(err)
	}
	spelled := []string{a, folder + "/x/../a.json", filepath.Join(inside, "folder", "a.json"), hard}
	reads := func(path string) func(*files.Set) error {
		return func(s *files.Set) error {
			f, err := s.Input("--from", path).Open()
			if err == nil {
				f.Close()
			}
			return err
		}
	}
	readsFolder := func(s *files.Set) error {
		_, err := fs.ReadFile(s.Input("--from", folder).FS(), "a.json")
		return err
	}
	writes := func(by, path string) func(*files.Set) error {
		return func(s *files.Set) error {
			_, err := s.Create(by, path)
			return err
		}
	}
	type pair struct {
		first, second func(*files.Set) error
		want          string
	}
	var pairs []pair
	for _, path := range spelled {
		named := `"` + path + `"`
		pairs = append(pairs,
			pair{reads(a), writes("--save", path), "got --from and --save with the same file " + named + ", want two"},
			pair{reads(soft), writes("--save", path), "got --from and --save with the same file " + named + ", want two"},
			pair{readsFolder, writes("--save", path), "got --from and --save with the same file " + named + ", want two"},
			pair{writes("--save", path), reads(a), "got --from and --save with the same file " + named + ", want two"},
			pair{writes("--save", path), reads(soft), "got --from and --save with the same file " + named + ", want two"},
			pair{writes("--save", path), readsFolder, "got --from and --save with the same file " + named + ", want two"},
			pair{writes("--output", a), writes("--save", path), "got --output and --save with the same file " + named + ", want two"},
			pair{writes("--output", a), writes("--output", path), "got --output with the file " + named + " twice, want it once"})
	}
	none := filepath.Join(inside, "none.json")
	pairs = append(pairs, pair{writes("--output", none), writes("--save", inside+"/./none.json"), "got --output and --save with the same file"})
	for _, p := range pairs {
		var set files.Set
		if err := p.first(&set); err != nil {
			t.Fatal(err)
		}
		err := p.second(&set)
		var taken *files.TakenError
		if !errors.As(err, &taken) || !strings.Contains(err.Error(), p.want) || taken.Hint() != "give each a file of its own" {
			t.Errorf("got %v, want one with %q", err, p.want)
		}
		set.Abort()
	}
	holds(t, folder, "a.json hard.json soft.json x")
	if got := read(t, a); got != "old" {
		t.Errorf("got %q, want what was there", got)
	}
	var set files.Set // the same may be read as often as anybody likes
	if err := errors.Join(reads(a)(&set), reads(hard)(&set), readsFolder(&set)); err != nil {
		t.Errorf("got %v, want it read again", err)
	}
}

// What comes to be the file of another use only while the run is at work is found before anything has its name.
func TestOneFileHasOneUseInTheEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	a, b := filepath.Join(folder, "a.json"), filepath.Join(folder, "b.json")
	write(t, a, "old", 0o600)
	for name, change := range map[string]struct {
		change func() error
		want   string
	}{
		"a link to what is read": {func() error { return os.Link(a, b) }, "got --from and --save with the same file"},
		"a folder":               {func() error { return os.Mkdir(b, 0o700) }, "writing " + b + ": got a folder, want a file"},
		"a device":               {func() error { return os.Symlink(os.DevNull, b) }, "writing " + b + ": got a device or pipe, want the file that was there before"},
	} {
		var set files.Set
		f, err := set.Input("--from", a).Open()
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		save, err := set.Create("--save", b)
		if err != nil {
			t.Fatal(err)
		}
		save.Writes(text("new"))
		if err := change.change(); err != nil {
			t.Fatal(err)
		}
		if err := set.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: got %v, want %q", name, err, change.want)
		}
		if got := read(t, a); got != "old" {
			t.Errorf("%s: got %q in what is read, want what was there", name, got)
		}
		holds(t, folder, "a.json b.json")
		if err := os.Remove(b); err != nil {
			t.Fatal(err)
		}
	}
}

// Streams may go to one file, but neither to one that is read, which the shell has emptied by then, nor to an output.
func TestStreams(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	log, full := filepath.Join(folder, "log"), filepath.Join(folder, "full")
	write(t, full, "old", 0o600)
	for path, want := range map[string]string{
		log: `got --from and stdout with the same file "` + log + `", which is empty now, want two`, full: `got --from and stdout with the same file "` + full + `", want two`,
	} {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var set files.Set
		set.Stream("stdout", f, "/dev/stdout")
		set.Stream("stderr", f, "/dev/stderr")
		_, err = set.Input("--from", path).Open()
		var taken *files.TakenError
		if !errors.As(err, &taken) || err.Error() != want || strings.Contains(taken.Hint(), "a shell empties") != taken.Emptied {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := set.Create("--output", path); !errors.As(err, &taken) || taken.First != "stdout" || taken.Again != "--output" {
			t.Errorf("got %v, want the output refused", err)
		}
		both := make([]*files.Output, 2)
		for i := range both {
			if both[i], err = set.Create("--output", "/dev/stdout"); err != nil || !both[i].Open() {
				t.Fatalf("got %v, want stdout by its name", err)
			}
			both[i].Writes(text("x"))
		}
		before := read(t, path)
		if err := set.Commit(t.Context()); err != nil || read(t, path) != before+"xx" {
			t.Errorf("got %v and %q, want both written behind %q", err, read(t, path), before)
		}
	}
	holds(t, folder, "full log")
}

// What can't be replaced, such as a device, is written to, as often as anybody likes, and is no file that is read.
func TestWhatIsNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	link := filepath.Join(folder, "null")
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Fatal(err)
	}
	var set files.Set
	in, err := set.Input("--from", os.DevNull).Open()
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	written := 0
	for _, path := range []string{os.DevNull, os.DevNull, link} {
		o, err := set.Create("--output", path)
		if err != nil || !o.Open() {
			t.Fatalf("%s: got %v and open %t, want something to write to", path, err, o.Open())
		}
		o.Writes(func(w io.Writer) error {
			written++
			return text("x")(w)
		})
	}
	if err := set.Commit(t.Context()); err != nil || written != 3 {
		t.Errorf("got %v and %d outputs written, want 3", err, written)
	}
	holds(t, folder, "null")
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
