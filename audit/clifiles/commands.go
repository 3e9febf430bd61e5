package clifiles

import (
	"slices"
	"strings"

	"sekisho/audit/account"
)

// Command is a call of the aws command whose answer a folder may hold.
type Command struct {
	Section account.Section
	// Action is written as IAM policies write it, "iam:ListUsers".
	Action string
	// Args are the arguments, "iam", "list-users", without those of Each and Query.
	Args []string
	// Each is what the command is called for, one by one.
	Each Each
	// Query, for --query, adds to an answer what it doesn't tell of itself: that it is of all users, or of which user or region a list is
	// that may be empty. It holds %s for the user or region.
	Query string
}

// Each is what a command is called for.
type Each string

// What commands are called for. EachAccount is once.
const (
	EachAccount Each = ""
	EachUser    Each = "user"
	EachRegion  Each = "region"
	EachKey     Each = "access key"
)

// Option names the option that says for which it is.
func (e Each) Option() string {
	switch e {
	case EachUser:
		return "--user-name"
	case EachRegion:
		return "--region"
	case EachKey:
		return "--access-key-id"
	}
	return ""
}

// commands is the register of what is recognised. The aws command turns no pages of list-service-specific-credentials, of which one holds
// 1,000 at most.
var commands = []Command{
	{account.AccountSummarySection, "iam:GetAccountSummary", []string{"iam", "get-account-summary"}, EachAccount, ""},
	{account.AccountAliasesSection, "iam:ListAccountAliases", []string{"iam", "list-account-aliases"}, EachAccount, ""},
	{account.PasswordPolicySection, "iam:GetAccountPasswordPolicy", []string{"iam", "get-account-password-policy"}, EachAccount, ""},
	{account.CredentialReportSection, "iam:GetCredentialReport", []string{"iam", "get-credential-report"}, EachAccount, ""},
	{account.AuthorizationDetailsSection, "iam:GetAccountAuthorizationDetails", []string{"iam", "get-account-authorization-details"}, EachAccount, ""},
	{account.UsersSection, "iam:ListUsers", []string{"iam", "list-users"}, EachAccount, ""},
	{account.VirtualMFADevicesSection, "iam:ListVirtualMFADevices", []string{"iam", "list-virtual-mfa-devices"}, EachAccount, ""},
	{account.SAMLProvidersSection, "iam:ListSAMLProviders", []string{"iam", "list-saml-providers"}, EachAccount, ""},
	{account.OIDCProvidersSection, "iam:ListOpenIDConnectProviders", []string{"iam", "list-open-id-connect-providers"}, EachAccount, ""},
	{account.ServiceCredentialsSection, "iam:ListServiceSpecificCredentials",
		[]string{"iam", "list-service-specific-credentials", "--all-users", "--max-items", "1000"}, EachAccount,
		"{AllUsers:`true`,ServiceSpecificCredentials:ServiceSpecificCredentials,IsTruncated:IsTruncated,NextToken:NextToken}"},
	{account.ServerCertificatesSection, "iam:ListServerCertificates", []string{"iam", "list-server-certificates"}, EachAccount, ""},
	{account.OrganizationsFeaturesSection, "iam:ListOrganizationsFeatures", []string{"iam", "list-organizations-features"}, EachAccount, ""},
	{account.SecurityContactSection, contactAction, []string{"account", "get-alternate-contact", "--alternate-contact-type", "SECURITY"}, EachAccount, ""},
	{account.BillingContactSection, contactAction, []string{"account", "get-alternate-contact", "--alternate-contact-type", "BILLING"}, EachAccount, ""},
	{account.OperationsContactSection, contactAction, []string{"account", "get-alternate-contact", "--alternate-contact-type", "OPERATIONS"}, EachAccount, ""},
	{account.AccessAnalyzersSection, "account:ListRegions", []string{"account", "list-regions"}, EachAccount, ""},
	analyzersCommand,
	{account.UserSection, "iam:GetUser", []string{"iam", "get-user"}, EachUser, ""},
	{account.LoginProfileSection, "iam:GetLoginProfile", []string{"iam", "get-login-profile"}, EachUser, ""},
	{account.MFADevicesSection, "iam:ListMFADevices", []string{"iam", "list-mfa-devices"}, EachUser, "{UserName:'%s',MFADevices:MFADevices}"},
	{account.AccessKeysSection, "iam:ListAccessKeys", []string{"iam", "list-access-keys"}, EachUser, "{UserName:'%s',AccessKeyMetadata:AccessKeyMetadata}"},
	{account.AccessKeyLastUsedSection, "iam:GetAccessKeyLastUsed", []string{"iam", "get-access-key-last-used"}, EachKey, ""},
	{account.SSHPublicKeysSection, "iam:ListSSHPublicKeys", []string{"iam", "list-ssh-public-keys"}, EachUser, "{UserName:'%s',SSHPublicKeys:SSHPublicKeys}"},
	{account.SigningCertificatesSection, "iam:ListSigningCertificates", []string{"iam", "list-signing-certificates"}, EachUser,
		"{UserName:'%s',Certificates:Certificates}"},
}

const contactAction = "account:GetAlternateContact"

// analyzersCommand is for each region that aws account list-regions tells of as enabled.
var analyzersCommand = Command{account.AccessAnalyzersSection, "access-analyzer:ListAnalyzers", []string{"accessanalyzer", "list-analyzers"}, EachRegion,
	"{Region:'%s',analyzers:analyzers}"}

// CommandsFor returns the commands that answer for a section, the one for the account, or for each user, first; none where no file of it
// would be recognised.
func CommandsFor(section account.Section) []Command {
	return slices.DeleteFunc(slices.Clone(commands), func(c Command) bool { return c.Section != section })
}

// CommandFor returns the first command that answers for a section, and false where no file of it would be recognised.
func CommandFor(section account.Section) (Command, bool) {
	for _, c := range commands {
		if c.Section == section {
			return c, true
		}
	}
	return Command{}, false
}

// action names the action that answers for a section.
func action(section account.Section) string {
	c, _ := CommandFor(section)
	return c.Action
}

// commandsOf lists the commands that call an operation ("ListUsers"), or the one that has to come after it.
func commandsOf(operation string) []Command {
	if operation == "GenerateCredentialReport" {
		return CommandsFor(account.CredentialReportSection)
	}
	return slices.DeleteFunc(slices.Clone(commands), func(c Command) bool {
		_, name, _ := strings.Cut(c.Action, ":")
		return name != operation
	})
}
