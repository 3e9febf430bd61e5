package clifiles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/message"
)

func takeCaller(r *reader, a answer) error {
	var d decoder
	caller := account.Caller{}
	err := cmp.Or(d.field(a, "Arn", &caller.ARN), d.field(a, "Account", &caller.AccountID), d.field(a, "UserId", &caller.UserID))
	if err != nil {
		return err
	}
	arn, err := account.ParseARN(caller.ARN)
	if err != nil {
		return err
	}
	if arn.Account != caller.AccountID {
		return fmt.Errorf("got the account %q and the ARN %q, want them to agree", caller.AccountID, caller.ARN)
	}
	if err := r.note(a.file, &d); err != nil {
		return err
	}
	// Two people may have asked, or one in two sessions: the first stands for both.
	if r.caller.file == "" {
		caller.Partition = arn.Partition
		r.caller = single[account.Caller]{caller, a.file}
	}
	return nil
}

func takeSummary(r *reader, a answer) error {
	var d decoder
	var summary account.Summary
	if err := d.field(a, "SummaryMap", &summary); err != nil {
		return err
	}
	if summary == nil {
		return errors.New("got a SummaryMap of null, want an object")
	}
	return set(r, a.file, "", account.AccountSummaryAnswer, "the account summary", summary, &d)
}

func takePasswordPolicy(r *reader, a answer) error {
	var d decoder
	var p *types.PasswordPolicy
	if err := d.field(a, "PasswordPolicy", &p); err != nil {
		return err
	}
	if p == nil {
		return errors.New("got a PasswordPolicy of null, want an object")
	}
	return set(r, a.file, "", account.PasswordPolicyAnswer, "the password policy", convert.PasswordPolicy(p), &d)
}

// noPasswordPolicy takes AWS's word that none is set; it names the account.
func noPasswordPolicy(r *reader, file, code, said string) (bool, error) {
	if code != "NoSuchEntity" {
		return false, nil
	}
	if id := noPolicyOf.FindStringSubmatch(said); id != nil {
		r.noPolicy = owner{id: id[1], file: file}
	}
	return true, set(r, file, "", account.PasswordPolicyAnswer, "the password policy", nil, &decoder{})
}

// alias is an account alias as an entry of a list.
type alias string

// Named is that of [account.Entry].
func (a alias) Named() (key, label string) { return string(a), "the alias " + string(a) }

func takeAliases(r *reader, a answer) error {
	aliases, _, err := decodeList(a, "AccountAliases", func(name string) alias { return alias(name) })
	if err != nil {
		return err
	}
	l := held[list[alias]](r, account.AccountAliasesSection, "")
	l.add(a.file, a.more)
	return l.put(a.file, aliases)
}

func putAliases(a assembly) {
	d := account.AccountAliasesAnswer
	if l := held[list[alias]](a.reader, d.Section, ""); l.any() {
		whole := a.whole(d.Descriptor, "", uncounted(a, l.pages, len(l.items)))
		*d.In(a.s) = made(a, d.Action(), convert.List(l.items, func(name alias) string { return string(name) }), whole)
	}
}

// details are the authorization details: four lists on the same pages.
type details struct {
	pages
	users    list[account.UserDetail]
	groups   list[account.GroupDetail]
	roles    list[account.RoleDetail]
	policies list[account.PolicyDetail]
}

var detailLists = []string{"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"}

func takeDetails(r *reader, a answer) error {
	var told decoder
	var users []types.UserDetail
	var groups []types.GroupDetail
	var roles []types.RoleDetail
	var policies []types.ManagedPolicyDetail
	err := cmp.Or(told.field(a, "UserDetailList", &users), told.field(a, "GroupDetailList", &groups),
		told.field(a, "RoleDetailList", &roles), told.field(a, "Policies", &policies))
	if err != nil {
		return err
	}
	d := held[details](r, account.AuthorizationDetailsSection, "")
	d.add(a.file, a.more)
	if users == nil || groups == nil || roles == nil || policies == nil {
		d.lacks = message.New("%s lacks one of the lists UserDetailList, GroupDetailList, RoleDetailList and Policies", a.file)
	}
	if err := r.whole(account.AuthorizationDetailsAnswer.Descriptor, &told); err != nil {
		d.lacks = message.New("%s: %s", a.file, err)
	}
	part := convert.Details(users, groups, roles, policies)
	if err := account.AuthorizationDetailsAnswer.Check(part); err != nil {
		return err
	}
	return cmp.Or(r.note(a.file, &told), d.users.put(a.file, part.Users), d.groups.put(a.file, part.Groups),
		d.roles.put(a.file, part.Roles), d.policies.put(a.file, part.Policies))
}

func putDetails(a assembly) {
	described := account.AuthorizationDetailsAnswer
	if d := held[details](a.reader, described.Section, ""); d.any() {
		*described.In(a.s) = made(a, described.Action(), account.AuthorizationDetails{
			Users: d.users.all(), Groups: d.groups.all(), Roles: d.roles.all(), Policies: d.policies.all(),
		}, a.whole(described.Descriptor, "", d.lack(a)))
	}
}

// lack says why the details aren't whole. More roles than the summary counts are no contradiction: it may leave out
// those of AWS's services.
func (d *details) lack(a assembly) message.Message {
	for _, why := range []message.Message{
		cut(d.pages),
		counted("Users", message.New("users"))(a, d.pages, len(d.users.items)),
		counted("Groups", message.New("groups"))(a, d.pages, len(d.groups.items)),
		counted("Roles", message.New("roles"))(a, d.pages, len(d.roles.items)),
	} {
		if !why.Empty() {
			return why
		}
	}
	return d.unlisted()
}

// unlisted names what the details mention and no file lists: a sign that a filter left it out.
func (d *details) unlisted() message.Message {
	groups := map[string]bool{}
	for _, g := range d.groups.items {
		groups[g.Name] = true
	}
	unlisted := func(attached []account.AttachedPolicy) string {
		for _, p := range attached {
			if _, ok := d.policies.place[p.ARN]; !ok {
				return p.ARN
			}
		}
		return ""
	}
	for _, u := range d.users.items {
		for _, name := range u.Groups {
			if !groups[name] {
				return message.New("the user %s is in the group %s, which no file lists", u.Name, name)
			}
		}
		if arn := unlisted(u.AttachedPolicies); arn != "" {
			return message.New("the user %s has the policy %s, which no file lists", u.Name, arn)
		}
	}
	for _, g := range d.groups.items {
		if arn := unlisted(g.AttachedPolicies); arn != "" {
			return message.New("the group %s has the policy %s, which no file lists", g.Name, arn)
		}
	}
	for _, role := range d.roles.items {
		if arn := unlisted(role.AttachedPolicies); arn != "" {
			return message.New("the role %s has the policy %s, which no file lists", role.Name, arn)
		}
	}
	return message.Message{}
}

// serviceCredentials looks at whose credentials a list has. Without --all-users AWS lists one user's alone, and nothing
// in that answer says so.
func serviceCredentials(k kind) kind {
	k.also = []string{"AllUsers"}
	k.command.Args = append(k.command.Args, "--all-users", "--max-items", "1000")
	k.command.Query = "{AllUsers:`true`,ServiceSpecificCredentials:ServiceSpecificCredentials,IsTruncated:IsTruncated,NextToken:NextToken}"
	takeList := k.take
	k.take = func(r *reader, a answer) error {
		var d decoder
		var allUsers bool
		var entries []struct{ UserName string }
		if err := cmp.Or(d.field(a, "AllUsers", &allUsers), d.field(a, k.keys[0], &entries)); err != nil {
			return err
		}
		another := func(entry struct{ UserName string }) bool { return entry != entries[0] }
		if allUsers || slices.ContainsFunc(entries, another) {
			r.allUsers = true
		} else {
			r.maybeOneUser = a.file
		}
		return takeList(r, a)
	}
	return k
}

func ofAllUsers(a assembly, p pages, n int) message.Message {
	if !a.allUsers {
		c, _ := CommandFor(account.ServiceCredentialsSection)
		return message.New("%s doesn't say whether it is of all users; save the answer with --all-users --query '%s'", a.maybeOneUser, c.Query)
	}
	return uncounted(a, p, n)
}

func takeOrganizationsFeatures(r *reader, a answer) error {
	var d decoder
	var organization *string
	var features []types.FeatureType
	if err := cmp.Or(d.field(a, "OrganizationId", &organization), d.field(a, "EnabledFeatures", &features)); err != nil {
		return err
	}
	if features == nil {
		return errNoList
	}
	return set(r, a.file, "", account.OrganizationsFeaturesAnswer, "the organization's features",
		convert.OrganizationsFeatures(organization, features), &d)
}

// noOrganizationsFeatures takes what AWS refuses to an account that isn't the management account.
func noOrganizationsFeatures(r *reader, file, code, _ string) (bool, error) {
	if !slices.Contains(account.Refusals(), code) {
		return false, nil
	}
	return true, set(r, file, "", account.OrganizationsFeaturesAnswer, "the organization's features",
		account.OrganizationsFeatures{Enabled: []string{}, Refusal: code}, &decoder{})
}

func contact(of string) kind {
	d := account.Contacts[of]
	k := one(d, "AlternateContact", takeContact, func(r *reader, file, code, _ string) (bool, error) {
		if code != "ResourceNotFoundException" {
			return false, nil
		}
		return true, set(r, file, "", d, contactNoun(d.Section), nil, &decoder{})
	})
	k.command.Args = append(k.command.Args, "--alternate-contact-type", of)
	return k
}

// contactNoun is how messages name a contact: "the security contact".
func contactNoun(section account.Section) string {
	return "the " + strings.ReplaceAll(string(section), "-", " ")
}

func takeContact(r *reader, a answer) error {
	var d decoder
	var c *accounttypes.AlternateContact
	if err := d.field(a, "AlternateContact", &c); err != nil {
		return err
	}
	if c == nil {
		return errors.New("got an AlternateContact of null, want an object")
	}
	described, ok := account.Contacts[string(c.AlternateContactType)]
	if !ok {
		return fmt.Errorf("got an alternate contact of type %q, want SECURITY, BILLING or OPERATIONS", c.AlternateContactType)
	}
	return set(r, a.file, "", described, contactNoun(described.Section), convert.AlternateContact(*c), &d)
}
