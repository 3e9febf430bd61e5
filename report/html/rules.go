package html

import (
	"maps"
	"slices"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

type ruleView struct {
	ID, Anchor, Title, Category, Severity, Controls sanitize.Text
	Mark                                            mark
	Pass, Fail, Unknown, NotApplicable              int
	Why, How, Fix                                   []block
	ExceptedWords                                   sanitize.Text // how many failures are excepted, in words
	Failing, Undecided                              sanitize.Text // the anchors of the first groups of such findings, if any
}

type passedView struct {
	Rule, Title, Resources sanitize.Text
	Count                  int
	// ButFor is set when Resources are the users that did not pass: all the others did.
	ButFor  bool
	Sources []fact
}

type inapplicableView struct {
	Rule, Title sanitize.Text
	Count       int
	Reasons     []reasonView
}

type reasonView struct {
	Reason, Resources sanitize.Text
	Count             int
}

// rules shows each rule that ran, and what came of it beside findings.
func (v *view) rules(r *audit.Report) {
	failing, undecided := anchors(v.Failing), anchors(v.Unknown)
	titles := map[string]sanitize.Text{}
	var order []string
	for _, rule := range r.Rules {
		id := sanitize.Terminal(rule.ID)
		v.Rules = append(v.Rules, ruleView{
			ID: id, Anchor: ruleAnchor(rule.ID), Title: sanitize.Terminal(rule.Title), Category: sanitize.Terminal((rule.Category)),
			Severity: sanitize.Terminal(rule.Severity.String()), Controls: controls(rule.Controls), Mark: ruleMark(rule.Status),
			Pass: rule.Pass, Fail: rule.Fail, Unknown: rule.Unknown, NotApplicable: rule.NotApplicable,
			Why: prose(rule.Why), How: prose(rule.How), Fix: prose(rule.Fix), ExceptedWords: sanitize.Message(wording.Excepted(rule.Excepted, rule.Fail)), Failing: failing[id], Undecided: undecided[id],
		})
		titles[rule.ID] = sanitize.Terminal(rule.Title)
		order = append(order, rule.ID)
	}
	users := lists.Map(r.Users, func(u audit.UserRow) string { return audit.Short(u.ARN, "") })
	for _, id := range inOrder(order, r.Passed) {
		passed := r.Passed[id]
		shown := passedView{Rule: sanitize.Terminal(id), Title: titles[id], Count: len(passed.Resources)}
		if others, ok := butFor(users, passed.Resources); ok {
			shown.Resources, shown.ButFor = lines(others), true
		} else {
			shown.Resources = lines(passed.Resources)
		}
		for _, s := range passed.Sources {
			shown.Sources = append(shown.Sources, fact{Name: sanitize.Terminal(s.Source), Value: minute(s.ObservedAt)})
		}
		v.Passed = append(v.Passed, shown)
	}
	for _, id := range inOrder(order, r.NotApplicable) {
		shown := inapplicableView{Rule: sanitize.Terminal(id), Title: titles[id]}
		for _, n := range r.NotApplicable[id] {
			shown.Reasons = append(shown.Reasons, reasonView{sanitize.Terminal(n.Reason), lines(n.Resources), len(n.Resources)})
			shown.Count += len(n.Resources)
		}
		v.NotApplicable = append(v.NotApplicable, shown)
	}
}

// anchors finds the first group of each rule.
func anchors(groups []*group) map[sanitize.Text]sanitize.Text {
	first := map[sanitize.Text]sanitize.Text{}
	for _, g := range groups {
		if first[g.Rule] == "" {
			first[g.Rule] = g.ID
		}
	}
	return first
}

// butFor returns the users that are not among the resources, where the resources are many users, and nearly all: naming
// the few others says the same in less, and better.
func butFor(users, resources []string) (others []string, ok bool) {
	const many, nearlyAll = 100, 0.8
	if len(resources) < many || float64(len(resources)) < nearlyAll*float64(len(users)) {
		return nil, false
	}
	passed := make(map[string]bool, len(resources))
	for _, resource := range resources {
		passed[resource] = true
	}
	for _, user := range users {
		if !passed[user] {
			others = append(others, user)
		}
	}
	// Any resource that is no user, or is there twice, would get lost.
	return others, len(users)-len(others) == len(resources)
}

// ruleMark says "passed" where the panel of five points says "complete".
func ruleMark(s audit.Status) mark {
	m := markOf(s)
	if s == audit.StatusPass {
		m.Word = "passed"
	}
	return m
}

// inOrder lists a map's keys in the order of the rules; keys of no rule come last, sorted.
func inOrder[T any](order []string, m map[string]T) []string {
	var keys []string
	known := map[string]bool{}
	for _, id := range order {
		if _, ok := m[id]; ok && !known[id] {
			keys = append(keys, id)
		}
		known[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if !known[id] {
			keys = append(keys, id)
		}
	}
	return keys
}
