package emulator

import (
	"net/url"
	"slices"
	"strings"

	"sekisho/audit/account"
)

type boundary struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

func boundaryOf(arn string) *boundary {
	if arn == "" {
		return nil
	}
	return &boundary{"PermissionsBoundaryPolicy", arn}
}

type tag struct{ Key, Value string }

func tagsOf(tags []account.Tag) *members[tag] {
	list := membersOf(tags, func(t account.Tag) tag { return tag(t) })
	return &list
}

type inlinePolicy struct{ PolicyName, PolicyDocument string }

func inlineOf(policies []account.InlinePolicy) members[inlinePolicy] {
	return membersOf(policies, func(p account.InlinePolicy) inlinePolicy { return inlinePolicy{p.Name, encodeDocument(p.Document)} })
}

type attachedPolicy struct{ PolicyName, PolicyArn string }

func attachedOf(policies []account.AttachedPolicy) members[attachedPolicy] {
	return membersOf(policies, func(p account.AttachedPolicy) attachedPolicy { return attachedPolicy{p.Name, p.ARN} })
}

type userDetail struct {
	Path                    string
	UserName                string
	UserID                  string `xml:"UserId"`
	Arn                     string
	CreateDate              timestamp
	UserPolicyList          *members[inlinePolicy] // IAM leaves an empty one out
	GroupList               members[string]
	AttachedManagedPolicies members[attachedPolicy]
	PermissionsBoundary     *boundary
	Tags                    *members[tag]
}

func userDetailOf(u account.UserDetail) userDetail {
	d := userDetail{
		Path: u.Path, UserName: u.Name, UserID: u.ID, Arn: u.ARN, CreateDate: at(u.Created),
		GroupList: called("", u.Groups), AttachedManagedPolicies: attachedOf(u.AttachedPolicies),
		PermissionsBoundary: boundaryOf(u.PermissionsBoundary), Tags: tagsOf(u.Tags),
	}
	if len(u.InlinePolicies) > 0 {
		inline := inlineOf(u.InlinePolicies)
		d.UserPolicyList = &inline
	}
	return d
}

type groupDetail struct {
	Path                    string
	GroupName               string
	GroupID                 string `xml:"GroupId"`
	Arn                     string
	CreateDate              timestamp
	GroupPolicyList         *members[inlinePolicy]
	AttachedManagedPolicies *members[attachedPolicy]
}

func groupOf(g account.GroupDetail) groupDetail {
	return groupDetail{Path: g.Path, GroupName: g.Name, GroupID: g.ID, Arn: g.ARN, CreateDate: at(g.Created)}
}

func groupDetailOf(g account.GroupDetail) groupDetail {
	d := groupOf(g)
	inline, attached := inlineOf(g.InlinePolicies), attachedOf(g.AttachedPolicies)
	d.GroupPolicyList, d.AttachedManagedPolicies = &inline, &attached
	return d
}

type roleDetail struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               timestamp
	AssumeRolePolicyDocument string
	InstanceProfileList      *members[instanceProfile]
	RolePolicyList           *members[inlinePolicy]
	AttachedManagedPolicies  *members[attachedPolicy]
	PermissionsBoundary      *boundary
	Tags                     *members[tag]
	RoleLastUsed             *roleLastUsed
}

type roleLastUsed struct {
	LastUsedDate *timestamp
	Region       string `xml:",omitempty"`
}

type instanceProfile struct {
	Path                string
	InstanceProfileName string
	InstanceProfileID   string `xml:"InstanceProfileId"`
	Arn                 string
	CreateDate          timestamp
	Roles               members[roleDetail]
}

// roleOf is a role as ListRoles shows it: without tags, boundary and last use.
func roleOf(r account.RoleDetail) roleDetail {
	return roleDetail{
		Path: r.Path, RoleName: r.Name, RoleID: r.ID, Arn: r.ARN, CreateDate: at(r.Created),
		AssumeRolePolicyDocument: encodeDocument(r.TrustPolicy),
	}
}

func roleDetailOf(r account.RoleDetail) roleDetail {
	d := roleOf(r)
	profiles := membersOf(r.InstanceProfiles, func(p account.InstanceProfile) instanceProfile {
		return instanceProfile{p.Path, p.Name, p.ID, p.ARN, at(p.Created), called("", []roleDetail{roleOf(r)})}
	})
	inline, attached := inlineOf(r.InlinePolicies), attachedOf(r.AttachedPolicies)
	d.InstanceProfileList, d.RolePolicyList, d.AttachedManagedPolicies = &profiles, &inline, &attached
	d.PermissionsBoundary, d.Tags = boundaryOf(r.PermissionsBoundary), tagsOf(r.Tags)
	d.RoleLastUsed = &roleLastUsed{stamp(r.LastUsed), r.LastUsedRegion}
	return d
}

type policyDetail struct {
	PolicyName                    string
	PolicyID                      string `xml:"PolicyId"`
	Arn                           string
	Path                          string
	DefaultVersionID              string `xml:"DefaultVersionId"`
	AttachmentCount               int32
	PermissionsBoundaryUsageCount int32
	IsAttachable                  bool
	CreateDate                    timestamp
	UpdateDate                    timestamp
	PolicyVersionList             members[policyVersion]
}

type policyVersion struct {
	Document         string
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       timestamp
}

func policyDetailOf(p account.PolicyDetail) policyDetail {
	return policyDetail{
		p.Name, p.ID, p.ARN, p.Path, p.DefaultVersion, p.AttachmentCount, p.BoundaryUseCount, true, at(p.Created), at(p.Updated),
		membersOf(p.Versions, func(v account.PolicyVersion) policyVersion {
			return policyVersion{encodeDocument(v.Document), v.ID, v.Default, at(v.Created)}
		}),
	}
}

type authorizationDetails struct {
	UserDetailList  members[userDetail]
	GroupDetailList members[groupDetail]
	RoleDetailList  members[roleDetail]
	Policies        members[policyDetail]
	paging
}

// getAccountAuthorizationDetails spends one page budget on users, roles, groups and policies, in this order.
func (s *Server) getAccountAuthorizationDetails(q *request) (any, *apiError) {
	all, failed := answered(s, q, account.AuthorizationDetailsSection, "", s.snapshot.AuthorizationDetails)
	if failed != nil {
		return nil, failed
	}
	all, failed = filtered(q, all)
	if failed != nil {
		return nil, failed
	}
	users, roles, groups, policies := len(all.Users), len(all.Roles), len(all.Groups), len(all.Policies)
	p, failed := s.page(q, users+roles+groups+policies, s.restOfDetails(q))
	if failed != nil {
		return nil, failed
	}
	return authorizationDetails{
		membersOf(cut(all.Users, p, 0), userDetailOf),
		membersOf(cut(all.Groups, p, users+roles), groupDetailOf),
		membersOf(cut(all.Roles, p, users), roleDetailOf),
		membersOf(cut(all.Policies, p, users+roles+groups), policyDetailOf),
		p.paging,
	}, nil
}

// cut is the part of a list on a page where the list begins at an offset among all lists.
func cut[T any](list []T, p span, offset int) []T {
	from := min(len(list), max(0, p.from-offset))
	to := min(len(list), max(0, p.to-offset))
	return list[from:to]
}

// filtered keeps the kinds that a request's Filter names; all without one.
func filtered(q *request, all account.AuthorizationDetails) (account.AuthorizationDetails, *apiError) {
	wanted := map[string]bool{}
	for key, values := range q.form {
		if strings.HasPrefix(key, "Filter.member.") {
			wanted[values[0]] = true
		}
	}
	if len(wanted) == 0 {
		return all, nil
	}
	kinds := []string{"User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"}
	for kind := range wanted {
		if !slices.Contains(kinds, kind) {
			return all, q.invalid(kind, "filter", "Member must satisfy enum value set: ["+strings.Join(kinds, ", ")+"]")
		}
	}
	if !wanted["User"] {
		all.Users = nil
	}
	if !wanted["Role"] {
		all.Roles = nil
	}
	if !wanted["Group"] {
		all.Groups = nil
	}
	all.Policies = slices.DeleteFunc(slices.Clone(all.Policies), func(p account.PolicyDetail) bool {
		if account.OfAWS(p.ARN) {
			return !wanted["AWSManagedPolicy"]
		}
		return !wanted["LocalManagedPolicy"]
	})
	return all, nil
}

func (s *Server) listGroups(q *request) (any, *apiError) {
	all, failed := answered(s, q, account.AuthorizationDetailsSection, "", s.snapshot.AuthorizationDetails)
	if failed != nil {
		return nil, failed
	}
	groups, _ := underPath(func(g account.GroupDetail) string { return g.Path })(s, q, all.Groups)
	return s.groupPage(q, groups)
}

func (s *Server) listGroupsForUser(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	all, failed := answered(s, q, account.AuthorizationDetailsSection, "", s.snapshot.AuthorizationDetails)
	if failed != nil {
		return nil, failed
	}
	i := slices.IndexFunc(all.Users, func(u account.UserDetail) bool { return u.Name == name })
	if i < 0 {
		return nil, s.denied(q)
	}
	groups := slices.DeleteFunc(slices.Clone(all.Groups), func(g account.GroupDetail) bool { return !slices.Contains(all.Users[i].Groups, g.Name) })
	return s.groupPage(q, groups)
}

func (s *Server) groupPage(q *request, groups []account.GroupDetail) (any, *apiError) {
	return listing(s, q, "Groups", groups, s.restOfDetails(q), groupOf)
}

func (s *Server) listRoles(q *request) (any, *apiError) {
	all, failed := answered(s, q, account.AuthorizationDetailsSection, "", s.snapshot.AuthorizationDetails)
	if failed != nil {
		return nil, failed
	}
	roles, _ := underPath(func(r account.RoleDetail) string { return r.Path })(s, q, all.Roles)
	return listing(s, q, "Roles", roles, s.restOfDetails(q), roleOf)
}

func (s *Server) restOfDetails(q *request) *apiError {
	return rest(s, q, account.AuthorizationDetailsSection, "", s.snapshot.AuthorizationDetails)
}

// encodeDocument encodes a policy document as IAM does: every byte but the unreserved characters of RFC 3986.
func encodeDocument(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}
