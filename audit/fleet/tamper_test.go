package fleet_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
)

// Whatever somebody does to the store, no account passes for it: the one whose objects it is becomes unknown, and the
// report of the others stays.
func TestNothingInTheStoreIsBelieved(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 4, 1)
	c.run(t, folder, -1)
	clean, _ := c.merge(t, folder)
	victim, other := c.manifest.Accounts[1].ID, c.manifest.Accounts[2].ID
	kinds := map[string]func(*testing.T) *box{
		"folder": func(t *testing.T) *box { return inFolder(t, folder) }, "bucket": func(t *testing.T) *box { return inBucket(t, folder) },
	}
	object := func(id string) string { return "accounts/" + id + ".json.gz" }

	for _, test := range []struct {
		name, says string
		tamper     func(t *testing.T, in *box)
		gone       bool   // nothing is there any more, so that it is to be audited again
		only       string // in this kind of store
	}{
		{name: "object is another account's", says: "of the account", tamper: func(t *testing.T, in *box) { in.copy(object(other), object(victim)) }},
		{name: "object is no JSON", says: "not believed", tamper: func(t *testing.T, in *box) { in.put(object(victim), "nonsense") }},
		{name: "object is of another run", says: "of the run", tamper: func(t *testing.T, in *box) { in.edit(object(victim), `"run_id":"run-1"`, `"run_id":"run-2"`) }},
		{name: "object is of another manifest", says: "another manifest", tamper: func(t *testing.T, in *box) { in.edit(object(victim), c.digest, strings.Repeat("0", 64)) }},
		{name: "object is of another version", says: "schema", tamper: func(t *testing.T, in *box) { in.edit(object(victim), "fleet-account/v1", "fleet-account/v9") }},
		{name: "report says that all is well", says: "does not follow", tamper: func(t *testing.T, in *box) {
			in.report(object(victim), func(r map[string]any) { r["findings"] = []any{} })
		}},
		{name: "report is of another version", says: "merge with the version", tamper: func(t *testing.T, in *box) {
			in.report(object(victim), func(r map[string]any) { r["tool"].(map[string]any)["version"] = "v9" })
		}},
		{name: "snapshot is not there", says: "snapshot is not there", tamper: func(t *testing.T, in *box) { in.remove(in.snapshot(victim)) }},
		{name: "snapshot is another account's", says: "SHA-256", tamper: func(t *testing.T, in *box) { in.copy(in.snapshot(other), in.snapshot(victim)) }},
		{name: "snapshot was changed", says: "SHA-256", tamper: func(t *testing.T, in *box) { in.edit(in.snapshot(victim), `"gaps": []`, `"gaps": [ ]`) }},
		{name: "object and snapshot are another account's", says: "of the account", tamper: func(t *testing.T, in *box) {
			in.copy(in.snapshot(other), "snapshots/"+victim+"/"+filepath.Base(in.snapshot(other)))
			in.copy(object(other), object(victim))
			in.edit(object(victim), `"account_id":"`+other+`"`, `"account_id":"`+victim+`"`)
		}},
		{name: "object is cut off", only: "folder", says: "nobody has audited it yet", gone: true, tamper: func(t *testing.T, in *box) { in.truncate(object(victim)) }},
		{name: "snapshot is cut off", only: "folder", says: "snapshot is not there", tamper: func(t *testing.T, in *box) { in.truncate(in.snapshot(victim)) }},
		{name: "object is cut off", only: "bucket", says: "not written by a run", tamper: func(t *testing.T, in *box) { in.truncate(object(victim)) }},
		{name: "snapshot is cut off", only: "bucket", says: "not written by a run", tamper: func(t *testing.T, in *box) { in.truncate(in.snapshot(victim)) }},
		{name: "object is a folder", only: "folder", says: "no file", tamper: func(t *testing.T, in *box) {
			in.remove(object(victim))
			if err := os.Mkdir(in.path(object(victim)), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "object is a link", only: "folder", says: "no file", tamper: func(t *testing.T, in *box) {
			in.remove(object(victim))
			if err := os.Symlink(in.path(object(other)), in.path(object(victim))); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		for kind, copyOf := range kinds {
			if test.only != "" && test.only != kind {
				continue
			}
			t.Run(test.name+" in a "+kind, func(t *testing.T) {
				t.Parallel()
				in := copyOf(t)
				test.tamper(t, in)
				r, _ := c.merge(t, in)
				if r.Summary.Unknown != 1 || r.Accounts[0].ID != victim || !strings.Contains(r.Accounts[0].Message, test.says) {
					t.Errorf("got %+v first of %+v, want %s unknown: %q", r.Accounts[0], r.Summary, victim, test.says)
				}
				for _, row := range r.Accounts[1:] {
					if row.Status != fleet.Audited {
						t.Errorf("got %+v, want the other accounts as they were", row)
					}
				}
				if r.Summary.Audited != clean.Summary.Audited-1 {
					t.Errorf("got %+v, want one account fewer", r.Summary)
				}
				outcome, err := c.runner(in, -1).Run(t.Context())
				if again := err == nil && outcome.Done == 1; again != test.gone {
					t.Errorf("got %+v and %v of another run, want it audited again: %v", outcome, err, test.gone)
				}
			})
		}
	}
	t.Run("foreign objects", func(t *testing.T) {
		t.Parallel()
		in := kinds["folder"](t)
		in.copy(object(victim), object("999999999999"))
		in.put("accounts/notes.txt", "hello")
		r, _ := c.merge(t, in)
		if len(r.Foreign) != 2 || r.Summary.Audited != 4 || r.Summary.Accounts != 4 {
			t.Errorf("got the foreign objects %v and %+v, want two told of and none counted", r.Foreign, r.Summary)
		}
	})
	t.Run("trusted reports contradict nothing but themselves", func(t *testing.T) {
		t.Parallel()
		in := kinds["folder"](t)
		in.report(object(victim), func(r map[string]any) { r["account"].(map[string]any)["id"] = other })
		m := c.merger(in)
		m.Trust = true
		r, err := m.Merge(t.Context())
		if err != nil || r.Summary.Unknown != 1 || r.Accounts[0].ID != victim {
			t.Errorf("got %+v and %v, want the report of another account not believed", r, err)
		}
	})
}

// box is a copy of a store that somebody tampers with.
type box struct {
	store.Store
	t      *testing.T
	remove func(key string)
	cut    func(key string, n int)
	path   func(key string) string // its path, in a folder
}

func inFolder(t *testing.T, from *store.Folder) *box {
	t.Helper()
	name := filepath.Join(t.TempDir(), "run")
	if err := errors.Join(os.CopyFS(name, os.DirFS(from.String())), os.Chmod(name, 0o700)); err != nil {
		t.Fatal(err)
	}
	folder, err := store.OpenFolder(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	path := func(key string) string { return filepath.Join(name, key) }
	return &box{t: t, Store: folder, path: path,
		remove: func(key string) {
			if err := os.Remove(path(key)); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		},
		cut: func(key string, n int) {
			if err := os.Truncate(path(key), int64(n)); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func inBucket(t *testing.T, from *store.Folder) *box {
	t.Helper()
	bucket, served := openBucket(t)
	keys, err := from.Keys(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		stored, err := os.ReadFile(filepath.Join(from.String(), key))
		if err != nil {
			t.Fatal(err)
		}
		served.Keep(bucketPrefix+key, stored)
	}
	return &box{t: t, Store: bucket,
		remove: func(key string) { served.Keep(bucketPrefix+key, nil) },
		cut:    func(key string, n int) { served.Keep(bucketPrefix+key, served.Object(bucketPrefix + key)[:n]) },
	}
}

func (b *box) get(key string) string {
	b.t.Helper()
	content, err := b.Get(b.t.Context(), key, store.Limit)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(content)
}

func (b *box) put(key, content string) {
	b.t.Helper()
	b.remove(key)
	if err := b.Put(b.t.Context(), key, []byte(content)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *box) copy(from, to string) { b.put(to, b.get(from)) }

func (b *box) edit(key, old, with string) {
	b.t.Helper()
	content := b.get(key)
	if !strings.Contains(content, old) {
		b.t.Fatalf("got %.200s, want %q in it", content, old)
	}
	b.put(key, strings.Replace(content, old, with, 1))
}

func (b *box) report(key string, change func(map[string]any)) {
	b.t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(b.get(key)), &object); err != nil {
		b.t.Fatal(err)
	}
	change(object["report"].(map[string]any))
	text, err := json.Marshal(object)
	if err != nil {
		b.t.Fatal(err)
	}
	b.put(key, string(text))
}

func (b *box) truncate(key string) { b.cut(key, 50) }

func (b *box) snapshot(id string) string {
	b.t.Helper()
	keys, err := b.Keys(b.t.Context(), "snapshots/"+id+"/")
	if err != nil || len(keys) != 1 {
		b.t.Fatalf("got %v and %v, want one snapshot", keys, err)
	}
	return keys[0]
}
