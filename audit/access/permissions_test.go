package access

import (
	"slices"
	"testing"

	"sekisho/audit/policy"
)

func TestGrantsAdmin(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer()
	for _, test := range []struct {
		name, statements string
		want             policy.Truth
	}{
		{"plain", `{"Effect":"Allow","Action":"*","Resource":"*"}`, policy.Yes},
		{"star colon star", `{"Effect":"Allow","Action":"*:*","Resource":"*"}`, policy.Yes},
		{"list of resources", `{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:s3:::b"]}`, policy.Yes},
		{"list of actions", `{"Effect":"Allow","Action":["iam:*","*"],"Resource":"*"}`, policy.Yes},
		{"runs of stars", `{"Effect":"Allow","Action":"**","Resource":"**"}`, policy.Yes},
		{"list of statements", `[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]`, policy.Yes},
		{"with a Deny of everything", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]`, policy.No},
		{"with a Deny of one action", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"S3:deletebucket","Resource":"*"}]`, policy.No},
		{"with a Deny on one resource", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::logs"}]`, policy.Yes},
		{"with a Deny that may apply", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]`, policy.Maybe},
		{"with an MFA policy", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]`, policy.Yes},
		{"under an unknown condition", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`, policy.Maybe},
		{"for a user by name", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:username":"alice"}}}`, policy.Maybe},
		{"without MFA", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`, policy.Yes},
		{"by a key alone", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:MultiFactorAuthPresent":"true"}}}`, policy.Yes},
		{"with a Deny of those with MFA", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]`, policy.Yes},
		{"from any address", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}}}`, policy.Yes},
		{"from any address, in halves", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}}}`, policy.Yes},
		{"from half of the addresses", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}}`, policy.Maybe},
		{"with a Deny of no address", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}]`, policy.Yes},
		{"with a Deny of IPv6", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"::/0"}}}]`, policy.Yes},
		{"with a Deny of IPv4", `[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}]`, policy.Maybe},
		{"under MFA", `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`, policy.Yes},
		{"NotAction of nothing that exists", `{"Effect":"Allow","NotAction":"nosuch:Thing","Resource":"*"}`, policy.Yes},
		{"NotAction that leaves IAM out", `{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`, policy.No},
		{"two halves", `[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"},{"Effect":"Allow","Action":"IAM:*","Resource":"*"}]`, policy.Yes},
		{"NotResource", `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::b"}`, policy.No},
		{"ARNs only", `{"Effect":"Allow","Action":"*","Resource":"arn:*"}`, policy.No},
		{"one service", `{"Effect":"Allow","Action":"iam:*","Resource":"*"}`, policy.No},
	} {
		d := parseForTest(t, "p", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":`+test.statements+`}`))
		p := a.Permissions(d)
		if p.Admin != test.want {
			t.Errorf("%s: got %v, want %v", test.name, p.Admin, test.want)
		}
		if (len(p.AdminBy) > 0) != (test.want != policy.No) {
			t.Errorf("%s: got statements %v", test.name, p.AdminBy)
		}
	}
}

func TestPermissionsTooWide(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer()
	for _, test := range []struct {
		name, statement string
		of              func(*Permissions) []Wide
		want            []string
	}{
		{"service", `{"Effect":"Allow","Action":["s3:*","ec2:Describe*"],"Resource":"*"}`, func(p *Permissions) []Wide { return p.ServiceWildcards }, []string{"s3:*"}},
		{"service in capitals", `{"Effect":"Allow","Action":"S3:*","Resource":["arn:aws:s3:::b","*"]}`, func(p *Permissions) []Wide { return p.ServiceWildcards }, []string{"s3:*"}},
		{"service on one resource", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b"}`, func(p *Permissions) []Wide { return p.ServiceWildcards }, nil},
		{"part of a service", `{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}`, func(p *Permissions) []Wide { return p.ServiceWildcards }, nil},
		{"pass role", `{"Effect":"Allow","Action":"iam:Pass*","Resource":"*"}`, func(p *Permissions) []Wide { return p.PassRole }, []string{"iam:PassRole"}},
		{"pass role of the account", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/*"}`, func(p *Permissions) []Wide { return p.PassRole }, []string{"iam:PassRole"}},
		{"pass role in China", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws-cn:iam::*:role/*"}`, func(p *Permissions) []Wide { return p.PassRole }, []string{"iam:PassRole"}},
		{"pass some roles", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/app-*"}`, func(p *Permissions) []Wide { return p.PassRole }, nil},
		{"pass role without MFA", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`, func(p *Permissions) []Wide { return p.PassRole }, []string{"iam:PassRole"}},
		{"pass role on users", `{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::*:user/*"}`, func(p *Permissions) []Wide { return p.PassRole }, nil},
		{"assume role", `{"Effect":"Allow","Action":"sts:*","Resource":"arn:aws:iam::*:role/*"}`, func(p *Permissions) []Wide { return p.AssumeRole }, []string{"sts:AssumeRole"}},
		{"pass role by NotAction", `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`, func(p *Permissions) []Wide { return p.PassRole }, []string{"iam:PassRole"}},
		{"cloudtrail", `{"Effect":"Allow","Action":"cloudtrail:*","Resource":"*"}`, func(p *Permissions) []Wide { return p.CloudTrail }, []string{"cloudtrail:*"}},
		{"kms", `{"Effect":"Allow","Action":"kms:*","Resource":"*"}`, func(p *Permissions) []Wide { return p.KMS }, []string{"kms:*"}},
		{"kms reading", `{"Effect":"Allow","Action":["kms:Get*","kms:List*"],"Resource":"*"}`, func(p *Permissions) []Wide { return p.KMS }, nil},
		{"marketplace", `{"Effect":"Allow","Action":"aws-marketplace:*","Resource":"*"}`, func(p *Permissions) []Wide { return p.Marketplace }, []string{"aws-marketplace:Subscribe"}},
	} {
		d := parseForTest(t, "p", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":`+test.statement+`}`))
		var got []string
		for _, w := range test.of(a.Permissions(d)) {
			got = append(got, w.What)
			if !w.Sure || w.Statement != "p#1" {
				t.Errorf("%s: got %+v, want it sure and of p#1", test.name, w)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestPermissionsNotActionAllow(t *testing.T) {
	t.Parallel()
	d := parseForTest(t, "p", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[
		{"Sid":"Deny","Effect":"Deny","NotAction":"s3:*","Resource":"*"},
		{"Sid":"Allow","Effect":"Allow","NotAction":"s3:*","Resource":"*"}]}`))
	if got := NewAnalyzer().Permissions(d).NotActionAllows; !slices.Equal(got, []string{"p#Allow"}) {
		t.Errorf("got %v, want p#Allow", got)
	}
}
