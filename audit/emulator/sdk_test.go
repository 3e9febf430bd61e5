package emulator_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// sdk is AWS's own clients of an emulator. They try once.
type sdk struct {
	config  aws.Config
	iam     *iam.Client
	account *accountapi.Client
}

func serveSDK(t *testing.T, s *account.Snapshot, o emulator.Options) (*emulator.Server, sdk) {
	t.Helper()
	server, c := serve(t, s, o)
	config := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(c.endpoint), HTTPClient: plain{awshttp.NewBuildableClient()}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
	}
	return server, sdk{config, iam.NewFromConfig(config), accountapi.NewFromConfig(config)}
}

// plain leaves a request's body no method but Read. The SDK closes it as soon as an answer begins, and what its WriteTo
// says then makes net/http cut the connection, now and then on a busy machine.
type plain struct{ aws.HTTPClient }

func (c plain) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}

// analyzers is the client of Access Analyzer in a region.
func (c sdk) analyzers(region string) *accessanalyzer.Client {
	return accessanalyzer.NewFromConfig(c.config, func(o *accessanalyzer.Options) { o.Region = region })
}

func (c sdk) contact(ctx context.Context, kind accounttypes.AlternateContactType) (*accountapi.GetAlternateContactOutput, error) {
	return c.account.GetAlternateContact(ctx, &accountapi.GetAlternateContactInput{AlternateContactType: kind})
}

// isRefused checks an error's HTTP status and code.
func isRefused(t *testing.T, what string, err error, status int, code string) {
	t.Helper()
	var answer interface{ HTTPStatusCode() int }
	var said smithy.APIError
	if !errors.As(err, &answer) || !errors.As(err, &said) || answer.HTTPStatusCode() != status || said.ErrorCode() != code {
		t.Errorf("%s: got %v, want %d %s", what, err, status, code)
	}
}

// must is for calls that are answered: must(client.List(ctx, input))(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestServiceSpecificCredentials(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	_, c := serveSDK(t, s, emulator.Options{})
	list := func(input iam.ListServiceSpecificCredentialsInput) (all []account.ServiceCredential) {
		for {
			out := must(c.iam.ListServiceSpecificCredentials(t.Context(), &input))(t)
			for _, x := range out.ServiceSpecificCredentials {
				name, apiKey := aws.ToString(x.ServiceUserName), x.ServiceCredentialAlias != nil
				if apiKey {
					name = *x.ServiceCredentialAlias
				}
				all = append(all, account.ServiceCredential{
					ID: *x.ServiceSpecificCredentialId, User: *x.UserName, Service: *x.ServiceName, Status: string(x.Status), Created: *x.CreateDate,
					Expires: x.ExpirationDate, Name: name, APIKey: apiKey,
				})
			}
			if !out.IsTruncated {
				return all
			}
			input.Marker = out.Marker
		}
	}
	everything := s.ServiceCredentials.Value
	of := func(keep func(account.ServiceCredential) bool) []account.ServiceCredential {
		return slices.DeleteFunc(slices.Clone(everything), func(c account.ServiceCredential) bool { return !keep(c) })
	}
	for name, test := range map[string]struct {
		input iam.ListServiceSpecificCredentialsInput
		want  []account.ServiceCredential
	}{
		"all":              {iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true)}, everything},
		"all, one by one":  {iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), MaxItems: aws.Int32(1)}, everything},
		"of a service":     {iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), ServiceName: aws.String("bedrock.amazonaws.com")}, of(func(c account.ServiceCredential) bool { return c.APIKey })},
		"of a user":        {iam.ListServiceSpecificCredentialsInput{UserName: aws.String("tanaka.aoi")}, of(func(c account.ServiceCredential) bool { return c.User == "tanaka.aoi" })},
		"of a user, other": {iam.ListServiceSpecificCredentialsInput{UserName: aws.String("tanaka.aoi"), ServiceName: aws.String("bedrock.amazonaws.com")}, nil},
		"of the caller":    {iam.ListServiceSpecificCredentialsInput{}, nil},
	} {
		if got := list(test.input); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	_, err := c.iam.ListServiceSpecificCredentials(t.Context(), &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true), UserName: aws.String("tanaka.aoi")})
	isRefused(t, "a user and all", err, http.StatusBadRequest, "ValidationError")
}

func TestCredentialsOfUsers(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	_, c := serveSDK(t, s, emulator.Options{})
	for name, want := range s.PerUser {
		keys := []account.SSHPublicKey{}
		for _, k := range must(c.iam.ListSSHPublicKeys(t.Context(), &iam.ListSSHPublicKeysInput{UserName: &name}))(t).SSHPublicKeys {
			keys = append(keys, account.SSHPublicKey{ID: *k.SSHPublicKeyId, Status: string(k.Status), Uploaded: *k.UploadDate})
		}
		if !reflect.DeepEqual(keys, want.SSHPublicKeys.Value) {
			t.Errorf("SSH public keys of %s: got %v, want %v", name, keys, want.SSHPublicKeys.Value)
		}
		certificates := []account.ListedCertificate{}
		for _, x := range must(c.iam.ListSigningCertificates(t.Context(), &iam.ListSigningCertificatesInput{UserName: &name}))(t).Certificates {
			certificates = append(certificates, account.ListedCertificate{ID: *x.CertificateId, Status: string(x.Status), Uploaded: *x.UploadDate, Body: *x.CertificateBody})
		}
		if !reflect.DeepEqual(certificates, want.SigningCertificates.Value) {
			t.Errorf("signing certificates of %s: got %v, want %v", name, certificates, want.SigningCertificates.Value)
		}
	}
	_, err := c.iam.ListSSHPublicKeys(t.Context(), &iam.ListSSHPublicKeysInput{UserName: aws.String("nobody")})
	isRefused(t, "SSH public keys of nobody", err, http.StatusNotFound, "NoSuchEntity")
}

// TestSigningCertificatesCanBeRead: the demo's are certificates with the dates that it gives them, the same each time.
func TestSigningCertificatesCanBeRead(t *testing.T) {
	t.Parallel()
	from, until := now.Add(-780*24*time.Hour), now.Add(-415*24*time.Hour)
	body := emulator.SigningCertificate("ci-deploy", from, until)
	block, _ := pem.Decode([]byte(body))
	if block == nil || block.Type != "CERTIFICATE" {
		t.Fatalf("got %s, want a certificate in PEM", body)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !certificate.NotBefore.Equal(from) || !certificate.NotAfter.Equal(until) || certificate.Subject.CommonName != "ci-deploy" {
		t.Errorf("got one of %v from %v to %v, want ci-deploy, %v and %v", certificate.Subject, certificate.NotBefore, certificate.NotAfter, from, until)
	}
	if got := emulator.Demo(now).PerUser["ci-deploy"].SigningCertificates.Value; len(got) != 1 || got[0].Body != body {
		t.Errorf("got %v in the demo account, want that certificate", got)
	}
}

func TestServerCertificates(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	_, c := serveSDK(t, s, emulator.Options{PageCap: 1})
	got, pages := []account.ServerCertificate{}, 0
	for p := iam.NewListServerCertificatesPaginator(c.iam, &iam.ListServerCertificatesInput{}); p.HasMorePages(); pages++ {
		for _, x := range must(p.NextPage(t.Context()))(t).ServerCertificateMetadataList {
			got = append(got, account.ServerCertificate{
				Name: *x.ServerCertificateName, ID: *x.ServerCertificateId, ARN: *x.Arn, Path: *x.Path, Uploaded: *x.UploadDate, Expires: *x.Expiration,
			})
		}
	}
	if want := s.ServerCertificates.Value; !reflect.DeepEqual(got, want) || pages != len(want) {
		t.Errorf("got %v on %d pages, want %v on %d", got, pages, want, len(want))
	}
}

func TestOrganizationsFeatures(t *testing.T) {
	t.Parallel()
	_, member := serveSDK(t, emulator.Demo(now), emulator.Options{})
	_, err := member.iam.ListOrganizationsFeatures(t.Context(), &iam.ListOrganizationsFeaturesInput{})
	isRefused(t, "a member account", err, http.StatusBadRequest, account.RefusedNotManagement)
	_, management := serveSDK(t, emulator.Company(2, now), emulator.Options{})
	out := must(management.iam.ListOrganizationsFeatures(t.Context(), &iam.ListOrganizationsFeaturesInput{}))(t)
	if len(out.EnabledFeatures) != 2 || out.EnabledFeatures[0] != account.RootCredentialsManagement || aws.ToString(out.OrganizationId) != "o-exampleorgid" {
		t.Errorf("got %v of %v, want both features of o-exampleorgid", out.EnabledFeatures, aws.ToString(out.OrganizationId))
	}
}
