package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Folder is one that a run writes files into as they come, each of them whole or not at all.
type Folder struct {
	set  *Set
	by   string
	path string
}

// Folder makes the folder that a flag names, for the user alone, where it is not there.
func (s *Set) Folder(by, path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("preparing to write into %s: %w", path, cause(err))
	}
	return &Folder{s, by, path}, nil
}

// Write writes one file into it.
func (f *Folder) Write(ctx context.Context, name string, write func(io.Writer) error) error {
	o := &Output{path: filepath.Join(f.path, name), was: use{by: f.by}, write: write}
	err := f.put(ctx, o)
	var taken *TakenError
	if err == nil || errors.As(err, &taken) {
		return err
	}
	return fmt.Errorf("writing %s: %w", o.path, cause(err))
}

func (f *Folder) put(ctx context.Context, o *Output) error {
	f.set.mu.Lock()
	err := f.set.open(o, 0o600)
	f.set.mu.Unlock()
	if err != nil {
		return err
	}
	if o.temp == nil {
		return errors.New("got a device, a pipe or the like, want a file")
	}
	defer o.temp.drop()
	if err := o.fill(ctx); err != nil {
		return err
	}
	if !locks {
		_ = o.temp.Close()
	}
	if err := f.set.on().Rename(o.temp.Name(), o.path); err != nil {
		return err
	}
	o.temp.named = true
	return nil
}
