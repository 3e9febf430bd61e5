package organization

import "time"

// The actions that say whom the account that manages an organization lets act for it, as IAM policies write them.
const (
	ListDelegatesAction         = "organizations:ListDelegatedAdministrators"
	ListDelegatedServicesAction = "organizations:ListDelegatedServicesForAccount"
	ListServiceAccessAction     = "organizations:ListAWSServiceAccessForOrganization"
	ResourcePolicyAction        = "organizations:DescribeResourcePolicy"
)

// Delegate is a member that administers services for the whole organization.
type Delegate struct {
	ID       string     `json:"id"`
	ARN      string     `json:"arn"`
	Name     string     `json:"name,omitempty"`
	Since    *time.Time `json:"since,omitempty"`
	Services []string   `json:"services"` // service principals, sorted: "guardduty.amazonaws.com"
}

// Named makes a delegate an entry of a list.
func (d Delegate) Named() (key, label string) {
	return d.ID, "the delegated administrator " + d.ID
}

// ServiceAccess is a service of AWS's that may act in all accounts of an organization.
type ServiceAccess struct {
	Service string     `json:"service"` // its principal: "cloudtrail.amazonaws.com"
	Since   *time.Time `json:"since,omitempty"`
}

// Named makes the access of a service an entry of a list.
func (a ServiceAccess) Named() (key, label string) { return a.Service, "the service " + a.Service }

// ResourcePolicy is the organization's own policy, by which other accounts than the managing one may read or change it.
type ResourcePolicy struct {
	ARN      string `json:"arn,omitempty"`
	Document string `json:"document"` // "" where there is none
}
