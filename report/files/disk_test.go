package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// broken is a disk on which the nth call of an operation fails.
type broken struct {
	op  string
	nth int
	err error
}

func (b *broken) fails(op string) bool {
	if op == b.op {
		b.nth--
	}
	return op == b.op && b.nth == -1
}

func (b *broken) OpenFile(name string, flag int, perm fs.FileMode) (file, error) {
	if b.fails("open") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: b.err}
	}
	f, err := os.OpenFile(name, flag, perm)
	return brokenFile{f, b}, err
}

func (b *broken) Rename(from, to string) error {
	if b.fails("rename") {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: b.err}
	}
	return os.Rename(from, to)
}

type brokenFile struct {
	*os.File
	disk *broken
}

func (f brokenFile) Write(p []byte) (int, error) {
	if f.disk.fails("write") {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, &fs.PathError{Op: "write", Path: f.Name(), Err: f.disk.err}
	}
	return f.File.Write(p)
}

func (f brokenFile) Sync() error {
	if f.disk.fails("sync") {
		return &fs.PathError{Op: "sync", Path: f.Name(), Err: f.disk.err}
	}
	return f.File.Sync()
}

var three = []string{"a", "b", "c"}

// replace replaces three files, the second of which has some bytes, and returns what is new by then; what is left over
// is an error.
func replace(on disk, folder string, size int) (replaced []string, committed, wrong error) {
	s := Set{disk: on}
	defer s.Abort()
	for _, name := range three {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range three {
		o, err := s.Create("--output", filepath.Join(folder, name))
		if err != nil {
			s.Abort()
			committed = err
			break
		}
		o.Writes(func(w io.Writer) error {
			text := "new"
			if name == "b" {
				text = strings.Repeat("n", size)
			}
			_, err := io.WriteString(w, text)
			return err
		})
	}
	if committed == nil {
		committed = s.Commit(context.Background())
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(three) {
		return nil, committed, fmt.Errorf("got %v and the files %v, want %v", err, entries, three)
	}
	for _, name := range three {
		data, err := os.ReadFile(filepath.Join(folder, name))
		switch {
		case err != nil:
			return nil, committed, err
		case string(data) == "new", name == "b" && len(data) == size && data[0] == 'n':
			replaced = append(replaced, name)
		case string(data) != "old":
			return nil, committed, fmt.Errorf("got %q in %s, want it old or new", data, name)
		}
	}
	return replaced, committed, nil
}

// Whatever the disk refuses, all files are as they were; and where they can't be, the error says which are new.
func TestBrokenDisk(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		disk     broken
		replaced int
		want     string // with the folder for %s
	}{
		{broken{"none", 0, nil}, 3, ""},
		{broken{"open", 0, syscall.ENOSPC}, 0, "preparing to write %sa: no space left on device"},
		{broken{"open", 2, syscall.EMFILE}, 0, "preparing to write %sc: too many open files"},
		{broken{"open", 3, syscall.ENOSPC}, 3, ""}, // the lock of the folder
		{broken{"write", 0, syscall.ENOSPC}, 0, "writing %sa: no space left on device"},
		{broken{"write", 2, syscall.ENOSPC}, 0, "writing %sc: no space left on device"},
		{broken{"sync", 0, syscall.EIO}, 0, "writing %sa: input/output error"},
		{broken{"sync", 1, syscall.ENOSPC}, 0, "writing %sb: no space left on device"},
		{broken{"sync", 2, syscall.EDQUOT}, 0, "writing %sc: disk quota exceeded"},
		{broken{"rename", 0, syscall.EACCES}, 0, "writing %sa: permission denied"},
		{broken{"rename", 1, syscall.EACCES}, 1, "writing %sb: permission denied; new: %sa; as before: %sb, %sc"},
		{broken{"rename", 2, syscall.EIO}, 2, "writing %sc: input/output error; new: %sa, %sb; as before: %sc"},
	} {
		folder := t.TempDir()
		replaced, committed, wrong := replace(&test.disk, folder, 10)
		if wrong != nil {
			t.Fatal(wrong)
		}
		got, want := "", strings.ReplaceAll(test.want, "%s", folder+"/")
		if committed != nil {
			got = committed.Error()
		}
		if got != want || want != "" && !errors.Is(committed, test.disk.err) || !slices.Equal(replaced, three[:test.replaced]) {
			t.Errorf("got %q and %v new, want %q and %v", got, replaced, want, three[:test.replaced])
		}
		var partial *PartialError
		if errors.As(committed, &partial) != (test.replaced == 1 || test.replaced == 2) {
			t.Errorf("got %T, want one that tells which are new where some are", committed)
		}
	}
}
