package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"sekisho/audit/collect"
	"sekisho/audit/emulator"
)

const owner = "123456789012"

// served is an S3 of one bucket that is changed before it is asked anything.
func served(t *testing.T, changes ...func(*emulator.Storage)) *emulator.Storage {
	t.Helper()
	s := &emulator.Storage{Bucket: "example-runs", Owner: owner, Region: "us-east-1"}
	for _, change := range changes {
		change(s)
	}
	return s
}

func inSmallPages(s *emulator.Storage) { s.PageCap, s.EmptyPages = 2, true }

// faulty has the first n requests of an action go wrong.
func faulty(action string, fault emulator.StorageFault, n int) func(*emulator.Storage) {
	return func(s *emulator.Storage) {
		s.Fault = func(q emulator.StorageRequest, nth int) emulator.StorageFault {
			if q.Action == action && nth <= n {
				return fault
			}
			return ""
		}
	}
}

// hasty tries again at once.
func hasty() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 10, time.Millisecond, ratelimit.None
	})
}

func opened(t *testing.T, s *emulator.Storage, o collect.BucketOptions) (*collect.Bucket, error) {
	t.Helper()
	endpoint, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return collect.OpenBucket(t.Context(), collect.Options{Endpoint: endpoint, StaticKeys: true, Retryer: hasty}, o)
}

// bucket is a part of a bucket in which others keep things, too.
func bucket(t *testing.T, s *emulator.Storage) *Bucket {
	t.Helper()
	b, err := opened(t, s, collect.BucketOptions{Name: "example-runs", Prefix: "fleet/today/", Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"accounts/0.json.gz", "fleet/accounts/0.json.gz", "fleet/todayaccounts/0"} {
		s.Keep(key, []byte("another's"))
	}
	return InBucket(b)
}

func TestPutsAreTriedAgain(t *testing.T) {
	t.Parallel()
	const put, get, list = "s3:PutObject", "s3:GetObject", "s3:ListObjectsV2"
	for name, test := range map[string]struct {
		action string
		fault  emulator.StorageFault
		times  int
		fails  string
	}{
		"another writes at the same time":      {put, emulator.StorageConflict, 4, ""},
		"others write all the time":            {put, emulator.StorageConflict, 1000, "ConditionalRequestConflict"},
		"S3 wants it slower":                   {put, emulator.StorageSlowDown, 5, ""},
		"S3 wants it slower to the end":        {put, emulator.StorageSlowDown, 1000, "SlowDown"},
		"the answer to a write is lost":        {put, emulator.StorageLost, 1, ""},
		"the answer to a write is a redirect":  {put, emulator.StorageRedirect, 1000, "was not followed"},
		"an object comes in part":              {get, emulator.StorageTorn, 1, ""},
		"an object comes in part to the end":   {get, emulator.StorageTorn, 1000, "reading s3://example-runs/fleet/today/accounts/1.json.gz: "},
		"a list comes in part":                 {list, emulator.StorageTorn, 1, ""},
		"a list comes in part to the end":      {list, emulator.StorageTorn, 1000, "listing s3://example-runs/fleet/today/accounts/: "},
		"a list is no list":                    {list, emulator.StorageEmpty, 1000, "listing s3://example-runs/fleet/today/accounts/: "},
		"the answer to a read is a redirect":   {get, emulator.StorageRedirect, 1000, "was not followed"},
		"S3 wants reads slower":                {get, emulator.StorageSlowDown, 5, ""},
		"the answer to a list is elsewhere":    {list, emulator.StorageRedirect, 1000, "was not followed"},
		"nothing goes wrong":                   {put, "", 0, ""},
		"S3 wants lists slower, and gives one": {list, emulator.StorageSlowDown, 5, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := served(t, faulty(test.action, test.fault, test.times))
			b := bucket(t, s)
			err := b.Put(t.Context(), "accounts/1.json.gz", []byte("content"))
			if err == nil {
				var got []byte
				if got, err = b.Get(t.Context(), "accounts/1.json.gz", 100); err == nil && string(got) != "content" {
					t.Errorf("got %q, want what was written", got)
				}
			}
			if err == nil {
				var keys []string
				if keys, err = b.Keys(t.Context(), "accounts/"); err == nil && !slices.Equal(keys, []string{"accounts/1.json.gz"}) {
					t.Errorf("got %v, want the one key", keys)
				}
			}
			if test.fails == "" && err != nil || test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)) {
				t.Errorf("got %v, want %q", err, test.fails)
			}
			asked := s.Asked()
			if len(asked) > 12 {
				t.Errorf("got %d requests, want an end", len(asked))
			}
			for _, q := range asked {
				if q.Owner != owner || q.Action == put && q.IfNoneMatch != "*" {
					t.Errorf("got %+v, want the owner named, and nothing written over", q)
				}
			}
		})
	}
}

// What another wrote while an answer was lost is another's.
func TestLostAnswersAreNoProof(t *testing.T) {
	t.Parallel()
	s := served(t)
	s.Fault = func(q emulator.StorageRequest, nth int) emulator.StorageFault {
		if q.Action == "s3:PutObject" && nth == 1 {
			s.Keep(q.Key, []byte("another's"))
			return emulator.StorageLost
		}
		return ""
	}
	if err := bucket(t, s).Put(t.Context(), "manifest.json", []byte("mine")); !errors.Is(err, ErrExists) {
		t.Errorf("got %v, want that it is there", err)
	}
}

// S3 leaves no object half written: one that is not as a run writes it is somebody's, and nobody takes its place.
func TestForeignObjectsInABucketAreErrors(t *testing.T) {
	t.Parallel()
	s := served(t)
	b := bucket(t, s)
	for _, key := range []string{"accounts/1.json.gz", "manifest.json"} {
		put(t, b, key, "content")
		whole := s.Object("fleet/today/" + key)
		for _, n := range []int{1, len(whole) / 2, len(whole) - 1} {
			s.Keep("fleet/today/"+key, whole[:n])
			got, err := b.Get(t.Context(), key, 100)
			if err == nil || errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "not written by this run") {
				t.Errorf("%s of %d bytes: got %q and %v, want an error", key, n, got, err)
			}
			if err := b.Put(t.Context(), key, []byte("content")); !errors.Is(err, ErrExists) {
				t.Errorf("%s of %d bytes: got %v, want it left", key, n, err)
			}
		}
	}
	s.Keep("fleet/today/accounts/a b+c%?&\u00e9", []byte("odd"))
	if keys, err := b.Keys(t.Context(), "accounts/a"); err != nil || !slices.Equal(keys, []string{"accounts/a b+c%?&\u00e9"}) {
		t.Errorf("got %q and %v, want the odd key as it is", keys, err)
	}
}

func TestStoresThatWriteOverAreFound(t *testing.T) {
	t.Parallel()
	s := served(t)
	b := bucket(t, s)
	for range 2 { // another plan finds what the first left
		if err := b.Probe(t.Context()); err != nil {
			t.Error(err)
		}
	}
	s.Overwrites = true
	if err := b.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "want the second refused") {
		t.Errorf("got %v, want a store refused that writes over", err)
	}
}

func TestBucketsAreOpenedWhereTheyAre(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*emulator.Storage)
		with   collect.BucketOptions
		fails  string
	}{
		"in another Region":          {change: func(s *emulator.Storage) { s.Region = "eu-central-1" }},
		"in a Region that was named": {change: func(s *emulator.Storage) { s.Region = "eu-central-1" }, with: collect.BucketOptions{Region: "eu-central-1"}},
		"in none that is named":      {with: collect.BucketOptions{Region: "eu-central-1"}, fails: "redirect"},
		"where it may not be looked at": {change: func(s *emulator.Storage) {
			s.Allows = func(q emulator.StorageRequest) bool { return q.Action != "s3:HeadBucket" }
		}},
		"of somebody else":        {change: func(s *emulator.Storage) { s.Owner = "999999999999" }, fails: "AccessDenied"},
		"of nobody":               {with: collect.BucketOptions{Owner: collect.NoOwner}},
		"where there is none":     {change: func(s *emulator.Storage) { s.Bucket = "another" }, fails: "opening s3://example-runs/fleet: "},
		"where the name is false": {change: func(s *emulator.Storage) { s.Region = "http://example.com/" }, fails: "opening s3://example-runs/fleet: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := served(t)
			if test.change != nil {
				test.change(s)
			}
			test.with.Name, test.with.Prefix = "example-runs", "fleet/"
			if test.with.Owner == "" {
				test.with.Owner = owner
			}
			b, err := opened(t, s, test.with)
			if err == nil {
				err = InBucket(b).Put(t.Context(), "manifest.json", []byte("{}"))
			}
			if test.fails == "" && err != nil || test.fails != "" && (err == nil || !strings.Contains(err.Error(), test.fails)) {
				t.Fatalf("got %v, want %q", err, test.fails)
			}
			if err == nil && (b.Options().Region != s.Region || b.Calls().ByAction["s3:PutObject"] != 1) {
				t.Errorf("got %+v and %+v, want the Region %s and one write", b.Options(), b.Calls(), s.Region)
			}
		})
	}
}

func TestBucketsEndWithTheRun(t *testing.T) {
	t.Parallel()
	b := bucket(t, served(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Put(ctx, "manifest.json", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the run ended", err)
	}
}
