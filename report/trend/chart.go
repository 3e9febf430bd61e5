package trend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/message"
	"sekisho/audit/trend"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// The layout of a chart, in pixels.
const (
	chartWidth, chartHeight       = 760, 200
	plotLeft, plotRight           = 48, 560 // beyond it stand the names of the lines
	plotTop, plotBottom           = 16, 168
	lineHeight, textRise, dateLow = 15, 4, 18
)

// chart is a picture of some counts over time.
type chart struct {
	ID, Title     sanitize.Text
	Width, Height int
	Ticks         []mark // of the counts, each with a rule across the plot
	Days          []mark
	Lines         []*line
}

// mark is a text at a place of an axis.
type mark struct {
	At, From, To, TextAt int
	Text                 sanitize.Text
	Anchor               string // of the text: start, middle, end
}

// line is one count over time.
type line struct {
	Class, Name    sanitize.Text
	Path           string
	Dots           []dot
	LabelX, LabelY int

	name   message.Message
	counts []int
}

type dot struct {
	X, Y  int
	Title sanitize.Text
}

// charts are failures by severity, the Security Status, and who has MFA.
func charts(t *trend.Trend) []*chart {
	count := func(class string, name message.Message, of func(p *trend.Point) int) *line {
		l := &line{Class: sanitize.Terminal(class), name: name}
		for i := range t.Points {
			l.counts = append(l.counts, of(&t.Points[i]))
		}
		return l
	}
	failing := func(severity string) func(p *trend.Point) int {
		return func(p *trend.Point) int { return p.Failing[severity] }
	}
	return []*chart{
		draw(t, "failures", message.New("Failures by severity"),
			count("critical", message.New("critical"), failing("critical")), count("high", message.New("high"), failing("high")),
			count("medium", message.New("medium"), failing("medium")), count("low", message.New("low"), failing("low"))),
		draw(t, "status", message.New("Security Status"),
			count("pass", message.New("complete"), func(p *trend.Point) int { return p.Complete }),
			count("all", message.New("that apply"), func(p *trend.Point) int { return p.Applicable })),
		draw(t, "mfa", message.New("Users with a console password"),
			count("pass", message.New("with an MFA device"), func(p *trend.Point) int { return p.WithMFA }),
			count("all", message.New("all of them"), func(p *trend.Point) int { return p.Console })),
	}
}

func draw(t *trend.Trend, id string, title message.Message, lines ...*line) *chart {
	c := &chart{ID: sanitize.Terminal(id), Title: sanitize.Message(title), Width: chartWidth, Height: chartHeight, Lines: lines}
	most := 1
	for _, l := range lines {
		most = max(most, slices.Max(l.counts))
	}
	most = rounded(most)
	y := func(count int) int { return plotBottom - (plotBottom-plotTop)*count/most }
	for _, count := range slices.Compact([]int{0, most / 2, most}) {
		c.Ticks = append(c.Ticks, mark{At: y(count), From: plotLeft, To: plotRight, TextAt: y(count) + textRise, Text: term.Number(count), Anchor: "end"})
	}
	first, last := t.Points[0].TakenAt, t.Points[len(t.Points)-1].TakenAt
	x := func(p *trend.Point) int {
		if first.Equal(last) {
			return (plotLeft + plotRight) / 2
		}
		return plotLeft + int(float64(plotRight-plotLeft)*float64(p.TakenAt.Sub(first))/float64(last.Sub(first)))
	}
	c.Days = []mark{{At: x(&t.Points[0]), TextAt: plotBottom + dateLow, Text: term.Day(first), Anchor: "start"}}
	if !first.Equal(last) {
		c.Days = append(c.Days, mark{At: plotRight, TextAt: plotBottom + dateLow, Text: term.Day(last), Anchor: "end"})
	}
	for _, l := range lines {
		var path strings.Builder
		for i := range t.Points {
			p, letter := &t.Points[i], byte('L')
			if i == 0 {
				letter = 'M'
			}
			fmt.Fprintf(&path, "%c%d %d", letter, x(p), y(l.counts[i]))
			l.Dots = append(l.Dots, dot{x(p), y(l.counts[i]), sanitize.Message(message.New("%s: %d %s", message.At(p.TakenAt), l.counts[i], l.name))})
		}
		l.Path = path.String()
		now := l.counts[len(l.counts)-1]
		l.Name, l.LabelX, l.LabelY = sanitize.Message(message.New("%d %s", now, l.name)), plotRight+lineHeight, y(now)+textRise
	}
	apart(lines)
	return c
}

// apart moves the names of lines that would lie on one another, from below upwards.
func apart(lines []*line) {
	sorted := slices.SortedFunc(slices.Values(lines), func(a, b *line) int { return cmp.Compare(b.LabelY, a.LabelY) })
	for i, l := range sorted[1:] {
		l.LabelY = min(l.LabelY, sorted[i].LabelY-lineHeight)
	}
}

// rounded is the next number up of one significant digit that can be halved: 2, 4, 6, 8, 10, 20, 40, …
func rounded(n int) int {
	unit := 1
	for n > 10*unit {
		unit *= 10
	}
	step := 2 * unit
	return (n + step - 1) / step * step
}
