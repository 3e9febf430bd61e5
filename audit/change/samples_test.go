package change_test

import (
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/change"
)

// samples are changes of all kinds, each of which can be made to the demo account by itself.
func samples(s *account.Snapshot) []change.Change {
	own := func(user string) *account.UserAnswers { return s.PerUser[user] }
	key := own("ci-deploy").AccessKeys.Value[0].ID
	arn := policyOfDemo(s, "DeployWebsite")
	var credential account.ServiceCredential
	for _, c := range s.ServiceCredentials.Value {
		if c.User == "tanaka.aoi" {
			credential = c
		}
	}
	ssh := own("tanaka.aoi").SSHPublicKeys.Value[0].ID
	certificate := own("log-shipper").SigningCertificates.Value[0].ID
	device := "arn:aws:iam::123456789012:mfa/"
	return []change.Change{
		change.New("iam:CreatePolicy", "new", allowRead), change.New("iam:DeletePolicy", policyOfDemo(s, "TemporaryAdmin")), change.New("iam:CreatePolicyVersion", arn, allowRead, true),
		change.New("iam:SetDefaultPolicyVersion", policyOfDemo(s, "DeveloperExtras"), "v5"), change.New("iam:DeletePolicyVersion", policyOfDemo(s, "spare"), "v1"),
		change.New("iam:UpdateAssumeRolePolicy", "operations", trustEC2),
		change.New("iam:AttachUserPolicy", "fujita.nao", arn), change.New("iam:DetachUserPolicy", "fujita.nao", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
		change.New("iam:PutUserPolicy", "mori@client.example", "client-share", allowRead), change.New("iam:DeleteUserPolicy", "mori@client.example", "client-share"),
		change.New("iam:PutUserPermissionsBoundary", "sato.yuki", arn), change.New("iam:DeleteUserPermissionsBoundary", "tanaka.aoi"),
		change.New("iam:AttachGroupPolicy", "partners", arn), change.New("iam:DetachGroupPolicy", "auditors", policyOfDemo(s, "DenyWithoutMFA")),
		change.New("iam:PutGroupPolicy", "partners", "own", allowRead), change.New("iam:DeleteGroupPolicy", "spare", "own"),
		change.New("iam:AttachRolePolicy", "share-test", arn), change.New("iam:DetachRolePolicy", "share-test", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
		change.New("iam:PutRolePolicy", "share-test", "own", allowRead), change.New("iam:DeleteRolePolicy", "agency-admin", "everything"),
		change.New("iam:PutRolePermissionsBoundary", "operations", arn), change.New("iam:DeleteRolePermissionsBoundary", "sandbox"),
		change.New("iam:AddUserToGroup", "support-desk", "fujita.nao"), change.New("iam:RemoveUserFromGroup", "developers", "watanabe.sota"),
		change.New("iam:RemoveRoleFromInstanceProfile", "app-server", "app-server"),
		change.New("iam:CreateUser", "new", "/machines/"), change.New("iam:CreateGroup", "new"), change.New("iam:CreateRole", "new", trustEC2),
		change.New("iam:DeleteUser", "spare"), change.New("iam:DeleteGroup", "bare"), change.New("iam:DeleteRole", "spare"),
		change.New("iam:DeleteLoginProfile", "fujita.nao"), change.New("iam:DeleteServerCertificate", "www.hakone-trading.example"),
		change.New("iam:UpdateAccessKey", "ci-deploy", key, "Inactive"), change.New("iam:DeleteAccessKey", "ci-deploy", key),
		change.New("iam:UpdateSigningCertificate", "log-shipper", certificate, "Inactive"), change.New("iam:DeleteSigningCertificate", "log-shipper", certificate),
		change.New("iam:UpdateSSHPublicKey", "tanaka.aoi", ssh, "Inactive"), change.New("iam:DeleteSSHPublicKey", "tanaka.aoi", ssh),
		change.New("iam:UpdateServiceSpecificCredential", "tanaka.aoi", credential.ID, "Inactive"), change.New("iam:DeleteServiceSpecificCredential", "tanaka.aoi", credential.ID),
		change.New("iam:DeactivateMFADevice", "kondo.emi", device+"kondo.emi"), change.New("iam:DeleteVirtualMFADevice", device+"watanabe.sota"),
		change.PasswordPolicy(account.PasswordPolicy{MinimumPasswordLength: 16, RequireSymbols: true, MaxPasswordAgeDays: 90, PasswordReusePrevention: 24}),
		change.New("iam:DeleteAccountPasswordPolicy"), change.New("iam:CreateAccountAlias", "hakone"), change.New("iam:DeleteAccountAlias", "hakone-trading"),
		change.New("access-analyzer:CreateAnalyzer", "new", "ACCOUNT", "eu-west-1"), change.New("access-analyzer:DeleteAnalyzer", "hakone-external-access", "us-east-1"),
		change.New("account:PutAlternateContact", "BILLING", "Accounting", "-", "billing@hakone-trading.example", "+81-460-00-0001"),
		change.New("account:DeleteAlternateContact", "SECURITY"),
		change.New("person:EnrolMFADevice", "watanabe.sota"), change.New("person:EnrolRootMFADevice"), change.New("person:DeleteRootAccessKeys"),
		change.New("iam:CreateAccessKey", "fujita.nao"), change.New("iam:CreateServiceSpecificCredential", "fujita.nao", "codecommit.amazonaws.com"),
		change.New("iam:EnableOrganizationsRootCredentialsManagement"), change.New("iam:DisableOrganizationsRootCredentialsManagement"),
		change.New("person:DeployCredential", "ci-deploy", key), change.New("person:SignInInstead", "fujita.nao"), change.New("person:MakeKeyPair", "tanaka.aoi", ssh),
		change.New("person:WatchLastUse", "ci-deploy", key), change.New("person:AskOwner", "fujita.nao"), change.New("person:Wait", 14), change.New("person:WaitUntil", "2027-01-31"),
		change.New("person:EnrolSecurityKey", "watanabe.sota"), change.New("person:RemoveRootMFADevice", device+"root-account-mfa-device"), change.New("person:DeleteRootSigningCertificates"),
		change.New("person:EnableIdentityCenter"), change.New("person:ChooseGroup", "fujita.nao"), change.New("person:MakeGroups", "fujita.nao"), change.New("person:GiveGroupPolicy", "partners"),
		change.New("person:DecideGroup", "bare"), change.New("person:ChooseAccountAlias"), change.New("person:RegisterContact", "BILLING"), change.New("person:TagUser", "spare", "owner"),
		change.New("person:TagRole", "spare", "owner"), change.New("person:TagAnalyzer", "hakone-external-access", "owner", "us-east-1"),
		change.New("person:ReplaceServerCertificate", "www.hakone-trading.example"), change.New("person:ReviewLeakedKey", "s3-uploader"), change.New("person:RemovePermissionSet", "spare"),
		change.New("person:GiveMachineARole", "metrics"), change.New("person:SwapForAuditPolicy", "share-test", "arn:aws:iam::aws:policy/ReadOnlyAccess"), change.New("person:MakeSupportRole"),
		change.New("person:NarrowUser", "fujita.nao"), change.New("person:NarrowRole", "operations"), change.New("person:NarrowPolicy", arn, allowRead), change.New("person:CorrectPolicy", arn, allowRead),
		change.New("person:NarrowUserPolicy", "mori@client.example", "client-share", allowRead), change.New("person:CorrectUserPolicy", "mori@client.example", "client-share", allowRead),
		change.New("person:NarrowGroupPolicy", "spare", "own", allowOne), change.New("person:CorrectGroupPolicy", "spare", "own", allowOne),
		change.New("person:NarrowRolePolicy", "agency-admin", "everything", allowRead), change.New("person:CorrectRolePolicy", "agency-admin", "everything", allowRead),
		change.New("person:ReplacePolicy", "arn:aws:iam::aws:policy/AdministratorAccess"), change.New("person:NameTrusted", "share-test", trustEC2), change.New("person:AgreeExternalId", "operations", trustEC2),
		change.New("person:NameClaim", "website-preview", trustEC2), change.New("person:CorrectTrust", "release", trustEC2),
	}
}

// spares are what some samples are about.
func withSpares(t *testing.T, s *account.Snapshot) *account.Snapshot {
	t.Helper()
	s, err := change.Apply(s, change.New("iam:CreatePolicy", "spare", allowRead), change.New("iam:CreatePolicyVersion", policyOfDemo(s, "spare"), allowRead, true),
		change.New("iam:CreateUser", "spare"), change.New("iam:CreateRole", "spare", trustEC2), change.New("iam:CreateGroup", "spare"), change.New("iam:CreateGroup", "bare"), change.New("iam:PutGroupPolicy", "spare", "own", allowRead))
	if err != nil {
		t.Fatal(err)
	}
	features := *s.OrganizationsFeatures
	features.Value = account.OrganizationsFeatures{Enabled: []string{account.RootCredentialsManagement}}
	s.OrganizationsFeatures = &features
	rows := account.RowsOf(s.CredentialReport.Value.Content)
	rows.Set(account.RootUserName, "cert_1_active", "true", "cert_1_last_rotated", "2020-01-02T03:04:05Z")
	report := *s.CredentialReport
	report.Value.Content = rows.String()
	s.CredentialReport = &report
	return s
}
