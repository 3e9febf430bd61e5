// Package saved opens what somebody saved: a snapshot, a report, an evidence file, or a folder of the aws command's
// answers. What a path holds is told by its content, and it is the same for every command: text may come with a byte
// order mark and in UTF-16, as PowerShell writes it, and through a pipe. The command says which kinds it takes; what is
// wrong with any other is said in the same words everywhere.
//
// It is also what reads all other files, such as lists and keys ([Bytes], [Stream]): never more than a bound, and never
// longer than the run lasts.
package saved

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/clifiles"
	"sekisho/audit/evidence"
	"sekisho/audit/message"
	"sekisho/report"
	"sekisho/report/files"
)

// Kind is what a path may hold; kinds are added up to a choice.
type Kind uint8

const (
	Snapshot Kind = 1 << iota // what audit --save writes
	Report                    // what audit -o FILE.json writes
	Evidence                  // what audit --evidence writes
	Folder                    // of answers of the aws command
	Other                     // JSON of something else; nobody wants it
)

var kinds = []struct {
	kind       Kind
	name, made string
}{
	{Snapshot, "a snapshot", "--save"},
	{Report, "a report", "-o FILE.json"},
	{Evidence, "an evidence file", "--evidence"},
	{Folder, "a folder of answers of the aws command", ""},
}

// String names the kinds: "a snapshot or an evidence file".
func (k Kind) String() string {
	var names []string
	for _, one := range kinds {
		if k&one.kind != 0 {
			names = append(names, one.name)
		}
	}
	return either(names)
}

func either(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return message.New("%s or %s", message.Names(0, names[:len(names)-1]), names[len(names)-1]).String()
}

// File is what a path holds.
type File struct {
	Path     string
	Kind     Kind
	Snapshot *account.Snapshot // nil for a report
	Text     [sha256.Size]byte // the sum of what a snapshot was read from
	Report   *audit.Report     // of a report alone
	Evidence *evidence.Archive // of an evidence file alone, whose parts agree with its manifest
	Warnings []string          // of a folder: files that hold no answer
}

// Error is a path that can't be used.
type Error struct {
	Path string
	Err  error
	Hint string
	Got  Kind // what it is, where it is a kind that is not wanted
}

func (e *Error) Error() string {
	var format *account.FormatError
	if errors.As(e.Err, &format) && format.Name == e.Path {
		return format.Error()
	}
	err := e.Err
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Sprintf("reading %s: %v", e.Path, err)
}

func (e *Error) Unwrap() error { return e.Err }

// Open reads what a path holds, limit bytes at most, which must be one of the kinds that are wanted. Errors are of type
// *Error, save those of a context that ended and of a file that the run writes. Nobody looks at the signature of an
// evidence file. The warnings of a folder are there beside an error, too.
func Open(ctx context.Context, in files.Input, want Kind, limit int64, tolerate ...string) (*File, error) {
	return within(&opener{Input: in, ctx: ctx, want: want, checked: true, limit: limit, tolerate: tolerate})
}

// Archive reads an evidence file as it is, right or wrong, for the command that tells all that is wrong with it.
func Archive(ctx context.Context, in files.Input, limit int64) (*evidence.Archive, error) {
	file, err := within(&opener{Input: in, ctx: ctx, want: Evidence, limit: limit})
	if err != nil {
		return nil, err
	}
	return file.Evidence, nil
}

// OpenReport reads a report that was written, alone or into an evidence file, as it stands. Errors are as those of Open.
func OpenReport(ctx context.Context, in files.Input, limit int64) (*audit.Report, error) {
	file, err := within(&opener{Input: in, ctx: ctx, want: Report | Evidence, checked: true, reports: true, limit: limit})
	if err != nil {
		return nil, err
	}
	return file.Report, nil
}

func reportIn(a *evidence.Archive) (*audit.Report, error) {
	data, there := a.Part(evidence.ReportName)
	if !there {
		return nil, errors.New("got an evidence file without a report, want one with it")
	}
	return report.ReadJSON(bytes.NewReader(data))
}

// opener is a path on the way to a File.
type opener struct {
	ctx context.Context
	files.Input
	want    Kind
	checked bool // whether an evidence file must agree with its manifest
	reports bool // whether it is the report of an evidence file that is wanted, and not its snapshot
	limit   int64

	tolerate []string
}

// within lets an opener work until the context ends.
func within(o *opener) (*File, error) {
	return Interruptible(o.ctx, message.New("reading %s", o.Path), func() (*File, error) {
		file, err := o.open()
		var failed *Error
		var large *LargeError
		var taken *files.TakenError
		var remote *files.RemoteError
		switch {
		case errors.As(err, &taken):
			err = taken
		case errors.As(err, &remote):
			err = remote.Err
		case errors.As(err, &large):
			err = &Error{o.Path, large, large.Hint(), 0}
		case err != nil && !errors.As(err, &failed):
			err = &Error{o.Path, err, o.hint(), 0}
		}
		return file, err
	})
}

// bounded bounds what is read, from a file or from all of a folder.
func (o *opener) bounded(in io.Reader) *bounded {
	return &bounded{o.ctx, in, o.limit, &LargeError{Limit: o.limit, Chosen: true}}
}

// hint says where the kinds that are wanted come from.
func (o *opener) hint() string {
	var flags []string
	for _, one := range kinds {
		if o.want&one.kind != 0 && one.made != "" {
			flags = append(flags, one.made)
		}
	}
	hint := message.New("want what sekisho audit writes with %s", either(flags))
	if o.want&Folder != 0 {
		hint = message.New("%s, or a folder as the commands of sekisho permissions --commands make it", hint)
	}
	return hint.String()
}

// take refuses a kind that is not wanted.
func (o *opener) take(kind Kind) error {
	if o.want&kind == 0 {
		return &Error{o.Path, fmt.Errorf("got %s, want %s", kind, o.want), o.hint(), kind}
	}
	return nil
}

func (o *opener) open() (*File, error) {
	in, err := o.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return o.folder()
	}
	text := o.bounded(in)
	if info.Mode().IsRegular() && info.Size() > o.limit {
		text.over.Got = info.Size()
		return nil, text.over
	}
	head := make([]byte, 4)
	n, err := io.ReadFull(text, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	head = head[:n]
	switch {
	case n == 0:
		return nil, fmt.Errorf("got an empty file, want %s", o.want)
	case bytes.HasPrefix(head, []byte("PK")):
		return o.evidence(in, info, head, text)
	}
	utf8, err := decoded(head, text)
	if err != nil {
		return nil, err
	}
	size := 0
	if info.Mode().IsRegular() {
		size = int(info.Size())
	}
	return o.json(utf8, size)
}

// long is a reader of which it is known about how long it is.
type long struct {
	io.Reader
	size int
}

func (l long) Len() int { return l.size }

// json reads a snapshot or a report, which is told by its schema; size is about how long it is, or 0.
func (o *opener) json(text io.Reader, size int) (*File, error) {
	var start bytes.Buffer
	schema, err := schemaOf(io.TeeReader(text, &start), o.want)
	if errors.Is(err, errOther) {
		return nil, &Error{o.Path, err, o.hint(), Other}
	}
	if err != nil {
		return nil, err
	}
	whole := io.MultiReader(&start, text)
	file := &File{Path: o.Path}
	switch schema {
	case account.SnapshotSchema:
		if file.Kind, err = Snapshot, o.take(Snapshot); err == nil {
			sum := sha256.New()
			file.Snapshot, err = account.Read(long{io.TeeReader(whole, sum), size}, o.Path)
			sum.Sum(file.Text[:0])
		}
	case audit.ReportSchema:
		if file.Kind, err = Report, o.take(Report); err == nil {
			file.Report, err = report.ReadJSON(whole)
		}
		if err == nil && file.Report.Baseline != nil {
			err = fmt.Errorf("got a report with only what was new since a baseline, want a whole one or %s", o.want&^Report)
		}
	default:
		err = &Error{o.Path, fmt.Errorf("got schema %q, want %s", schema, o.want), o.hint(), Other}
	}
	return file, err
}

// errOther is JSON that is plainly none of this program's.
var errOther = errors.New("got JSON without a schema")

// schemaOf reads no more of a JSON object than it must to find its schema, which stands first in what this program
// writes.
func schemaOf(text io.Reader, want Kind) (string, error) {
	decoder := json.NewDecoder(text)
	torn := func(err error) error { return fmt.Errorf("got JSON that ends in the middle or is broken: %w", err) }
	open, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return "", fmt.Errorf("got an empty file, want %s", want)
	case err != nil:
		return "", fmt.Errorf("got neither JSON nor a zip archive, want %s: %w", want, err)
	case open != json.Delim('{'):
		return "", fmt.Errorf("got JSON that is no object, want %s", want)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return "", torn(err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return "", torn(err)
		}
		if name != "schema" {
			continue
		}
		var schema string
		if err := json.Unmarshal(value, &schema); err != nil {
			return "", fmt.Errorf("got a schema that is no text, want %s", want)
		}
		return schema, nil
	}
	return "", fmt.Errorf("%w, want %s", errOther, want)
}

// evidence reads a zip archive: where it lies, or what comes through a pipe, from memory.
func (o *opener) evidence(in *os.File, info fs.FileInfo, head []byte, rest io.Reader) (*File, error) {
	if err := o.take(Evidence); err != nil {
		return nil, err
	}
	whole, size := io.ReaderAt(in), info.Size()
	if !info.Mode().IsRegular() {
		data, err := io.ReadAll(io.MultiReader(bytes.NewReader(head), rest))
		if err != nil {
			return nil, err
		}
		whole, size = bytes.NewReader(data), int64(len(data))
	}
	read := evidence.Read
	if o.checked {
		read = evidence.Open
	}
	limits := evidence.DefaultLimits()
	limits.File, limits.Part = o.limit, o.limit
	a, err := read(whole, size, limits)
	var format *evidence.FormatError
	if errors.As(err, &format) {
		return nil, &Error{o.Path, err, message.New("sekisho evidence verify %s lists all that is wrong with it", o.Path).String(), 0}
	}
	if err != nil {
		return nil, err
	}
	file := &File{Path: o.Path, Kind: Evidence, Evidence: a}
	switch {
	case o.reports:
		file.Report, err = reportIn(a)
	case o.checked:
		file.Snapshot, err = a.Snapshot()
	}
	return file, err
}

// folder reads the answers of the aws command.
func (o *opener) folder() (*File, error) {
	if err := o.take(Folder); err != nil {
		return nil, err
	}
	s, warnings, err := clifiles.Read(&answers{o.FS(), o.bounded(nil)}, o.tolerate...)
	if err != nil {
		err = &Error{o.Path, err, "sekisho permissions --commands prints the commands that make such a folder", 0}
	}
	file := &File{Path: o.Path, Kind: Folder, Snapshot: s}
	for _, w := range warnings {
		file.Warnings = append(file.Warnings, w.String())
	}
	return file, err
}
