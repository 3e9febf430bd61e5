package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/fleet"
	"sekisho/config"
)

// openedRun is a run that is read.
type openedRun struct {
	fleet.Run
	store *runStore
}

func (o *openedRun) close() {
	if o != nil {
		o.store.close()
	}
}

// readRun opens a run to read it.
func readRun(ctx context.Context, sys system, c *config.Config, name string) (*openedRun, error) {
	run, m, digest, err := openRun(ctx, func() (*runStore, error) { return openRunStore(ctx, sys, c, name, nil) }, "")
	if err != nil {
		return nil, err
	}
	return &openedRun{fleet.Run{Manifest: m, Digest: digest, Store: run}, run}, nil
}

// openBaseline opens the run since which the report tells what is new.
func (o *fleetMergeFlags) openBaseline(ctx context.Context, sys system, own *config.Config) (err error) {
	switch {
	case o.baseline == "":
		return nil
	case strings.HasSuffix(o.baseline, ".json"):
		return usagef("name the run itself, which fleet audit --run keeps: a report counts failures, and nobody could tell an old one from a new one by that", "--baseline: got the report %s, want a run", o.baseline)
	}
	o.before, err = readRun(ctx, sys, own, o.baseline)
	return err
}

// since leaves out of accounts' reports what the baseline had.
func (o *fleetMergeFlags) since(c *config.Config) func(context.Context, fleet.Account, *audit.Report, *account.Snapshot) (*audit.Report, error) {
	if o.before == nil {
		return nil
	}
	judge := againBy(c, o.before.Manifest)
	return func(ctx context.Context, a fleet.Account, r *audit.Report, s *account.Snapshot) (*audit.Report, error) {
		before, known := o.before.Manifest.Account(a.ID)
		if !known {
			return r, nil
		}
		_, old, err := o.before.Read(ctx, before)
		if err != nil || old == nil {
			return r, err
		}
		was, err := judge(ctx, old, compared)
		if err != nil || was.Account.Partition != r.Account.Partition {
			return r, err
		}
		return diff.NewSince(diff.Side{Source: diff.SourceSnapshot, Report: was, Snapshot: old}, diff.Side{Source: diff.SourceSnapshot, Report: r, Snapshot: s}), nil
	}
}

// againBy judges snapshots of a run by settings of today, or of another run, under the policies that were above its
// accounts.
func againBy(c *config.Config, m *fleet.Manifest) func(context.Context, *account.Snapshot, ...func(*audit.Options)) (*audit.Report, error) {
	own := *c
	own.Refresh.Fresh = false
	above := aboveAccounts(m)
	return func(ctx context.Context, s *account.Snapshot, changes ...func(*audit.Options)) (*audit.Report, error) {
		r, _, err := examine(ctx, &own, fromMemory(s), append(changes, above(s.Caller.AccountID))...)
		return r, err
	}
}

// warnBaseline tells of a baseline that is later than what is compared with it.
func (o *fleetMergeFlags) warnBaseline(sys system, m *fleet.Manifest) *fleet.Run {
	if o.before == nil {
		return nil
	}
	if o.before.Manifest.MadeAt.After(m.MadeAt) {
		sys.warn(fmt.Sprintf("the baseline %s is of %s, later than what it is compared with", o.baseline, o.before.Manifest.MadeAt.UTC().Format(time.RFC3339)))
	}
	return &o.before.Run
}
