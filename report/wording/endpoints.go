package wording

import (
	"maps"
	"slices"

	"sekisho/audit"
	"sekisho/audit/message"
)

// Endpoints names the addresses that were asked in place of AWS's own, and which service each stands for; nothing where
// AWS's own were asked.
func Endpoints(r *audit.Report) message.Message {
	var parts []message.Message
	for _, endpoint := range slices.Compact(slices.Sorted(maps.Values(r.Endpoints))) {
		var services []string
		for _, service := range slices.Sorted(maps.Keys(r.Endpoints)) {
			if r.Endpoints[service] == endpoint {
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
