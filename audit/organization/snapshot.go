package organization

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
)

// Schema identifies the JSON form of a Snapshot. Added keys are no new version.
const Schema = "sekisho/organization/v1"

// The actions that an organization is read with, as IAM policies write them.
const (
	DescribeAction       = "organizations:DescribeOrganization"
	ListRootsAction      = "organizations:ListRoots"
	ListAccountsAction   = "organizations:ListAccounts"
	ListUnitsAction      = "organizations:ListOrganizationalUnitsForParent"
	ListChildrenAction   = "organizations:ListAccountsForParent"
	ListPoliciesAction   = "organizations:ListPolicies"
	DescribePolicyAction = "organizations:DescribePolicy"
	ListTargetsAction    = "organizations:ListTargetsForPolicy"
)

// FeaturesAction is the call of IAM that an organization is read with besides.
var FeaturesAction = account.OrganizationsFeaturesAnswer.Action()

// Actions are all that may be called for a Snapshot.
func Actions() []string {
	return []string{
		DescribeAction, DescribePolicyAction, ListAccountsAction, ListChildrenAction, ListUnitsAction, ListPoliciesAction, ListRootsAction, ListTargetsAction,
		ListDelegatesAction, ListDelegatedServicesAction, ListServiceAccessAction, ResourcePolicyAction,
		FeaturesAction,
	}
}

// Snapshot is what AWS said about one organization, and when. An answer that is nil was not read.
type Snapshot struct {
	Schema  string         `json:"schema"`
	TakenAt time.Time      `json:"taken_at"` // UTC, whole seconds, by AWS's clock
	Caller  account.Caller `json:"caller"`

	Organization *account.Answer[Organization] `json:"organization,omitempty"`
	Roots        *account.Answer[[]Root]       `json:"roots,omitempty"`
	Accounts     *account.Answer[[]Account]    `json:"accounts,omitempty"`
	Units        *account.Answer[[]Unit]       `json:"units,omitempty"` // parents before their children
	SCPs         *account.Answer[[]Policy]     `json:"service_control_policies,omitempty"`
	RCPs         *account.Answer[[]Policy]     `json:"resource_control_policies,omitempty"`
	// Features say which features of centralized root access are on.
	Features *account.Answer[account.OrganizationsFeatures] `json:"features,omitempty"`
	// Delegates, Services and ResourcePolicy say who acts for the account that manages the organization.
	Delegates      *account.Answer[[]Delegate]      `json:"delegated_administrators,omitempty"`
	Services       *account.Answer[[]ServiceAccess] `json:"service_access,omitempty"`
	ResourcePolicy *account.Answer[ResourcePolicy]  `json:"resource_policy,omitempty"`
	// IdentityCenter is where people sign in who have no IAM user; nil where nobody asked.
	IdentityCenter *account.Answer[IdentityCenter] `json:"identity_center,omitempty"`
	// MemberRoots are the root users of members; nil where nobody asked for them.
	MemberRoots *account.Answer[[]MemberRoot] `json:"member_roots,omitempty"`

	// Tags are those of accounts, where somebody chose by them.
	Tags *account.Answer[[]AccountTags] `json:"account_tags,omitempty"`

	Gaps  []account.Gap `json:"gaps"` // the calls that failed
	Calls account.Calls `json:"calls"`
}

// Organization is the answer of organizations:DescribeOrganization.
type Organization struct {
	ID                string `json:"id"`
	ARN               string `json:"arn"`
	FeatureSet        string `json:"feature_set"` // "ALL"; CONSOLIDATED_BILLING has no policies
	ManagementAccount string `json:"management_account_id"`
}

// AllFeatures is the feature set in which policies limit accounts.
const AllFeatures = "ALL"

// Root is where the tree of an organization begins.
type Root struct {
	ID          string   `json:"id"`
	ARN         string   `json:"arn"`
	Name        string   `json:"name"`
	PolicyTypes []string `json:"policy_types"` // those that are enabled: "SERVICE_CONTROL_POLICY"
}

// Unit is an organizational unit.
type Unit struct {
	ID     string `json:"id"`
	ARN    string `json:"arn"`
	Name   string `json:"name"`
	Parent string `json:"parent"` // the ID of a root or unit
}

// Account is a member of an organization, or the account that manages it.
type Account struct {
	ID     string     `json:"id"`
	ARN    string     `json:"arn"`
	Name   string     `json:"name"`
	Email  string     `json:"email,omitempty"`
	State  string     `json:"state,omitempty"` // ACTIVE, SUSPENDED, PENDING_ACTIVATION, PENDING_CLOSURE, CLOSED; "": AWS told none
	Joined *time.Time `json:"joined,omitempty"`
	Parent string     `json:"parent,omitempty"` // the ID of a root or unit; "" where it is not known
}

// Inactive reports whether AWS says that nothing can be asked in the account. A state that nobody knows says nothing: what
// can't be read in such an account is unknown.
func (a Account) Inactive() bool {
	return a.State == "SUSPENDED" || a.State == "CLOSED" || strings.HasPrefix(a.State, "PENDING_")
}

// Active is the state of an account that can be audited.
const Active = "ACTIVE"

// Named makes an account an entry of a list.
func (a Account) Named() (key, label string) { return a.ID, "the account " + a.ID }

// Named makes a unit an entry of a list.
func (u Unit) Named() (key, label string) { return u.ID, "the unit " + u.ID }

// Named makes a root an entry of a list.
func (r Root) Named() (key, label string) { return r.ID, "the root " + r.ID }

// Policy is a policy of the organization, with what it is attached to.
type Policy struct {
	ID       string   `json:"id"`
	ARN      string   `json:"arn"`
	Name     string   `json:"name"`
	AWS      bool     `json:"aws_managed,omitempty"`
	Document string   `json:"document"`
	Targets  []string `json:"targets"` // the IDs of roots, units and accounts, sorted
}

// Named makes a policy an entry of a list.
func (p Policy) Named() (key, label string) { return p.ID, "the policy " + p.ID }

// Path lists the IDs from the root down to what holds an account: "r-exam", "ou-exam-11111111". Known is false where a
// part of the way was not read.
func (s *Snapshot) Path(accountID string) (ids []string, known bool) {
	if s.Accounts == nil {
		return nil, false
	}
	i := slices.IndexFunc(s.Accounts.Value, func(a Account) bool { return a.ID == accountID })
	if i < 0 {
		return nil, false
	}
	at := s.Accounts.Value[i].Parent
	for !strings.HasPrefix(at, "r-") {
		unit, ok := s.unit(at)
		if !ok || slices.Contains(ids, at) {
			return nil, false
		}
		ids = append(ids, at)
		at = unit.Parent
	}
	ids = append(ids, at)
	slices.Reverse(ids)
	return ids, true
}

// Place is an account's path in names, without the root's: "Workloads/Production"; "" for the root itself, and "?"
// where it is not known.
func (s *Snapshot) Place(accountID string) string {
	ids, known := s.Path(accountID)
	if !known {
		return "?"
	}
	var names []string
	for _, id := range ids[1:] {
		unit, _ := s.unit(id)
		names = append(names, cmp.Or(unit.Name, id))
	}
	return strings.Join(names, "/")
}

func (s *Snapshot) unit(id string) (Unit, bool) {
	if s.Units == nil || id == "" {
		return Unit{}, false
	}
	i := slices.IndexFunc(s.Units.Value, func(u Unit) bool { return u.ID == id })
	if i < 0 {
		return Unit{}, false
	}
	return s.Units.Value[i], true
}
