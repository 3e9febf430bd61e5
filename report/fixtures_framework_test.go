package report_test

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// framework adds what one framework says; its summary is counted.
func framework(id, title string, list ...audit.RecommendationResult) option {
	return func(r *audit.Report) {
		f := audit.FrameworkResult{ID: id, Title: title, Recommendations: list}
		for _, recommendation := range list {
			switch recommendation.Verdict {
			case audit.VerdictPass:
				f.Summary.Pass++
			case audit.VerdictFail:
				f.Summary.Fail++
			case audit.VerdictUnknown:
				f.Summary.Unknown++
			case audit.VerdictNotApplicable:
				f.Summary.NotApplicable++
			case audit.VerdictNotAssessed:
				f.Summary.NotAssessed++
			}
		}
		r.Frameworks = append(r.Frameworks, f)
	}
}

func recommends(id, title string, verdict audit.Verdict, rules ...audit.RecommendationRule) audit.RecommendationResult {
	if rules == nil {
		rules = []audit.RecommendationRule{}
	}
	return audit.RecommendationResult{ID: id, Title: title, Verdict: verdict, Rules: rules}
}

func notAssessed(id, title string, why message.Message, rules ...audit.RecommendationRule) audit.RecommendationResult {
	r := recommends(id, title, audit.VerdictNotAssessed, rules...)
	r.Reason, r.Text = why.String(), why
	return r
}

func decides(id string, verdict audit.Verdict, unknown int, failing ...string) audit.RecommendationRule {
	if failing == nil {
		failing = []string{}
	}
	return audit.RecommendationRule{ID: id, Verdict: verdict, Failing: failing, Unknown: unknown}
}

// everyRecommendation has each verdict and each way that a rule stands behind one.
func everyRecommendation() *audit.Report {
	return makeReport(panel("", "", "", "", ""), way(user("bob"), "possible"),
		fails(audit.Critical, "console-mfa", user("alice"), "", "alice", "signs in with a password alone"),
		framework("cis-7.0", "CIS AWS Foundations Benchmark 7.0, IAM",
			notAssessed("2.1.1", "No workload runs in the organization's management account", message.New("it is about AWS Organizations, which Sekisho does not read")),
			recommends("2.4", "Root has no access key", audit.VerdictPass, decides("root-no-access-keys", audit.VerdictPass, 0)),
			recommends("2.10", "Users with a console password have MFA", audit.VerdictFail, decides("console-mfa", audit.VerdictFail, 2, "user/alice"),
				decides("user-mfa", audit.VerdictPass, 0), decides("mfa-sms", audit.VerdictUnknown, 1)),
			recommends("2.11", "Credentials that were not used for 45 days are switched off", audit.VerdictFail,
				decides("access-key-unused", audit.VerdictFail, 0, "user/a#AKIAIOSFODNN7EXAMPLE", "user/b#AKIAI44QH8DHBEXAMPLE", "user/c", "user/d", "user/e", "user/f", "user/g",
					"user/h", "user/engineering/platform/machines/deploy-production-tokyo"),
				decides("password-unused", audit.VerdictNotAssessed, 0)),
			recommends("2.12", "Access keys are replaced every 90 days", audit.VerdictUnknown, decides("access-key-rotation", audit.VerdictUnknown, 12)),
			recommends("2.17", "No expired server certificate is kept in IAM", audit.VerdictNotApplicable, decides("server-certificate-expired", audit.VerdictNotApplicable, 0))),
		framework("fsbp", "AWS Foundational Security Best Practices (Security Hub), IAM",
			recommends("IAM.1", "No policy allows everything", audit.VerdictFail, decides("admin-policy-attached", audit.VerdictFail, 0)),
			notAssessed("IAM.8", "Credentials that nobody uses are removed", message.New("its rule %s was not selected: %s", "password-unused", "skipped"),
				decides("access-key-unused", audit.VerdictPass, 0), decides("password-unused", audit.VerdictNotAssessed, 0)),
			recommends("Account.1", "A security contact is registered", audit.VerdictUnknown, decides("security-contact", audit.VerdictUnknown, 1))))
}

// hostileFramework has a string in every field that holds one; the verdicts are what they may be.
func hostileFramework(s string) option {
	return framework(s, s, notAssessed(s, s, message.New("%s", s), decides(s, audit.VerdictNotAssessed, 0)),
		recommends(s, s, audit.VerdictFail, decides(s, audit.VerdictFail, 1, s, s+"#"+s), decides(s, audit.VerdictPass, 0)))
}
