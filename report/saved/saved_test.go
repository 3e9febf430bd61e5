package saved_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/evidence"
	"sekisho/report"
	"sekisho/report/files"
	"sekisho/report/saved"
)

var taken = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

const all = saved.Snapshot | saved.Report | saved.Evidence | saved.Folder

// encodings are how a text may be saved, by Sekisho and by PowerShell.
var encodings = map[string]func(string) []byte{
	"UTF-8":                  func(s string) []byte { return []byte(s) },
	"UTF-8 with a mark":      func(s string) []byte { return []byte("\ufeff" + s) },
	"UTF-16LE with a mark":   func(s string) []byte { return wide(binary.LittleEndian, "\ufeff"+s) },
	"UTF-16BE with a mark":   func(s string) []byte { return wide(binary.BigEndian, "\ufeff"+s) },
	"UTF-16LE without a one": func(s string) []byte { return wide(binary.LittleEndian, s) },
	"UTF-16BE without a one": func(s string) []byte { return wide(binary.BigEndian, s) },
}

func wide(order binary.AppendByteOrder, s string) []byte {
	var data []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

func snapshot(t *testing.T) (*account.Snapshot, string) {
	t.Helper()
	s := emulator.Demo(taken)
	alias := "𠮷野家" // outside the basic plane: two units in UTF-16
	s.AccountAliases.Value = []string{alias}
	var text strings.Builder
	if err := s.Write(&text); err != nil {
		t.Fatal(err)
	}
	return s, text.String()
}

func wholeReport(t *testing.T, s *account.Snapshot) string {
	t.Helper()
	r, _ := audit.Evaluate(s, nil, audit.Options{})
	var text strings.Builder
	if err := report.JSON(&text, r); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func archive(t *testing.T, s *account.Snapshot) []byte {
	t.Helper()
	a, err := evidence.New(audit.Tool{Name: "sekisho"}, evidence.RuleSet{}, s,
		evidence.PartOf(evidence.ReportName, nil), evidence.PartOf(evidence.PageName, nil), evidence.PartOf(evidence.ConfigurationName, nil))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := a.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func named(path string) files.Input { return new(files.Set).Input("the file", path) }

func put(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each kind is told by its content, however its text is encoded.
func TestOpenTellsWhatItIs(t *testing.T) {
	t.Parallel()
	s, text := snapshot(t)
	r := wholeReport(t, s)
	answer := `{"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/𠮷", "UserId": "AIDAEXAMPLE"}`
	for name, encode := range encodings {
		f, err := saved.Open(t.Context(), named(put(t, "s", encode(text))), all, saved.DefaultLimit)
		if err != nil || f.Kind != saved.Snapshot || f.Snapshot.AccountAliases.Value[0] != "𠮷野家" || f.Report != nil {
			t.Errorf("%s: got %+v and %v, want the snapshot", name, f, err)
		}
		f, err = saved.Open(t.Context(), named(put(t, "r", encode(r))), all, saved.DefaultLimit)
		if err != nil || f.Kind != saved.Report || *f.Report.Account.Alias != "𠮷野家" || f.Snapshot != nil {
			t.Errorf("%s: got %+v and %v, want the report", name, f, err)
		}
		path := put(t, "caller.json", encode(answer))
		f, err = saved.Open(t.Context(), named(filepath.Dir(path)), all, saved.DefaultLimit)
		if err != nil || f.Kind != saved.Folder || f.Snapshot.Caller.ARN != "arn:aws:iam::123456789012:user/𠮷" {
			t.Errorf("%s: got %+v and %v, want the folder", name, f, err)
		}
	}
	f, err := saved.Open(t.Context(), named(put(t, "e", archive(t, s))), all, saved.DefaultLimit)
	if err != nil || f.Kind != saved.Evidence || f.Evidence == nil || f.Snapshot.AccountAliases.Value[0] != "𠮷野家" {
		t.Errorf("got %+v and %v, want the evidence file", f, err)
	}
}

// What is not wanted is refused by its name.
func TestOpenRefusesOtherKinds(t *testing.T) {
	t.Parallel()
	s, text := snapshot(t)
	paths := map[saved.Kind]string{
		saved.Snapshot: put(t, "s", []byte(text)), saved.Report: put(t, "r", []byte(wholeReport(t, s))),
		saved.Evidence: put(t, "e", archive(t, s)), saved.Folder: t.TempDir(),
	}
	for kind, path := range paths {
		want := fmt.Sprintf("reading %s: got %s, want %s", path, kind, all&^kind)
		_, err := saved.Open(t.Context(), named(path), all&^kind, saved.DefaultLimit)
		var unusable *saved.Error
		if !errors.As(err, &unusable) || err.Error() != want || unusable.Got != kind || unusable.Hint == "" {
			t.Errorf("got %v, want %s, with a hint", err, want)
		}
	}
	for kinds, want := range map[saved.Kind]string{
		all:                           "a snapshot, a report, an evidence file or a folder of answers of the aws command",
		saved.Report:                  "a report",
		saved.Snapshot | saved.Folder: "a snapshot or a folder of answers of the aws command",
	} {
		if got := kinds.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The error of a path names it once, keeps its cause, and says where to get what is wanted.
func TestErrorsOfAPath(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "no")
	for want, hint := range map[saved.Kind]string{
		saved.Snapshot:                "want what sekisho audit writes with --save",
		saved.Report | saved.Evidence: "want what sekisho audit writes with -o FILE.json or --evidence",
		saved.Snapshot | saved.Folder: "want what sekisho audit writes with --save, or a folder as the commands of sekisho permissions --commands make it",
		all &^ saved.Folder:           "want what sekisho audit writes with --save, -o FILE.json or --evidence",
	} {
		_, err := saved.Open(t.Context(), named(path), want, saved.DefaultLimit)
		var unusable *saved.Error
		if !errors.As(err, &unusable) || unusable.Hint != hint || !errors.Is(err, fs.ErrNotExist) || err.Error() != "reading "+path+": no such file or directory" {
			t.Errorf("got %v with the hint %q, want the path, its cause and %q", err, unusable.Hint, hint)
		}
	}
	if a, err := saved.Archive(t.Context(), named(path), saved.DefaultLimit); a != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v and %v, want an error alone", a, err)
	}
	inner := &account.FormatError{Name: "snapshot.json", Err: errors.New("broken")}
	for name, want := range map[string]string{"snapshot.json": inner.Error(), "a.zip": "reading a.zip: " + inner.Error()} {
		if got := (&saved.Error{Path: name, Err: inner}).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if runtime.GOOS == "linux" {
		if f, err := saved.Open(t.Context(), named("/proc/self/mem"), all, saved.DefaultLimit); f != nil || !errors.Is(err, syscall.EIO) {
			t.Errorf("got %v and %v of what can't be read, want %v", f, err, syscall.EIO)
		}
	}
}

func TestOpenRefusesWhatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s, text := snapshot(t)
	r := wholeReport(t, s)
	since := strings.Replace(r, "\n", "\n  \"baseline\": {},\n", 1)
	damaged := bytes.Replace(archive(t, s), []byte("user_creation_time"), []byte("user_creation_timE"), 1)
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, "got an empty file, want a snapshot, a report"},
		"a mark alone":     {[]byte("\ufeff"), "got an empty file"},
		"text":             {[]byte("Hello."), "got neither JSON nor a zip archive, want a snapshot"},
		"a list":           {[]byte("[]"), "got JSON that is no object"},
		"no schema":        {[]byte("{}"), "got JSON without a schema"},
		"a numeric schema": {[]byte(`{"schema":1}`), "got a schema that is no text"},
		"another schema":   {[]byte(`{"a":{"schema":"no"},"schema":"sekisho/report/v9"}`), `got schema "sekisho/report/v9", want a snapshot`},
		"torn at once":     {[]byte(`{"a":1,`), "got JSON that ends in the middle"},
		"torn snapshot":    {[]byte(text[:len(text)/2]), "unexpected end of JSON input"},
		"torn report":      {[]byte(r[:len(r)/2]), "reading a report: got a file that ends in the middle"},
		"only what is new": {[]byte(since), "got a report with only what was new since a baseline, want a whole one or a snapshot"},
		"half a character": {append(wide(binary.LittleEndian, "\ufeff{}"), '1'), "got UTF-16 that ends within a character"},
		"half a pair":      {append(wide(binary.BigEndian, "\ufeff{"), 0xd8, 0x42, 0, '}'), "got UTF-16 with half a character at byte 4"},
		"no archive":       {[]byte("PK, but no archive"), "reading the evidence: "},
		"damaged evidence": {damaged, "reading the evidence: "},
	} {
		path := put(t, "file", test.data)
		_, err := saved.Open(t.Context(), named(path), all, saved.DefaultLimit)
		var unusable *saved.Error
		if !errors.As(err, &unusable) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) || unusable.Hint == "" {
			t.Errorf("%s: got %v, want one of %s with %q, and a hint", name, err, path, test.want)
		}
	}
	if _, err := saved.Open(t.Context(), named("missing.json"), all, saved.DefaultLimit); err == nil || err.Error() != "reading missing.json: no such file or directory" {
		t.Errorf("got %v, want no such file", err)
	}
	// What an archive's own command is for is to tell all that is wrong with it.
	if a, err := saved.Archive(t.Context(), named(put(t, "e", damaged)), saved.DefaultLimit); err != nil || len(a.Verify()) == 0 {
		t.Errorf("got %v of damaged evidence, want it with what is wrong", err)
	}
}

// What is in a folder and is no answer is told, beside an error too.
func TestOpenWarnsOfAFolder(t *testing.T) {
	t.Parallel()
	path := put(t, "letter.txt", []byte("Dear auditor"))
	f, err := saved.Open(t.Context(), named(filepath.Dir(path)), all, saved.DefaultLimit)
	if err == nil || f == nil || len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "letter.txt") {
		t.Errorf("got %+v and %v, want an error and a warning of the letter", f, err)
	}
}

// What another command writes into a pipe is read as a file is, and one that writes nothing is left behind when the run
// is interrupted.
func TestOpenOfAPipe(t *testing.T) {
	t.Parallel()
	s, text := snapshot(t)
	for kind, data := range map[saved.Kind][]byte{saved.Snapshot: []byte(text), saved.Evidence: archive(t, s)} {
		path, w := pipe(t)
		go func() {
			_, _ = io.Copy(w, bytes.NewReader(data))
			w.Close()
		}()
		f, err := saved.Open(t.Context(), named(path), all, saved.DefaultLimit)
		if err != nil || f.Kind != kind || !f.Snapshot.TakenAt.Equal(taken) {
			t.Errorf("got %+v and %v, want %s", f, err, kind)
		}
	}
	path, w := pipe(t)
	defer w.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if f, err := saved.Open(ctx, named(path), all, saved.DefaultLimit); f != nil || err == nil || err.Error() != "reading "+path+": interrupted" {
		t.Errorf("got %+v and %v, want it interrupted", f, err)
	}
}

// pipe makes a pipe with a name.
func pipe(t *testing.T) (path string, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	path = fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Fatal("want names of open files: ", err)
	}
	return path, w
}
