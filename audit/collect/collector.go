package collect

import (
	"context"
	"slices"

	"sekisho/audit/account"
)

// Collector reads one section. Its actions are all that it may call: the guard lets nothing else through, and the permissions that a
// run needs are derived from them.
type Collector struct {
	Section account.Section
	// Actions are written as IAM policies write them, "iam:ListUsers".
	Actions []string

	bulk func(context.Context, *run) error          // for a section of the whole account
	user func(context.Context, *run, subject) error // for a section that is read user by user
}

// subject is the user of whom a per-user section is asked.
type subject struct{ name, id string }

// collectors is the register of everything that Sekisho reads.
var collectors = []Collector{
	{Section: account.AccountSummarySection, Actions: []string{"iam:GetAccountSummary"}, bulk: accountSummary},
	{Section: account.AccountAliasesSection, Actions: []string{"iam:ListAccountAliases"}, bulk: accountAliases},
	{Section: account.PasswordPolicySection, Actions: []string{"iam:GetAccountPasswordPolicy"}, bulk: passwordPolicy},
	{Section: account.CredentialReportSection, Actions: []string{"iam:GenerateCredentialReport", "iam:GetCredentialReport"}, bulk: credentialReport},
	{Section: account.AuthorizationDetailsSection, Actions: []string{"iam:GetAccountAuthorizationDetails"}, bulk: authorizationDetails},
	{Section: account.UsersSection, Actions: []string{"iam:ListUsers"}, bulk: listUsers},
	{Section: account.VirtualMFADevicesSection, Actions: []string{"iam:ListVirtualMFADevices"}, bulk: virtualMFADevices},
	{Section: account.SAMLProvidersSection, Actions: []string{"iam:ListSAMLProviders"}, bulk: samlProviders},
	{Section: account.OIDCProvidersSection, Actions: []string{"iam:ListOpenIDConnectProviders"}, bulk: oidcProviders},
	{Section: account.ServiceCredentialsSection, Actions: []string{"iam:ListServiceSpecificCredentials"}, bulk: serviceCredentials},
	{Section: account.ServerCertificatesSection, Actions: []string{"iam:ListServerCertificates"}, bulk: serverCertificates},
	{Section: account.OrganizationsFeaturesSection, Actions: []string{"iam:ListOrganizationsFeatures"}, bulk: organizationsFeatures},
	{Section: account.SecurityContactSection, Actions: []string{contactAction}, bulk: securityContact},
	{Section: account.BillingContactSection, Actions: []string{contactAction}, bulk: billingContact},
	{Section: account.OperationsContactSection, Actions: []string{contactAction}, bulk: operationsContact},
	{Section: account.AccessAnalyzersSection, Actions: []string{regionsAction, analyzersAction}, bulk: accessAnalyzers},

	{Section: account.UserSection, Actions: []string{"iam:GetUser"}, user: getUser},
	{Section: account.LoginProfileSection, Actions: []string{"iam:GetLoginProfile", "iam:GetUser"}, user: loginProfile},
	{Section: account.MFADevicesSection, Actions: []string{"iam:ListMFADevices", "iam:GetUser"}, user: mfaDevices},
	{Section: account.AccessKeysSection, Actions: []string{"iam:ListAccessKeys", "iam:GetUser"}, user: accessKeys},
	// GetUser confirms that somebody is gone. The keys' last use is asked by key, so the keys are listed first where nobody did.
	{Section: account.AccessKeyLastUsedSection, Actions: []string{"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:GetUser"}, user: accessKeysLastUsed},
	{Section: account.SSHPublicKeysSection, Actions: []string{"iam:ListSSHPublicKeys", "iam:GetUser"}, user: sshPublicKeys},
	{Section: account.SigningCertificatesSection, Actions: []string{"iam:ListSigningCertificates", "iam:GetUser"}, user: signingCertificates},
}

// Collectors returns the register: what each section costs in permissions.
func Collectors() []Collector { return slices.Clone(collectors) }

// Actions returns every action that a collector may call, sorted: the list of reads that the guard lets through.
func Actions() []string {
	var actions []string
	for _, c := range collectors {
		actions = append(actions, c.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// place is where in the register a section's collector stands; -1 for none.
func place(section account.Section) int {
	return slices.IndexFunc(collectors, func(c Collector) bool { return c.Section == section })
}

// collectorOf finds the collector of a section.
func collectorOf(section account.Section) (Collector, bool) {
	i := place(section)
	if i < 0 {
		return Collector{}, false
	}
	return collectors[i], true
}
