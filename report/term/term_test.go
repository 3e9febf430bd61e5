package term

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"sekisho/report/sanitize"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		in      sanitize.Text
		columns int
		want    []sanitize.Text
	}{
		{"short", "a b", 10, []sanitize.Text{"a b"}},
		{"at words", "one two three", 7, []sanitize.Text{"one two", "three"}},
		{"a long word stays whole", "on arn:aws:iam::123456789012:policy/Force-MFA now", 10, []sanitize.Text{"on", "arn:aws:iam::123456789012:policy/Force-MFA", "now"}},
		{"several blanks", "one  two   three", 8, []sanitize.Text{"one  two", "three"}},
		{"Japanese", "関所は旅人を調べる", 8, []sanitize.Text{"関所は旅", "人を調べ", "る"}},
		{"no full stop at a line's start", "関所は旅人。", 10, []sanitize.Text{"関所は旅", "人。"}},
		{"no bracket at a line's end", "関所は「旅人」", 8, []sanitize.Text{"関所は", "「旅人」"}},
		{"mixed", "user 山田 has no MFA", 9, []sanitize.Text{"user 山田", "has no", "MFA"}},
		{"nothing", "", 10, []sanitize.Text{""}},
		{"no room at all", "a b", -1, []sanitize.Text{"a", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := Wrap(test.in, test.columns); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzWrapKeepsText(f *testing.F) {
	f.Add("user/alice signs in  with 関所の、パスワード alone", 12)
	f.Fuzz(func(t *testing.T, s string, columns int) {
		lines := Wrap(sanitize.Terminal(s), columns%200)
		blankless := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := string(sanitize.Join(lines, "")); blankless(got) != blankless(string(sanitize.Terminal(s))) {
			t.Errorf("got %q from %q", lines, s)
		}
	})
}

// What stands beside a head begins where it does, and below it where there is no room.
func TestPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		write func(*Page)
		want  string
	}{
		{"text", func(p *Page) { p.Text(2, 3, "one two three four five six seven eight nine") }, "  one two three four five six seven\n     eight nine\n"},
		{"beside", func(p *Page) { p.Beside(2, "Head  ", "one two three four five six seven eight") }, "  Head  one two three four five six\n        seven eight\n"},
		{"no room beside", func(p *Page) { p.Beside(2, "A head:  ", sanitize.Terminal(strings.Repeat("x", 33))+" one") }, "  A head:\n      " + strings.Repeat("x", 33) + "\n      one\n"},
		{"colours end with the line", func(p *Page) { p.Text(0, 2, "ab "+p.Paint(Red, "one two three four five six seven eight nine")) },
			"ab \x1b[31mone two three four five six seven\x1b[0m\n  \x1b[31meight nine\x1b[0m\n"},
		{"a grid", func(p *Page) {
			p.Grid(1, []Row{{"a", "one"}, {"山田", "two\nthree"}, {sanitize.Terminal(strings.Repeat("x", 25)), "four"}})
		},
			" a     one\n 山田  two\n       three\n " + strings.Repeat("x", 25) + "\n     four\n"},
		{"beside with just enough room", func(p *Page) { p.Beside(2, "Head  ", sanitize.Terminal(strings.Repeat("x", 32))+" one") }, "  Head  " + strings.Repeat("x", 32) + "\n        one\n"},
		{"a cell as wide as a column gets, and a last one that just has room", func(p *Page) {
			p.Grid(0, []Row{{cell(20), cell(18)}, {"b", cell(18)}, {"c", cell(19)}})
		},
			xs(20) + "  " + xs(18) + "\nb                     " + xs(18) + "\nc\n    " + xs(19) + "\n"},
		{"a row without room stands below the cell before the last", func(p *Page) {
			p.Grid(2, []Row{{"a", "bb", "one"}, {"a", "bb", cell(33)}})
		}, "  a  bb  one\n  a  bb\n         " + xs(33) + "\n"},
		{"a sheet as wide as the page", func(p *Page) { p.Sheet([]sanitize.Text{"ABCDE", "F"}, [][][]sanitize.Text{{{"a"}, {cell(33)}}}) },
			"\x1b[2mABCDE\x1b[0m  \x1b[2mF\x1b[0m\na      " + xs(33) + "\n"},
		{"a sheet whose cells are as wide as a column gets", func(p *Page) {
			p.Sheet([]sanitize.Text{"A", "B"}, [][][]sanitize.Text{{{cell(36)}, {"b"}}, {{"a"}, {"bc"}}})
		},
			"\x1b[2mA\x1b[0m" + strings.Repeat(" ", 37) + "\x1b[2mB\x1b[0m\n" + xs(36) + "  b\na" + strings.Repeat(" ", 37) + "bc\n"},
		{"a sheet wider than the page", func(p *Page) {
			if p.Sheet([]sanitize.Text{"A", "B", "C"}, [][][]sanitize.Text{{{cell(36)}, {"b"}, {"c"}}}) {
				p.Line("a sheet")
			}
		}, ""},
		{"what has no colour", func(p *Page) {
			p.Line(p.Paint(Plain, "plain") + p.Paint(Red, "") + NewPage(nil, 40, false).Paint(Red, "no colours"))
		}, "plainno colours\n"},
		{"a colour that has ended", func(p *Page) { p.Text(0, 0, p.Paint(Red, "a")+" one two three four five six seven eight nine") },
			"\x1b[31ma\x1b[0m one two three four five six seven\neight nine\n"},
		{"a mark stays with its character", func(p *Page) { p.Text(0, 0, sanitize.Terminal(strings.Repeat("関", 19)+"か\u302e関")) },
			strings.Repeat("関", 19) + "\nか\u302e関\n"},
		{"a paragraph in a colour", func(p *Page) { p.Text(0, 0, p.Paint(Red, "one two three four five six seven eight nine")) },
			"\x1b[31mone two three four five six seven eight\x1b[0m\n\x1b[31mnine\x1b[0m\n"},
		{"a sheet whose last column is broken", func(p *Page) {
			p.Sheet([]sanitize.Text{"A", "B"}, [][][]sanitize.Text{{{"a"}, {cell(30) + " " + cell(8)}}})
		}, "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\na  " + xs(30) + "\n   " + xs(8) + "\n"},
		{"a cell that is wider than the rest of the line", func(p *Page) {
			p.Sheet([]sanitize.Text{"A", "B", "C"}, [][][]sanitize.Text{{{"a"}, {sanitize.Terminal(strings.Repeat("x", 39)), "b"}, {"c"}}})
		}, "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m  \x1b[2mC\x1b[0m\na\n " + strings.Repeat("x", 39) + "\n      c\n   b\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			p := NewPage(&got, 40, true)
			if test.write(p); p.Flush() != nil || got.String() != test.want {
				t.Errorf("got\n%q, want\n%q", got.String(), test.want)
			}
		})
	}
}

func xs(columns int) string { return strings.Repeat("x", columns) }

func cell(columns int) sanitize.Text { return sanitize.Terminal(xs(columns)) }

func TestPageWidth(t *testing.T) {
	t.Parallel()
	for columns, want := range map[int]int{-1: 80, 0: 80, 1: 40, 39: 40, 41: 41, 300: 300} {
		if got := NewPage(nil, columns, false).Width(); got != want {
			t.Errorf("%d columns: got %d, want %d", columns, got, want)
		}
	}
}

// An error of the writer is that of the page, and one of drawing too.
func TestPageTellsErrors(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	reader.Close()
	p := NewPage(writer, 0, false)
	p.Line(cell(1 << 17))
	p.Line("more")
	if err := p.Flush(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v of a closed pipe, want %v", err, io.ErrClosedPipe)
	}
	p = NewPage(io.Discard, 0, false)
	if p.err = io.ErrUnexpectedEOF; !errors.Is(p.Flush(), io.ErrUnexpectedEOF) {
		t.Error("got no error, want the one of drawing")
	}
}

// Columns are the same where the library takes the locale for one with wide characters. Not parallel: it tells the
// library so.
func TestGridWithoutLocale(t *testing.T) {
	twwidth.SetOptions(twwidth.Options{EastAsianWidth: true})
	var got strings.Builder
	p := NewPage(&got, 40, false)
	p.Grid(0, []Row{{"○", "one"}, {"ab", "two"}})
	if err := p.Flush(); err != nil || got.String() != "○   one\nab  two\n" {
		t.Errorf("got %v and\n%s, want columns", err, got.String())
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 21, 12, 59, 0, time.FixedZone("JST", 9*3600))
	for got, want := range map[sanitize.Text]sanitize.Text{
		Number(0): "0", Number(999): "999", Number(-1234): "-1,234", Number(1234567): "1,234,567",
		Minute(at): "2026-11-29 12:12 UTC", Day(at): "2026-11-29",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text sanitize.Text
		most int
		want []sanitize.Text
	}{
		{"short", 2, []sanitize.Text{"short"}},
		{"some words in a row", 3, []sanitize.Text{"some words", "in a row"}},
		{"a-name-without-any-blank", 3, []sanitize.Text{"a-name-wit", "hout-any-b", "lank"}},
		{"a-name-without-any-blank", 2, []sanitize.Text{"a-name-wit", "hout-any…"}},
		{"日本語の長い名前ですね", 2, []sanitize.Text{"日本語の長", "い名前で…"}},
	} {
		if got := Clip(test.text, 10, test.most); !slices.Equal(got, test.want) {
			t.Errorf("%q in %d lines: got %q, want %q", test.text, test.most, got, test.want)
		}
	}
}
