package fleet

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
	"sekisho/audit/fleet/store"
	"sekisho/audit/message"
)

// Run is a run, and where it is kept.
type Run struct {
	Manifest *Manifest
	Digest   string
	Store    store.Store
}

// Read gives what was read of an account, if it is to be believed: nil where it was not audited, and then the row says
// why. The errors are those of the store.
func (r Run) Read(ctx context.Context, a Account) (Row, *account.Snapshot, error) {
	if row, out := LeftOut(a); out {
		return row, nil, nil
	}
	o, err := believed(ctx, r.Store, r.stamp(a))
	var s *account.Snapshot
	if err == nil {
		s, err = o.snapshot(ctx, r.Store, r.Manifest)
	}
	if err != nil {
		row, err := r.without(ctx, a, err)
		return row, nil, err
	}
	return Row{Account: a, Status: Audited, TakenAt: &s.TakenAt}, s, nil
}

func (r Run) stamp(a Account) stamp {
	return stamp{ObjectSchema, r.Manifest.RunID, r.Digest, a.ID}
}

// LeftOut says of an account that nobody means to audit why.
func LeftOut(a Account) (row Row, out bool) {
	switch a.NotAudited {
	case "":
		return Row{}, false
	case NotActive:
		return notAudited(a, message.New("AWS Organizations says that its state is %s", a.State)), true
	}
	return notAudited(a, message.New("left out by the person who planned the run")), true
}

// without says of an account that can't be read why, unless that is the store's fault.
func (r Run) without(ctx context.Context, a Account, err error) (Row, error) {
	var odd *notBelieved
	switch {
	case errors.Is(err, store.ErrAbsent):
		return r.absent(ctx, a)
	case errors.As(err, &odd):
		return unknown(a, message.New("object not believed: %s", odd.err.Error()), "audit the account again into another run; look who else may write there"), nil
	}
	return Row{}, err
}

func notAudited(a Account, why message.Message) Row {
	return Row{Account: a, Status: NotAudited, Message: why.String(), Text: why}
}

func unknown(a Account, why message.Message, hint string) Row {
	return Row{Account: a, Status: Unknown, Message: why.String(), Text: why, Hint: hint}
}

// absent says of an account that is not done why: by the newest failure, if there is one that can be read.
func (r Run) absent(ctx context.Context, a Account) (Row, error) {
	keys, err := r.Store.Keys(ctx, failuresFolder+a.ID+"/")
	if err != nil {
		return Row{}, err
	}
	for _, key := range slices.Backward(keys) {
		f, err := failureAt(ctx, r.Store, key, stamp{FailureSchema, r.Manifest.RunID, r.Digest, a.ID})
		if ctx.Err() != nil {
			return Row{}, context.Cause(ctx)
		}
		if err == nil {
			return unknown(a, message.New("%s", f.Message), f.Hint), nil
		}
	}
	return unknown(a, message.New("nobody has audited it yet"), "sekisho fleet run audits what is not done"), nil
}

// inTurn does a piece of work for each of n things, as many at a time as there are processors, or more where it waits for
// somebody, and has the results taken one at a time and in order. As many wait as are made at a time.
func inTurn[T any](ctx context.Context, n, atOnce int, work func(context.Context, int) (T, error), take func(int, T) error) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(max(atOnce, runtime.GOMAXPROCS(0)))
	turn := make([]chan struct{}, n+1)
	for i := range turn {
		turn[i] = make(chan struct{})
	}
	close(turn[0])
	for i := range n {
		if within.Err() != nil {
			break
		}
		group.Go(func() error {
			made, err := work(within, i)
			if err != nil {
				return err
			}
			select {
			case <-turn[i]:
			case <-within.Done():
				return context.Cause(within)
			}
			defer close(turn[i+1])
			return take(i, made)
		})
	}
	return group.Wait()
}

// Each has something done with what was read of each account of a run, and takes the results one at a time and in the
// order of the IDs: of accounts that were not audited the row alone.
func Each[T any](ctx context.Context, r Run, work func(context.Context, Account, *account.Snapshot) (T, error), take func(Row, T) error) error {
	type result struct {
		row Row
		of  T
	}
	accounts := r.Manifest.Accounts
	return inTurn(ctx, len(accounts), 0, func(ctx context.Context, i int) (done result, err error) {
		var s *account.Snapshot
		if done.row, s, err = r.Read(ctx, accounts[i]); err == nil && s != nil {
			done.of, err = work(ctx, accounts[i], s)
		}
		return done, err
	}, func(_ int, done result) error { return take(done.row, done.of) })
}
