package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/diff"
	"sekisho/report/sanitize"
)

// Options say how a table looks.
type Options struct {
	Width   int // columns; 0 is 80
	Color   bool
	Verbose bool // list what still fails or is still unknown, too
}

// Format is a way to render a comparison.
type Format struct {
	Name       string
	Extensions []string // of files that are plainly of this format
	Render     func(io.Writer, *diff.Diff, Options) error
}

// Formats lists the formats, the default one first.
func Formats() []Format {
	return []Format{
		{"table", []string{".txt"}, Table},
		{"json", []string{".json"}, func(w io.Writer, d *diff.Diff, _ Options) error { return JSON(w, d) }},
		{"markdown", []string{".md", ".markdown"}, Markdown},
		{"html", []string{".html", ".htm"}, func(w io.Writer, d *diff.Diff, _ Options) error { return HTML(w, d) }},
	}
}

// FormatNames lists the names of the formats.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// FormatNamed returns the format of that name.
func FormatNamed(name string) (Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("got format %q, want one of %s", name, strings.Join(FormatNames(), ", "))
}

// Output is a file that a comparison is to be written to, in a format.
type Output struct {
	Format Format
	Path   string
}

var formatPrefix = regexp.MustCompile(`^([a-z][a-z0-9-]+):(.*)$`)

// ParseOutput reads [FORMAT:]FILE. Without FORMAT the file's extension says it.
func ParseOutput(s string) (Output, error) {
	name, path, named := "", s, false
	if m := formatPrefix.FindStringSubmatch(s); m != nil {
		name, path, named = m[1], m[2], true
	}
	if path == "" || path == "-" {
		return Output{}, fmt.Errorf("reading the output %q: got no file name", s)
	}
	if named {
		f, err := FormatNamed(name)
		if err != nil {
			return Output{}, fmt.Errorf("reading the output %q: %w", s, err)
		}
		return Output{f, path}, nil
	}
	extension := strings.ToLower(filepath.Ext(path))
	for _, f := range Formats() {
		if slices.Contains(f.Extensions, extension) {
			return Output{f, path}, nil
		}
	}
	return Output{}, fmt.Errorf("reading the output %q: got extension %q, want FORMAT:FILE with one of the formats %s", s, extension, strings.Join(FormatNames(), ", "))
}

// JSON writes the comparison whole: the same one gives the same bytes.
func JSON(w io.Writer, d *diff.Diff) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(d); err != nil {
		return fmt.Errorf("writing the comparison as JSON: %w", err)
	}
	if _, err := w.Write(sanitize.JSON(text.Bytes())); err != nil {
		return fmt.Errorf("writing the comparison as JSON: %w", err)
	}
	return nil
}
