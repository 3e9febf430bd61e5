package emulator

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// pageRule is how a service's lists are paged: what the parameters are called, the size that the service takes by
// itself, and the largest that it allows.
type pageRule struct {
	size, token    string
	usual, largest int
}

// pageRules are those of the IAM API reference (MaxItems), of the Account Management API reference (ListRegions) and of
// the Organizations API reference (ListAccounts, "MaxResults"), and of those of IAM Identity Center and its identity store.
// The reference of Access Analyzer names no sizes.
var pageRules = map[string]pageRule{
	"iam":             {"MaxItems", "Marker", 100, 1000},
	"account":         {"MaxResults", "NextToken", 20, 50},
	"access-analyzer": {"maxResults", "nextToken", 100, 1000},
	"organizations":   {"MaxResults", "NextToken", 20, 20},
	"sso":             {"MaxResults", "NextToken", 100, 100},
	"identitystore":   {"MaxResults", "NextToken", 100, 100},
}

// marker is where a request for a page behind the first one wants to go on.
func (q *request) marker() string { return q.form.Get(pageRules[q.service].token) }

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

// page finds the part of a list of n items that a request asks for. after is what the request for what comes behind the
// last item gets: nil for a whole list.
func (s *Server) page(q *request, n int, after *apiError) (span, *apiError) {
	size, failed := pageSize(q)
	if failed != nil {
		return span{}, failed
	}
	if s.options.PageCap > 0 {
		size = min(size, s.options.PageCap)
	}
	number, from := 1, 0
	if token := pageRules[q.service].token; q.form.Has(token) {
		var ok bool
		if number, from, ok = parseMarker(q.marker()); !ok || from > n {
			return span{}, q.invalid(q.marker(), lowerFirst(token), "Invalid "+lowerFirst(token))
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

func pageSize(q *request) (int, *apiError) {
	rule := pageRules[q.service]
	text, where := q.form.Get(rule.size), lowerFirst(rule.size)
	if text == "" {
		return rule.usual, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, q.invalid(text, where, "Member must be an integer")
	case n < 1:
		return 0, q.invalid(text, where, "Member must have value greater than or equal to 1")
	case n > rule.largest:
		return 0, q.invalid(text, where, fmt.Sprintf("Member must have value less than or equal to %d", rule.largest))
	}
	return n, nil
}

// lowerFirst is a parameter's name as validation errors write it.
func lowerFirst(name string) string { return strings.ToLower(name[:1]) + name[1:] }

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
