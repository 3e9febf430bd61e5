package config

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
)

// SuggestRule returns a hint for a rule's name that doesn't exist: one that looks like it, else where to find the
// names.
func SuggestRule(name string, catalogue []*audit.Rule) string {
	var names []string
	for _, r := range catalogue {
		names = append(names, r.ID)
		if c := string(r.Category); !slices.Contains(names, c) {
			names = append(names, c)
		}
	}
	if hint := Suggest(name, names); hint != "" {
		return hint
	}
	return "sekisho rules lists the rules and their categories"
}

// Suggest returns a hint that names the most similar of the candidates, or "" where none is similar. Neither case nor
// the prefix that all variables share makes a name similar.
func Suggest(name string, candidates []string) string {
	bare := func(s string) string { return strings.TrimPrefix(strings.ToLower(s), strings.ToLower(envPrefix)) }
	if i := lists.Nearest(bare(name), lists.Map(candidates, bare)); i >= 0 {
		return fmt.Sprintf("did you mean %s?", candidates[i])
	}
	return ""
}
