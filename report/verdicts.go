package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
)

// VerdictFormats are the formats that are lists of verdicts, in which those of many accounts make one document.
func VerdictFormats() []string { return []string{"sarif", "ocsf", "asff"} }

// Spool keeps what is written into it until it is asked for.
type Spool interface {
	io.Writer
	io.WriterTo
}

// Verdicts are those of many accounts in one such format. What an account's report says is written into a spool at once;
// of it all only the rules stay in memory, with their counts.
type Verdicts struct {
	format string
	spool  Spool
	items  *stream
	rules  []audit.RuleResult
	index  map[string]int
}

// NewVerdicts begins a document in one of [VerdictFormats].
func NewVerdicts(format string, spool Spool) *Verdicts {
	return &Verdicts{format: format, spool: spool, items: newStream(spool, strings.ToUpper(format)), index: map[string]int{}}
}

// Add writes the verdicts of an account, and what is to be known of its answers.
func (v *Verdicts) Add(r *audit.Report) error {
	v.add(r)
	all := identified(r)
	c, _ := all.answers()
	switch {
	case v.format != "sarif":
		v.items.verdict(v.format, r, c)
	case c.status == audit.StatusUnknown: // notes would be as many as there are calls in all accounts
		rule := *answersRule
		rule.Status, rule.Unknown = c.status, 1
		v.count([]audit.RuleResult{rule})
		v.result(r, c)
	}
	return v.items.err
}

// AddAlone writes verdicts that rest on no answers of their account.
func (v *Verdicts) AddAlone(r *audit.Report) error {
	v.add(r)
	return v.items.err
}

func (v *Verdicts) add(r *audit.Report) {
	if v.format != "sarif" {
		for c := range identified(r).verdicts() {
			v.items.verdict(v.format, r, c)
		}
		return
	}
	v.count(r.Rules)
	for c := range identified(r).findings() {
		v.result(r, c)
	}
}

// verdict writes a verdict of an account as an item of the list at hand.
func (s *stream) verdict(format string, r *audit.Report, c record) {
	if format == "asff" {
		s.item(asffFindingOf(r, c))
		return
	}
	s.item(ocsfEventOf(r, c, ocsfCloudOf(r)))
}

// result writes a result of SARIF. Where one account has an exception each result tells whether one covers it, and
// which account will have one is not known yet.
func (v *Verdicts) result(r *audit.Report, c record) {
	i, ok := v.index[c.rule.ID]
	if !ok {
		i = -1
	}
	result := sarifResultOf(r, c, i)
	result.Suppressions = sarifSuppressions(c)
	result.Fingerprints["sekishoAccount/v1"] = r.Account.ID
	location := &result.Locations[0]
	location.Logical = append(location.Logical, sarifLogical{Name: r.Account.ID, FullyQualifiedName: account.RootARN(r.Account.Partition, r.Account.ID), Kind: "account"})
	v.items.item(result)
}

// count adds rules to those of all accounts. Nothing of the report stays: its texts may be parts of one.
func (v *Verdicts) count(rules []audit.RuleResult) {
	for _, rule := range rules {
		at, ok := v.index[rule.ID]
		if !ok {
			at = len(v.rules)
			own := audit.RuleResult{
				ID: strings.Clone(rule.ID), Title: strings.Clone(rule.Title), Category: audit.Category(strings.Clone(string(rule.Category))), Severity: rule.Severity,
				Why: strings.Clone(rule.Why), How: strings.Clone(rule.How), Fix: strings.Clone(rule.Fix), Status: rule.Status, Controls: []audit.Control{},
			}
			for _, c := range rule.Controls {
				own.Controls = append(own.Controls, audit.Control{Framework: strings.Clone(c.Framework), ID: strings.Clone(c.ID)})
			}
			v.index[own.ID] = at
			v.rules = append(v.rules, own)
		}
		all := &v.rules[at]
		if graver(rule.Status, all.Status) {
			all.Status = rule.Status
		}
		all.Pass, all.Fail, all.Unknown = all.Pass+rule.Pass, all.Fail+rule.Fail, all.Unknown+rule.Unknown
		all.NotApplicable, all.Excepted = all.NotApplicable+rule.NotApplicable, all.Excepted+rule.Excepted
	}
}

// graver reports whether one account's status of a rule is told before another's.
func graver(a, b audit.Status) bool {
	rank := map[audit.Status]int{audit.StatusFail: 4, audit.StatusUnknown: 3, audit.StatusPass: 2, audit.StatusNotApplicable: 1}
	return rank[a] > rank[b]
}

// Whole is what such a document says of all accounts together.
type Whole struct {
	ID         string // of the run
	Tool       audit.Tool
	At         time.Time
	Decided    bool // everything is
	Properties map[string]any
}

// Write writes the document of all that was added.
func (v *Verdicts) Write(w io.Writer, whole Whole) error {
	if err := v.items.out.Flush(); v.items.err == nil {
		v.items.err = err
	}
	if v.items.err != nil {
		return fmt.Errorf("gathering the verdicts as %s: %w", v.items.kind, v.items.err)
	}
	s := newStream(w, v.items.kind)
	items := func() {
		if s.some = v.items.some; s.err == nil {
			_, s.err = v.spool.WriteTo(s.out)
		}
	}
	if v.format == "sarif" {
		return s.sarif(sarifRun{
			id: "sekisho-fleet/" + whole.ID + "/", tool: whole.Tool, rules: v.rules, successful: whole.Decided, at: whole.At, notifications: []sarifNotification{},
			properties: whole.Properties,
		}, items)
	}
	s.list("")
	items()
	s.end("\n")
	return s.close()
}
