package rules

import "sekisho/audit"

// fix is a fix of some steps, and the page of AWS's documentation on it.
func fix(page string, steps ...audit.FixStep) audit.Fix {
	return audit.Fix{Steps: steps, Page: page}
}

// do is one step, and the command that does it.
func do(text string, command ...string) audit.FixStep {
	step := audit.FixStep{Text: text}
	if len(command) > 0 {
		step.Command = command[0]
	}
	return step
}

// guide is a page of the IAM User Guide, and reference one of its API reference.
func guide(page string) string {
	return "https://docs.aws.amazon.com/IAM/latest/UserGuide/" + page + ".html"
}

func reference(call string) string {
	return "https://docs.aws.amazon.com/IAM/latest/APIReference/API_" + call + ".html"
}

var (
	keepPolicy = do("Keep the policy as it is", "aws iam get-policy-version --policy-arn ARN --version-id VERSION --query PolicyVersion.Document > old-policy.json")
	newVersion = do("Make it the policy's default version, and go back with aws iam set-default-policy-version where something breaks; of an inline policy, "+
		"aws iam put-group-policy and its kin write it", "aws iam create-policy-version --policy-arn ARN --policy-document file://policy.json --set-as-default")
	attachedTo   = do("See who has the policy", "aws iam list-entities-for-policy --policy-arn ARN")
	keyLastUsed  = do("Look where the key was last used, and ask its owner", "aws iam get-access-key-last-used --access-key-id KEYID")
	deactivate   = "aws iam update-access-key --user-name NAME --access-key-id KEYID --status Inactive"
	deleteUnused = do("Delete the key when nothing has missed it for some days", "aws iam delete-access-key --user-name NAME --access-key-id KEYID")
)

// policyFix rewrites a policy that asks for MFA.
func policyFix(page, text string) audit.Fix {
	return fix(page, keepPolicy, do("Console: IAM, Policies, the policy, Edit: "+text),
		do("Try it, together with what else its users have", "sekisho policy policy.json"), newVersion)
}

// trustFix rewrites who may assume a role.
func trustFix(page, text string) audit.Fix {
	return fix(page,
		do("Keep the trust policy that is there", "aws iam get-role --role-name NAME --query Role.AssumeRolePolicyDocument > old-trust.json"),
		do("Console: IAM, Roles, the role, Trust relationships, Edit trust policy: "+text),
		do("Put the new one in place, and see that those who need the role still get it", "aws iam update-assume-role-policy --role-name NAME --policy-document file://trust.json"))
}

// strongPolicy sets the whole policy, because the command resets each setting that it isn't given.
const strongPolicy = "aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24 --require-uppercase-characters " +
	"--require-lowercase-characters --require-numbers --require-symbols --allow-users-to-change-password"

// passwordPolicyFix changes the account's password policy.
func passwordPolicyFix(text, command string) audit.Fix {
	return fix(guide("id_credentials_passwords_account-policy"),
		do("Look at the settings that there are: one that is left out is reset", "aws iam get-account-password-policy"),
		do("Console: IAM, Account settings, Password policy, Edit, Custom"+text, command))
}

// Fixes of several rules.
var (
	rotateKey = fix(guide("id-credentials-access-keys-update"),
		do("Console: IAM, Users, the user, Security credentials, Access keys: create a second key", "aws iam create-access-key --user-name NAME"),
		do("Put it where the first is used, and watch that the first is not used any more", "aws iam get-access-key-last-used --access-key-id OLDKEY"),
		do("Deactivate the first", "aws iam update-access-key --user-name NAME --access-key-id OLDKEY --status Inactive"),
		do("Delete it when nothing has missed it for some days", "aws iam delete-access-key --user-name NAME --access-key-id OLDKEY"))
	removeKey = fix(guide("id_credentials_access-keys"),
		keyLastUsed,
		do("Console: IAM, Users, the user, Security credentials, Access keys: deactivate the key",
			deactivate),
		deleteUnused)
	takeAdminAway = fix(guide("access_policies_manage-attach-detach"),
		attachedTo,
		do("Give those who need less a policy that names it"),
		do("Console: IAM, Policies, the policy, Entities attached: detach it from all but one group of administrators; for users and roles there are detach-user-policy and detach-role-policy",
			"aws iam detach-group-policy --group-name GROUP --policy-arn ARN"))
	forceMFA = fix(guide("reference_policies_examples_aws_my-sec-creds-self-manage"),
		do("Write a policy that denies everything but enrolling without MFA", "sekisho policy new --self-manage mfa,password,access-keys -o mfa.json"),
		do("Console: IAM, Policies, Create policy, JSON", "aws iam create-policy --policy-name ManageOwnCredentialsWithMFA --policy-document file://mfa.json"),
		do("See who would be locked out: users without a device, and the keys of machines"),
		do("Attach it to each group of people", "aws iam attach-group-policy --group-name GROUP --policy-arn ARN"))
	enrolDevice = fix(guide("id_credentials_mfa_enable_virtual"),
		do("Console: the user signs in and opens the menu with their name, Security credentials, Assign MFA device; a passkey or security key is best"),
		do("On the command line a virtual device is made, and its secret is in the picture",
			"aws iam create-virtual-mfa-device --virtual-mfa-device-name NAME --outfile qr.png --bootstrap-method QRCodePNG"),
		do("Enable it with two codes, one after the other",
			"aws iam enable-mfa-device --user-name USER --serial-number ARN --authentication-code1 CODE --authentication-code2 NEXTCODE"))
	narrowPolicy = fix(guide("access-analyzer-policy-generation"),
		keepPolicy,
		do("Console: IAM, Access Analyzer, Generate policy: see which actions were used"),
		do("Console: IAM, Policies, the policy, Edit: name the actions and resources that are needed"),
		newVersion)
	removePassword = fix(guide("id_credentials_passwords_admin-change-user"),
		do("Ask whether the user still signs in: a password that was taken away can only be set anew"),
		do("Console: IAM, Users, the user, Security credentials, Manage console access, Disable", "aws iam delete-login-profile --user-name NAME"))
)
