package html_test

import (
	"fmt"

	"sekisho/audit"
	"sekisho/audit/account"
)

// sampleEnforcement has a line of each verdict.
func sampleEnforcement() []audit.EnforcementRow {
	yes, no, none, one := true, false, 0, 1
	closed := audit.EnforcedOnPath{Verdict: "enforced", Sure: true}
	everything := leaking(0)
	everything.Verdict = "not_enforced"
	perhaps := leaking(1)
	perhaps.Sure = false
	return []audit.EnforcementRow{
		{Name: "contractor-of-the-summer-project-with-a-long-name-of-64-ch", ARN: user("vendors/contractor-of-the-summer-project-with-a-long-name-of-64-ch"),
			Password: &yes, MFAActive: &no, ActiveKeys: &none, Admin: "no", Console: closed, AccessKey: closed},
		{Name: "deploy", ARN: user("deploy"), Password: &no, MFAActive: &no, ActiveKeys: &one, Admin: "no", Console: leaking(2), AccessKey: leaking(2)},
		{Name: "hanako", ARN: user("auditors/hanako"), Password: &yes, MFAActive: &yes, ActiveKeys: &one, Kinds: []account.MFAKind{account.MFAVirtual, account.MFAFIDO},
			Admin: "yes", Console: everything, AccessKey: everything},
		{Name: "kenji", ARN: user("kenji"), Password: &yes, MFAActive: &yes, ActiveKeys: &none, Kinds: []account.MFAKind{account.MFAHardware, account.MFAHardware, account.MFASMS, account.MFAOther},
			Admin: "possibly", Console: closed, AccessKey: perhaps},
		{Name: "taro", ARN: user("taro"), Password: &yes, MFAActive: &no, ActiveKeys: &one, Admin: "no", Console: perhaps, AccessKey: audit.EnforcedOnPath{Verdict: "no_access", Sure: true}},
		{Name: "yuki", ARN: user("yuki"), Admin: "unknown", Console: audit.EnforcedOnPath{Verdict: "unknown"}, AccessKey: audit.EnforcedOnPath{Verdict: "unknown"},
			Reason: "the policy Force-MFA could not be read: iam:GetAccountAuthorizationDetails failed: Throttling"},
	}
}

// leaking leaks by the n-th set of policies.
func leaking(n int) audit.EnforcedOnPath {
	p := audit.EnforcedOnPath{Verdict: "leaky", Sure: true}
	for i, service := range []string{"s3", "ec2", "dynamodb", "sqs", "sns", "logs", "kms", "lambda", "events", "states", "glue", "athena", "xray", "batch"} {
		p.Leaks = append(p.Leaks, audit.LeakRow{Service: service, Actions: []string{service + ":CreateThing", service + ":DescribeThings", service + ":ListThings"}, Count: 40 + i, Sure: i%5 != 4,
			By: []string{fmt.Sprintf("Force-MFA-%d#DenyAllExceptListedIfNoMFA", n), fmt.Sprintf("Department-%d#%d", n, i)}})
	}
	return p
}

// enforcementOf is a user of a large account: the key of every second leaks.
func enforcementOf(name string, i int, leaky audit.EnforcedOnPath) audit.EnforcementRow {
	yes, two := true, 2
	closed := audit.EnforcedOnPath{Verdict: "enforced", Sure: true}
	row := audit.EnforcementRow{Name: name, ARN: user(name), Password: &yes, MFAActive: &yes, ActiveKeys: &two, Kinds: []account.MFAKind{account.MFAVirtual, account.MFAFIDO},
		Admin: "no", Console: closed, AccessKey: closed}
	if i%2 == 0 {
		row.AccessKey = leaky
	}
	return row
}
