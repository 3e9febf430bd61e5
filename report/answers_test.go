package report_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	messages "sekisho/audit/message"
	"sekisho/report"
)

// TestRemarksAreTold holds that what is to be known of all answers stands in every format, whatever is a verdict there
// and what is not: a call that failed, users who were not asked about, a note, an address that isn't AWS's own.
func TestRemarksAreTold(t *testing.T) {
	t.Parallel()
	r := makeReport(passes("a", "user/x"), func(r *audit.Report) {
		r.Gaps = append(r.Gaps, account.Gap{Section: account.SSHPublicKeysSection, Resource: "alice", Action: "iam:ListSSHPublicKeys", Code: "AccessDenied", Message: "no"})
		r.Declined = []account.Decline{{Section: account.AccessKeysSection, Users: []string{"bob", "carol"}, Reason: "refresh.max_users is 1"}}
		r.Notes, r.Endpoints = []messages.Message{messages.New("the clock is off")}, map[string]string{"iam": "http://192.0.2.1:8080"}
	})
	told := []string{"for alice: iam:ListSSHPublicKeys failed: AccessDenied: no", "2 users not asked for access-keys", "the clock is off", "http://192.0.2.1:8080"}
	for _, f := range report.Formats() {
		text := strings.NewReplacer(`\`, "", "&#58;", ":").Replace(string(renderNamed(t, f.Name, r))) // as Markdown shows it
		for _, want := range []string{"iam:ListSSHPublicKeys", "AccessDenied", "alice", "refresh.max_users is 1", "the clock is off", "http://192.0.2.1:8080"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got no word of %q in\n%s", f.Name, want, text)
			}
		}
	}

	row := csvRows(t, render(t, report.CSV, r))[0]
	suite := parseJUnit(t, render(t, report.JUnit, r)).Suites[1]
	events, findings := parseOCSF(t, render(t, report.OCSF, r)), parseASFF(t, render(t, report.ASFF, r))
	event, finding := events[len(events)-1], findings[len(findings)-1]
	for what, text := range map[string]string{"CSV": row["message"], "CSV's evidence": row["evidence"], "JUnit": *suite.Cases[0].Skipped, "OCSF": event.Message, "ASFF": finding.Description} {
		for _, want := range told {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got %q, want %q in it", what, text, want)
			}
		}
	}
	if row["rule"] != "answers" || row["status"] != "unknown" || suite.Name != "answers" || suite.Skipped != 1 || event.Compliance.Status != "Warning" ||
		finding.Compliance.Status != "NOT_AVAILABLE" || finding.Severity.Label != "INFORMATIONAL" {
		t.Errorf("got %v, %+v, %+v and %+v, want what is unknown", row, suite, event, finding)
	}

	r = makeReport(passes("a", "user/x"))
	events, findings = parseOCSF(t, render(t, report.OCSF, r)), parseASFF(t, render(t, report.ASFF, r))
	if event, finding := events[len(events)-1], findings[len(findings)-1]; event.Compliance.Status != "Pass" || finding.Compliance.Status != "PASSED" || finding.Description != "AWS answered all that was asked" {
		t.Errorf("got %+v and %+v where nothing is to be told, want that all was answered", event, finding)
	}
	if rows, suites := csvRows(t, render(t, report.CSV, r)), parseJUnit(t, render(t, report.JUnit, r)).Suites; len(rows) != 0 || len(suites) != 1 {
		t.Errorf("got %v and %v where nothing is to be told, want no row and no suite of it", rows, suites)
	}
	var log struct {
		Runs []struct {
			Invocations []struct {
				Notifications []struct{ Level string } `json:"toolExecutionNotifications"`
			}
		}
	}
	if err := json.Unmarshal(render(t, report.SARIF, r), &log); err != nil || len(log.Runs[0].Invocations[0].Notifications) != 0 {
		t.Errorf("got %v and %v, want no notifications", err, log)
	}
}
