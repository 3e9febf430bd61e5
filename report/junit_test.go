package report_test

import (
	"encoding/xml"
	"testing"

	"sekisho/audit"
	"sekisho/report"
)

type junitRead struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Suites   []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Cases    []struct {
			Name    string        `xml:"name,attr"`
			Class   string        `xml:"classname,attr"`
			Failure *junitMessage `xml:"failure"`
			Error   *junitMessage `xml:"error"`
			Skipped *string       `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func parseJUnit(t *testing.T, data []byte) junitRead {
	t.Helper()
	var read junitRead
	if err := xml.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// TestJUnitCounts compares the numbers that a build server shows with the cases, and those with the report.
func TestJUnitCounts(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		read := parseJUnit(t, render(t, report.JUnit, fixture))
		var tests, failures, errors, passed int
		for _, s := range read.Suites {
			counted := [4]int{len(s.Cases)}
			for _, c := range s.Cases {
				switch {
				case c.Failure != nil:
					counted[1]++
				case c.Error != nil:
					counted[2]++
				case c.Skipped != nil:
					counted[3]++
				default:
					passed++
				}
			}
			if want := [4]int{s.Tests, s.Failures, s.Errors, s.Skipped}; counted != want {
				t.Errorf("%s, %s: got cases %v, want %v as the suite says", name, s.Name, counted, want)
			}
			tests, failures, errors = tests+s.Tests, failures+s.Failures, errors+s.Errors
		}
		if tests != read.Tests || failures != read.Failures || errors != read.Errors {
			t.Errorf("%s: got %d tests, %d failures, %d errors, want %d, %d, %d", name, read.Tests, read.Failures, read.Errors, tests, failures, errors)
		}
		if failures != fixture.Summary.Fail-fixture.Summary.Excepted || errors != fixture.Summary.Unknown || passed != fixture.Summary.Pass {
			t.Errorf("%s: got %d failures, %d errors, %d passes, want those of the report: %+v", name, failures, errors, passed, fixture.Summary)
		}
	}
}

func TestJUnitTellsAll(t *testing.T) {
	t.Parallel()
	r := makeReport(fails(audit.High, "a", user("x"), "access-key-1", "x", "bad ]]> <thing>"), unknowns(audit.Low, "a", root, "account", "not read"), passes("a", "user/y"),
		inapplicable("a", "no password", "user/z"), notSelected("b", "skipped"))
	cases := parseJUnit(t, render(t, report.JUnit, r)).Suites
	a := cases[0].Cases
	if len(cases) != 2 || len(a) != 4 || a[0].Name != "user/x#access-key-1" || a[0].Class != accountID+".a" || a[1].Name != "account" {
		t.Fatalf("got %+v", cases)
	}
	if got, want := *a[0].Failure, (junitMessage{"bad ]]> <thing>", "high", "\naccount: 123456789012\nresource: " + user("x") + "\nitem: access-key-1\nseverity: high\nstatus: fail\n" +
		"evidence: mfa_active = false (iam:GetCredentialReport, 2026-11-22T03:10:00Z)\n" +
		"controls: CIS AWS Foundations Benchmark v7.0.0/2.10; AWS Foundational Security Best Practices/IAM.5\n" +
		"what to do: Console: open IAM, Users. Command: aws iam list-users\n"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if a[1].Error == nil || a[1].Error.Type != "unknown" || a[1].Error.Message != "not read" {
		t.Errorf("got %+v of what is unknown, want an error", a[1])
	}
	if a[3].Skipped == nil || *a[3].Skipped != "no password" || cases[1].Cases[0].Skipped == nil {
		t.Errorf("got %+v and %+v, want both skipped", a[3], cases[1].Cases[0])
	}
}
