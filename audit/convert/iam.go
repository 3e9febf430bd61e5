package convert

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sekisho/audit/account"
)

// PasswordPolicy returns nil where the answer lacks what every policy has.
func PasswordPolicy(p *types.PasswordPolicy) *account.PasswordPolicy {
	if p == nil || p.MinimumPasswordLength == nil {
		return nil
	}
	return &account.PasswordPolicy{
		MinimumPasswordLength:      aws.ToInt32(p.MinimumPasswordLength),
		RequireUppercase:           p.RequireUppercaseCharacters,
		RequireLowercase:           p.RequireLowercaseCharacters,
		RequireSymbols:             p.RequireSymbols,
		RequireNumbers:             p.RequireNumbers,
		AllowUsersToChangePassword: p.AllowUsersToChangePassword,
		ExpirePasswords:            p.ExpirePasswords,
		MaxPasswordAgeDays:         aws.ToInt32(p.MaxPasswordAge),
		PasswordReusePrevention:    aws.ToInt32(p.PasswordReusePrevention),
		HardExpiry:                 aws.ToBool(p.HardExpiry),
	}
}

// User is for iam:ListUsers and iam:GetUser.
func User(u types.User) account.ListedUser {
	return account.ListedUser{
		Name: aws.ToString(u.UserName), ID: aws.ToString(u.UserId), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path),
		Created: utc(u.CreateDate), PasswordLastUsed: utcOrNil(u.PasswordLastUsed),
	}
}

// VirtualMFADevice takes an owner without ARN and ID, as some endpoints send for a device of nobody, for no owner.
func VirtualMFADevice(d types.VirtualMFADevice) account.VirtualMFADevice {
	device := account.VirtualMFADevice{Serial: aws.ToString(d.SerialNumber), EnabledSince: utcOrNil(d.EnableDate)}
	if u := d.User; u != nil && aws.ToString(u.Arn)+aws.ToString(u.UserId) != "" {
		device.Owner = &account.MFAOwner{
			Name: aws.ToString(u.UserName), ID: aws.ToString(u.UserId), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path),
			Created: utcOrNil(u.CreateDate), PasswordLastUsed: utcOrNil(u.PasswordLastUsed),
		}
	}
	return device
}

// SAMLProvider converts an entry of iam:ListSAMLProviders.
func SAMLProvider(p types.SAMLProviderListEntry) account.Provider {
	return account.Provider{ARN: aws.ToString(p.Arn), Created: utcOrNil(p.CreateDate), ValidUntil: utcOrNil(p.ValidUntil)}
}

// OIDCProvider converts an entry of iam:ListOpenIDConnectProviders, which has no dates.
func OIDCProvider(p types.OpenIDConnectProviderListEntry) account.Provider {
	return account.Provider{ARN: aws.ToString(p.Arn)}
}

// ServiceCredential converts an entry of iam:ListServiceSpecificCredentials.
func ServiceCredential(c types.ServiceSpecificCredentialMetadata) account.ServiceCredential {
	service, user, alias := aws.ToString(c.ServiceName), aws.ToString(c.ServiceUserName), aws.ToString(c.ServiceCredentialAlias)
	return account.ServiceCredential{
		ID: aws.ToString(c.ServiceSpecificCredentialId), User: aws.ToString(c.UserName), Service: service, Status: string(c.Status),
		Created: utc(c.CreateDate), Expires: utcOrNil(c.ExpirationDate), Name: cmp.Or(user, alias), APIKey: account.IsAPIKey(service, user),
	}
}

// ServerCertificate converts an entry of iam:ListServerCertificates.
func ServerCertificate(c types.ServerCertificateMetadata) account.ServerCertificate {
	return account.ServerCertificate{
		Name: aws.ToString(c.ServerCertificateName), ID: aws.ToString(c.ServerCertificateId), ARN: aws.ToString(c.Arn), Path: aws.ToString(c.Path),
		Uploaded: utc(c.UploadDate), Expires: utc(c.Expiration),
	}
}

// OrganizationsFeatures converts the answer of iam:ListOrganizationsFeatures; features of nil stay an empty list.
func OrganizationsFeatures(organization *string, features []types.FeatureType) account.OrganizationsFeatures {
	return account.OrganizationsFeatures{
		OrganizationID: aws.ToString(organization), Enabled: List(features, func(f types.FeatureType) string { return string(f) }),
	}
}

// LoginProfile returns nil where the answer lacks what every profile has.
func LoginProfile(p *types.LoginProfile) *account.LoginProfile {
	if p == nil || p.CreateDate == nil {
		return nil
	}
	return &account.LoginProfile{Created: utc(p.CreateDate), PasswordResetRequired: p.PasswordResetRequired}
}

// MFADevice converts an entry of iam:ListMFADevices.
func MFADevice(d types.MFADevice) account.ListedMFADevice {
	return account.ListedMFADevice{Serial: aws.ToString(d.SerialNumber), EnabledSince: utc(d.EnableDate)}
}

// AccessKey converts an entry of iam:ListAccessKeys.
func AccessKey(k types.AccessKeyMetadata) account.ListedAccessKey {
	return account.ListedAccessKey{ID: aws.ToString(k.AccessKeyId), Status: string(k.Status), Created: utc(k.CreateDate)}
}

// KeyLastUsed converts the answer of iam:GetAccessKeyLastUsed.
func KeyLastUsed(used types.AccessKeyLastUsed) account.KeyLastUsed {
	return account.KeyLastUsed{At: utcOrNil(used.LastUsedDate), Service: aws.ToString(used.ServiceName), Region: aws.ToString(used.Region)}
}

// SSHPublicKey converts an entry of iam:ListSSHPublicKeys.
func SSHPublicKey(k types.SSHPublicKeyMetadata) account.SSHPublicKey {
	return account.SSHPublicKey{ID: aws.ToString(k.SSHPublicKeyId), Status: string(k.Status), Uploaded: utc(k.UploadDate)}
}

// SigningCertificate converts an entry of iam:ListSigningCertificates.
func SigningCertificate(c types.SigningCertificate) account.ListedCertificate {
	return account.ListedCertificate{
		ID: aws.ToString(c.CertificateId), Status: string(c.Status), Uploaded: utc(c.UploadDate), Body: aws.ToString(c.CertificateBody),
	}
}

// Details converts the lists of iam:GetAccountAuthorizationDetails, or of one page of it.
func Details(users []types.UserDetail, groups []types.GroupDetail, roles []types.RoleDetail, policies []types.ManagedPolicyDetail) account.AuthorizationDetails {
	return account.AuthorizationDetails{
		Users: List(users, userDetail), Groups: List(groups, groupDetail), Roles: List(roles, roleDetail), Policies: List(policies, policyDetail),
	}
}

func userDetail(u types.UserDetail) account.UserDetail {
	return account.UserDetail{
		Name: aws.ToString(u.UserName), ID: aws.ToString(u.UserId), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path), Created: utc(u.CreateDate),
		Groups: append([]string{}, u.GroupList...), InlinePolicies: List(u.UserPolicyList, inlinePolicy),
		AttachedPolicies: List(u.AttachedManagedPolicies, attachedPolicy), PermissionsBoundary: boundary(u.PermissionsBoundary), Tags: List(u.Tags, tag),
	}
}

func groupDetail(g types.GroupDetail) account.GroupDetail {
	return account.GroupDetail{
		Name: aws.ToString(g.GroupName), ID: aws.ToString(g.GroupId), ARN: aws.ToString(g.Arn), Path: aws.ToString(g.Path), Created: utc(g.CreateDate),
		InlinePolicies: List(g.GroupPolicyList, inlinePolicy), AttachedPolicies: List(g.AttachedManagedPolicies, attachedPolicy),
	}
}

func roleDetail(role types.RoleDetail) account.RoleDetail {
	d := account.RoleDetail{
		Name: aws.ToString(role.RoleName), ID: aws.ToString(role.RoleId), ARN: aws.ToString(role.Arn), Path: aws.ToString(role.Path), Created: utc(role.CreateDate),
		TrustPolicy: document(role.AssumeRolePolicyDocument), InlinePolicies: List(role.RolePolicyList, inlinePolicy),
		AttachedPolicies: List(role.AttachedManagedPolicies, attachedPolicy), PermissionsBoundary: boundary(role.PermissionsBoundary),
		Tags: List(role.Tags, tag), InstanceProfiles: List(role.InstanceProfileList, instanceProfile),
	}
	if used := role.RoleLastUsed; used != nil {
		d.LastUsed, d.LastUsedRegion = utcOrNil(used.LastUsedDate), aws.ToString(used.Region)
	}
	return d
}

func instanceProfile(p types.InstanceProfile) account.InstanceProfile {
	return account.InstanceProfile{
		Name: aws.ToString(p.InstanceProfileName), ID: aws.ToString(p.InstanceProfileId), ARN: aws.ToString(p.Arn), Path: aws.ToString(p.Path),
		Created: utc(p.CreateDate),
	}
}

// policyDetail converts a managed policy. Some endpoints send its ARN alone (moto 5.2), which always ends in its name.
func policyDetail(p types.ManagedPolicyDetail) account.PolicyDetail {
	arn := aws.ToString(p.Arn)
	return account.PolicyDetail{
		Name: cmp.Or(aws.ToString(p.PolicyName), arn[strings.LastIndex(arn, "/")+1:]), ID: aws.ToString(p.PolicyId), ARN: arn, Path: aws.ToString(p.Path),
		Created: utc(p.CreateDate), Updated: utc(p.UpdateDate), DefaultVersion: aws.ToString(p.DefaultVersionId),
		AttachmentCount: aws.ToInt32(p.AttachmentCount), BoundaryUseCount: aws.ToInt32(p.PermissionsBoundaryUsageCount),
		Versions: List(p.PolicyVersionList, policyVersion),
	}
}

func policyVersion(v types.PolicyVersion) account.PolicyVersion {
	return account.PolicyVersion{ID: aws.ToString(v.VersionId), Created: utc(v.CreateDate), Default: v.IsDefaultVersion, Document: document(v.Document)}
}

func inlinePolicy(p types.PolicyDetail) account.InlinePolicy {
	return account.InlinePolicy{Name: aws.ToString(p.PolicyName), Document: document(p.PolicyDocument)}
}

func attachedPolicy(p types.AttachedPolicy) account.AttachedPolicy {
	return account.AttachedPolicy{Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.PolicyArn)}
}

func boundary(b *types.AttachedPermissionsBoundary) string {
	if b == nil {
		return ""
	}
	return aws.ToString(b.PermissionsBoundaryArn)
}

func tag(t types.Tag) account.Tag {
	return account.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
}
