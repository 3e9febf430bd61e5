// Package convert turns AWS's answers, as the types of aws-sdk-go-v2 hold them, into those of package account: after a
// call, and after the JSON of the aws command was decoded into the same types. It judges nothing; what AWS can't have
// said is for package account to refuse.
package convert

import (
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// List converts a list; an empty one stays a list, because null says nothing.
func List[From, To any](list []From, convert func(From) To) []To {
	return lists.Map(list, convert)
}

// AlternateContact converts the answer of account:GetAlternateContact.
func AlternateContact(c accounttypes.AlternateContact) *account.AlternateContact {
	return &account.AlternateContact{
		Name: aws.ToString(c.Name), Title: aws.ToString(c.Title), Email: aws.ToString(c.EmailAddress), Phone: aws.ToString(c.PhoneNumber),
	}
}

// Region converts an entry of account:ListRegions.
func Region(r accounttypes.Region) account.RegionState {
	return account.RegionState{Name: aws.ToString(r.RegionName), State: string(r.RegionOptStatus)}
}

// Analyzer converts an entry of access-analyzer:ListAnalyzers.
func Analyzer(a analyzertypes.AnalyzerSummary) account.Analyzer {
	tags := []account.Tag{}
	for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
		tags = append(tags, account.Tag{Key: key, Value: a.Tags[key]})
	}
	return account.Analyzer{
		Name: aws.ToString(a.Name), ARN: aws.ToString(a.Arn), Type: string(a.Type), Status: string(a.Status), Created: utc(a.CreatedAt), Tags: tags,
	}
}

// document decodes a policy as AWS sends it, RFC 3986 URL-encoded: a + stays a +. Text that can't be decoded is kept as
// it came; the parser will say that it is no policy.
func document(encoded *string) string {
	text := aws.ToString(encoded)
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
