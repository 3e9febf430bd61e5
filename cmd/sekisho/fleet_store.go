package main

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/config"
)

// storageFlags say how the bucket of a run is reached.
type storageFlags struct {
	owner, region, endpoint, profile string
}

func (o *storageFlags) bind(f *pflag.FlagSet) {
	f.StringVar(&o.owner, "s3-owner", "", "`ACCOUNT` that an s3:// bucket must be of, or none for a store without accounts (default: that of the credentials)")
	f.StringVar(&o.region, "s3-region", "", "`REGION` of the bucket (default: S3 is asked)")
	f.StringVar(&o.endpoint, "s3-endpoint", "", "`URL` of a store that speaks as S3 does (default: AWS_ENDPOINT_URL_S3, or S3 itself)")
	f.StringVar(&o.profile, "s3-profile", "", "`NAME` of a profile whose credentials the bucket takes (default: those that the run begins with)")
}

// given is a flag that says something of a bucket; empty where none does.
func (o *storageFlags) given() string {
	for flag, value := range map[string]string{"s3-owner": o.owner, "s3-region": o.region, "s3-endpoint": o.endpoint, "s3-profile": o.profile} {
		if value != "" {
			return flag
		}
	}
	return ""
}

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

// open opens the folder or bucket of a run. A bucket gets the credentials of the hub, which signs in for it where it did
// not yet, or of a profile of its own; without a hub somebody signs in for the bucket alone.
func (o *storageFlags) open(ctx context.Context, sys system, c *config.Config, name string, hub func() (*collect.Session, error)) (*runStore, error) {
	if name == "" {
		return nil, usagef("", "got an empty name, want the folder of a run, or s3://BUCKET/PREFIX")
	}
	name, err := expanded(sys, name)
	if err != nil {
		return nil, err
	}
	address, ok := strings.CutPrefix(name, "s3://")
	if !ok {
		if flag := o.given(); flag != "" {
			return nil, usagef("", "got --%s and %s, want s3://BUCKET/PREFIX", flag, name)
		}
		folder, err := openStore(name)
		if err != nil {
			return nil, err
		}
		return inFolder(folder), nil
	}
	in, err := o.of(address)
	if err != nil {
		return nil, err
	}
	var bucket *collect.Bucket
	if hub != nil && o.profile == "" {
		session, err := hub()
		if err != nil {
			return nil, err
		}
		bucket, err = session.Bucket(ctx, in)
		if err != nil {
			return nil, err
		}
	} else {
		if err := sys.readsAWS(); err != nil {
			return nil, err
		}
		options := collect.Options{Profile: c.AWS.Profile, Region: c.AWS.Region, Prompt: sys.prompt(nil), MFASerial: c.AWS.MFASerial, Now: sys.now, Connections: fleetConnections}
		if o.profile != "" {
			options.Profile, options.MFASerial = o.profile, ""
		}
		if bucket, err = collect.OpenBucket(ctx, options, in); err != nil {
			return nil, err
		}
	}
	for _, warning := range bucket.Warnings() {
		sys.warn(warning)
	}
	return &runStore{Store: store.InBucket(bucket), close: func() {}, bucket: bucket}, nil
}

var (
	bucketName   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)     // S3 User Guide, bucketnamingrules
	bucketPrefix = regexp.MustCompile(`^[A-Za-z0-9!_.*'()=+@:,-]+(/[^/]+)*$`)   // S3 User Guide, object-keys: what is safe
	plainText    = regexp.MustCompile(`^[A-Za-z0-9!_.*'()=+@:,/-]*$`)           // … in each of its names
	variableText = regexp.MustCompile(`^[A-Za-z0-9_=+@:-][A-Za-z0-9_.=+@:-]*$`) // one name of a path
	placeholder  = regexp.MustCompile(`\{(date|env:([A-Za-z_][A-Za-z0-9_]*)(?:#([A-Za-z0-9._-]+))?)\}`)
)

// of reads the address of a bucket, BUCKET/PREFIX.
func (o *storageFlags) of(address string) (collect.BucketOptions, error) {
	name, prefix, _ := strings.Cut(address, "/")
	in := collect.BucketOptions{Name: name, Owner: o.owner, Region: o.region, Endpoint: o.endpoint}
	prefix = strings.TrimSuffix(prefix, "/")
	at, err := url.Parse(o.endpoint)
	switch {
	case !bucketName.MatchString(name):
		return in, usagef("", "got the bucket %q, want s3://BUCKET/PREFIX", name)
	case prefix != "" && (!fs.ValidPath(prefix) || !bucketPrefix.MatchString(prefix) || !plainText.MatchString(prefix)):
		return in, usagef("", "got the prefix %q, want names of letters, digits and -_.=+@ that are parted by /", prefix)
	case o.owner != "" && o.owner != collect.NoOwner && !account.IsID(o.owner):
		return in, usagef("", "--s3-owner: got %q, want the twelve digits of an account, or none", o.owner)
	case o.endpoint != "" && (err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "" || at.User != nil || at.RawQuery != ""):
		return in, usagef("", "--s3-endpoint: got %q, want an address such as https://minio.example.com", o.endpoint)
	}
	if prefix != "" {
		in.Prefix = prefix + "/"
	}
	return in, nil
}

// expanded puts the date and variables into the name of a run. {env:NAME#PREFIX} is the variable without what it begins
// with, as in a shell.
func expanded(sys system, name string) (string, error) {
	var failed error
	name = placeholder.ReplaceAllStringFunc(name, func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		if m[2] == "" {
			return sys.now().UTC().Format(time.DateOnly)
		}
		text, ok := strings.CutPrefix(sys.variable(m[2]), m[3])
		if !ok && failed == nil {
			failed = usagef("", "%s: got %q in the variable, want what begins with %s", found, sys.variable(m[2]), m[3])
		}
		if !variableText.MatchString(text) && failed == nil {
			failed = usagef("", "%s: got %q in the variable, want one name of letters, digits and -_.=+@:", found, text)
		}
		return text
	})
	if failed == nil && strings.ContainsAny(name, "{}") {
		failed = usagef("", "got %q, want no braces in it but {date}, {env:NAME} and {env:NAME#PREFIX}", name)
	}
	return name, failed
}
