package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func folder(t *testing.T) *Folder {
	t.Helper()
	f, err := OpenFolder(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Wherever an object is cut off, and whichever of its bytes is another, it is not there, and is written anew.
func TestTornObjectsAreNotThere(t *testing.T) {
	t.Parallel()
	const content = `{"account": "123456789012", "text": "what is in it"}`
	for _, key := range []string{"plain.json", "packed.json.gz"} {
		whole, err := seal(key, []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		for n := range whole {
			if got, err := unseal(key, bytes.NewReader(whole[:n]), 1000); !errors.Is(err, ErrAbsent) {
				t.Errorf("%s cut off at %d of %d: got %q and %v, want it not there", key, n, len(whole), got, err)
			}
			other := bytes.Clone(whole)
			other[n] ^= 0x20
			if got, err := unseal(key, bytes.NewReader(other), 1000); err == nil && string(got) != content {
				t.Errorf("%s with another byte at %d: got %q, want it refused", key, n, got)
			}
		}
		f := folder(t)
		for _, n := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
			if err := os.WriteFile(filepath.Join(f.String(), key), whole[:n], 0o600); err != nil {
				t.Fatal(err)
			}
			put(t, f, key, content)
			if got, err := f.Get(t.Context(), key, 1000); err != nil || string(got) != content {
				t.Errorf("%s: got %q and %v after it was cut off at %d and written again, want it whole", key, got, err, n)
			}
			if err := os.Remove(filepath.Join(f.String(), key)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestBombsAreRefused(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 64 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := unseal("bomb.json.gz", &packed, 1<<20); err == nil || !strings.Contains(err.Error(), "more than 1 MiB unpacked") || errors.Is(err, ErrAbsent) {
		t.Errorf("got %v, want it refused at its bound", err)
	}
}

func TestFoldersOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o770, 0o707, 0o777} {
		name := t.TempDir()
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFolder(name); err == nil {
			t.Errorf("got a folder with the mode %v, want it refused", mode)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(file); err == nil {
		t.Error("got a file, want it refused")
	}
}

// What is outside the folder is neither read nor written.
func TestLinksLeadNowhere(t *testing.T) {
	t.Parallel()
	f, outside := folder(t), t.TempDir()
	sealed, err := seal("secret.json", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "secret.json"), sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"accounts": outside, "secret.json": filepath.Join(outside, "secret.json")} {
		if err := os.Symlink(to, filepath.Join(f.String(), name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"secret.json", "accounts/secret.json", "../secret.json", "/etc/passwd", "accounts/../x", ".hidden", `a\b`, ""} {
		if got, err := f.Get(t.Context(), key, 1000); err == nil {
			t.Errorf("%q: got %q, want it refused", key, got)
		}
	}
	for _, key := range []string{"accounts/new.json", "../new.json", ""} {
		if err := f.Put(t.Context(), key, []byte("x")); err == nil {
			t.Errorf("%q: got it written, want it refused", key)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("got %v and %v outside, want what was there", left, err)
	}
}
