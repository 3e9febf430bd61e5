package offboard

import "sekisho/audit/message"

// checklist is what IAM doesn't tell. It stands in every report: a verdict speaks of the account's IAM and of nothing
// else.
func checklist(devicesOnly bool) []CheckItem {
	if devicesOnly {
		return []CheckItem{
			{"root-device", message.New("If the device is root's too, only someone who signs in as root can " +
				"remove it; without the device AWS helps by root's e-mail address and phone number.")},
			{"sessions", message.New("If the device was stolen together with a computer, its sessions live on: " +
				"check access keys and last uses as for someone who leaves.")},
			{"same-app", message.New("The authenticator app may hold devices of other accounts, AWS's and " +
				"others', and of Identity Center.")},
		}
	}
	return []CheckItem{
		{"root", message.New("Did the person know root's password, or is root's MFA device, phone number or " +
			"e-mail address theirs? Change them.")},
		{"contacts", message.New("Is the person an alternate contact, or the contact of the account (billing, " +
			"operations, security)?")},
		{"identity-center", message.New("Is the person a user of IAM Identity Center or of another identity " +
			"provider? IAM does not list those.")},
		{"shared-keys", message.New("Which access keys of other users did the person know: of CI, of servers, " +
			"on shared computers? Replace those keys.")},
		{"other-accounts", message.New("Which other accounts trust this one, its root or its roles? Does the " +
			"person have users or roles there?")},
		{"sessions", message.New("Sessions made with a key that was deleted in the last 36 hours cannot be " +
			"seen; nor can role sessions, which live up to 12 hours: revoke those of the roles that the person " +
			"could assume.")},
		{"resource-policies", message.New("Policies of buckets, queues, topics, keys, secrets and repositories, " +
			"KMS grants and EKS access entries may name the person; they are not read.")},
		{"machines", message.New("EC2 key pairs, SSH keys on instances, database users and long-lived API keys " +
			"elsewhere were not looked at.")},
	}
}
