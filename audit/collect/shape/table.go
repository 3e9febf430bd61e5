package shape

import (
	"slices"
	"strings"
	"sync"

	iam "github.com/aws/aws-sdk-go-v2/service/iam/schemas"
	identitystore "github.com/aws/aws-sdk-go-v2/service/identitystore/schemas"
	organizations "github.com/aws/aws-sdk-go-v2/service/organizations/schemas"
	ssoadmin "github.com/aws/aws-sdk-go-v2/service/ssoadmin/schemas"
	sts "github.com/aws/aws-sdk-go-v2/service/sts/schemas"
	"github.com/aws/smithy-go"
)

// answers are the shapes of the answers, by action. Those of the JSON services, for which the SDK has no schemas yet,
// are written out.
var answers = sync.OnceValue(func() map[string]*shape {
	all := map[string]*shape{
		"account:ListRegions":           fields("ListRegionsResponse", "NextToken", listOf("Regions", fields("Region", "RegionName RegionOptStatus"))),
		"account:GetAlternateContact":   fields("GetAlternateContactResponse", "", member{"AlternateContact", fields("AlternateContact", "Name Title EmailAddress PhoneNumber AlternateContactType")}),
		"access-analyzer:ListAnalyzers": fields("ListAnalyzersResponse", "nextToken", listOf("analyzers", fields("AnalyzerSummary", "arn name type createdAt status", member{"tags", &shape{kind: mapping, item: &shape{}}}))),
	}
	for _, schema := range []*smithy.Schema{
		iam.GenerateCredentialReportResponse, iam.GetAccessKeyLastUsedResponse, iam.GetAccountAuthorizationDetailsResponse,
		iam.GetAccountPasswordPolicyResponse, iam.GetAccountSummaryResponse, iam.GetCredentialReportResponse, iam.GetLoginProfileResponse,
		iam.GetUserResponse, iam.ListAccessKeysResponse, iam.ListAccountAliasesResponse, iam.ListMFADevicesResponse,
		iam.ListOpenIDConnectProvidersResponse, iam.ListOrganizationsFeaturesResponse, iam.ListSAMLProvidersResponse,
		iam.ListSSHPublicKeysResponse, iam.ListServerCertificatesResponse, iam.ListServiceSpecificCredentialsResponse,
		iam.ListSigningCertificatesResponse, iam.ListUsersResponse, iam.ListVirtualMFADevicesResponse,
		organizations.DescribeOrganizationResponse, organizations.DescribePolicyResponse, organizations.ListAccountsForParentResponse,
		organizations.ListAccountsResponse, organizations.ListOrganizationalUnitsForParentResponse, organizations.ListPoliciesResponse,
		organizations.ListRootsResponse, organizations.ListTargetsForPolicyResponse,
		organizations.ListDelegatedAdministratorsResponse, organizations.ListDelegatedServicesForAccountResponse,
		organizations.ListAWSServiceAccessForOrganizationResponse, organizations.DescribeResourcePolicyResponse, organizations.ListTagsForResourceResponse,
		ssoadmin.ListInstancesResponse, ssoadmin.ListPermissionSetsResponse, ssoadmin.DescribePermissionSetResponse, ssoadmin.GetInlinePolicyForPermissionSetResponse,
		ssoadmin.ListManagedPoliciesInPermissionSetResponse, ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetResponse,
		ssoadmin.GetPermissionsBoundaryForPermissionSetResponse, ssoadmin.ListAccountAssignmentsResponse, ssoadmin.ListAccountAssignmentsForPrincipalResponse,
		identitystore.ListUsersResponse, identitystore.ListGroupsResponse, identitystore.ListGroupMembershipsResponse,
		sts.AssumeRoleResponse, sts.AssumeRoleWithWebIdentityResponse, sts.AssumeRootResponse, sts.GetCallerIdentityResponse, sts.GetSessionTokenResponse,
	} {
		id := schema.ID()
		service := serviceOf(id)
		if service == "ssoadmin" {
			service = "sso"
		}
		all[service+":"+strings.TrimSuffix(id.Name, "Response")] = of(schema)
	}
	return all
})

// fields makes the shape of a structure of texts and other members.
func fields(name, texts string, others ...member) *shape {
	return structureOf(name, func(add func(string, *shape)) {
		for _, text := range strings.Fields(texts) {
			add(text, &shape{})
		}
		for _, m := range others {
			add(m.name, m.shape)
		}
	})
}

func listOf(name string, item *shape) member { return member{name, &shape{kind: list, item: item}} }

// need is a member that a structure must hold.
type need struct {
	member    string
	tolerable bool               // AWS's model doesn't require it; see Error.Absent
	when      func(Members) bool // nil: always
}

// must are members that must always be there.
func must(names string) []need {
	var all []need
	for _, name := range strings.Fields(names) {
		all = append(all, need{member: name})
	}
	return all
}

// lists are lists that AWS's model doesn't require, and which AWS's reference, its examples and its answers show there,
// empty where they have no entry.
func lists(names string) []need {
	all := must(names)
	for i := range all {
		all[i].tolerable = true
	}
	return all
}

// when is a member that must be there on a condition.
func when(name string, condition func(Members) bool) []need {
	return []need{{member: name, when: condition}}
}

func is(member, value string) func(Members) bool {
	return func(in Members) bool { return in.Text(member) == value }
}

func has(member string) func(Members) bool {
	return func(in Members) bool { return in.Has(member) }
}

// named are the names of a user, which the answers about root lack (IAM User Guide's example of list-virtual-mfa-devices).
var named = slices.Concat(when("UserName", notRoot), when("Path", notRoot))

func notRoot(in Members) bool { return !strings.HasSuffix(in.Text("Arn"), ":root") }

// paged are the members of every list that comes in pages: that there are more is said in words, and where they are
// (API reference, "You should check the IsTruncated response element after every call"). The model requires neither.
var paged = slices.Concat(must("IsTruncated"), more)

var more = when("Marker", is("IsTruncated", "true"))

// pagedFrom are those of a list of which IAM's quotas allow fewer entries than the shortest page has. Endpoints without
// pages leave IsTruncated out (moto 5.2.1): where no Marker stands for more, and no more entries than the quota allows are
// there, the list can't go on.
func pagedFrom(list string, quota int) []need {
	return slices.Concat(when("IsTruncated", func(in Members) bool { return in.Has("Marker") || in.Len(list) > quota }), more)
}

// needs are what structures must hold, by their names in AWS's model. Where no other source is named it is the model
// ("This member is required"), or, for members without which an entry of a list is of nothing, the API reference's
// examples, which all have them.
var needs = map[string][]need{
	"GetCallerIdentityResponse":         must("Arn Account UserId"), // not by the model; all examples have them
	"GetSessionTokenResponse":           must("Credentials"),        // as above
	"AssumeRoleResponse":                must("Credentials"),        // as above
	"AssumeRoleWithWebIdentityResponse": must("Credentials"),        // as above
	"AssumeRootResponse":                must("Credentials"),        // as above
	"Credentials":                       must("AccessKeyId SecretAccessKey SessionToken Expiration"),

	"GetAccountSummaryResponse":  must("SummaryMap"), // not by the model; the summary is all that the answer is of
	"ListAccountAliasesResponse": slices.Concat(must("AccountAliases"), pagedFrom("AccountAliases", 1)),

	"GetAccountPasswordPolicyResponse": must("PasswordPolicy"),
	// The model requires none, and gives each but these a default, which AWS sends too (example of the API reference).
	// MaxPasswordAge and PasswordReusePrevention are there where they are set; passwords that end have an age.
	"PasswordPolicy": slices.Concat(
		must("MinimumPasswordLength RequireSymbols RequireNumbers RequireUppercaseCharacters RequireLowercaseCharacters AllowUsersToChangePassword ExpirePasswords"),
		when("MaxPasswordAge", is("ExpirePasswords", "true"))),

	"GenerateCredentialReportResponse": must("State"),
	"GetCredentialReportResponse":      must("Content ReportFormat GeneratedTime"),

	"GetAccountAuthorizationDetailsResponse": slices.Concat(lists("UserDetailList GroupDetailList RoleDetailList Policies"), paged),
	// An empty UserPolicyList is left out (seen in AWS's answers, and in an example of the API reference), and so are tags.
	"UserDetail":  slices.Concat(must("Path UserName UserId Arn CreateDate"), lists("GroupList AttachedManagedPolicies")),
	"GroupDetail": slices.Concat(must("Path GroupName GroupId Arn CreateDate"), lists("GroupPolicyList AttachedManagedPolicies")),
	"RoleDetail": slices.Concat(must("Path RoleName RoleId Arn CreateDate AssumeRolePolicyDocument"),
		lists("RolePolicyList AttachedManagedPolicies InstanceProfileList")),
	// Some endpoints send neither name nor ID (moto 5.2); the ARN has the name.
	"ManagedPolicyDetail":         slices.Concat(must("Arn Path DefaultVersionId AttachmentCount CreateDate UpdateDate"), lists("PolicyVersionList")),
	"PolicyVersion":               must("Document VersionId IsDefaultVersion CreateDate"),
	"PolicyDetail":                must("PolicyName PolicyDocument"),
	"AttachedPolicy":              must("PolicyName PolicyArn"),
	"InstanceProfile":             must("Path InstanceProfileName InstanceProfileId Arn CreateDate"),
	"Tag":                         must("Key"), // a value may be empty
	"AttachedPermissionsBoundary": must("PermissionsBoundaryArn"),

	"ListUsersResponse":             slices.Concat(must("Users"), paged),
	"GetUserResponse":               must("User"),
	"User":                          slices.Concat(must("UserId Arn CreateDate"), named),
	"ListVirtualMFADevicesResponse": slices.Concat(must("VirtualMFADevices"), paged),
	// A device of nobody has neither owner nor date (API reference, VirtualMFADevice), and a device of somebody both.
	"VirtualMFADevice": slices.Concat(must("SerialNumber"), when("User", has("EnableDate")), when("EnableDate", has("User"))),

	"ListSAMLProvidersResponse":          lists("SAMLProviderList"),
	"SAMLProviderListEntry":              must("Arn"), // no verdict hangs on its dates, which the model does not require
	"ListOpenIDConnectProvidersResponse": lists("OpenIDConnectProviderList"),
	"OpenIDConnectProviderListEntry":     must("Arn"),

	// "If none exists, the operation returns an empty list" (API reference), as for SSH public keys below.
	"ListServiceSpecificCredentialsResponse": slices.Concat(lists("ServiceSpecificCredentials"), paged),
	"ServiceSpecificCredentialMetadata":      must("UserName Status CreateDate ServiceSpecificCredentialId ServiceName"),
	"ListServerCertificatesResponse":         slices.Concat(must("ServerCertificateMetadataList"), paged),
	"ServerCertificateMetadata":              must("Path ServerCertificateName ServerCertificateId Arn UploadDate Expiration"),
	"ListOrganizationsFeaturesResponse":      lists("EnabledFeatures"),

	"GetLoginProfileResponse": must("LoginProfile"),
	"LoginProfile":            must("CreateDate PasswordResetRequired"), // no name for root in a session of AssumeRoot

	"ListMFADevicesResponse":       slices.Concat(must("MFADevices"), paged),
	"MFADevice":                    must("SerialNumber EnableDate"),
	"ListAccessKeysResponse":       slices.Concat(must("AccessKeyMetadata"), pagedFrom("AccessKeyMetadata", 2)),
	"AccessKeyMetadata":            must("AccessKeyId Status CreateDate"),
	"GetAccessKeyLastUsedResponse": must("AccessKeyLastUsed"),
	// "N/A" stands for a key of whose use nothing is known (API reference, AccessKeyLastUsed).
	"AccessKeyLastUsed": slices.Concat(must("ServiceName Region"),
		when("LastUsedDate", func(in Members) bool { return in.Text("ServiceName") != "N/A" })),
	"ListSSHPublicKeysResponse":       slices.Concat(lists("SSHPublicKeys"), pagedFrom("SSHPublicKeys", 5)),
	"SSHPublicKeyMetadata":            must("SSHPublicKeyId Status UploadDate"),
	"ListSigningCertificatesResponse": slices.Concat(must("Certificates"), pagedFrom("Certificates", 2)),
	"SigningCertificate":              must("CertificateId CertificateBody Status UploadDate"),

	"ListRegionsResponse":         must("Regions"),
	"Region":                      must("RegionName RegionOptStatus"),
	"GetAlternateContactResponse": must("AlternateContact"),
	"AlternateContact":            must("AlternateContactType"),
	"ListAnalyzersResponse":       must("analyzers"),
	"AnalyzerSummary":             must("arn name type createdAt status"),

	// The model of Organizations requires nothing; the reference's examples have all of these.
	"DescribeOrganizationResponse":  must("Organization"),
	"Organization":                  must("Id Arn FeatureSet MasterAccountId"),
	"ListRootsResponse":             must("Roots"),
	"Root":                          must("Id Arn Name PolicyTypes"),
	"PolicyTypeSummary":             must("Type Status"),
	"ListAccountsResponse":          must("Accounts"),
	"ListAccountsForParentResponse": must("Accounts"),
	"Account":                       must("Id Arn Name"),
	"ListOrganizationalUnitsForParentResponse":    must("OrganizationalUnits"),
	"OrganizationalUnit":                          must("Id Arn Name"),
	"ListPoliciesResponse":                        must("Policies"),
	"PolicySummary":                               must("Id Arn Name Type AwsManaged"),
	"DescribePolicyResponse":                      must("Policy"),
	"Policy":                                      must("PolicySummary Content"),
	"ListTargetsForPolicyResponse":                must("Targets"),
	"ListTagsForResourceResponse":                 must("Tags"),
	"PolicyTargetSummary":                         must("TargetId Type"),
	"ListDelegatedAdministratorsResponse":         must("DelegatedAdministrators"),
	"DelegatedAdministrator":                      must("Id Arn"),
	"ListDelegatedServicesForAccountResponse":     must("DelegatedServices"),
	"DelegatedService":                            must("ServicePrincipal"),
	"ListAWSServiceAccessForOrganizationResponse": must("EnabledServicePrincipals"),
	"EnabledServicePrincipal":                     must("ServicePrincipal"),

	// Nor does that of Identity Center. Where there is no inline policy its text is there and empty, so that the reader
	// looks whether it is.
	"ListInstancesResponse":                                      must("Instances"),
	"InstanceMetadata":                                           must("InstanceArn IdentityStoreId OwnerAccountId"),
	"ListPermissionSetsResponse":                                 must("PermissionSets"),
	"DescribePermissionSetResponse":                              must("PermissionSet"),
	"PermissionSet":                                              must("PermissionSetArn Name"),
	"ListManagedPoliciesInPermissionSetResponse":                 must("AttachedManagedPolicies"),
	"AttachedManagedPolicy":                                      must("Arn"),
	"ListCustomerManagedPolicyReferencesInPermissionSetResponse": must("CustomerManagedPolicyReferences"),
	"CustomerManagedPolicyReference":                             must("Name"),
	"GetPermissionsBoundaryForPermissionSetResponse":             must("PermissionsBoundary"),
	"ListAccountAssignmentsResponse":                             must("AccountAssignments"),
	"ListAccountAssignmentsForPrincipalResponse":                 must("AccountAssignments"),
	"AccountAssignment":                                          must("AccountId PermissionSetArn PrincipalType PrincipalId"),
	"AccountAssignmentForPrincipal":                              must("AccountId PermissionSetArn PrincipalType PrincipalId"),
	"identitystore.ListUsersResponse":                            must("Users"),
	"identitystore.User":                                         must("UserId UserName"),
	"ListGroupsResponse":                                         must("Groups"),
	"Group":                                                      must("GroupId DisplayName"),
	"ListGroupMembershipsResponse":                               must("GroupMemberships"),
	"GroupMembership":                                            must("MemberId"),
	"DescribeResourcePolicyResponse":                             must("ResourcePolicy"),
	"ResourcePolicy":                                             must("Content"),
}

// Tolerable are the names of the elements that a reader may take for empty lists where AWS leaves them out, sorted.
func Tolerable() []string {
	var names []string
	for _, all := range needs {
		for _, n := range all {
			if n.tolerable {
				names = append(names, n.member)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
