package emulator

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The sizes of pages that IAM allows, and the one that it takes by itself (IAM API reference, MaxItems).
const (
	defaultMaxItems = 100
	largestMaxItems = 1000
)

// paging is the end of every list's page.
type paging struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// span is the part of a list that one page holds.
type span struct {
	from, to int
	paging
}

// page finds the part of a list of n items that a request asks for. after is what the request for what comes behind the last item
// gets: nil for a whole list.
func (s *Server) page(q *request, n int, after *apiError) (span, *apiError) {
	size, failed := maxItems(q.form.Get("MaxItems"))
	if failed != nil {
		return span{}, failed
	}
	if s.options.PageCap > 0 {
		size = min(size, s.options.PageCap)
	}
	number, from := 1, 0
	if marker := q.form.Get("Marker"); q.form.Has("Marker") {
		var ok bool
		if number, from, ok = parseMarker(marker); !ok || from > n {
			return span{}, validationError(marker, "marker", "Invalid marker")
		}
	}
	if from == n && after != nil {
		return span{}, after
	}
	p := span{from: from, to: min(n, from+size)}
	if p.to < n || after != nil {
		p.IsTruncated, p.Marker = true, formatMarker(number+1, p.to)
	}
	return p, nil
}

func maxItems(text string) (int, *apiError) {
	if text == "" {
		return defaultMaxItems, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, validationError(text, "maxItems", "Member must be an integer")
	case n < 1:
		return 0, validationError(text, "maxItems", "Member must have value greater than or equal to 1")
	case n > largestMaxItems:
		return 0, validationError(text, "maxItems", fmt.Sprintf("Member must have value less than or equal to %d", largestMaxItems))
	}
	return n, nil
}

func validationError(value, where, constraint string) *apiError {
	return &apiError{http.StatusBadRequest, "ValidationError",
		fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, where, constraint)}
}

// A marker says where the next page begins, and its number, which faults go by. Clients must not look into it.
func formatMarker(number, from int) string {
	return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "page %d from %d", number, from))
}

func parseMarker(marker string) (number, from int, ok bool) {
	text, err := base64.URLEncoding.DecodeString(marker)
	if err != nil {
		return 0, 0, false
	}
	rest, ok := strings.CutPrefix(string(text), "page ")
	before, after, found := strings.Cut(rest, " from ")
	number, err = strconv.Atoi(before)
	from, err2 := strconv.Atoi(after)
	return number, from, ok && found && err == nil && err2 == nil && number > 1 && from >= 0
}

// pageOf is the number of the page that a marker asks for; the first one has no marker.
func pageOf(marker string) int {
	number, _, ok := parseMarker(marker)
	if !ok {
		return 1
	}
	return number
}
