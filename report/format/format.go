// Package format holds what the formats of all commands have in common: a format has a name, the extensions of the
// files that are plainly of it, and what writes it. A command shows one kind of thing and has one [Register] of formats
// for it; the values of --format and --output, their help, what a shell completes and the errors all come from that
// register. The formats themselves are in the packages of their renderers.
package format

import (
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Options say how something is written. A format does without those that don't concern it.
type Options struct {
	Width   int  // columns of a table; 0 means 80
	Color   bool // the escape sequences of a terminal
	Verbose bool // more of it, such as what passed
	BOM     bool // a byte order mark before CSV, by which Excel knows that it is UTF-8
	// Language is what people are spoken to in; nil is English. What programs read doesn't depend on it.
	Language *message.Language
	// Folder is where the file lies that is written; empty for stdout.
	Folder string
}

// Format is a way to write a T.
type Format[T any] struct {
	Name       string
	Extensions []string // of files that are plainly of this format, with the dot, in lower case
	Render     func(io.Writer, T, Options) error
}

// Plain makes a Render of what has no options.
func Plain[T any](render func(io.Writer, T) error) func(io.Writer, T, Options) error {
	return func(w io.Writer, t T, _ Options) error { return render(w, t) }
}

// Register lists the formats of a T, the default one first.
type Register[T any] []Format[T]

// Names lists the names of the formats.
func (r Register[T]) Names() []string {
	return lists.Map(r, func(f Format[T]) string { return f.Name })
}

// Extensions lists the extensions that name a format.
func (r Register[T]) Extensions() []string {
	var extensions []string
	for _, f := range r {
		extensions = append(extensions, f.Extensions...)
	}
	return extensions
}

// Help lists the names for a sentence: "table, json, html".
func (r Register[T]) Help() string { return strings.Join(r.Names(), ", ") }

// Named returns the format of that name.
func (r Register[T]) Named(name string) (Format[T], error) {
	if i := slices.IndexFunc(r, func(f Format[T]) bool { return f.Name == name }); i >= 0 {
		return r[i], nil
	}
	return Format[T]{}, fmt.Errorf("got format %q, want one of %s", name, r.Help())
}

// Output is a file that a T is to be written to, in a format.
type Output[T any] struct {
	Format Format[T]
	Path   string
}

var prefix = regexp.MustCompile(`^([a-z][a-z0-9-]+):(.*)$`)

// ParseOutput reads [FORMAT:]FILE. Without FORMAT the file's extension says it. A file whose name begins with a word
// and a colon is written ./word:name.
func (r Register[T]) ParseOutput(s string) (Output[T], error) {
	fail := func(format string, args ...any) (Output[T], error) {
		return Output[T]{}, fmt.Errorf("reading the output %q: "+format, append([]any{s}, args...)...)
	}
	path, name := s, ""
	if m := prefix.FindStringSubmatch(s); m != nil {
		name, path = m[1], m[2]
	}
	switch path {
	case "":
		return fail("got no file name")
	case "-":
		return fail("got -, want a file name (standard output is --format's)")
	}
	if name != "" {
		f, err := r.Named(name)
		if err != nil {
			return fail("%w", err)
		}
		return Output[T]{f, path}, nil
	}
	extension := strings.ToLower(filepath.Ext(path))
	if i := slices.IndexFunc(r, func(f Format[T]) bool { return slices.Contains(f.Extensions, extension) }); i >= 0 {
		return Output[T]{r[i], path}, nil
	}
	return fail("got extension %q, want one of %s, or FORMAT:FILE with one of the formats %s", extension, strings.Join(r.Extensions(), " "), r.Help())
}
