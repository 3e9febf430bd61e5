package offboard

import "sekisho/audit"

// checklist is what IAM doesn't tell. It stands in every report: a verdict speaks of the account's IAM and of nothing else.
func checklist(devicesOnly bool) []CheckItem {
	item := func(id, text string) CheckItem { return CheckItem{id, audit.Textf(text)} }
	if devicesOnly {
		return []CheckItem{
			item("root-device", "If the device is root's too, it can be removed by whoever signs in as root, and by nobody else; without it AWS helps by root's e-mail address and phone number."),
			item("sessions", "If the device was stolen together with a computer, its sessions live on: check access keys and last uses as for somebody who leaves."),
			item("same-app", "The authenticator app may hold devices of other accounts, AWS's and others', and of Identity Center."),
		}
	}
	return []CheckItem{
		item("root", "Did he know root's password, or is root's MFA device, phone number or e-mail address his? Change them."),
		item("contacts", "Is he an alternate contact, or the contact of the account (billing, operations, security)?"),
		item("identity-center", "Is he a user of IAM Identity Center or of another identity provider? IAM doesn't list those."),
		item("shared-keys", "Which access keys of other users did he know: of CI, of servers, on shared computers? Replace them."),
		item("other-accounts", "Which other accounts trust this one, its root or its roles? Does he have users or roles there?"),
		item("sessions", "Sessions made with a key that was deleted in the last 36 hours can't be seen; nor can role sessions, which live up to 12 hours: revoke those of the roles he could assume."),
		item("resource-policies", "Policies of buckets, queues, topics, keys, secrets and repositories, KMS grants and EKS access entries may name him; they are not read."),
		item("machines", "EC2 key pairs, SSH keys on instances, database users and long-lived API keys elsewhere were not looked at."),
	}
}
