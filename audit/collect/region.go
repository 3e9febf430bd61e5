package collect

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"sekisho/audit/account"
)

// partitions lists AWS's partitions with the region to call when nobody named one. IAM answers in any region of its
// partition, but the SDK needs one to find the endpoint. The longer prefixes come first. The first partition is that of
// all other regions.
var partitions = []struct{ name, prefix, region string }{
	{"aws", "", "us-east-1"},
	{"aws-cn", "cn-", "cn-north-1"},
	{"aws-us-gov", "us-gov-", "us-gov-west-1"},
	{"aws-eusc", "eusc-", "eusc-de-east-1"},
	{"aws-iso", "us-iso-", "us-iso-east-1"},
	{"aws-iso-b", "us-isob-", "us-isob-east-1"},
	{"aws-iso-e", "eu-isoe-", "eu-isoe-west-1"},
	{"aws-iso-f", "us-isof-", "us-isof-south-1"},
}

// regionShape is how every region is named, those of tomorrow too.
var regionShape = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)

// IsRegion reports whether a name may be that of a Region.
func IsRegion(name string) bool { return regionShape.MatchString(name) }

// partitionOf returns the partition that a region belongs to.
func partitionOf(region string) string {
	for _, p := range partitions[1:] {
		if strings.HasPrefix(region, p.prefix) {
			return p.name
		}
	}
	return partitions[0].name
}

// defaultRegion returns the region to call in a partition; an unknown one has none.
func defaultRegion(partition string) (string, bool) {
	for _, p := range partitions {
		if p.name == partition {
			return p.region, true
		}
	}
	return "", false
}

// likelyRegion guesses where credentials belong when no region is configured, from the ARNs that the person gave and
// from the profile: a default of us-east-1 would send Chinese and GovCloud credentials to an endpoint that does not
// know them.
func likelyRegion(o Options, sources []any) string {
	hints := []string{o.RoleARN, o.MFASerial}
	var sso string
	for _, source := range sources {
		if profile, ok := source.(config.SharedConfig); ok {
			hints = append(hints, profile.RoleARN, profile.MFASerial)
			sso = profile.SSORegion
			if profile.SSOSession != nil {
				sso = profile.SSOSession.SSORegion
			}
		}
	}
	for _, hint := range hints {
		arn, err := account.ParseARN(hint)
		if err != nil {
			continue
		}
		if region, ok := defaultRegion(arn.Partition); ok {
			return region
		}
	}
	region, _ := defaultRegion(partitionOf(sso))
	return region
}
