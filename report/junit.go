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
// exception covers, for which no build is to break; and so is the case "answers", which says what is to be known of all
// answers, if anything: that a call failed breaks a build by what is unknown for it.
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
	parts, records := junitParts(r), newRecords(r)
	answers, remarked := records.answers()
	tests, failures, errors := 0, 0, 0
	if remarked {
		tests++
	}
	for _, p := range parts {
		tests += p.tests(r)
	}
	for _, f := range r.Findings {
		switch {
		case f.Exception != nil:
		case f.Status == audit.StatusFail:
			failures++
		default:
			errors++
		}
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	attr := func(name, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: value} }
	root := xml.StartElement{Name: xml.Name{Local: "testsuites"}, Attr: []xml.Attr{
		attr("name", string(sanitize.Message(message.New("sekisho %s", r.Account.ID)))), attr("tests", strconv.Itoa(tests)), attr("failures", strconv.Itoa(failures)),
		attr("errors", strconv.Itoa(errors)), attr("time", "0"),
	}}
	if err := encoder.EncodeToken(root); err != nil {
		return err
	}
	for _, p := range parts {
		if err := encoder.Encode(p.suite(records)); err != nil {
			return err
		}
	}
	if remarked {
		s := newSuite(r, answers.rule)
		s.add(r, answers.where(), skipped(answers.message))
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

// junitPart is what a suite is made of, once it is written: all of them together would be larger than the report.
type junitPart struct {
	rule        *audit.RuleResult
	ran         bool
	findings    []int
	notSelected []audit.NotSelected
}

func junitParts(r *audit.Report) []*junitPart {
	var parts []*junitPart
	byRule := map[string]*junitPart{}
	part := func(rule audit.RuleResult) *junitPart {
		if byRule[rule.ID] == nil {
			byRule[rule.ID] = &junitPart{rule: &rule}
			parts = append(parts, byRule[rule.ID])
		}
		return byRule[rule.ID]
	}
	for _, rule := range r.Rules {
		part(rule).ran = true
	}
	for i, f := range r.Findings {
		p := part(audit.RuleResult{ID: f.Rule, Title: f.Rule, Severity: f.Severity})
		p.findings = append(p.findings, i)
	}
	for _, n := range r.NotSelected {
		p := part(audit.RuleResult{ID: n.Rule})
		p.notSelected = append(p.notSelected, n)
	}
	return parts
}

// tests counts the cases.
func (p *junitPart) tests(r *audit.Report) int {
	n := len(p.findings)
	if p.ran {
		n += len(r.Passed[p.rule.ID].Resources)
		for _, group := range r.NotApplicable[p.rule.ID] {
			n += len(group.Resources)
		}
		n = max(1, n)
	}
	return n + len(p.notSelected)
}

func newSuite(r *audit.Report, rule *audit.RuleResult) *junitSuite {
	s := &junitSuite{Name: string(sanitize.Terminal(rule.ID)), Time: "0", Timestamp: r.TakenAt.UTC().Format("2006-01-02T15:04:05")}
	for _, property := range []junitProperty{
		{"account", r.Account.ID}, {"title", rule.Title}, {"category", string(rule.Category)}, {"severity", rule.Severity.String()},
		{"controls", strings.Join(requirements(rule.Controls), "; ")}, {"fix", rule.Fix},
	} {
		s.Properties = append(s.Properties, junitProperty{property.Name, prose(property.Value)})
	}
	return s
}

func (p *junitPart) suite(records *records) *junitSuite {
	r, rule := records.r, p.rule
	s := newSuite(r, rule)
	for _, i := range p.findings {
		c := records.finding(r.Findings[i])
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
	if p.ran {
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
	for _, n := range p.notSelected {
		s.add(r, n.Rule, skipped(message.New("not selected: %s", n.Reason).String()))
	}
	return s
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
