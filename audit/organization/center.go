package organization

import (
	"slices"
	"strings"

	"sekisho/audit/account"
)

// The actions that IAM Identity Center is read with, as IAM policies write them.
const (
	ListRegionsAction       = "account:ListRegions"
	ListInstancesAction     = "sso:ListInstances"
	ListSetsAction          = "sso:ListPermissionSets"
	DescribeSetAction       = "sso:DescribePermissionSet"
	InlinePolicyAction      = "sso:GetInlinePolicyForPermissionSet"
	ManagedPoliciesAction   = "sso:ListManagedPoliciesInPermissionSet"
	CustomerPoliciesAction  = "sso:ListCustomerManagedPolicyReferencesInPermissionSet"
	SetBoundaryAction       = "sso:GetPermissionsBoundaryForPermissionSet"
	AssignmentsAction       = "sso:ListAccountAssignments"
	PrincipalAction         = "sso:ListAccountAssignmentsForPrincipal"
	ListCenterUsersAction   = "identitystore:ListUsers"
	ListCenterGroupsAction  = "identitystore:ListGroups"
	ListCenterMembersAction = "identitystore:ListGroupMemberships"
)

// CenterActions are all that may be called for Identity Center.
func CenterActions() []string {
	return []string{
		ListRegionsAction, ListCenterMembersAction, ListCenterGroupsAction, ListCenterUsersAction, DescribeSetAction, InlinePolicyAction, SetBoundaryAction, AssignmentsAction,
		PrincipalAction, CustomerPoliciesAction, ListInstancesAction, ManagedPoliciesAction, ListSetsAction,
	}
}

// IdentityCenter is what IAM Identity Center said in the Regions that were asked.
type IdentityCenter struct {
	Regions   []string   `json:"regions"`               // that answered
	Only      string     `json:"only_region,omitempty"` // the one that somebody said is its home; "" where it was looked for
	Instances []Instance `json:"instances"`
}

// Instance is one of the organization, in which permission sets give access to accounts, or of one account, which has
// none.
type Instance struct {
	ARN           string `json:"arn"`
	IdentityStore string `json:"identity_store_id"`
	Owner         string `json:"owner_account_id"`
	Name          string `json:"name,omitempty"`
	Status        string `json:"status"` // "ACTIVE"
	Region        string `json:"region"` // its home, where it answers

	// What was read of the organization's instance; nil where it was not.
	PermissionSets *account.Answer[[]PermissionSet] `json:"permission_sets,omitempty"`
	Users          *account.Answer[[]CenterUser]    `json:"users,omitempty"`
	Groups         *account.Answer[[]CenterGroup]   `json:"groups,omitempty"`
	Assignments    *account.Answer[[]Assignment]    `json:"assignments,omitempty"`
	Cost           AssignmentCost                   `json:"assignment_cost"`
}

// Named makes an instance an entry of a list.
func (i Instance) Named() (key, label string) { return i.ARN, "the instance " + i.ARN }

// InstanceActive is the status of an instance that works.
const InstanceActive = "ACTIVE"

// AssignmentCost is what reading the assignments takes, in the cheaper of the two ways.
type AssignmentCost struct {
	Action string `json:"action"`
	Calls  int    `json:"calls"` // at least: long lists take more
	Most   int    `json:"most"`  // that somebody allows
}

// PermissionSet is what people may do in accounts to which it is assigned.
type PermissionSet struct {
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	Session string `json:"session_duration,omitempty"` // ISO 8601: "PT1H"
	Inline  string `json:"inline_policy,omitempty"`    // the document
	// Managed are ARNs of policies of AWS's, Customer the paths and names of policies that each account has of its own.
	Managed  []string `json:"managed_policies"`
	Customer []string `json:"customer_managed_policies"`
	// Boundary is the ARN, or path and name, of the permissions boundary.
	Boundary string `json:"permissions_boundary,omitempty"`
	// Unread are the actions that failed.
	Unread []string `json:"unread,omitempty"`
}

// Named makes a permission set an entry of a list.
func (p PermissionSet) Named() (key, label string) { return p.ARN, "the permission set " + p.ARN }

// CenterUser is a user of the identity store. It doesn't tell MFA devices, nor when somebody signed in last.
type CenterUser struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Display string `json:"display_name,omitempty"`
	Email   string `json:"email,omitempty"`
	Status  string `json:"status,omitempty"` // "ENABLED" or "DISABLED"; "": AWS told none
}

// Named makes a user an entry of a list.
func (u CenterUser) Named() (key, label string) { return u.ID, "the user " + u.ID }

// Enabled reports whether the user may sign in, unless AWS says that they are disabled.
func (u CenterUser) Enabled() bool { return u.Status != "DISABLED" }

// CenterGroup is a group of the identity store.
type CenterGroup struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []string `json:"members"` // the IDs of users, sorted; null where they were not read
}

// Named makes a group an entry of a list.
func (g CenterGroup) Named() (key, label string) { return g.ID, "the group " + g.ID }

// The types of principals, as Identity Center names them.
const (
	PrincipalUser  = "USER"
	PrincipalGroup = "GROUP"
)

// Assignment gives a permission set in an account to a user or group.
type Assignment struct {
	Account       string `json:"account_id"`
	Set           string `json:"permission_set_arn"`
	PrincipalType string `json:"principal_type"`
	Principal     string `json:"principal_id"`
}

// Named makes an assignment an entry of a list.
func (a Assignment) Named() (key, label string) {
	key = strings.Join([]string{a.Account, a.Set, a.PrincipalType, a.Principal}, " ")
	return key, "the assignment of " + key
}

// OrganizationInstance is the instance of Identity Center that is the organization's; nil where none was found.
func (s *Snapshot) OrganizationInstance() *Instance {
	if s.IdentityCenter == nil || s.Organization == nil {
		return nil
	}
	all := s.IdentityCenter.Value.Instances
	if i := slices.IndexFunc(all, func(i Instance) bool { return i.Owner == s.Organization.Value.ManagementAccount }); i >= 0 {
		return &all[i]
	}
	return nil
}
