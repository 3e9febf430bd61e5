package clifiles

import (
	"strings"

	"sekisho/audit/account"
)

// Command is a call of the aws command whose answer a folder may hold.
type Command struct {
	Section account.Section
	// Action is written as IAM policies write it, "iam:ListUsers".
	Action string
	// Args are the arguments, "iam", "list-users"; a section that is read user by user also wants --user-name.
	Args []string
}

// commands is the register of what is recognised.
var commands = []Command{
	{account.AccountSummarySection, "iam:GetAccountSummary", []string{"iam", "get-account-summary"}},
	{account.AccountAliasesSection, "iam:ListAccountAliases", []string{"iam", "list-account-aliases"}},
	{account.PasswordPolicySection, "iam:GetAccountPasswordPolicy", []string{"iam", "get-account-password-policy"}},
	{account.CredentialReportSection, "iam:GetCredentialReport", []string{"iam", "get-credential-report"}},
	{account.AuthorizationDetailsSection, "iam:GetAccountAuthorizationDetails", []string{"iam", "get-account-authorization-details"}},
	{account.UsersSection, "iam:ListUsers", []string{"iam", "list-users"}},
	{account.VirtualMFADevicesSection, "iam:ListVirtualMFADevices", []string{"iam", "list-virtual-mfa-devices"}},
	{account.SAMLProvidersSection, "iam:ListSAMLProviders", []string{"iam", "list-saml-providers"}},
	{account.OIDCProvidersSection, "iam:ListOpenIDConnectProviders", []string{"iam", "list-open-id-connect-providers"}},
	{account.LoginProfileSection, "iam:GetLoginProfile", []string{"iam", "get-login-profile"}},
	{account.MFADevicesSection, "iam:ListMFADevices", []string{"iam", "list-mfa-devices"}},
	{account.AccessKeysSection, "iam:ListAccessKeys", []string{"iam", "list-access-keys"}},
	{account.AccessKeyLastUsedSection, "iam:GetAccessKeyLastUsed", []string{"iam", "get-access-key-last-used"}},
}

// CommandFor returns the command that answers for a section, and false where no file of it would be recognised.
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

// sectionOf finds the section for which an operation ("ListUsers"), or the one that has to come before it, answers.
func sectionOf(operation string) (account.Section, bool) {
	if operation == "GenerateCredentialReport" {
		return account.CredentialReportSection, true
	}
	for _, c := range commands {
		if strings.TrimPrefix(c.Action, "iam:") == operation {
			return c.Section, true
		}
	}
	return "", false
}
