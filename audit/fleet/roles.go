package fleet

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/account"
)

// RoleFor says which role is assumed in accounts: all that are in a unit, have a tag and a number, where these are given.
type RoleFor struct {
	Role    string `json:"role"` // a name with its path, or an ARN; {account} stands for the account's number
	Unit    string `json:"ou"`   // an ID or a path of names
	Tag     string `json:"tag"`  // KEY=VALUE
	Account string `json:"account"`
}

var roleName = regexp.MustCompile(`^([\x21-\x2e\x30-\x7e]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`) // IAM API reference, CreateRole

// CheckRole reports why a text is no role, by name or ARN.
func CheckRole(text string) error {
	name := strings.ReplaceAll(text, "{account}", "123456789012")
	if strings.HasPrefix(name, "arn:") {
		arn, err := account.ParseARN(name)
		rest, is := strings.CutPrefix(arn.Resource, "role/")
		if err != nil || arn.Service != "iam" || !is || !account.IsID(arn.Account) {
			return fmt.Errorf("got %q, want the ARN of a role, such as arn:aws:iam::{account}:role/audit", text)
		}
		name = rest
	}
	if !roleName.MatchString(name) {
		return fmt.Errorf("got %q, want the name of a role, with its path", text)
	}
	return nil
}

// Validate reports what an entry lacks.
func (r RoleFor) Validate() error {
	key, _, tagged := strings.Cut(r.Tag, "=")
	switch {
	case r.Role == "":
		return errors.New("got no role, want a name or an ARN")
	case r.Tag != "" && (!tagged || key == ""):
		return fmt.Errorf("got the tag %q, want KEY=VALUE", r.Tag)
	case r.Account != "" && !account.IsID(r.Account):
		return fmt.Errorf("got the account %q, want twelve digits", r.Account)
	}
	return CheckRole(r.Role)
}

// RoleARN is the ARN of a role in an account.
func RoleARN(role, partition, accountID string) string {
	role = strings.ReplaceAll(role, "{account}", accountID)
	if strings.HasPrefix(role, "arn:") {
		return role
	}
	return "arn:" + partition + ":iam::" + accountID + ":role/" + role
}

// Within reports whether the account is in a unit that is named by its ID or path, or in one below it; ids are those of the
// units that it is in.
func (a Account) Within(unit string, ids []string) bool {
	return slices.Contains(ids, unit) || a.Place == unit || strings.HasPrefix(a.Place, path.Clean(unit)+"/")
}

// Tagged reports whether the account has a tag, KEY=VALUE.
func (a Account) Tagged(tag string) bool {
	key, value, _ := strings.Cut(tag, "=")
	got, has := a.Tags[key]
	return has && got == value
}

// RoleOf is the role of the first entry for an account; empty where there is none.
func RoleOf(rules []RoleFor, a Account, ids []string) string {
	for _, r := range rules {
		if (r.Account == "" || r.Account == a.ID) && (r.Unit == "" || a.Within(r.Unit, ids)) && (r.Tag == "" || a.Tagged(r.Tag)) {
			return r.Role
		}
	}
	return ""
}

// Strange returns the first account of a shard whose role is none of those that somebody allows by their own configuration:
// by an entry, wherever it says the account is, for that the manifest tells, or as one more role.
func (m *Manifest) Strange(shard int, partition string, rules []RoleFor, more string) (Account, bool) {
	for _, a := range m.Of(shard) {
		allowed := slices.ContainsFunc(rules, func(r RoleFor) bool {
			return (r.Account == "" || r.Account == a.ID) && a.Role == RoleARN(r.Role, partition, a.ID)
		})
		if a.Role != "" && !allowed && a.Role != RoleARN(more, partition, a.ID) {
			return a, true
		}
	}
	return Account{}, false
}
