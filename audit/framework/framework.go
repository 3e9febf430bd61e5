package framework

import (
	"cmp"
	"slices"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
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
	// NotAssessed says why no rule does; it is the zero Message where there are rules.
	NotAssessed message.Message

	only func(resource string) bool // of what its rules judge it is about a part: what has such an ARN; nil for all
}

// definition is what is known of a framework without any rules: the one place where its numbers meet the rules that
// decide them.
type definition struct {
	id, title string
	list      []recommendation
}

type recommendation struct {
	id, title string
	decision
}

// decision is what decides a recommendation: the IDs of rules, or a reason why no rule will ever do it.
type decision struct {
	rules  []string
	reason message.Message
	only   func(resource string) bool
}

func by(rules ...string) decision { return decision{rules: rules} }

// of narrows what rules decide to a part of what they judge.
func (d decision) of(only func(resource string) bool) decision {
	d.only = only
	return d
}

// noRule is why a recommendation that a rule could decide isn't: better said than left out.
var noRule = message.New("this version of Sekisho has no rule for it")

// Controls lists the recommendations of all frameworks that a rule decides: the newest benchmark first, and of one
// framework those first that the fewest rules share.
func Controls(rule string) []audit.Control {
	var controls []audit.Control
	for _, d := range definitions {
		list := lists.Filter(d.list, func(r recommendation) bool { return slices.Contains(r.rules, rule) })
		slices.SortStableFunc(list, func(x, y recommendation) int { return cmp.Compare(len(x.rules), len(y.rules)) })
		for _, r := range list {
			controls = append(controls, audit.Control{Framework: d.id, ID: r.id})
		}
	}
	return controls
}

// IDs lists the frameworks, the newest benchmark first.
func IDs() []string {
	return lists.Map(definitions, func(d definition) string { return d.id })
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
	deciding := map[*audit.Rule]bool{}
	for i, r := range d.list {
		bound := Recommendation{ID: r.id, Title: r.title, only: r.only}
		for _, rule := range catalogue {
			if slices.Contains(r.rules, rule.ID) {
				bound.Rules, deciding[rule] = append(bound.Rules, rule.ID), true
			}
		}
		switch {
		case len(bound.Rules) > 0:
		case !r.reason.Empty():
			bound.NotAssessed = r.reason
		default:
			bound.NotAssessed = noRule
		}
		f.Recommendations[i] = bound
	}
	f.rules = slices.DeleteFunc(slices.Clone(catalogue), func(rule *audit.Rule) bool { return !deciding[rule] })
	return f
}
