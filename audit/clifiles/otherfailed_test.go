package clifiles_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
)

func TestErrorsOfOtherAnswers(t *testing.T) {
	t.Parallel()
	const null = "1.json: got null where a list belongs, want the list, empty or not"
	tests := []struct{ name, file, want string }{
		{"no credentials", `{"AllUsers":true,"ServiceSpecificCredentials":null}`, null},
		{"no server certificates", `{"ServerCertificateMetadataList":null}`, null},
		{"no features", `{"OrganizationId":"o-exampleorgid","EnabledFeatures":null}`, null},
		{"no regions", `{"Regions":null}`, null},
		{"no analyzers", `{"Region":"us-east-1","analyzers":null}`, null},
		{"no SSH keys", `{"UserName":"alice","SSHPublicKeys":null}`, null},
		{"no signing certificates", `{"UserName":"alice","Certificates":null}`, null},
		{"no devices", `{"UserName":"alice","MFADevices":null}`, null},
		{"no access keys", `{"UserName":"alice","AccessKeyMetadata":null}`, null},
		{"no user", `{"User":null}`, "1.json: got a User of null, want an object"},
		{"a user without an ARN", `{"User":{"UserName":"alice","CreateDate":"2026-01-02T03:04:05Z"}}`, "1.json: got User without UserId"},
		{"no contact", `{"AlternateContact":null}`, "1.json: got an AlternateContact of null, want an object"},
		{"a contact of no type", `{"AlternateContact":{"Name":"x"}}`, `1.json: got an alternate contact of type "", want SECURITY, BILLING or OPERATIONS`},
		{"an empty contact", `{"AlternateContact":{"AlternateContactType":"SECURITY"}}`, "1.json: security_contact.value: got a contact without name, e-mail and phone"},
		{"a credential without a user", `{"ServiceSpecificCredentials":[{"ServiceSpecificCredentialId":"ACCAEXAMPLE","ServiceName":"s","Status":"Active","CreateDate":"2026-01-02T03:04:05Z"}]}`,
			"1.json: service_specific_credentials.value[0]: got a credential without id, user or service"},
		{"AllUsers that is no boolean", `{"AllUsers":"yes","ServiceSpecificCredentials":[]}`, "1.json: reading AllUsers: json: cannot unmarshal string"},
		{"a server certificate without an end", `{"ServerCertificateMetadataList":[{"ServerCertificateName":"a","Arn":"arn:aws:iam::123456789012:server-certificate/a"}]}`,
			"1.json: server_certificates.value[0].expires: got no time"},
		{"another account's server certificate", `{"ServerCertificateMetadataList":[{"ServerCertificateName":"a","Arn":"arn:aws:iam::210987654321:server-certificate/a","Expiration":"2027-01-02T03:04:05Z"}]}`,
			"0.json and 1.json: got answers of two accounts, 123456789012 (aws) and 210987654321 (aws), want those of one"},
		{"a region without a state", `{"Regions":[{"RegionName":"us-east-1"}]}`, "1.json: got a region without RegionName or RegionOptStatus, want both"},
		{"a region of two states", `{"Regions":[{"RegionName":"a","RegionOptStatus":"ENABLED"},{"RegionName":"a","RegionOptStatus":"DISABLED"}]}`,
			"1.json: got two different answers about the region a, want one"},
		{"an analyzer of another region", `{"Region":"eu-west-1","analyzers":[` + analyzer + `]}`, `1.json: got analyzers of the regions "eu-west-1" and "us-east-1", want one region's`},
		{"an analyzer without a type", `{"analyzers":[{"arn":"arn:aws:access-analyzer:us-east-1:123456789012:analyzer/a","name":"a","status":"ACTIVE"}]}`,
			"1.json: access_analyzers.value.by_region.us-east-1.value[0]: got an analyzer without type or status"},
		{"SSH keys of two", `{"UserName":"bob","SSHPublicKeys":[{"UserName":"alice","SSHPublicKeyId":"APKAEXAMPLE","Status":"Active","UploadDate":"2026-01-02T03:04:05Z"}]}`,
			`1.json: got a list of SSH public keys of "bob" and "alice", want one user's`},
		{"an SSH key without a date", `{"SSHPublicKeys":[{"UserName":"alice","SSHPublicKeyId":"APKAEXAMPLE","Status":"Active"}]}`, "1.json: ssh_public_keys.value[0].uploaded: got no time"},
		{"a certificate of an unknown status", `{"Certificates":[{"UserName":"alice","CertificateId":"x","Status":"active","UploadDate":"2026-01-02T03:04:05Z"}]}`,
			`1.json: signing_certificates.value[0].status: got "active"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := clifiles.Read(numbered(caller, test.file))
			var own *clifiles.Error
			if !errors.As(err, &own) || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got the error %v, want an *Error that begins with %q", err, test.want)
			}
		})
	}
	_, _, err := clifiles.Read(numbered(caller, `{"OrganizationId":"o-exampleorgid","EnabledFeatures":[]}`,
		"An error occurred ("+account.RefusedNoOrganization+") when calling the ListOrganizationsFeatures operation: no"))
	if want := "1.json and 2.json: got two different answers about the organization's features, want one"; err == nil || err.Error() != want {
		t.Errorf("got the error %v, want %s", err, want)
	}
}

// What doesn't say whose it is takes no part, and is named.
func TestWarningsOfOtherAnswers(t *testing.T) {
	t.Parallel()
	const above = "; want the command in a line above it, aws …"
	tests := []struct{ content, want string }{
		{`{"SSHPublicKeys":[]}`, "is a list of SSH public keys that names no user; it was not used"},
		{`{"Certificates":[]}`, "is a list of signing certificates that names no user; it was not used"},
		{`{"Certificates":[{"CertificateIdentifier":"rds-ca-2019","CertificateType":"CA"}]}`, "is a list of signing certificates that names no user; it was not used"},
		{`{"analyzers":[]}`, "is a list of access analyzers that names no region; it was not used"},
		{`{"Regions":[{"RegionName":"us-east-1","Endpoint":"ec2.us-east-1.amazonaws.com","OptInStatus":"opt-in-not-required"}]}`,
			"is a list of regions of aws ec2 describe-regions; want that of aws account list-regions"},
		{`{"User":{"UserId":"123456789012","Arn":"arn:aws:iam::123456789012:root","CreateDate":"2020-01-02T03:04:05Z"}}`, "is a user without a name; it was not used"},
		{`{"OrganizationId":"o-exampleorgid"}`, "is not recognised; "},
		{"An error occurred (AccessDeniedException) when calling the ListAnalyzers operation: no", "holds the error AccessDeniedException of ListAnalyzers, which doesn't say of which region" + above},
		{"An error occurred (AccessDenied) when calling the ListSSHPublicKeys operation: no", "holds the error AccessDenied of ListSSHPublicKeys, which doesn't say of which user" + above},
		{"aws ec2 describe-instances\n\nCould not connect to the endpoint URL", "is not recognised; want an answer of the aws command"},
		// The command above is another one.
		{"aws iam list-mfa-devices --user-name bob\nAn error occurred (AccessDenied) when calling the ListSSHPublicKeys operation: no",
			"holds the error AccessDenied of ListSSHPublicKeys, which doesn't say of which user" + above},
		{"aws account get-alternate-contact --alternate-contact-type\nAn error occurred (ResourceNotFoundException) when calling the GetAlternateContact operation: no",
			"holds the error ResourceNotFoundException of GetAlternateContact, which doesn't say of which of the account's contacts" + above},
		{"aws iam get-access-key-last-used --access-key-id AKIAIOSFODNN7EXAMPLE\nAn error occurred (AccessDenied) when calling the GetAccessKeyLastUsed operation: no",
			"holds the error AccessDenied of GetAccessKeyLastUsed, which doesn't say of which user"},
	}
	want := read(t, numbered(caller))
	for _, test := range tests {
		files := numbered(caller)
		files["x"] = &fstest.MapFile{Data: []byte(test.content), ModTime: files["0.json"].ModTime}
		got, warnings, err := clifiles.Read(files)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got the error %v and %+v, want the same as without it", test.content, err, got)
		}
		if len(warnings) != 1 || warnings[0].File != "x" || !strings.HasPrefix(warnings[0].Text.String(), test.want) {
			t.Errorf("%q: got the warnings %v, want one about x: %s", test.content, warnings, test.want)
		}
	}
}

// Where the aws command got no answer at all, the command line that was kept says of what.
func TestCommandsThatFailed(t *testing.T) {
	t.Parallel()
	s := read(t, numbered(caller,
		"aws account list-regions\n\nUnable to parse response (syntax error: line 1, column 0), invalid XML received. Further retries may succeed:\nb'<!doctype html>'",
		"aws accessanalyzer list-analyzers --region af-south-1\n\nCould not connect to the endpoint URL: \"https://access-analyzer.af-south-1.amazonaws.com/analyzer\"",
		"aws iam list-organizations-features\n",
		"aws iam list-ssh-public-keys --user-name alice\nAn error occurred (503) when calling the ListSSHPublicKeys operation (reached max retries: 4): Service Unavailable"))
	want := []account.Gap{
		{Section: account.AccessAnalyzersSection, Action: "account:ListRegions", Code: clifiles.CommandFailed,
			Message: "Unable to parse response (syntax error: line 1, column 0), invalid XML received. Further retries may succeed:"},
		{Section: account.AccessAnalyzersSection, Resource: "af-south-1", Action: "access-analyzer:ListAnalyzers", Code: clifiles.CommandFailed,
			Message: `Could not connect to the endpoint URL: "https://access-analyzer.af-south-1.amazonaws.com/analyzer"`},
		{Section: account.OrganizationsFeaturesSection, Action: "iam:ListOrganizationsFeatures", Code: clifiles.CommandFailed, Message: "the command left neither an answer nor an error"},
		{Section: account.SSHPublicKeysSection, Resource: "alice", Action: "iam:ListSSHPublicKeys", Code: "503", Message: "Service Unavailable"},
	}
	if !sameGaps(s.Gaps, want) {
		t.Errorf("got the gaps %+v, want %+v", s.Gaps, want)
	}
}

// sameGaps compares gaps, and wants the message of those that aren't AWS's as data, too.
func sameGaps(got, want []account.Gap) bool {
	return slices.EqualFunc(got, want, func(g, w account.Gap) bool {
		own := g.Code == clifiles.NotProvided || g.Code == clifiles.Incomplete
		return g.Compare(w) == 0 && (!own || g.Text != nil && g.Text.String() == g.Message)
	})
}

// wantGaps wants one gap of a section, with a message, or none where the message is empty.
func wantGaps(t *testing.T, s *account.Snapshot, section account.Section, message string) {
	t.Helper()
	var got []string
	for _, g := range s.Gaps {
		if g.Section == section {
			got = append(got, g.Message)
		}
	}
	if message == "" && len(got) > 0 || message != "" && (len(got) != 1 || got[0] != message) {
		t.Errorf("got the gaps %q of %s, want %q", got, section, message)
	}
}
