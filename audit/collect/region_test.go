package collect

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

func TestPartitionOf(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-east-1": "aws", "ap-southeast-7": "aws", "mx-central-1": "aws", "": "aws",
		"cn-northwest-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc",
		"us-iso-west-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
	} {
		if got := partitionOf(region); got != want {
			t.Errorf("%q: got %s, want %s", region, got, want)
		}
	}
}

func TestDefaultRegionsBelongToTheirPartition(t *testing.T) {
	t.Parallel()
	for _, p := range partitions {
		region, ok := defaultRegion(p.name)
		if !ok || partitionOf(region) != p.name || !regionShape.MatchString(region) {
			t.Errorf("%s: got %q of %s, want a region of its own", p.name, region, partitionOf(region))
		}
	}
	if region, ok := defaultRegion("aws-mars"); ok {
		t.Errorf("got %q for an unknown partition, want none", region)
	}
}

func TestRegionShape(t *testing.T) {
	t.Parallel()
	for _, no := range []string{"nonsense", "us-east", "US-EAST-1", "us east 1", "us-east-1.evil.example", "1", "-", ""} {
		if regionShape.MatchString(no) {
			t.Errorf("got %q taken for a region", no)
		}
	}
}

func TestLikelyRegion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options Options
		profile config.SharedConfig
		want    string
	}{
		"nothing known":      {want: "us-east-1"},
		"role":               {options: Options{RoleARN: "arn:aws-cn:iam::123456789012:role/x"}, want: "cn-north-1"},
		"device":             {options: Options{MFASerial: "arn:aws-us-gov:iam::123456789012:mfa/x"}, want: "us-gov-west-1"},
		"hardware device":    {options: Options{MFASerial: "GAHT12345678"}, want: "us-east-1"},
		"the profile's role": {profile: config.SharedConfig{RoleARN: "arn:aws-eusc:iam::123456789012:role/x"}, want: "eusc-de-east-1"},
		"SSO":                {profile: config.SharedConfig{SSORegion: "cn-northwest-1"}, want: "cn-north-1"},
		"SSO session":        {profile: config.SharedConfig{SSOSession: &config.SSOSession{SSORegion: "us-gov-east-1"}}, want: "us-gov-west-1"},
	} {
		if got := likelyRegion(test.options, []any{config.LoadOptions{}, config.EnvConfig{}, test.profile}); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
