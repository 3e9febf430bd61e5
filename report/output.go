package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit"
	reporthtml "sekisho/report/html"
)

// Format is a way to render a report.
type Format struct {
	Name       string
	Extensions []string // of files that are plainly of this format, with the dot, in lower case
	// Render writes the report. Formats that aren't for a terminal do without the options.
	Render func(io.Writer, *audit.Report, TableOptions) error
}

// Formats lists the formats, the default one first.
func Formats() []Format {
	return []Format{
		{"table", []string{".txt"}, Table},
		{"json", []string{".json"}, plainly(JSON)},
		{"html", []string{".html", ".htm"}, plainly(reporthtml.Render)},
		{"csv", []string{".csv"}, plainly(CSV)},
		{"markdown", []string{".md", ".markdown"}, plainly(Markdown)},
		{"sarif", []string{".sarif"}, plainly(SARIF)},
		{"junit", nil, plainly(JUnit)},
		{"ocsf", nil, plainly(OCSF)},
		{"asff", nil, plainly(ASFF)},
	}
}

func plainly(render func(io.Writer, *audit.Report) error) func(io.Writer, *audit.Report, TableOptions) error {
	return func(w io.Writer, r *audit.Report, _ TableOptions) error { return render(w, r) }
}

// FormatNamed returns the format of that name.
func FormatNamed(name string) (Format, error) {
	formats := Formats()
	if i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name }); i >= 0 {
		return formats[i], nil
	}
	return Format{}, fmt.Errorf("got format %q, want one of %s", name, strings.Join(FormatNames(), ", "))
}

// FormatNames lists the names of the formats.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// Output is a file that a report is to be written to, in a format.
type Output struct {
	Format Format
	Path   string
}

var formatPrefix = regexp.MustCompile(`^([a-z][a-z0-9-]+):(.*)$`)

// ParseOutput reads [FORMAT:]FILE. Without FORMAT the file's extension says it. A file whose name begins with a word and a colon is
// written ./word:name.
func ParseOutput(s string) (Output, error) {
	output := Output{Path: s}
	named := false
	if m := formatPrefix.FindStringSubmatch(s); m != nil {
		format, err := FormatNamed(m[1])
		if err != nil {
			return Output{}, fmt.Errorf("reading the output %q: %w", s, err)
		}
		output, named = Output{format, m[2]}, true
	}
	switch {
	case output.Path == "":
		return Output{}, fmt.Errorf("reading the output %q: got no file name", s)
	case output.Path == "-":
		return Output{}, fmt.Errorf("reading the output %q: got -, want a file name (standard output is --format's)", s)
	case named:
		return output, nil
	}
	extension := strings.ToLower(filepath.Ext(s))
	var known []string
	for _, f := range Formats() {
		if slices.Contains(f.Extensions, extension) {
			output.Format = f
			return output, nil
		}
		known = append(known, f.Extensions...)
	}
	return Output{}, fmt.Errorf("reading the output %q: got extension %q, want one of %s, or FORMAT:FILE with one of the formats %s",
		s, extension, strings.Join(known, " "), strings.Join(FormatNames(), ", "))
}

// ParseOutputs reads several, and refuses one file twice.
func ParseOutputs(list []string) ([]Output, error) {
	var outputs []Output
	seen := map[string]string{}
	for _, s := range list {
		output, err := ParseOutput(s)
		if err != nil {
			return nil, err
		}
		place, err := filepath.Abs(output.Path)
		if err != nil {
			return nil, fmt.Errorf("reading the output %q: %w", s, err)
		}
		if folder, err := filepath.EvalSymlinks(filepath.Dir(place)); err == nil {
			place = filepath.Join(folder, filepath.Base(place))
		}
		if other, twice := seen[place]; twice {
			return nil, fmt.Errorf("reading the outputs: got the file of %q twice, also as %q", s, other)
		}
		seen[place] = s
		outputs = append(outputs, output)
	}
	return outputs, nil
}

// Pending is a file that isn't there yet: what is written to it appears under its name, whole, with [Pending.Commit], and not at
// all without. It is for the user alone (mode 0600), for it lists what is weak in an account.
type Pending struct {
	path   string
	file   *os.File
	buffer *bufio.Writer
	err    error // once it is committed or aborted
}

var errDone = errors.New("the file is committed or aborted already")

// Create opens a temporary file beside path, so that a path that can't be written is an error before anything has been done. What is at path
// stays until Commit. A symbolic link is refused: replacing it would leave its target stale, and writing through it would let whoever may
// write the folder choose the file that is lost.
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

// Commit gives the file its name, once its bytes are on the disk. Where that fails nothing is left behind, and what was at the path stays.
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
