package main

import (
	"context"
	"errors"

	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/config"
	"sekisho/report/files"
)

// runStore is where a run is kept.
type runStore struct {
	store.Store
	close  func()
	bucket *collect.Bucket // nil for a folder
}

// storage is what a report says of it; nil for a folder, which is nobody else's.
func (s *runStore) storage() *fleet.Storage {
	if s.bucket == nil {
		return nil
	}
	o := s.bucket.Options()
	return &fleet.Storage{Place: s.bucket.String(), Owner: o.Owner, Region: o.Region, Endpoint: o.Endpoint, Calls: s.bucket.Calls().ByAction}
}

// readers is how many accounts are read at a time: a bucket lets one wait.
func (s *runStore) readers() int {
	if s.bucket == nil {
		return 0
	}
	return 8
}

// probe makes sure that a bucket keeps what is there.
func (s *runStore) probe(ctx context.Context) error {
	kept, ok := s.Store.(*store.Bucket)
	if !ok {
		return nil
	}
	err := kept.Probe(ctx)
	var overwrites *store.OverwritesError
	if errors.As(err, &overwrites) {
		return &hintError{err, "the store must heed If-None-Match, without which one run writes over another: keep the run in a folder, or in another store"}
	}
	return err
}

// inFolder is a run in a folder.
func inFolder(folder *store.Folder) *runStore {
	return &runStore{Store: folder, close: func() { folder.Close() }}
}

// openRunStore opens the folder or bucket of a run. A bucket gets the credentials of the hub, which signs in for it where
// it did not yet; without a hub somebody signs in for the bucket alone.
func openRunStore(ctx context.Context, sys system, c *config.Config, name string, hub func() (*collect.Session, error)) (*runStore, error) {
	if name == "" {
		return nil, usagef("", "got an empty name, want the folder of a run, or s3://BUCKET/PREFIX")
	}
	name, err := expanded(sys, name)
	if err != nil {
		return nil, err
	}
	if !files.IsRemote(name) {
		folder, err := openStore(name)
		if err != nil {
			return nil, err
		}
		return inFolder(folder), nil
	}
	bucket, err := openBucket(ctx, sys, c, name, hub)
	if err != nil {
		return nil, err
	}
	return &runStore{Store: store.InBucket(bucket), close: func() {}, bucket: bucket}, nil
}
