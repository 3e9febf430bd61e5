package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// organizationRoles are the names that AWS gives to roles by which an organization administers its accounts, a * at the
// end standing for more, with the services that such a role may trust (Control Tower Guide, roles-how and
// access-control-managing-permissions; CloudFormation Guide, stacksets-orgs; Organizations Guide, orgs_manage_accounts_access).
var organizationRoles = []struct {
	name     string
	services []string
}{
	{"AWSControlTower*", []string{"controltower.amazonaws.com", "cloudformation.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com"}},
	{"stacksets-exec-*", []string{"stacksets.cloudformation.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com"}},
	{"OrganizationAccountAccessRole", nil},
}

// Administered reports whether a role is for AWS or the organization to administer, and not for the account: by its path,
// which AWS keeps for itself, or by a name that AWS uses and a trust policy that lets nobody in but one account of those
// that are trusted, the management account, or services that go with the name. A name alone proves nothing: anybody who
// makes a role chooses it.
func (x *Access) Administered(r *account.Role, trusted []string) bool {
	if reserved(r) {
		return true
	}
	for _, known := range organizationRoles {
		prefix, open := strings.CutSuffix(known.name, "*")
		if r.Name == prefix && !open || open && strings.HasPrefix(r.Name, prefix) && len(r.Name) > len(prefix) {
			return x.trustsOnly(r, trusted, known.services)
		}
	}
	return false
}

// trustsOnly reports whether a role's trust policy names one of some accounts, or some services, and nobody else.
func (x *Access) trustsOnly(r *account.Role, accounts, services []string) bool {
	t := x.Trust(r)
	if t.Err != nil {
		return false
	}
	named, management := false, ""
	for i := range t.Document.Statements {
		st := &t.Document.Statements[i]
		if st.Effect != policy.Allow {
			continue
		}
		if st.NotPrincipal {
			return false
		}
		for _, p := range st.Principals {
			number := policy.AccountOf(p.Value)
			if number == "" {
				number = policy.ARNField(p.Value, 4)
			}
			switch {
			case p.Type == "Service" && slices.ContainsFunc(services, func(s string) bool { return sameService(p.Value, s) }):
			case p.Type == "AWS" && number != x.Account.ID && slices.Contains(accounts, number) && (management == "" || management == number):
				management = number
			default:
				return false
			}
			named = true
		}
	}
	return named
}

// reserved reports whether a role's path is one that AWS keeps for itself: of services, and of Identity Center (Guide,
// reference_identifiers, "/aws-reserved/").
func reserved(r *account.Role) bool {
	return ServiceLinked(r) || strings.HasPrefix(r.Path, "/aws-reserved/")
}
