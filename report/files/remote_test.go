package files

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"testing"
)

// What is at an address comes through a pipe, which its reader may leave before the end; all else is a file.
func TestAddressesAreReadFromElsewhere(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte("0123456789"), 1<<17)
	s := &Set{Remote: func(path string) ([]byte, error) {
		if path == "s3://bucket/large" {
			return large, nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}}
	in, err := s.Input("a file", "s3://bucket/large").Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, large) {
		t.Errorf("got %d bytes and %v, want %d", len(got), err, len(large))
	}
	in.Close()
	if in, err = s.Input("a file", "s3://bucket/large").Open(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	for _, path := range []string{"s3://bucket/nothing", filepath.Join(t.TempDir(), "nothing")} {
		if _, err := s.Input("a file", path).Open(); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v, want that it is not there", path, err)
		}
	}
}
