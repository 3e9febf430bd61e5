package framework

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Assess says how the account of a report stands by the framework. A recommendation fails where one of its rules does:
// an exception doesn't undo that, even where it covers every failure. It is unknown where nothing is seen to fail and
// one of its rules is unknown, and not assessed where one did not run, had nothing to go by, or passed by a looser
// threshold than the framework's: a part that passes is no pass. It does not apply where none of its rules does, and
// passes where the others pass.
func Assess(f *Framework, r *audit.Report) audit.FrameworkResult {
	ran := gather(r)
	result := audit.FrameworkResult{ID: f.ID, Title: f.Title, Recommendations: make([]audit.RecommendationResult, len(f.Recommendations))}
	for i, recommendation := range f.Recommendations {
		assessed := audit.RecommendationResult{ID: recommendation.ID, Title: recommendation.Title, Rules: []audit.RecommendationRule{}}
		for _, id := range recommendation.Rules {
			rule, excepted := ran.rule(id, recommendation.only)
			assessed.Rules = append(assessed.Rules, rule)
			assessed.Excepted += excepted
		}
		assessed.Verdict = worst(assessed.Rules)
		switch {
		case assessed.Verdict == audit.VerdictPass:
			if text, loose := tooLoose(assessed.Rules, r.Configuration); loose {
				assessed.Verdict, assessed.Text = audit.VerdictNotAssessed, text
			}
		case assessed.Verdict != audit.VerdictNotAssessed:
		case len(assessed.Rules) > 0:
			assessed.Text = ran.missing(assessed.Rules)
		default:
			assessed.Text = recommendation.NotAssessed
		}
		if assessed.Verdict == audit.VerdictNotAssessed {
			assessed.Reason = assessed.Text.String()
		}
		tally(&result.Summary, assessed.Verdict)
		result.Recommendations[i] = assessed
	}
	return result
}

// outcome is what a report says, by rule.
type outcome struct {
	report      *audit.Report
	results     map[string]audit.RuleResult
	notSelected map[string]audit.NotSelected
	unset       map[string]message.Message // why a rule that a setting tells what to look for has nothing to go by
	findings    map[string][]*audit.Finding
}

func gather(r *audit.Report) outcome {
	o := outcome{
		report: r, results: map[string]audit.RuleResult{}, notSelected: map[string]audit.NotSelected{}, unset: unset(r.Configuration),
		findings: map[string][]*audit.Finding{},
	}
	for _, result := range r.Rules {
		o.results[result.ID] = result
	}
	for _, n := range r.NotSelected {
		o.notSelected[n.Rule] = n
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		o.findings[f.Rule] = append(o.findings[f.Rule], f)
	}
	return o
}

// subject names a failing resource in few characters.
func subject(f *audit.Finding) string {
	if f.Name != "" && audit.Short(f.Resource, "") == "root" {
		return strings.TrimSuffix(f.Name+"#"+f.Item, "#")
	}
	return audit.Short(f.Resource, f.Item)
}

// rule is the verdict of one rule, on what only lets through, and how many of its failures are excepted. A finding that
// fails counts whatever the rule's status says; what is not known of a whole list may be about anything.
func (o outcome) rule(id string, only func(string) bool) (rule audit.RecommendationRule, excepted int) {
	rule = audit.RecommendationRule{ID: id, Verdict: audit.VerdictNotAssessed, Failing: []string{}}
	result, ran := o.results[id]
	if _, nothing := o.unset[id]; nothing || !ran {
		return rule, 0
	}
	for _, f := range o.findings[id] {
		switch counts := only == nil || only(f.Resource); {
		case f.Status != audit.StatusFail && (counts || account.IsRootARN(f.Resource)):
			rule.Unknown++
		case f.Status == audit.StatusFail && counts:
			rule.Failing = append(rule.Failing, subject(f))
			if f.Exception != nil {
				excepted++
			}
		}
	}
	if only != nil {
		result = o.part(id, only, rule)
	}
	switch {
	case result.Status == audit.StatusFail || result.Fail > 0 || len(rule.Failing) > 0:
		rule.Verdict = audit.VerdictFail
	case result.Status == audit.StatusUnknown || result.Unknown > 0 || rule.Unknown > 0:
		rule.Verdict = audit.VerdictUnknown
	case result.Status == audit.StatusPass:
		rule.Verdict = audit.VerdictPass
	case result.Status == audit.StatusNotApplicable:
		rule.Verdict = audit.VerdictNotApplicable
	default:
		rule.Verdict = audit.VerdictUnknown
	}
	return rule, excepted
}

// part is a rule's result on a part of what it judges.
func (o outcome) part(id string, only func(string) bool, rule audit.RecommendationRule) audit.RuleResult {
	result := audit.RuleResult{Status: audit.StatusNotApplicable, Fail: len(rule.Failing), Unknown: rule.Unknown}
	if slices.ContainsFunc(o.report.Passed[id].Resources, only) {
		result.Status = audit.StatusPass
	}
	return result
}

// worst sums the rules up: fail > unknown > not assessed > pass > not applicable.
func worst(rules []audit.RecommendationRule) audit.Verdict {
	there := map[audit.Verdict]bool{}
	for _, rule := range rules {
		there[rule.Verdict] = true
	}
	for _, verdict := range []audit.Verdict{audit.VerdictFail, audit.VerdictUnknown, audit.VerdictNotAssessed, audit.VerdictPass, audit.VerdictNotApplicable} {
		if there[verdict] {
			return verdict
		}
	}
	return audit.VerdictNotAssessed
}

// missing says which of the rules did not run, or had nothing to go by.
func (o outcome) missing(rules []audit.RecommendationRule) message.Message {
	var ids []string
	for _, rule := range rules {
		if rule.Verdict == audit.VerdictNotAssessed {
			ids = append(ids, rule.ID)
		}
	}
	if len(ids) > 1 {
		return message.New("its rules %s were not selected", message.Names(0, ids))
	}
	text, nothing := o.unset[ids[0]]
	switch left := o.notSelected[ids[0]]; {
	case nothing:
		return text
	case left.Cost != nil:
		return message.New("its rule %s was %s", ids[0], left.Why())
	case left.Reason != "":
		return message.New("its rule %s was not selected: %s", ids[0], left.Why())
	}
	return message.New("its rule %s was not selected", ids[0])
}

// unset names the rules that look for what the configuration doesn't name: AWS's standards leave to each account which
// tags there must be.
func unset(c audit.Configuration) map[string]message.Message {
	if len(c.RequiredTags) > 0 {
		return nil
	}
	none := message.New("no tags are required (tags.required)")
	return map[string]message.Message{"user-tags": none, "role-tags": none, "analyzer-tags": none}
}

// thresholds are those for which the frameworks have a number, by the rule that compares with it.
var thresholds = []struct {
	rule, name string
	of         func(audit.Thresholds) int
	least      bool // a number that is smaller is looser; else one that is greater
}{
	{"root-not-used", "root_unused_days", func(t audit.Thresholds) int { return t.RootUnusedDays }, true},
	{"access-key-at-setup", "access_key_setup_minutes", func(t audit.Thresholds) int { return t.AccessKeySetupMinutes }, true},
	{"access-key-rotation", "access_key_max_age_days", func(t audit.Thresholds) int { return t.AccessKeyMaxAgeDays }, false},
	{"access-key-unused", "access_key_unused_days", func(t audit.Thresholds) int { return t.AccessKeyUnusedDays }, false},
	{"password-unused", "password_unused_days", func(t audit.Thresholds) int { return t.PasswordUnusedDays }, false},
	{"password-min-length", "password_min_length", func(t audit.Thresholds) int { return t.PasswordMinLength }, true},
	{"password-reuse", "password_reuse", func(t audit.Thresholds) int { return t.PasswordReuse }, true},
	{"password-expiry", "password_max_age_days", func(t audit.Thresholds) int { return t.PasswordMaxAgeDays }, false},
}

// tooLoose says by which threshold, of all users or of some, a rule passed what a framework might not. The defaults are
// the frameworks' numbers, or where they have none, those that the rule was made for.
func tooLoose(rules []audit.RecommendationRule, set audit.Configuration) (message.Message, bool) {
	for _, t := range thresholds {
		if !slices.ContainsFunc(rules, func(rule audit.RecommendationRule) bool {
			return rule.ID == t.rule && rule.Verdict == audit.VerdictPass
		}) {
			continue
		}
		want := t.of(audit.DefaultThresholds())
		looser := func(got int) bool { return got < want && t.least || got > want && !t.least }
		if got := t.of(set.Thresholds); looser(got) {
			return message.New("its rule %s passes with %s set to %d, which is looser than %d", t.rule, t.name, got, want), true
		}
		for _, own := range set.UserThresholds {
			if got, ok := own.Values[t.name]; ok && looser(got) {
				return message.New("its rule %s passes with %s set to %d for the users %s, which is looser than %d",
					t.rule, t.name, got, message.Names(0, own.Users), want), true
			}
		}
	}
	return message.Message{}, false
}

func tally(s *audit.FrameworkSummary, v audit.Verdict) {
	switch v {
	case audit.VerdictPass:
		s.Pass++
	case audit.VerdictFail:
		s.Fail++
	case audit.VerdictUnknown:
		s.Unknown++
	case audit.VerdictNotApplicable:
		s.NotApplicable++
	default:
		s.NotAssessed++
	}
}
