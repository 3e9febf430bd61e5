package audit

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// ofCredentials are the categories of rules that find credentials.
var ofCredentials = []Category{CategoryRoot, CategoryMFA, CategoryAccessKeys, CategoryPasswords, CategoryOther}

// finish turns what was gathered into the rule's part of the report.
func (p *Pass) finish() {
	for _, key := range p.wholeOrder {
		gap := p.whole[key]
		text := gap.text
		if gap.count > 1 {
			text = message.New(notJudged, gap.count, text)
		}
		p.add(p.Account, StatusUnknown, p.rule.Severity, text, nil)
	}
	for i := range p.findings {
		f := &p.findings[i]
		if f.Status == StatusFail {
			f.Notes = append(f.Notes, p.notes[f.Resource]...)
			if slices.Contains(ofCredentials, p.rule.Category) && (f.Name == rootName || strings.Contains(f.Resource, ":user/")) {
				f.Note(p.Access.Contained(f.Resource))
			}
		}
	}
	if len(p.findings) == 0 && len(p.passed) == 0 && len(p.reasons) == 0 {
		if len(p.listed) > 0 {
			p.NotApplicable(p.Account, message.New("there is nothing of this kind in the account"))
		} else {
			p.Unknown(p.Account, message.New("the rule %s gave no verdict", p.rule.ID))
		}
	}
	p.passed = lists.Exact(p.passed)
	slices.Sort(p.passed)
	slices.Sort(p.reasons)
	for _, group := range p.inapplicable {
		group.Resources = lists.Exact(group.Resources)
		slices.Sort(group.Resources)
	}
}

func (p *Pass) sortedSources() []Source {
	sources := slices.SortedFunc(maps.Keys(p.sources), func(x, y Source) int {
		return cmp.Or(strings.Compare(x.Source, y.Source), x.ObservedAt.Compare(y.ObservedAt))
	})
	return sources
}

// counts returns how many verdicts of each status there are.
func (p *Pass) counts() (pass, fail, unknown, inapplicable int) {
	for _, f := range p.findings {
		if f.Status == StatusFail {
			fail++
		} else {
			unknown++
		}
	}
	for _, group := range p.inapplicable {
		inapplicable += len(group.Resources)
	}
	return len(p.passed), fail, unknown, inapplicable
}

// status is the worst of the verdicts: fail, unknown, pass, not_applicable.
func (p *Pass) status() Status {
	pass, fail, unknown, _ := p.counts()
	switch {
	case fail > 0:
		return StatusFail
	case unknown > 0:
		return StatusUnknown
	case pass > 0:
		return StatusPass
	}
	return StatusNotApplicable
}
