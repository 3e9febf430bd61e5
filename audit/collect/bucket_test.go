package collect

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"sekisho/audit/emulator"
	"sekisho/audit/organization"
)

// notRefused calls each operation of a client, with nothing in it, and lists those that the guard did not refuse.
func notRefused(t *testing.T, client any) (sent []string) {
	t.Helper()
	v, calls := reflect.ValueOf(client), 0
	for i := range v.NumMethod() {
		method, name := v.Method(i), v.Type().Method(i).Name
		of := method.Type()
		if of.NumIn() != 3 || of.NumOut() != 2 || of.In(0) != reflect.TypeFor[context.Context]() || of.In(1).Kind() != reflect.Pointer {
			continue
		}
		calls++
		out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.New(of.In(1).Elem())})
		err, _ := out[1].Interface().(error)
		var refused *RefusedError
		if !errors.As(err, &refused) {
			sent = append(sent, name)
		}
	}
	if calls < 100 {
		t.Errorf("got %d operations of %T, want all", calls, client)
	}
	return sent
}

// A session of an account, and one that the organization is read with, send nothing to a bucket; the client of a bucket
// sends what storage takes, and nothing else. No credentials of an account get near the bucket.
func TestStorageIsApart(t *testing.T) {
	t.Parallel()
	of, members := emulator.Corporation(2, 1, time.Now(), emulator.Options{})
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	manager, member := of.Organization.Value.ManagementAccount, ""
	for id := range members {
		if id != manager {
			member = id
		}
	}
	storage := &emulator.Storage{Bucket: "example-runs", Owner: manager, Region: "us-east-1"}
	served.Keep(storage)
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	hub := signedIn(t, Options{StaticKeys: true, Endpoint: endpoint, Retryer: fastRetryer, Allowed: organization.Actions()})
	inMember, err := hub.In(t.Context(), "arn:aws:iam::"+member+":role/"+emulator.FleetRole, "", Actions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Session{"the hub": hub, "an account": inMember} {
		if sent := notRefused(t, s3.NewFromConfig(s.Config)); len(sent) > 0 {
			t.Errorf("got %v of S3 let through for %s, want nothing", sent, name)
		}
	}
	in := BucketOptions{Name: "example-runs", Prefix: "run/"}
	if _, err := inMember.Bucket(t.Context(), in); err == nil || !strings.Contains(err.Error(), "session of an account") {
		t.Errorf("got %v, want no bucket with an account's credentials", err)
	}
	if asked := storage.Asked(); len(asked) > 0 {
		t.Errorf("got %v, want nothing sent", asked)
	}

	b, err := hub.Bucket(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "manifest.json", []byte("{}")); err != nil {
		t.Error(err)
	}
	sent := notRefused(t, s3.NewFromConfig(b.session.Config))
	if want := []string{"GetObject", "HeadBucket", "ListObjectsV2", "PutObject"}; !slices.Equal(sent, want) {
		t.Errorf("got %v let through, want %v", sent, want)
	}
	if sent := notRefused(t, iam.NewFromConfig(b.session.Config)); len(sent) > 0 {
		t.Errorf("got %v of IAM let through for a bucket, want nothing", sent)
	}
	if total, calls := hub.Calls().ByAction["s3:PutObject"], b.Calls().ByAction["s3:PutObject"]; total != 0 || calls == 0 {
		t.Errorf("got %d writes on the bill of the hub and %d on the bucket's, want them apart", total, calls)
	}
	for _, q := range storage.Asked() {
		if q.AccessKey != "AKIAIOSFODNN7EXAMPLE" || q.Owner != manager {
			t.Errorf("got %+v, want the credentials that the run began with, and their account", q)
		}
	}
}

func TestBucketsSayWhatToDo(t *testing.T) {
	t.Parallel()
	b := &Bucket{options: BucketOptions{Name: "example-runs", Prefix: "run/", Owner: "123456789012", Region: "us-east-1"}, session: newSession(Options{})}
	for want, err := range map[string]error{
		"sekisho permissions --fleet --bucket prints how": apiError("NoSuchBucket"),
		"--s3-owner or s3.owner names another":            apiError("AccessDenied"),
		"leave --s3-region out":                           &redirectError{"https://elsewhere.example.com"},
		"in another Region than us-east-1":                apiError("AuthorizationHeaderMalformed"),
		"s3:PutObject, s3:GetObject and s3:ListBucket":    apiError("Forbidden"),
		"the access key was deleted or deactivated":       apiError("InvalidAccessKeyId"),
		"the secret access key does not belong":           apiError("SignatureDoesNotMatch"),
		"the session is over":                             apiError("ExpiredToken"),
	} {
		got := b.failed("reading "+b.place("manifest.json"), err)
		if !strings.Contains(Hint(got), want) || !strings.Contains(got.Error(), "reading s3://example-runs/run/manifest.json: ") {
			t.Errorf("got %v and the hint %q, want %q", got, Hint(got), want)
		}
	}
	if _, err := (&Session{options: Options{Endpoint: ""}, client: newSession(Options{}).client, facts: &facts{}}).Bucket(t.Context(), BucketOptions{Name: "b", Owner: NoOwner}); err == nil {
		t.Error("got a bucket of AWS's without an owner, want it refused")
	}
}

// Over a connection that anybody may read, a person is told so; on the machine itself nobody is.
func TestBucketsWarnOfOpenConnections(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]int{"": 0, "https://minio.example.com": 0, "http://127.0.0.1:9000": 0, "http://minio.example.com:9000": 1} {
		if got := (&Bucket{options: BucketOptions{Endpoint: endpoint}}).Warnings(); len(got) != want {
			t.Errorf("%s: got the warnings %q, want %d", endpoint, got, want)
		}
	}
}

func apiError(code string) error {
	return &smithy.GenericAPIError{Code: code, Message: "as the test has it"}
}
