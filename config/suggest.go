package config

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/audit"
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
	best, least := "", len(bare(name))/3+2
	for _, candidate := range candidates {
		if d := distance(bare(name), bare(candidate)); d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", best)
}

// distance counts the single-character edits (insert, delete, replace) that lead from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
