package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

var otherCollectors = []Collector{
	// Those of all users at once. AllUsers goes without a ServiceName, and the SDK has no paginator for the operation.
	listed(account.ServiceCredentialsAnswer, func(ctx context.Context, s *Session, marker *string, size *int32) ([]account.ServiceCredential, page, error) {
		in := &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), Marker: marker, MaxItems: size}
		out, err := s.IAM.ListServiceSpecificCredentials(ctx, in)
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.ServiceSpecificCredentials, convert.ServiceCredential), page{out.IsTruncated, out.Marker}, nil
	}),
	listed(account.ServerCertificatesAnswer, func(ctx context.Context, s *Session, marker *string, size *int32) ([]account.ServerCertificate, page, error) {
		out, err := s.IAM.ListServerCertificates(ctx, &iam.ListServerCertificatesInput{Marker: marker, MaxItems: size})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.ServerCertificateMetadataList, convert.ServerCertificate), page{out.IsTruncated, out.Marker}, nil
	}),
	whole(account.OrganizationsFeaturesAnswer, organizationsFeatures),
	contact(account.SecurityContactAnswer, types.AlternateContactTypeSecurity),
	contact(account.BillingContactAnswer, types.AlternateContactTypeBilling),
	contact(account.OperationsContactAnswer, types.AlternateContactTypeOperations),
	{Descriptor: account.AccessAnalyzersAnswer.Descriptor, bulk: accessAnalyzers},
}

// organizationsFeatures asks which features of centralized root access are on. Most accounts are refused, and told why.
func organizationsFeatures(ctx context.Context, s *Session) (account.OrganizationsFeatures, error) {
	var none account.OrganizationsFeatures
	out, err := s.IAM.ListOrganizationsFeatures(ctx, &iam.ListOrganizationsFeaturesInput{})
	if code := errorCode(err); slices.Contains(account.Refusals(), code) {
		return account.OrganizationsFeatures{Enabled: []string{}, Refusal: code}, nil
	}
	if err != nil {
		return none, err
	}
	return convert.OrganizationsFeatures(out.OrganizationId, out.EnabledFeatures), nil
}

// contact collects one of the account's alternate contacts. ResourceNotFoundException is an answer: none is registered.
func contact(d account.Described[account.Snapshot, *account.AlternateContact], kind types.AlternateContactType) Collector {
	return whole(d, func(ctx context.Context, s *Session) (*account.AlternateContact, error) {
		out, err := s.Account.GetAlternateContact(ctx, &accountapi.GetAlternateContactInput{AlternateContactType: kind})
		if errorCode(err) == "ResourceNotFoundException" {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return convert.AlternateContact(*out.AlternateContact), nil
	})
}
