package collect

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sekisho/audit/account"
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
		credentials = append(credentials, each(out.ServiceSpecificCredentials, serviceCredential)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	credentials = latestBy(credentials, func(c account.ServiceCredential) string { return c.ID })
	return keep(r, &r.snapshot.ServiceCredentials, a, credentials, err, read > 0)
}

func serviceCredential(c types.ServiceSpecificCredentialMetadata) account.ServiceCredential {
	service, user, alias := aws.ToString(c.ServiceName), aws.ToString(c.ServiceUserName), aws.ToString(c.ServiceCredentialAlias)
	return account.ServiceCredential{
		ID: aws.ToString(c.ServiceSpecificCredentialId), User: aws.ToString(c.UserName), Service: service, Status: string(c.Status),
		Created: utc(c.CreateDate), Expires: utcOrNil(c.ExpirationDate), Name: cmp.Or(user, alias),
		APIKey: account.IsAPIKey(service, user),
	}
}

func serverCertificates(ctx context.Context, r *run) error {
	a := answer[[]account.ServerCertificate](r, "iam:ListServerCertificates")
	certificates := []account.ServerCertificate{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListServerCertificates(ctx, &iam.ListServerCertificatesInput{Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return page{}, err
		}
		certificates = append(certificates, each(out.ServerCertificateMetadataList, serverCertificate)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	certificates = latestBy(certificates, func(c account.ServerCertificate) string { return c.ARN })
	return keep(r, &r.snapshot.ServerCertificates, a, certificates, err, read > 0)
}

func serverCertificate(c types.ServerCertificateMetadata) account.ServerCertificate {
	return account.ServerCertificate{
		Name: aws.ToString(c.ServerCertificateName), ID: aws.ToString(c.ServerCertificateId), ARN: aws.ToString(c.Arn), Path: aws.ToString(c.Path),
		Uploaded: utc(c.UploadDate), Expires: utc(c.Expiration),
	}
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
	return keep(r, &r.snapshot.OrganizationsFeatures, a, account.OrganizationsFeatures{
		OrganizationID: aws.ToString(out.OrganizationId),
		Enabled:        each(out.EnabledFeatures, func(f types.FeatureType) string { return string(f) }),
	}, nil, true)
}
