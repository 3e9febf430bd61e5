package offboard

import "sekisho/audit"

// checklist is what IAM doesn't tell. It stands in every report: a verdict speaks of the account's IAM and of nothing else.
func checklist(devicesOnly bool) []CheckItem {
	item := func(id, text string) CheckItem { return CheckItem{id, audit.Textf(text)} }
	if devicesOnly {
		return []CheckItem{
			item("root-device", "If the device is root's too, only someone who signs in as root can remove it; without the device AWS helps by root's e-mail address and phone number."),
			item("sessions", "If the device was stolen together with a computer, its sessions live on: check access keys and last uses as for someone who leaves."),
			item("same-app", "The authenticator app may hold devices of other accounts, AWS's and others', and of Identity Center."),
		}
	}
	return []CheckItem{
		item("root", "Did the person know root's password, or is root's MFA device, phone number or e-mail address theirs? Change them."),
		item("contacts", "Is the person an alternate contact, or the contact of the account (billing, operations, security)?"),
		item("identity-center", "Is the person a user of IAM Identity Center or of another identity provider? IAM does not list those."),
		item("shared-keys", "Which access keys of other users did the person know: of CI, of servers, on shared computers? Replace those keys."),
		item("other-accounts", "Which other accounts trust this one, its root or its roles? Does the person have users or roles there?"),
		item("sessions", "Sessions made with a key that was deleted in the last 36 hours cannot be seen; nor can role sessions, which live up to 12 hours: revoke those of the roles that the person could assume."),
		item("resource-policies", "Policies of buckets, queues, topics, keys, secrets and repositories, KMS grants and EKS access entries may name the person; they are not read."),
		item("machines", "EC2 key pairs, SSH keys on instances, database users and long-lived API keys elsewhere were not looked at."),
	}
}
