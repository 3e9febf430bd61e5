package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/fleet/store"
)

// notBelieved is an object that lies in the store and does not say what it should.
type notBelieved struct{ err error }

func (e *notBelieved) Error() string { return "object not believed: " + e.err.Error() }
func (e *notBelieved) Unwrap() error { return e.err }

// believed reads an account's object. There is none where nobody audited the account, and what says something else than it
// should is not believed.
func believed(ctx context.Context, s store.Store, want stamp) (*Object, error) {
	text, err := s.Get(ctx, objectKey(want.AccountID), store.Limit)
	if err != nil {
		return nil, readable(ctx, err)
	}
	var o Object
	err = json.Unmarshal(text, &o)
	if err == nil {
		err = o.differs(want)
	}
	if err != nil {
		return nil, &notBelieved{err}
	}
	return &o, nil
}

// snapshot reads the snapshot that an object names.
func (o *Object) snapshot(ctx context.Context, s store.Store, m *Manifest) (*account.Snapshot, error) {
	kept, err := s.Get(ctx, snapshotKey(o.AccountID, o.Snapshot), store.Limit)
	switch {
	case errors.Is(err, store.ErrAbsent):
		return nil, &notBelieved{errors.New("its snapshot is not there")}
	case err != nil:
		return nil, readable(ctx, err)
	}
	if got := digestOf(kept); got != o.Snapshot {
		return nil, &notBelieved{fmt.Errorf("got a snapshot with the SHA-256 %s, want %s", got, o.Snapshot)}
	}
	snapshot, err := account.Read(bytes.NewReader(kept), o.AccountID)
	if err != nil {
		return nil, &notBelieved{err}
	}
	if snapshot.Caller.AccountID != o.AccountID {
		return nil, &notBelieved{fmt.Errorf("got the snapshot of the account %s", snapshot.Caller.AccountID)}
	}
	if err := m.precedes(snapshot.TakenAt); err != nil {
		return nil, &notBelieved{err}
	}
	return snapshot, nil
}

// clocksApart is how much the clocks of two machines may differ: AWS refuses what is signed a quarter of an hour off.
const clocksApart = 15 * time.Minute

// precedes reports why what was read at a time is not of this run: what an account said before the run was planned may have
// changed since, and lies there because somebody put it there.
func (m *Manifest) precedes(taken time.Time) error {
	if taken.Before(m.MadeAt.Add(-clocksApart)) {
		return fmt.Errorf("got what was read at %s, before the run was planned at %s", taken.UTC().Format(time.RFC3339), m.MadeAt.UTC().Format(time.RFC3339))
	}
	return nil
}

// readable makes of a failure to read what is not believed, unless the whole run ended.
func readable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, store.ErrAbsent) {
		return err
	}
	return &notBelieved{err}
}

// Snapshot reads what a run kept of an account. Where nobody audited it that is [store.ErrAbsent].
func Snapshot(ctx context.Context, s store.Store, m *Manifest, digest, accountID string) (*account.Snapshot, error) {
	o, err := believed(ctx, s, stamp{ObjectSchema, m.RunID, digest, accountID})
	if err != nil {
		return nil, fmt.Errorf("reading the account %s of the run: %w", accountID, err)
	}
	snapshot, err := o.snapshot(ctx, s, m)
	if err != nil {
		return nil, fmt.Errorf("reading the account %s of the run: %w", accountID, err)
	}
	return snapshot, nil
}
