package clifiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// The codes of the gaps that only files have.
const (
	// NotProvided is the code for a section of which no file holds the answer.
	NotProvided = "NotProvided"
	// Incomplete is the code for a list of which the files hold a part.
	Incomplete = "Incomplete"
	// CommandFailed is the code for an answer that the aws command could not get, without an error of AWS's.
	CommandFailed = "CommandFailed"
)

// Warning is a file, or a part of one, that takes no part in the snapshot.
type Warning struct {
	File string
	Text message.Message
}

func (w Warning) String() string { return w.File + ": " + w.Text.String() }

// Error is a file that can't be used, files that contradict each other, or, without Files, a folder that can't be used.
type Error struct {
	Files []string
	Err   error
}

func (e *Error) Error() string {
	if len(e.Files) == 0 {
		return e.Err.Error()
	}
	return strings.Join(e.Files, " and ") + ": " + e.Err.Error()
}

// Unwrap returns what was wrong.
func (e *Error) Unwrap() error { return e.Err }

// Read reads all files below fsys, save for those whose names begin with a dot, and returns the snapshot that they
// make, without a bill. How large a file may be is for fsys to say. A file that is no answer of the aws command is a warning. A file that is torn, files that
// contradict each other and files of two accounts are errors of type *Error; so is a folder in which nothing tells the
// account. Elements of tolerate count as empty lists where answers lack them.
func Read(fsys fs.FS, tolerate ...string) (*account.Snapshot, []Warning, error) {
	r := &reader{kinds: kinds(), held: map[place]any{}, tolerate: tolerate, tolerated: map[account.Tolerated]int{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		return r.file(fsys, name)
	})
	if err != nil {
		return nil, r.warnings, err
	}
	s, err := r.assemble()
	return s, r.warnings, err
}

// MarkMissing adds a gap for each of the account-wide sections that is neither answered nor a gap already. Where the
// account's regions are known, it adds one for each that is in use and of which the analyzers are neither.
func MarkMissing(s *account.Snapshot, sections []account.Section) {
	missing := func(c Command, region string) {
		if slices.ContainsFunc(s.Gaps, func(g account.Gap) bool { return g.Section == c.Section && g.Resource == region }) {
			return
		}
		args := c.Args
		if region != "" {
			args = slices.Concat(args, []string{c.Each.Option(), region})
		}
		gap := account.Gap{Section: c.Section, Resource: region, Action: c.Action}
		s.Gaps = append(s.Gaps, gap.Because(NotProvided, message.New("no file holds the answer of aws %s", strings.Join(args, " "))))
	}
	for _, section := range sections {
		if c, ok := CommandFor(section); ok && !section.PerUser() && !s.Answered(section, "", "") {
			missing(c, "")
		}
	}
	if s.AccessAnalyzers != nil {
		for _, region := range s.AccessAnalyzers.Value.Regions {
			if region.Enabled() && s.AccessAnalyzers.Value.ByRegion[region.Name] == nil {
				missing(analyzersCommand(), region.Name)
			}
		}
	}
	slices.SortFunc(s.Gaps, account.Gap.Compare)
}

// reader gathers what the files say.
type reader struct {
	kinds    []kind
	warnings []Warning
	owner    owner
	noPolicy owner // of whom AWS said that no password policy is set; the error tells no partition

	generated time.Time   // of the credential report; zero where no file tells
	told      []time.Time // the newest time of each answer
	modified  time.Time   // of the newest file that was used

	caller single[account.Caller]
	report single[string] // CSV
	held   map[place]any  // all other answers; see held

	allUsers     bool   // some list of service-specific credentials says that it is of all users, or names two
	maybeOneUser string // the last file with one that doesn't

	failed []account.Gap

	tolerate  []string
	tolerated map[account.Tolerated]int // answers that lack an element
}

// owner is the account that the files are of, and the file that said so first.
type owner struct{ partition, id, file string }

// file reads one file and takes from it what it holds.
func (r *reader) file(fsys fs.FS, name string) error {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		r.warn(name, message.New("is no regular file; it was not read"))
		return nil
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	used, err := r.content(name, bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))))
	if used && info.ModTime().After(r.modified) {
		r.modified = info.ModTime()
	}
	var own *Error
	if err != nil && !errors.As(err, &own) {
		err = &Error{[]string{name}, err}
	}
	return err
}

// content recognises a file's text: JSON values one after the other, an error of the aws command, or a decoded
// credential report.
func (r *reader) content(name string, data []byte) (used bool, err error) {
	switch {
	case len(data) == 0:
		r.warn(name, message.New("is empty; the command that was to fill it may have failed"))
		return false, nil
	case data[0] == '{' || data[0] == '[':
		return r.json(name, data)
	case errorLine.Match(data):
		return r.failure(name, data)
	case bytes.HasPrefix(data, []byte("aws ")):
		return r.noAnswer(name, data), nil
	case looksLikeReport(data):
		return true, r.credentialReport(name, string(data), time.Time{})
	}
	r.warn(name, message.New(notRecognised))
	return false, nil
}

const notRecognised = "is not recognised; want an answer of the aws command with --output json, or the decoded credential report"

// json takes the JSON values of a file: usually one, and several where pages were appended or put into a list.
func (r *reader) json(name string, data []byte) (used bool, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return used, nil
		}
		if err != nil {
			return used, fmt.Errorf("reading JSON after %d of %d bytes: %w", decoder.InputOffset(), len(data), err)
		}
		values := []json.RawMessage{value}
		if value[0] == '[' {
			if err := json.Unmarshal(value, &values); err != nil {
				return used, err
			}
		}
		for _, value := range values {
			taken, err := r.document(name, value)
			if err != nil {
				return used, err
			}
			used = used || taken
		}
	}
}

func (r *reader) warn(file string, text message.Message) {
	r.warnings = append(r.warnings, Warning{file, text})
}

// owned notes the account that an ARN names. AWS's own policies and serial numbers of hardware tokens name none.
func (r *reader) owned(file string, arns ...string) error {
	for _, text := range arns {
		arn, err := account.ParseARN(text)
		if err != nil || arn.Account == "" || arn.Account == "aws" {
			continue
		}
		if r.owner == (owner{}) {
			r.owner = owner{arn.Partition, arn.Account, file}
		}
		if got := (owner{arn.Partition, arn.Account, r.owner.file}); got != r.owner {
			return contradiction(r.owner.file, file, fmt.Errorf("got answers of two accounts, %s (%s) and %s (%s), want those of one",
				r.owner.id, r.owner.partition, got.id, got.partition))
		}
	}
	return nil
}

// note notes what an answer tells besides.
func (r *reader) note(file string, d *decoder) error {
	r.told = append(r.told, d.newest)
	return r.owned(file, d.owners...)
}

// whole reports what an answer lacks that it must have. Lists that count as empty are noted, and lacking no more.
func (r *reader) whole(d *account.Descriptor, told *decoder) error {
	if e := told.lacking; e != nil {
		return message.Errorf("got %s without %s", e.Structure, e.Member)
	}
	for _, element := range slices.Sorted(maps.Keys(told.absent)) {
		if !slices.Contains(r.tolerate, element) {
			return message.Errorf("got no %s, which doesn't say that there are none, want the list, empty or not", element)
		}
		r.tolerated[account.Tolerated{Action: d.Action(), Element: element}]++
	}
	return nil
}

// contradiction is an error about two files, or about one that contradicts itself.
func contradiction(first, second string, err error) *Error {
	if first == second {
		return &Error{[]string{first}, err}
	}
	return &Error{[]string{first, second}, err}
}
