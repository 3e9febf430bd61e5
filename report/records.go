package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// record is one verdict about one resource together with its rule: what the formats that other programs read are made
// of.
type record struct {
	rule     *audit.RuleResult
	status   audit.Status
	severity audit.Severity
	resource string // an ARN
	item     string
	name     string
	message  string // with what could not be told of a failure that stands
	evidence []audit.Evidence
	observed time.Time // of the newest answer that the verdict rests on
	id       string
	// exception is the exception that covers the failure; nil for any other verdict.
	exception *audit.Exception
}

// records hands out the verdicts of a report, and with [identified] their IDs. An ID is made of account, rule, resource and item, so that the next
// report has it again and a program can tell what is new, what stayed and what was fixed.
type records struct {
	r     *audit.Report
	rules map[string]*audit.RuleResult
	users map[string]bool // short ARNs
	given map[string]int
}

func newRecords(r *audit.Report) *records {
	s := &records{r: r, rules: make(map[string]*audit.RuleResult, len(r.Rules)), users: make(map[string]bool, len(r.Users))}
	for i := range r.Rules {
		s.rules[r.Rules[i].ID] = &r.Rules[i]
	}
	for _, u := range r.Users {
		s.users[account.ShortARN(u.ARN)] = true
	}
	return s
}

func identified(r *audit.Report) *records {
	s := newRecords(r)
	s.given = map[string]int{}
	return s
}

// findings are what fails or is unknown, in the report's order.
func (s *records) findings() iter.Seq[record] {
	return func(yield func(record) bool) {
		for _, f := range s.r.Findings {
			if !yield(s.finding(f)) {
				return
			}
		}
	}
}

func (s *records) finding(f audit.Finding) record {
	rule := s.rules[f.Rule]
	if rule == nil {
		rule = &audit.RuleResult{ID: f.Rule, Title: f.Rule, Severity: f.Severity}
	}
	c := record{rule: rule, status: f.Status, severity: f.Severity, resource: f.Resource, item: f.Item, name: f.Name, message: f.Message, evidence: f.Evidence, exception: f.Exception}
	for _, note := range f.Remarks() {
		c.message += " (" + note.String() + ")"
	}
	for _, e := range f.Evidence {
		c.observed = later(c.observed, e.ObservedAt)
	}
	return s.finish(c)
}

// passes are the verdicts of a rule that are a pass.
func (s *records) passes(rule *audit.RuleResult) iter.Seq[record] {
	return func(yield func(record) bool) {
		passed := s.r.Passed[rule.ID]
		var observed time.Time
		for _, source := range passed.Sources {
			observed = later(observed, source.ObservedAt)
		}
		for _, short := range passed.Resources {
			resource, item := s.split(short)
			c := record{rule: rule, status: audit.StatusPass, severity: audit.Info, resource: resource, item: item, message: message.New("passes: %s", rule.Title).String(), observed: observed}
			c.name = c.resource[strings.LastIndexAny(c.resource, ":/")+1:]
			if !yield(s.finish(c)) {
				return
			}
		}
	}
}

// all are the verdicts, and that on the answers.
func (s *records) all() iter.Seq[record] {
	return func(yield func(record) bool) {
		for c := range s.verdicts() {
			if !yield(c) {
				return
			}
		}
		c, _ := s.answers()
		yield(c)
	}
}

// verdicts are the findings, and rule by rule the passes.
func (s *records) verdicts() iter.Seq[record] {
	return func(yield func(record) bool) {
		for c := range s.findings() {
			if !yield(c) {
				return
			}
		}
		for i := range s.r.Rules {
			for c := range s.passes(&s.r.Rules[i]) {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// split undoes [audit.Short]. A path may hold a #, an item is what follows the last one: the users that are known tell
// them apart.
func (s *records) split(short string) (resource, item string) {
	resource = short
	if i := strings.LastIndexByte(short, '#'); i >= 0 && !s.users[short] {
		resource, item = short[:i], short[i+1:]
	}
	if !strings.HasPrefix(resource, "arn:") {
		resource = "arn:" + s.r.Account.Partition + ":iam::" + s.r.Account.ID + ":" + resource
	}
	return resource, item
}

func (s *records) finish(c record) record {
	if c.observed.IsZero() {
		c.observed = s.r.TakenAt
	}
	if s.given == nil {
		return c
	}
	c.id = digest(s.r.Account.Partition, s.r.Account.ID, c.rule.ID, c.resource, c.item)
	// Two verdicts of a rule about one thing are told apart by their order, which is the same in every report.
	if s.given[c.id]++; s.given[c.id] > 1 {
		c.id = digest(c.id, fmt.Sprint(s.given[c.id]))
	}
	return c
}

// digest is 128 bits of the parts' SHA-256, each with its length before it so that no two lists of parts are alike.
func digest(parts ...string) string {
	var text []byte
	for _, part := range parts {
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// where names the resource as people do: "root user", "user/alice", "user/alice#AKIA…", "eu-west-1".
func (c record) where() string {
	switch {
	case !account.IsRootARN(c.resource) || c.name == "":
		return audit.Short(c.resource, c.item)
	case c.name == c.item: // a region, an item of the account
		return c.item
	}
	return audit.Short(c.name, c.item)
}

// excepted says why the failure is excepted, by whom and until when.
func (c record) excepted() message.Message {
	return message.New("excepted: %s", wording.Exception(c.exception))
}

// fix is what to do about it: about an unknown verdict, to let Sekisho see.
func (c record) fix() string {
	if c.status == audit.StatusUnknown {
		return message.New("Not decided. Allow the call that failed, or repeat the audit, and see. If it fails then: %s", c.rule.Fix).String()
	}
	return c.rule.Fix
}

// resourceKind is how AWS calls a kind of resource: in the Security Finding Format, and in CloudFormation.
type resourceKind struct{ prefix, asff, cfn string }

var resourceKinds = []resourceKind{
	{"root", "AwsAccount", "AWS::::Account"},
	{"user/", "AwsIamUser", "AWS::IAM::User"},
	{"role/", "AwsIamRole", "AWS::IAM::Role"},
	{"group/", "AwsIamGroup", "AWS::IAM::Group"},
	{"policy/", "AwsIamPolicy", "AWS::IAM::ManagedPolicy"},
	{"mfa/", "Other", "AWS::IAM::VirtualMFADevice"},
	{"sms-mfa/", "Other", "AWS::IAM::SMSMFADevice"},
	{"u2f/", "Other", "AWS::IAM::SecurityKey"},
	{"server-certificate/", "Other", "AWS::IAM::ServerCertificate"},
	{"saml-provider/", "Other", "AWS::IAM::SAMLProvider"},
	{"oidc-provider/", "Other", "AWS::IAM::OIDCProvider"},
}

var accessKeyKind = resourceKind{"", "AwsIamAccessKey", "AWS::IAM::AccessKey"}

func kindOf(arn string) resourceKind {
	short := account.ShortARN(arn)
	for _, kind := range resourceKinds {
		if short == kind.prefix || strings.HasSuffix(kind.prefix, "/") && strings.HasPrefix(short, kind.prefix) {
			return kind
		}
	}
	return resourceKind{"", "Other", "Other"}
}

// itemKind is the kind of an item that has an identity of its own: an access key, or what has an ARN.
func itemKind(item string) (resourceKind, bool) {
	switch {
	case strings.HasPrefix(item, "AKIA"):
		return accessKeyKind, true
	case strings.HasPrefix(item, "arn:"):
		return kindOf(item), true
	}
	return resourceKind{}, false
}

// standard is the full name of a framework.
func standard(framework string) string {
	if version, ok := strings.CutPrefix(framework, "cis-"); ok {
		return message.New("CIS AWS Foundations Benchmark v%s.0", version).String()
	}
	if framework == "fsbp" {
		return "AWS Foundational Security Best Practices"
	}
	return framework
}

func standards(controls []audit.Control) []string {
	names := []string{}
	for _, c := range controls {
		if name := standard(c.Framework); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func requirements(controls []audit.Control) []string {
	list := []string{}
	for _, c := range controls {
		if text := standard(c.Framework) + "/" + c.ID; !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// evidenceText writes a piece of evidence with its source and time.
func evidenceText(e audit.Evidence) string {
	return e.Name + " = " + e.Value + " (" + e.Source + ", " + instant(e.ObservedAt) + ")"
}

// prose is a text of several lines as one, harmless and visible.
func prose(s string) string { return string(sanitize.Terminal(oneLine(s))) }

// oneLine is a text of several lines as one. A command in it is indented.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\n    ", " "), "\n", " ")
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func accountName(r *audit.Report) string {
	if r.Account.Alias == nil {
		return ""
	}
	return *r.Account.Alias
}

// stream writes a document piece by piece: a report of 5,000 users isn't held in memory twice. The first error stays.
type stream struct {
	out  *bufio.Writer
	kind string // for errors
	some bool   // an item of the list at hand was written
	err  error
}

func newStream(w io.Writer, kind string) *stream {
	return &stream{out: bufio.NewWriterSize(w, 1<<16), kind: kind}
}

func (s *stream) text(text string) {
	if s.err == nil {
		_, s.err = s.out.WriteString(text)
	}
}

// list begins a JSON list, whose items get a line each; end ends it.
func (s *stream) list(before string) {
	s.text(before + "[")
	s.some = false
}

func (s *stream) end(behind string) {
	if s.some {
		s.text("\n")
	}
	s.text("]" + behind)
}

// item writes an item of the list.
func (s *stream) item(v any) {
	if s.some {
		s.text(",")
	}
	s.text("\n")
	s.some = true
	s.value(v)
}

// value writes JSON in which every character that nobody sees is escaped.
func (s *stream) value(v any) {
	if s.err != nil {
		return
	}
	var compact []byte
	if compact, s.err = json.Marshal(v); s.err == nil {
		_, s.err = s.out.Write(sanitize.JSON(compact))
	}
}

func (s *stream) close() error {
	if err := s.out.Flush(); s.err == nil {
		s.err = err
	}
	if s.err != nil {
		return fmt.Errorf("writing the report as %s: %w", s.kind, s.err)
	}
	return nil
}
