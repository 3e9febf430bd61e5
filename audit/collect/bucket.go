package collect

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sekisho/audit/account"
)

// storageActions are all that the client of a bucket sends.
var storageActions = []string{"s3:PutObject", "s3:GetObject", "s3:ListObjectsV2", "s3:HeadBucket"}

const (
	storageTimeout = 2 * time.Minute // of one attempt: objects are larger than answers
	mostKeys       = 1_000_000       // that a listing has: five for each account of the largest organizations, and some
)

// BucketOptions say where objects are kept.
type BucketOptions struct {
	// Name is that of the bucket, and Prefix stands before all keys; it is empty, or ends in /.
	Name, Prefix string
	// Owner is the account that the bucket must be of: a request to one of somebody else's is refused. Empty: that of
	// the credentials; NoOwner: nobody is asked, for a store that has no accounts.
	Owner string
	// Region of the bucket. Empty: S3 is asked for it.
	Region string
	// Endpoint is the address of a store that speaks as S3 does. Empty: the SDK's own resolution, which honours
	// AWS_ENDPOINT_URL_S3.
	Endpoint string
}

// NoOwner is the owner of a bucket in a store that has no accounts.
const NoOwner = "none"

// Bucket is a part of an S3 bucket in which objects are written once. Its client is none of an account's: it sends what
// storage takes, and nothing else, with the credentials that the run began with.
type Bucket struct {
	options BucketOptions
	session *Session
	client  *s3.Client
}

// Bucket opens a bucket with the credentials of a session, which is none in another account.
func (s *Session) Bucket(ctx context.Context, o BucketOptions) (*Bucket, error) {
	b := &Bucket{options: o}
	if s.member {
		return nil, &Error{Doing: "opening " + b.String(), Err: errors.New("got the session of an account that is audited, want the one that the run began with")}
	}
	own := s.options
	own.Allowed, own.AttemptTimeout, own.Observe, own.MFASerial, own.TokenCode, own.Prompt = storageActions, storageTimeout, nil, "", "", nil
	b.session = newSession(own)
	*b.session.facts = *s.facts
	b.session.Caller = s.Caller
	b.session.Config = s.Config.Copy()
	b.session.Config.APIOptions = []func(*middleware.Stack) error{b.session.client.install}
	return b, b.open(ctx)
}

// OpenBucket signs in for a bucket alone.
func OpenBucket(ctx context.Context, o Options, in BucketOptions) (*Bucket, error) {
	o.anonymous = in.Owner != ""
	s, err := SignIn(ctx, o)
	if err != nil {
		return nil, err
	}
	return s.Bucket(ctx, in)
}

// open makes the client, for the region of the bucket.
func (b *Bucket) open(ctx context.Context) error {
	b.connect()
	endpoint := b.client.Options().BaseEndpoint
	if b.options.Owner = cmp.Or(b.options.Owner, b.session.Caller.AccountID); b.options.Owner == NoOwner && endpoint == nil {
		return &Error{Doing: "opening " + b.String(), Err: errors.New("got no owner of a bucket of AWS's, want the account that it must be of")}
	}
	if u, err := url.Parse(aws.ToString(endpoint)); endpoint != nil && err == nil {
		b.options.Endpoint = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
		b.session.facts.endpoint = true
	}
	if b.options.Region == "" {
		if err := b.findRegion(ctx); err != nil {
			return err
		}
	}
	b.connect()
	return nil
}

func (b *Bucket) connect() {
	b.session.Config.Region = cmp.Or(b.options.Region, b.session.Config.Region)
	b.client = s3.NewFromConfig(b.session.Config, func(o *s3.Options) {
		switch {
		case b.options.Endpoint != "":
			o.BaseEndpoint = &b.options.Endpoint
		default:
			o.BaseEndpoint = b.session.endpoint(o.BaseEndpoint)
		}
		o.UsePathStyle = o.BaseEndpoint != nil
	})
}

// findRegion asks in which region the bucket is. S3 says it with a refusal and with a redirect, too; the redirect is not
// followed.
func (b *Bucket) findRegion(ctx context.Context) error {
	region := ""
	_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.options.Name, ExpectedBucketOwner: b.owner()}, func(o *s3.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), func(stack *middleware.Stack) error {
			return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("SekishoRegion", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
				out, metadata, err := next.HandleDeserialize(ctx, in)
				if response, ok := out.RawResponse.(*smithyhttp.Response); ok {
					region = response.Header.Get("X-Amz-Bucket-Region")
				}
				return out, metadata, err
			}), middleware.After)
		})
	})
	if err != nil && (httpStatus(err) == http.StatusNotFound || !regionShape.MatchString(region)) {
		return b.failed("opening "+b.String(), err)
	}
	b.options.Region = b.session.Config.Region
	if regionShape.MatchString(region) {
		b.options.Region = region
	}
	return nil
}

// owner is what each request says of whose the bucket is.
func (b *Bucket) owner() *string {
	if b.options.Owner == NoOwner {
		return nil
	}
	return &b.options.Owner
}

// String is the bucket and the prefix as an address.
func (b *Bucket) String() string {
	return strings.TrimSuffix("s3://"+b.options.Name+"/"+b.options.Prefix, "/")
}

// Options are those by which objects are kept, with what S3 said of them.
func (b *Bucket) Options() BucketOptions { return b.options }

// Calls is the bill of the bucket's client.
func (b *Bucket) Calls() account.Calls { return b.session.Calls() }

// Warnings are for the person who keeps something there.
func (b *Bucket) Warnings() []string {
	var all []string
	for _, w := range (&account.Snapshot{Endpoints: map[string]string{"s3": b.options.Endpoint}}).Warnings() {
		all = append(all, w.String())
	}
	return all
}

// Put writes an object that is not there yet; its error is fs.ErrExist where it is. Where an answer was lost and the
// attempt after it finds the same bytes, they are those of the first.
func (b *Bucket) Put(ctx context.Context, key string, content []byte) error {
	sum := sha256.Sum256(content)
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.options.Name, Key: aws.String(b.options.Prefix + key), ExpectedBucketOwner: b.owner(), Body: bytes.NewReader(content), IfNoneMatch: aws.String("*"),
		ContentLength: aws.Int64(int64(len(content))), ContentType: aws.String("application/octet-stream"), ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])),
	})
	if httpStatus(err) != http.StatusPreconditionFailed {
		return b.failed("writing "+b.place(key), err)
	}
	var failed *callError
	if errors.As(err, &failed) && failed.attempts > 1 {
		if there, err := b.Get(ctx, key, int64(len(content))); err == nil && bytes.Equal(there, content) {
			return nil
		}
	}
	return fmt.Errorf("writing %s: %w", b.place(key), fs.ErrExist)
}

// Get reads an object of at most limit bytes; its error is fs.ErrNotExist where there is none.
func (b *Bucket) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	doing := "reading " + b.place(key)
	out, err := b.client.GetObject(context.WithValue(ctx, answerKey{}, limit), &s3.GetObjectInput{
		Bucket: &b.options.Name, Key: aws.String(b.options.Prefix + key), ExpectedBucketOwner: b.owner(), ChecksumMode: types.ChecksumModeEnabled,
	})
	if code, _ := reason(err); code == "NoSuchKey" {
		return nil, fmt.Errorf("%s: %w", doing, fs.ErrNotExist)
	}
	if err != nil {
		return nil, b.failed(doing, err)
	}
	content, err := io.ReadAll(out.Body) // it is here already, and this compares its checksum
	return content, b.failed(doing, errors.Join(err, out.Body.Close()))
}

// Keys lists the keys that begin with a prefix, sorted. A page may be empty and not the last.
func (b *Bucket) Keys(ctx context.Context, prefix string) ([]string, error) {
	begin, doing := b.options.Prefix+prefix, "listing "+b.place(prefix)
	in := &s3.ListObjectsV2Input{Bucket: &b.options.Name, Prefix: &begin, ExpectedBucketOwner: b.owner(), EncodingType: types.EncodingTypeUrl}
	var keys []string
	for {
		out, err := b.client.ListObjectsV2(ctx, in)
		if err == nil {
			keys, err = b.page(keys, out, begin)
		}
		if err != nil {
			return nil, b.failed(doing, err)
		}
		if !*out.IsTruncated {
			slices.Sort(keys)
			return keys, nil
		}
		if next := aws.ToString(out.NextContinuationToken); next == "" || next == aws.ToString(in.ContinuationToken) || len(keys) > mostKeys {
			return nil, b.failed(doing, fmt.Errorf("got a list without an end after %d keys", len(keys)))
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// page takes the keys of a page. To the SDK an empty body is a page without keys.
func (b *Bucket) page(keys []string, page *s3.ListObjectsV2Output, begin string) ([]string, error) {
	if page.IsTruncated == nil || page.KeyCount != nil && int(*page.KeyCount) != len(page.Contents) {
		return nil, tornError("XML")
	}
	for _, object := range page.Contents {
		key := aws.ToString(object.Key)
		if page.EncodingType == types.EncodingTypeUrl {
			plain, err := url.QueryUnescape(key)
			if err != nil {
				return nil, fmt.Errorf("got the key %q, want it encoded as in a URL", oneLine(key))
			}
			key = plain
		}
		if !strings.HasPrefix(key, begin) {
			return nil, fmt.Errorf("got the key %q, want those that begin with %q", oneLine(key), begin)
		}
		keys = append(keys, strings.TrimPrefix(key, b.options.Prefix))
	}
	return keys, nil
}

func (b *Bucket) place(key string) string {
	return "s3://" + b.options.Name + "/" + b.options.Prefix + key
}

// failed makes the error of a call to the bucket; nil for nil.
func (b *Bucket) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	code, _ := reason(err)
	status, text := httpStatus(err), ""
	var redirect *redirectError
	var large *largeError
	switch {
	case errors.As(err, &large):
		return &Error{Doing: doing, Err: fmt.Errorf("got an object of more than %d MiB", large.limit>>20)}
	case code == "NoSuchBucket" || status == http.StatusNotFound:
		text = "check the name of the bucket; it is made by who looks after the storage: sekisho permissions --fleet --bucket prints how"
	case errors.As(err, &redirect), code == "AuthorizationHeaderMalformed", code == "PermanentRedirect", code == "IllegalLocationConstraintException":
		text = "the bucket is in another Region than " + b.options.Region + ": leave --s3-region out, or correct it"
	case account.Denied(code) || code == "Forbidden": // the latter is what there is of an answer to HEAD
		text = "the bucket must be of the account " + b.options.Owner + " (--s3-owner or s3.owner names another), and allow " + cmp.Or(b.session.Caller.ARN, "the credentials") +
			" s3:PutObject, s3:GetObject and s3:ListBucket: sekisho permissions --fleet --bucket prints its policy"
	case status == http.StatusNotImplemented:
		text = "the store does not know If-None-Match, without which one run writes over another: keep the run in a folder, or in another store"
	default:
		text = hint(err, b.session.facts)
	}
	return &Error{Doing: doing, Err: err, Hint: text}
}
