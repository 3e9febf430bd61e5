package wording

import (
	"maps"
	"slices"

	"sekisho/audit/message"
)

// Endpoints names the addresses that were asked in place of AWS's own, and which service each stands for; nothing where
// AWS's own were asked.
func Endpoints(asked map[string]string) message.Message {
	var parts []message.Message
	for _, endpoint := range slices.Compact(slices.Sorted(maps.Values(asked))) {
		var services []string
		for _, service := range slices.Sorted(maps.Keys(asked)) {
			if asked[service] == endpoint {
				services = append(services, service)
			}
		}
		parts = append(parts, message.New("%s (%s)", endpoint, message.Names(0, services)))
	}
	if len(parts) == 0 {
		return message.Message{}
	}
	return message.New("%s", message.Parts(parts...))
}
