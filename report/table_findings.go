package report

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

var severityStyles = map[audit.Severity]term.Style{
	audit.Critical: term.OnRed, audit.High: term.Red, audit.Medium: term.Yellow, audit.Low: term.Cyan, audit.Info: term.Dim,
}

// folding says how much of a report stands in the table.
type folding struct {
	lines   map[audit.Severity]int // below a rule's heading, at most; with none, all of a rule is one line
	reasons int                    // for which something is unknown
	names   int                    // in a list of those to whom a reason applies
	wide    int                    // lines that those have whom something critical concerns, where its rule is one
}

// foldings are tried one after the other until the report is short enough.
var foldings = []folding{
	{map[audit.Severity]int{audit.Critical: 10, audit.High: 10, audit.Medium: 10}, 20, manyNames, 2},
	{map[audit.Severity]int{audit.Critical: 10, audit.High: 10}, 10, manyNames, 2},
	{map[audit.Severity]int{audit.Critical: 10, audit.High: 3}, 10, manyNames, 2},
	{map[audit.Severity]int{audit.Critical: 10, audit.High: 1}, 10, manyNames, 2},
	{map[audit.Severity]int{audit.Critical: 10}, 10, manyNames, 2},
	{map[audit.Severity]int{audit.Critical: 3}, 5, 2, 2},
	{nil, 3, 2, 2},
	{nil, 3, 2, 1},
	{nil, 1, 2, 1},
}

// failing is a rule's failures and the lines into which they fold.
type failing struct {
	wording.Block
	folds []wording.Fold
}

func newFailing(b wording.Block) failing { return failing{b, b.Folds()} }

// findings lists the failures, worst severity first.
func (t *table) findings() {
	for _, severity := range audit.Severities() {
		blocks := lists.Filter(t.failing, func(f failing) bool { return f.Severity == severity })
		if len(blocks) == 0 {
			continue
		}
		excepted := 0
		for _, b := range blocks {
			excepted += b.Excepted()
		}
		n := t.r.Summary.FailedBySeverity[severity.String()]
		count := message.Joined("%s, %s", message.New("%d", n), wording.OfThem(excepted, n))
		t.heading(severityStyles[severity], sanitize.Terminal(strings.ToUpper(severity.String())), "("+sanitize.Message(count)+")")
		for _, b := range blocks {
			switch most := t.fold.lines[severity]; {
			case t.verbose:
				t.whole(b)
			case most == 0:
				t.short(b)
			default:
				t.folded(b, most)
			}
		}
	}
}

// title is what is wrong, and by which rule.
func (t *table) title(b failing) sanitize.Text {
	id := "(" + sanitize.Terminal(b.Rule.ID) + ")"
	if excepted := sanitize.Message(wording.Excepted(b.Excepted(), len(b.Numbers))); excepted != "" {
		id += " " + excepted
	}
	style := term.Bold
	if b.Excepted() == len(b.Numbers) {
		style = term.Dim
	}
	return t.Paint(style, sanitize.Terminal(b.Heading())) + " " + t.Paint(term.Dim, id)
}

// short is a rule in one line, with as many names as that has room for.
func (t *table) short(b failing) {
	title, room := t.title(b)+": ", t.Width()-2
	if b.Severity == audit.Critical {
		room *= t.fold.wide
	}
	for most := manyNames; ; most-- {
		who := sanitize.Message(b.Who(most))
		if most == 0 || term.Width(title+who) <= room {
			t.Text(2, 2, title+t.Paint(term.Cyan, who))
			break
		}
	}
	t.also(b, 4)
}

// folded is a rule with a line for failures that say the same.
func (t *table) folded(b failing, most int) {
	t.Text(2, 2, t.title(b))
	shown := b.folds[:min(most, len(b.folds))]
	for i, f := range shown {
		line := t.Paint(term.Cyan, sanitize.Message(f.Who(manyNames))) + ": " + sanitize.Terminal(f.Message)
		if len(f.Numbers) > 1 {
			line = sanitize.Message(message.New("%s (%s)", f.Message, f.Who(manyNames)))
		}
		for _, note := range f.Notes {
			line += " (" + sanitize.Terminal(note) + ")"
		}
		if f.Exception != nil {
			line += "; " + sanitize.Message(message.New("excepted: %s", wording.Exception(f.Exception)))
		}
		if i == len(shown)-1 && len(b.folds) > len(shown) {
			more := 0
			for _, rest := range b.folds[len(shown):] {
				more += len(rest.Numbers)
			}
			line += t.Paint(term.Dim, " "+sanitize.Message(message.New("… and %d more, which --verbose lists", more)))
		}
		t.Text(4, 2, line)
	}
	t.also(b, 4)
}

// also tells of the rules that fail on the same resources for the same reason.
func (t *table) also(b failing, indent int) {
	for _, also := range b.Also {
		t.Text(indent, 2, t.Paint(term.Dim, sanitize.Message(also.ByAlso())))
	}
}

// whole is a rule and, under it, a row for each failure. Where a name is too long for its column, all messages stand
// below their names.
func (t *table) whole(b failing) {
	t.Text(2, 2, t.title(b))
	rows := rowsOf(b.Findings())
	for _, also := range b.Also {
		rows = append(rows, lists.Map(rowsOf(also.Findings()), func(r term.Row) term.Row {
			return term.Row{r[0], sanitize.Join([]sanitize.Text{sanitize.Terminal(also.Rule.ID), r[1]}, ": ")}
		})...)
	}
	widths := t.Columns(4, rows)
	if slices.ContainsFunc(rows, func(r term.Row) bool { return !r.Fits(widths) }) {
		for _, r := range rows {
			t.Stacked(4, widths, r)
		}
	} else {
		t.Rows(4, widths, rows)
	}
}

// rowsOf is a row for each finding of a rule, and one for each note that several of them share.
func rowsOf(findings []audit.Finding) []term.Row {
	shared, notes := wording.Footnotes(findings)
	rows := make([]term.Row, 0, len(findings)+len(shared))
	for i, f := range findings {
		text := sanitize.Terminal(f.Message) + sanitize.Terminal(notes[i].Mark())
		if f.Exception != nil {
			text += "\n" + sanitize.Message(message.New("excepted: %s", wording.Exception(f.Exception)))
		}
		for _, note := range notes[i].Own {
			text += "\n(" + sanitize.Terminal(note) + ")"
		}
		for i, s := range f.Steps {
			text += "\n" + sanitize.Message(message.New("%d. %s", i+1, s.Text.Or(s.Message)))
			if s.Command != "" {
				text += "\n" + sanitize.Terminal(s.Command)
			}
		}
		rows = append(rows, term.Row{subject(f), text})
	}
	for i, note := range shared {
		rows = append(rows, term.Row{sanitize.Terminal(wording.Number(i + 1)), sanitize.Terminal(note)})
	}
	return rows
}
