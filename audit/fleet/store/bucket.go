package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
)

// Objects are what a bucket keeps, each written as a whole. The errors wrap fs.ErrExist where an object that is to be
// written is there, and fs.ErrNotExist where one that is to be read is not.
type Objects interface {
	Put(ctx context.Context, key string, content []byte) error
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
	Keys(ctx context.Context, prefix string) ([]string, error)
	String() string
}

// Bucket is a Store in a bucket. What was written there is whole, so that an object without its seal is somebody's who
// should not write there: it is an error, and not one that is not there.
type Bucket struct{ objects Objects }

// InBucket makes a store of a bucket's objects.
func InBucket(o Objects) *Bucket { return &Bucket{o} }

func (b *Bucket) String() string { return b.objects.String() }

// probeKey is written by nobody but [Bucket.Probe].
const probeKey = "probe.json"

// OverwritesError is a bucket in which one run would write over another.
type OverwritesError struct{ place string }

func (e *OverwritesError) Error() string {
	return fmt.Sprintf("trying %s: wrote %s twice, want the second refused", e.place, probeKey)
}

// Probe makes sure that nothing is written over what is there: some stores that speak as S3 does ignore the condition.
func (b *Bucket) Probe(ctx context.Context) error {
	for range 2 {
		err := b.Put(ctx, probeKey, fmt.Appendf(nil, "%q", rand.Text()))
		switch {
		case errors.Is(err, ErrExists):
			return nil
		case err != nil:
			return err
		}
	}
	return &OverwritesError{b.String()}
}

// Put is that of [Store].
func (b *Bucket) Put(ctx context.Context, key string, content []byte) error {
	if err := checkKey(key); err != nil {
		return err
	}
	sealed, err := seal(key, content)
	if err != nil {
		return err
	}
	if err = b.objects.Put(ctx, key, sealed); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("writing %s: %w", key, ErrExists)
	}
	return err
}

// Get is that of [Store].
func (b *Bucket) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	stored, err := b.objects.Get(ctx, key, limit+lastLine)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading %s: it %w", key, ErrAbsent)
	case err != nil:
		return nil, err
	}
	content, err := unseal(key, bytes.NewReader(stored), limit)
	var torn *tornError
	switch {
	case errors.As(err, &torn):
		return nil, fmt.Errorf("reading %s of %s: %s: it %w", key, b, torn, ErrForeign)
	case err != nil:
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return content, nil
}

// Keys is that of [Store].
func (b *Bucket) Keys(ctx context.Context, prefix string) ([]string, error) {
	return b.objects.Keys(ctx, prefix)
}
