package sanitize

import (
	"regexp"
	"strconv"
	"strings"
)

// Markdown returns s for a line or a table's cell of a Markdown file: as [Terminal] does, with what means something in
// Markdown, or in the HTML that Markdown lets through, escaped where it stands, so that the text reads as it is; what
// means nothing there is left alone, so that the file reads well as plain text, too.
func Markdown[S ~string](from S) MarkdownText {
	s := string(Terminal(from))
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '&':
			b.WriteString("&amp;")
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '@', c == ':' && (strings.HasPrefix(s[i:], "://") || namesPicture(s[i+1:])):
			// Not as a backslash escape: the autolinks of GitHub Flavored Markdown look through those.
			b.WriteString("&#" + strconv.Itoa(int(c)) + ";")
		case strings.IndexByte("\\`*{}[]|~$", c) >= 0, means(s, i):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return MarkdownText(b.String())
}

// awsPage is an address that a reader may follow from any report.
var awsPage = regexp.MustCompile(`^https://docs\.aws\.amazon\.com/[\w/-]+\.html$`)

// Address returns a page of AWS's documentation as it is, which makes it a link; anything else is text.
func Address[S ~string](s S) MarkdownText {
	if awsPage.MatchString(string(s)) {
		return MarkdownText(s)
	}
	return Markdown(s)
}

// means reports whether a character means something for where it stands: at the beginning of a line a list, a heading
// or a line below one; within a line a reference to an issue, an address, or strong text.
func means(s string, i int) bool {
	before, after := s[:i], s[i+1:]
	switch s[i] {
	case '-', '+', '=', '#':
		first := strings.TrimLeft(before, " ") == ""
		return first || s[i] == '#' && startsWithDigit(after) || s[i] == '-' && strings.HasSuffix(before, "GH") && startsWithDigit(after)
	case '.', ')':
		number, ends := strings.TrimLeft(before, " "), after == "" || after[0] == ' '
		return ends && number != "" && strings.Trim(number, "0123456789") == "" || len(before) >= 3 && strings.EqualFold(before[len(before)-3:], "www")
	case '_':
		return i == 0 || after == "" || !inWord(s[i-1]) || !inWord(s[i+1])
	}
	return false
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// namesPicture reports whether what follows a colon may be the name of a picture, such as smile:. The minutes of a time
// are none.
func namesPicture(rest string) bool {
	end := strings.IndexFunc(rest, func(r rune) bool {
		return r >= 0x80 || !inWord(byte(r)) && r != '_' && r != '-' && r != '+'
	})
	return end > 0 && rest[end] == ':' && (end != 2 || !startsWithDigit(rest) || !startsWithDigit(rest[1:]))
}
