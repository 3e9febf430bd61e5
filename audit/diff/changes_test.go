package diff_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/diff"
)

// Each kind of change is told as such, and nothing else is.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		edit func(s *account.Snapshot)
		want []string
		// report is what two reports tell of it; nil: nothing.
		report []string
	}{
		{"nothing", func(*account.Snapshot) {}, nil, nil},
		{
			"a user added",
			func(s *account.Snapshot) {
				u := *detail(s, "tanaka.aoi")
				u.Name, u.ID, u.ARN, u.Created = "abe.sora", "AIDAABESORAEXAMPLE00", prefix+"user/abe.sora", now.Add(-time.Hour)
				s.AuthorizationDetails.Value.Users = append(s.AuthorizationDetails.Value.Users, u)
			},
			[]string{"users added user/abe.sora groups=+developers", "groups changed group/developers members=+abe.sora"},
			[]string{"users added user/abe.sora groups=+developers", "groups changed developers members=+abe.sora"},
		},
		{
			"a user removed",
			func(s *account.Snapshot) { removeUser(s, "kondo.emi") },
			[]string{
				"users removed user/kondo.emi password=>set mfa_devices=+arn:aws:iam::123456789012:mfa/kondo.emi groups=+accounting",
				"groups changed group/accounting members=-kondo.emi",
			},
			[]string{
				"users removed user/kondo.emi password=>set mfa_devices=+arn:aws:iam::123456789012:mfa/kondo.emi groups=+accounting",
				"groups changed accounting members=-kondo.emi",
			},
		},
		{
			"a namesake in the place of another",
			func(s *account.Snapshot) {
				u := *detail(s, "kondo.emi")
				removeUser(s, "kondo.emi")
				u.ID, u.Created, u.Groups = "AIDAANOTHERKONDO0000", now.Add(-time.Hour), []string{}
				s.AuthorizationDetails.Value.Users = append(s.AuthorizationDetails.Value.Users, u)
			},
			[]string{
				"users recreated user/kondo.emi id=AIDAQKFT4CA2REXAMPLE>AIDAANOTHERKONDO0000 created=2025-06-19T05:00:00Z>2026-11-22T04:00:00Z",
				"groups changed group/accounting members=-kondo.emi",
			},
			[]string{
				"users recreated user/kondo.emi created=2025-06-19T05:00:00Z>2026-11-22T04:00:00Z",
				"groups changed accounting members=-kondo.emi",
			},
		},
		{
			"a user renamed",
			func(s *account.Snapshot) {
				u := detail(s, "fujita.nao")
				u.Name, u.ARN = "ito.ren", prefix+"user/ito.ren"
				answers := s.PerUser["fujita.nao"]
				for i := range s.Users.Value {
					if l := &s.Users.Value[i]; l.Name == "fujita.nao" {
						l.Name, l.ARN = u.Name, u.ARN
					}
				}
				s.PerUser["ito.ren"] = answers
				delete(s.PerUser, "fujita.nao")
				s.CredentialReport.Value.Content = strings.ReplaceAll(s.CredentialReport.Value.Content, "fujita.nao", "ito.ren")
			},
			[]string{"users renamed user/ito.ren arn=" + prefix + "user/fujita.nao>" + prefix + "user/ito.ren"},
			// A report knows the ID of those of whom it has a finding.
			[]string{"users renamed user/ito.ren arn=" + prefix + "user/fujita.nao>" + prefix + "user/ito.ren"},
		},
		{
			"a password removed",
			func(s *account.Snapshot) { s.PerUser["kondo.emi"].LoginProfile.Value = nil },
			[]string{"passwords removed user/kondo.emi last_changed=2026-09-22T05:00:00Z>"},
			[]string{"passwords removed user/kondo.emi last_changed=2026-09-22T05:00:00Z>"},
		},
		{
			"a password set",
			func(s *account.Snapshot) {
				s.PerUser["s3-uploader"].LoginProfile.Value = &account.LoginProfile{Created: now.Add(-time.Hour)}
			},
			[]string{"passwords added user/machines/s3-uploader last_changed=>2026-11-22T04:00:00Z"},
			[]string{"passwords added user/machines/s3-uploader last_changed=>2026-11-22T04:00:00Z"},
		},
		{
			"a password changed",
			func(s *account.Snapshot) {
				s.PerUser["kondo.emi"].LoginProfile.Value.Created = now.Add(-time.Hour)
			},
			[]string{"passwords changed user/kondo.emi last_changed=2026-09-22T05:00:00Z>2026-11-22T04:00:00Z"},
			[]string{"passwords changed user/kondo.emi last_changed=2026-09-22T05:00:00Z>2026-11-22T04:00:00Z"},
		},
		{
			"a key added and one removed are a key replaced",
			func(s *account.Snapshot) {
				keys := &s.PerUser["suzuki.haruto"].AccessKeys.Value
				(*keys)[0] = account.ListedAccessKey{ID: "AKIAIOSFODNN7EXAMPLE", Status: "Active", Created: now.Add(-time.Hour)}
			},
			[]string{"access-keys replaced user/suzuki.haruto#AKIAIOSFODNN7EXAMPLE item=AKIAAR2MIS5YCEXAMPLE>AKIAIOSFODNN7EXAMPLE created=2026-10-12T05:00:00Z>2026-11-22T04:00:00Z"},
			[]string{"access-keys replaced user/suzuki.haruto#AKIAIOSFODNN7EXAMPLE item=AKIAAR2MIS5YCEXAMPLE>AKIAIOSFODNN7EXAMPLE created=2026-10-12T05:00:00Z>2026-11-22T04:00:00Z"},
		},
		{
			"a key added",
			func(s *account.Snapshot) {
				keys := &s.PerUser["suzuki.haruto"].AccessKeys.Value
				*keys = append(*keys, account.ListedAccessKey{ID: "AKIAIOSFODNN7EXAMPLE", Status: "Active", Created: now.Add(-time.Hour)})
			},
			[]string{"access-keys added user/suzuki.haruto#AKIAIOSFODNN7EXAMPLE created=>2026-11-22T04:00:00Z status=>active"},
			[]string{"access-keys added user/suzuki.haruto#AKIAIOSFODNN7EXAMPLE created=>2026-11-22T04:00:00Z status=>active"},
		},
		{
			"a key removed, one activated and one deactivated",
			func(s *account.Snapshot) {
				s.PerUser["suzuki.haruto"].AccessKeys.Value = []account.ListedAccessKey{}
				s.PerUser["metrics"].AccessKeys.Value[0].Status = "Active"
				s.PerUser["old-website"].AccessKeys.Value[0].Status = "Inactive"
			},
			[]string{
				"access-keys removed user/suzuki.haruto#AKIAAR2MIS5YCEXAMPLE created=2026-10-12T05:00:00Z> status=active>",
				"access-keys activated user/machines/metrics#AKIAACQ5EHO4CEXAMPLE", "access-keys deactivated user/machines/old-website#AKIAAH4ANPNCMEXAMPLE",
			},
			[]string{
				"access-keys removed user/suzuki.haruto#AKIAAR2MIS5YCEXAMPLE created=2026-10-12T05:00:00Z> status=active>",
				"access-keys activated user/machines/metrics#AKIAACQ5EHO4CEXAMPLE", "access-keys deactivated user/machines/old-website#AKIAAH4ANPNCMEXAMPLE",
			},
		},
		{
			"a device replaced by one with another serial",
			func(s *account.Snapshot) {
				s.PerUser["takahashi.ren"].MFADevices.Value[0] = account.ListedMFADevice{Serial: prefix + "mfa/ren", EnabledSince: now.Add(-time.Hour)}
			},
			[]string{"mfa-devices replaced user/takahashi.ren#mfa/ren serial=GAHT12345678>" + prefix + "mfa/ren kind=hardware>virtual enabled_since=2025-10-17T05:00:00Z>2026-11-22T04:00:00Z"},
			[]string{"mfa-devices added user/takahashi.ren#mfa/ren kind=>virtual enabled_since=>2026-11-22T04:00:00Z"},
		},
		{
			"a device enrolled anew under its old serial",
			func(s *account.Snapshot) {
				s.PerUser["kondo.emi"].MFADevices.Value[0].EnabledSince = now.Add(-time.Hour)
			},
			[]string{"mfa-devices replaced user/kondo.emi#mfa/kondo.emi enabled_since=2025-06-20T05:00:00Z>2026-11-22T04:00:00Z"},
			[]string{"mfa-devices replaced user/kondo.emi#mfa/kondo.emi enabled_since=2025-06-20T05:00:00Z>2026-11-22T04:00:00Z"},
		},
		{
			"a device added and one removed",
			func(s *account.Snapshot) {
				s.PerUser["kondo.emi"].MFADevices.Value = []account.ListedMFADevice{}
				s.PerUser["fujita.nao"].MFADevices.Value = []account.ListedMFADevice{{Serial: "GAHT00000001", EnabledSince: now.Add(-time.Hour)}}
			},
			[]string{
				"mfa-devices added user/fujita.nao#GAHT00000001 kind=>hardware enabled_since=>2026-11-22T04:00:00Z",
				"mfa-devices removed user/kondo.emi#mfa/kondo.emi kind=virtual> enabled_since=2025-06-20T05:00:00Z>",
			},
			[]string{
				"mfa-devices added user/fujita.nao#GAHT00000001 kind=>hardware enabled_since=>2026-11-22T04:00:00Z",
				"mfa-devices removed user/kondo.emi#mfa/kondo.emi kind=virtual> enabled_since=2025-06-20T05:00:00Z>",
			},
		},
		{
			"a group added with a member, and one left",
			func(s *account.Snapshot) {
				d := &s.AuthorizationDetails.Value
				d.Groups = append(d.Groups, account.GroupDetail{
					Name: "night", ID: "AGPANIGHTEXAMPLE0000", ARN: prefix + "group/night", Path: "/", Created: now.Add(-time.Hour),
					InlinePolicies: []account.InlinePolicy{}, AttachedPolicies: []account.AttachedPolicy{{Name: "ReadOnlyAccess", ARN: "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
				})
				detail(s, "kondo.emi").Groups = []string{"night"}
			},
			[]string{
				"groups added group/night attached_policies=+arn:aws:iam::aws:policy/ReadOnlyAccess members=+kondo.emi",
				"groups changed group/accounting members=-kondo.emi",
			},
			[]string{"groups changed accounting members=-kondo.emi", "groups changed night members=+kondo.emi"},
		},
		{
			"a trust policy widened",
			func(s *account.Snapshot) {
				r := role(s, "operations")
				r.TrustPolicy = strings.Replace(r.TrustPolicy, `"Condition"`, `"Sid": "", "Ignored"`, 1)
				r = role(s, "app-server")
				r.TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]},` +
					`{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"sts:AssumeRole"}]}`
			},
			[]string{
				`roles changed role/app-server trust_statement/Partner=>{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"AWS":"210987654321"}}`,
				`roles changed role/operations trust_statement/#1/Condition={"Bool":{"aws:MultiFactorAuthPresent":"true"}}> trust_statement/#1/Ignored=>{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`,
			},
			nil,
		},
		{
			"a role removed and one recreated",
			func(s *account.Snapshot) {
				d := &s.AuthorizationDetails.Value
				d.Roles = slices.DeleteFunc(d.Roles, func(r account.RoleDetail) bool { return r.Name == "invoice-pdf" })
				r := role(s, "partner-audit")
				r.ID, r.Created = "AROAANOTHEREXAMPLE00", now.Add(-time.Hour)
			},
			[]string{
				"roles recreated role/partner-audit id=" + role(demo(), "partner-audit").ID + ">AROAANOTHEREXAMPLE00 created=" + role(demo(), "partner-audit").Created.Format(time.RFC3339) + ">2026-11-22T04:00:00Z",
				"roles removed role/service-role/invoice-pdf attached_policies=+" + role(demo(), "invoice-pdf").AttachedPolicies[0].ARN,
			},
			nil,
		},
		{
			"policies attached, detached, and a boundary set",
			func(s *account.Snapshot) {
				u := detail(s, "kondo.emi")
				u.AttachedPolicies = []account.AttachedPolicy{{Name: "AdministratorAccess", ARN: "arn:aws:iam::aws:policy/AdministratorAccess"}}
				u.PermissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
				role(s, "invoice-pdf").AttachedPolicies = []account.AttachedPolicy{}
			},
			[]string{
				"policies attached user/kondo.emi#arn:aws:iam::aws:policy/AdministratorAccess",
				"policies detached role/service-role/invoice-pdf#" + role(demo(), "invoice-pdf").AttachedPolicies[0].ARN,
				"policies changed user/kondo.emi permissions_boundary=>arn:aws:iam::aws:policy/ReadOnlyAccess",
			},
			nil,
		},
		{
			"an inline policy added, with its statements",
			func(s *account.Snapshot) {
				detail(s, "kondo.emi").InlinePolicies = []account.InlinePolicy{{Name: "temporary", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}}
			},
			[]string{`policies added user/kondo.emi#temporary statement/#1=>{"Action":"s3:*","Effect":"Allow","Resource":"*"}`},
			nil,
		},
		{
			"a managed policy with one statement changed, one removed, one added",
			func(s *account.Snapshot) {
				p := policy(s, "DeployWebsite")
				p.DefaultVersion = "v9"
				p.Versions = []account.PolicyVersion{{ID: "v9", Default: true, Created: now.Add(-time.Hour), Document: `{"Version":"2012-10-17","Statement":[` +
					`{"Sid":"Upload","Effect":"Allow","Action":["s3:PutObject","s3:DeleteObject"],"Resource":"*"},` +
					`{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}`}}
			},
			[]string{"policies changed policy/DeployWebsite default_version=v1>v9 statement/Upload/Action=+s3:DeleteObject-s3:GetObject statement/Upload/Resource=arn:aws:s3:::site/*>*" +
				` statement/All=>{"Action":"*","Effect":"Allow","Resource":"*"} statement/List={"Action":"s3:ListBucket","Effect":"Allow","Resource":"arn:aws:s3:::site"}>`},
			nil,
		},
		{
			"a policy removed; that AWS's own is no longer in use is no news",
			func(s *account.Snapshot) {
				d := &s.AuthorizationDetails.Value
				d.Policies = slices.DeleteFunc(d.Policies, func(p account.PolicyDetail) bool { return p.Name == "DeployWebsite" || p.Name == "ReadOnlyAccess" })
			},
			[]string{`policies removed policy/DeployWebsite statement/Upload={"Action":["s3:GetObject","s3:PutObject"],"Effect":"Allow","Resource":"arn:aws:s3:::site/*"}>` +
				` statement/List={"Action":"s3:ListBucket","Effect":"Allow","Resource":"arn:aws:s3:::site"}>`},
			nil,
		},
		{
			"the password policy",
			func(s *account.Snapshot) { s.PasswordPolicy.Value.MinimumPasswordLength = 8 },
			[]string{"password-policy changed root minimum_password_length=12>8"},
			nil,
		},
		{
			"a contact removed",
			func(s *account.Snapshot) { s.SecurityContact.Value = nil },
			[]string{"contacts removed root#security contact email=security@example.com> name=Security Desk> phone=+81-3-0000-0000> title=Security>"},
			nil,
		},
		{
			"root's MFA",
			func(s *account.Snapshot) {
				s.AccountSummary.Value["AccountMFAEnabled"] = 1
				s.AccountSummary.Value["MFADevicesInUse"]++
				s.CredentialReport.Value.Content = inRow(s, account.RootUserName, ",not_supported,false,", ",not_supported,true,")
			},
			[]string{"root changed root#mfa mfa=off>on"},
			nil,
		},
		{
			"service credentials",
			func(s *account.Snapshot) {
				s.ServiceCredentials.Value = []account.ServiceCredential{serviceCredential("ACCA1EXAMPLE", "Inactive"), serviceCredential("ACCA3EXAMPLE", "Active")}
			},
			[]string{
				"service-credentials added user/kondo.emi#ACCA3EXAMPLE service=>codecommit.amazonaws.com",
				"service-credentials removed user/kondo.emi#ACCA2EXAMPLE service=codecommit.amazonaws.com>",
				"service-credentials deactivated user/kondo.emi#ACCA1EXAMPLE service=>codecommit.amazonaws.com",
			},
			nil,
		},
		{
			"a service credential's status that is neither",
			func(s *account.Snapshot) { s.ServiceCredentials.Value[0].Status = "Expired" },
			[]string{"service-credentials changed user/kondo.emi#ACCA1EXAMPLE status=Active>Expired"},
			nil,
		},
		{
			"a provider's metadata",
			func(s *account.Snapshot) {
				until := now.AddDate(1, 0, 0)
				s.SAMLProviders.Value = []account.Provider{{ARN: prefix + "saml-provider/directory", ValidUntil: &until}}
				s.OIDCProviders.Value = []account.Provider{{ARN: prefix + "oidc-provider/token.actions.example"}}
			},
			[]string{
				"providers added oidc-provider/token.actions.example kind=>oidc",
				"providers changed saml-provider/directory valid_until=>2027-11-22T05:00:00Z",
			},
			nil,
		},
		{
			"the alias",
			func(s *account.Snapshot) { s.AccountAliases.Value = []string{} },
			[]string{"account removed root#alias alias=hakone-trading>"},
			nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			old := demo()
			fit(old)
			next := aDayLater(t, old)
			test.edit(next)
			recount(next)
			next = clone(t, next)
			o, n := judged(old), judged(next)
			wantLines(t, "changes", told(diff.Compare(o, n).Changes), test.want...)
			wantLines(t, "changes between reports", told(diff.Compare(reported(t, o), reported(t, n)).Changes), test.report...)
		})
	}
}

// fit gives the demo account what the tests change.
func fit(s *account.Snapshot) {
	p := policy(s, "DeployWebsite")
	p.DefaultVersion = "v1"
	p.Versions = []account.PolicyVersion{{ID: "v1", Default: true, Created: p.Created, Document: `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Upload","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::site/*"},` +
		`{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":["arn:aws:s3:::site"]}]}`}}
	s.SecurityContact.Value = &account.AlternateContact{Name: "Security Desk", Title: "Security", Email: "security@example.com", Phone: "+81-3-0000-0000"}
	s.ServiceCredentials.Value = []account.ServiceCredential{serviceCredential("ACCA1EXAMPLE", "Active"), serviceCredential("ACCA2EXAMPLE", "Active")}
	s.SAMLProviders.Value = []account.Provider{{ARN: prefix + "saml-provider/directory"}}
	s.OIDCProviders.Value = []account.Provider{}
}

func serviceCredential(id, status string) account.ServiceCredential {
	return account.ServiceCredential{ID: id, User: "kondo.emi", Service: "codecommit.amazonaws.com", Status: status, Created: before.AddDate(-1, 0, 0)}
}
