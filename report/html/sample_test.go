package html_test

import (
	"fmt"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	messages "sekisho/audit/message"
)

var (
	takenAt  = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	reportAt = takenAt.Add(-110 * time.Minute)
)

const rootARN = "arn:aws:iam::111122223333:root"

// sample is a report of a small company in which each kind of thing that a report can hold is there.
func sample() *audit.Report {
	alias := "acme-kk"
	r := &audit.Report{
		Schema: audit.ReportSchema, Tool: audit.Tool{Name: "sekisho", Version: "1.2.3"}, Demo: true,
		Account: audit.AccountInfo{ID: "111122223333", Partition: "aws", Alias: &alias, SignInURL: account.SignInURL("aws", alias)},
		Caller:  "arn:aws:iam::111122223333:user/auditors/hanako", TakenAt: takenAt, CredentialReportAt: &reportAt,
		Configuration: audit.Configuration{
			Source: "sekisho.yaml", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			Thresholds: audit.DefaultThresholds(), SkippedRules: []string{"group-not-empty"}, MachineUsers: []string{"ci-*", "tag:kind=machine"}, TrustedAccounts: []string{"444455556666"},
			RequiredTags: []string{"cost-center"}, UserThresholds: []audit.UserThresholds{{Users: []string{"build-*"}, Values: map[string]int{"access_key_max_age_days": 30, "user_inactive_days": 7}}},
			Fresh: true,
		},
		Depth: audit.DepthResult{Requested: audit.DepthAuto, Ran: audit.DepthStandard},
		NotSelected: []audit.NotSelected{{Rule: "password-expiry", Reason: "off by default"}, {Rule: "group-not-empty", Reason: "skipped"},
			{Rule: "ssh-key-age", Reason: "not looked at in a standard run", Cost: &audit.Cost{Each: "user", Calls: 4321, Minutes: 15}}},
		Passed:        map[string]audit.Passed{},
		NotApplicable: map[string][]audit.Inapplicable{},
		Users:         sampleUsers(),
		Enforcement:   sampleEnforcement(),
		Frameworks:    sampleFrameworks(),
		AccessPaths:   sampleWays(),
		Gaps: []account.Gap{
			{Section: account.AccountSummarySection, Action: "iam:GetAccountSummary", Code: "AccessDenied", Message: "User: hanako is not authorized to perform: iam:GetAccountSummary with an explicit deny"},
			{Section: account.AccessKeysSection, Resource: "taro", Action: "iam:ListAccessKeys", Code: "Throttling", Message: "Rate exceeded"},
			{Section: account.LoginProfileSection, Resource: "kenji", Action: "iam:GetLoginProfile", Code: "AccessDenied", Message: "not authorized on resource: user kenji"},
			{Section: account.LoginProfileSection, Resource: "yuki", Action: "iam:GetLoginProfile", Code: "AccessDenied", Message: "not authorized on resource: user yuki"},
			{Section: account.AccessAnalyzersSection, Resource: "eu-west-1", Action: "access-analyzer:ListAnalyzers", Code: "AccessDenied", Message: "no"},
		},
		Declined:  []account.Decline{{Section: account.MFADevicesSection, Users: []string{"kenji", "yuki"}, Reason: "refresh.max_users is 100"}},
		Notes:     []messages.Message{messages.New("this machine's clock is off")},
		Endpoints: map[string]string{"iam": "https://vpce.example"},
		Calls: account.Calls{Total: 17, Throttled: 2, Retried: 3,
			ByAction: map[string]int{"iam:GetAccountAuthorizationDetails": 2, "iam:GetCredentialReport": 3, "iam:ListAccessKeys": 12},
			SignIn:   map[string]int{"sts:GetCallerIdentity": 1}},
	}
	r.Summary.FailedBySeverity = map[string]int{}

	mfa := newRule("console-mfa", "Every user with a console password has an MFA device", audit.Critical, "cis-7.0", "2.10")
	keys := newRule("access-key-rotation", "No active access key is older than 90 days", audit.Medium, "cis-7.0", "2.12")
	rootMFA := newRule("root-mfa", "Root has an MFA device", audit.Critical, "cis-7.0", "2.5")
	rootKeys := newRule("root-no-access-keys", "Root has no access keys", audit.Critical, "fsbp", "IAM.4")
	policy := newRule("password-policy", "The account has a password policy of its own", audit.High, "fsbp", "IAM.7")
	groups := newRule("groups-grant-permissions", "Permissions come through groups", audit.Medium, "", "")
	alone := newRule("individual-users", "People have users of their own", audit.Medium, "", "")
	orphan := newRule("mfa-orphan-device", "No virtual MFA device is without an owner", audit.Low, "", "")

	fail(r, &mfa, user("taro"), "", "taro", "signs in with a password alone", evidence("password_enabled", "true"), evidence("mfa_active", "false"))
	fail(r, &mfa, user("vendors/contractor-of-the-summer-project-with-a-long-name-of-64-ch"), "", "contractor-of-the-summer-project-with-a-long-name-of-64-ch",
		"signs in with a password alone", evidence("password_enabled", "true"), evidence("mfa_active", "false"))
	unknown(r, &rootMFA, rootARN, "root user", "iam:GetAccountSummary failed: AccessDenied: User: hanako is not authorized to perform: iam:GetAccountSummary with an explicit deny")
	fail(r, &policy, rootARN, "", "account", "no password policy is set: AWS's default of 8 characters holds", evidence("password_policy", "none"))
	fail(r, &keys, user("deploy"), "AKIAIOSFODNN7EXAMPLE", "deploy", "is active and 412 days old, last used 2026-11-21 by s3 in ap-northeast-1",
		evidence("access_key_1_active", "true"), evidence("access_key_1_last_rotated", "2025-10-06T01:02:03+00:00"))
	fail(r, &keys, user("taro"), "access-key-1", "taro", "is active and 120 days old", evidence("access_key_1_last_rotated", "2026-07-25T09:00:00+00:00"))
	r.Findings[len(r.Findings)-1].Notes = []messages.Message{messages.New("user-access-key-ids not known: %s failed", "iam:ListAccessKeys")}
	except(r, &keys, audit.Exception{Rule: "access-key-rotation", Resource: "user/taro", UniqueID: "AIDATAROEXAMPLE", Reason: "the build server is being replaced", Owner: "Platform team",
		Ticket: "OPS-77", Expires: takenAt.AddDate(0, 1, 0)})
	unknown(r, &keys, user("yuki"), "yuki", "iam:ListAccessKeys failed: Throttling: Rate exceeded")
	pass(r, &mfa, "user/hanako", "user/kenji", "user/yuki")
	pass(r, &keys, "user/hanako#AKIAI44QH8DHBEXAMPLE")
	pass(r, &rootKeys, "root")
	pass(r, &groups, "root")
	pass(r, &alone, "root")
	inapplicable(r, &mfa, "no console password", "user/deploy")
	inapplicable(r, &orphan, "there is nothing of this kind in the account", "root")
	expired := audit.Exception{Rule: "console-mfa", Resource: "user/taro", Account: "111122223333", Reason: "lost a phone", Owner: "Hanako", Expires: takenAt.AddDate(0, 0, -3)}
	text := messages.New("expired on %s: fix what it was for, or renew it", expired.Expires)
	r.Exceptions = append([]audit.ExceptionResult{{Exception: expired, State: audit.ExceptionExpired, Findings: 1, Note: text.String(), Text: &text}}, r.Exceptions...)
	r.Rules = []audit.RuleResult{rootKeys, rootMFA, alone, groups, policy, mfa, keys, orphan}
	r.SecurityStatus = audit.SecurityStatus{Complete: 3, Total: 5, Items: []audit.StatusItem{
		{Rule: rootKeys.ID, Title: "Delete your root access keys", Status: audit.StatusPass},
		{Rule: rootMFA.ID, Title: "Activate MFA on your root account", Status: audit.StatusUnknown, Message: "iam:GetAccountSummary failed: AccessDenied: explicit deny", Fix: fixText},
		{Rule: alone.ID, Title: "Create individual IAM users", Status: audit.StatusPass},
		{Rule: groups.ID, Title: "Use groups to assign permissions", Status: audit.StatusPass},
		{Rule: policy.ID, Title: "Apply an IAM password policy", Status: audit.StatusFail, Message: "no password policy is set", Fix: fixText},
	}}
	return r
}

const fixText = "Console: IAM > Account settings > Password policy > Edit, and choose `Custom`.\n\n" +
	"Command line:\n" +
	"aws iam update-account-password-policy --minimum-password-length 16 \\\n  --require-symbols --require-numbers\n\n" +
	"- The policy holds for passwords set from now on.\n- Old ones stay as they are."

func newRule(id, title string, severity audit.Severity, framework, control string) audit.RuleResult {
	rule := audit.RuleResult{ID: id, Title: title, Problem: "not so: " + title, Category: audit.CategoryMFA, Severity: severity, Controls: []audit.Control{}, Status: audit.StatusNotApplicable,
		Why: "Why of " + id + ": a password that leaks opens the account.", How: "How of " + id + ": judged by `mfa_active` of the credential report.", Fix: "Fix of " + id + ".\n" + fixText}
	if framework != "" {
		rule.Controls = append(rule.Controls, audit.Control{Framework: framework, ID: control})
	}
	return rule
}

func user(path string) string { return "arn:aws:iam::111122223333:user/" + path }

func evidence(name, value string) audit.Evidence {
	return audit.Evidence{Name: name, Value: value, Source: "iam:GetCredentialReport", ObservedAt: reportAt}
}

func fail(r *audit.Report, rule *audit.RuleResult, arn, item, name, message string, e ...audit.Evidence) {
	r.Findings = append(r.Findings, audit.Finding{Rule: rule.ID, Status: audit.StatusFail, Severity: rule.Severity,
		Resource: arn, Item: item, Name: name, Message: message, Text: messages.New("%s", message), Evidence: e})
	rule.Fail++
	rule.Status = audit.StatusFail
	r.Summary.Fail++
	r.Summary.FailedBySeverity[rule.Severity.String()]++
}

// except has an exception bear the last failure.
func except(r *audit.Report, rule *audit.RuleResult, e audit.Exception) {
	r.Findings[len(r.Findings)-1].Exception = &e
	rule.Excepted++
	r.Summary.Excepted++
	r.Exceptions = append(r.Exceptions, audit.ExceptionResult{Exception: e, State: audit.ExceptionUsed, Findings: 1})
}

func unknown(r *audit.Report, rule *audit.RuleResult, arn, name, message string) {
	r.Findings = append(r.Findings, audit.Finding{Rule: rule.ID, Severity: rule.Severity, Resource: arn, Name: name,
		Message: message, Text: messages.New("%s", message), Evidence: []audit.Evidence{}})
	rule.Unknown++
	if rule.Status != audit.StatusFail {
		rule.Status = audit.StatusUnknown
	}
	r.Summary.Unknown++
}

func pass(r *audit.Report, rule *audit.RuleResult, resources ...string) {
	r.Passed[rule.ID] = audit.Passed{Resources: resources, Sources: []audit.Source{{Source: "iam:GetCredentialReport", ObservedAt: reportAt}}}
	rule.Pass += len(resources)
	if rule.Status == audit.StatusNotApplicable {
		rule.Status = audit.StatusPass
	}
	r.Summary.Pass += len(resources)
}

func inapplicable(r *audit.Report, rule *audit.RuleResult, reason string, resources ...string) {
	r.NotApplicable[rule.ID] = append(r.NotApplicable[rule.ID], audit.Inapplicable{Reason: reason, Text: messages.New("%s", reason), Resources: resources})
	rule.NotApplicable += len(resources)
	r.Summary.NotApplicable += len(resources)
}

func sampleUsers() []audit.UserRow {
	day := func(n int) *time.Time {
		t := takenAt.AddDate(0, 0, -n)
		return &t
	}
	yes, no := true, false
	return []audit.UserRow{
		{Name: "contractor-of-the-summer-project-with-a-long-name-of-64-ch", ARN: user("vendors/contractor-of-the-summer-project-with-a-long-name-of-64-ch"), Created: day(300),
			Groups: []string{}, Password: audit.PasswordRow{Enabled: &yes, LastChanged: day(300)}, MFAActive: &no, AccessKeys: []audit.AccessKeyRow{}},
		{Name: "deploy", ARN: user("deploy"), Created: day(900), Groups: []string{"machines"}, Password: audit.PasswordRow{Enabled: &no}, MFAActive: &no, MFA: []audit.MFARow{},
			AccessKeys: []audit.AccessKeyRow{
				{ID: "AKIAIOSFODNN7EXAMPLE", Slot: 1, Active: true, Created: *day(412), LastUsed: day(1), Service: "s3", Region: "ap-northeast-1"},
				{ID: "AKIAI44QH8DHBEXAMPLE", Slot: 2, Created: *day(700), Service: "N/A", Region: "N/A"}}},
		{Name: "hanako", ARN: user("auditors/hanako"), Created: day(800), Groups: []string{"administrator", "developer"},
			Password: audit.PasswordRow{Enabled: &yes, LastUsed: day(0), LastChanged: day(60)}, MFAActive: &yes,
			MFA: []audit.MFARow{{Serial: "arn:aws:iam::111122223333:mfa/hanako-phone", Kind: account.MFAVirtual, EnabledSince: day(400)},
				{Serial: "arn:aws:iam::111122223333:u2f/user/hanako/key-ABC", Kind: account.MFAFIDO}},
			AccessKeys: []audit.AccessKeyRow{{ID: "", Slot: 1, Active: true, Created: *day(20)}}},
		{Name: "kenji", ARN: user("kenji"), Created: day(100), Groups: []string{"developer"}, Password: audit.PasswordRow{Enabled: &yes, LastUsed: day(3), ResetRequired: &yes}, MFAActive: &yes, AccessKeys: []audit.AccessKeyRow{}},
		{Name: "taro", ARN: user("taro"), Created: day(120), Groups: []string{"developer"}, Password: audit.PasswordRow{Enabled: &yes, LastUsed: day(90), LastChanged: day(110)},
			MFAActive: &no, AccessKeys: []audit.AccessKeyRow{{Slot: 1, Active: true, Created: *day(120)}}},
		{Name: "yuki", ARN: user("yuki")},
	}
}

// large is a report of many users of whom each has two keys and a device, and of so many findings.
func large(users, findings int) *audit.Report {
	r := sample()
	r.Users, r.Findings, r.Enforcement = nil, nil, nil
	mfa, keys := r.Rules[5], r.Rules[6]
	yes := true
	names := make([]string, users)
	for i := range users {
		name := fmt.Sprintf("employee-%05d.department", i)
		names[i] = "user/" + name
		since := takenAt.AddDate(0, 0, -i%900)
		row := audit.UserRow{Name: name, ARN: user(name), Created: &since, Groups: []string{"developer", "department-" + fmt.Sprint(i%40)},
			Password: audit.PasswordRow{Enabled: &yes, LastUsed: &since, LastChanged: &since}, MFAActive: &yes,
			MFA: []audit.MFARow{{Serial: "arn:aws:iam::111122223333:mfa/" + name, Kind: account.MFAVirtual, EnabledSince: &since}}}
		for slot := range 2 {
			row.AccessKeys = append(row.AccessKeys, audit.AccessKeyRow{ID: fmt.Sprintf("AKIA%05d%dEXAMPLE", i, slot), Slot: slot + 1, Active: true, Created: since, LastUsed: &since, Service: "dynamodb", Region: "ap-northeast-1"})
		}
		r.Users = append(r.Users, row)
		r.Enforcement = append(r.Enforcement, enforcementOf(name, i, leaking(i%50)))
	}
	for i := range findings {
		name := fmt.Sprintf("employee-%05d.department", i%users)
		if i < findings/2 {
			fail(r, &mfa, user(name), "", name, "signs in with a password alone", evidence("password_enabled", "true"), evidence("mfa_active", "false"))
		} else {
			fail(r, &keys, user(name), fmt.Sprintf("AKIA%05d%dEXAMPLE", i%users, 0), name, "is active and 412 days old, last used 2026-11-21 by s3 in ap-northeast-1",
				evidence("access_key_1_active", "true"), evidence("access_key_1_last_rotated", "2025-10-06T01:02:03+00:00"), evidence("access_key_1_last_used_date", "2026-11-21T01:02:03+00:00"))
		}
	}
	r.Rules[5], r.Rules[6] = mfa, keys
	for i := range r.Rules {
		if i != 5 && i != 6 {
			pass(r, &r.Rules[i], names...)
		}
	}
	for i := range 20 {
		rule := newRule(fmt.Sprintf("rule-%02d", i), "Another claim about every user", audit.Low, "", "")
		pass(r, &rule, names...)
		r.Rules = append(r.Rules, rule)
	}
	return r
}
