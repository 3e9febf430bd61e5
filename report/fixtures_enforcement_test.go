package report_test

import (
	"sekisho/audit"
	"sekisho/audit/account"
)

// judged adds a user's line on MFA: one who has a password, no device and no key, may do nothing, and is no admin, but
// for what the changes say.
func judged(name string, changes ...func(*audit.EnforcementRow)) option {
	return func(r *audit.Report) {
		row := audit.EnforcementRow{
			Name: name, ARN: user(name), Password: ptr(true), MFAActive: ptr(false), ActiveKeys: ptr(0), Kinds: []account.MFAKind{},
			Admin: "no", Console: verdict("no_access"), AccessKey: verdict("no_access"),
		}
		for _, change := range changes {
			change(&row)
		}
		r.Enforcement = append(r.Enforcement, row)
	}
}

func ptr[T any](v T) *T { return &v }

func verdict(verdict string, leaks ...audit.LeakRow) audit.EnforcedOnPath {
	p := audit.EnforcedOnPath{Verdict: verdict, Sure: true, Leaks: leaks}
	if leaks == nil {
		p.Leaks = []audit.LeakRow{}
	}
	return p
}

func perhaps(p audit.EnforcedOnPath) audit.EnforcedOnPath {
	p.Sure = false
	return p
}

func leaks(service string, count int, by string, actions ...string) audit.LeakRow {
	return audit.LeakRow{Service: service, Actions: actions, Count: count, Sure: true, By: []string{by}}
}

func both(p audit.EnforcedOnPath) func(*audit.EnforcementRow) {
	return func(r *audit.EnforcementRow) { r.Console, r.AccessKey = p, p }
}

func paths(console, key audit.EnforcedOnPath) func(*audit.EnforcementRow) {
	return func(r *audit.EnforcementRow) { r.Console, r.AccessKey = console, key }
}

func devices(kinds ...account.MFAKind) func(*audit.EnforcementRow) {
	return func(r *audit.EnforcementRow) { r.Kinds, r.MFAActive = append(r.Kinds, kinds...), ptr(true) }
}

func has(password bool, keys int) func(*audit.EnforcementRow) {
	return func(r *audit.EnforcementRow) { r.Password, r.ActiveKeys = &password, &keys }
}

func isAdmin(s string) func(*audit.EnforcementRow) {
	return func(r *audit.EnforcementRow) { r.Admin = s }
}

func notKnown(reason string) func(*audit.EnforcementRow) {
	return func(r *audit.EnforcementRow) {
		r.Password, r.MFAActive, r.ActiveKeys, r.Admin, r.Reason = nil, nil, nil, "unknown", reason
		r.Console, r.AccessKey = perhaps(verdict("unknown")), perhaps(verdict("unknown"))
	}
}

// everyVerdict has a line of each kind that there may be, sorted by name.
func everyVerdict() option {
	everything := verdict("not_enforced", leaks("s3", 180, "AdministratorAccess#1", "s3:AbortMultipartUpload", "s3:CreateBucket"),
		leaks("ec2", 700, "AdministratorAccess#1", "ec2:AcceptAddressTransfer"), leaks("kms", 55, "AdministratorAccess#1", "kms:CancelKeyDeletion"))
	data := verdict("leaky", leaks("s3", 2, "ReadData#Buckets", "s3:GetObject", "s3:ListBucket"))
	machines := verdict("leaky", leaks("s3", 40, "Force-MFA#DenyAllExceptListedIfNoMFA", "s3:AbortMultipartUpload"), leaks("ec2", 2, "Machines#0", "ec2:RunInstances"),
		leaks("sqs", 1, "Machines#0", "sqs:SendMessage"), leaks("sns", 1, "Machines#0", "sns:Publish"), leaks("logs", 3, "Machines#0", "logs:PutLogEvents"),
		leaks("xray", 1, "Machines#0", "xray:PutTraceSegments"))
	return func(r *audit.Report) {
		for _, o := range []option{
			judged("alice", has(true, 1), both(everything), isAdmin("yes")),
			judged("bob", has(true, 2), devices(account.MFAVirtual, account.MFAVirtual), paths(everything, data)),
			judged("carol", devices(account.MFASMS), paths(verdict("enforced"), data)),
			judged("dave", devices(account.MFAFIDO, account.MFAHardware), both(everything), isAdmin("yes")),
			judged("deploy-production-tokyo-of-the-platform-team", has(false, 1), both(machines)),
			judged("erin", both(verdict("enforced"))),
			judged("frank", has(true, 1), devices(), both(verdict("enforced"))),
			judged("grace", has(true, 1), devices(account.MFAVirtual), both(perhaps(data)), isAdmin("possibly")),
			judged("heidi", has(false, 0), both(everything)),
			judged("ivan", has(true, 1), devices(account.MFAOther), notKnown("the policy Legacy-Guard could not be read: statement 2: got Effect \"Maybe\", want Allow or Deny")),
			judged("judy", notKnown(""), both(data), isAdmin("no")),
			judged("mallory"),
			judged("peggy", has(true, 1), paths(data, everything)),
		} {
			o(r)
		}
	}
}

// hostileLine has a string in every field of a line that holds one.
func hostileLine(s string) option {
	leak := audit.LeakRow{Service: s, Actions: []string{s, s + s}, Count: 3, By: []string{s, s + "#1", s + "#2"}}
	return func(r *audit.Report) {
		judged(s, has(true, 1), both(verdict("leaky", leak)))(r)
		judged(s, has(true, 1), devices(account.MFAFIDO), notKnown(s))(r)
		last := len(r.Enforcement) - 1
		r.Enforcement[last-1].ARN, r.Enforcement[last].ARN = user(s), s
	}
}
