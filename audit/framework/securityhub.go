package framework

import (
	"strings"

	"sekisho/audit/account"
)

// securityHub has the controls of AWS Security Hub on IAM and on the account's contact, by their numbers, and the rules
// that decide each. IAM.7 and IAM.10 ask for several settings of the password policy at once, so each rule about one of
// these decides them too; our numbers are stricter than theirs in places.
var securityHub = definition{"fsbp", "AWS Foundational Security Best Practices (Security Hub), IAM", []recommendation{
	{"IAM.1", "No policy allows everything", by("admin-policy-attached", "admin-policy-unattached").of(customerManaged)},
	{"IAM.2", "No policies are attached directly to users", by("user-permissions-through-groups")},
	{"IAM.3", "Access keys are replaced every 90 days", by("access-key-rotation")},
	{"IAM.4", "Root has no access key", by("root-no-access-keys")},
	{"IAM.5", "Users with a console password have MFA", by("console-mfa")},
	{"IAM.6", "Root's MFA device is a piece of hardware", by("root-hardware-mfa")},
	{"IAM.7", "The password policy is a strong one", by("password-policy", "password-min-length", "password-uppercase", "password-lowercase", "password-symbol", "password-number")},
	{"IAM.8", "Credentials that nobody uses are removed", by("access-key-unused", "password-unused")},
	{"IAM.9", "Root signs in with MFA", by("root-mfa")},
	{"IAM.10", "The password policy is as strong as PCI DSS asks for", by("password-policy", "password-min-length", "password-reuse", "password-uppercase", "password-lowercase", "password-number", "password-expiry")},
	{"IAM.11", "Passwords need a capital letter", by("password-uppercase")},
	{"IAM.12", "Passwords need a small letter", by("password-lowercase")},
	{"IAM.13", "Passwords need a symbol", by("password-symbol")},
	{"IAM.14", "Passwords need a digit", by("password-number")},
	{"IAM.15", "Passwords have 14 characters or more", by("password-min-length")},
	{"IAM.16", "Old passwords cannot be used again", by("password-reuse")},
	{"IAM.17", "Passwords expire within 90 days", by("password-expiry")},
	{"IAM.18", "A role is there to work with AWS Support", by("support-role")},
	{"IAM.19", "Every user has MFA", by("machine-user-mfa")},
	{"IAM.20", "Nobody works as root", by("root-not-used")},
	{"IAM.21", "Customer managed policies do not allow all actions of a service", by("service-wildcard", "not-action-allow").of(customerManaged)},
	{"IAM.22", "Credentials that were not used for 45 days are removed", by("access-key-unused", "password-unused")},
	{"IAM.23", "Analyzers of Access Analyzer have tags", by("analyzer-tags")},
	{"IAM.24", "Roles have tags", by("role-tags")},
	{"IAM.25", "Users have tags", by("user-tags")},
	{"IAM.26", "No expired server certificate is kept in IAM", by("server-certificate-expired")},
	{"IAM.27", "Nobody has the policy for full access to CloudShell", by("cloudshell-full-access")},
	{"IAM.28", "Access Analyzer looks for external access", by("access-analyzer")},
	{"Account.1", "A security contact is registered", by("security-contact")},
}}

// customerManaged reports whether a resource is a policy that the account has made: IAM.1 and IAM.21 look at nothing
// else, whether or not one is attached (AWS Config, iam-policy-no-statements-with-admin-access and -with-full-access).
func customerManaged(resource string) bool {
	return strings.HasPrefix(account.ShortARN(resource), "policy/") && !account.OfAWS(resource)
}
