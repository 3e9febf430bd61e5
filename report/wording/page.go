package wording

import "regexp"

// page is a line that names a page of AWS's documentation. No other address becomes a link: a report may be anybody's.
var page = regexp.MustCompile(`(?m)^AWS: (https://docs\.aws\.amazon\.com/[\w/-]+\.html)$`)

// Page is the page of AWS's documentation that a fix names, or nothing.
func Page(fix string) string {
	if found := page.FindStringSubmatch(fix); found != nil {
		return found[1]
	}
	return ""
}
