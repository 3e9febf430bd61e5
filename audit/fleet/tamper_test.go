package fleet_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
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
		{name: "object and snapshot are of before the run", says: "before the run was planned", tamper: func(t *testing.T, in *box) {
			c.replay(t, in, victim, day.Add(-16*time.Minute))
		}},
		{name: "object is a bomb", says: "more than 8 MiB", tamper: func(t *testing.T, in *box) { in.bomb(object(victim)) }},
		{name: "snapshot is a bomb", says: "more than 8 MiB", tamper: func(t *testing.T, in *box) { in.bomb(in.snapshot(victim)) }},
		{name: "object is cut off", only: "folder", says: "nobody has audited it yet", gone: true, tamper: func(t *testing.T, in *box) { in.truncate(object(victim)) }},
		{name: "snapshot is cut off", only: "folder", says: "snapshot is not there", tamper: func(t *testing.T, in *box) { in.truncate(in.snapshot(victim)) }},
		{name: "object is cut off", only: "bucket", says: "not written by this run", tamper: func(t *testing.T, in *box) { in.truncate(object(victim)) }},
		{name: "snapshot is cut off", only: "bucket", says: "not written by this run", tamper: func(t *testing.T, in *box) { in.truncate(in.snapshot(victim)) }},
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
				if again := err == nil && outcome.Done == 1; err != nil || again != test.gone {
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
		in.put("snapshots/999999999999/of-whom.json.gz", "hello")
		in.put("failures/999999999999/000001.json.gz", "hello")
		r, _ := c.merge(t, in)
		if len(r.Foreign) != 4 || r.Summary.Audited != 4 || r.Summary.Accounts != 4 {
			t.Errorf("got the foreign objects %v and %+v, want four told of and none counted", r.Foreign, r.Summary)
		}
	})
	t.Run("clocks that differ", func(t *testing.T) {
		t.Parallel()
		in := kinds["bucket"](t)
		c.replay(t, in, victim, day.Add(-14*time.Minute))
		if r, _ := c.merge(t, in); r.Summary.Audited != 4 {
			t.Errorf("got %+v, want what a machine read whose clock is behind", r.Accounts[0])
		}
	})
	t.Run("trusted reports are of the run", func(t *testing.T) {
		t.Parallel()
		in := kinds["folder"](t)
		c.replay(t, in, victim, day.AddDate(0, -1, 0))
		m := c.merger(in)
		m.Trust = true
		r, err := m.Merge(t.Context())
		if err != nil || r.Summary.Unknown != 1 || !strings.Contains(r.Accounts[0].Message, "before the run was planned") {
			t.Errorf("got %+v and %v, want the report of a month ago not believed", r.Accounts[0], err)
		}
	})
	t.Run("trusted reports have each point", func(t *testing.T) {
		t.Parallel()
		for name, change := range map[string]func(items []any) []any{
			"one less":  func(items []any) []any { return items[1:] },
			"one twice": func(items []any) []any { return append(items[1:], items[1]) },
			"none":      func([]any) []any { return []any{} },
		} {
			in := inFolder(t, folder)
			in.report(object(victim), func(r map[string]any) {
				status := r["security_status"].(map[string]any)
				status["items"] = change(status["items"].([]any))
			})
			m := c.merger(in)
			m.Trust = true
			r, err := m.Merge(t.Context())
			if err != nil || r.Summary.Unknown != 1 || r.Accounts[0].ID != victim || r.Summary.Complete != clean.Summary.Complete-1 {
				t.Errorf("%s: got %+v and %v, want it unknown", name, r.Accounts[0], err)
			}
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

// Of a manifest that somebody changed, no account is audited: each object names the manifest that it follows.
func TestManifestsThatSomebodyChanged(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 4, 1)
	c.run(t, folder, -1)
	victim := c.manifest.Accounts[1].ID
	for name, change := range map[string]func(*fleet.Manifest){
		"an account is left out":   func(m *fleet.Manifest) { m.Accounts[1].NotAudited = fleet.Excluded },
		"an account is not active": func(m *fleet.Manifest) { m.Accounts[1].NotAudited, m.Accounts[1].State = fleet.NotActive, "SUSPENDED" },
		"an account is not in it":  func(m *fleet.Manifest) { m.Accounts = slices.Delete(slices.Clone(m.Accounts), 1, 2) },
		"the settings are others": func(m *fleet.Manifest) {
			m.Configuration = json.RawMessage(`{"max_key_age":"9999d"}`)
			m.ConfigurationSHA256 = digestOf(t, `{"max_key_age":"9999d"}`)
		},
		"the policies are others": func(m *fleet.Manifest) { m.Organization = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := inFolder(t, folder)
			changed := *c.manifest
			changed.Accounts = slices.Clone(changed.Accounts)
			change(&changed)
			text, _, err := changed.Encode()
			if err != nil {
				t.Fatal(err)
			}
			in.put(fleet.ManifestKey, string(text))
			var unusable *fleet.ManifestError
			if _, _, err := fleet.ReadManifest(t.Context(), in, c.digest); !errors.As(err, &unusable) || !strings.Contains(err.Error(), c.digest) {
				t.Errorf("got %v, want it refused by its hash", err)
			}
			m, digest, err := fleet.ReadManifest(t.Context(), in, "")
			if err != nil {
				t.Fatal(err)
			}
			merger := c.merger(in)
			merger.Run = fleet.Run{Manifest: m, Digest: digest, Store: in}
			r, err := merger.Merge(t.Context())
			if err != nil || r.Summary.Audited != 0 || r.Summary.Unknown != len(m.Of(-1)) {
				t.Fatalf("got %+v and %v, want all unknown", r, err)
			}
			for _, row := range r.Accounts {
				if row.Status == fleet.Unknown && !strings.Contains(row.Message, "another manifest") {
					t.Errorf("got %+v, want it of another manifest", row)
				}
			}
			if len(m.Of(-1)) < 4 && !slices.Contains(r.Foreign, "accounts/"+victim+".json.gz") {
				t.Errorf("got the foreign objects %v, want that of %s", r.Foreign, victim)
			}
		})
	}
}

// What lies where an account's object belongs, and is not that, fails the account alone: the others are audited.
func TestForeignObjectsLeaveTheOthers(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 4, 1)
	victim := c.manifest.Accounts[1].ID
	for name, in := range map[string]*box{"folder": inFolder(t, folder), "bucket": inBucket(t, folder)} {
		in.put("accounts/"+victim+".json.gz", "nonsense")
		outcome, err := c.runner(in, -1).Run(t.Context())
		if err != nil || outcome.Done != 3 || len(outcome.Failures) != 1 || outcome.Failures[0].AccountID != victim || outcome.Passing() {
			t.Errorf("%s: got %+v and %v, want three done and one that failed for good", name, outcome, err)
		}
		if r, _ := c.merge(t, in); r.Summary.Audited != 3 || r.Accounts[0].ID != victim || r.Accounts[0].Status != fleet.Unknown {
			t.Errorf("%s: got %+v, want it unknown", name, r.Accounts[0])
		}
	}
}

// replay puts an object and a snapshot of another time in the place of an account's, as if they were of this run.
func (c *corporation) replay(t *testing.T, in *box, id string, at time.Time) {
	t.Helper()
	s := *c.members[id].Snapshot()
	s.TakenAt = at
	kept, text, err := account.AsWritten(&s, id, [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	report, err := json.Marshal(judge(kept))
	if err != nil {
		t.Fatal(err)
	}
	in.put("snapshots/"+id+"/"+digest+".json.gz", string(text))
	in.put("accounts/"+id+".json.gz", fmt.Sprintf(`{"schema":%q,"run_id":%q,"manifest_sha256":%q,"account_id":%q,"snapshot_sha256":%q,"report":%s}`,
		fleet.ObjectSchema, c.manifest.RunID, c.digest, id, digest, report))
}

// box is a copy of a store that somebody tampers with.
type box struct {
	store.Store
	limit  int64 // in place of the store's own, if it is less
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

// Get is that of the store, which may refuse less than it does.
func (b *box) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if limit > store.Limit {
		b.t.Errorf("%s: got the limit %d, want at most %d", key, limit, store.Limit)
	}
	if b.limit > 0 {
		limit = min(limit, b.limit)
	}
	return b.Store.Get(ctx, key, limit)
}

// bomb puts an object there that is small packed, and large unpacked.
func (b *box) bomb(key string) {
	b.limit = 8 << 20
	b.put(key, strings.Repeat(" ", 9<<20))
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
