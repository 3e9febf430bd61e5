package term

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"sekisho/audit/lists"
	"sekisho/report/sanitize"
)

const (
	widest = 36 // how wide a column is at most where another needs the room
	below  = 4  // how far to the right what has no room in its column stands below it
)

// Row is a row of a grid: cells that are never broken, and a last one that is wrapped at words. Line feeds in the last
// cell part paragraphs.
type Row []sanitize.Text

// Grid writes rows in columns of equal width.
func (p *Page) Grid(indent int, rows []Row) { p.Rows(indent, p.Columns(indent, rows), rows) }

// Columns returns how wide the cells but the last are to be. One that would take too much room doesn't count.
func (p *Page) Columns(indent int, rows []Row) []int {
	if len(rows) == 0 {
		return nil
	}
	widths := make([]int, len(rows[0])-1)
	room := p.width - indent
	limit := max(room*2/5, min(room/2, widest))
	for i := range widths {
		for _, r := range rows {
			if w := Width(r[i]); w <= limit {
				widths[i] = max(widths[i], w)
			}
		}
	}
	return widths
}

// Total is how wide columns and the gaps between them are.
func Total(widths []int) int {
	sum := len(Gap) * max(0, len(widths)-1)
	for _, w := range widths {
		sum += w
	}
	return sum
}

// Rows writes rows in columns of the given widths. A row with a cell that is wider, or with a word in its last cell
// that has no room beside the others, stands, whole, on lines of its own, so that a long ARN is neither torn nor
// squeezes everybody else's message.
func (p *Page) Rows(indent int, widths []int, rows []Row) {
	rest := p.width - indent - Total(widths) - len(Gap)
	var chunk []Row
	for _, r := range rows {
		if r.Fits(widths) {
			if set, ok := r.set(widths, rest); ok {
				chunk = append(chunk, set)
				continue
			}
		}
		p.table(indent, chunk)
		chunk = chunk[:0]
		p.Stacked(indent, widths, r)
	}
	p.table(indent, chunk)
}

// Stacked writes a row with a cell that is too wide: the last cell comes below, a little to the right of where the cell
// before it begins.
func (p *Page) Stacked(indent int, widths []int, r Row) {
	last := len(widths)
	p.lay(indent, widths, r[:last])
	margin := indent + below
	if last > 1 {
		margin += Total(widths[:last-1]) + len(Gap)
	}
	for paragraph := range sanitize.Lines(r[last]) {
		p.Text(margin, 0, paragraph)
	}
}

// lay writes cells on one line, each where its column begins. What stands behind a cell that is too wide goes on the
// next line; one that would reach beyond the page stands alone, as far to the left as it takes.
func (p *Page) lay(indent int, widths []int, cells []sanitize.Text) {
	line, column := sanitize.Text(""), 0
	for i, cell := range cells {
		if cell != "" {
			start := min(column, max(0, p.width-indent-Width(cell)))
			if line != "" && (start < column || Width(line)+len(Gap) > column) {
				p.Line(blanks(indent) + line)
				line = ""
			}
			line = Pad(line, start) + cell
		}
		column += widths[i] + len(Gap)
	}
	p.Line(blanks(indent) + line)
}

// Fits reports whether no cell is wider than its column.
func (r Row) Fits(widths []int) bool {
	for i, w := range widths {
		if Width(r[i]) > w {
			return false
		}
	}
	return true
}

// set pads the fixed cells, so that the tables that a grid falls into have the same columns, and wraps the last. It is
// false where a word of that has no room.
func (r Row) set(widths []int, rest int) (Row, bool) {
	set := make(Row, 0, len(r))
	for i, w := range widths {
		set = append(set, Pad(r[i], w))
	}
	var lines []sanitize.Text
	for paragraph := range sanitize.Lines(r[len(widths)]) {
		lines = append(lines, Wrap(paragraph, rest)...)
	}
	if slices.ContainsFunc(lines, func(line sanitize.Text) bool { return Width(line) > rest }) {
		return nil, false
	}
	return append(set, sanitize.Join(lines, "\n")), true
}

// table draws rows that are wrapped and padded already. tablewriter sets the columns; without WrapNone and the switched
// off trims it would rewrite cells, and its trailing blanks are cut afterwards.
func (p *Page) table(indent int, rows []Row) {
	if len(rows) == 0 {
		return
	}
	// The library asks the locale how wide some characters are, once for the whole process; a report doesn't depend on it.
	twwidth.SetOptions(twwidth.Options{})
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
		tablewriter.WithPadding(tw.Padding{Right: Gap, Overwrite: true}),
	)
	cells := lists.Map(rows, func(r Row) []string { return lists.Map(r, func(cell sanitize.Text) string { return string(cell) }) })
	p.err = errors.Join(p.err, t.Bulk(cells), t.Render())
	for s := range sanitize.Lines(sanitize.Text(strings.TrimSuffix(drawn.String(), "\n"))) {
		p.Line(blanks(indent) + s)
	}
}

// Sheet writes rows of columns, each of which has lines of its own, under titles. It writes nothing and returns false
// where the columns have no room.
func (p *Page) Sheet(titles []sanitize.Text, rows [][][]sanitize.Text) bool {
	widths := make([]int, len(titles))
	head := make([][]sanitize.Text, len(titles))
	for i, title := range titles {
		widths[i] = Width(title)
		head[i] = []sanitize.Text{p.Paint(Dim, title)}
	}
	for _, row := range rows {
		for i, lines := range row {
			for _, line := range lines {
				if w := Width(line); w <= widest {
					widths[i] = max(widths[i], w)
				}
			}
		}
	}
	if Total(widths) > p.width {
		return false
	}
	p.sheetRow(widths, head)
	for _, row := range rows {
		p.sheetRow(widths, row)
	}
	return true
}

func (p *Page) sheetRow(widths []int, row [][]sanitize.Text) {
	columns := make([][]sanitize.Text, len(row))
	height, start := 1, 0
	for i, lines := range row {
		for _, line := range lines {
			columns[i] = append(columns[i], Wrap(line, p.width-start)...)
		}
		height = max(height, len(columns[i]))
		start += widths[i] + len(Gap)
	}
	cells := make([]sanitize.Text, len(row))
	for n := range height {
		for i, lines := range columns {
			if cells[i] = ""; n < len(lines) {
				cells[i] = lines[n]
			}
		}
		p.lay(0, widths, cells)
	}
}
