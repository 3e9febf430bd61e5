package clifiles_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
)

// told are answers with all that tells of their account and of time: ACCOUNT stands for the account's ID, PAST for a
// time that has passed, and END for one that is still to come.
var told = map[string]string{
	"caller": `{"UserId":"AIDAEXAMPLE9","Account":"ACCOUNT","Arn":"arn:aws:iam::ACCOUNT:user/auditor"}`,
	"users": `{"Users":[{"UserName":"a","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::ACCOUNT:user/a","Path":"/","CreateDate":"2026-01-01T00:00:00Z",
		"PasswordLastUsed":"PAST"}]}`,
	"a user": `{"User":{"UserName":"a","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::ACCOUNT:user/a","Path":"/","CreateDate":"PAST"}}`,
	"virtual devices": `{"VirtualMFADevices":[{"SerialNumber":"arn:aws:iam::ACCOUNT:mfa/a","EnableDate":"PAST","QRCodePNG":"aGk=",
		"User":{"UserName":"a","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::ACCOUNT:user/a"}}]}`,
	"SAML": `{"SAMLProviderList":[{"Arn":"arn:aws:iam::ACCOUNT:saml-provider/x","CreateDate":"PAST","ValidUntil":"END"}]}`,
	"OIDC": `{"OpenIDConnectProviderList":[{"Arn":"arn:aws:iam::ACCOUNT:oidc-provider/x"}]}`,
	"credentials": `{"ServiceSpecificCredentials":[{"ServiceSpecificCredentialId":"ACCAEXAMPLE","UserName":"a","ServiceName":"s","Status":"Active",
		"CreateDate":"PAST","ExpirationDate":"END"}]}`,
	"server certificates": `{"ServerCertificateMetadataList":[{"ServerCertificateName":"a","Arn":"arn:aws:iam::ACCOUNT:server-certificate/a",
		"UploadDate":"PAST","Expiration":"END"}]}`,
	"analyzers": `{"analyzers":[{"arn":"arn:aws:access-analyzer:us-east-1:ACCOUNT:analyzer/a","name":"a","type":"ACCOUNT_UNUSED_ACCESS","status":"ACTIVE",
		"configuration":{"unusedAccess":{"unusedAccessAge":90}},"createdAt":"2026-01-01T00:00:00Z","lastResourceAnalyzedAt":"PAST"}]}`,
	"users' details": `{"UserDetailList":[{"UserName":"a","UserId":"AIDAEXAMPLE1","Arn":"arn:aws:iam::ACCOUNT:user/a","CreateDate":"PAST"}],
		"GroupDetailList":[],"RoleDetailList":[],"Policies":[]}`,
	"groups' details": `{"UserDetailList":[],"GroupDetailList":[{"GroupName":"a","Arn":"arn:aws:iam::ACCOUNT:group/a","CreateDate":"PAST"}],
		"RoleDetailList":[],"Policies":[]}`,
	"roles' details": `{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{"RoleName":"a","Arn":"arn:aws:iam::ACCOUNT:role/a",
		"CreateDate":"2026-01-01T00:00:00Z","RoleLastUsed":{"LastUsedDate":"PAST"}}],"Policies":[]}`,
	"policies": `{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[],"Policies":[{"PolicyName":"a","Arn":"arn:aws:iam::ACCOUNT:policy/a",
		"CreateDate":"2026-01-01T00:00:00Z","UpdateDate":"PAST"}]}`,
	"a login profile": `{"LoginProfile":{"UserName":"a","CreateDate":"PAST","PasswordResetRequired":false}}`,
	"devices":         `{"MFADevices":[{"UserName":"a","SerialNumber":"arn:aws:iam::ACCOUNT:u2f/user/a/x","EnableDate":"PAST"}]}`,
	"keys":            `{"AccessKeyMetadata":[{"UserName":"a","AccessKeyId":"AKIAIOSFODNN7EXAMPLE","Status":"Active","CreateDate":"PAST"}]}`,
	"a key's use":     `{"UserName":"a","AccessKeyLastUsed":{"LastUsedDate":"PAST","ServiceName":"s3","Region":"us-east-1"}}`,
	"SSH keys":        `{"SSHPublicKeys":[{"UserName":"a","SSHPublicKeyId":"APKAEXAMPLE","Status":"Active","UploadDate":"PAST"}]}`,
	"signing":         `{"Certificates":[{"UserName":"a","CertificateId":"x","Status":"Active","UploadDate":"PAST","CertificateBody":"-----BEGIN"}]}`,
}

func filled(text, id string) string {
	return strings.NewReplacer("ACCOUNT_", "ACCOUNT_", "ACCOUNT", id, "PAST", "2026-03-01T12:00:00+00:00", "END", "2099-01-01T00:00:00Z").Replace(text)
}

// Whatever names an account must name that of the other files.
func TestAnswersOfAnotherAccountAreRefused(t *testing.T) {
	t.Parallel()
	const want = "0.json and 1.json: got answers of two accounts, 123456789012 (aws) and 210987654321 (aws), want those of one"
	for name, text := range told {
		if !strings.Contains(strings.ReplaceAll(text, "ACCOUNT_", ""), "ACCOUNT") {
			continue
		}
		if _, _, err := clifiles.Read(numbered(caller, filled(text, "123456789012"))); err != nil {
			t.Errorf("%s: got the error %v for the same account, want none", name, err)
		}
		if _, _, err := clifiles.Read(numbered(caller, filled(text, "210987654321"))); err == nil || err.Error() != want {
			t.Errorf("%s: got the error %v, want %s", name, err, want)
		}
	}
}

// The account is not shown as of a time before what an answer tells of, and never as of a time that is still to come.
func TestNewestTimeToldCounts(t *testing.T) {
	t.Parallel()
	for name, text := range told {
		want := "2026-03-01T00:00:00Z" // the files'
		if strings.Contains(text, "PAST") {
			want = "2026-03-01T12:00:00Z"
		}
		s, _, err := clifiles.Read(numbered(caller, filled(text, "123456789012")))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := s.TakenAt.Format(time.RFC3339); got != want {
			t.Errorf("%s: got an account as of %s, want %s", name, got, want)
		}
	}
}

// What the SDK's types can't hold is no answer, and the error says where it stands.
func TestValuesOfAnotherKindAreRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ file, want string }{
		{`{"Users":{}}`, "reading Users: json: cannot unmarshal object"},
		{`{"Users":["alice"]}`, "reading Users[0]: json: cannot unmarshal string"},
		{`{"Users":[{"UserName":["alice"]}]}`, "reading Users[0].UserName: json: cannot unmarshal array"},
		{`{"Users":[],"IsTruncated":"no"}`, "reading IsTruncated: json: cannot unmarshal string"},
		{`{"UserDetailList":[{},{"UserPolicyList":[{"PolicyName":{}}]}]}`, "reading UserDetailList[1].UserPolicyList[0].PolicyName: json: cannot unmarshal object"},
		{`{"SummaryMap":{"Users":null}}`, "reading SummaryMap: got null for Users, want a number"},
	}
	for _, test := range tests {
		_, _, err := clifiles.Read(numbered(test.file))
		if want := "0.json: " + test.want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got the error %v, want one that begins with %q", test.file, err, want)
		}
	}
}

// Whatever an answer holds is refused where it is of another kind, and a list where it is null. Authorization details
// without one of their lists are kept, as a part.
func TestPartsOfAnotherKindAreRefused(t *testing.T) {
	t.Parallel()
	texts := maps.Clone(told)
	texts["aliases"] = `{"AccountAliases":["example-corp"]}`
	for name, text := range texts {
		var parts map[string]json.RawMessage
		if err := json.Unmarshal([]byte(filled(text, "123456789012")), &parts); err != nil {
			t.Fatal(err)
		}
		for key, part := range parts {
			others := []string{`true`, `[[]]`}
			if part[0] == '[' {
				others = append(others, `null`)
			}
			for _, other := range others {
				changed := maps.Clone(parts)
				changed[key] = json.RawMessage(other)
				file, err := json.Marshal(changed)
				if err != nil {
					t.Fatal(err)
				}
				s, _, err := clifiles.Read(numbered(caller, string(file)))
				if err == nil && other == "null" && s.AuthorizationDetails != nil && !s.AuthorizationDetails.Complete {
					continue
				}
				if err == nil || !strings.HasPrefix(err.Error(), "1.json: ") {
					t.Errorf("%s, with %s as %s: got the error %v, want one about 1.json", name, other, key, err)
				}
			}
		}
	}
}

// Each section can be read from files, and its commands are those of its actions.
func TestEverySectionHasACommand(t *testing.T) {
	t.Parallel()
	for _, d := range account.Descriptors() {
		commands := clifiles.CommandsFor(d.Section)
		if len(commands) == 0 {
			t.Errorf("got no command for %s, want one", d.Section)
		}
		for _, c := range commands {
			if !slices.Contains(d.Actions, c.Action) {
				t.Errorf("got the command %v of %s for %s, want one of %v", c.Args, c.Action, d.Section, d.Actions)
			}
			if (c.Each == clifiles.EachUser || c.Each == clifiles.EachKey) != (d.Scope == account.PerUser) {
				t.Errorf("got a command for each %q of %s, want the section's scope", c.Each, d.Section)
			}
			if (c.Each == clifiles.EachKey) != (d.Section == account.AccessKeyLastUsedSection) {
				t.Errorf("got a command for each %q of %s, want one for each key for their last use alone", c.Each, d.Section)
			}
		}
	}
	names := map[account.Section]string{
		account.OIDCProvidersSection: "iam list-open-id-connect-providers", account.SSHPublicKeysSection: "iam list-ssh-public-keys",
		account.VirtualMFADevicesSection: "iam list-virtual-mfa-devices", account.AccessAnalyzersSection: "account list-regions",
		account.BillingContactSection: "account get-alternate-contact --alternate-contact-type BILLING",
	}
	for section, want := range names {
		if c, _ := clifiles.CommandFor(section); strings.Join(c.Args, " ") != want {
			t.Errorf("got aws %s for %s, want aws %s", strings.Join(c.Args, " "), section, want)
		}
	}
	if got := fmt.Sprint(clifiles.CommandsFor(account.AccessAnalyzersSection)[1].Args); got != "[accessanalyzer list-analyzers]" {
		t.Errorf("got %s for the analyzers of a region, want accessanalyzer list-analyzers", got)
	}
	if got := clifiles.CommandsFor(""); got != nil {
		t.Errorf("got %v for no section, want nothing", got)
	}
}

// Whatever a file holds, it is refused, or makes a snapshot that can be saved and loaded.
func FuzzRead(f *testing.F) {
	for _, text := range told {
		f.Add(filled(text, "123456789012"))
	}
	f.Add("aws iam list-users\n\nAn error occurred (AccessDenied) when calling the ListUsers operation: no")
	f.Add(report)
	f.Fuzz(func(t *testing.T, text string) {
		s, _, err := clifiles.Read(numbered(caller, text))
		if err != nil {
			return
		}
		if err := s.Validate(); err != nil {
			t.Errorf("got a snapshot that can't be loaded: %v", err)
		}
	})
}
