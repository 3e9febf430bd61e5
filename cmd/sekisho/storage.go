package main

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"sekisho/audit/collect"
	"sekisho/config"
	"sekisho/report/files"
)

// bindStorage adds the flags that say how a bucket is reached.
func bindStorage(f *pflag.FlagSet) {
	f.String("s3-owner", "", "`ACCOUNT` that an s3:// bucket must be of, or none for a store without accounts (default: that of the credentials)")
	f.String("s3-region", "", "`REGION` of the bucket (default: S3 is asked)")
	f.String("s3-endpoint", "", "`URL` of a store that speaks as S3 does (default: AWS_ENDPOINT_URL_S3, or S3 itself)")
	f.String("s3-profile", "", "`NAME` of a profile whose credentials the bucket takes (default: those that the run begins with)")
}

// openBucket opens the bucket of an address. A session that is signed in lends it its credentials, unless a profile is
// named for buckets.
func openBucket(ctx context.Context, sys system, c *config.Config, address string, hub func() (*collect.Session, error)) (*collect.Bucket, error) {
	in, err := bucketOf(c.S3, address)
	if err != nil {
		return nil, err
	}
	var bucket *collect.Bucket
	if hub != nil && c.S3.Profile == "" {
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
		options := collect.Options{Profile: c.AWS.Profile, Region: c.AWS.Region, Prompt: sys.prompt(nil), MFASerial: c.AWS.MFASerial, RoleARN: c.AWS.RoleARN, ExternalID: c.AWS.ExternalID, Now: sys.now, Connections: fleetConnections}
		if c.S3.Profile != "" {
			options.Profile, options.MFASerial, options.RoleARN, options.ExternalID = c.S3.Profile, "", "", ""
		}
		if bucket, err = collect.OpenBucket(ctx, options, in); err != nil {
			return nil, err
		}
	}
	for _, warning := range bucket.Warnings() {
		sys.warn(warning)
	}
	return bucket, nil
}

var (
	bucketName   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)     // S3 User Guide, bucketnamingrules
	bucketPrefix = regexp.MustCompile(`^[A-Za-z0-9!_.*'()=+@:,/-]*$`)           // S3 User Guide, object-keys: what is safe
	variableText = regexp.MustCompile(`^[A-Za-z0-9_=+@:-][A-Za-z0-9_.=+@:-]*$`) // one name of a path
	placeholder  = regexp.MustCompile(`\{(date|env:([A-Za-z_][A-Za-z0-9_]*)(?:#([A-Za-z0-9._-]+))?)\}`)
)

// bucketOf reads the address of a bucket, s3://BUCKET/PREFIX.
func bucketOf(c config.S3, address string) (collect.BucketOptions, error) {
	name, prefix, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	in := collect.BucketOptions{Name: name, Owner: c.Owner, Region: c.Region, Endpoint: c.Endpoint}
	prefix = strings.TrimSuffix(prefix, "/")
	switch {
	case !bucketName.MatchString(name):
		return in, usagef("", "got the bucket %q, want s3://BUCKET/PREFIX", name)
	case prefix != "" && (!fs.ValidPath(prefix) || !bucketPrefix.MatchString(prefix)):
		return in, usagef("", "got the prefix %q, want names of letters, digits and -_.=+@ that are parted by /", prefix)
	case prefix != "":
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

// remote reads objects by their addresses, those of a bucket by one client.
type remote struct {
	sys    system
	config *config.Config

	mu      sync.Mutex
	buckets map[string]*collect.Bucket
}

// readsRemote has the run's files read from buckets, too.
func (s system) readsRemote(ctx context.Context, c *config.Config) *remote {
	r := &remote{sys: s, config: c, buckets: map[string]*collect.Bucket{}}
	s.files.Remote = func(path string) ([]byte, error) {
		bucket, key, err := r.bucket(ctx, path)
		if err != nil {
			return nil, &files.RemoteError{Err: err}
		}
		content, err := bucket.Get(ctx, key, c.Read.Limit())
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		if err != nil {
			return nil, &files.RemoteError{Err: err}
		}
		return content, nil
	}
	return r
}

// bucket opens the bucket of an address, once.
func (r *remote) bucket(ctx context.Context, address string) (_ *collect.Bucket, key string, err error) {
	in, err := bucketOf(r.config.S3, address)
	if err != nil {
		return nil, "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.buckets[in.Name] == nil {
		if r.buckets[in.Name], err = openBucket(ctx, r.sys, r.config, in.Name, nil); err != nil {
			delete(r.buckets, in.Name)
		}
	}
	return r.buckets[in.Name], strings.TrimSuffix(in.Prefix, "/"), err
}

// kept lists the addresses below an address whose names end in one of the extensions; of what has such an end, that
// itself.
func (r *remote) kept(ctx context.Context, address string, extensions ...string) ([]string, error) {
	if slices.Contains(extensions, path.Ext(address)) {
		return []string{address}, nil
	}
	bucket, prefix, err := r.bucket(ctx, address)
	if err != nil {
		return nil, err
	}
	if prefix != "" {
		prefix += "/"
	}
	keys, err := bucket.Keys(ctx, prefix)
	var found []string
	for _, key := range keys {
		if slices.Contains(extensions, path.Ext(key)) {
			found = append(found, bucket.String()+"/"+key)
		}
	}
	return found, err
}
