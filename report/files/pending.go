package files

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Pending is a file that isn't there yet: what is written to it appears under its name, whole, with [Pending.Commit],
// and not at all without. It is for the user alone (mode 0600), for it lists what is weak in an account.
type Pending struct {
	path   string
	file   *os.File
	buffer *bufio.Writer
	err    error // once it is committed or aborted
}

var errDone = errors.New("the file is committed or aborted already")

// Create opens a temporary file beside path, so that a path that can't be written is an error before anything has been
// done. What is at path stays until Commit. A symbolic link is refused: replacing it would leave its target stale, and
// writing through it would let someone who may write the folder choose the file that is lost.
func Create(path string) (*Pending, error) {
	if err := writable(path); err != nil {
		return nil, fmt.Errorf("preparing to write %s: %w", path, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".sekisho-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("preparing to write %s: %w", path, cause(err))
	}
	return &Pending{path: path, file: file, buffer: bufio.NewWriterSize(file, 1<<16)}, nil
}

func writable(path string) error {
	if path == "" || os.IsPathSeparator(path[len(path)-1]) {
		return errors.New("got a folder, want a file")
	}
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("got no folder %s, want one that is there", folder)
	case err != nil:
		return cause(err)
	case !info.IsDir():
		return fmt.Errorf("got %s, which is a file, want a folder", folder)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return cause(err)
	case info.IsDir():
		return errors.New("got a folder, want a file")
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("got a symbolic link, want the file itself")
	case !info.Mode().IsRegular():
		return errors.New("got a device or pipe, want a file")
	case info.Mode().Perm()&0o200 == 0:
		return errors.New("got a file that is read-only")
	}
	return nil
}

// Path returns the name under which the file will appear.
func (p *Pending) Path() string { return p.path }

// Write adds to the file.
func (p *Pending) Write(data []byte) (int, error) {
	if p.err != nil {
		return 0, p.failed(p.err)
	}
	n, err := p.buffer.Write(data)
	if err != nil {
		return n, p.failed(cause(err))
	}
	return n, nil
}

// Commit gives the file its name, once its bytes are on the disk. Where that fails nothing is left behind, and what was
// at the path stays.
func (p *Pending) Commit() error {
	if p.err != nil {
		return p.failed(p.err)
	}
	if err := errors.Join(p.buffer.Flush(), p.file.Sync()); err != nil {
		p.Abort()
		return p.failed(cause(err))
	}
	if err := p.file.Close(); err != nil {
		p.Abort()
		return p.failed(cause(err))
	}
	if err := os.Rename(p.file.Name(), p.path); err != nil {
		p.Abort()
		return p.failed(cause(err))
	}
	p.err = errDone
	// The name is on the disk once the folder is; where a folder can't be synced it gets there in its own time.
	if folder, err := os.Open(filepath.Dir(p.path)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

// Abort removes what was written. After Commit, and the second time, it does nothing, so it can be deferred.
func (p *Pending) Abort() {
	if p.err != nil {
		return
	}
	p.err = errDone
	_ = p.file.Close()
	_ = os.Remove(p.file.Name())
}

func (p *Pending) failed(err error) error { return fmt.Errorf("writing %s: %w", p.path, err) }

// cause takes the path off an error of the os package: it is the temporary file's, which tells nobody anything.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	var linkErr *os.LinkError
	if errors.As(err, &linkErr) {
		return linkErr.Err
	}
	return err
}
