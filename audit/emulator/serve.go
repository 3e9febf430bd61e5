package emulator

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// operation answers the requests for one action.
type operation func(*Server, *request) (any, *apiError)

// operations are the reads that are served, by action. Any other action is one that the snapshot was never asked.
var operations = together(signInOperations, accountOperations, identityOperations, otherOperations, userOperations, organizationOperations, centerOperations)

func together(families ...map[string]operation) map[string]operation {
	all := map[string]operation{}
	for _, family := range families {
		maps.Copy(all, family)
	}
	return all
}

// filter takes from a list what a request doesn't ask for.
type filter[E any] func(*Server, *request, []E) ([]E, *apiError)

// whole serves an answer that comes in one piece; as gives it AWS's form.
func whole[T any](d account.Described[account.Snapshot, T], as func(*Server, T) (any, *apiError)) operation {
	return func(s *Server, q *request) (any, *apiError) {
		value, failed := answered(s, q, d.Section, "", *d.In(s.snapshot))
		if failed != nil {
			return nil, failed
		}
		return as(s, value)
	}
}

// listed serves a list of the account's in pages. element is AWS's name of the list, as gives an entry AWS's form.
func listed[E, X any](d account.Described[account.Snapshot, []E], element string, as func(E) X, filters ...filter[E]) operation {
	return func(s *Server, q *request) (any, *apiError) {
		recorded := *d.In(s.snapshot)
		list, failed := answered(s, q, d.Section, "", recorded)
		for _, filter := range filters {
			if failed == nil {
				list, failed = filter(s, q, list)
			}
		}
		if failed != nil {
			return nil, failed
		}
		return listing(s, q, element, list, rest(s, q, d.Section, "", recorded), as)
	}
}

// listedOfUser serves a list of one user's in pages. derive tells it from other answers where nobody asked for it, and
// false where those don't tell; it may be nil.
func listedOfUser[E, X any](
	d account.Described[account.UserAnswers, []E], element string, as func(user string, entry E) X, derive func(*account.User) ([]E, bool),
) operation {
	return func(s *Server, q *request) (any, *apiError) {
		name, failed := s.userName(q)
		if failed != nil {
			return nil, failed
		}
		named := func(entry E) X { return as(name, entry) }
		if recorded := *d.In(s.answersOf(name)); recorded != nil {
			return listing(s, q, element, recorded.Value, rest(s, q, d.Section, name, recorded), named)
		}
		if u := s.derived(name); u != nil && derive != nil && s.gap(d.Section, name, q.action()) == nil {
			if list, ok := derive(u); ok {
				return listing(s, q, element, list, nil, named)
			}
		}
		return nil, s.unread(q, d.Section, name)
	}
}

// page is one page of a list in AWS's form.
type page[X any] struct {
	List members[X]
	paging
}

// listing is the page of a list that a request asks for. after is what the request for what comes behind the last entry
// gets.
func listing[E, X any](s *Server, q *request, element string, list []E, after *apiError, as func(E) X) (any, *apiError) {
	p, failed := s.page(q, len(list), after)
	if failed != nil {
		return nil, failed
	}
	return page[X]{called(element, lists.Map(list[p.from:p.to], as)), p.paging}, nil
}

// members is a list in AWS's form: an element for the list, one called member for each item. The element is called as
// the field that holds it, or by XMLName.
type members[T any] struct {
	XMLName xml.Name
	Members []T `xml:"member"`
}

func called[T any](element string, list []T) members[T] {
	return members[T]{xml.Name{Local: element}, list}
}

func membersOf[From, To any](list []From, as func(From) To) members[To] {
	return called("", lists.Map(list, as))
}

// answered returns an answer's value, or the error that stands in its place.
func answered[T any](s *Server, q *request, section account.Section, resource string, a *account.Answer[T]) (T, *apiError) {
	if a == nil {
		var none T
		return none, s.unread(q, section, resource)
	}
	return a.Value, nil
}

// rest is what a list that broke off answers after its last item; nil for a whole one.
func rest[T any](s *Server, q *request, section account.Section, resource string, a *account.Answer[T]) *apiError {
	if a.Complete {
		return nil
	}
	return s.unread(q, section, resource)
}

// underPath takes from a list what is not under the path that a request names.
func underPath[E any](path func(E) string) filter[E] {
	return func(_ *Server, q *request, list []E) ([]E, *apiError) {
		prefix := q.form.Get("PathPrefix")
		if prefix == "" || prefix == "/" {
			return list, nil
		}
		return slices.DeleteFunc(slices.Clone(list), func(entry E) bool { return !strings.HasPrefix(path(entry), prefix) }), nil
	}
}
