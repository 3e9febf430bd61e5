package collect

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

var accountCollectors = []Collector{
	whole(account.AccountSummaryAnswer, accountSummary),
	parts(account.AccountAliasesAnswer, accountAliases),
	whole(account.PasswordPolicyAnswer, passwordPolicy),
	{Descriptor: account.CredentialReportAnswer.Descriptor, bulk: credentialReport},
}

var identityCollectors = []Collector{
	parts(account.AuthorizationDetailsAnswer, authorizationDetails),
	listed(account.UsersAnswer, func(ctx context.Context, s *Session, marker *string, size *int32) ([]account.ListedUser, page, error) {
		out, err := s.IAM.ListUsers(ctx, &iam.ListUsersInput{Marker: marker, MaxItems: size})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.Users, convert.User), page{out.IsTruncated, out.Marker}, nil
	}),
	listed(account.VirtualMFADevicesAnswer, func(ctx context.Context, s *Session, marker *string, size *int32) ([]account.VirtualMFADevice, page, error) {
		out, err := s.IAM.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{Marker: marker, MaxItems: size})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.VirtualMFADevices, convert.VirtualMFADevice), page{out.IsTruncated, out.Marker}, nil
	}),
	// The lists of providers have no pages.
	whole(account.SAMLProvidersAnswer, func(ctx context.Context, s *Session) ([]account.Provider, error) {
		out, err := s.IAM.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
		if err != nil {
			return nil, err
		}
		return convert.List(out.SAMLProviderList, convert.SAMLProvider), nil
	}),
	whole(account.OIDCProvidersAnswer, func(ctx context.Context, s *Session) ([]account.Provider, error) {
		out, err := s.IAM.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
		if err != nil {
			return nil, err
		}
		return convert.List(out.OpenIDConnectProviderList, convert.OIDCProvider), nil
	}),
}

func accountSummary(ctx context.Context, s *Session) (account.Summary, error) {
	out, err := s.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return nil, err
	}
	return out.SummaryMap, nil
}

func accountAliases(ctx context.Context, s *Session) ([]string, bool, error) {
	return pages(func(marker *string) ([]string, page, error) {
		out, err := s.IAM.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{Marker: marker})
		if err != nil {
			return nil, page{}, err
		}
		return out.AccountAliases, page{out.IsTruncated, out.Marker}, nil
	})
}

// passwordPolicy reads the account's own policy. NoSuchEntity is an answer: none is set and AWS's default applies.
func passwordPolicy(ctx context.Context, s *Session) (*account.PasswordPolicy, error) {
	out, err := s.IAM.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	if noSuchEntity(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return convert.PasswordPolicy(out.PasswordPolicy), nil
}

// authorizationDetails reads users, groups, roles and the managed policies in use, all on the same pages.
func authorizationDetails(ctx context.Context, s *Session) (account.AuthorizationDetails, bool, error) {
	parts, some, err := sized(func(marker *string, size *int32) ([]account.AuthorizationDetails, page, error) {
		out, err := s.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Marker: marker, MaxItems: size})
		if err != nil {
			return nil, page{}, err
		}
		part := convert.Details(out.UserDetailList, out.GroupDetailList, out.RoleDetailList, out.Policies)
		if err := cmp.Or(distinct(part.Users), distinct(part.Groups), distinct(part.Roles), distinct(part.Policies)); err != nil {
			return nil, page{}, err
		}
		return []account.AuthorizationDetails{part}, page{out.IsTruncated, out.Marker}, nil
	})
	d := account.AuthorizationDetails{Users: []account.UserDetail{}, Groups: []account.GroupDetail{}, Roles: []account.RoleDetail{}, Policies: []account.PolicyDetail{}}
	for _, part := range parts {
		d.Users, d.Groups = append(d.Users, part.Users...), append(d.Groups, part.Groups...)
		d.Roles, d.Policies = append(d.Roles, part.Roles...), append(d.Policies, part.Policies...)
	}
	d.Users, d.Groups, d.Roles, d.Policies = latest(d.Users), latest(d.Groups), latest(d.Roles), latest(d.Policies)
	return d, some, err
}

// noSuchEntity reports AWS's word that there is no such thing.
// noSuchEntity reports whether AWS says that a thing isn't there, which it says with status 404 (API reference, errors).
func noSuchEntity(err error) bool {
	var response *smithyhttp.ResponseError
	return errorCode(err) == "NoSuchEntity" && (!errors.As(err, &response) || response.HTTPStatusCode() == http.StatusNotFound)
}

func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
