package permissions

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sekisho/audit/account"
)

// Bucket is where the runs of a fleet are kept, and who keeps them there.
type Bucket struct {
	Name   string
	Prefix string // empty, or ends in /
	Merger string // the ARN of who makes the report, where that is not the hub
	Days   int    // after which what is there is deleted: a run lists every weakness of the organization
}

// A bucket's settings as S3 takes them.
type (
	publicAccess struct {
		BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool
	}
	lifecycle struct {
		Rules []lifecycleRule
	}
	lifecycleRule struct {
		ID         string
		Status     string
		Filter     map[string]string
		Expiration map[string]int
	}
	encryption struct {
		Rules []map[string]map[string]string
	}
)

// bucketDocuments are the policies that keeping runs in a bucket takes, and the bucket's settings.
type bucketDocuments struct {
	// Merger is nil where the hub makes the report.
	Merger       *document     `json:"merger_policy,omitempty"`
	Policy       *document     `json:"bucket_policy,omitempty"`
	PublicAccess *publicAccess `json:"bucket_public_access_block,omitempty"`
	Encryption   *encryption   `json:"bucket_encryption,omitempty"`
	Lifecycle    *lifecycle    `json:"bucket_lifecycle,omitempty"`
}

type conditions = map[string]map[string]string

func (f *Fleet) bucketARN() string { return "arn:" + f.Partition + ":s3:::" + f.Bucket.Name }
func (f *Fleet) runsARN() string   { return f.bucketARN() + "/" + f.Bucket.Prefix + "*" }

// writing is what a hub does with the runs: nothing is written over, so that each put says If-None-Match. Who may not list
// a bucket is not told that an object isn't there, so that listing is allowed for all of it (S3 API reference, GetObject).
func (f *Fleet) writing(principal any) []statement {
	return append([]statement{{
		Effect: "Allow", Principal: principal, Action: "s3:PutObject", Resource: f.runsARN(), Condition: conditions{"Null": {"s3:if-none-match": "false"}},
	}}, f.reading(principal)...)
}

func (f *Fleet) reading(principal any) []statement {
	return []statement{
		{Effect: "Allow", Principal: principal, Action: "s3:GetObject", Resource: f.runsARN()},
		{Effect: "Allow", Principal: principal, Action: "s3:ListBucket", Resource: f.bucketARN()},
	}
}

// documents are nil fields where there is no bucket. Multipart uploads have the condition in their last call alone
// (S3 User Guide, conditional-writes-enforce).
func (f *Fleet) documents() (d bucketDocuments) {
	if f.Bucket == nil {
		return d
	}
	all := []string{f.Hub}
	statements := f.writing(map[string]string{"AWS": f.Hub})
	if m := f.Bucket.Merger; m != "" && m != f.Hub {
		all = append(all, m)
		own := documentOf(f.reading(nil)...)
		d.Merger = &own
		statements = append(statements, f.reading(map[string]string{"AWS": m})...)
	}
	policy := documentOf(append(statements,
		statement{Effect: "Deny", Principal: "*", Action: "s3:*", Resource: []string{f.bucketARN(), f.bucketARN() + "/*"}, Condition: conditions{"Bool": {"aws:SecureTransport": "false"}}},
		statement{Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: f.runsARN(),
			Condition: conditions{"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}},
		statement{Effect: "Deny", Principal: map[string][]string{"AWS": all}, Action: []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}, Resource: f.runsARN()},
	)...)
	d.Policy, d.PublicAccess = &policy, &publicAccess{true, true, true, true}
	d.Encryption = &encryption{[]map[string]map[string]string{{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}}
	d.Lifecycle = &lifecycle{[]lifecycleRule{{"runs", "Enabled", map[string]string{"Prefix": f.Bucket.Prefix}, map[string]int{"Days": f.Bucket.Days}}}}
	return d
}

// embedded is a document as a template holds it: JSON is YAML, and what jsonencode of Terraform takes.
func embedded(indent string, d document) (string, error) {
	text, err := json.MarshalIndent(d, indent, "  ")
	if err != nil {
		return "", fmt.Errorf("writing a policy: %w", err)
	}
	return string(text), nil
}

// fill puts the bucket into a template.
func (f *Fleet) fill(template, indent string) (string, error) {
	d := f.documents()
	policy, err := embedded(indent, *d.Policy)
	if err != nil {
		return "", err
	}
	hub, err := embedded(indent, documentOf(f.writing(nil)...))
	if err != nil {
		return "", err
	}
	merger := ""
	if d.Merger != nil {
		if merger, err = embedded(indent, *d.Merger); err != nil {
			return "", err
		}
	}
	keep, drop := "MERGER{", "}MERGER"
	for {
		before, rest, ok := strings.Cut(template, keep)
		if !ok {
			break
		}
		part, after, _ := strings.Cut(rest, drop)
		if d.Merger == nil {
			part = ""
		}
		template = before + part + after
	}
	return strings.NewReplacer("BUCKET_POLICY", policy, "HUB_DOCUMENT", hub, "MERGER_DOCUMENT", merger, "HUB_ACCOUNT", strconv.Quote(accountOf(f.Hub)), "MERGER_ACCOUNT", strconv.Quote(accountOf(f.Bucket.Merger)),
		"BUCKET_NAME", strconv.Quote(f.Bucket.Name), "PREFIX", strconv.Quote(f.Bucket.Prefix),
		"DAYS", strconv.Itoa(f.Bucket.Days)).Replace(template), nil
}

// bucketCloudFormation is what a template holds of a bucket: parameters, conditions and resources.
func (f *Fleet) bucketCloudFormation() ([]string, error) {
	parts := []string{"", "", ""}
	if f.Bucket == nil {
		return parts, nil
	}
	const resources = `  HubBucketPolicy:
    Type: AWS::IAM::ManagedPolicy
    Condition: IsHub
    Properties:
      Description: What keeping runs of Sekisho in a bucket needs of its hub
      PolicyDocument: HUB_DOCUMENT
MERGER{  MergerPolicy:
    Type: AWS::IAM::ManagedPolicy
    Condition: IsMerger
    Properties:
      Description: What making the report of Sekisho's runs needs
      PolicyDocument: MERGER_DOCUMENT
}MERGER  RunsBucket:
    Type: AWS::S3::Bucket
    Condition: HasBucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      BucketName: BUCKET_NAME
      PublicAccessBlockConfiguration:
        BlockPublicAcls: true
        IgnorePublicAcls: true
        BlockPublicPolicy: true
        RestrictPublicBuckets: true
      OwnershipControls:
        Rules:
          - ObjectOwnership: BucketOwnerEnforced
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: AES256
      LifecycleConfiguration:
        Rules:
          - Id: runs
            Status: Enabled
            Prefix: PREFIX
            ExpirationInDays: DAYS
  RunsBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Condition: HasBucket
    Properties:
      Bucket: !Ref RunsBucket
      PolicyDocument: BUCKET_POLICY
`
	const parameters = `  BucketAccountId:
    Type: String
    Description: The account in which the bucket of the runs is made
    Default: HUB_ACCOUNT
`
	const within = `  HasBucket: !Equals [!Ref "AWS::AccountId", !Ref BucketAccountId]
MERGER{  IsMerger: !Equals [!Ref "AWS::AccountId", MERGER_ACCOUNT]
}MERGER`
	for i, template := range []string{parameters, within, resources} {
		filled, err := f.fill(template, "        ")
		if err != nil {
			return nil, err
		}
		parts[i] = filled
	}
	return parts, nil
}

func accountOf(arn string) string {
	parsed, _ := account.ParseARN(arn) // it was looked at
	return parsed.Account
}

// bucketTerraform are the resources of a bucket.
func (f *Fleet) bucketTerraform() (string, error) {
	if f.Bucket == nil {
		return "", nil
	}
	const resources = `
# The runs: what the hub does with the bucket, in the hub's account.
resource "aws_iam_policy" "sekisho_hub_bucket" {
  name        = "sekisho-hub-bucket"
  description = "What keeping runs of Sekisho in a bucket needs of its hub"
  policy      = jsonencode(HUB_DOCUMENT)
}

MERGER{# What making the report needs, in the account of who makes it.
resource "aws_iam_policy" "sekisho_merger" {
  name        = "sekisho-merger"
  description = "What making the report of Sekisho's runs needs"
  policy      = jsonencode(MERGER_DOCUMENT)
}

}MERGER# The bucket of the runs, in the hub's account or in another.
resource "aws_s3_bucket" "sekisho" {
  bucket = BUCKET_NAME
}

resource "aws_s3_bucket_public_access_block" "sekisho" {
  bucket                  = aws_s3_bucket.sekisho.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "sekisho" {
  bucket = aws_s3_bucket.sekisho.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "sekisho" {
  bucket = aws_s3_bucket.sekisho.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "sekisho" {
  bucket = aws_s3_bucket.sekisho.id
  rule {
    id     = "runs"
    status = "Enabled"
    filter {
      prefix = PREFIX
    }
    expiration {
      days = DAYS
    }
  }
}

resource "aws_s3_bucket_policy" "sekisho" {
  bucket = aws_s3_bucket.sekisho.id
  policy = jsonencode(BUCKET_POLICY)
}
`
	return f.fill(resources, "  ")
}
