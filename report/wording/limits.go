package wording

import (
	"maps"
	"slices"
	"strconv"

	"sekisho/audit"
	"sekisho/audit/message"
)

// Limits says which users are judged by thresholds of their own: "ci-*, tag:kind=machine: access_key_max_age_days 180
// (3 users)".
func Limits(entries []audit.UserThresholds) message.Message {
	all := make([]message.Message, 0, len(entries))
	for _, entry := range entries {
		values := make([]message.Message, 0, len(entry.Values))
		for _, name := range slices.Sorted(maps.Keys(entry.Values)) {
			values = append(values, message.New("%s %s", name, strconv.Itoa(entry.Values[name])))
		}
		one := message.New("%s: %s", message.Names(0, entry.Users), message.Parts(values...))
		if entry.Matched != nil {
			one = message.New("%s (%s)", one, message.Plural(*entry.Matched, "%d user", "%d users"))
		}
		all = append(all, one)
	}
	return message.Joined("%s; %s", all...)
}
