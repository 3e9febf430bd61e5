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

	"golang.org/x/sync/errgroup"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/fleet/store"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
)

// Merger makes one report of what the shards of a run left in its store.
type Merger struct {
	Manifest *Manifest
	Digest   string
	Store    store.Store
	Tool     audit.Tool
	// Judge judges a snapshot by the manifest's configuration. It may be called concurrently.
	Judge func(context.Context, *account.Snapshot) (*audit.Report, error)
	// Trust takes the reports as they lie in the store: nobody looks whether they follow from the snapshots.
	Trust bool
	// Read reads a report, and refuses one that contradicts itself.
	Read func([]byte) (*audit.Report, error)
	// Catalogue are all rules in report order, and Points those of the Security Status.
	Catalogue, Points []*audit.Rule
	// Organization are the settings that the organization itself is judged by.
	Organization orgpolicy.Settings
	// Each is told of each audited account's report, one at a time and in the order of the IDs. May be nil.
	Each func(Account, *audit.Report) error
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
		r.OrganizationRules = orgpolicy.Judge(o, m.Organization)
	}
	names := map[string][]string{}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	take := m.inOrder(within, func(i int, row Row, users []string, report *audit.Report) error {
		r.Accounts[i] = row
		for _, name := range users {
			names[name] = append(names[name], row.ID)
		}
		if report == nil || m.Each == nil {
			return nil
		}
		return m.Each(row.Account, report)
	})
	for i, a := range m.Manifest.Accounts {
		if within.Err() != nil {
			break
		}
		group.Go(func() error {
			row, users, report, err := m.row(within, a)
			if err != nil {
				return err
			}
			return take(i, row, users, report)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	foreign, err := m.foreign(ctx)
	if err != nil {
		return nil, err
	}
	r.Foreign, r.People = foreign, people(names)
	r.sum(m.Catalogue, m.Points)
	return r, nil
}

// inOrder has results taken one at a time and in the order of the accounts. As many wait as are made at a time.
func (m *Merger) inOrder(ctx context.Context, take func(int, Row, []string, *audit.Report) error) func(int, Row, []string, *audit.Report) error {
	turn := make([]chan struct{}, len(m.Manifest.Accounts)+1)
	for i := range turn {
		turn[i] = make(chan struct{})
	}
	close(turn[0])
	return func(i int, row Row, users []string, report *audit.Report) error {
		select {
		case <-turn[i]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		defer close(turn[i+1])
		return take(i, row, users, report)
	}
}

// row says what is to be said of an account; report is nil where it was not audited.
func (m *Merger) row(ctx context.Context, a Account) (row Row, users []string, report *audit.Report, err error) {
	switch a.NotAudited {
	case "":
	case NotActive:
		return notAudited(a, message.New("AWS Organizations says that its state is %s", a.State)), nil, nil, nil
	default:
		return notAudited(a, message.New("left out by the person who planned the run")), nil, nil, nil
	}
	report, err = m.report(ctx, a)
	var odd *notBelieved
	switch {
	case errors.Is(err, store.ErrAbsent):
		row, err = m.absent(ctx, a)
		return row, nil, nil, err
	case errors.As(err, &odd):
		return unknown(a, message.New("object not believed: %s", odd.err.Error()), "audit the account again into another run; look who else may write there"), nil, nil, nil
	case err != nil:
		return Row{}, nil, nil, err
	}
	row, users = rowOf(a, report)
	if len(row.Points) != len(m.Points) {
		return unknown(a, message.New("object not believed: got %d points of the Security Status, want %d", len(row.Points), len(m.Points)), ""), nil, nil, nil
	}
	return row, users, report, nil
}

func notAudited(a Account, why message.Message) Row {
	return Row{Account: a, Status: NotAudited, Message: why.String(), Text: why}
}

func unknown(a Account, why message.Message, hint string) Row {
	return Row{Account: a, Status: Unknown, Message: why.String(), Text: why, Hint: hint}
}

// absent says of an account that is not done why: by the newest failure, if there is one that can be read.
func (m *Merger) absent(ctx context.Context, a Account) (Row, error) {
	keys, err := m.Store.Keys(ctx, failuresFolder+a.ID+"/")
	if err != nil {
		return Row{}, err
	}
	for _, key := range slices.Backward(keys) {
		f, err := failureAt(ctx, m.Store, key, stamp{FailureSchema, m.Manifest.RunID, m.Digest, a.ID})
		if ctx.Err() != nil {
			return Row{}, context.Cause(ctx)
		}
		if err == nil {
			return unknown(a, message.New("%s", f.Message), f.Hint), nil
		}
	}
	return unknown(a, message.New("nobody has audited it yet"), "sekisho fleet run audits what is not done"), nil
}

// report is what an account's object says, if it is to be believed.
func (m *Merger) report(ctx context.Context, a Account) (*audit.Report, error) {
	o, err := believed(ctx, m.Store, stamp{ObjectSchema, m.Manifest.RunID, m.Digest, a.ID})
	if err != nil {
		return nil, err
	}
	if m.Trust {
		return m.trusted(o, a)
	}
	snapshot, err := o.snapshot(ctx, m.Store)
	if err != nil {
		return nil, err
	}
	report, err := m.Judge(ctx, snapshot)
	if err != nil {
		return nil, err
	}
	again, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, o.Report) {
		return nil, &notBelieved{m.differs(o.Report, report)}
	}
	return report, nil
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
	if err != nil {
		return nil, &notBelieved{err}
	}
	return r, nil
}

// foreign lists the objects of accounts that the manifest doesn't name.
func (m *Merger) foreign(ctx context.Context) ([]string, error) {
	keys, err := m.Store.Keys(ctx, accountsFolder)
	if err != nil {
		return nil, err
	}
	foreign := []string{}
	for _, key := range keys {
		id := strings.TrimSuffix(strings.TrimPrefix(key, accountsFolder), objectEnd)
		at, known := slices.BinarySearchFunc(m.Manifest.Accounts, id, func(a Account, id string) int { return strings.Compare(a.ID, id) })
		if !known || m.Manifest.Accounts[at].NotAudited != "" {
			foreign = append(foreign, key)
		}
	}
	return foreign, nil
}
