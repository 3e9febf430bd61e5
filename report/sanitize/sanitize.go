// Package sanitize makes strings from an AWS account harmless. Someone who may name a user or write an error message
// must not be able to steer a terminal, hide or turn round what a reader sees, or start a formula in a spreadsheet.
// What writes for a reader takes a [Text], so that the compiler refuses a string that did not go through here.
package sanitize

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Text is what is harmless in a terminal, and in HTML that html/template escapes. Constants of the source are Texts by
// themselves, and + joins Texts; any other string becomes one by [Terminal] alone. No code but that which sets text
// converts a string into one: a test holds that.
type Text string

// Terminal returns s as one line of text in which everything is visible: control characters of both sets, line ends,
// bidirectional controls, zero-width and other invisible characters become escapes as in Go source (\n, \u001b,
// \u202e), bytes that aren't UTF-8 become \xff. Ordinary text in any script comes back unchanged. HTML text goes
// through it too, before html/template.
func Terminal[S ~string](from S) Text {
	s := string(from)
	if plain(s) {
		return Text(s)
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := maxMarks // none may stand first: it would join what is printed before
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x`)
			b.WriteString(strconv.FormatUint(uint64(s[i])|0x100, 16)[1:])
			marks = 0
		case unicode.Is(unicode.M, r) && !invisible(r):
			if marks < maxMarks {
				b.WriteRune(r)
			} else {
				escape(&b, r)
			}
			marks++
		case Visible(r):
			b.WriteRune(r)
			marks = 0
		default:
			escape(&b, r)
			marks = 0
		}
		i += size
	}
	return Text(b.String())
}

// Terminals is Terminal for each of a list.
func Terminals[S ~string](list []S) []Text {
	return lists.Map(list, Terminal)
}

// Message is a message, or a part of one, as it is read.
func Message[M interface {
	message.Message | message.Count | message.List | message.Date | message.Minute
	String() string
}](m M) Text {
	return Terminal(m.String())
}

// Int writes a number.
func Int(n int) Text { return Text(strconv.Itoa(n)) }

// Trim cuts the blanks off both ends.
func Trim(text Text) Text { return Text(strings.TrimSpace(string(text))) }

// Target is a kind of text: each is made by the sanitizer of its own.
type Target interface{ Text | MarkdownText }

// Join joins texts of one kind.
func Join[T Target](list []T, separator T) T {
	var b strings.Builder
	for i, text := range list {
		if i > 0 {
			b.WriteString(string(separator))
		}
		b.WriteString(string(text))
	}
	return T(b.String())
}

// Lines parts a Text at its line feeds, which only the source writes.
func Lines(text Text) iter.Seq[Text] {
	return func(yield func(Text) bool) {
		for line := range strings.SplitSeq(string(text), "\n") {
			if !yield(Text(line)) {
				return
			}
		}
	}
}

// Cell is a cell of a CSV file, in which nothing starts a formula. [CSV] and [CSVList] make it of strings.
type Cell string

// CSV returns s for a cell of a CSV file: as [Terminal] does, and with an apostrophe before what a spreadsheet would
// take for a formula. Where it takes semicolons for the ends of cells, what follows one is a cell too: a semicolon that
// would part a formula from the rest becomes an escape. Quotes and commas are left to encoding/csv.
func CSV(s string) Cell {
	parts := strings.Split(string(Terminal(s)), ";")
	cell := parts[0]
	if formula(s) {
		cell = "'" + cell
	}
	for _, part := range parts[1:] {
		semicolon := ";"
		if formula(part) {
			semicolon = `\u003b`
		}
		cell += semicolon + part
	}
	return Cell(cell)
}

// CSVList is a cell with several parts.
func CSVList(parts []string) Cell {
	return Cell(strings.Join(lists.Map(parts, func(part string) string { return string(CSV(part)) }), "; "))
}

// formula reports whether a spreadsheet takes a text for a formula.
func formula(s string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u3000"))
	return strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", r)
}

// WriteCSV writes rows, of which the first one is the header: UTF-8, lines end with a line feed. The byte order mark is
// for Excel. What it is, is for errors.
func WriteCSV(w io.Writer, what string, bom bool, rows iter.Seq[[]Cell]) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if bom {
		_, _ = out.WriteString("\ufeff") // a writer's error stays
	}
	table := csv.NewWriter(out)
	var err error
	for row := range rows {
		if err = table.Write(lists.Map(row, func(cell Cell) string { return string(cell) })); err != nil {
			break
		}
	}
	table.Flush()
	if err = cmp.Or(err, table.Error(), out.Flush()); err != nil {
		return fmt.Errorf("writing %s as CSV: %w", what, err)
	}
	return nil
}

// MarkdownText is what [Markdown] made of a string, and the source's own Markdown. A [Text] is none.
type MarkdownText string

// Code returns s as code of a Markdown text, where everything but a backtick is what it is; s with a backtick is text.
func Code[S ~string](s S) MarkdownText {
	if text := Terminal(s); !strings.Contains(string(text), "`") {
		return MarkdownText("`" + string(text) + "`")
	}
	return Markdown(s)
}

// Visible reports whether a reader sees a character for what it is. Combining marks are visible; [Terminal] limits how many may
// follow one another.
func Visible(r rune) bool {
	switch {
	case r < 0x7f:
		return r >= ' '
	case r == '\u3000': // the blank of Japanese text
		return true
	}
	// IsPrint leaves out controls, format characters (bidirectional ones, zero-width, tags), private use, what isn't
	// assigned, and all blanks but the ASCII one: they look like it and are another name.
	return unicode.IsPrint(r) && !invisible(r)
}

// maxMarks is how many combining marks may stand on one character: enough for Vietnamese, Thai and Hebrew, too few to climb
// into the lines above.
const maxMarks = 3

// invisible reports whether a printable character shows nothing: fillers, joiners and variation selectors, after Unicode's
// property Default_Ignorable_Code_Point.
func invisible(r rune) bool {
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x2800, r == 0x3164, r == 0xffa0:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

// plain reports whether s is visible ASCII, as nearly every name is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func escape(b *strings.Builder, r rune) {
	switch r {
	case '\n':
		b.WriteString(`\n`)
	case '\r':
		b.WriteString(`\r`)
	case '\t':
		b.WriteString(`\t`)
	default:
		digits := strconv.FormatInt(int64(r), 16)
		prefix, width := `\u`, 4
		if r >= 0x10000 {
			prefix, width = `\U`, 8
		}
		b.WriteString(prefix)
		b.WriteString(strings.Repeat("0", width-len(digits)))
		b.WriteString(digits)
	}
}
