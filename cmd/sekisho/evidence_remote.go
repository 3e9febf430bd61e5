package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/evidence"
	"sekisho/config"
	"sekisho/report/files"
	"sekisho/report/sanitize"
)

// remoteEvidence is where evidence goes that is kept in a bucket; nil for none.
type remoteEvidence struct {
	bucket *collect.Bucket
	name   string // empty: the account and the time say it
}

// openRemoteEvidence opens the bucket that --evidence names, before anybody is asked anything. Its credentials are those
// that the run begins with, without the role that is assumed for the audit.
func openRemoteEvidence(ctx context.Context, sys system, c *config.Config, address string) (*remoteEvidence, error) {
	if !files.IsRemote(address) {
		return nil, nil
	}
	address, err := expanded(sys, address)
	if err != nil {
		return nil, usagef("", "--evidence: %w", err)
	}
	e := &remoteEvidence{}
	if path.Ext(address) == ".zip" {
		address, e.name = path.Dir(strings.TrimPrefix(address, "s3://")), path.Base(address)
	}
	own := *c
	own.AWS.MFASerial = "" // its code is good once
	e.bucket, err = openBucket(ctx, sys, &own, address, nil)
	return e, err
}

// put writes the evidence, where none is of the same name.
func (e *remoteEvidence) put(ctx context.Context, sys system, a *evidence.Archive, s *account.Snapshot, quiet bool) error {
	var packed bytes.Buffer
	if err := a.Write(&packed); err != nil {
		return err
	}
	name := e.name
	if name == "" {
		name = fmt.Sprintf("%s-%s.zip", s.Caller.AccountID, s.TakenAt.UTC().Format("20060102T150405Z"))
	}
	err := e.bucket.Put(ctx, name, packed.Bytes())
	switch {
	case errors.Is(err, fs.ErrExist):
		return &hintError{err, "evidence is never written over: name another"}
	case err == nil && !quiet:
		fmt.Fprintf(sys.stderr, "sekisho: evidence: %s/%s\n", sanitize.Terminal(e.bucket.String()), sanitize.Terminal(name))
	}
	return err
}
