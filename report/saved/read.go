package saved

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"sekisho/audit/message"
	"sekisho/report/files"
)

// DefaultLimit is how many bytes a file has at most, and all files of a folder together, unless the setting
// read.max_mib says otherwise. An account of 5,000 users, which is IAM's own limit, has a tenth of it.
const DefaultLimit = 512 << 20

// The bounds of what people write by hand, which no setting changes.
const (
	KeyLimit  = 64 << 10
	ListLimit = 16 << 20 // lists of people and of keys
)

// LargeError is more than is read.
type LargeError struct {
	Limit  int64
	Got    int64 // 0 where it was not read to its end
	Chosen bool  // whether a setting says the limit
}

func (e *LargeError) Error() string {
	if e.Got == 0 {
		return message.New("got more than %s, want that at most", size(e.Limit)).String()
	}
	return message.New("got %s, want %s at most", size(e.Got), size(e.Limit)).String()
}

// Hint says what to do.
func (e *LargeError) Hint() string {
	if e.Chosen {
		return message.New("was another file meant? if not, raise the setting read.max_mib, or SEKISHO_READ_MAX_MIB").String()
	}
	return message.New("was another file meant? none of this kind is that large").String()
}

func size(n int64) message.Message {
	if n%(1<<20) == 0 {
		return message.New("%d MiB", n>>20)
	}
	return message.New("%d bytes", n)
}

// Bytes reads a file whole, or what comes through a pipe: limit bytes at most, and no longer than the context lasts.
func Bytes(ctx context.Context, from files.Input, limit int64) ([]byte, error) {
	return Interruptible(ctx, message.New("reading %s", from.Path), func() ([]byte, error) {
		in, err := from.Open()
		if err != nil {
			return nil, err
		}
		defer in.Close()
		return io.ReadAll(&bounded{ctx, in, limit, &LargeError{Limit: limit}})
	})
}

// Stream is as Bytes, of what is open already, such as stdin.
func Stream(ctx context.Context, name string, in io.Reader, limit int64) ([]byte, error) {
	return Interruptible(ctx, message.New("reading %s", name), func() ([]byte, error) {
		return io.ReadAll(&bounded{ctx, in, limit, &LargeError{Limit: limit}})
	})
}

// bounded is a reader that fails where there is more than is left, and once the context has ended.
type bounded struct {
	ctx  context.Context
	in   io.Reader
	left int64
	over *LargeError
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, b.over
	}
	return n, err
}

// InterruptedError is work that was left behind.
type InterruptedError struct{ Doing message.Message }

func (e *InterruptedError) Error() string { return message.New("%s: interrupted", e.Doing).String() }

// Interruptible does work that may wait for a file or a pipe, or take long, and leaves it behind when the context ends;
// the program ends soon after.
func Interruptible[T any](ctx context.Context, doing message.Message, work func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	if ctx.Err() != nil { // what was left behind may still hold what this would work with
		return *new(T), &InterruptedError{doing}
	}
	done := make(chan answer, 1)
	go func() {
		value, err := work()
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		if ctx.Err() == nil {
			return a.value, a.err
		}
	case <-ctx.Done():
	}
	return *new(T), &InterruptedError{doing}
}

// mostEntries is how much a folder holds at most that is looked through.
const mostEntries = 100_000

// Kept lists the files below a folder whose names end in one of the extensions, in order, by their paths; of what is no
// folder, that itself.
func Kept(ctx context.Context, in files.Input, extensions ...string) ([]string, error) {
	return Interruptible(ctx, message.New("reading %s", in.Path), func() ([]string, error) {
		var found []string
		seen := 0
		err := fs.WalkDir(in.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			switch seen++; {
			case err != nil && path == "." && errors.Is(err, syscall.ENOTDIR):
				found = append(found, in.Path)
				return nil
			case err != nil:
				return err
			case seen > mostEntries:
				return fmt.Errorf("got more than %d files and folders, want that at most", mostEntries)
			case !entry.IsDir() && slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
				found = append(found, filepath.Join(in.Path, filepath.FromSlash(path)))
			}
			return nil
		})
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		if err != nil {
			err = &Error{Path: in.Path, Err: err}
		}
		return found, err
	})
}
