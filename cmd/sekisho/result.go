package main

import (
	"bufio"
	"context"
	"io"
	"path/filepath"

	"github.com/spf13/pflag"

	"sekisho/audit/message"
	"sekisho/report/files"
	"sekisho/report/format"
	"sekisho/report/saved"
)

// result is where a command's answer goes: to the files of --output, and to stdout in the format of --format. Every
// command that shows something has one, and it is used in this order: bind; open, before any work is done; write.
type result[T any] struct {
	register format.Register[T]
	name     string   // of the format on stdout
	list     []string // the values of --output
	fresh    bool     // an output that is there already is an error

	stdout  *format.Format[T] // nil: nothing goes there
	outputs []format.Output[T]
	files   []*files.Output // of the outputs
}

// Annotations of a flag whose value is one of these formats, and the extensions that name one.
const (
	formatsOf    = "formats"
	extensionsOf = "extensions"
	ofFolder     = "folder" // … of a flag that names one
)

// bind adds the flags of the formats in a register, and says what it is that is written.
func (r *result[T]) bind(f *pflag.FlagSet, register format.Register[T], what string) {
	r.register = register
	f.StringVarP(&r.name, "format", "f", register[0].Name, "`FORMAT` of "+what+" on stdout: "+register.Help())
	f.StringArrayVarP(&r.list, "output", "o", nil, "write "+what+" to `[FORMAT:]FILE` too (repeatable)")
	f.Lookup("format").Annotations = map[string][]string{formatsOf: register.Names(), extensionsOf: register.Extensions()}
}

// open reads the flags and opens the files of --output. If silent, nothing goes to stdout.
func (r *result[T]) open(sys system, silent bool) error {
	f, err := r.register.Named(r.name)
	if err != nil {
		return usagef("", "--format: %w", err)
	}
	if !silent {
		r.stdout = &f
	}
	for _, s := range r.list {
		o, err := r.register.ParseOutput(s)
		if err != nil {
			return usagef("", "--output: %w", err)
		}
		file, err := sys.files.Create("--output", o.Path)
		if err != nil {
			return err
		}
		r.outputs, r.files = append(r.outputs, o), append(r.files, file)
	}
	if !r.fresh {
		return nil
	}
	for _, file := range r.files {
		if err := file.Fresh(); err != nil {
			return usagef("give it another name, or move the old one away", "%w", err)
		}
	}
	return nil
}

// formats lists the names of those that were chosen.
func (r *result[T]) formats() []string {
	var names []string
	if r.stdout != nil {
		names = append(names, r.stdout.Name)
	}
	for _, o := range r.outputs {
		names = append(names, o.Format.Name)
	}
	return names
}

// path is where the first file of a format is written; empty where there is none.
func (r *result[T]) path(name string) string {
	for _, o := range r.outputs {
		if o.Format.Name == name {
			return o.Path
		}
	}
	return ""
}

// write writes all files of the run, then prints to stdout: someone who reads that may rely on the files.
func (r *result[T]) write(ctx context.Context, sys system, what T, options format.Options) error {
	plain := options
	plain.Width, plain.Color = plainWidth, false
	for i, o := range r.outputs {
		own := plain
		own.Folder = filepath.Dir(o.Path)
		r.files[i].Writes(func(w io.Writer) error { return o.Format.Render(w, what, own) })
	}
	if err := sys.files.Commit(ctx); err != nil {
		return err
	}
	if r.stdout == nil {
		return nil
	}
	// A pipe may take nothing for long.
	_, err := saved.Interruptible(ctx, message.New("writing the answer"), func() (struct{}, error) {
		w := bufio.NewWriter(files.Until{Context: ctx, Writer: sys.stdout})
		if err := r.stdout.Render(w, what, options); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, w.Flush()
	})
	return err
}
