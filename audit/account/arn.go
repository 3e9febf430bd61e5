package account

import (
	"cmp"
	"fmt"
	"strings"
)

// ARN is an Amazon Resource Name in its six parts: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// ParseARN splits an ARN. The resource may itself hold colons.
func ParseARN(s string) (ARN, error) {
	var parts [5]string
	rest, ok := s, true
	for i := range parts { // this is called for each policy and each finding, so nothing is allocated
		var more bool
		parts[i], rest, more = strings.Cut(rest, ":")
		ok = ok && more
	}
	if !ok || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || rest == "" {
		return ARN{}, fmt.Errorf("got %q, want an ARN (arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE)", s)
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], rest}, nil
}

// RootARN is the ARN of an account, which is the ARN of its root user too.
func RootARN(partition, accountID string) string {
	return "arn:" + partition + ":iam::" + accountID + ":root"
}

// InPartition writes a text whose ARNs are those of the partition aws with those of the account's.
func (a *Account) InPartition(text string) string {
	return strings.ReplaceAll(text, "arn:aws:", "arn:"+cmp.Or(a.Partition, "aws")+":")
}

// ShortARN is the resource part of an ARN, "user/alice", or the whole text where it is no ARN.
func ShortARN(s string) string {
	rest, ok := strings.CutPrefix(s, "arn:")
	for range 4 { // partition, service, region, account; this is called for each verdict, so nothing is allocated
		var more bool
		_, rest, more = strings.Cut(rest, ":")
		ok = ok && more
	}
	if !ok || rest == "" {
		return s
	}
	return rest
}

// IsRootARN reports whether the ARN is that of a root user. A device is root's by its owner's ARN, never by its own
// name: since November 2022 an IAM user may own one called root-account-mfa-device.
func IsRootARN(s string) bool { return strings.HasSuffix(s, ":root") }

// OfAWS reports whether the ARN is that of something that AWS keeps for everybody, such as one of its managed policies.
func OfAWS(s string) bool {
	arn, err := ParseARN(s)
	return err == nil && arn.Account == "aws"
}

// SignInURL is the address at which an account's users sign in; name is the account's alias or its ID.
func SignInURL(partition, name string) string {
	switch partition {
	case "aws-cn":
		return "https://" + name + ".signin.amazonaws.cn/console"
	case "aws-us-gov":
		return "https://" + name + ".signin.amazonaws-us-gov.com/console"
	case "aws-eusc":
		return "https://" + name + ".signin.amazonaws-eusc.eu/console"
	}
	return "https://" + name + ".signin.aws.amazon.com/console"
}
