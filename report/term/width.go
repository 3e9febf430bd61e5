package term

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"sekisho/report/sanitize"
)

// Width is how many columns s takes, without escape sequences for colours. It doesn't depend on the locale.
func Width[S ~string](s S) int {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return twwidth.WidthWithOptions(string(s), twwidth.Options{})
		}
	}
	return len(s)
}

// Pad adds blanks to s until it is so many columns wide.
func Pad(s sanitize.Text, columns int) sanitize.Text { return s + blanks(columns-Width(s)) }

func blanks(n int) sanitize.Text { return sanitize.Text(strings.Repeat(" ", max(0, n))) }

// Wrap breaks s at blanks, and between the characters of scripts that have none, into lines of at most so many columns.
// A word that is longer stays whole and sticks out, alone on its line: a torn ARN can't be copied.
func Wrap(s sanitize.Text, columns int) []sanitize.Text { return wrap(s, columns, columns) }

// wrap is Wrap with another width for the first line.
func wrap(text sanitize.Text, first, others int) []sanitize.Text {
	if Width(text) <= first {
		return []sanitize.Text{text}
	}
	s, lines := string(text), []sanitize.Text(nil)
	var b strings.Builder
	used, columns := 0, first
	for len(s) > 0 {
		word := strings.TrimLeft(s, " ")
		before := len(s) - len(word)
		end := breakAt(word)
		word, s = word[:end], word[end:]
		w := Width(word)
		if used > 0 && used+before+w > columns {
			lines = append(lines, sanitize.Text(b.String()))
			b.Reset()
			used, before, columns = 0, 0, others
		}
		b.WriteString(string(blanks(before)))
		b.WriteString(word)
		used += before + w
	}
	return repaint(append(lines, sanitize.Text(b.String())))
}

// Clip breaks s into lines for a box that can't grow: at blanks where it can, within a word where it must. What has no
// room is cut off, and an ellipsis says so.
func Clip(s sanitize.Text, columns, most int) []sanitize.Text {
	const ellipsis = 2 // columns, for some fonts make it as wide as a character of Japanese
	var out []sanitize.Text
	for _, line := range Wrap(s, columns) {
		for Width(line) > columns {
			head := fitting(line, columns)
			out, line = append(out, head), line[len(head):]
		}
		out = append(out, line)
	}
	if len(out) > most {
		out = out[:most]
		out[most-1] = fitting(out[most-1], columns-ellipsis) + "…"
	}
	return out
}

// fitting is the beginning of s that takes so many columns at most.
func fitting(s sanitize.Text, columns int) sanitize.Text {
	for i, r := range s {
		if columns -= Width(string(r)); columns < 0 {
			return s[:i]
		}
	}
	return s
}

// repaint ends the colour of each line with the line, and begins it again in the next.
func repaint(lines []sanitize.Text) []sanitize.Text {
	open := ""
	for i, text := range lines {
		line := open + string(text)
		if at := strings.LastIndex(line, escape); at >= 0 {
			if open, _, _ = strings.Cut(line[at:], "m"); open == strings.TrimSuffix(reset, "m") {
				open = ""
			} else {
				open += "m"
				line += reset
			}
		}
		lines[i] = sanitize.Text(line)
	}
	return lines
}

// Punctuation of Japanese that doesn't begin, or doesn't end, a line.
const (
	notFirst = "、。，．・：；！？」』）】〕〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)].,:;!?"
	notLast  = "「『（【〔〈《(["
)

// breakAt returns the end of the first piece of s that can't be broken.
func breakAt(s string) int {
	var last rune
	for i, r := range s {
		if r == ' ' {
			return i
		}
		if i > 0 && (wide(r) || wide(last)) && !strings.ContainsRune(notFirst, r) && !strings.ContainsRune(notLast, last) && !unicode.Is(unicode.M, r) {
			return i
		}
		last = r
	}
	return len(s)
}

// wide reports whether a character is of a script that breaks anywhere, which are those that take two columns.
func wide(r rune) bool { return r >= 0x1100 && Width(string(r)) == 2 }
