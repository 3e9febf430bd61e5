package clifiles

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"sekisho/audit/account"
)

// details are the authorization details: four lists on the same pages.
type details struct {
	pages
	lacking  string // a file without one of the lists
	users    list[account.UserDetail]
	groups   list[account.GroupDetail]
	roles    list[account.RoleDetail]
	policies list[account.PolicyDetail]
}

// document is a policy document: JSON as the aws command decodes it, or the text that AWS sent, URL-encoded.
type document string

// UnmarshalJSON keeps the document as JSON text without the blanks that the aws command put in. Text that can't be decoded is kept as it came; whoever parses it will say that it is no policy.
func (d *document) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		var b bytes.Buffer
		if err := json.Compact(&b, data); err != nil {
			return err
		}
		*d = document(b.String())
		return nil
	}
	if decoded, err := url.PathUnescape(text); err == nil {
		text = decoded
	}
	*d = document(text)
	return nil
}

type attached struct{ PolicyName, PolicyArn string }

type inline struct {
	PolicyName     string
	PolicyDocument document
}

type boundary struct{ PermissionsBoundaryArn string }

type tag struct{ Key, Value string }

type userDetail struct {
	UserName, UserId, Arn, Path string
	CreateDate                  *stamp
	GroupList                   []string
	UserPolicyList              []inline
	AttachedManagedPolicies     []attached
	PermissionsBoundary         boundary
	Tags                        []tag
}

type groupDetail struct {
	GroupName, GroupId, Arn, Path string
	CreateDate                    *stamp
	GroupPolicyList               []inline
	AttachedManagedPolicies       []attached
}

type roleDetail struct {
	RoleName, RoleId, Arn, Path string
	CreateDate                  *stamp
	AssumeRolePolicyDocument    document
	RolePolicyList              []inline
	AttachedManagedPolicies     []attached
	PermissionsBoundary         boundary
	Tags                        []tag
	RoleLastUsed                struct {
		LastUsedDate *stamp
		Region       string
	}
	InstanceProfileList []struct {
		InstanceProfileName, InstanceProfileId, Arn, Path string
		CreateDate                                        *stamp
	}
}

type policyDetail struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string
	CreateDate, UpdateDate                            *stamp
	AttachmentCount, PermissionsBoundaryUsageCount    int32
	PolicyVersionList                                 []struct {
		VersionId        string
		CreateDate       *stamp
		IsDefaultVersion bool
		Document         document
	}
}

func (r *reader) takeDetails(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		UserDetailList  *[]userDetail
		GroupDetailList *[]groupDetail
		RoleDetailList  *[]roleDetail
		Policies        *[]policyDetail
	}](value, "authorization details")
	if err != nil {
		return err
	}
	d := &r.details
	d.add(file, more)
	if answer.UserDetailList == nil || answer.GroupDetailList == nil || answer.RoleDetailList == nil || answer.Policies == nil {
		d.lacking = file
	}
	part := account.AuthorizationDetails{
		Users: each(deref(answer.UserDetailList), userOf), Groups: each(deref(answer.GroupDetailList), groupOf),
		Roles: each(deref(answer.RoleDetailList), roleOf), Policies: each(deref(answer.Policies), policyOf),
	}
	err = check(account.AuthorizationDetailsSection, func(s *account.Snapshot) {
		s.AuthorizationDetails = answerOf(account.AuthorizationDetailsSection, part)
	})
	if err != nil {
		return err
	}
	return r.mergeDetails(file, &part)
}

func (r *reader) mergeDetails(file string, part *account.AuthorizationDetails) error {
	d := &r.details
	for _, u := range part.Users {
		r.told(&u.Created)
		if err := r.put(file, u.ARN, d.users.put(file, "the user "+u.Name, u.ARN, u)); err != nil {
			return err
		}
	}
	for _, g := range part.Groups {
		r.told(&g.Created)
		if err := r.put(file, g.ARN, d.groups.put(file, "the group "+g.Name, g.ARN, g)); err != nil {
			return err
		}
	}
	for _, role := range part.Roles {
		r.told(&role.Created, role.LastUsed)
		if err := r.put(file, role.ARN, d.roles.put(file, "the role "+role.Name, role.ARN, role)); err != nil {
			return err
		}
	}
	for _, p := range part.Policies {
		// AWS's own policies tell when AWS changed them, which is as good a lower bound as any.
		r.told(&p.Created, &p.Updated)
		if err := r.put(file, p.ARN, d.policies.put(file, "the policy "+p.Name, p.ARN, p)); err != nil {
			return err
		}
	}
	return nil
}

// put notes whose a thing is, unless it could not be put where it belongs.
func (r *reader) put(file, arn string, err error) error {
	if err != nil {
		return err
	}
	return r.owned(file, arn)
}

// unlisted names what the details mention and no file lists: a sign that a filter left it out.
func (d *details) unlisted() string {
	groups, policies := map[string]bool{}, map[string]bool{}
	for _, g := range d.groups.items {
		groups[g.Name] = true
	}
	for _, p := range d.policies.items {
		policies[p.ARN] = true
	}
	missing := func(of string, attached []account.AttachedPolicy) string {
		for _, p := range attached {
			if !policies[p.ARN] {
				return fmt.Sprintf("%s has the policy %s, which no file lists", of, p.ARN)
			}
		}
		return ""
	}
	for _, u := range d.users.items {
		for _, name := range u.Groups {
			if !groups[name] {
				return fmt.Sprintf("the user %s is in the group %s, which no file lists", u.Name, name)
			}
		}
		if text := missing("the user "+u.Name, u.AttachedPolicies); text != "" {
			return text
		}
	}
	for _, g := range d.groups.items {
		if text := missing("the group "+g.Name, g.AttachedPolicies); text != "" {
			return text
		}
	}
	for _, role := range d.roles.items {
		if text := missing("the role "+role.Name, role.AttachedPolicies); text != "" {
			return text
		}
	}
	return ""
}

func userOf(u userDetail) account.UserDetail {
	return account.UserDetail{
		Name: u.UserName, ID: u.UserId, ARN: u.Arn, Path: u.Path, Created: u.CreateDate.orZero(), Groups: append([]string{}, u.GroupList...),
		InlinePolicies: each(u.UserPolicyList, inlineOf), AttachedPolicies: each(u.AttachedManagedPolicies, attachedOf),
		PermissionsBoundary: u.PermissionsBoundary.PermissionsBoundaryArn, Tags: each(u.Tags, tagOf),
	}
}

func groupOf(g groupDetail) account.GroupDetail {
	return account.GroupDetail{
		Name: g.GroupName, ID: g.GroupId, ARN: g.Arn, Path: g.Path, Created: g.CreateDate.orZero(),
		InlinePolicies: each(g.GroupPolicyList, inlineOf), AttachedPolicies: each(g.AttachedManagedPolicies, attachedOf),
	}
}

func roleOf(role roleDetail) account.RoleDetail {
	out := account.RoleDetail{
		Name: role.RoleName, ID: role.RoleId, ARN: role.Arn, Path: role.Path, Created: role.CreateDate.orZero(),
		TrustPolicy: string(role.AssumeRolePolicyDocument), InlinePolicies: each(role.RolePolicyList, inlineOf),
		AttachedPolicies: each(role.AttachedManagedPolicies, attachedOf), PermissionsBoundary: role.PermissionsBoundary.PermissionsBoundaryArn,
		Tags: each(role.Tags, tagOf), LastUsed: role.RoleLastUsed.LastUsedDate.or(), LastUsedRegion: role.RoleLastUsed.Region,
		InstanceProfiles: []account.InstanceProfile{},
	}
	for _, p := range role.InstanceProfileList {
		out.InstanceProfiles = append(out.InstanceProfiles, account.InstanceProfile{
			Name: p.InstanceProfileName, ID: p.InstanceProfileId, ARN: p.Arn, Path: p.Path, Created: p.CreateDate.orZero(),
		})
	}
	return out
}

// policyOf copies a policy. Some endpoints send its ARN alone, which always ends in its name.
func policyOf(p policyDetail) account.PolicyDetail {
	out := account.PolicyDetail{
		Name: cmp.Or(p.PolicyName, p.Arn[strings.LastIndex(p.Arn, "/")+1:]), ID: p.PolicyId, ARN: p.Arn, Path: p.Path, Created: p.CreateDate.orZero(), Updated: p.UpdateDate.orZero(),
		DefaultVersion: p.DefaultVersionId, AttachmentCount: p.AttachmentCount, BoundaryUseCount: p.PermissionsBoundaryUsageCount,
		Versions: []account.PolicyVersion{},
	}
	for _, v := range p.PolicyVersionList {
		out.Versions = append(out.Versions, account.PolicyVersion{ID: v.VersionId, Created: v.CreateDate.orZero(), Default: v.IsDefaultVersion, Document: string(v.Document)})
	}
	return out
}

func inlineOf(p inline) account.InlinePolicy {
	return account.InlinePolicy{Name: p.PolicyName, Document: string(p.PolicyDocument)}
}

func attachedOf(p attached) account.AttachedPolicy {
	return account.AttachedPolicy{Name: p.PolicyName, ARN: p.PolicyArn}
}

func tagOf(t tag) account.Tag { return account.Tag{Key: t.Key, Value: t.Value} }

// each maps a list; an empty one stays a list, for null says nothing.
func each[From, To any](items []From, convert func(From) To) []To {
	out := make([]To, len(items))
	for i, item := range items {
		out[i] = convert(item)
	}
	return out
}

func deref[T any](items *[]T) []T {
	if items == nil {
		return nil
	}
	return *items
}
