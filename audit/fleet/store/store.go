// Package store keeps the objects of a run over many accounts, where each is written once and never again: in a folder,
// in a bucket, or wherever else somebody implements a [Store].
package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Store keeps objects under keys such as "accounts/123456789012.json.gz". It may be used concurrently, also by other
// processes.
type Store interface {
	// Put writes an object that is not there yet. ErrExists says that it is: by somebody else, or by an earlier attempt
	// of one's own whose answer was lost.
	Put(ctx context.Context, key string, content []byte) error
	// Get reads the content of an object of at most limit bytes. ErrAbsent says that there is none, or that what is
	// there was never finished.
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
	// Keys lists the keys that begin with a prefix, sorted.
	Keys(ctx context.Context, prefix string) ([]string, error)
	// String is the store's name for people.
	String() string
}

// What a Store says of an object.
var (
	ErrExists = errors.New("is there already")
	ErrAbsent = errors.New("is not there")
	// ErrForeign says that what lies there was put there by somebody else.
	ErrForeign = errors.New("was not written by this run")
)

// lastLine is the number of bytes that the seal takes at most.
const lastLine = 100

// Limit is the number of bytes that an object may have, unpacked: the largest account's snapshot takes a fifth of it.
const Limit = 512 << 20

// seal adds a last line that tells the length and the hash of what stands before it, so that an object which was cut off
// is known as such. Objects whose key ends in .gz are compressed with it.
func seal(key string, content []byte) ([]byte, error) {
	sum := sha256.Sum256(content)
	sealed := fmt.Appendf(bytes.Clone(content), "\n%d %s\n", len(content), hex.EncodeToString(sum[:]))
	if !strings.HasSuffix(key, ".gz") {
		return sealed, nil
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write(sealed)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("packing %s: %w", key, err)
	}
	return packed.Bytes(), nil
}

// tornError is an object that is not whole.
type tornError struct{ problem string }

func (e *tornError) Error() string { return "got " + e.problem }

// Is makes a torn object one that is not there.
func (e *tornError) Is(target error) bool { return target == ErrAbsent }

// unseal gives an object's content, if it is whole and has at most limit bytes.
func unseal(key string, stored io.Reader, limit int64) ([]byte, error) {
	if strings.HasSuffix(key, ".gz") {
		packed, err := gzip.NewReader(stored)
		if err != nil {
			return nil, &tornError{"an object that is cut off or not compressed"}
		}
		stored = packed
	}
	sealed, err := io.ReadAll(io.LimitReader(stored, limit+lastLine+1))
	large := fmt.Errorf("got an object of more than %d MiB unpacked: it %w", limit>>20, ErrForeign)
	switch {
	case int64(len(sealed)) > limit+lastLine:
		return nil, large
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &tornError{"an object that is cut off or damaged"}
	case err != nil:
		return nil, fmt.Errorf("got an object that is damaged (%w): it %w", err, ErrForeign)
	}
	body, ok := bytes.CutSuffix(sealed, []byte("\n"))
	end := bytes.LastIndexByte(body, '\n')
	if !ok || end < 0 {
		return nil, &tornError{"an object without its last line"}
	}
	content := body[:end]
	sum := sha256.Sum256(content)
	if string(body[end+1:]) != fmt.Sprintf("%d %s", len(content), hex.EncodeToString(sum[:])) {
		return nil, &tornError{"an object whose last line is not that of its content"}
	}
	if int64(len(content)) > limit {
		return nil, large
	}
	return content, nil
}
