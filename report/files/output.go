package files

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Output is what a run writes beside stdout. That of an empty path writes nothing.
type Output struct {
	path   string
	was    use // who writes, and the regular file that is there
	folder fs.FileInfo
	temp   *temporary // nil for what is no regular file
	fresh  bool       // must not take the place of a file
	stream io.Writer  // stdout or stderr, where the path names it
	write  func(io.Writer) error
}

// PartialError is a set of files of which some have their names and others don't: giving names stopped in the middle.
type PartialError struct {
	New, Old []string // the files that are new, and those that are as they were
	Err      error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%v; new: %s; as before: %s", e.Err, strings.Join(e.New, ", "), strings.Join(e.Old, ", "))
}

func (e *PartialError) Unwrap() error { return e.Err }

var (
	errOver        = errors.New("the files of the run are committed or aborted already")
	errThere       = errors.New("got a file that is there already, want a new one")
	errInterrupted = errors.New("interrupted; nothing was written")
)

// Create opens a file for what a flag names, and nothing where it names none. What is written is said later, by
// [Output.Writes]. The file is for the user alone (mode 0600), for it lists what is weak in an account. A symbolic link
// is refused: replacing it would leave its target stale, and writing through it would let someone who may write the
// folder choose the file that is lost. Only one that leads to a terminal, a pipe or the like, which nobody can replace,
// is written through.
func (s *Set) Create(by, path string) (*Output, error) { return s.create(by, path, 0o600) }

// Fresh refuses an output that takes the place of a file, now and when it gets its name.
func (o *Output) Fresh() error {
	o.fresh = true
	if o.was.info != nil {
		return fmt.Errorf("preparing to write %s: %w", o.path, errThere)
	}
	return nil
}

// Publish is as Create, for what anybody may read.
func (s *Set) Publish(by, path string) (*Output, error) { return s.create(by, path, 0o666) }

// MakeFolder makes a folder, and those above it, for what anybody may read.
func (s *Set) MakeFolder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("preparing to write %s: %w", path, cause(err))
	}
	return nil
}

func (s *Set) create(by, path string, perm fs.FileMode) (*Output, error) {
	if path == "" {
		return new(Output), nil
	}
	o := &Output{path: path, was: use{by: by}}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := errOver
	if !s.over {
		err = s.open(o, perm)
	}
	var taken *TakenError
	if errors.As(err, &taken) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("preparing to write %s: %w", path, err)
	}
	s.outputs = append(s.outputs, o)
	return o, nil
}

// open finds out what is at the path of an output, and opens a temporary file beside it.
func (s *Set) open(o *Output, perm fs.FileMode) error {
	if i := slices.IndexFunc(s.streams, func(st stream) bool { return slices.Contains(st.paths, o.path) }); i >= 0 {
		o.stream = s.streams[i].w
		return nil
	}
	if os.IsPathSeparator(o.path[len(o.path)-1]) {
		return errors.New("got a folder, want a file")
	}
	regular, err := o.look()
	if err != nil || !regular {
		return err
	}
	if err := s.free(o, s.outputs); err != nil {
		return err
	}
	folder := parent(o.path)
	s.sweep(folder)
	o.temp, err = s.temporary(folder, perm)
	return cause(err)
}

// look finds out what an output replaces. What can't be replaced, such as a terminal, isn't regular, and is written to.
func (o *Output) look() (regular bool, err error) {
	folder := parent(o.path)
	switch o.folder, err = os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("got no folder %s, want one that is there", folder)
	case err != nil:
		return false, cause(err)
	case !o.folder.IsDir():
		return false, fmt.Errorf("got %s, which is a file, want a folder", folder)
	}
	info, err := os.Lstat(o.path)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Stat(o.path)
		if err != nil || target.Mode().IsRegular() || target.IsDir() {
			return false, errors.New("got a symbolic link, want the file itself")
		}
		info = target
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, cause(err)
	case info.IsDir():
		return false, errors.New("got a folder, want a file")
	case info.Mode().Perm()&0o200 == 0:
		return false, errors.New("got a file that is read-only")
	case info.Mode().IsRegular() && o.fresh:
		return false, errThere
	case info.Mode().IsRegular():
		o.was.info = info
		return true, nil
	case info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) == 0:
		return false, errors.New("got a disk or socket, want a file")
	}
	return false, nil
}

// parent is the folder of a path as the system finds it, which steps up from where a link leads.
func parent(path string) string {
	folder, _ := filepath.Split(path)
	if trimmed := strings.TrimRight(folder, string(os.PathSeparator)); trimmed != "" || folder == "" {
		return cmp.Or(trimmed, ".")
	}
	return folder
}

// replaces reports whether two outputs are the same file, or would be the same name.
func (o *Output) replaces(other *Output) bool {
	switch {
	case o.temp == nil:
		return false
	case o.was.info != nil && other.was.info != nil:
		return os.SameFile(o.was.info, other.was.info)
	}
	return filepath.Base(o.path) == filepath.Base(other.path) && os.SameFile(o.folder, other.folder)
}

// Open reports whether there is something to write to.
func (o *Output) Open() bool { return o.path != "" }

// Writes says what is written to the file.
func (o *Output) Writes(write func(io.Writer) error) { o.write = write }

// Drop leaves the file as it is, or isn't.
func (o *Output) Drop() {
	if o.temp != nil {
		o.temp.drop()
	}
	o.path, o.temp, o.stream = "", nil, nil
}

// Commit writes everything until the context ends: first the files, then, all at once, their names, so that on an error
// all are as they were, or else a [PartialError] tells which; last what goes to a terminal, a pipe or the like.
func (s *Set) Commit(ctx context.Context) error {
	defer s.Abort()
	for _, o := range s.outputs {
		if o.temp == nil {
			continue
		}
		if err := o.fill(ctx); err != nil {
			return fmt.Errorf("writing %s: %w", o.path, cause(err))
		}
	}
	held := s.turn()
	err := s.rename(held)
	for _, t := range held {
		t.drop()
	}
	if err != nil {
		return err
	}
	for _, o := range s.outputs {
		if o.temp != nil {
			continue
		}
		if err := o.send(ctx); err != nil {
			return fmt.Errorf("writing %s: %w", o.path, err)
		}
	}
	return nil
}

// fill writes the temporary file, until its bytes are on the disk.
func (o *Output) fill(ctx context.Context) error {
	if err := buffered(ctx, o.temp, o.write); err != nil {
		return err
	}
	return o.temp.Sync()
}

func buffered(ctx context.Context, to io.Writer, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(Until{ctx, to}, 1<<16)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// Until is a writer that fails once the context has ended: what renders into it stops at its next line.
type Until struct {
	Context context.Context
	io.Writer
}

func (u Until) Write(p []byte) (int, error) {
	if u.Context.Err() != nil {
		return 0, errInterrupted
	}
	return u.Writer.Write(p)
}

// rename gives all files their names in the turn that is held, and writes the names to the disk.
func (s *Set) rename(held []*temporary) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return errOver
	}
	var named []*Output
	for _, o := range s.outputs {
		if o.temp == nil {
			continue
		}
		// What is there may be another file by now.
		o.was.info = nil
		regular, err := o.look()
		if err == nil && !regular {
			err = errors.New("got a device or pipe, want the file that was there before")
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", o.path, err)
		}
		if err := s.free(o, named); err != nil {
			return err
		}
		named = append(named, o)
	}
	s.over = true
	defer s.drop()
	var paths []string
	for _, o := range named {
		paths = append(paths, o.path)
	}
	if len(named) > 1 {
		note(held, named)
	}
	for i, o := range named {
		if !locks {
			_ = o.temp.Close()
		}
		err := s.on().Rename(o.temp.Name(), o.path)
		if err != nil {
			err = fmt.Errorf("writing %s: %w", o.path, cause(err))
		}
		switch {
		case err != nil && i > 0:
			return &PartialError{paths[:i], paths[i:], err}
		case err != nil:
			return err
		}
		o.temp.named = true
	}
	// The names are on the disk once the folders are; where a folder can't be synced they get there in their own time.
	for path := range s.swept {
		if folder, err := os.Open(path); err == nil {
			_ = folder.Sync()
			_ = folder.Close()
		}
	}
	return nil
}

// send writes to what is no regular file. Opening a pipe may take until somebody reads it.
func (o *Output) send(ctx context.Context) error {
	if o.path == "" {
		return nil
	}
	if o.stream != nil {
		return buffered(ctx, o.stream, o.write)
	}
	type opened struct {
		file *os.File
		err  error
	}
	waiting := make(chan opened, 1)
	go func() {
		f, err := os.OpenFile(o.path, os.O_WRONLY, 0)
		waiting <- opened{f, err}
	}()
	select {
	case <-ctx.Done():
		return errors.New("interrupted; the files are written")
	case to := <-waiting:
		if to.err != nil {
			return cause(to.err)
		}
		return cause(errors.Join(buffered(ctx, to.file, o.write), to.file.Close()))
	}
}

// Abort removes what has not got its name, and lets nothing be written any more. After Commit it does nothing, so it
// can be deferred.
func (s *Set) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.over = true
		s.drop()
	}
}

func (s *Set) drop() {
	for _, o := range s.outputs {
		if o.temp != nil {
			o.temp.drop()
		}
	}
}

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
