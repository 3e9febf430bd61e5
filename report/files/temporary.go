package files

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// disk is where files are written; a test puts a full or broken one in its place.
type disk interface {
	OpenFile(name string, flag int, perm fs.FileMode) (file, error)
	Rename(from, to string) error
}

type file interface {
	io.WriteCloser
	Name() string
	Stat() (fs.FileInfo, error)
	Fd() uintptr
	Sync() error
}

// machine is the disk of the machine.
type machine struct{}

func (machine) OpenFile(name string, flag int, perm fs.FileMode) (file, error) {
	return os.OpenFile(name, flag, perm)
}

func (machine) Rename(from, to string) error { return os.Rename(from, to) }

func (s *Set) on() disk {
	if s.disk == nil {
		return machine{}
	}
	return s.disk
}

// temporary is a file that hasn't got its name. Its run holds its lock, so that other runs know that it isn't left over.
type temporary struct {
	file
	named bool
}

const prefix, suffix = ".sekisho-", ".tmp"

var leftover = regexp.MustCompile(`^` + regexp.QuoteMeta(prefix) + `[0-9]+` + regexp.QuoteMeta(suffix) + `$`)

// temporary opens one in a folder.
func (s *Set) temporary(folder string, perm fs.FileMode) (*temporary, error) {
	for {
		name := folder + string(os.PathSeparator) + prefix + strconv.FormatUint(rand.Uint64(), 10) + suffix
		f, err := s.on().OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		// Before the lock was there another run may have taken the file for a leftover.
		if _, busy := lock(f, false); !busy && isAt(f, name) {
			return &temporary{file: f}, nil
		}
		_ = f.Close()
	}
}

// isAt reports whether an open file still has that name.
func isAt(f file, name string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	info, err := os.Lstat(name)
	return err == nil && os.SameFile(info, opened)
}

// drop removes the file, unless it has its name, and gives up its lock.
func (t *temporary) drop() {
	if !t.named {
		_ = os.Remove(t.Name())
	}
	_ = t.Close()
}

// turn waits until no other run gives names in the folders of the outputs: of two runs that write the same files, one
// finds those of the other whole, and replaces them all. Call over when the names are given. Where the turn can't be had,
// as in a folder of another user's runs, it is taken for granted.
func (s *Set) turn() (over func()) {
	if !locks {
		return func() {}
	}
	outputs := slices.DeleteFunc(slices.Clone(s.outputs), func(o *Output) bool { return o.temp == nil })
	slices.SortFunc(outputs, func(a, b *Output) int { return slices.Compare(number(a.folder), number(b.folder)) })
	outputs = slices.CompactFunc(outputs, func(a, b *Output) bool { return os.SameFile(a.folder, b.folder) })
	var held []*temporary
	for _, o := range outputs {
		for name := parent(o.path) + string(os.PathSeparator) + prefix + "0" + suffix; ; {
			f, err := s.on().OpenFile(name, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
			if err != nil {
				break
			}
			if lock(f, true); isAt(f, name) {
				held = append(held, &temporary{file: f})
				break
			}
			_ = f.Close() // the one before has removed it
		}
	}
	return func() {
		for _, t := range held {
			t.drop()
		}
	}
}

// sweep removes the temporary files that a killed run left in a folder: those whose lock nobody holds. What can't be
// removed, such as another user's, stays.
func (s *Set) sweep(folder string) {
	if s.swept[folder] {
		return
	}
	if s.swept == nil {
		s.swept = map[string]bool{}
	}
	s.swept[folder] = true
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // that files can't be written there is told by the one that is to be
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !leftover.MatchString(entry.Name()) {
			continue
		}
		name := folder + string(os.PathSeparator) + entry.Name()
		f, err := os.OpenFile(name, os.O_RDWR|noFollow, 0)
		if err != nil {
			continue
		}
		if held, _ := lock(f, false); held && isAt(f, name) {
			_ = os.Remove(name)
		}
		_ = f.Close()
	}
}
