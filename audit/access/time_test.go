package access

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

// What is known of requests differs with the time in timeKeys alone: analyses of policies that don't ask for these hold
// for another time, too.
func TestTimeIsInTimeKeysAlone(t *testing.T) {
	t.Parallel()
	morning, noon := newWorld("aws", "123456789012").at("2026-11-29T09:00:00Z"), newWorld("aws", "123456789012").at("2026-11-29T12:00:00Z")
	timely := regexp.MustCompile(`(?i)(` + strings.Join(timeKeys, "|") + `)( contextEntry)?:\{[^}]*\}`)
	for c := range morning.contexts {
		x, y := fmt.Sprintf("%+v", morning.contexts[c]), fmt.Sprintf("%+v", noon.contexts[c])
		if x == y {
			t.Errorf("context %d: got no time, want one", c)
		}
		if x, y = timely.ReplaceAllString(x, ""), timely.ReplaceAllString(y, ""); x != y {
			t.Errorf("context %d: got %s and %s, want them to differ in %q alone", c, x, y, timeKeys)
		}
	}
	for text, want := range map[string]bool{
		`"Resource":"*"`: false, `"Resource":"arn:aws:s3:::b/${aws:username}"`: false,
		`"Resource":"arn:aws:s3:::b/${aws:EpochTime}"`:                                            true,
		`"NotResource":["*","arn:aws:s3:::${aws:username}/${ aws:currenttime }"]`:                 true,
		`"Resource":"*","Condition":{"NumericLessThan":{"AWS:EpochTime":"1"}}`:                    true,
		`"Resource":"*","Condition":{"Null":{"aws:TokenIssueTime":"true"}}`:                       true,
		`"Resource":"*","Condition":{"StringLike":{"s3:prefix":["a","${aws:CurrentTime, 'x'}"]}}`: true,
		`"Resource":"*","Condition":{"StringLike":{"s3:prefix":"aws:CurrentTime"}}`:               false,
	} {
		d := parseForTest(t, "p", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*",`+text+`}]}`))
		if got := asksWhen(d); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}
