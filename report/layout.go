package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// layout sets text into lines of a width. It takes words as they are: what comes from an account is sanitized before. The first
// error of the writer stays and ends everything.
type layout struct {
	out   *bufio.Writer
	width int // columns
	color bool
	err   error
}

const (
	defaultWidth = 80
	minWidth     = 40
	longRuleID   = 36
	gap          = "  " // between columns
)

func newLayout(w io.Writer, width int, color bool) *layout {
	if width <= 0 {
		width = defaultWidth
	}
	// The library asks the locale how wide some characters are, once for the whole process; a report doesn't depend on it.
	twwidth.SetOptions(twwidth.Options{})
	return &layout{out: bufio.NewWriterSize(w, 1<<16), width: max(width, minWidth), color: color}
}

func (l *layout) flush() error {
	if err := l.out.Flush(); l.err == nil {
		l.err = err
	}
	return l.err
}

// line writes one line without trailing blanks.
func (l *layout) line(s string) {
	if l.err == nil {
		_, l.err = l.out.WriteString(strings.TrimRight(s, " ") + "\n")
	}
}

// text writes a paragraph, wrapped at words; the lines after the first are indented by hang columns more.
func (l *layout) text(indent, hang int, s string) {
	for i, part := range wrap(s, l.width-indent-hang) {
		if i == 1 {
			indent += hang
		}
		l.line(strings.Repeat(" ", indent) + part)
	}
}

// row is a row of a grid: cells that are never broken, and a last one that is wrapped at words. Line feeds in the last cell part paragraphs.
type row []string

// grid writes rows in columns of equal width.
func (l *layout) grid(indent int, rows []row) { l.rows(indent, l.columns(indent, rows), rows) }

// columns returns how wide the cells but the last are to be. One that would take too much room doesn't count.
func (l *layout) columns(indent int, rows []row) []int {
	if len(rows) == 0 {
		return nil
	}
	widths := make([]int, len(rows[0])-1)
	room := l.width - indent
	limit := max(room*2/5, min(room/2, longRuleID))
	for i := range widths {
		for _, r := range rows {
			if w := width(r[i]); w <= limit {
				widths[i] = max(widths[i], w)
			}
		}
	}
	return widths
}

// rows writes rows in columns of the given widths. A row with a cell that is wider stands, whole, on lines of its own, so that
// a long ARN is neither torn nor squeezes everybody else's message.
func (l *layout) rows(indent int, widths []int, rows []row) {
	rest := l.width - indent
	for _, w := range widths {
		rest -= w + len(gap)
	}
	var chunk []row
	for _, r := range rows {
		if fits(r, widths) {
			chunk = append(chunk, r.set(widths, rest))
			continue
		}
		l.table(indent, chunk)
		chunk = chunk[:0]
		l.stacked(indent, widths, r)
	}
	l.table(indent, chunk)
}

// stacked writes a row with a cell that is too wide: the last cell comes below, a little to the right of where the cell before it begins.
func (l *layout) stacked(indent int, widths []int, r row) {
	last := len(widths)
	s, below := strings.Repeat(" ", indent), indent+4
	for i, cell := range r[:last] {
		s += cell
		if i+1 < last {
			s += strings.Repeat(" ", max(0, widths[i]-width(cell))) + gap
			below += widths[i] + len(gap)
		}
	}
	l.line(s)
	for paragraph := range strings.SplitSeq(r[last], "\n") {
		l.text(below, 0, paragraph)
	}
}

func fits(r row, widths []int) bool {
	for i, w := range widths {
		if width(r[i]) > w {
			return false
		}
	}
	return true
}

// set pads the fixed cells, so that the tables that a grid falls into have the same columns, and wraps the last.
func (r row) set(widths []int, rest int) row {
	set := make(row, 0, len(r))
	for i, w := range widths {
		set = append(set, r[i]+strings.Repeat(" ", w-width(r[i])))
	}
	var lines []string
	for paragraph := range strings.SplitSeq(r[len(widths)], "\n") {
		lines = append(lines, wrap(paragraph, rest)...)
	}
	return append(set, strings.Join(lines, "\n"))
}

// table draws rows that are wrapped and padded already. tablewriter sets the columns; without WrapNone and the switched off trims it would
// rewrite cells, and its trailing blanks are cut afterwards.
func (l *layout) table(indent int, rows []row) {
	if len(rows) == 0 || l.err != nil {
		return
	}
	var drawn bytes.Buffer
	t := tablewriter.NewTable(&drawn,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimLine(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoFormat(tw.Off),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithPadding(tw.Padding{Right: gap, Overwrite: true}),
	)
	for _, r := range rows {
		if err := t.Append([]string(r)); err != nil {
			l.err = fmt.Errorf("adding a row: %w", err)
			return
		}
	}
	if err := t.Render(); err != nil {
		l.err = fmt.Errorf("drawing rows: %w", err)
		return
	}
	margin := strings.Repeat(" ", indent)
	for s := range strings.SplitSeq(strings.TrimSuffix(drawn.String(), "\n"), "\n") {
		l.line(margin + s)
	}
}

// wrap breaks s at blanks, and between the characters of scripts that have none, into lines of at most so many columns. A word
// that is longer stays whole and sticks out: a torn ARN can't be copied.
func wrap(s string, columns int) []string {
	if width(s) <= columns {
		return []string{s}
	}
	var lines []string
	var b strings.Builder
	used, blanks := 0, 0
	for len(s) > 0 {
		trimmed := strings.TrimLeft(s, " ")
		blanks, s = len(s)-len(trimmed), trimmed
		end := breakAt(s)
		word := s[:end]
		s = s[end:]
		w := width(word)
		if used > 0 && used+blanks+w > columns {
			lines = append(lines, b.String())
			b.Reset()
			used, blanks = 0, 0
		}
		b.WriteString(strings.Repeat(" ", blanks))
		b.WriteString(word)
		used += blanks + w
	}
	return append(lines, b.String())
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
func wide(r rune) bool { return r >= 0x1100 && width(string(r)) == 2 }

// width is how many columns s takes, without escape sequences for colours; it doesn't depend on the locale.
func width(s string) int {
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
	bold    style = "1"
	dim     style = "2"
	red     style = "31"
	boldRed style = "1;31"
	green   style = "32"
	yellow  style = "33"
	cyan    style = "36"
)

func (l *layout) paint(s style, text string) string {
	if !l.color || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
