package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

// delegation reads who acts for the account that manages the organization: members, services, and whom its resource
// policy lets.
func (r *organizationRun) delegation(ctx context.Context) error {
	for _, read := range []func(context.Context) error{r.delegates, r.services, r.resourcePolicy} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *organizationRun) delegates(ctx context.Context) error {
	a, err := answerOf(r, organization.ListDelegatesAction, func(token *string) ([]organization.Delegate, *string, error) {
		out, err := r.client.ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{NextToken: token, MaxResults: aws.Int32(organizationPage)})
		if err != nil {
			return nil, nil, err
		}
		return convert.List(out.DelegatedAdministrators, convert.OrganizationDelegate), out.NextToken, nil
	})
	r.snapshot.Delegates = a
	if err := r.gap(organization.ListDelegatesAction, "", err); err != nil {
		return err
	}
	ids := lists.Map(a.Value, func(d organization.Delegate) string { return d.ID })
	err = r.each(ctx, ids, func(ctx context.Context, i int, id string) error {
		services, _, err := pages(func(token *string) ([]string, page, error) {
			out, err := r.client.ListDelegatedServicesForAccount(ctx, &organizations.ListDelegatedServicesForAccountInput{
				AccountId: &id, NextToken: token, MaxResults: aws.Int32(organizationPage),
			})
			if err != nil {
				return nil, page{}, err
			}
			return lists.Map(out.DelegatedServices, func(s types.DelegatedService) string { return aws.ToString(s.ServicePrincipal) }), after(out.NextToken), nil
		})
		slices.Sort(services)
		a.Value[i].Services = slices.Compact(services)
		return r.incomplete(err, &a.Complete, organization.ListDelegatedServicesAction, id)
	})
	a.Ended = r.session.at()
	return err
}

func (r *organizationRun) services(ctx context.Context) error {
	a, err := answerOf(r, organization.ListServiceAccessAction, func(token *string) ([]organization.ServiceAccess, *string, error) {
		out, err := r.client.ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{
			NextToken: token, MaxResults: aws.Int32(organizationPage),
		})
		if err != nil {
			return nil, nil, err
		}
		return convert.List(out.EnabledServicePrincipals, convert.OrganizationService), out.NextToken, nil
	})
	r.snapshot.Services = a
	return r.gap(organization.ListServiceAccessAction, "", err)
}

// resourcePolicy reads the organization's own policy. ResourcePolicyNotFoundException is an answer: there is none.
func (r *organizationRun) resourcePolicy(ctx context.Context) error {
	a := &account.Answer[organization.ResourcePolicy]{Action: organization.ResourcePolicyAction, Began: r.session.at()}
	out, err := r.client.DescribeResourcePolicy(ctx, &organizations.DescribeResourcePolicyInput{})
	switch {
	case err == nil:
		a.Value = convert.OrganizationResourcePolicy(out.ResourcePolicy)
	case errorCode(err) != "ResourcePolicyNotFoundException":
		return r.gap(organization.ResourcePolicyAction, "", err)
	}
	a.Complete, a.Ended = true, r.session.at()
	r.snapshot.ResourcePolicy = a
	return nil
}
