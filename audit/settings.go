package audit

import (
	"fmt"
	"path"
	"strings"

	"sekisho/audit/account"
)

// Settings are what rules must be told about an account because AWS doesn't know it.
type Settings struct {
	// MachineUsers tells the users of machines, which can't show MFA, from people: globs of user names, or tag:KEY=VALUE. Without
	// any, every user without a console password is a machine's.
	MachineUsers []string
	// TrustedAccounts are the numbers of the accounts that may assume roles.
	TrustedAccounts []string
}

const tagPrefix = "tag:"

// Validate reports a pattern that can't match, and an account that is no account's number.
func (s Settings) Validate() error {
	for _, pattern := range s.MachineUsers {
		if rest, isTag := strings.CutPrefix(pattern, tagPrefix); isTag {
			if key, _, ok := strings.Cut(rest, "="); !ok || key == "" {
				return fmt.Errorf("got the machine users %q, want a glob of user names or tag:KEY=VALUE", pattern)
			}
		} else if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("got the machine users %q, want a glob of user names or tag:KEY=VALUE: %w", pattern, err)
		}
	}
	for _, number := range s.TrustedAccounts {
		if len(number) != 12 || strings.Trim(number, "0123456789") != "" {
			return fmt.Errorf("got the trusted account %q, want a number of 12 digits", number)
		}
	}
	return nil
}

// Machine reports whether a user is among the machine users, and whether that is known: it isn't where only a tag could tell and his
// tags weren't read.
func (s Settings) Machine(u *account.User) (is, known bool) {
	known = true
	for _, pattern := range s.MachineUsers {
		rest, isTag := strings.CutPrefix(pattern, tagPrefix)
		if !isTag {
			if ok, _ := path.Match(pattern, u.Name); ok {
				return true, true
			}
			continue
		}
		tags, ok := u.Tags.Get()
		known = known && ok
		key, value, _ := strings.Cut(rest, "=")
		for _, tag := range tags {
			if strings.EqualFold(tag.Key, key) && tag.Value == value { // IAM keeps one tag of a key, whatever its case
				return true, true
			}
		}
	}
	return false, known
}
