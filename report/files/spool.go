package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Spool holds on the disk what a run is told piece by piece and writes later, so that it takes no memory. Nobody else
// finds it: it has no name where the system lets an open file lose it, and goes with the run.
type Spool struct {
	f *os.File
	w *bufio.Writer
}

// NewSpool makes one in the folder for temporary files.
func NewSpool() (*Spool, error) {
	f, err := os.CreateTemp("", prefix+"*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	if locks {
		_ = os.Remove(f.Name())
	}
	return &Spool{f, bufio.NewWriterSize(f, 1<<16)}, nil
}

// Write adds a piece.
func (s *Spool) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	return n, cause(err)
}

// WriteTo writes all pieces, as often as it is asked.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	all, err := s.Content()
	if err != nil {
		return 0, err
	}
	return io.Copy(w, all)
}

// Content reads all pieces from the first one.
func (s *Spool) Content() (io.Reader, error) {
	if err := s.w.Flush(); err != nil {
		return nil, cause(err)
	}
	end, err := s.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, cause(err)
	}
	return io.NewSectionReader(s.f, 0, end), nil
}

// Close ends it.
func (s *Spool) Close() error {
	err := s.f.Close()
	if !locks {
		err = errors.Join(err, os.Remove(s.f.Name()))
	}
	return cause(err)
}
