package audit

import (
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// UnknownActions says what the catalogue of AWS's actions lacks and how old it is, for AWS may have it by now: services,
// where no single action is lacking. It names up to so many, and for fix whatever is like them.
func UnknownActions(list []policy.UnknownAction, most int) (text, fix message.Message) {
	list = slices.SortedFunc(slices.Values(list), func(a, b policy.UnknownAction) int { return strings.Compare(a.Action, b.Action) })
	list = slices.CompactFunc(list, func(a, b policy.UnknownAction) bool { return a.Action == b.Action })
	services := slices.Compact(lists.Map(list, func(u policy.UnknownAction) string { return u.Service }))
	text = message.New("not among AWS's services of %s: %s", policy.CatalogueDate(), message.Names(most, services))
	if slices.Contains(services, "") {
		actions := lists.Map(list, func(u policy.UnknownAction) string { return u.Action })
		text = message.New("not among AWS's actions of %s: %s", policy.CatalogueDate(), message.Names(most, actions))
	}
	var meant []message.Message
	for _, u := range list {
		if u.Meant != "" {
			meant = append(meant, message.New("%s for %s", u.Meant, u.Action))
		}
	}
	if len(meant) > 0 {
		fix = message.New("write %s", message.Parts(meant...))
	}
	return text, fix
}
