package emulator

import (
	"net/http"
	"slices"

	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

var centerOperations = map[string]operation{
	organization.ListInstancesAction: (*Server).listInstances,
	organization.ListSetsAction: centerList("PermissionSets", func(i *organization.Instance, _ *request) ([]organization.PermissionSet, *apiError) {
		return i.PermissionSets.Value, nil
	}, func(p organization.PermissionSet) any { return p.ARN }),
	organization.DescribeSetAction: ofSet(func(p *organization.PermissionSet) (any, *apiError) {
		return map[string]any{"PermissionSet": map[string]any{"PermissionSetArn": p.ARN, "Name": p.Name, "SessionDuration": p.Session}}, nil
	}),
	organization.InlinePolicyAction: ofSet(func(p *organization.PermissionSet) (any, *apiError) {
		return map[string]any{"InlinePolicy": p.Inline}, nil
	}),
	organization.SetBoundaryAction: ofSet(func(p *organization.PermissionSet) (any, *apiError) {
		if p.Boundary == "" {
			return nil, notFound("PermissionsBoundary not found for the PermissionSet.")
		}
		return map[string]any{"PermissionsBoundary": map[string]any{"ManagedPolicyArn": p.Boundary}}, nil
	}),
	organization.ManagedPoliciesAction: centerList("AttachedManagedPolicies", listOfSet(func(p *organization.PermissionSet) []string { return p.Managed }), func(arn string) any {
		return map[string]any{"Arn": arn, "Name": arn}
	}),
	organization.CustomerPoliciesAction: centerList("CustomerManagedPolicyReferences", listOfSet(func(p *organization.PermissionSet) []string { return p.Customer }), func(name string) any {
		return map[string]any{"Path": "/", "Name": name[1:]}
	}),
	organization.AssignmentsAction: centerList("AccountAssignments", func(i *organization.Instance, q *request) ([]organization.Assignment, *apiError) {
		return assignmentsOf(i, func(a organization.Assignment) bool {
			return a.Account == q.form.Get("AccountId") && a.Set == q.form.Get("PermissionSetArn")
		}), nil
	}, assignmentAs),
	organization.PrincipalAction: centerList("AccountAssignments", ofPrincipal, assignmentAs),
	organization.ListCenterUsersAction: centerList("Users", func(i *organization.Instance, _ *request) ([]organization.CenterUser, *apiError) {
		return i.Users.Value, nil
	}, func(u organization.CenterUser) any {
		return map[string]any{
			"IdentityStoreId": "d-example001", "UserId": u.ID, "UserName": u.Name, "DisplayName": u.Display, "UserStatus": u.Status,
			"Emails": []any{map[string]any{"Value": u.Email, "Primary": true}},
		}
	}),
	organization.ListCenterGroupsAction: centerList("Groups", func(i *organization.Instance, _ *request) ([]organization.CenterGroup, *apiError) {
		return i.Groups.Value, nil
	}, func(g organization.CenterGroup) any {
		return map[string]any{"IdentityStoreId": "d-example001", "GroupId": g.ID, "DisplayName": g.Name}
	}),
	organization.ListCenterMembersAction: centerList("GroupMemberships", func(i *organization.Instance, q *request) ([]string, *apiError) {
		for _, g := range i.Groups.Value {
			if g.ID == q.form.Get("GroupId") {
				return g.Members, nil
			}
		}
		return nil, notFound("GROUP not found.")
	}, func(id string) any { return map[string]any{"MemberId": map[string]string{"UserId": id}} }),
}

func notFound(message string) *apiError {
	return &apiError{http.StatusBadRequest, "ResourceNotFoundException", message}
}

// centerOf is the organization's instance, which answers the account that manages the organization, in its home Region.
func (s *Server) centerOf(q *request) (*organization.Instance, *apiError) {
	of, failed := s.reads()
	if failed != nil {
		return nil, s.denied(q)
	}
	i := of.OrganizationInstance()
	if i == nil || i.Region != q.scope.region {
		return nil, notFound("The instance does not exist.")
	}
	return i, nil
}

// listInstances lists the instances of a Region; there is none in most.
func (s *Server) listInstances(q *request) (any, *apiError) {
	instances := []any{}
	if i, failed := s.centerOf(q); failed == nil {
		instances = append(instances, map[string]any{
			"InstanceArn": i.ARN, "IdentityStoreId": i.IdentityStore, "OwnerAccountId": i.Owner, "Name": i.Name, "Status": i.Status,
		})
	}
	return map[string]any{"Instances": instances}, nil
}

// centerList serves a list of the instance's in pages.
func centerList[E any](element string, list func(*organization.Instance, *request) ([]E, *apiError), as func(E) any) operation {
	return func(s *Server, q *request) (any, *apiError) {
		i, failed := s.centerOf(q)
		if failed != nil {
			return nil, failed
		}
		if q.service == "identitystore" && q.form.Get("IdentityStoreId") != i.IdentityStore || q.service == "sso" && q.form.Get("InstanceArn") != i.ARN {
			return nil, notFound("The instance does not exist.")
		}
		entries, failed := list(i, q)
		if failed != nil {
			return nil, failed
		}
		return s.tokenPage(q, element, len(entries), func(from, to int) any { return lists.Map(entries[from:to], as) })
	}
}

// setOf is the permission set that a request names.
func setOf(i *organization.Instance, q *request) (*organization.PermissionSet, *apiError) {
	n := slices.IndexFunc(i.PermissionSets.Value, func(p organization.PermissionSet) bool { return p.ARN == q.form.Get("PermissionSetArn") })
	if n < 0 {
		return nil, notFound("PermissionSet not found.")
	}
	return &i.PermissionSets.Value[n], nil
}

func ofSet(answer func(*organization.PermissionSet) (any, *apiError)) operation {
	return func(s *Server, q *request) (any, *apiError) {
		i, failed := s.centerOf(q)
		if failed != nil {
			return nil, failed
		}
		p, failed := setOf(i, q)
		if failed != nil {
			return nil, failed
		}
		return answer(p)
	}
}

func listOfSet(of func(*organization.PermissionSet) []string) func(*organization.Instance, *request) ([]string, *apiError) {
	return func(i *organization.Instance, q *request) ([]string, *apiError) {
		p, failed := setOf(i, q)
		if failed != nil {
			return nil, failed
		}
		return of(p), nil
	}
}

// ofPrincipal are the assignments of a user or group: a user's are those of the user's groups, too (IAM Identity Center API
// reference, ListAccountAssignmentsForPrincipal).
func ofPrincipal(i *organization.Instance, q *request) ([]organization.Assignment, *apiError) {
	kind, id := q.form.Get("PrincipalType"), q.form.Get("PrincipalId")
	return assignmentsOf(i, func(a organization.Assignment) bool {
		through := kind == organization.PrincipalUser && a.PrincipalType == organization.PrincipalGroup && slices.ContainsFunc(i.Groups.Value, func(g organization.CenterGroup) bool {
			return g.ID == a.Principal && slices.Contains(g.Members, id)
		})
		return a.PrincipalType == kind && a.Principal == id || through
	}), nil
}

func assignmentsOf(i *organization.Instance, is func(organization.Assignment) bool) []organization.Assignment {
	return lists.Filter(i.Assignments.Value, is)
}

func assignmentAs(a organization.Assignment) any {
	return map[string]any{"AccountId": a.Account, "PermissionSetArn": a.Set, "PrincipalType": a.PrincipalType, "PrincipalId": a.Principal}
}
