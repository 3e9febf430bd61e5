package saved

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/audit/message"
	"sekisho/report/files"
)

func named(path string) files.Input { return new(files.Set).Input("the file", path) }

// What is larger than the bound is refused with the bound and what came: a file, UTF-16 or not, and all files of a folder
// together.
func TestLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	caller := `{"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a", "UserId": "AIDAEXAMPLE"}`
	large := `{"schema": "sekisho/snapshot/v1", "more": "` + strings.Repeat("x", 200) + `"}`
	write("folder/a.json", caller)
	write("folder/b.json", caller)
	const setting = "raise the setting read.max_mib"
	for path, got := range map[string]string{
		write("s.json", large): fmt.Sprintf("%d bytes, want 150 bytes at most", len(large)), write("wide.json", "{\x00"+strings.Repeat("x\x00", 100)): "202 bytes, want 150 bytes at most",
		write("e.zip", "PK"+large): fmt.Sprintf("%d bytes, want 150 bytes at most", len(large)+2), filepath.Join(dir, "folder"): "more than 150 bytes, want that at most",
	} {
		_, err := within(&opener{Input: named(path), ctx: t.Context(), want: Evidence | Snapshot | Folder, checked: true, limit: 150})
		var unusable *Error
		if !errors.As(err, &unusable) || err.Error() != "reading "+path+": got "+got || !strings.Contains(unusable.Hint, setting) {
			t.Errorf("%s: got %v, want the bound and how to raise it", filepath.Base(path), err)
		}
	}
	if f, err := within(&opener{Input: named(filepath.Join(dir, "folder")), ctx: t.Context(), want: Folder, checked: true, limit: int64(2 * len(caller))}); err != nil || f.Kind != Folder {
		t.Errorf("got %v of a folder as large as the bound, want it", err)
	}
	exact := write("exact", strings.Repeat("x", 1<<20))
	if data, err := Bytes(t.Context(), named(exact), 1<<20); err != nil || len(data) != 1<<20 {
		t.Errorf("got %d bytes and %v of a file as large as the bound, want it", len(data), err)
	}
	for name, read := range map[string]func() ([]byte, error){
		"a file": func() ([]byte, error) { return Bytes(t.Context(), named("/dev/zero"), 1<<20) },
		"stdin": func() ([]byte, error) {
			return Stream(t.Context(), "stdin", strings.NewReader(strings.Repeat("x", 1<<20+1)), 1<<20)
		},
	} {
		_, err := read()
		var over *LargeError
		if !errors.As(err, &over) || err.Error() != "got more than 1 MiB, want that at most" || over.Hint() != "was another file meant? none of this kind is that large" {
			t.Errorf("%s: got %v, want the bound, and whether another file was meant", name, err)
		}
	}
}

// A context that ends stops the reading, wherever it is: reading goes on for one piece at most.
func TestReadingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	endless := &counted{at: 3, do: interrupt}
	if _, err := io.ReadAll(&bounded{ctx, endless, 1 << 30, &LargeError{}}); !errors.Is(err, context.Canceled) || endless.reads != 3 {
		t.Errorf("got %v after %d pieces, want none after the third, which interrupted it", err, endless.reads)
	}
	if _, err := Stream(ctx, "stdin", endless, 1<<30); err == nil || err.Error() != "reading stdin: interrupted" {
		t.Errorf("got %v, want it interrupted", err)
	}
}

// counted is a reader without end that does something at one of its pieces.
type counted struct {
	reads, at int
	do        func()
}

func (c *counted) Read(p []byte) (int, error) {
	if c.reads++; c.reads == c.at {
		c.do()
	}
	return len(p), nil
}

// Work isn't begun once the context has ended: what was left behind may still be at it.
func TestNothingBeginsAfterTheEnd(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	begun := make(chan struct{})
	if _, err := Interruptible(ctx, message.New("working"), func() (int, error) { close(begun); return 1, nil }); err == nil || err.Error() != "working: interrupted" {
		t.Errorf("got %v, want it interrupted", err)
	}
	select {
	case <-begun:
		t.Error("got work that was begun, want none")
	default:
	}
}
