// Package lists has what package slices lacks: four steps on lists, and which entry is nearest to a text. It knows
// nothing of accounts.
package lists

import "slices"

// Map converts a list; an empty one stays a list, because null says nothing.
func Map[From, To any](list []From, convert func(From) To) []To {
	out := make([]To, len(list))
	for i, item := range list {
		out[i] = convert(item)
	}
	return out
}

// Filter returns the entries to keep, in a list of their own: nil where there are none.
func Filter[E any](list []E, keep func(E) bool) []E {
	var kept []E
	for _, item := range list {
		if keep(item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// OrEmpty returns the list, or an empty one where it is nil: JSON then says [], not null.
func OrEmpty[E any](list []E) []E {
	if list == nil {
		return []E{}
	}
	return list
}

// Exact returns the list without the room that it grew into: what is kept for long is many lists of few entries.
func Exact[E any](list []E) []E {
	if len(list) == cap(list) {
		return list
	}
	return slices.Clone(list)
}
