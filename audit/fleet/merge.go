package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/semaphore"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
)

// Merger makes one report of what the shards of a run left in its store.
type Merger struct {
	Run
	Tool audit.Tool
	// Judge judges a snapshot by the manifest's configuration. It may be called concurrently.
	Judge func(context.Context, *account.Snapshot) (*audit.Report, error)
	// Trust takes the reports as they lie in the store: nobody looks whether they follow from the snapshots.
	Trust bool
	// Read reads a report, and refuses one that contradicts itself.
	Read func([]byte) (*audit.Report, error)
	// Catalogue are all rules in report order, and Points those of the Security Status.
	Catalogue, Points []*audit.Rule
	// OwnerTags are the keys of tags that tell whose a user is. Of reports that are trusted nobody sees a tag.
	OwnerTags []string
	// Organization are the settings that the organization itself is judged by.
	Organization orgpolicy.Settings
	// Each is told of each audited account's report, one at a time and in the order of the IDs. May be nil.
	Each func(Account, *audit.Report) error
	// Since gives of an account's report only what is new since an earlier one, and says so in it; where there is none it
	// gives the report as it is. It may be called concurrently, with no snapshot where reports are trusted, and be nil.
	Since func(context.Context, Account, *audit.Report, *account.Snapshot) (*audit.Report, error)
	// Before is the run that Since compares with.
	Before *Run
	// Readers is how many accounts are read at a time, from a store that lets one wait. As many are judged at a time as
	// there are processors.
	Readers int

	busy *semaphore.Weighted // judging
}

// Merge reads everything that lies in the store. What lies about an account is looked at, and what can't be believed
// makes it unknown; the errors are those of the store.
func (m *Merger) Merge(ctx context.Context) (*Report, error) {
	r := &Report{
		Schema: ReportSchema, Tool: m.Tool, Demo: m.Manifest.Demo, RunID: m.Manifest.RunID, Manifest: m.Digest, MadeAt: m.Manifest.MadeAt,
		Trusted: m.Trust, Accounts: make([]Row, len(m.Manifest.Accounts)), Foreign: []string{}, Points: []Point{},
	}
	if o := m.Manifest.Organization; o != nil && o.Organization != nil {
		r.Organization = OrganizationInfo{o.Organization.Value.ID, o.Organization.Value.ManagementAccount}
		r.OrganizationRules = verdictsOf(m.Manifest, m.Organization)
	}
	m.since(r)
	m.busy = semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0)))
	seen := peopleSeen{}
	err := inTurn(ctx, len(r.Accounts), m.Readers, func(ctx context.Context, i int) (merged, error) { return m.row(ctx, m.Manifest.Accounts[i]) }, func(i int, one merged) error {
		r.Accounts[i] = one.Row
		seen.add(one.ID, one.users)
		if one.report == nil || m.Each == nil {
			return nil
		}
		return m.Each(one.Account, one.report)
	})
	if err != nil {
		return nil, err
	}
	foreign, err := m.foreign(ctx)
	if err != nil {
		return nil, err
	}
	r.Foreign, r.People = foreign, seen.rows(m.Manifest.Organization)
	r.sum(m.Catalogue, m.Points)
	return r, nil
}

// since says what the report is compared with, and leaves out what is wrong with the organization as it was before.
func (m *Merger) since(r *Report) {
	if m.Before == nil {
		return
	}
	was := m.Before.Manifest
	r.Baseline = &Baseline{RunID: was.RunID, Manifest: m.Before.Digest, MadeAt: was.MadeAt, Lacking: []string{}}
	known := map[string]orgpolicy.Verdict{}
	for _, v := range verdictsOf(was, m.Organization) {
		known[v.ID] = v
	}
	r.OrganizationRules = slices.DeleteFunc(r.OrganizationRules, func(v orgpolicy.Verdict) bool {
		before, ok := known[v.ID]
		same := ok && (v.Status == audit.StatusFail || v.Status == audit.StatusUnknown) && before.Status == v.Status && before.Message == v.Message &&
			slices.Equal(before.Accounts, v.Accounts) && slices.Equal(before.Names, v.Names) && (before.Exception == nil || v.Exception != nil)
		if same {
			r.Baseline.OrganizationRules++
		}
		return same
	})
}

// verdictsOf are those about the organization of a run; none where its accounts were named by hand.
func verdictsOf(m *Manifest, by orgpolicy.Settings) []orgpolicy.Verdict {
	if m.Organization == nil || m.Organization.Organization == nil {
		return nil
	}
	return orgpolicy.Judge(m.Organization, by)
}

// merged is what an account adds; report is nil where it was not audited.
type merged struct {
	Row
	users  []seenUser
	report *audit.Report
}

// row says what is to be said of an account.
func (m *Merger) row(ctx context.Context, a Account) (one merged, err error) {
	if row, out := LeftOut(a); out {
		return merged{Row: row}, nil
	}
	report, snapshot, err := m.report(ctx, a)
	if err != nil {
		one.Row, err = m.without(ctx, a, err)
		return one, err
	}
	if !slices.EqualFunc(report.SecurityStatus.Items, m.Points, func(item audit.StatusItem, point *audit.Rule) bool { return item.Rule == point.ID }) {
		one.Row = unknown(a, message.New("object not believed: its report has other points of the Security Status"), "")
		return one, nil
	}
	if m.Since != nil {
		if report, err = m.Since(ctx, a, report, snapshot); err != nil {
			return one, err
		}
	}
	one.report = report
	one.Row, one.users = rowOf(a, report), seenIn(report, snapshot, m.OwnerTags)
	return one, nil
}

// report is what an account's object says, if it is to be believed. The snapshot is nil where nobody looks at it.
func (m *Merger) report(ctx context.Context, a Account) (*audit.Report, *account.Snapshot, error) {
	o, err := believed(ctx, m.Store, m.stamp(a))
	if err != nil {
		return nil, nil, err
	}
	if m.Trust {
		r, err := m.trusted(o, a)
		return r, nil, err
	}
	snapshot, err := o.snapshot(ctx, m.Store, m.Manifest)
	if err != nil {
		return nil, nil, err
	}
	if err := m.busy.Acquire(ctx, 1); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	defer m.busy.Release(1)
	report, err := m.Judge(ctx, snapshot)
	if err != nil {
		return nil, nil, err
	}
	again, err := json.Marshal(report)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(again, o.Report) {
		return nil, nil, &notBelieved{m.differs(o.Report, report)}
	}
	return report, snapshot, nil
}

// differs says why a report does not follow from its snapshot.
func (m *Merger) differs(kept json.RawMessage, again *audit.Report) error {
	var r audit.Report
	if err := json.Unmarshal(kept, &r); err != nil {
		return fmt.Errorf("reading its report: %w", err)
	}
	if r.Tool != again.Tool {
		return fmt.Errorf("its report is of %s %s and this is %s, whose reports may differ; merge with the version that audited", r.Tool.Name, r.Tool.Version, again.Tool.Version)
	}
	return errors.New("its report does not follow from its snapshot")
}

// trusted takes a report as it is.
func (m *Merger) trusted(o *Object, a Account) (*audit.Report, error) {
	r, err := m.Read(o.Report)
	if err == nil && r.Account.ID != a.ID {
		err = fmt.Errorf("got the report of the account %s", r.Account.ID)
	}
	if err == nil {
		err = m.Manifest.precedes(r.TakenAt)
	}
	if err != nil {
		return nil, &notBelieved{err}
	}
	return r, nil
}

// foreign lists the objects of accounts that the manifest doesn't name.
func (m *Merger) foreign(ctx context.Context) ([]string, error) {
	var keys []string
	for _, folder := range []string{accountsFolder, snapshotsFolder, failuresFolder} {
		those, err := m.Store.Keys(ctx, folder)
		if err != nil {
			return nil, err
		}
		keys = append(keys, those...)
	}
	foreign := []string{}
	for _, key := range keys {
		_, of, _ := strings.Cut(key, "/")
		id, _, nested := strings.Cut(of, "/")
		if !nested {
			id = strings.TrimSuffix(id, objectEnd)
		}
		if of, known := m.Manifest.Account(id); !known || of.NotAudited != "" {
			foreign = append(foreign, key)
		}
	}
	return foreign, nil
}
