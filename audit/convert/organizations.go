package convert

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// Organization is the answer of organizations:DescribeOrganization.
func Organization(o *types.Organization) organization.Organization {
	return organization.Organization{
		ID: aws.ToString(o.Id), ARN: aws.ToString(o.Arn), FeatureSet: string(o.FeatureSet), ManagementAccount: aws.ToString(o.MasterAccountId),
	}
}

// OrganizationRoot is a root of an organization, with the types of policies that are enabled in it.
func OrganizationRoot(r types.Root) organization.Root {
	root := organization.Root{ID: aws.ToString(r.Id), ARN: aws.ToString(r.Arn), Name: aws.ToString(r.Name), PolicyTypes: []string{}}
	for _, t := range r.PolicyTypes {
		if t.Status == types.PolicyTypeStatusEnabled {
			root.PolicyTypes = append(root.PolicyTypes, string(t.Type))
		}
	}
	slices.Sort(root.PolicyTypes)
	return root
}

// OrganizationUnit is an organizational unit; the list that it is of says whose child it is.
func OrganizationUnit(parent string) func(types.OrganizationalUnit) organization.Unit {
	return func(u types.OrganizationalUnit) organization.Unit {
		return organization.Unit{ID: aws.ToString(u.Id), ARN: aws.ToString(u.Arn), Name: aws.ToString(u.Name), Parent: parent}
	}
}

// OrganizationAccount is an account of an organization. Its state is State or, where AWS does not tell that, Status,
// which was retired on 2026-09-09 (Organizations API reference, Account).
func OrganizationAccount(a types.Account) organization.Account {
	state := string(a.State)
	if state == "" {
		state = string(a.Status)
	}
	return organization.Account{
		ID: aws.ToString(a.Id), ARN: aws.ToString(a.Arn), Name: aws.ToString(a.Name), Email: aws.ToString(a.Email), State: state,
		Joined: utcOrNil(a.JoinedTimestamp), Parent: parentIn(a.Paths),
	}
}

// parentIn finds in a path, "o-exampleorgid/r-exam/ou-exam-11111111/111122223333/", the root or unit that holds the
// account; "" where there is no path, or several.
func parentIn(paths []string) string {
	parent := ""
	if len(paths) != 1 {
		return parent
	}
	for part := range strings.SplitSeq(paths[0], "/") {
		if strings.HasPrefix(part, "r-") || strings.HasPrefix(part, "ou-") {
			parent = part
		}
	}
	return parent
}

// OrganizationPolicy is a policy of an organization, without its document and targets.
func OrganizationPolicy(p types.PolicySummary) organization.Policy {
	return organization.Policy{ID: aws.ToString(p.Id), ARN: aws.ToString(p.Arn), Name: aws.ToString(p.Name), AWS: p.AwsManaged}
}

// OrganizationDelegate is a delegated administrator, without the services.
func OrganizationDelegate(d types.DelegatedAdministrator) organization.Delegate {
	return organization.Delegate{ID: aws.ToString(d.Id), ARN: aws.ToString(d.Arn), Name: aws.ToString(d.Name), Since: utcOrNil(d.DelegationEnabledDate)}
}

// OrganizationService is a service that may act in all accounts of an organization.
func OrganizationService(s types.EnabledServicePrincipal) organization.ServiceAccess {
	return organization.ServiceAccess{Service: aws.ToString(s.ServicePrincipal), Since: utcOrNil(s.DateEnabled)}
}

// OrganizationResourcePolicy is the organization's own policy.
func OrganizationResourcePolicy(p *types.ResourcePolicy) organization.ResourcePolicy {
	policy := organization.ResourcePolicy{Document: aws.ToString(p.Content)}
	if p.ResourcePolicySummary != nil {
		policy.ARN = aws.ToString(p.ResourcePolicySummary.Arn)
	}
	return policy
}

// RootCertificate is a signing certificate of a root user.
func RootCertificate(c iamtypes.SigningCertificate) organization.RootCertificate {
	return organization.RootCertificate{ID: aws.ToString(c.CertificateId), Status: string(c.Status), Uploaded: utc(c.UploadDate)}
}

// OrganizationTag is a tag of an account.
func OrganizationTag(t types.Tag) account.Tag {
	return account.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
}
