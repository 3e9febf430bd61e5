package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpoolGivesBackWhatItWasTold(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := NewSpool()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := io.WriteString(s, strings.Repeat("x", 100_000)); err != nil {
			t.Fatal(err)
		}
		var first, again strings.Builder
		_, err := s.WriteTo(&first)
		_, err2 := s.WriteTo(&again)
		if errors.Join(err, err2) != nil || first.Len()%100_000 != 0 || first.String() != again.String() {
			t.Errorf("got %d and %d bytes and %v, %v, want all, twice", first.Len(), again.Len(), err, err2)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("got %v and %v left, want nothing", left, err)
	}
}

func TestFolderTakesWholeFiles(t *testing.T) {
	t.Parallel()
	set := new(Set)
	path := filepath.Join(t.TempDir(), "a", "b")
	folder, err := set.Folder("--per-account", path)
	if err != nil {
		t.Fatal(err)
	}
	says := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	for _, text := range []string{"one", "two"} {
		if err := folder.Write(t.Context(), "1.html", says(text)); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("broken")
	err = folder.Write(t.Context(), "1.html", func(w io.Writer) error { io.WriteString(w, "half"); return broken })
	got, errRead := os.ReadFile(filepath.Join(path, "1.html"))
	info, errStat := os.Stat(filepath.Join(path, "1.html"))
	if !errors.Is(err, broken) || errors.Join(errRead, errStat) != nil || string(got) != "two" || info.Mode().Perm() != 0o600 {
		t.Errorf("got %q, %v and %v, want what was there, and for the user alone", got, info.Mode(), err)
	}
	if _, err := set.Create("--output", filepath.Join(path, "2.html")); err != nil {
		t.Fatal(err)
	}
	var taken *TakenError
	if err := folder.Write(t.Context(), "2.html", says("x")); !errors.As(err, &taken) {
		t.Errorf("got %v, want the file of --output refused", err)
	}
	if err := os.Symlink("1.html", filepath.Join(path, "3.html")); err != nil {
		t.Fatal(err)
	}
	if err := folder.Write(t.Context(), "3.html", says("x")); err == nil {
		t.Error("got no error of a link, want it refused")
	}
	set.Abort()
	if left, err := filepath.Glob(filepath.Join(path, ".*")); err != nil || len(left) > 0 {
		t.Errorf("got %v and %v, want nothing left over", left, err)
	}
}
