package store

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// stores are all kinds of stores, each of them empty.
func stores(t *testing.T) map[string]Store {
	return map[string]Store{
		"folder":                folder(t),
		"bucket":                bucket(t, served(t)),
		"bucket in small pages": bucket(t, served(t, inSmallPages)),
	}
}

func put(t *testing.T, s Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func TestObjectsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		for _, key := range []string{"manifest.json", "accounts/1.json.gz", "accounts/10.json.gz", "accounts/9.json.gz", "snapshots/1/ab.json.gz"} {
			put(t, s, key, "the first\n")
			if err := s.Put(t.Context(), key, []byte("the second")); !errors.Is(err, ErrExists) {
				t.Errorf("%s: %s: got %v for the second, want that it is there", name, key, err)
			}
			if got, err := s.Get(t.Context(), key, 100); err != nil || string(got) != "the first\n" {
				t.Errorf("%s: %s: got %q and %v, want the first", name, key, got, err)
			}
			if _, err := s.Get(t.Context(), key, 5); err == nil || errors.Is(err, ErrAbsent) {
				t.Errorf("%s: %s: got %v, want an object refused that is larger than the limit", name, key, err)
			}
		}
		if _, err := s.Get(t.Context(), "accounts/2.json.gz", 100); !errors.Is(err, ErrAbsent) {
			t.Errorf("%s: got %v, want that it is not there", name, err)
		}
		keys, err := s.Keys(t.Context(), "accounts/")
		if err != nil || !slices.Equal(keys, []string{"accounts/1.json.gz", "accounts/10.json.gz", "accounts/9.json.gz"}) {
			t.Errorf("%s: got the keys %v and %v, want the three accounts", name, keys, err)
		}
		if keys, err := s.Keys(t.Context(), "failures/1/"); err != nil || len(keys) > 0 {
			t.Errorf("%s: got the keys %v and %v of what is not there, want none", name, keys, err)
		}
		for _, key := range []string{"../secret.json", "/etc/passwd", "accounts/../x", "accounts//x", ".hidden", `a\b`, ""} {
			if got, err := s.Get(t.Context(), key, 1000); err == nil || errors.Is(err, ErrAbsent) {
				t.Errorf("%s: %q: got %q and %v, want it refused", name, key, got, err)
			}
			if err := s.Put(t.Context(), key, []byte("x")); err == nil || errors.Is(err, ErrExists) {
				t.Errorf("%s: %q: got %v, want it refused", name, key, err)
			}
		}
		f, ok := s.(*Folder)
		if !ok {
			continue
		}
		err = filepath.WalkDir(f.String(), func(path string, entry fs.DirEntry, err error) error {
			if strings.HasPrefix(entry.Name(), ".") {
				t.Errorf("got %s left over", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestOneOfManyWritersIsFirst(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		var first atomic.Int32
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				err := s.Put(t.Context(), "accounts/1.json.gz", bytes.Repeat([]byte{byte('a' + i)}, 1000))
				switch {
				case err == nil:
					first.Add(1)
				case !errors.Is(err, ErrExists):
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		if got := first.Load(); got != 1 {
			t.Errorf("%s: got %d writers who were first, want one", name, got)
		}
		got, err := s.Get(t.Context(), "accounts/1.json.gz", 1000)
		if err != nil || len(got) != 1000 || len(bytes.Trim(got, string(got[:1]))) > 0 {
			t.Errorf("%s: got %.20q… and %v, want what one of them wrote", name, got, err)
		}
	}
}
