package collect

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

// serviceCredentials lists those of all users at once. AllUsers goes without a ServiceName, and the SDK has no paginator for the operation.
func serviceCredentials(ctx context.Context, r *run) error {
	a := answer[[]account.ServiceCredential](r, "iam:ListServiceSpecificCredentials")
	credentials := []account.ServiceCredential{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{
			AllUsers: aws.Bool(true), Marker: marker, MaxItems: aws.Int32(maxItems),
		})
		if err != nil {
			return page{}, err
		}
		credentials = append(credentials, convert.List(out.ServiceSpecificCredentials, convert.ServiceCredential)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	credentials = latestBy(credentials, func(c account.ServiceCredential) string { return c.ID })
	return keep(r, &r.snapshot.ServiceCredentials, a, credentials, err, read > 0)
}

func serverCertificates(ctx context.Context, r *run) error {
	a := answer[[]account.ServerCertificate](r, "iam:ListServerCertificates")
	certificates := []account.ServerCertificate{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListServerCertificates(ctx, &iam.ListServerCertificatesInput{Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return page{}, err
		}
		certificates = append(certificates, convert.List(out.ServerCertificateMetadataList, convert.ServerCertificate)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	certificates = latestBy(certificates, func(c account.ServerCertificate) string { return c.ARN })
	return keep(r, &r.snapshot.ServerCertificates, a, certificates, err, read > 0)
}

// organizationsFeatures asks which features of centralized root access are on. Most accounts are refused, and told why.
func organizationsFeatures(ctx context.Context, r *run) error {
	a := answer[account.OrganizationsFeatures](r, "iam:ListOrganizationsFeatures")
	out, err := r.session.IAM.ListOrganizationsFeatures(ctx, &iam.ListOrganizationsFeaturesInput{})
	if code := errorCode(err); slices.Contains(account.Refusals(), code) {
		return keep(r, &r.snapshot.OrganizationsFeatures, a, account.OrganizationsFeatures{Enabled: []string{}, Refusal: code}, nil, true)
	}
	if err != nil {
		return failed(a.Action, err)
	}
	if out.OrganizationId == nil && out.EnabledFeatures == nil {
		return failed(a.Action, errors.New("got an answer without OrganizationId and EnabledFeatures"))
	}
	return keep(r, &r.snapshot.OrganizationsFeatures, a, convert.OrganizationsFeatures(out.OrganizationId, out.EnabledFeatures), nil, true)
}
