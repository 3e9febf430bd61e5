// Package files is the register of the files of one run. All that a command reads or writes is opened through it, so
// that no output takes the place of what the run reads, of another output, or of what stdout or stderr goes to; files
// are compared as the system does, however they are spelled. What is written appears whole or not at all, and several
// files together, so that nobody finds half of an answer, or one of yesterday beside one of today.
package files

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// Set is the files of a run. Outputs are open already, under other names: one that can't be written is an error before
// any work is done. The zero value is an empty set, of which several goroutines may ask.
type Set struct {
	// Remote reads what is named by an address, s3://BUCKET/KEY; nil: nobody does.
	Remote func(path string) ([]byte, error)

	Warn func(string) // is told of what a killed run left half done; nil: nobody is

	disk disk // nil: the machine's

	mu      sync.Mutex
	inputs  []use
	streams []stream
	outputs []*Output
	swept   map[string]bool // folders in which leftovers were looked for
	over    bool            // committed or aborted
}

// use is what a flag, an argument or a stream does with a regular file.
type use struct {
	by   string
	info fs.FileInfo
}

// stream is stdout or stderr, which is open already; info is nil where it is no regular file.
type stream struct {
	use
	w     io.Writer
	paths []string
}

// TakenError is a file that has two uses in a run.
type TakenError struct {
	Path         string // as the last output names it, else as the input does
	First, Again string // the flags, or what the file is
	Emptied      bool   // by the shell, which sends a stream there that the run reads
}

func (e *TakenError) Error() string {
	switch {
	case e.Emptied:
		return fmt.Sprintf("got %s and %s with the same file %q, which is empty now, want two", e.First, e.Again, e.Path)
	case e.First == e.Again:
		return fmt.Sprintf("got %s with the file %q twice, want it once", e.First, e.Path)
	}
	return fmt.Sprintf("got %s and %s with the same file %q, want two", e.First, e.Again, e.Path)
}

// Hint says what to do.
func (e *TakenError) Hint() string {
	if e.Emptied {
		return "a shell empties the file of > before it starts a program: write to another file, and rename it"
	}
	return "give each a file of its own"
}

// Stream tells of a stream of the process that may go to a file, and by which paths the system knows it.
func (s *Set) Stream(by string, w io.Writer, paths ...string) {
	st := stream{use{by: by}, w, paths}
	if f, ok := w.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			st.info = info
		}
	}
	s.streams = append(s.streams, st)
}

// Input is what a flag or an argument names to be read. It is in the register once it is open.
type Input struct {
	set  *Set
	by   string
	Path string
}

// Input names a file or a folder that may be read.
func (s *Set) Input(by, path string) Input { return Input{s, by, path} }

// RemoteError is something at an address that could not be read, though it may be there.
type RemoteError struct{ Err error }

func (e *RemoteError) Error() string { return e.Err.Error() }
func (e *RemoteError) Unwrap() error { return e.Err }

// IsRemote reports whether a path is the address of something in a bucket.
func IsRemote(path string) bool { return strings.HasPrefix(path, "s3://") }

// Open opens the file for reading. What is somewhere else comes through a pipe.
func (i Input) Open() (*os.File, error) {
	if i.set.Remote != nil && IsRemote(i.Path) {
		content, err := i.set.Remote(i.Path)
		if err != nil {
			return nil, err
		}
		from, to, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		go func() {
			_, _ = to.Write(content) // who reads it may stop before the end
			_ = to.Close()
		}()
		return from, nil
	}
	f, err := os.Open(i.Path)
	if err != nil {
		return nil, err
	}
	if err := i.set.ReadsOpen(i.by, i.Path, f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// FS is the folder, each of whose files is in the register once it is open.
func (i Input) FS() fs.FS { return folder{i, os.DirFS(i.Path)} }

type folder struct {
	Input
	fs fs.FS
}

func (d folder) Open(name string) (fs.File, error) {
	f, err := d.fs.Open(name)
	if err != nil {
		return nil, err
	}
	if err := d.set.ReadsOpen(d.by, d.Path+"/"+name, f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Reads puts a file into the register that somebody else opens to read it, if it is there.
func (s *Set) Reads(by, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // for those to tell of who open it
	}
	return s.reads(by, path, info)
}

// ReadsOpen puts a file into the register that is open already, such as stdin.
func (s *Set) ReadsOpen(by, path string, f interface{ Stat() (fs.FileInfo, error) }) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return s.reads(by, path, info)
}

func (s *Set) reads(by, path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		if st.is(info) {
			return &TakenError{Path: path, First: by, Again: st.by, Emptied: info.Size() == 0}
		}
	}
	for _, o := range s.outputs {
		if o.was.is(info) {
			return &TakenError{Path: o.path, First: by, Again: o.was.by}
		}
	}
	s.inputs = append(s.inputs, use{by, info})
	return nil
}

// is reports whether the use is of that file.
func (u use) is(info fs.FileInfo) bool { return u.info != nil && os.SameFile(u.info, info) }

// free refuses an output whose file is in use already; info is that of the file that it would replace, nil for none.
func (s *Set) free(o *Output, others []*Output) error {
	taken := func(by string) error { return &TakenError{Path: o.path, First: by, Again: o.was.by} }
	if o.was.info != nil {
		for _, st := range s.streams {
			if st.is(o.was.info) {
				return taken(st.by)
			}
		}
		if i := slices.IndexFunc(s.inputs, func(u use) bool { return u.is(o.was.info) }); i >= 0 {
			return taken(s.inputs[i].by)
		}
	}
	for _, other := range others {
		if other.replaces(o) {
			return taken(other.was.by)
		}
	}
	return nil
}
