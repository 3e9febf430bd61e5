package plan

import (
	"slices"

	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// many says what one call does to several things.
var many = map[string]func(n int) message.Count{
	"iam:UpdateAccessKey": func(n int) message.Count {
		return message.Plural(n, "deactivate %d access key", "deactivate %d access keys")
	},
	"iam:DeleteAccessKey": func(n int) message.Count { return message.Plural(n, "delete %d access key", "delete %d access keys") },
	"iam:DeleteSSHPublicKey": func(n int) message.Count {
		return message.Plural(n, "delete %d SSH public key", "delete %d SSH public keys")
	},
	"iam:DeleteSigningCertificate": func(n int) message.Count {
		return message.Plural(n, "delete %d signing certificate", "delete %d signing certificates")
	},
	"iam:DeleteServerCertificate": func(n int) message.Count {
		return message.Plural(n, "delete %d server certificate", "delete %d server certificates")
	},
	"iam:DeleteServiceSpecificCredential": func(n int) message.Count {
		return message.Plural(n, "delete %d service-specific credential", "delete %d service-specific credentials")
	},
	"iam:DeleteLoginProfile": func(n int) message.Count {
		return message.Plural(n, "delete the console password of %d user", "delete the console passwords of %d users")
	},
	"iam:DeactivateMFADevice": func(n int) message.Count {
		return message.Plural(n, "deactivate %d MFA device", "deactivate %d MFA devices")
	},
	"iam:DeleteVirtualMFADevice": func(n int) message.Count {
		return message.Plural(n, "delete %d virtual MFA device", "delete %d virtual MFA devices")
	},
	"iam:CreateAccessKey": func(n int) message.Count { return message.Plural(n, "create %d access key", "create %d access keys") },
	"iam:CreatePolicyVersion": func(n int) message.Count {
		return message.Plural(n, "correct %d managed policy", "correct %d managed policies")
	},
	"iam:DeletePolicy": func(n int) message.Count {
		return message.Plural(n, "delete %d managed policy", "delete %d managed policies")
	},
	"iam:UpdateAssumeRolePolicy": func(n int) message.Count {
		return message.Plural(n, "correct the trust policy of %d role", "correct the trust policies of %d roles")
	},
	"iam:DeleteUser":  func(n int) message.Count { return message.Plural(n, "delete %d user", "delete %d users") },
	"iam:DeleteGroup": func(n int) message.Count { return message.Plural(n, "delete %d group", "delete %d groups") },
	"iam:DeleteRole":  func(n int) message.Count { return message.Plural(n, "delete %d role", "delete %d roles") },
	"iam:AddUserToGroup": func(n int) message.Count {
		return message.Plural(n, "add %d user to a group", "add %d users to a group")
	},
	"iam:RemoveUserFromGroup": func(n int) message.Count {
		return message.Plural(n, "take %d user out of a group", "take %d users out of a group")
	},
	"iam:DetachUserPolicy": func(n int) message.Count {
		return message.Plural(n, "detach a policy from %d user", "detach a policy from %d users")
	},
	"iam:DetachGroupPolicy": func(n int) message.Count {
		return message.Plural(n, "detach a policy from %d group", "detach a policy from %d groups")
	},
	"iam:DetachRolePolicy": func(n int) message.Count {
		return message.Plural(n, "detach a policy from %d role", "detach a policy from %d roles")
	},
	"access-analyzer:CreateAnalyzer": func(n int) message.Count {
		return message.Plural(n, "create an access analyzer in %d region", "create an access analyzer in %d regions")
	},
	"person:EnrolMFADevice": func(n int) message.Count {
		return message.Plural(n, "have %d user enrol an MFA device", "have %d users enrol an MFA device")
	},
}

// mostSaid is how many changes a title tells one by one.
const mostSaid = 3

// title says what a step does.
func (c *candidate) title() message.Message {
	if c.kind == Decision {
		return message.New("decide about %s: %s", message.Plural(len(c.findings), "%d finding", "%d findings"), c.rule.Problem)
	}
	done := lists.Filter(c.works[0].changes, func(c change.Change) bool { return c.Stage() != change.Wait && c.Stage() != change.Watch })
	last := done[len(done)-1]
	deletes := last.Stage() == change.Delete && slices.ContainsFunc(done, func(c change.Change) bool { return c.Stage() == change.Deactivate })
	if deletes {
		done = slices.DeleteFunc(done, func(c change.Change) bool { return c.Stage() == change.Deactivate })
	}
	said := message.Joined("%s, %s", lists.Map(done[:min(mostSaid, len(done))], func(one change.Change) message.Message {
		if of := many[one.Action]; of != nil && len(c.works) > 1 {
			return message.New("%s", of(len(c.works)))
		}
		return one.Words()
	})...)
	switch {
	case deletes && len(done) == 1:
		said = message.New("deactivate and, after a while, %s", said)
	case len(done) > mostSaid:
		said = message.New("%s, and %s", said, message.Plural(len(done)-mostSaid, "%d more change", "%d more changes"))
	}
	if len(c.works) > 1 && many[done[0].Action] == nil {
		said = message.New("%s, and %s like it", said, message.Plural(len(c.works)-1, "%d more", "%d more"))
	}
	return said
}
