package fleet_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
)

// differ compares two runs, and keeps what newly fails in each account.
func differ(old, new *corporation, before, after store.Store, each func(fleet.Account, *diff.Diff) error) *fleet.Differ {
	return &fleet.Differ{
		Old: fleet.Run{Manifest: old.manifest, Digest: old.digest, Store: before}, New: fleet.Run{Manifest: new.manifest, Digest: new.digest, Store: after},
		Compare: func(_ context.Context, _ fleet.Account, x, y *account.Snapshot) (*diff.Diff, error) {
			return diff.Compare(diff.Side{Report: judge(x), Snapshot: x}, diff.Side{Report: judge(y), Snapshot: y}), nil
		},
		Judge: func(_ context.Context, _ fleet.Account, s *account.Snapshot) (*audit.Report, error) {
			return judge(s), nil
		},
		Each: each,
	}
}

// withoutPolicy is a member that lost its password policy.
func (c *corporation) withoutPolicy(id string) {
	m := c.members[id]
	whole := m.Snapshot
	m.Snapshot = func() *account.Snapshot {
		s := whole()
		s.PasswordPolicy.Value = nil
		return s
	}
	c.members[id] = m
}

func TestRunsAreCompared(t *testing.T) {
	t.Parallel()
	old, before := newCorporation(t, 4, 1)
	old.run(t, before, -1)
	new, after := newCorporation(t, 5, 1)
	known := old.manifest.Accounts
	worse, lost, appeared := known[1].ID, known[2].ID, ""
	for _, a := range new.manifest.Accounts {
		if !slices.ContainsFunc(known, func(b fleet.Account) bool { return a.ID == b.ID }) {
			appeared = a.ID
		}
	}
	new.withoutPolicy(worse)
	new.run(t, after, -1)
	if err := os.Remove(filepath.Join(after.String(), "accounts", lost+".json.gz")); err != nil {
		t.Fatal(err)
	}
	failing, order := map[string]int{}, []string{}
	d, err := differ(old, new, before, after, func(a fleet.Account, changes *diff.Diff) error {
		order = append(order, a.ID)
		for _, f := range changes.Findings {
			if f.Kind.Failing() {
				failing[a.ID]++
			}
		}
		return nil
	}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := d.Summary
	if s.Compared != 3 || s.New != 1 || s.Gone != 0 || s.BecameUnknown != 1 || s.Worse != 2 {
		t.Errorf("got %+v, want three compared, one new and one unknown", s)
	}
	if !slices.IsSorted(order) || len(order) != 4 || failing[worse] == 0 || failing[appeared] == 0 || len(failing) != 2 {
		t.Errorf("got the accounts %v and the new failures %v, want those of %s and of the new %s alone", order, failing, worse, appeared)
	}
	if first := d.Accounts[0]; first.ID != lost || !first.BecameUnknown() || first.Message != "nobody has audited it yet" || first.Findings.Fixed > 0 {
		t.Errorf("got %+v first, want what became unknown, and nothing of it fixed", first)
	}
	for _, row := range d.Accounts {
		total := 0
		for _, n := range row.Failing {
			total += n
		}
		if total != failing[row.ID] || row.NewFailures() != total {
			t.Errorf("got %+v, want %d new failures", row, failing[row.ID])
		}
	}

	// The other way round what failed is fixed, and nothing is said of an account that is gone.
	back, err := differ(new, old, after, before, func(fleet.Account, *diff.Diff) error { return nil }).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s := back.Summary; s.Gone != 1 || s.New != 0 || s.BecameUnknown != 0 || s.NoLongerUnknown != 1 || s.Findings.Fixed+s.Findings.NoLongerApplies != failing[worse] {
		t.Errorf("got %+v back, want one gone and %d fixed", s, failing[worse])
	}
	same, err := differ(old, old, before, before, func(fleet.Account, *diff.Diff) error { return nil }).Run(t.Context())
	if s := same.Summary; err != nil || s.Compared != 4 || s.Worse+s.Better+s.Findings.Changes > 0 || len(same.OrganizationRules) > 0 {
		t.Errorf("got %+v and %v of a run with itself, want nothing", s, err)
	}
}

// A report of what is new since a run leaves out what that run had, and nothing of an account that it did not have.
func TestMergeSinceARun(t *testing.T) {
	t.Parallel()
	old, before := newCorporation(t, 4, 1)
	old.run(t, before, -1)
	new, after := newCorporation(t, 5, 1)
	worse := old.manifest.Accounts[1].ID
	new.withoutPolicy(worse)
	new.run(t, after, -1)
	was := fleet.Run{Manifest: old.manifest, Digest: old.digest, Store: before}
	m := new.merger(after)
	m.Before = &was
	m.Since = func(ctx context.Context, a fleet.Account, r *audit.Report, s *account.Snapshot) (*audit.Report, error) {
		for _, known := range old.manifest.Accounts {
			if known.ID == a.ID {
				_, earlier, err := was.Read(ctx, known)
				if err != nil {
					return nil, err
				}
				return diff.NewSince(diff.Side{Report: judge(earlier), Snapshot: earlier}, diff.Side{Report: r, Snapshot: s}), nil
			}
		}
		return r, nil
	}
	r, err := m.Merge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, _ := new.merge(t, after)
	if r.Baseline.Failing == 0 || r.Summary.Findings+r.Baseline.Failing != all.Summary.Findings || r.Summary.UnknownFindings+r.Baseline.Unknown != all.Summary.UnknownFindings {
		t.Errorf("got %+v and %+v, want together what fails: %+v", r.Baseline, r.Summary, all.Summary)
	}
	if len(r.Baseline.Lacking) != 1 || r.Baseline.OrganizationRules == 0 || len(r.OrganizationRules)+r.Baseline.OrganizationRules != len(all.OrganizationRules) {
		t.Errorf("got %+v, want the new account, and what is wrong with the organization as it was", r.Baseline)
	}
	for _, row := range r.Accounts {
		if fails := row.Fails() > 0; fails != (row.ID == worse || row.ID == r.Baseline.Lacking[0]) {
			t.Errorf("got %+v, want new failures in %s and in the new account alone", row, worse)
		}
	}
}

// What is kept of an account holds none of its comparison.
func TestDiffRowsKeepNothing(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 3, 1)
	c.run(t, folder, -1)
	gone := make(chan struct{}, 10)
	_, err := differ(c, c, folder, folder, func(_ fleet.Account, d *diff.Diff) error {
		runtime.AddCleanup(d, func(done chan struct{}) { done <- struct{}{} }, gone)
		return nil
	}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for collected := false; !collected; {
			runtime.GC()
			select {
			case <-gone:
				collected = true
			default:
				runtime.Gosched()
			}
		}
	}
}
