package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

// sink is stdout. It keeps the first error, after which nothing more is written: half of an answer has no second half.
type sink struct {
	io.Writer
	err error
}

// stdoutError is an answer that stdout did not take.
type stdoutError struct{ err error }

func (e *stdoutError) Error() string {
	err := e.err
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return "writing to stdout: " + err.Error()
}

func (e *stdoutError) Unwrap() error { return e.err }

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.Writer.Write(p)
	if err != nil {
		s.err = &stdoutError{err}
	}
	return n, s.err
}

// Stat tells which file stdout is.
func (s *sink) Stat() (fs.FileInfo, error) {
	if f, ok := s.Writer.(*os.File); ok {
		return f.Stat()
	}
	return nil, errors.ErrUnsupported
}

// failed returns what went wrong. What an interrupted run left behind may be writing still, and is not asked.
func (s *sink) failed(ctx context.Context) error {
	if ctx.Err() != nil {
		return nil
	}
	return s.err
}
