package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where the disk fails, at whichever step, the error is told without the temporary file's name, nothing is left behind,
// and the pending file is done with.
func TestFailingDisk(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*Pending) error{
		"while it is written": func(p *Pending) error {
			p.file.Close()
			_, err := p.Write(make([]byte, p.buffer.Size()+1))
			return err
		},
		"when the rest is written": func(p *Pending) error {
			p.file.Close()
			return p.Commit()
		},
		"when it gets its name": func(p *Pending) error {
			if err := os.Mkdir(p.path, 0o700); err != nil {
				return nil
			}
			return p.Commit()
		},
	} {
		folder := t.TempDir()
		p, err := Create(filepath.Join(folder, "a.json"))
		if err != nil {
			t.Fatal(err)
		}
		err = fail(p)
		if !errors.Is(err, fs.ErrClosed) && !errors.Is(err, fs.ErrExist) || strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%s: got %v, want the cause alone", name, err)
		}
		p.Abort()
		if left, err := filepath.Glob(filepath.Join(folder, ".sekisho-*")); err != nil || len(left) > 0 {
			t.Errorf("%s: got %v left behind (%v), want nothing", name, left, err)
		}
		if err := p.file.Close(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: got %v of closing it again, want it closed", name, err)
		}
		if err := p.Commit(); !errors.Is(err, errDone) {
			t.Errorf("%s: got %v of Commit afterwards, want %v", name, err, errDone)
		}
	}
	if err := cause(errDone); !errors.Is(err, errDone) {
		t.Errorf("got the cause %v, want %v", err, errDone)
	}
}
