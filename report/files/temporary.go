package files

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"sekisho/audit/message"
)

// disk is where files are written; a test puts a full or broken one in its place.
type disk interface {
	OpenFile(name string, flag int, perm fs.FileMode) (file, error)
	Rename(from, to string) error
}

type file interface {
	io.ReadWriteCloser
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

// turnName is the name of the file whose lock is the turn to give names in a folder.
const turnName = prefix + "0" + suffix

// turn waits until no other run gives names in the folders of the outputs: of two runs that write the same files, one
// finds those of the other whole, and replaces them all. Drop what is held when the names are given. Where the turn can't
// be had, as in a folder of another user's runs, it is taken for granted.
func (s *Set) turn() (held []*temporary) {
	if !locks {
		return nil
	}
	outputs := slices.DeleteFunc(slices.Clone(s.outputs), func(o *Output) bool { return o.temp == nil })
	slices.SortFunc(outputs, func(a, b *Output) int { return slices.Compare(number(a.folder), number(b.folder)) })
	outputs = slices.CompactFunc(outputs, func(a, b *Output) bool { return os.SameFile(a.folder, b.folder) })
	for _, o := range outputs {
		for name := parent(o.path) + string(os.PathSeparator) + turnName; ; {
			f, err := s.on().OpenFile(name, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
			if err != nil {
				break
			}
			lock(f, true)
			left := isAt(f, name) && s.tellLeft(f)
			if left {
				_ = os.Remove(name)
			}
			if !left && isAt(f, name) {
				held = append(held, &temporary{file: f})
				break
			}
			_ = f.Close() // the one before has removed it
		}
	}
	return held
}

// naming is a file that gets its name. It is known by when it was written, which its new name does not change.
type naming struct {
	Name    string
	Written time.Time
}

// note writes into what is held in all folders which files are to get their names, so that they are known for one set if
// the run is killed before all have them.
func note(held []*temporary, named []*Output) {
	var set []naming
	for _, o := range named {
		name, err := filepath.Abs(o.path)
		info, errInfo := o.temp.Stat()
		if err != nil || errInfo != nil {
			return
		}
		set = append(set, naming{name, info.ModTime()})
	}
	text, err := json.Marshal(set)
	if err != nil {
		return
	}
	for _, t := range held { // where it can't be written, nothing can be told
		if _, err := t.Write(text); err == nil {
			_ = t.Sync()
		}
	}
}

// mostNoted is how much is read of what a run may have noted: somebody else may have written the file.
const mostNoted = 1 << 16

// tellLeft tells of a set of files that a killed run left with some of their names, by what it noted, and reports whether
// it noted anything.
func (s *Set) tellLeft(noted io.Reader) bool {
	text, err := io.ReadAll(io.LimitReader(noted, mostNoted))
	var set []naming
	if err != nil || json.Unmarshal(text, &set) != nil {
		return len(text) > 0
	}
	var its, others []string
	for _, n := range set {
		if info, err := os.Lstat(n.Name); err == nil && info.ModTime().Equal(n.Written) {
			its = append(its, n.Name)
		} else {
			others = append(others, n.Name)
		}
	}
	if len(its) > 0 && len(others) > 0 && s.Warn != nil {
		s.Warn(message.New("a run was killed before all its files had their names, and they are not of one run: its own: %s; not its own: %s",
			message.Names(0, its), message.Names(0, others)).String())
	}
	return true
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
			if entry.Name() == turnName {
				s.tellLeft(f)
			}
			_ = os.Remove(name)
		}
		_ = f.Close()
	}
}
