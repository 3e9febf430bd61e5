package framework

import (
	"slices"

	"sekisho/audit"
)

// Framework is the part of a benchmark that is about IAM, bound to a catalogue of rules.
type Framework struct {
	ID    string // "cis-7.0": what --framework and the Controls of rules call it
	Title string
	// Recommendations are all there are, in the framework's own order.
	Recommendations []Recommendation
	rules           []*audit.Rule
}

// Recommendation is one of them.
type Recommendation struct {
	ID    string   // the framework's number: "2.10", "IAM.5"
	Title string   // what is recommended, in words of our own
	Rules []string // the IDs of the rules that decide it, in the order of the catalogue
	// NotAssessed says why no rule does; it is the zero Text where there are rules.
	NotAssessed audit.Text
}

// definition is what is known of a framework without any rules. Recommendations are listed with the reason why no rule will ever
// decide them, or with none.
type definition struct {
	id, title string
	list      []recommendation
}

type recommendation struct{ id, title, reason string }

// noRule is why a recommendation that a rule could decide isn't: better said than left out.
const noRule = "this version of Sekisho has no rule for it"

// IDs lists the frameworks, the newest benchmark first.
func IDs() []string {
	ids := make([]string, len(definitions))
	for i, d := range definitions {
		ids[i] = d.id
	}
	return ids
}

// All binds every framework to the catalogue's rules, in the order of [IDs].
func All(catalogue []*audit.Rule) []*Framework {
	all := make([]*Framework, len(definitions))
	for i, d := range definitions {
		all[i] = d.bind(catalogue)
	}
	return all
}

// Find binds one framework to the catalogue's rules. It returns nil where there is none of that ID.
func Find(catalogue []*audit.Rule, id string) *Framework {
	for _, d := range definitions {
		if d.id == id {
			return d.bind(catalogue)
		}
	}
	return nil
}

// Rules lists the rules that decide a recommendation, each once, in the order of the catalogue.
func (f *Framework) Rules() []*audit.Rule { return slices.Clone(f.rules) }

func (d definition) bind(catalogue []*audit.Rule) *Framework {
	f := &Framework{ID: d.id, Title: d.title, Recommendations: make([]Recommendation, len(d.list))}
	for _, rule := range catalogue {
		if slices.ContainsFunc(rule.Controls, func(c audit.Control) bool { return c.Framework == d.id }) {
			f.rules = append(f.rules, rule)
		}
	}
	for i, r := range d.list {
		bound := Recommendation{ID: r.id, Title: r.title}
		for _, rule := range f.rules {
			if slices.Contains(rule.Controls, audit.Control{Framework: d.id, ID: r.id}) {
				bound.Rules = append(bound.Rules, rule.ID)
			}
		}
		switch {
		case len(bound.Rules) > 0:
		case r.reason != "":
			bound.NotAssessed = audit.Textf(r.reason)
		default:
			bound.NotAssessed = audit.Textf(noRule)
		}
		f.Recommendations[i] = bound
	}
	return f
}
