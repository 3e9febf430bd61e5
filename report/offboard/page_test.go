package offboard_test

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/format"
	report "sekisho/report/offboard"
)

// What the table says stands in the ticket and on the page, too, and a name does nothing in either.
func TestTicketAndPageSayWhatTheTableSays(t *testing.T) {
	t.Parallel()
	r := all()
	const hostile = "a<i>b\x1b[31m|`x`"
	r.People = append(r.People, offboard.PersonResult{Query: hostile, Verdict: offboard.NotFound, Summary: message.New("there is no such user: is the name right?"), Nearest: hostile})
	var table, markdown, page bytes.Buffer
	for _, err := range []error{report.Table(&table, r, format.Options{Width: 1000}), report.Markdown(&markdown, r), report.HTML(&page, r)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	// Letters and digits alone, for each format escapes what else there is.
	tags := regexp.MustCompile(`<[^>]*>`)
	read := func(text string) string { return html.UnescapeString(tags.ReplaceAllString(text, "")) }
	plain := func(text string) string {
		return strings.Map(func(c rune) rune {
			if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
				return c
			}
			return -1
		}, text)
	}
	said := 0
	for line := range strings.Lines(table.String()) {
		words := plain(strings.TrimPrefix(strings.TrimSpace(line), "DEMO ACCOUNT"))
		if strings.Contains(line, "made up") || words == "" {
			continue
		}
		said++
		for name, text := range map[string]string{"Markdown": markdown.String(), "HTML": page.String()} {
			if !strings.Contains(plain(read(text)), words) {
				t.Errorf("%s lacks %q", name, strings.TrimSpace(line))
			}
		}
	}
	if said < 40 {
		t.Errorf("got %d lines of the table, want more to compare", said)
	}
	for name, text := range map[string]string{"Markdown": markdown.String(), "HTML": page.String()} {
		if strings.Contains(text, "<i>") || strings.Contains(text, "\x1b") {
			t.Errorf("%s has a name as it is", name)
		}
	}
	if !strings.Contains(markdown.String(), "\n- [ ] ") || !strings.Contains(markdown.String(), "\n  `aws iam deactivate-mfa-device ") || !strings.Contains(page.String(), `<li class="open">`) {
		t.Errorf("got neither what is to be ticked off nor commands as code:\n%s", markdown.String())
	}
}
