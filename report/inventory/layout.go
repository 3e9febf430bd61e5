package inventory

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"sekisho/report/format"
)

const (
	defaultWidth = 80
	minWidth     = 40
	gap          = "  " // between columns
)

// layout writes lines without trailing blanks. The first error of the writer stays.
type layout struct {
	out   *bufio.Writer
	width int
	color bool
}

func newLayout(w io.Writer, o format.Options) *layout {
	width := o.Width
	if width <= 0 {
		width = defaultWidth
	}
	return &layout{out: bufio.NewWriterSize(w, 1<<16), width: max(width, minWidth), color: o.Color}
}

func (l *layout) line(s string) {
	_, _ = l.out.WriteString(strings.TrimRight(s, " ")) // the error stays until flush
	_ = l.out.WriteByte('\n')
}

// hanging writes a text behind a head, wrapped at blanks; the lines after the first begin where the text does. A word that is longer
// stays whole.
func (l *layout) hanging(head string, s style, text string) {
	indent := columns(head)
	room := max(l.width-indent, 1)
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && columns(line)+1+columns(word) > room {
			l.line(head + l.paint(s, line))
			head, line = strings.Repeat(" ", indent), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	l.line(head + l.paint(s, line))
}

// cell is one line of a column: what is seen, and how it is painted.
type cell struct {
	text  string
	style style
}

// grid writes rows of columns, each of which has lines of its own. A cell that is wider than its column has the rest of the line to itself.
func (l *layout) grid(titles []string, rows [][][]cell) {
	widths := columnWidths(titles, rows)
	head := make([][]cell, len(titles))
	for i, title := range titles {
		head[i] = []cell{{title, dim}}
	}
	l.row(widths, head)
	for _, row := range rows {
		l.row(widths, row)
	}
}

// widest is how wide a column is at most; a longer name doesn't squeeze the others.
const widest = 36

func columnWidths(titles []string, rows [][][]cell) []int {
	widths := make([]int, len(titles))
	for i, title := range titles {
		widths[i] = columns(title)
	}
	for _, row := range rows {
		for i, lines := range row {
			for _, c := range lines {
				if w := columns(c.text); w <= widest {
					widths[i] = max(widths[i], w)
				}
			}
		}
	}
	return widths
}

// total is how wide a grid is.
func total(widths []int) int {
	sum := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

func (l *layout) row(widths []int, row [][]cell) {
	height := 1
	for _, lines := range row {
		height = max(height, len(lines))
	}
	var b strings.Builder
	for n := range height {
		b.Reset()
		used, start := 0, 0
		for i, lines := range row {
			if n < len(lines) && lines[n].text != "" {
				if used > start {
					l.line(b.String())
					b.Reset()
					used = 0
				}
				b.WriteString(strings.Repeat(" ", start-used))
				b.WriteString(l.paint(lines[n].style, lines[n].text))
				used = start + columns(lines[n].text)
			}
			start += widths[i] + len(gap)
		}
		l.line(b.String())
	}
}

// columns is how many columns s takes, by a rule that doesn't depend on the locale.
func columns(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return twwidth.WidthWithOptions(s, twwidth.Options{})
		}
	}
	return len(s)
}

// style is the parameter of a terminal's SGR sequence.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	yellow style = "33"
)

var styles = map[string]style{"off": dim, "vague": yellow, "bad": red}

func (l *layout) paint(s style, text string) string {
	if !l.color || s == "" || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
