// Package files writes files whole or not at all: one ([Pending]), or all that a run writes ([Set]), so that nobody
// finds half of an answer, or an answer of yesterday beside one of today.
package files

import (
	"fmt"
	"io"
	"path/filepath"
)

// Set is what a run writes beside stdout, and what it reads. The files are open already, under other names: one that
// can't be written is an error before any work is done, and all appear or none. The zero value is an empty set.
type Set struct {
	outputs []*Output
	taken   []use
}

// use is what a flag or an argument does with a file.
type use struct{ by, path string }

// Output is a file of a set. That of an empty path writes nothing.
type Output struct {
	pending *Pending
	write   func(io.Writer) error
}

// TakenError is a file that has two uses in a run.
type TakenError struct {
	Path         string // as the second names it
	First, Again string // the flags, or what the file is
}

func (e *TakenError) Error() string {
	if e.First == e.Again {
		return fmt.Sprintf("got %s with the file %q twice, want it once", e.First, e.Path)
	}
	return fmt.Sprintf("got %s and %s with the same file %q, want two", e.First, e.Again, e.Path)
}

// Reads says that the run reads a file, which none that it writes may be.
func (s *Set) Reads(by, path string) {
	if path != "" {
		s.taken = append(s.taken, use{by, place(path)})
	}
}

// Create opens a file for what a flag names, and nothing where it names none. What is written is said later, by
// [Output.Writes].
func (s *Set) Create(by, path string) (*Output, error) {
	if path == "" {
		return &Output{}, nil
	}
	at := place(path)
	for _, other := range s.taken {
		if other.path == at {
			return nil, &TakenError{Path: path, First: other.by, Again: by}
		}
	}
	pending, err := Create(path)
	if err != nil {
		return nil, err
	}
	file := &Output{pending: pending}
	s.outputs, s.taken = append(s.outputs, file), append(s.taken, use{by, at})
	return file, nil
}

// Open reports whether there is a file to write.
func (o *Output) Open() bool { return o.pending != nil }

// Writes says what is written to the file.
func (o *Output) Writes(write func(io.Writer) error) { o.write = write }

// Commit writes everything, then gives the files their names.
func (s *Set) Commit() error {
	for _, file := range s.outputs {
		if err := file.write(file.pending); err != nil {
			return fmt.Errorf("writing %s: %w", file.pending.path, err)
		}
	}
	for _, file := range s.outputs {
		if err := file.pending.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes what has not got its name yet. After Commit it does nothing, so it can be deferred.
func (s *Set) Abort() {
	for _, file := range s.outputs {
		file.pending.Abort()
	}
}

// Same reports whether two paths are of the same file.
func Same(a, b string) bool { return place(a) == place(b) }

// place tells files apart: the path from the root, with the symbolic links of the folder followed. The last part is
// not, for a link is never written through.
func place(path string) string {
	at, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(at)); err == nil {
		at = filepath.Join(folder, filepath.Base(at))
	}
	return at
}
