package account

// Section names one kind of answer in a snapshot.
type Section string

// The sections that answer for the whole account with one call, or with the pages of one call.
const (
	AccountSummarySection       Section = "account-summary"       // iam:GetAccountSummary
	AccountAliasesSection       Section = "account-aliases"       // iam:ListAccountAliases
	PasswordPolicySection       Section = "password-policy"       // iam:GetAccountPasswordPolicy
	CredentialReportSection     Section = "credential-report"     // iam:GenerateCredentialReport, iam:GetCredentialReport
	AuthorizationDetailsSection Section = "authorization-details" // iam:GetAccountAuthorizationDetails
	UsersSection                Section = "users"                 // iam:ListUsers
	VirtualMFADevicesSection    Section = "virtual-mfa-devices"   // iam:ListVirtualMFADevices
	SAMLProvidersSection        Section = "saml-providers"        // iam:ListSAMLProviders
	OIDCProvidersSection        Section = "oidc-providers"        // iam:ListOpenIDConnectProviders

	ServiceCredentialsSection    Section = "service-specific-credentials" // iam:ListServiceSpecificCredentials of all users
	ServerCertificatesSection    Section = "server-certificates"          // iam:ListServerCertificates
	OrganizationsFeaturesSection Section = "organizations-features"       // iam:ListOrganizationsFeatures
	SecurityContactSection       Section = "security-contact"             // account:GetAlternateContact
	BillingContactSection        Section = "billing-contact"              // account:GetAlternateContact
	OperationsContactSection     Section = "operations-contact"           // account:GetAlternateContact
	AccessAnalyzersSection       Section = "access-analyzers"             // account:ListRegions, and access-analyzer:ListAnalyzers in each
)

// bulkSections are the account-wide sections, in the order in which they are checked.
var bulkSections = []Section{
	AccountSummarySection, AccountAliasesSection, PasswordPolicySection, CredentialReportSection, AuthorizationDetailsSection,
	UsersSection, VirtualMFADevicesSection, SAMLProvidersSection, OIDCProvidersSection, ServiceCredentialsSection, ServerCertificatesSection,
	OrganizationsFeaturesSection, SecurityContactSection, BillingContactSection, OperationsContactSection, AccessAnalyzersSection,
}

// The sections that cost a call per user; they are read only where a verdict hangs on one.
const (
	UserSection              Section = "user"                 // iam:GetUser
	LoginProfileSection      Section = "login-profile"        // iam:GetLoginProfile
	MFADevicesSection        Section = "mfa-devices"          // iam:ListMFADevices
	AccessKeysSection        Section = "access-keys"          // iam:ListAccessKeys
	AccessKeyLastUsedSection Section = "access-key-last-used" // iam:GetAccessKeyLastUsed, one call per key

	SSHPublicKeysSection       Section = "ssh-public-keys"      // iam:ListSSHPublicKeys
	SigningCertificatesSection Section = "signing-certificates" // iam:ListSigningCertificates
)

// PerUser reports whether the section is read user by user.
func (s Section) PerUser() bool {
	switch s {
	case UserSection, LoginProfileSection, MFADevicesSection, AccessKeysSection, AccessKeyLastUsedSection, SSHPublicKeysSection, SigningCertificatesSection:
		return true
	}
	return false
}

// Forget drops an account-wide answer that turned out to be unusable.
func (s *Snapshot) Forget(section Section) {
	switch section {
	case AccountSummarySection:
		s.AccountSummary = nil
	case AccountAliasesSection:
		s.AccountAliases = nil
	case PasswordPolicySection:
		s.PasswordPolicy = nil
	case CredentialReportSection:
		s.CredentialReport = nil
	case AuthorizationDetailsSection:
		s.AuthorizationDetails = nil
	case UsersSection:
		s.Users = nil
	case VirtualMFADevicesSection:
		s.VirtualMFADevices = nil
	case SAMLProvidersSection:
		s.SAMLProviders = nil
	case OIDCProvidersSection:
		s.OIDCProviders = nil
	case ServiceCredentialsSection:
		s.ServiceCredentials = nil
	case ServerCertificatesSection:
		s.ServerCertificates = nil
	case OrganizationsFeaturesSection:
		s.OrganizationsFeatures = nil
	case SecurityContactSection:
		s.SecurityContact = nil
	case BillingContactSection:
		s.BillingContact = nil
	case OperationsContactSection:
		s.OperationsContact = nil
	case AccessAnalyzersSection:
		s.AccessAnalyzers = nil
	}
}
