package audit

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"sekisho/audit/account"
)

// Settings are what rules must be told about an account because AWS doesn't know it.
type Settings struct {
	// MachineUsers tells the users of machines, which can't show MFA, from people: globs of user names, or tag:KEY=VALUE.
	// Without any, every user without a console password is a machine's.
	MachineUsers []string
	// TrustedAccounts are the numbers of the accounts that may assume roles.
	TrustedAccounts []string
	// PrivateIssuers are the OpenID Connect issuers, without https://, that vouch for nobody else.
	PrivateIssuers []string
	// RequiredTags are the keys of the tags that users, roles and access analyzers must bear.
	RequiredTags []string
	// UserThresholds are thresholds of single users; of several that match, the first that names one counts.
	UserThresholds []UserThresholds
}

const tagPrefix = "tag:"

// Validate reports a pattern that can't match, a threshold that isn't a user's, and an account that is no account's
// number.
func (s Settings) Validate() error {
	if err := validateUsers("the machine users", s.MachineUsers); err != nil {
		return err
	}
	for _, entry := range s.UserThresholds {
		if len(entry.Users) == 0 || len(entry.Values) == 0 {
			return errors.New("got thresholds without users, or users without thresholds, want both")
		}
		if err := validateUsers("the users", entry.Users); err != nil {
			return err
		}
		for name := range entry.Values {
			if userThresholds[name] == nil {
				return fmt.Errorf("got the threshold %q for single users, want one of %s", name, strings.Join(UserThresholdNames(), ", "))
			}
		}
	}
	for _, number := range s.TrustedAccounts {
		if len(number) != 12 || strings.Trim(number, "0123456789") != "" {
			return fmt.Errorf("got the trusted account %q, want a number of 12 digits", number)
		}
	}
	for _, issuer := range s.PrivateIssuers {
		if issuer == "" || strings.Contains(issuer, "://") || strings.ContainsAny(issuer, " *") {
			return fmt.Errorf("got the private issuer %q, want its address without https://, such as oidc.example.com/tenant", issuer)
		}
	}
	return nil
}

// validateUsers reports a pattern of users that can't match.
func validateUsers(what string, patterns []string) error {
	for _, pattern := range patterns {
		if rest, isTag := strings.CutPrefix(pattern, tagPrefix); isTag {
			if key, _, ok := strings.Cut(rest, "="); !ok || key == "" {
				return fmt.Errorf("got %s %q, want a glob of user names or tag:KEY=VALUE", what, pattern)
			}
		} else if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("got %s %q, want a glob of user names or tag:KEY=VALUE: %w", what, pattern, err)
		} else if pattern == "" {
			return fmt.Errorf("got %s %q, want a glob of user names or tag:KEY=VALUE", what, pattern)
		}
	}
	return nil
}

// Machine reports whether a user is among the machine users, and whether that is known: it isn't where only a tag could
// tell and the tags weren't read.
func (s Settings) Machine(u *account.User) (is, known bool) { return matchesUser(s.MachineUsers, u) }

// matchesUser reports whether a user is among those of patterns, and whether that is known.
func matchesUser(patterns []string, u *account.User) (is, known bool) {
	known = true
	for _, pattern := range patterns {
		rest, isTag := strings.CutPrefix(pattern, tagPrefix)
		if !isTag {
			if ok, _ := path.Match(pattern, u.Name); ok {
				return true, true
			}
			continue
		}
		tags, ok := u.Tags.Get()
		if known = known && ok; hasTag(tags, rest) {
			return true, true
		}
	}
	return false, known
}

// hasTag reports whether KEY=VALUE is among tags. IAM keeps one tag of a key, whatever its case.
func hasTag(tags []account.Tag, pair string) bool {
	key, value, _ := strings.Cut(pair, "=")
	return slices.ContainsFunc(tags, func(tag account.Tag) bool { return strings.EqualFold(tag.Key, key) && tag.Value == value })
}
