package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"sekisho/audit"
	"sekisho/audit/fleet/store"
)

// Runner audits the accounts of a shard, each by itself.
type Runner struct {
	Manifest *Manifest
	Digest   string // the manifest's SHA-256
	Store    store.Store
	Shard    int // -1 for all
	// Concurrency is how many accounts are read at a time.
	Concurrency int
	// Audit signs in to an account, reads it and judges what it read.
	Audit func(context.Context, Account) (*Reading, error)
	// Explain says of an error of Audit what a person may do, and whether another attempt may go well.
	Explain func(error) (hint string, passing bool)
	Now     func() time.Time
	// Observe is told of each account that is begun and over, concurrently. May be nil.
	Observe func(Progress)
}

// Reading is what was read of an account, and the report that follows from it.
type Reading struct {
	AccountID string // that AWS tells of the credentials
	Text      []byte // the snapshot, as it is read again
	Report    *audit.Report
	Free      func() // is called once it is kept, or given up. May be nil
}

// Progress is that of a shard.
type Progress struct {
	Accounts, Done, Failed, Running int
	Over                            int // done or failed in this attempt
	// Account is the one that is begun or over; Failure is why it failed, nil where it did not.
	Account Account
	Failure *Failure
}

// Outcome is what became of a shard's accounts.
type Outcome struct {
	Accounts int
	Already  int // done before
	Done     int
	Failures []Failure // of this attempt
}

// Passing reports whether another attempt may do better: something failed that may pass, or nobody could sign in
// anywhere.
func (o *Outcome) Passing() bool {
	for _, f := range o.Failures {
		if f.Passing {
			return true
		}
	}
	return o.Accounts > 0 && len(o.Failures) == o.Accounts
}

// Run audits what is not done yet. Its errors are those of the store, and that of a context that ended; an account that
// fails is none.
func (r *Runner) Run(ctx context.Context) (*Outcome, error) {
	accounts := r.Manifest.Of(r.Shard)
	t := &tally{runner: r, outcome: Outcome{Accounts: len(accounts)}}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(max(1, r.Concurrency))
	for _, a := range accounts {
		if within.Err() != nil {
			break
		}
		group.Go(func() error { return r.account(within, a, t) })
	}
	err := group.Wait()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &t.outcome, err
}

// tally counts, and tells of it.
type tally struct {
	runner *Runner

	mu      sync.Mutex
	running int
	outcome Outcome
}

func (t *tally) note(a Account, change func(*Outcome) *Failure, running int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	failure := change(&t.outcome)
	t.running += running
	if t.runner.Observe != nil {
		t.runner.Observe(Progress{
			Accounts: t.outcome.Accounts, Done: t.outcome.Already + t.outcome.Done, Failed: len(t.outcome.Failures), Running: t.running,
			Over: t.outcome.Done + len(t.outcome.Failures), Account: a, Failure: failure,
		})
	}
}

// account audits one account, unless its object is there.
func (r *Runner) account(ctx context.Context, a Account, t *tally) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := r.object(ctx, a.ID)
	if err == nil {
		t.note(a, func(o *Outcome) *Failure { o.Already++; return nil }, 0)
		return nil
	}
	foreign := errors.Is(err, store.ErrForeign)
	if !foreign && !errors.Is(err, store.ErrAbsent) {
		return err
	}
	t.note(a, func(*Outcome) *Failure { return nil }, 1)
	if foreign {
		return r.failed(ctx, a, t, err, "look who else may write there, and take it away", false)
	}
	read, err := r.Audit(ctx, a)
	if err == nil && read.Free != nil {
		defer read.Free()
	}
	if err == nil && read.AccountID != a.ID {
		err = fmt.Errorf("signing in: got the account %s, want %s", read.AccountID, a.ID)
	}
	audited := err == nil
	if audited {
		if err = r.keep(ctx, a, read); err == nil {
			t.note(a, func(o *Outcome) *Failure { o.Done++; return nil }, -1)
			return nil
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	hint, passing := r.Explain(err)
	return r.failed(ctx, a, t, err, hint, passing || audited) // a store that takes nothing at all ends the run
}

// failed writes down why an account could not be audited.
func (r *Runner) failed(ctx context.Context, a Account, t *tally, err error, hint string, passing bool) error {
	failure := Failure{
		stamp: stamp{FailureSchema, r.Manifest.RunID, r.Digest, a.ID},
		At:    r.Now().UTC().Truncate(time.Second), Message: err.Error(), Hint: hint, Passing: passing,
	}
	if err := r.fail(ctx, failure); err != nil {
		return err
	}
	t.note(a, func(o *Outcome) *Failure { o.Failures = append(o.Failures, failure); return &failure }, -1)
	return nil
}

// object looks whether an account is done. What lies there of somebody else is an error: nobody may write over it.
func (r *Runner) object(ctx context.Context, id string) (*Object, error) {
	text, err := r.Store.Get(ctx, objectKey(id), store.Limit)
	if err != nil {
		return nil, err
	}
	var o Object
	if err = json.Unmarshal(text, &o); err == nil {
		err = o.differs(stamp{ObjectSchema, r.Manifest.RunID, r.Digest, id})
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w: it %w", objectKey(id), err, store.ErrForeign)
	}
	return &o, nil
}

// keep writes the snapshot, and then the object that names it. What is there already is as
// good.
func (r *Runner) keep(ctx context.Context, a Account, read *Reading) error {
	judged, err := json.Marshal(read.Report)
	if err != nil {
		return fmt.Errorf("writing the report of %s: %w", a.ID, err)
	}
	hash := digestOf(read.Text)
	object, err := json.Marshal(Object{stamp{ObjectSchema, r.Manifest.RunID, r.Digest, a.ID}, hash, judged})
	if err != nil {
		return fmt.Errorf("writing the object of %s: %w", a.ID, err)
	}
	if err := r.put(ctx, snapshotKey(a.ID, hash), read.Text); err != nil {
		return err
	}
	return r.put(ctx, objectKey(a.ID), object)
}

func (r *Runner) put(ctx context.Context, key string, content []byte) error {
	if err := r.Store.Put(ctx, key, content); err != nil && !errors.Is(err, store.ErrExists) {
		return err
	}
	return nil
}

// fail writes a failure behind those of earlier attempts.
func (r *Runner) fail(ctx context.Context, f Failure) error {
	text, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("writing the failure of %s: %w", f.AccountID, err)
	}
	before, err := r.Store.Keys(ctx, failuresFolder+f.AccountID+"/")
	if err != nil {
		return err
	}
	for attempt := len(before) + 1; ; attempt++ {
		if err = r.Store.Put(ctx, failureKey(f.AccountID, attempt), text); !errors.Is(err, store.ErrExists) {
			return err
		}
	}
}
