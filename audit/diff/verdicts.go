package diff

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/message"
)

// key is what a finding is about.
type key struct{ rule, resource, item string }

// verdicts are a report's, ready to be looked up.
type verdicts struct {
	rules map[string]*audit.RuleResult
	// groups are the findings about one and the same thing, of which there may be several; keys are in the report's order.
	groups map[key][]*audit.Finding
	keys   []key
	// whole are the unknowns that a rule left on the account: they may hide anything that it judges.
	whole         map[string]*audit.Finding
	passed        map[string][]string
	notApplicable map[string][]audit.Inapplicable
	accountARN    string
}

func newVerdicts(r *audit.Report, accountARN string) *verdicts {
	v := &verdicts{
		rules: make(map[string]*audit.RuleResult, len(r.Rules)), groups: make(map[key][]*audit.Finding, len(r.Findings)),
		whole: map[string]*audit.Finding{}, passed: map[string][]string{}, notApplicable: map[string][]audit.Inapplicable{}, accountARN: accountARN,
	}
	for i := range r.Rules {
		v.rules[r.Rules[i].ID] = &r.Rules[i]
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		k := key{f.Rule, f.Resource, f.Item}
		if v.groups[k] == nil {
			v.keys = append(v.keys, k)
		}
		v.groups[k] = append(v.groups[k], f)
		if f.Status == audit.StatusUnknown && f.Item == "" && f.Resource == accountARN && v.whole[f.Rule] == nil {
			v.whole[f.Rule] = f
		}
	}
	for rule, passed := range r.Passed {
		v.passed[rule] = sorted(passed.Resources)
	}
	for rule, reasons := range r.NotApplicable {
		for _, reason := range reasons {
			reason.Text, reason.Resources = reason.Text.Or(reason.Reason), sorted(reason.Resources)
			v.notApplicable[rule] = append(v.notApplicable[rule], reason)
		}
	}
	return v
}

// sorted returns a list that can be searched: reports list resources in order, but nobody has to write them so.
func sorted(list []string) []string {
	if slices.IsSorted(list) {
		return list
	}
	return slices.Sorted(slices.Values(list))
}

// judged tells whether the rule passes a thing or does not apply to it, and why not; Absent means neither.
func (v *verdicts) judged(rule, resource, item string) (Standing, message.Message) {
	short := audit.Short(resource, item)
	if _, found := slices.BinarySearch(v.passed[rule], short); found {
		return Passed, message.Message{}
	}
	for _, reason := range v.notApplicable[rule] {
		if _, found := slices.BinarySearch(reason.Resources, short); found {
			return Inapplicable, reason.Text
		}
	}
	return Absent, message.Message{}
}

// unknownOf returns the finding that leaves a resource undecided as a whole.
func (v *verdicts) unknownOf(rule, resource string) *audit.Finding {
	for _, f := range v.groups[key{rule, resource, ""}] {
		if f.Status == audit.StatusUnknown {
			return f
		}
	}
	return nil
}

// of parts the findings about a thing into failures and unknowns.
func (v *verdicts) of(k key) (failing, unknown []*audit.Finding) {
	for _, f := range v.groups[k] {
		if f.Status == audit.StatusFail {
			failing = append(failing, f)
		} else {
			unknown = append(unknown, f)
		}
	}
	return failing, unknown
}
