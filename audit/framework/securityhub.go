package framework

const hubTags = "which tags there must be is for each account to say (tags.required), and " + noRule

// securityHub has the controls of AWS Security Hub on IAM and on the account's contact, by their numbers.
var securityHub = definition{"fsbp", "AWS Foundational Security Best Practices (Security Hub), IAM", []recommendation{
	{"IAM.1", "No policy allows everything", ""},
	{"IAM.2", "Users have no policies of their own", ""},
	{"IAM.3", "Access keys are replaced every 90 days", ""},
	{"IAM.4", "Root has no access key", ""},
	{"IAM.5", "Users with a console password have MFA", ""},
	{"IAM.6", "Root's MFA device is a piece of hardware", ""},
	{"IAM.7", "The password policy is a strong one", ""},
	{"IAM.8", "Credentials that nobody uses are removed", ""},
	{"IAM.9", "Root signs in with MFA", ""},
	{"IAM.10", "The password policy is as strong as PCI DSS asks for", ""},
	{"IAM.11", "Passwords need a capital letter", ""},
	{"IAM.12", "Passwords need a small letter", ""},
	{"IAM.13", "Passwords need a symbol", ""},
	{"IAM.14", "Passwords need a digit", ""},
	{"IAM.15", "Passwords have 14 characters or more", ""},
	{"IAM.16", "Former passwords can't be used again", ""},
	{"IAM.17", "Passwords expire within 90 days", ""},
	{"IAM.18", "A role is there to deal with AWS Support", ""},
	{"IAM.19", "Every user has MFA", ""},
	{"IAM.20", "Nobody works as root", ""},
	{"IAM.21", "Policies of one's own don't allow all actions of a service", ""},
	{"IAM.22", "Credentials that were not used for 45 days are removed", ""},
	{"IAM.23", "Analyzers of Access Analyzer have tags", hubTags},
	{"IAM.24", "Roles have tags", hubTags},
	{"IAM.25", "Users have tags", hubTags},
	{"IAM.26", "No expired server certificate is kept in IAM", ""},
	{"IAM.27", "Nobody has the policy for full access to CloudShell", ""},
	{"IAM.28", "Access Analyzer looks for external access", ""},
	{"Account.1", "A security contact is registered", ""},
}}
