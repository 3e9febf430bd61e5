// Package mfapolicy writes the policy of a group whose members must use MFA and manage their own credentials, and
// proves with the evaluator that it does that and no more.
package mfapolicy

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/lists"
)

// The kinds of credentials that people can manage for themselves, as [Wish.Manage] and the analysis of package access
// name them, but MFA, which the analysis calls mfa-devices.
const (
	MFA                 = "mfa"
	Password            = "password"
	AccessKeys          = "access-keys"
	GitCredentials      = "git-credentials"
	SSHKeys             = "ssh-keys"
	SigningCertificates = "signing-certificates"
)

// Kinds lists them, in the order of their statements.
func Kinds() []string {
	return []string{Password, AccessKeys, GitCredentials, SSHKeys, SigningCertificates, MFA}
}

// Partitions lists the partitions of AWS that an ARN may begin with.
func Partitions() []string { return []string{"aws", "aws-cn", "aws-us-gov"} }

// Wish is what a policy shall do. Everything else needs MFA.
type Wish struct {
	Manage      []string // the kinds of credentials that users manage for themselves, with MFA once they have a device
	FirstSignIn bool     // a password can be changed without MFA, as a first sign-in may demand; Password is managed, then
	OwnName     bool     // a virtual device must have its user's name; else any
	Except      []string // users of machines, whom it gives nothing and asks for nothing: globs of user names, or tag:KEY=VALUE
	Partition   string   // of ARNs; empty: aws
}

// AWS's rules on tags, less white space at the ends (IAM User Guide, "Rules for tagging in IAM"), and on names of
// users (IAM API reference, CreateUser).
var (
	tag  = regexp.MustCompile(`^[\p{L}\p{N}_.:/=+@-](?:[\p{L}\p{N} _.:/=+@-]{0,126}[\p{L}\p{N}_.:/=+@-])?$`)
	name = regexp.MustCompile(`^[\w+=,.@*?-]{1,64}$`)
)

// Validate reports a wish that no policy can fulfil.
func (w Wish) Validate() error {
	if len(w.Manage) == 0 {
		return fmt.Errorf("got nothing to manage, want some of %s", strings.Join(Kinds(), ", "))
	}
	for _, kind := range w.Manage {
		if !slices.Contains(Kinds(), kind) {
			return fmt.Errorf("got %q to manage, want some of %s", kind, strings.Join(Kinds(), ", "))
		}
	}
	if !slices.Contains(Partitions(), w.partition()) {
		return fmt.Errorf("got the partition %q, want one of %s", w.Partition, strings.Join(Partitions(), ", "))
	}
	for _, pattern := range w.Except {
		if key, value, isTag := asTag(pattern); isTag && (!tag.MatchString(key) || !tag.MatchString(value)) {
			return fmt.Errorf("got the exception %q, want tag:KEY=VALUE as IAM takes tags", pattern)
		} else if !isTag && !name.MatchString(pattern) {
			return fmt.Errorf("got the exception %q, want a name of users, with * and ?, or tag:KEY=VALUE", pattern)
		}
	}
	if w.person() == "" {
		return errors.New("got exceptions that leave nobody, want some of the users")
	}
	return nil
}

func (w Wish) partition() string {
	if w.Partition == "" {
		return "aws"
	}
	return w.Partition
}

// asTag takes tag:KEY=VALUE apart.
func asTag(pattern string) (key, value string, is bool) {
	rest, is := strings.CutPrefix(pattern, "tag:")
	key, value, _ = strings.Cut(rest, "=")
	return key, value, is
}

// manages reports whether users manage a kind of credentials.
func (w Wish) manages(kind string) bool {
	return slices.Contains(w.Manage, kind) || kind == Password && w.FirstSignIn
}

// person is a name that no exception matches; empty if there is none.
func (w Wish) person() string {
	names := lists.Filter([]string{"alice", "q", "Ab0=", "x-2,y@z+w.v"}, func(name string) bool {
		return !slices.ContainsFunc(w.Except, func(pattern string) bool {
			matches, _ := path.Match(strings.ToLower(pattern), strings.ToLower(name))
			return matches
		})
	})
	return slices.Concat(names, []string{""})[0]
}
