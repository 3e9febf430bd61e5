package wording

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/report/term"
)

// Limits says which users are judged by thresholds of their own: "ci-*, tag:kind=machine: access_key_max_age_days 180
// (3 users)".
func Limits(entries []audit.UserThresholds) string {
	parts := make([]string, len(entries))
	for i, entry := range entries {
		var values []string
		for _, name := range slices.Sorted(maps.Keys(entry.Values)) {
			values = append(values, fmt.Sprintf("%s %d", name, entry.Values[name]))
		}
		parts[i] = strings.Join(entry.Users, ", ") + ": " + strings.Join(values, ", ")
		if entry.Matched != nil {
			parts[i] += " (" + string(term.Count(*entry.Matched, "user")) + ")"
		}
	}
	return strings.Join(parts, "; ")
}
