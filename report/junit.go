package report

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// The reason of a skipped case is its text: the schema that Jenkins publishes has no attribute for it.
type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Skipped   *string       `xml:"skipped"`
	Error     *junitVerdict `xml:"error"`
	Failure   *junitVerdict `xml:"failure"`
}

type junitVerdict struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as the XML of JUnit's test reports: a suite a rule, in it a case for every resource. What is
// unknown is an error. Skipped is what a rule doesn't apply to, a rule that was not selected, and a failure that an
// exception covers, for which no build is to break.
func JUnit(w io.Writer, r *audit.Report) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if err := writeJUnit(out, r); err != nil {
		return fmt.Errorf("writing the report as JUnit XML: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the report as JUnit XML: %w", err)
	}
	return nil
}

func writeJUnit(out io.Writer, r *audit.Report) error {
	suites := junitSuites(r)
	total := junitSuite{}
	for _, s := range suites {
		total.Tests += s.Tests
		total.Failures += s.Failures
		total.Errors += s.Errors
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	attr := func(name, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: value} }
	root := xml.StartElement{Name: xml.Name{Local: "testsuites"}, Attr: []xml.Attr{
		attr("name", string(sanitize.Message(message.New("sekisho %s", r.Account.ID)))), attr("tests", strconv.Itoa(total.Tests)), attr("failures", strconv.Itoa(total.Failures)),
		attr("errors", strconv.Itoa(total.Errors)), attr("time", "0"),
	}}
	if err := encoder.EncodeToken(root); err != nil {
		return err
	}
	for _, s := range suites {
		if err := encoder.Encode(s); err != nil {
			return err
		}
	}
	if err := encoder.EncodeToken(root.End()); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

func junitSuites(r *audit.Report) []*junitSuite {
	records := newRecords(r)
	var suites []*junitSuite
	byRule := map[string]*junitSuite{}
	suite := func(rule *audit.RuleResult) *junitSuite {
		if byRule[rule.ID] == nil {
			s := &junitSuite{Name: string(sanitize.Terminal(rule.ID)), Time: "0", Timestamp: r.TakenAt.UTC().Format("2006-01-02T15:04:05")}
			for _, p := range []junitProperty{
				{"account", r.Account.ID}, {"title", rule.Title}, {"category", string(rule.Category)}, {"severity", rule.Severity.String()},
				{"controls", strings.Join(requirements(rule.Controls), "; ")}, {"fix", rule.Fix},
			} {
				s.Properties = append(s.Properties, junitProperty{p.Name, prose(p.Value)})
			}
			byRule[rule.ID] = s
			suites = append(suites, s)
		}
		return byRule[rule.ID]
	}
	for i := range r.Rules {
		suite(&r.Rules[i])
	}
	for c := range records.findings() {
		s := suite(c.rule)
		v := &junitVerdict{Message: prose(c.message), Type: c.severity.String(), Text: junitText(r, c)}
		switch {
		case c.exception != nil:
			s.add(r, c.where(), skipped(message.New("%s; fails: %s", c.excepted(), c.message).String()))
		case c.status == audit.StatusFail:
			s.add(r, c.where(), junitCase{Failure: v})
		default:
			v.Type = "unknown"
			s.add(r, c.where(), junitCase{Error: v})
		}
	}
	for i := range r.Rules {
		rule := &r.Rules[i]
		s := suite(rule)
		for c := range records.passes(rule) {
			s.add(r, audit.Short(c.resource, c.item), junitCase{})
		}
		for _, group := range r.NotApplicable[rule.ID] {
			for _, resource := range group.Resources {
				s.add(r, resource, skipped(group.Reason))
			}
		}
		if s.Tests == 0 {
			s.add(r, rule.Title, skipped("there is nothing of this kind in the account"))
		}
	}
	for _, n := range r.NotSelected {
		suite(&audit.RuleResult{ID: n.Rule}).add(r, n.Rule, skipped(message.New("not selected: %s", n.Reason).String()))
	}
	return suites
}

func (s *junitSuite) add(r *audit.Report, name string, c junitCase) {
	c.Name, c.ClassName, c.Time = prose(name), string(sanitize.Terminal(r.Account.ID))+"."+s.Name, "0"
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func skipped(reason string) junitCase {
	reason = prose(reason)
	return junitCase{Skipped: &reason}
}

// junitText is what a build server shows of a case that failed.
func junitText(r *audit.Report, c record) string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			b.WriteString("\n" + name + ": " + prose(value))
		}
	}
	line("account", r.Account.ID)
	line("resource", c.resource)
	line("item", c.item)
	line("severity", c.severity.String())
	line("status", c.status.String())
	for _, e := range c.evidence {
		line("evidence", evidenceText(e))
	}
	line("controls", strings.Join(requirements(c.rule.Controls), "; "))
	line("what to do", c.fix())
	b.WriteString("\n")
	return b.String()
}
