//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sekisho/audit/emulator"
)

// A run in a bucket that is killed between an account's snapshot and its object is taken up again by two at once: each
// account has one object, the report is that of a run in a folder, and the bucket never saw other credentials than those
// that the run began with.
func TestKilledFleetInABucketIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	served, endpoint := servedFleet(t, 4, func(string) {})
	storage := &emulator.Storage{Bucket: "example-runs", Owner: managerOf(served), Region: "eu-west-1", PageCap: 2, EmptyPages: true}
	reached, killed := make(chan struct{}), make(chan struct{})
	var objects atomic.Int32
	storage.Fault = func(q emulator.StorageRequest, _ int) emulator.StorageFault {
		if q.Action != "s3:PutObject" || !strings.HasPrefix(q.Key, "fleet/accounts/") || objects.Add(1) != 2 {
			return ""
		}
		close(reached)
		<-killed
		return emulator.StorageSlowDown
	}
	served.Keep(storage)
	const run = "s3://example-runs/fleet"
	merged := func(run string) string {
		out := filepath.Join(t.TempDir(), "fleet.json")
		runs(t, endpoint, statusFinding, "fleet", "merge", run, "-q", "-o", out)
		return timeless(t, out)
	}
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", run)
	cmd := started(t, endpoint, "fleet", "run", run, "-q", "--concurrency", "1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended(t, cmd)
	close(killed)
	if snapshots, done := storage.Keys("fleet/snapshots/"), storage.Keys("fleet/accounts/"); len(snapshots) != 2 || len(done) != 1 {
		t.Errorf("got the snapshots %v and the objects %v, want the last snapshot without its object", snapshots, done)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runs(t, endpoint, statusClean, "fleet", "run", run, "-q")
	}()
	runs(t, endpoint, statusClean, "fleet", "run", run, "-q")
	<-done
	folder := filepath.Join(t.TempDir(), "run")
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", folder)
	runs(t, endpoint, statusClean, "fleet", "run", folder, "-q")
	if got, want := merged(run), merged(folder); got != want {
		t.Errorf("got %s of the run in a bucket, want %s", got, want)
	}
	if keys := storage.Keys("fleet/accounts/"); len(keys) != 4 {
		t.Errorf("got the objects %v, want one of each account", keys)
	}
	for _, q := range storage.Asked() {
		if q.AccessKey != "AKIAIOSFODNN7EXAMPLE" || q.Action == "" || !strings.HasPrefix(q.Key, "fleet/") && q.Action != "s3:HeadBucket" {
			t.Errorf("got %+v, want what storage sends under the prefix, with the credentials that the run began with", q)
		}
	}
}
