package offboard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// Person is someone who is asked about. What is empty isn't known.
type Person struct {
	Query string // as it was asked
	Line  int    // of the list that names the person; 0: named otherwise
	User  string // an IAM user's name
	Tag   string // the value of one of Options.MatchTags
	ARN   string // an IAM user's
	// UniqueID was the user's, as a list says: it proves that there was such a user.
	UniqueID string
	// LastDay is the day after which the person must not have used anything.
	LastDay *Day

	asked string // a unique ID that was asked about, which proves nothing
}

// Day is a day of the calendar. When it ends depends on the time zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// String writes the day as 2006-01-02.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// End is the first moment after the day.
func (d Day) End(zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, zone)
}

// ParseDay reads 2026-10-31, and 2026/10/31 or 2026/3/1 as Japanese sheets have them. A year in which nobody can have
// left is a slip.
func ParseDay(s string) (Day, error) {
	for _, layout := range []string{time.DateOnly, "2006/1/2"} {
		t, err := time.Parse(layout, s)
		switch {
		case err != nil:
		case t.Year() < 1990 || t.Year() > 2100:
			return Day{}, fmt.Errorf("got the day %q, want one of the years 1990 to 2100", s)
		default:
			return Day{t.Year(), t.Month(), t.Day()}, nil
		}
	}
	return Day{}, fmt.Errorf("got the day %q, want one such as 2026-10-31 or 2026/10/31", s)
}

var (
	userName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) // IAM API reference, CreateUser
	uniqueID = regexp.MustCompile(`^[A-Za-z0-9]{16,128}$`)
	otherID  = regexp.MustCompile(`^(?i:ABIA|ACCA|AGPA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{12,}$`)
	deadID   = regexp.MustCompile(`^AIDA[A-Z0-9]{16,}$`)
)

// provesUser reports whether a unique ID can have been a user's. That of a key or a role is none (IAM User Guide, "IAM
// identifiers"), nor is one in the wrong case: neither would ever be found, and so would prove anybody gone.
func provesUser(id string) bool {
	if len(id) >= 4 && strings.EqualFold(id[:4], "AIDA") {
		return deadID.MatchString(id)
	}
	return uniqueID.MatchString(id) && !otherID.MatchString(id)
}

// Named makes the person of an argument: a user's ARN, unique ID or name, or the value of a tag. A name may be such a
// value too.
func Named(text string) (Person, error) {
	text = strings.TrimSpace(text)
	p := Person{Query: text}
	switch {
	case text == "":
		return p, fmt.Errorf("got an empty name, want that of a user, an ARN or the value of a tag")
	case strings.HasPrefix(text, "arn:"):
		return p, p.setARN(text)
	case deadID.MatchString(text):
		p.asked = text
	}
	p.Tag = text
	if userName.MatchString(text) {
		p.User = text
	}
	return p, nil
}

func (p *Person) setARN(text string) error {
	arn, err := account.ParseARN(text)
	if err != nil {
		return err
	}
	name, isUser := nameInARN(arn)
	if arn.Service != "iam" || !isUser || !userName.MatchString(name) {
		return fmt.Errorf("got the ARN %q, want an IAM user's such as arn:aws:iam::123456789012:user/alice", text)
	}
	p.ARN, p.User = text, name
	return nil
}

// nameInARN returns the name of the user of an ARN, which stands behind the path.
func nameInARN(arn account.ARN) (string, bool) {
	rest, ok := strings.CutPrefix(arn.Resource, "user/")
	return rest[strings.LastIndex(rest, "/")+1:], ok
}

// named reports whether an ARN, or a pattern of ARNs without a wildcard in the name, is that of the account's user of a
// name. The path counts for nothing: names are unique without it, and whatever the case (IAM User Guide, "IAM
// identifiers").
func named(arn, accountID, name string) bool {
	if at := strings.LastIndexByte(arn, '/'); at < 0 || name == "" || !strings.EqualFold(arn[at+1:], name) {
		return false
	} else if head := arn[:at+1]; strings.ContainsAny(head, "*?") && couldBegin(head, accountID) {
		return true
	}
	parsed, err := account.ParseARN(arn)
	if err != nil || parsed.Service != "iam" || parsed.Account != accountID && parsed.Account != "*" && parsed.Account != "" {
		return false
	}
	of, isUser := nameInARN(parsed)
	return isUser && strings.EqualFold(of, name)
}

// couldBegin reports whether a pattern that ends before a name may stand for the beginning of a user's ARN, in whatever
// partition and path: */, arn:aws:iam::*:*/ and *:user/people/.
func couldBegin(pattern, accountID string) bool {
	if at := strings.Index(pattern, "user/"); at >= 0 {
		pattern = pattern[:at+len("user/")]
	}
	return slices.ContainsFunc([]string{"aws", "aws-cn", "aws-us-gov", "aws-eusc"}, func(partition string) bool {
		return policy.MatchWildcard(pattern, "arn:"+partition+":iam::"+accountID+":user/")
	})
}

// is reports whether the user of a name and tags is the person, and by what.
func (p *Person) is(u *user, matchTags []string) (by string, ok bool) {
	switch {
	case p.UniqueID != "" && u.id == p.UniqueID, p.asked != "" && u.id == p.asked:
		return "unique-id", true
	case p.User != "" && strings.EqualFold(u.name, p.User), p.Tag != "" && strings.EqualFold(u.name, p.Tag):
		return "name", true
	case p.Tag == "" && p.User == "" || u.detail == nil:
		return "", false
	}
	return matchTag(u.detail.Tags, matchTags, p.Tag, p.User)
}

// owners are the tags with a value that tell whose a user is, the one that weighs most first.
func owners(tags []account.Tag, keys []string) []account.Tag {
	var list []account.Tag
	for _, key := range keys {
		for _, tag := range tags {
			if value := strings.TrimSpace(tag.Value); value != "" && strings.EqualFold(tag.Key, key) {
				list = append(list, account.Tag{Key: tag.Key, Value: value})
			}
		}
	}
	return list
}

// matchTag finds a value among the tags whose keys tell whose a user is.
func matchTag(tags []account.Tag, keys []string, values ...string) (by string, ok bool) {
	for _, tag := range tags {
		for _, key := range keys {
			if !strings.EqualFold(tag.Key, key) {
				continue
			}
			for _, value := range values {
				if value != "" && strings.EqualFold(strings.TrimSpace(tag.Value), value) {
					return "tag " + tag.Key, true
				}
			}
		}
	}
	return "", false
}
