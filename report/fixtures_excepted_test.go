package report_test

import (
	"fmt"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

func day(month time.Month, of int) time.Time { return time.Date(2026, month, of, 0, 0, 0, 0, time.UTC) }

// excepts has an exception bear the last findings, so many of them, and lists it.
func excepts(n int, e audit.Exception) option {
	return func(r *audit.Report) {
		for i := range r.Findings[len(r.Findings)-n:] {
			exception := e
			r.Findings[len(r.Findings)-n+i].Exception = &exception
		}
		r.Exceptions = append(r.Exceptions, audit.ExceptionResult{Exception: e, State: audit.ExceptionUsed, Findings: n})
	}
}

// lists adds an exception that covers nothing.
func lists(state audit.ExceptionState, e audit.Exception) option {
	return func(r *audit.Report) {
		r.Exceptions = append(r.Exceptions, audit.ExceptionResult{Exception: e, State: state})
	}
}

// advising says what to do about the last exception, and how many failures it covers.
func advising(findings int, format string, args ...any) option {
	return func(r *audit.Report) {
		text := message.Message{Format: format, Args: message.New("", args...).Args}
		last := &r.Exceptions[len(r.Exceptions)-1]
		last.Findings, last.Text, last.Note = findings, &text, text.String()
	}
}

func costs(rule, each string, calls, minutes int) option {
	return func(r *audit.Report) {
		r.NotSelected = append(r.NotSelected, audit.NotSelected{
			Rule: rule, Cost: &audit.Cost{Each: each, Calls: calls, Minutes: minutes},
			Reason: fmt.Sprintf("not looked at in a standard run: it takes a call for each %s, about %d calls and %d min (--depth deep)", each, calls, minutes),
		})
	}
}

// excepted has exceptions of each state, a rule with every failure excepted and one with some, rules that were too
// dear, and notes and failed calls that repeat themselves.
func excepted() *audit.Report {
	refused := func(name string) string {
		return "User: " + user("auditor") + " is not authorized to perform: iam:GetLoginProfile on resource: user " + name + " because no identity-based policy allows the iam:GetLoginProfile action"
	}
	options := []option{
		panel("", "root has a password and no MFA device", "", "", ""),
		lists(audit.ExceptionExpired, audit.Exception{Rule: "console-mfa", Resource: "user/ivan", Reason: "lost a phone", Owner: "Hanako Yamada", Expires: day(11, 1)}),
		advising(1, "expired on %s: fix what it was for, or renew it", day(11, 1)),
		lists(audit.ExceptionUnused, audit.Exception{Rule: "access-key-*", Resource: "AKIAI44QH8DHBEXAMPLE", Reason: "a build server that is being replaced", Owner: "Platform", Ticket: "OPS-77",
			Expires: day(12, 31)}),
		advising(0, "nothing that it names fails: take it out"),
		lists(audit.ExceptionNotJudged, audit.Exception{Rule: "ssh-key-age", Resource: "*", Reason: "CodeCommit goes away in spring", Owner: "Platform", Expires: day(12, 31)}),
		fails(audit.Critical, "root-mfa", root, "", "root user", "root has a password and no MFA device"),
		excepts(1, audit.Exception{Rule: "root-mfa", Resource: "root", Reason: "the device is in the post", Owner: "Hanako Yamada", Ticket: "SEC-12", Expires: day(12, 1)}),
	}
	for i := range 9 {
		name := fmt.Sprintf("user%d", i+1)
		options = append(options, fails(audit.Critical, "console-mfa", user(name), "", name, "signs in with a password alone"),
			noted("as of the credential report of %s, and not looked at again: %s", "2026-11-22T03:10:00Z", "iam:GetLoginProfile failed: AccessDenied: "+refused(name)),
			gap(account.LoginProfileSection, name, "iam:GetLoginProfile", "AccessDenied", refused(name)))
	}
	return makeReport(append(options,
		noted("mfa-devices not known: %s", "iam:ListMFADevices failed: Throttling: Rate exceeded"),
		excepts(2, audit.Exception{Rule: "mfa", Resource: "user/user*", Account: accountID, Reason: "moves to IAM Identity Center", Owner: "Jirō Suzuki", Ticket: "SEC-31", Expires: day(12, 24)}),
		fails(audit.High, "mfa-sms", user("carol"), "arn:aws:iam::"+accountID+":sms-mfa/carol", "carol", "the device sends codes as text messages"),
		excepts(1, audit.Exception{Rule: "mfa-sms", Resource: "user/carol", Reason: "no smartphone", Owner: "Hanako Yamada", Expires: day(12, 31)}),
		advising(1, "not pinned: someone who gets that name later inherits it; add unique_id: %s", "AIDACAROLEXAMPLE"),
		fails(audit.Low, "user-active", user("dave"), "", "dave", "no password or key use in 90 days, last on %s", "2026-03-01"),
		excepts(1, audit.Exception{Rule: "user-active", Resource: "user/dave", UniqueID: "AIDADAVEEXAMPLE", Reason: "parental leave", Owner: "People", Expires: day(12, 31)}),
		fails(audit.Low, "user-active", user("erin"), "", "erin", "no password or key use in 90 days, last on %s", "2026-02-01"),
		fails(audit.Low, "access-analyzer", root, "eu-west-1", "eu-west-1", "no access analyzer in %s", "eu-west-1"),
		lists(audit.ExceptionOtherAccount, audit.Exception{Rule: "root-mfa", Resource: "root", Account: "210987654321", Reason: "closed soon", Owner: "Hanako Yamada", Expires: day(12, 31)}),
		passes("root-no-access-keys", "root"), person("carol"), mustChange(),
		gap(account.AccessAnalyzersSection, "us-east-1", "access-analyzer:ListAnalyzers", "AccessDenied", "no in us-east-1"),
		gap(account.AccessAnalyzersSection, "ap-northeast-1", "access-analyzer:ListAnalyzers", "AccessDenied", "no in ap-northeast-1"),
		gap(account.AccessAnalyzersSection, "eu-west-1", "access-analyzer:ListAnalyzers", "Throttling", "Rate exceeded"),
		notSelected("password-expiry", "off by default"), costs("ssh-key-age", "user", 5000, 17), costs("signing-certificate", "user", 0, 0), costs("access-analyzer", "region", 18, 1),
		framework("cis-7.0", "CIS AWS Foundations Benchmark 7.0, IAM",
			recommends("2.5", "Root signs in with MFA", audit.VerdictFail, decides("root-mfa", audit.VerdictFail, 0, "root user")),
			recommends("2.10", "Users with a console password have MFA", audit.VerdictFail, decides("console-mfa", audit.VerdictFail, 0, "user/user1", "user/user9"))),
		func(r *audit.Report) {
			r.Depth.Requested, r.Configuration.Fresh = audit.DepthAuto, true
			r.Configuration.RequiredTags = []string{"owner"}
			r.Configuration.UserThresholds = []audit.UserThresholds{{Users: []string{"ci-*", "tag:kind=machine"}, Values: map[string]int{"access_key_max_age_days": 30, "user_inactive_days": 7}}}
			r.Frameworks[0].Recommendations[0].Excepted, r.Frameworks[0].Recommendations[1].Excepted = 1, 2
			for i := range r.Findings {
				if f := &r.Findings[i]; f.Name == "dave" {
					f.ResourceID = "AIDADAVEEXAMPLE"
				}
			}
		})...)
}

// mustChange is a user who was given a password that they have not changed yet.
func mustChange() option {
	return func(r *audit.Report) {
		person("frank")(r)
		yes := true
		r.Users[len(r.Users)-1].Password.ResetRequired = &yes
	}
}

// hostileException has a string in every field of an exception that holds one, and covers the failure of the user of
// that name.
func hostileException(s string) option {
	return func(r *audit.Report) {
		e := audit.Exception{Rule: s, Resource: s, UniqueID: s, Account: s, Reason: s, Owner: s, Ticket: s, Expires: day(12, 31)}
		for i := range r.Findings {
			if f := &r.Findings[i]; f.Name == s && f.Status == audit.StatusFail {
				f.Exception, f.ResourceID = &e, s
			}
		}
		text := message.New("%s", s)
		r.Exceptions = append(r.Exceptions, audit.ExceptionResult{Exception: e, State: audit.ExceptionUsed, Findings: 1, Note: s, Text: &text})
		r.NotSelected = append(r.NotSelected, audit.NotSelected{Rule: "too-dear", Reason: s, Cost: &audit.Cost{Each: "region", Calls: 1, Minutes: 1}})
	}
}
