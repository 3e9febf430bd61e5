package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/rules"
)

var day = time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)

func TestShardsOfAccountsAreFixed(t *testing.T) {
	t.Parallel()
	// By another program: int.from_bytes(hashlib.sha256(id).digest()[:8], "big") % N in Python.
	for _, test := range []struct {
		id            string
		twenty, seven int
	}{
		{"000000000000", 19, 2}, {"111122223333", 4, 4}, {"123456789012", 14, 1}, {"222233334444", 5, 0}, {"333344445555", 11, 2},
		{"444455556666", 7, 3}, {"555566667777", 15, 6}, {"666677778888", 3, 4}, {"777788889999", 12, 3}, {"999999999999", 12, 0},
	} {
		if got := fleet.Shard(test.id, 20); got != test.twenty {
			t.Errorf("%s: got the shard %d of 20, want %d", test.id, got, test.twenty)
		}
		if got := fleet.Shard(test.id, 7); got != test.seven {
			t.Errorf("%s: got the shard %d of 7, want %d", test.id, got, test.seven)
		}
		if got := fleet.Shard(test.id, 1); got != 0 {
			t.Errorf("%s: got the shard %d of 1", test.id, got)
		}
	}
}

// corporation is a run over an organization of a few accounts, which are read from memory.
type corporation struct {
	manifest *fleet.Manifest
	digest   string
	members  map[string]emulator.Member

	mu      sync.Mutex
	audited map[string]int // how often each account was read
	broken  map[string]error
}

func newCorporation(t *testing.T, accounts, shards int) (*corporation, *store.Folder) {
	t.Helper()
	of, members := emulator.Corporation(accounts, 3, day, emulator.Options{})
	c := &corporation{members: members, audited: map[string]int{}, broken: map[string]error{}}
	c.manifest = &fleet.Manifest{
		Schema: fleet.ManifestSchema, RunID: "run-1", MadeAt: day, Tool: audit.Tool{Name: "sekisho", Version: "test"}, Shards: shards,
		Configuration: json.RawMessage(`{}`), ConfigurationSHA256: digestOf(t, `{}`), Organization: of,
	}
	for _, a := range of.Accounts.Value {
		c.manifest.Accounts = append(c.manifest.Accounts, fleet.Account{ID: a.ID, Name: a.Name, Place: of.Place(a.ID), State: a.State})
	}
	text, digest, err := c.manifest.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c.digest = digest
	folder := openFolder(t)
	if err := folder.Put(t.Context(), fleet.ManifestKey, text); err != nil {
		t.Fatal(err)
	}
	if _, got, err := fleet.ReadManifest(t.Context(), folder, digest); err != nil || got != digest {
		t.Fatalf("got %v, want the manifest that was written", err)
	}
	return c, folder
}

func digestOf(t *testing.T, settings string) string {
	t.Helper()
	digest, err := fleet.ConfigurationDigest(json.RawMessage(settings))
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func openFolder(t *testing.T) *store.Folder {
	t.Helper()
	folder, err := store.OpenFolder(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return folder
}

func judge(s *account.Snapshot) *audit.Report {
	r, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{
		Tool: audit.Tool{Name: "sekisho", Version: "test"}, Points: rules.Points(), Depth: audit.DepthStandard, Saved: true, Shared: access.NewShared(),
		Thresholds: audit.DefaultThresholds(),
	})
	return r
}

func (c *corporation) audit(_ context.Context, a fleet.Account) (*fleet.Reading, error) {
	c.mu.Lock()
	c.audited[a.ID]++
	err := c.broken[a.ID]
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s, text, err := account.AsWritten(c.members[a.ID].Snapshot(), a.ID, [32]byte{})
	if err != nil {
		return nil, err
	}
	return &fleet.Reading{AccountID: s.Caller.AccountID, Text: text, Report: judge(s)}, nil
}

func (c *corporation) runner(s store.Store, shard int) *fleet.Runner {
	return &fleet.Runner{
		Manifest: c.manifest, Digest: c.digest, Store: s, Shard: shard, Concurrency: 4, Audit: c.audit, Now: func() time.Time { return day },
		Explain: func(err error) (string, bool) { return "a hint", strings.Contains(err.Error(), "passing") },
	}
}

func (c *corporation) run(t *testing.T, s store.Store, shard int) *fleet.Outcome {
	t.Helper()
	outcome, err := c.runner(s, shard).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func (c *corporation) merger(s store.Store) *fleet.Merger {
	return &fleet.Merger{
		Run: fleet.Run{Manifest: c.manifest, Digest: c.digest, Store: s}, Tool: audit.Tool{Name: "sekisho", Version: "test"}, Catalogue: rules.Catalogue(), Points: rules.Points(),
		Judge: func(_ context.Context, s *account.Snapshot) (*audit.Report, error) { return judge(s), nil },
		Read: func(text []byte) (*audit.Report, error) {
			var r audit.Report
			return &r, json.Unmarshal(text, &r)
		},
	}
}

func (c *corporation) merge(t *testing.T, s store.Store) (*fleet.Report, string) {
	t.Helper()
	r, err := c.merger(s).Merge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(text)
}

// However a run is cut up, by shards, by an end in the middle, and by two who audit the same, each account is audited
// once and the report is the same to the byte.
func TestRunsThatAreCutUpGiveTheSameReport(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 9, 3)
	if outcome := c.run(t, folder, -1); outcome.Done != 9 || outcome.Passing() {
		t.Fatalf("got %+v, want nine accounts done", outcome)
	}
	want, text := c.merge(t, folder)
	if s := want.Summary; s.Accounts != 9 || s.Audited != 9 || s.Unknown != 0 || s.Findings == 0 || s.Complete != 9 {
		t.Errorf("got %+v, want nine accounts, each at five of five, and what fails in two of them", s)
	}
	if got := c.run(t, folder, -1); got.Already != 9 || got.Done != 0 {
		t.Errorf("got %+v of another run, want all done already", got)
	}
	if _, again := c.merge(t, folder); again != text {
		t.Error("got another report of the same run")
	}

	t.Run("by shards", func(t *testing.T) {
		folder := openFolder(t)
		seen := 0
		for shard := range 3 {
			seen += c.run(t, folder, shard).Done
		}
		if _, got := c.merge(t, folder); got != text || seen != 9 {
			t.Errorf("got %d accounts and another report, want nine and the same", seen)
		}
	})
	t.Run("ended in the middle", func(t *testing.T) {
		folder := openFolder(t)
		ctx, cancel := context.WithCancel(t.Context())
		runner := c.runner(folder, -1)
		runner.Concurrency = 1
		before := 0
		runner.Observe = func(p fleet.Progress) {
			if before = p.Done; p.Done == 3 {
				cancel()
			}
		}
		if _, err := runner.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want the run ended", err)
		}
		got := c.run(t, folder, -1)
		if got.Already < 3 || got.Already+got.Done != 9 {
			t.Errorf("got %+v after %d were done, want the rest", got, before)
		}
		if _, again := c.merge(t, folder); again != text {
			t.Error("got another report")
		}
	})
	t.Run("twice at once", func(t *testing.T) {
		folder := openFolder(t)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, err := c.runner(folder, -1).Run(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if _, got := c.merge(t, folder); got != text {
			t.Error("got another report")
		}
	})
	t.Run("trusted", func(t *testing.T) {
		m := c.merger(folder)
		m.Trust = true
		got, err := m.Merge(t.Context())
		if err != nil || !got.Trusted || got.Summary.Findings != want.Summary.Findings {
			t.Errorf("got %+v and %v, want the same numbers, and that they were trusted", got, err)
		}
	})
}

func TestFailuresOfOneAccountLeaveTheOthers(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 5, 1)
	bad := c.manifest.Accounts[2].ID
	c.broken[bad] = errors.New("assuming the role: AccessDenied")
	outcome := c.run(t, folder, -1)
	if outcome.Done != 4 || len(outcome.Failures) != 1 || outcome.Passing() {
		t.Errorf("got %+v, want one failure that stays", outcome)
	}
	c.broken[bad] = errors.New("a passing failure")
	if outcome = c.run(t, folder, -1); outcome.Already != 4 || len(outcome.Failures) != 1 || !outcome.Passing() {
		t.Errorf("got %+v, want one failure that may pass", outcome)
	}
	r, _ := c.merge(t, folder)
	if row := r.Accounts[0]; row.ID != bad || row.Status != fleet.Unknown || row.Message != "a passing failure" || row.Hint != "a hint" {
		t.Errorf("got %+v first, want the account that failed, with the newest failure", row)
	}
	if r.Summary.Audited != 4 || r.Summary.Unknown != 1 {
		t.Errorf("got %+v, want four audited and one unknown", r.Summary)
	}
	delete(c.broken, bad)
	c.run(t, folder, -1)
	if r, _ := c.merge(t, folder); r.Summary.Audited != 5 {
		t.Errorf("got %+v after it was mended, want five audited", r.Summary)
	}
	for _, a := range c.manifest.Accounts {
		c.broken[a.ID] = errors.New("AccessDenied")
	}
	if outcome := c.run(t, openFolder(t), -1); !outcome.Passing() {
		t.Errorf("got %+v where nobody could sign in anywhere, want another attempt", outcome)
	}
}

// An account whose objects can't be written fails by itself, in a way that may pass.
func TestObjectsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 12, 1)
	stuck := c.manifest.Accounts[0].ID
	snapshots := filepath.Join(folder.String(), "snapshots")
	if err := errors.Join(os.MkdirAll(snapshots, 0o700), os.WriteFile(filepath.Join(snapshots, stuck), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	outcome := c.run(t, folder, -1)
	if !outcome.Passing() || outcome.Done != 11 || len(outcome.Failures) != 1 || outcome.Failures[0].AccountID != stuck {
		t.Errorf("got %+v, want one account that failed, in a way that may pass", outcome)
	}
	if err := os.Remove(filepath.Join(snapshots, stuck)); err != nil {
		t.Fatal(err)
	}
	if outcome := c.run(t, folder, -1); outcome.Done != 1 || outcome.Already != 11 {
		t.Errorf("got %+v, want the one account that was left", outcome)
	}
}

func TestAccountsThatNobodyMeantToAuditAreCounted(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 4, 1)
	c.manifest.Accounts[1].NotAudited, c.manifest.Accounts[1].State = fleet.NotActive, "SUSPENDED"
	c.manifest.Accounts[3].NotAudited = fleet.Excluded
	if outcome := c.run(t, folder, -1); outcome.Accounts != 2 || outcome.Done != 2 {
		t.Errorf("got %+v, want two accounts", outcome)
	}
	r, text := c.merge(t, folder)
	if r.Summary.NotAudited != 2 || r.Summary.Unknown != 0 || r.Summary.Audited != 2 || !strings.Contains(text, "SUSPENDED") {
		t.Errorf("got %+v, want two that are not audited", r.Summary)
	}
}

func TestManifestsThatNobodyMade(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fleet.Manifest){
		"another schema":    func(m *fleet.Manifest) { m.Schema = "sekisho/fleet-manifest/v2" },
		"no run":            func(m *fleet.Manifest) { m.RunID = "" },
		"no shards":         func(m *fleet.Manifest) { m.Shards = 0 },
		"no accounts":       func(m *fleet.Manifest) { m.Accounts = nil },
		"other settings":    func(m *fleet.Manifest) { m.Configuration = json.RawMessage(`{"max_key_age": "9999d"}`) },
		"an account twice":  func(m *fleet.Manifest) { m.Accounts[1].ID = m.Accounts[0].ID },
		"no account's ID":   func(m *fleet.Manifest) { m.Accounts[0].ID = "../../x" },
		"a role of another": func(m *fleet.Manifest) { m.Accounts[0].Role = "arn:aws:iam::999999999999:role/x" },
		"a role of nothing": func(m *fleet.Manifest) { m.Accounts[0].Role = "role" },
	} {
		c, _ := newCorporation(t, 2, 1)
		change(c.manifest)
		text, _, err := c.manifest.Encode()
		if err != nil {
			t.Fatal(err)
		}
		folder := openFolder(t)
		if err := folder.Put(t.Context(), fleet.ManifestKey, text); err != nil {
			t.Fatal(err)
		}
		var unusable *fleet.ManifestError
		if _, _, err := fleet.ReadManifest(t.Context(), folder, ""); !errors.As(err, &unusable) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	c, folder := newCorporation(t, 2, 1)
	if _, _, err := fleet.ReadManifest(t.Context(), folder, strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), c.digest) {
		t.Errorf("got %v, want a manifest with another hash refused", err)
	}
	if _, _, err := fleet.ReadManifest(t.Context(), openFolder(t), ""); err == nil {
		t.Error("got a manifest of an empty folder")
	}
}

func TestReportsAreGivenInOrder(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 12, 1)
	c.run(t, folder, -1)
	m := c.merger(folder)
	var got []string
	m.Each = func(a fleet.Account, r *audit.Report) error {
		if r.Account.ID != a.ID {
			t.Errorf("got the report of %s for %s", r.Account.ID, a.ID)
		}
		got = append(got, a.ID)
		return nil
	}
	if _, err := m.Merge(t.Context()); err != nil || len(got) != 12 || !slices.IsSorted(got) {
		t.Errorf("got the reports of %v and %v, want all in order", got, err)
	}
	stop := errors.New("enough")
	m.Each = func(fleet.Account, *audit.Report) error { return stop }
	if _, err := m.Merge(t.Context()); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of who takes the reports", err)
	}
}
