package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sekisho/audit/fleet/store"
)

// How long nobody looks at the store while a run is under way: longer each time that it isn't over.
const (
	shortestPause = 5 * time.Second
	longestPause  = time.Minute
)

// Waiter waits for those who audit the accounts of a run.
type Waiter struct {
	Manifest *Manifest
	Digest   string
	Store    store.Store
	// Observe is told how many accounts are left, each time that somebody looks. May be nil.
	Observe func(left int)

	failed map[string]bool // by key of a failure: it stays
}

// Wait ends when each account is done or failed for good, or the time is up.
func (w *Waiter) Wait(ctx context.Context, limit time.Duration) error {
	over := time.NewTimer(limit)
	defer over.Stop()
	w.failed = map[string]bool{}
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		left, err := w.left(ctx)
		if err != nil || left == 0 {
			return err
		}
		if w.Observe != nil {
			w.Observe(left)
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-over.C:
			again.Stop()
			return nil
		case <-ctx.Done():
			again.Stop()
			return context.Cause(ctx)
		}
	}
}

// left counts the accounts that somebody may still audit.
func (w *Waiter) left(ctx context.Context) (int, error) {
	waiting := map[string]bool{}
	for _, a := range w.Manifest.Of(-1) {
		waiting[a.ID] = true
	}
	done, err := w.Store.Keys(ctx, accountsFolder)
	if err != nil {
		return 0, err
	}
	for _, key := range done {
		delete(waiting, strings.TrimSuffix(strings.TrimPrefix(key, accountsFolder), objectEnd))
	}
	if len(waiting) == 0 {
		return 0, nil
	}
	failures, err := w.Store.Keys(ctx, failuresFolder)
	if err != nil {
		return 0, err
	}
	newest := map[string]string{} // the keys are sorted
	for _, key := range failures {
		id, _, _ := strings.Cut(strings.TrimPrefix(key, failuresFolder), "/")
		newest[id] = key
	}
	for id, key := range newest {
		stays, known := w.failed[key]
		if waiting[id] && !known {
			f, err := failureAt(ctx, w.Store, key, w.stamp(id))
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
			stays = err == nil && !f.Passing
			w.failed[key] = stays
		}
		if stays {
			delete(waiting, id)
		}
	}
	return len(waiting), nil
}

func (w *Waiter) stamp(id string) stamp {
	return stamp{FailureSchema, w.Manifest.RunID, w.Digest, id}
}

// failureAt reads a failure, which may be none.
func failureAt(ctx context.Context, s store.Store, key string, want stamp) (Failure, error) {
	var f Failure
	text, err := s.Get(ctx, key, store.Limit)
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err == nil {
		err = f.differs(want)
	}
	if err != nil {
		err = fmt.Errorf("reading %s: %w", key, err)
	}
	return f, err
}
