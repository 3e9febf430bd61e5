package report_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	messages "sekisho/audit/message"
)

// The reports that the tests of this package render. Each shows one state of an account; reports_test writes them to
// testdata/report with -update, where other formats find them too.

const accountID = "123456789012"

var (
	takenAt  = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	reportAt = time.Date(2026, 11, 22, 3, 10, 0, 0, time.UTC)
)

func fixtures() map[string]*audit.Report {
	return map[string]*audit.Report{
		"clean":     clean(),
		"bad":       bad(),
		"unknown":   mostlyUnknown(),
		"hostile":   hostile(),
		"demo":      demo(),
		"empty":     makeReport(),
		"framework": everyRecommendation(),
		"excepted":  excepted(),
	}
}

type option func(*audit.Report)

// makeReport makes a consistent report: the counts are those of what the options put in.
func makeReport(options ...option) *audit.Report {
	alias := "acme"
	r := &audit.Report{
		Schema:             audit.ReportSchema,
		Tool:               audit.Tool{Name: "sekisho", Version: "1.0.0"},
		Account:            audit.AccountInfo{ID: accountID, Partition: "aws", Alias: &alias, SignInURL: account.SignInURL("aws", alias)},
		Caller:             "arn:aws:iam::" + accountID + ":user/auditor",
		TakenAt:            takenAt,
		CredentialReportAt: &reportAt,
		Configuration: audit.Configuration{
			Thresholds: audit.DefaultThresholds(), SkippedRules: []string{}, MachineUsers: []string{}, TrustedAccounts: []string{}, RequiredTags: []string{},
			UserThresholds: []audit.UserThresholds{},
		},
		Depth:          audit.DepthResult{Requested: audit.DepthStandard, Ran: audit.DepthStandard},
		SecurityStatus: audit.SecurityStatus{Items: []audit.StatusItem{}},
		Summary:        audit.Summary{FailedBySeverity: map[string]int{}},
		Rules:          []audit.RuleResult{},
		NotSelected:    []audit.NotSelected{},
		Findings:       []audit.Finding{},
		Passed:         map[string]audit.Passed{},
		NotApplicable:  map[string][]audit.Inapplicable{},
		Users:          []audit.UserRow{},
		Gaps:           []account.Gap{},
		Enforcement:    []audit.EnforcementRow{},
		Calls: account.Calls{
			Total: 9, ByAction: map[string]int{"iam:GetAccountSummary": 1, "iam:GetCredentialReport": 2, "iam:ListUsers": 1},
			SignIn: map[string]int{"sts:GetCallerIdentity": 1},
		},
	}
	for _, severity := range audit.Severities() {
		r.Summary.FailedBySeverity[severity.String()] = 0
	}
	for _, o := range options {
		o(r)
	}
	for _, item := range r.SecurityStatus.Items {
		r.SecurityStatus.Total++
		if item.Status != audit.StatusNotApplicable {
			r.SecurityStatus.Applicable++
		}
		if item.Status == audit.StatusPass {
			r.SecurityStatus.Complete++
		}
	}
	count(r)
	return r
}

// count fills in the rules and the numbers.
func count(r *audit.Report) {
	rule := func(id string, severity audit.Severity) *audit.RuleResult {
		if i := slices.IndexFunc(r.Rules, func(x audit.RuleResult) bool { return x.ID == id }); i >= 0 {
			return &r.Rules[i]
		}
		r.Rules = append(r.Rules, audit.RuleResult{
			ID: id, Title: "The claim of " + id, Problem: "The problem of " + id, Category: audit.CategoryMFA, Severity: severity,
			Controls: []audit.Control{{Framework: "cis-7.0", ID: "2.10"}, {Framework: "fsbp", ID: "IAM.5"}},
			Why:      "Why it matters.", How: "How it is judged.", Fix: "Console: open IAM, Users. Command: aws iam list-users",
		})
		return &r.Rules[len(r.Rules)-1]
	}
	for _, f := range r.Findings {
		x := rule(f.Rule, f.Severity)
		if f.Status == audit.StatusFail {
			x.Fail++
			r.Summary.Fail++
			r.Summary.FailedBySeverity[f.Severity.String()]++
			if f.Exception != nil {
				x.Excepted++
				r.Summary.Excepted++
			}
		} else {
			x.Unknown++
			r.Summary.Unknown++
		}
	}
	for id, p := range r.Passed {
		rule(id, audit.Medium).Pass += len(p.Resources)
		r.Summary.Pass += len(p.Resources)
	}
	for id, groups := range r.NotApplicable {
		for _, g := range groups {
			rule(id, audit.Medium).NotApplicable += len(g.Resources)
			r.Summary.NotApplicable += len(g.Resources)
		}
	}
	for i := range r.Rules {
		x := &r.Rules[i]
		switch {
		case x.Fail > 0:
			x.Status = audit.StatusFail
		case x.Unknown > 0:
			x.Status = audit.StatusUnknown
		case x.Pass > 0:
			x.Status = audit.StatusPass
		default:
			x.Status = audit.StatusNotApplicable
		}
	}
	slices.SortFunc(r.Rules, func(x, y audit.RuleResult) int { return strings.Compare(x.ID, y.ID) })
}

var points = [5]audit.StatusItem{
	{Rule: "root-no-access-keys", Title: "Delete your root access keys", Fix: "Console: sign in as root, open the account menu, Security credentials, " +
		"Access keys; deactivate the key, see that nothing breaks, then delete it. Command: aws iam delete-access-key --access-key-id KEYID"},
	{Rule: "root-mfa", Title: "Activate MFA on your root account", Fix: "Console: sign in as root, open the account menu, Security credentials, " +
		"Assign MFA device. There is no command for root."},
	{Rule: "individual-users", Title: "Create individual IAM users", Fix: "Console: IAM, Users, Create user.\nCommand: aws iam create-user --user-name NAME"},
	{Rule: "groups-grant-permissions", Title: "Use groups to assign permissions", Fix: "Console: IAM, User groups, Create group."},
	{Rule: "password-policy", Title: "Apply an IAM password policy", Fix: "Console: IAM, Account settings, Edit password policy, Custom. Command: " +
		"aws iam update-account-password-policy --minimum-password-length 14"},
}

// panel gives the five points their answers: a message means that the point fails, one that begins with ? that it is
// unknown, with - that it does not apply.
func panel(messages ...string) option {
	return func(r *audit.Report) {
		for i, message := range messages {
			item := points[i]
			switch {
			case message == "":
				item.Status = audit.StatusPass
			case message[0] == '?':
				item.Status, item.Message = audit.StatusUnknown, message[1:]
			case message[0] == '-':
				item.Status, item.Message = audit.StatusNotApplicable, message[1:]
			default:
				item.Status, item.Message = audit.StatusFail, message
			}
			r.SecurityStatus.Items = append(r.SecurityStatus.Items, item)
		}
	}
}

func user(name string) string { return "arn:aws:iam::" + accountID + ":user/" + name }

const root = "arn:aws:iam::" + accountID + ":root"

func finding(status audit.Status, severity audit.Severity, rule, resource, item, name string, text messages.Message) option {
	return func(r *audit.Report) {
		r.Findings = append(r.Findings, audit.Finding{
			Rule: rule, Status: status, Severity: severity, Resource: resource, Item: item, Name: name, Message: text.String(), Text: text,
			Evidence: []audit.Evidence{{Name: "mfa_active", Value: "false", Source: "iam:GetCredentialReport", ObservedAt: reportAt}},
		})
	}
}

func fails(severity audit.Severity, rule, resource, item, name, format string, args ...any) option {
	return finding(audit.StatusFail, severity, rule, resource, item, name, messages.Message{Format: format, Args: messages.New("", args...).Args})
}

func unknowns(severity audit.Severity, rule, resource, name, format string, args ...any) option {
	return finding(audit.StatusUnknown, severity, rule, resource, "", name, messages.Message{Format: format, Args: messages.New("", args...).Args})
}

func noted(format string, args ...any) option {
	return func(r *audit.Report) {
		last := &r.Findings[len(r.Findings)-1]
		last.Notes = append(last.Notes, messages.Message{Format: format, Args: messages.New("", args...).Args})
	}
}

func passes(rule string, resources ...string) option {
	return func(r *audit.Report) {
		r.Passed[rule] = audit.Passed{Resources: resources, Sources: []audit.Source{{Source: "iam:GetCredentialReport", ObservedAt: reportAt}}}
	}
}

func inapplicable(rule, reason string, resources ...string) option {
	return func(r *audit.Report) {
		r.NotApplicable[rule] = append(r.NotApplicable[rule], audit.Inapplicable{Reason: reason, Text: messages.New("%s", reason), Resources: resources})
	}
}

func notSelected(rule, reason string) option {
	return func(r *audit.Report) {
		r.NotSelected = append(r.NotSelected, audit.NotSelected{Rule: rule, Reason: reason})
	}
}

func gap(section account.Section, resource, action, code, message string) option {
	return func(r *audit.Report) {
		r.Gaps = append(r.Gaps, account.Gap{Section: section, Resource: resource, Action: action, Code: code, Message: message})
	}
}

// person is a user of whom everything is known; unread is one of whom nothing is.
func person(name string) option {
	return func(r *audit.Report) {
		created := time.Date(2024, 2, 29, 9, 30, 0, 0, time.UTC)
		used := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
		yes := true
		r.Users = append(r.Users, audit.UserRow{
			Name: name, ARN: user(name), Created: &created, Groups: []string{"developer"},
			Password: audit.PasswordRow{Enabled: &yes, LastUsed: &used, LastChanged: &created}, MFAActive: &yes,
			MFA: []audit.MFARow{{Serial: "arn:aws:iam::" + accountID + ":mfa/" + name, Kind: account.MFAVirtual, EnabledSince: &created}},
			AccessKeys: []audit.AccessKeyRow{
				{ID: "AKIAIOSFODNN7EXAMPLE", Slot: 1, Active: true, Created: created, LastUsed: &used, Service: "s3", Region: "ap-northeast-1"},
				{Slot: 2, Created: created},
			},
		})
	}
}

func unread(name string) option {
	return func(r *audit.Report) { r.Users = append(r.Users, audit.UserRow{Name: name, ARN: user(name)}) }
}

func clean() *audit.Report {
	return makeReport(panel("", "", "", "", ""),
		passes("console-mfa", "user/alice", "user/bob"), passes("root-mfa", "root"), passes("root-no-access-keys", "root"),
		inapplicable("console-mfa", "no console password", "user/ci"),
		notSelected("password-expiry", "off by default"), notSelected("access-key-at-setup", "skipped"),
		person("alice"), person("bob"),
		judged("alice", has(true, 2), devices(account.MFAVirtual), both(verdict("enforced"))),
		judged("bob", has(true, 2), devices(account.MFAFIDO, account.MFAFIDO), both(verdict("enforced")), isAdmin("yes")))
}

func bad() *audit.Report {
	return makeReport(
		way(user("alice"), "can"), way(user("bob"), "possible"), way(user("carol"), "unknown"),
		panel("root has 1 active and 1 inactive access keys, last used 2026-11-21", "root has a password and no MFA device", "",
			"there are 4 users and no group that has both a member and a policy", "-there is nothing of this kind in the account"),
		fails(audit.Critical, "root-no-access-keys", root, "", "root user", "root has %d active and %d inactive access keys, last used %s", 1, 1, "2026-11-21"),
		fails(audit.Critical, "root-mfa", root, "", "root user", "root has a password and no MFA device"),
		fails(audit.Critical, "console-mfa", user("alice"), "", "alice", "signs in with a password alone"),
		fails(audit.Critical, "console-mfa", user("bob"), "", "bob", "signs in with a password alone"),
		fails(audit.High, "password-policy", root, "", "account", "no password policy is set: AWS's default of 8 characters holds"),
		fails(audit.High, "mfa-sms", user("carol"), "arn:aws:iam::"+accountID+":sms-mfa/carol", "carol", "the device sends codes as text messages"),
		fails(audit.Medium, "access-key-rotation", user("alice"), "AKIAIOSFODNN7EXAMPLE", "alice",
			"active key is %d days old (created %s), last used %s by %s in %s", 301, "2026-01-25", "2026-11-21", "s3", "ap-northeast-1"),
		fails(audit.Medium, "access-key-rotation", user("engineering/platform/machines/deploy-production-tokyo"), "AKIAI44QH8DHBEXAMPLE",
			"deploy-production-tokyo", "active key is %d days old (created %s), never used", 720, "2024-12-02"),
		stepped("aws iam update-access-key --user-name 'deploy-production-tokyo' --access-key-id 'AKIAI44QH8DHBEXAMPLE' --status 'Inactive'"),
		fails(audit.Medium, "access-key-rotation", user("bob"), "access-key-2", "bob", "active key is %d days old (created %s), never used", 120, "2026-07-25"),
		noted("%s not known: %s", "access-key-ids", "iam:ListAccessKeys failed: AccessDenied: not authorized to perform iam:ListAccessKeys"),
		fails(audit.Low, "user-permissions-through-groups", user("alice"), "", "alice", "has 2 policies of her own: AdministratorAccess, inline-s3"),
		fails(audit.Info, "account-alias", root, "", "account", "the account has no alias: people sign in with a number"),
		passes("root-not-used", "root"), passes("console-mfa", "user/dave"),
		inapplicable("console-mfa", "no console password", "user/ci", "user/deploy"),
		gap(account.AccessKeysSection, "bob", "iam:ListAccessKeys", "AccessDenied", "not authorized to perform iam:ListAccessKeys"),
		person("alice"), person("bob"), person("carol"), person("dave"), everyVerdict(),
		func(r *audit.Report) {
			first := messages.New("have %s enrol an MFA device", "user/alice")
			r.FirstSteps = []audit.FirstStep{{Message: first.String(), Text: first, Severity: audit.Critical, Findings: 2, Kind: "person", Risk: "low"}}
			none := ""
			r.Account.Alias, r.Account.SignInURL = &none, account.SignInURL("aws", accountID)
			r.Calls.Throttled, r.Calls.Retried = 3, 1
		})
}

func mostlyUnknown() *audit.Report {
	denied := "User: arn:aws:iam::" + accountID + ":user/auditor is not authorized to perform: iam:GenerateCredentialReport on resource: * with an " +
		"explicit deny in an identity-based policy: arn:aws:iam::" + accountID + ":policy/Force-MFA"
	failed := "iam:GenerateCredentialReport failed: AccessDenied: " + denied
	options := []option{
		panel("", "?"+failed, "", "", "?iam:GetAccountPasswordPolicy failed: Throttling: Rate exceeded"),
		unknowns(audit.Critical, "root-mfa", root, "root user", "%s failed: %s: %s", "iam:GenerateCredentialReport", "AccessDenied", denied),
		unknowns(audit.High, "root-not-used", root, "root user", "%s failed: %s: %s", "iam:GenerateCredentialReport", "AccessDenied", denied),
		unknowns(audit.High, "password-policy", root, "account", "%s failed: %s: %s", "iam:GetAccountPasswordPolicy", "Throttling", "Rate exceeded"),
		unknowns(audit.Medium, "password-min-length", root, "account", "%s failed: %s: %s", "iam:GetAccountPasswordPolicy", "Throttling", "Rate exceeded"),
		unknowns(audit.Critical, "console-mfa", root, "account", "%d resources not judged: %s", 12,
			messages.New("%s failed: %s: %s", "iam:GenerateCredentialReport", "AccessDenied", denied)),
		passes("root-no-access-keys", "root"),
		gap(account.CredentialReportSection, "", "iam:GenerateCredentialReport", "AccessDenied", denied),
		gap(account.PasswordPolicySection, "", "iam:GetAccountPasswordPolicy", "Throttling", "Rate exceeded"),
		gap(account.AccountAliasesSection, "", "iam:ListAccountAliases", "AccessDenied", "Access to the alias is not for you"),
		gap(account.UsersSection, "", "iam:ListUsers", account.Contradiction, "the account summary says Users 9, and the list has 8"),
		gap(account.CredentialReportSection, "user9", "iam:GetCredentialReport", account.MalformedRow, "row 9 of the credential report names no user"),
	}
	for i := range 9 {
		name := fmt.Sprintf("user%d", i+1)
		options = append(options,
			unknowns(audit.High, "mfa-sms", user(name), name, "the list of MFA devices was not read"),
			gap(account.MFADevicesSection, name, "iam:ListMFADevices", "AccessDenied", "not authorized"), unread(name),
			judged(name, notKnown("iam:GetAccountAuthorizationDetails failed: AccessDenied")))
	}
	return makeReport(append(options, func(r *audit.Report) {
		r.Account.Alias, r.CredentialReportAt = nil, nil
		r.Account.SignInURL = account.SignInURL("aws", accountID)
		r.Declined = []account.Decline{{Section: account.AccessKeysSection, Users: []string{"user1", "user2"}, Reason: "refresh.max_users is 100"}}
		s := account.Snapshot{
			TakenAt: r.TakenAt, MachineTime: r.TakenAt.Add(-time.Hour),
			Endpoints: map[string]string{"iam": "http://192.0.2.1:8080", "sts": "http://192.0.2.1:8080", "account": "https://vpce.example"},
		}
		r.Notes, r.Endpoints = s.Warnings(), s.Endpoints
	})...)
}

// hostileStrings are what an attacker might call a user, and what each format must not hold as it is.
var hostileStrings = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`=cmd|'/C calc'!A0;=1`,
	"red\x1b[31mname\x1b]0;title\x07",
	"c1\u009b31mname",
	"photo\u202egnp.exe",
	"iso\u2066late",
	"zero\u200bwidth\ufeff",
	"two\nlines\r\n\ttabbed",
	"sep\u2028arated",
	"tag\U000e0041\U000e0042",
	"| a | b |\\",
	"`code` **bold** [link](javascript:alert)",
	"</script></style>{{.}}",
	"%s%n%d",
	"山田太郎（開発部）、関所の管理者。",
	"ｆｕｌｌｗｉｄｔｈ",
	"e\u0301\u0301\u0301\u0301\u0301\u0301zalgo",
	strings.Repeat("verylong", 60),
	strings.Repeat("長", 300),
}

// hostile has them everywhere an account can hold a string.
func hostile() *audit.Report {
	options := []option{}
	for i, s := range hostileStrings {
		severity := audit.Severities()[i%5]
		options = append(options,
			fails(severity, "console-mfa", user(s), s, s, "named %s, with %s", s, s), noted("%s not known: %s", s, s),
			unknowns(severity, "mfa-sms", user(s), s, "%s failed: %s: %s", "iam:ListMFADevices", s, s),
			gap(account.MFADevicesSection, s, "iam:ListMFADevices", s, s),
			passes("passed-rule", "user/"+s), inapplicable("inapplicable-rule", s, "user/"+s), notSelected("not-selected", s), person(s), hostileLine(s), hostileFramework(s),
			hostileException(s), hostileWay(s))
	}
	options = append(options, panel(hostileStrings[3], "?"+hostileStrings[5], "-"+hostileStrings[8], "", ""), func(r *audit.Report) {
		alias := strings.Join(hostileStrings[:10], " ")
		r.Account.Alias, r.Account.SignInURL = &alias, "https://"+alias+"/console"
		r.Account.ID, r.Account.Partition, r.Caller = hostileStrings[3], hostileStrings[5], "arn:aws:iam::"+accountID+":user/"+hostileStrings[4]
		r.Configuration.Source, r.Configuration.MachineUsers, r.Configuration.TrustedAccounts = hostileStrings[3], hostileStrings[:9], hostileStrings[:9]
		r.Configuration.RequiredTags = hostileStrings[:9]
		r.Configuration.UserThresholds = []audit.UserThresholds{{Users: hostileStrings[:9], Values: map[string]int{hostileStrings[3]: 1}}}
		r.Tool.Version = hostileStrings[3]
		r.Declined = []account.Decline{{Section: account.AccessKeysSection, Users: hostileStrings, Reason: hostileStrings[3]}}
		r.Calls.ByAction[hostileStrings[3]] = 1
		r.Endpoints = map[string]string{}
		for _, s := range hostileStrings {
			r.Endpoints[s] = s
			r.Notes = append(r.Notes, messages.New("a note on %s", s))
		}
		for i := range r.Findings {
			r.Findings[i].Evidence[0].Value = r.Findings[i].Name
		}
	})
	return makeReport(options...)
}

func demo() *audit.Report {
	return makeReport(panel("", "", "", "", ""), func(r *audit.Report) { r.Demo = true },
		fails(audit.Low, "user-active", user("yamada"), "", "yamada", "no password or key use in 90 days, last on %s", "2026-03-01"),
		passes("root-mfa", "root"), person("yamada"),
		judged("yamada", has(true, 1), devices(account.MFAVirtual), paths(verdict("enforced"), verdict("leaky", leaks("s3", 42, "Force-MFA#DenyAllExceptListedIfNoMFA", "s3:AbortMultipartUpload")))))
}
