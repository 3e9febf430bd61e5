package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is a Store on a file system. Each object appears whole, or not at all where the file system has hard links;
// where it has none, one that was cut off counts as not there. Nothing outside the folder is ever touched, whatever
// symbolic links are in it.
type Folder struct {
	root *os.Root
	name string
}

// OpenFolder opens a folder, and makes it where it is not there. One that others may write to is refused: what is in it
// would be theirs to choose.
func OpenFolder(name string) (*Folder, error) {
	if err := os.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := private(name, info); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &Folder{root, name}, nil
}

// Temporary makes a folder among the system's temporary files.
func Temporary() (*Folder, error) {
	name, err := os.MkdirTemp("", "sekisho-fleet-")
	if err != nil {
		return nil, err
	}
	return OpenFolder(name)
}

// Remove takes the folder away, with all that is in it.
func (f *Folder) Remove() error { return errors.Join(f.root.Close(), os.RemoveAll(f.name)) }

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

func (f *Folder) String() string { return f.name }

// checkKey refuses a key that is no path of plain names.
func checkKey(key string) error {
	if !fs.ValidPath(key) || key == "." || strings.Contains(key, "\\") || strings.HasPrefix(path.Base(key), ".") {
		return fmt.Errorf("got the key %q, want names parted by /", key)
	}
	return nil
}

// Put is that of [Store].
func (f *Folder) Put(ctx context.Context, key string, content []byte) error {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return err
	}
	sealed, err := seal(key, content)
	if err != nil {
		return err
	}
	place := filepath.FromSlash(key)
	if err := f.root.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(place), ".writing-"+rand.Text())
	if err := f.write(temporary, sealed); err != nil {
		return err
	}
	defer f.root.Remove(temporary)
	err = f.root.Link(temporary, place)
	switch {
	case errors.Is(err, fs.ErrExist):
		err = f.replace(ctx, key, place, sealed)
	case err != nil:
		err = f.write(place, sealed) // no hard links here
		if errors.Is(err, fs.ErrExist) {
			err = f.replace(ctx, key, place, sealed)
		}
	}
	if err != nil {
		return err
	}
	return f.sync(filepath.Dir(place))
}

// replace takes the place of an object that was cut off; one that is whole stays.
func (f *Folder) replace(ctx context.Context, key, place string, sealed []byte) error {
	if _, err := f.Get(ctx, key, Limit); !errors.Is(err, ErrAbsent) {
		return fmt.Errorf("writing %s: %w", key, ErrExists)
	}
	if err := f.root.Remove(place); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := f.write(place, sealed)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("writing %s: %w", key, ErrExists)
	}
	return err
}

// write writes a file that is not there yet, to the disk.
func (f *Folder) write(place string, sealed []byte) (err error) {
	file, err := f.root.OpenFile(place, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(sealed)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, f.root.Remove(place))
	}
	return nil
}

// sync has the disk keep the names of a folder.
func (f *Folder) sync(folder string) error {
	file, err := f.root.Open(folder)
	if err != nil {
		return err
	}
	defer file.Close()
	return syncFolder(file)
}

// Get is that of [Store].
func (f *Folder) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return nil, err
	}
	place := filepath.FromSlash(key)
	info, err := f.root.Lstat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading %s: it %w", key, ErrAbsent)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading %s: got something that is no file: it %w", key, ErrForeign)
	case info.Size() > limit+lastLine:
		return nil, fmt.Errorf("reading %s: got an object of more than %d MiB: it %w", key, limit>>20, ErrForeign)
	}
	stored, err := f.root.ReadFile(place)
	if err != nil {
		return nil, err
	}
	content, err := unseal(key, bytes.NewReader(stored), limit)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return content, nil
}

// Keys is that of [Store]. What a killed run left half written is not listed.
func (f *Folder) Keys(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	begin := path.Dir(prefix + "x")
	err := fs.WalkDir(f.root.FS(), begin, func(key string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && key == begin:
			return fs.SkipAll
		case err != nil:
			return err
		case !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && strings.HasPrefix(key, prefix):
			keys = append(keys, key)
		}
		return ctx.Err()
	})
	slices.Sort(keys)
	return keys, err
}
