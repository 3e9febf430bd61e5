package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
)

const bucketPrefix = "fleet/today/"

// openBucket is a store in an S3 that nobody has written to.
func openBucket(t *testing.T, changes ...func(*emulator.Storage)) (*store.Bucket, *emulator.Storage) {
	t.Helper()
	served := &emulator.Storage{Bucket: "example-runs", Owner: "100000000000", Region: "us-east-1", PageCap: 3}
	for _, change := range changes {
		change(served)
	}
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	hasty := func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 10, time.Millisecond, ratelimit.None
		})
	}
	bucket, err := collect.OpenBucket(t.Context(), collect.Options{Endpoint: endpoint, StaticKeys: true, Retryer: hasty},
		collect.BucketOptions{Name: served.Bucket, Prefix: bucketPrefix, Owner: served.Owner, Region: served.Region})
	if err != nil {
		t.Fatal(err)
	}
	return store.InBucket(bucket), served
}

// A run in a bucket gives the report of one in a folder, whatever S3 makes of single requests: by two at once, one of
// whom ends in the middle.
func TestRunsInABucket(t *testing.T) {
	t.Parallel()
	c, folder := newCorporation(t, 5, 2)
	c.run(t, folder, -1)
	_, want := c.merge(t, folder)
	bucket, served := openBucket(t, func(s *emulator.Storage) {
		s.EmptyPages = true
		s.Fault = func(q emulator.StorageRequest, nth int) emulator.StorageFault {
			all := []emulator.StorageFault{emulator.StorageConflict, emulator.StorageSlowDown, emulator.StorageLost, "", ""}
			if nth > 1 || q.Action != "s3:PutObject" {
				return ""
			}
			return all[len(q.Key)%len(all)]
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ending := c.runner(bucket, -1)
	ending.Concurrency = 1
	ending.Observe = func(p fleet.Progress) {
		if p.Done == 2 {
			cancel()
		}
	}
	if _, err := ending.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the run ended", err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for shard := range 2 {
				if _, err := c.runner(bucket, shard).Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	if _, got := c.merge(t, bucket); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if keys := served.Keys(bucketPrefix); len(keys) != 10 {
		t.Errorf("got %v, want a snapshot and an object of each account", keys)
	}
	for _, q := range served.Asked() {
		if q.Action == "" || q.Action == "s3:PutObject" && q.IfNoneMatch != "*" {
			t.Errorf("got %+v, want objects written once and read", q)
		}
	}
}

// A merge waits until nobody will audit anything any more, or as long as it was told to.
func TestMergesWait(t *testing.T) {
	t.Parallel()
	c, _ := newCorporation(t, 3, 1)
	passing, bad := c.manifest.Accounts[0].ID, c.manifest.Accounts[1].ID
	for name, test := range map[string]struct {
		runs  []map[string]string // what fails in each, a minute apart; the first at once
		ends  time.Duration
		looks int // that found some accounts left
	}{
		"all done before":              {runs: []map[string]string{{}}, ends: 0},
		"one fails for good":           {runs: []map[string]string{{bad: "AccessDenied"}}, ends: 0},
		"one fails, and is done later": {runs: []map[string]string{{passing: "a passing failure"}, {}}, ends: 75 * time.Second, looks: 4},
		"one fails, and then for good": {runs: []map[string]string{{passing: "a passing failure"}, {passing: "AccessDenied"}}, ends: 75 * time.Second, looks: 4},
		"one fails again and again":    {runs: []map[string]string{{passing: "a passing failure"}}, ends: 2 * time.Hour, looks: 123},
		"nobody audits anything":       {ends: 2 * time.Hour, looks: 123},
	} {
		t.Run(name, func(t *testing.T) {
			folder := openFolder(t)
			synctest.Test(t, func(t *testing.T) {
				run := func(fails map[string]string) {
					r := c.runner(folder, -1)
					r.Concurrency = 1
					read := r.Audit
					r.Audit = func(ctx context.Context, a fleet.Account) (*fleet.Reading, error) {
						if says := fails[a.ID]; says != "" {
							return nil, errors.New(says)
						}
						return read(ctx, a)
					}
					if _, err := r.Run(t.Context()); err != nil {
						t.Error(err)
					}
				}
				for i, fails := range test.runs {
					if i == 0 {
						run(fails)
						continue
					}
					time.AfterFunc(time.Duration(i)*time.Minute, func() { run(fails) })
				}
				begun, looks := time.Now(), 0
				w := &fleet.Waiter{Manifest: c.manifest, Digest: c.digest, Store: folder, Observe: func(int) { looks++ }}
				if err := w.Wait(t.Context(), 2*time.Hour); err != nil || time.Since(begun) != test.ends || looks != test.looks {
					t.Errorf("got %v after %s and %d looks, want it to end after %s and %d", err, time.Since(begun), looks, test.ends, test.looks)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("interrupted")
		time.AfterFunc(7*time.Second, func() { cancel(why) })
		begun := time.Now()
		w := &fleet.Waiter{Manifest: c.manifest, Digest: c.digest, Store: openFolder(t)}
		if err := w.Wait(ctx, time.Hour); !errors.Is(err, why) || time.Since(begun) != 7*time.Second {
			t.Errorf("got %v after %s, want the end at once", err, time.Since(begun))
		}
	})
}

// patient is a store in which nobody gets an object of an account before so many ask for one.
type patient struct {
	store.Store
	all     int
	mu      sync.Mutex
	asked   int
	reached chan struct{}
}

func (p *patient) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	p.mu.Lock()
	if p.asked++; p.asked == p.all {
		close(p.reached)
	}
	p.mu.Unlock()
	select {
	case <-p.reached:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return p.Store.Get(ctx, key, limit)
}

func TestMergesReadSeveralAccountsAtATime(t *testing.T) {
	t.Parallel()
	all := runtime.GOMAXPROCS(0) + 3
	c, folder := newCorporation(t, all, 1)
	c.run(t, folder, -1)
	_, want := c.merge(t, folder)
	m := c.merger(&patient{Store: folder, all: all, reached: make(chan struct{})})
	m.Readers = all
	r, err := m.Merge(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(r); err != nil || string(got) != want {
		t.Errorf("got %s and %v, want %s", got, err, want)
	}
}
