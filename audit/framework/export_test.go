package framework

import (
	"sekisho/audit"
	"sekisho/audit/lists"
)

// All binds every framework to the catalogue's rules, in the order of [IDs].
func All(catalogue []*audit.Rule) []*Framework {
	return lists.Map(definitions, func(d definition) *Framework { return d.bind(catalogue) })
}

// Named counts the places in the tables that name a rule.
func Named() int {
	named := 0
	for _, d := range definitions {
		for _, r := range d.list {
			named += len(r.rules)
		}
	}
	return named
}

// EachDecision hands out the rules that decide each recommendation.
func EachDecision(visit func(framework, recommendation string, rules []string)) {
	for _, d := range definitions {
		for _, r := range d.list {
			visit(d.id, r.id, r.rules)
		}
	}
}
