package access

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Subject is a user or role whose policies are analysed.
type Subject struct {
	Name      string // of the user or role, without path
	ARN       string // empty: made from Partition, Account and Name
	ID        string // AIDA…; empty: unknown
	Account   string // empty: unknown
	Partition string // empty: that of the policies' ARNs

	Tags   map[string]string // nil: unknown
	IsRole bool              // of a role session nobody knows what its MFA keys hold
	IsRoot bool              // the account's root user, whom nobody but its organization limits

	Identity    []*policy.Document   // inline and attached, of the user and all groups of the user
	Boundary    *policy.Document     // nil: there is none
	BoundaryARN string               // of the boundary's policy; empty: unknown
	SCPs        [][]*policy.Document // of the organization, by level; they take away from what trust policies give, too
	Unread      []message.Message    // why policies that apply could not be read: what they say is unknown
	TrustedBy   []RoleTrust          // roles of the account whose trust policy may name the user by ARN

	UsersMayChangePassword policy.Truth // the password policy's AllowUsersToChangePassword
	Now                    time.Time

	anybody bool // any principal that a policy may be attached to
}

// RoleTrust is a role with the policy that says who may assume it.
type RoleTrust struct {
	ARN      string
	Document *policy.Document
}

func (s *Subject) partition() string {
	if p := cmp.Or(s.Partition, policy.ARNField(s.ARN, 1)); p != "" {
		return p
	}
	return cmp.Or(PartitionOf(s.documents()...), "aws")
}

// account returns the subject's account, or the one that the policies name, or a stand-in.
func (s *Subject) account() string {
	if account := cmp.Or(s.Account, policy.ARNField(s.ARN, 4)); account != "" {
		return account
	}
	for _, d := range s.Identity {
		for i := range d.Statements {
			for _, r := range d.Statements[i].Resources {
				if account := policy.ARNField(r, 4); policy.ARNField(r, 2) == "iam" && policy.AccountOf(account) != "" {
					return account
				}
			}
		}
	}
	return "123456789012"
}

func (s *Subject) arn() string {
	if s.ARN != "" {
		return s.ARN
	}
	kind := "user/"
	if s.IsRole {
		kind = "role/"
	}
	return "arn:" + s.partition() + ":iam::" + s.account() + ":" + kind + s.Name
}

// comparesAccounts reports whether a condition compares the principal's ARN with one of a certain account: where the
// subject's own isn't known, neither is the answer.
func (s *Subject) comparesAccounts() bool {
	for _, d := range s.applying() {
		for i := range d.Statements {
			for _, c := range d.Statements[i].Conditions {
				if strings.EqualFold(c.Key, "aws:PrincipalArn") && slices.ContainsFunc(c.Values, func(v string) bool { return strings.ContainsAny(policy.ARNField(v, 4), "0123456789?") }) {
					return true
				}
			}
		}
	}
	return false
}

// documents are the subject's policies, with the boundary last.
func (s *Subject) documents() []*policy.Document {
	if s.Boundary == nil {
		return s.Identity
	}
	return append(slices.Clip(s.Identity), s.Boundary)
}

// applying are the same, with those of the organization.
func (s *Subject) applying() []*policy.Document {
	return slices.Concat(slices.Clip(s.documents()), slices.Concat(s.SCPs...))
}

// device returns the ARN of a virtual MFA device of a name.
func (s *Subject) device(name string) string {
	return "arn:" + s.partition() + ":iam::" + s.account() + ":mfa/" + name
}

// context adds to a request's context what is known of who makes it; asked are the tags that policies ask for.
func (s *Subject) context(base *policy.Context, asked []string) *policy.Context {
	return base.With(s.known(asked))
}

// known is what is known of who makes a request; of the tags that policies ask for the subject lacks those that it
// hasn't (Guide, reference_policies_condition-keys, "Properties of the principal", and reference_policies_variables for
// the values by kind of principal).
func (s *Subject) known(asked []string) *policy.Context {
	ctx := policy.NewContext(policy.Unknown)
	switch {
	case s.anybody:
		return ctx
	case s.IsRole:
		ctx.SetAbsent("aws:username")
		ctx.Set("aws:principaltype", "AssumedRole")
		ctx.SetUnknown(keyMFAPresent)
		ctx.SetUnknown(keyMFAAge)
	case s.IsRoot:
		ctx.SetAbsent("aws:username")
		ctx.SetAbsent("aws:assumedroot")
		ctx.Set("aws:principaltype", "Account")
		ctx.Set("aws:userid", s.account())
	default:
		ctx.Set("aws:principaltype", "User")
		if s.Name != "" {
			ctx.Set("aws:username", s.Name)
		}
		if s.ID != "" {
			ctx.Set("aws:userid", s.ID)
		}
	}
	if s.ARN != "" || s.Name != "" && (s.Account != "" || !s.comparesAccounts()) {
		ctx.Set("aws:principalarn", s.arn())
	}
	if s.Tags != nil { // unknown for a role: its sessions may bring tags of their own
		for _, key := range asked {
			ctx.SetAbsent(key)
		}
		for name, value := range s.Tags {
			if len(asked) > 0 && slices.Contains(asked, policy.Lower(keyTagPrefix+name)) {
				ctx.Set(keyTagPrefix+name, value)
			}
		}
	}
	return ctx
}

// tagsOf appends the context keys of principal tags that a document, if there is one, asks for.
func tagsOf(tags []string, d *policy.Document) []string {
	for key := range keysOf(d) {
		if len(key) > len(keyTagPrefix) && strings.EqualFold(key[:len(keyTagPrefix)], keyTagPrefix) {
			tags = appendNew(tags, policy.Lower(key))
		}
	}
	return tags
}

// asksWhen reports whether a document, if there is one, asks when a request is made.
func asksWhen(d *policy.Document) bool {
	for key := range keysOf(d) {
		if slices.ContainsFunc(timeKeys, func(when string) bool { return strings.EqualFold(key, when) }) {
			return true
		}
	}
	return false
}

// keysOf are the context keys that a document, if there is one, asks for in its conditions and variables, as it writes them.
func keysOf(d *policy.Document) iter.Seq[string] {
	return func(yield func(string) bool) {
		variables := func(text string) bool {
			for _, rest, more := strings.Cut(text, "${"); more; _, rest, more = strings.Cut(rest, "${") {
				name, _, _ := strings.Cut(rest, "${")
				name, _, _ = strings.Cut(name, "}")
				name, _, _ = strings.Cut(name, ",")
				if !yield(strings.TrimSpace(name)) {
					return false
				}
			}
			return true
		}
		if d == nil {
			return
		}
		for i := range d.Statements {
			for _, r := range d.Statements[i].Resources {
				if !variables(r) {
					return
				}
			}
			for _, c := range d.Statements[i].Conditions {
				if !yield(strings.TrimSpace(c.Key)) {
					return
				}
				for _, v := range c.Values {
					if !variables(v) {
						return
					}
				}
			}
		}
	}
}
