//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"sekisho/audit/emulator"
	"sekisho/audit/fleet"
	"sekisho/audit/policy"
)

const (
	fleetMerger = "arn:aws:iam::123456789012:role/merger"
	mergerKey   = "AKIAI44QH8DHBEXAMPLE"
	bucketOwner = "999988887777"
)

// bucketJudge decides requests to the bucket of a fleet by what sekisho permissions prints.
type bucketJudge struct {
	bucket *policy.Document
	own    map[string]*policy.Document // by principal

	mu   sync.Mutex
	used map[string]bool // statements that allowed something
}

func newBucketJudge(t *testing.T) *bucketJudge {
	t.Helper()
	var p map[string]json.RawMessage
	text := fleetPermissions(t, "json", "--bucket", "s3://example-runs/fleet", "--merger", fleetMerger)
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	parse := func(name string, kind policy.Kind) *policy.Document {
		d, err := policy.Parse(name, kind, p[name])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	return &bucketJudge{
		bucket: parse("bucket_policy", policy.Resource), used: map[string]bool{},
		own: map[string]*policy.Document{fleetHub: parse("hub_policy", policy.Identity), fleetMerger: parse("merger_policy", policy.Identity)},
	}
}

// allows decides a request, across accounts or within the bucket's.
func (j *bucketJudge) allows(principal, account, action, resource string, more map[string]string) bool {
	ctx := policy.NewContext(policy.Absent)
	ctx.Set("aws:PrincipalArn", principal)
	ctx.Set("aws:PrincipalAccount", "123456789012")
	ctx.Set("aws:SecureTransport", "true")
	for key, value := range more {
		ctx.Set(key, value)
	}
	set := policy.Policies{Resource: j.bucket}
	if own := j.own[principal]; own != nil {
		set.Identity = []*policy.Document{own}
	}
	d := policy.Evaluate(policy.Request{Action: action, Resource: resource, Context: ctx, ResourceAccount: account}, set)
	j.mu.Lock()
	defer j.mu.Unlock()
	if d.Result == policy.Allowed {
		for _, statement := range d.By {
			j.used[statement] = true
		}
	}
	return d.Result == policy.Allowed
}

func (j *bucketJudge) asked(q emulator.StorageRequest) bool {
	principal, action, resource, more := fleetHub, q.Action, "arn:aws:s3:::example-runs/"+q.Key, map[string]string{}
	if q.AccessKey == mergerKey {
		principal = fleetMerger
	}
	switch action {
	case "s3:HeadBucket", "s3:ListObjectsV2":
		action, resource = "s3:ListBucket", "arn:aws:s3:::example-runs"
	case "s3:PutObject":
		more["s3:ObjectCreationOperation"] = "true"
		if q.IfNoneMatch != "" {
			more["s3:if-none-match"] = q.IfNoneMatch
		}
	}
	return j.allows(principal, bucketOwner, action, resource, more)
}

// What is printed is enough to keep a run in a bucket of another account and to merge it by somebody else, and each
// statement is for something.
func TestFleetBucketPermissionsAreEnough(t *testing.T) {
	t.Parallel()
	j := newBucketJudge(t)
	of, members := emulator.Corporation(3, 2, time.Now(), emulator.Options{})
	refuses := slices.Max(slices.Collect(maps.Keys(members)))
	m := members[refuses]
	m.RefusesRoles = true
	members[refuses] = m
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	served.Keep(&emulator.Storage{Bucket: "example-runs", Owner: bucketOwner, Region: "eu-west-1", Allows: j.asked})
	endpoint, stop, err := served.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	const run = "s3://example-runs/fleet/today"
	runs(t, endpoint, statusClean, "fleet", "plan", "-o", run, "--s3-owner", bucketOwner)
	runs(t, endpoint, statusClean, "fleet", "run", run, "-q", "--s3-owner", bucketOwner)
	runs(t, endpoint, statusFailed, "fleet", "plan", "-o", "s3://example-runs/elsewhere", "--s3-owner", bucketOwner)
	out := filepath.Join(t.TempDir(), "fleet.json")
	merge := started(t, endpoint, "fleet", "merge", run, "-q", "-o", out, "--s3-owner", bucketOwner, "--wait", "1h")
	merge.Env = append(merge.Env, "AWS_ACCESS_KEY_ID="+mergerKey)
	if err := merge.Start(); err != nil {
		t.Fatal(err)
	}
	if got := ended(t, merge); got != statusFinding {
		t.Errorf("got exit status %d of the merge, want findings", got)
	}
	var r fleet.Report
	if err := json.Unmarshal([]byte(read(t, out)), &r); err != nil {
		t.Fatal(err)
	}
	if r.Summary.Audited != 2 || r.Summary.Unknown != 1 || r.Storage == nil || r.Storage.Owner != bucketOwner {
		t.Errorf("got %+v and %+v, want two audited, and where they are kept", r.Summary, r.Storage)
	}
	for _, d := range []*policy.Document{j.bucket, j.own[fleetHub], j.own[fleetMerger]} {
		for i := range d.Statements {
			if s := &d.Statements[i]; s.Effect == policy.Allow && strings.Contains(fmt.Sprint(s.Actions), "s3:") && !j.used[s.Ref()] {
				t.Errorf("got nothing that %s is for: used are %v", s.Ref(), slices.Sorted(maps.Keys(j.used)))
			}
		}
	}
}

func TestFleetBucketPermissionsAreNotTooMuch(t *testing.T) {
	t.Parallel()
	j := newBucketJudge(t)
	const object, bucket, new = "arn:aws:s3:::example-runs/fleet/today/manifest.json", "arn:aws:s3:::example-runs", "s3:if-none-match"
	put := map[string]string{"s3:ObjectCreationOperation": "true"}
	once := map[string]string{"s3:ObjectCreationOperation": "true", new: "*"}
	// An administrator of the bucket's account whom the bucket's policy doesn't name.
	administrator, err := policy.ParseText("administrator", policy.Identity, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`)
	if err != nil {
		t.Fatal(err)
	}
	const other = "arn:aws:iam::123456789012:role/administrator"
	j.own[other] = administrator
	for _, test := range []struct {
		principal, account, action, resource string
		more                                 map[string]string
		want                                 bool
	}{
		{fleetHub, bucketOwner, "s3:PutObject", object, once, true},
		{fleetHub, bucketOwner, "s3:PutObject", object, put, false},
		{fleetHub, bucketOwner, "s3:PutObject", bucket + "/other/x", once, false},
		{fleetHub, bucketOwner, "s3:GetObject", bucket + "/other/x", nil, false},
		{fleetHub, bucketOwner, "s3:GetObject", object, map[string]string{"aws:SecureTransport": "false"}, false},
		{fleetHub, bucketOwner, "s3:DeleteObject", object, nil, false},
		{fleetHub, bucketOwner, "s3:PutBucketPolicy", bucket, nil, false},
		{fleetMerger, bucketOwner, "s3:GetObject", object, nil, true},
		{fleetMerger, bucketOwner, "s3:ListBucket", bucket, nil, true},
		{fleetMerger, bucketOwner, "s3:PutObject", object, once, false},
		{fleetMerger, bucketOwner, "s3:DeleteObject", object, nil, false},
		{other, bucketOwner, "s3:GetObject", object, nil, false},
		{other, "123456789012", "s3:GetObject", object, nil, true}, // in its own account its own policy is enough
		{other, "123456789012", "s3:PutObject", object, put, false},
		{other, "123456789012", "s3:GetObject", object, map[string]string{"aws:SecureTransport": "false"}, false},
	} {
		if got := j.allows(test.principal, test.account, test.action, test.resource, test.more); got != test.want {
			t.Errorf("%s, %s on %s in %s with %v: got %v, want %v", test.principal, test.action, test.resource, test.account, test.more, got, test.want)
		}
	}
}

// The forms hold the same policies and settings, and none of a bucket where there is none.
func TestFleetBucketFormats(t *testing.T) {
	t.Parallel()
	for _, merger := range []bool{false, true} {
		more := []string{"--bucket", "example-runs/fleet/", "--bucket-days", "30"}
		if merger {
			more = append(more, "--merger", fleetMerger)
		}
		var p map[string]any
		if err := json.Unmarshal([]byte(fleetPermissions(t, "json", more...)), &p); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(p["bucket_lifecycle"], p["bucket_public_access_block"], p["bucket_encryption"]); !strings.Contains(got, "Days:30") || !strings.Contains(got, "Prefix:fleet/") ||
			strings.Count(got, ":true") != 4 || !strings.Contains(got, "AES256") {
			t.Errorf("got the settings %s, want all that a bucket takes", got)
		}
		if (p["merger_policy"] != nil) != merger {
			t.Errorf("got the merger's policy %v, want one: %v", p["merger_policy"], merger)
		}
		var template struct {
			Resources map[string]struct {
				Properties map[string]any `yaml:"Properties"`
			} `yaml:"Resources"`
		}
		if err := yaml.Unmarshal([]byte(fleetPermissions(t, "cloudformation", more...)), &template); err != nil {
			t.Fatal(err)
		}
		resources := template.Resources
		if got, want := fmt.Sprint(resources["RunsBucketPolicy"].Properties["PolicyDocument"]), fmt.Sprint(p["bucket_policy"]); got != want {
			t.Errorf("got the policy %s in CloudFormation, want %s", got, want)
		}
		if got, want := fmt.Sprint(resources["MergerPolicy"].Properties["PolicyDocument"]), fmt.Sprint(p["merger_policy"]); got != want {
			t.Errorf("got the merger's policy %s in CloudFormation, want %s", got, want)
		}
		if got := fmt.Sprint(resources["RunsBucket"].Properties); !strings.Contains(got, "BucketName:example-runs") || !strings.Contains(got, "ExpirationInDays:30") {
			t.Errorf("got the bucket %s in CloudFormation, want its settings", got)
		}
		terraform := fleetPermissions(t, "terraform", more...)
		for _, name := range []string{"bucket_policy", "merger_policy"} {
			if p[name] == nil {
				continue
			}
			found := false
			for _, part := range strings.Split(terraform, "jsonencode(")[1:] {
				var got any
				if err := json.NewDecoder(strings.NewReader(part)).Decode(&got); err != nil {
					t.Fatal(err)
				}
				found = found || fmt.Sprint(got) == fmt.Sprint(p[name])
			}
			if !found {
				t.Errorf("got no %s in Terraform's\n%s", name, terraform)
			}
		}
		for _, text := range []string{terraform, fleetPermissions(t, "cloudformation", more...)} {
			if strings.Contains(text, "MERGER") || strings.Contains(text, "BUCKET_") {
				t.Errorf("got %s, want nothing of the template left", text)
			}
		}
	}
	for _, format := range []string{"json", "terraform", "cloudformation"} {
		if text := strings.ToLower(fleetPermissions(t, format)); strings.Contains(text, "bucket") || strings.Contains(text, "s3") {
			t.Errorf("got %s, want no bucket that nobody asked for", text)
		}
	}
}
