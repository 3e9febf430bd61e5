package main

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"

	"sekisho/report"
)

// files are what a run writes beside stdout. They are open already, under other names: one that can't be written is an error before AWS is asked
// anything, and all appear or none.
type files []*outputFile

type outputFile struct {
	flag, path string
	pending    *report.Pending
	write      func(io.Writer) error
}

// open makes a file for what a flag names, and nothing where it names none. What is written is said later, by write.
func (f *files) open(flag, path string) (*outputFile, error) {
	if path == "" {
		return &outputFile{}, nil
	}
	for _, other := range *f {
		if samePath(other.path, path) {
			return nil, usagef("give each a file of its own", "got --%s and --%s with the same file %q, want two", other.flag, flag, path)
		}
	}
	pending, err := report.Create(path)
	if err != nil {
		return nil, err
	}
	file := &outputFile{flag: flag, path: path, pending: pending}
	*f = append(*f, file)
	return file, nil
}

// commit writes everything, then gives the files their names.
func (f files) commit() error {
	for _, file := range f {
		if err := file.write(file.pending); err != nil {
			return fmt.Errorf("writing %s: %w", file.path, err)
		}
	}
	for _, file := range f {
		if err := file.pending.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// abort removes what has not got its name yet.
func (f files) abort() {
	for _, file := range f {
		file.pending.Abort()
	}
}

func samePath(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// print writes to stdout what render makes; what it is, is for errors.
func (sys system) print(what string, render func(io.Writer) error) error {
	w := bufio.NewWriter(sys.stdout)
	if err := render(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing %s to stdout: %w", what, err)
	}
	return nil
}
