package report

import (
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// enforcement says whose devices and whose policies leave a way in open without MFA: a line a user with something to
// see to, or each user where the table is verbose.
func (t *table) enforcement() {
	if len(t.r.Enforcement)+len(t.r.Users) == 0 {
		return
	}
	t.heading(term.Bold, "Does MFA protect each way in?", "")
	if len(t.r.Enforcement) == 0 {
		t.Text(2, 0, sanitize.Join([]sanitize.Text{t.Paint(term.Yellow, "Not judged"), "this report doesn't say whose policies enforce MFA."}, ": "))
		return
	}
	people := make([]enforcement.Row, len(t.r.Enforcement))
	for i, r := range t.r.Enforcement {
		people[i] = enforcement.Of(r)
	}
	t.Text(2, 0, enforcement.Count(people).Text()+".")
	if t.verbose {
		t.Line("")
		t.people(people)
		return
	}
	named := func(style term.Style, title sanitize.Text, is func(enforcement.Row) bool) {
		if names := lists.Map(lists.Filter(people, is), func(p enforcement.Row) sanitize.Text { return p.Name }); len(names) > 0 {
			t.Text(2, 2, sanitize.Join([]sanitize.Text{t.Paint(style, title), some(names)}, ": "))
		}
	}
	named(term.Red, "Not protected", enforcement.Row.Open)
	named(term.Yellow, "Not known, in whole or in part", func(p enforcement.Row) bool { return p.Level == enforcement.Vague && !p.Open() })
	t.Text(2, 2, "--verbose says of each user by which way in, and why.")
}

// people draws the rows. Where there is no room for a column of remarks they stand below.
func (t *table) people(people []enforcement.Row) {
	rows := []term.Row{{"User", "MFA", "Console", "Access key", "Admin", "What leaks"}}
	for i, title := range rows[0] {
		rows[0][i] = t.Paint(term.Dim, title)
	}
	for _, p := range people {
		rows = append(rows, term.Row{p.Name, t.devices(p.Devices), t.cell(p.Console), t.cell(p.AccessKey), t.cell(p.Admin), remarks(p, true)})
	}
	widths := t.Columns(2, rows)
	if t.Width() >= wideFrom {
		t.Rows(2, widths, rows)
		return
	}
	total := 2
	for _, w := range widths {
		total += w + len(term.Gap)
	}
	if total-len(term.Gap) > t.Width() {
		t.peopleStacked(people, rows[1:])
		return
	}
	rows[0][len(widths)] = ""
	for _, r := range rows {
		cells := make([]sanitize.Text, len(widths))
		for i, w := range widths {
			cells[i] = term.Pad(r[i], w)
		}
		if term.Width(r[0]) > widths[0] {
			t.Line("  " + r[0])
			cells[0] = term.Pad("", widths[0])
		}
		t.Line("  " + sanitize.Join(cells, term.Gap))
		t.below(r[len(widths)])
	}
}

// peopleStacked does without columns.
func (t *table) peopleStacked(people []enforcement.Row, rows []term.Row) {
	for i, r := range rows {
		t.Line("  " + r[0])
		var words []sanitize.Text
		for j, title := range []sanitize.Text{"MFA", "console", "access key", "admin"} {
			if title != "admin" || people[i].Admin.Kind != "no" {
				words = append(words, title+": "+r[j+1])
			}
		}
		t.Text(4, 2, sanitize.Join(words, ", "))
		t.below(r[5])
	}
}

func (t *table) below(remarks sanitize.Text) {
	if remarks == "" {
		return
	}
	for remark := range sanitize.Lines(remarks) {
		t.Text(4, 2, remark)
	}
}

var levelStyles = map[enforcement.Level]term.Style{enforcement.Vague: term.Yellow, enforcement.Wrong: term.Red}

func (t *table) devices(d enforcement.Devices) sanitize.Text {
	words := lists.Map(d.List, func(device enforcement.Device) sanitize.Text { return device.Text() })
	if len(words) == 0 {
		words = []sanitize.Text{d.Word}
	}
	text := sanitize.Join(words, ", ")
	if s, ok := levelStyles[d.Level]; ok {
		return t.Paint(s, text)
	}
	return text
}

func (t *table) cell(c enforcement.Cell) sanitize.Text {
	if s, ok := levelStyles[c.Level]; ok {
		return t.Paint(s, c.Word)
	}
	switch c.Kind {
	case enforcement.Enforced:
		return t.Paint(term.Green, c.Word)
	case enforcement.Lacking, enforcement.NoAccess, "no":
		return t.Paint(term.Dim, c.Word)
	}
	return c.Word
}

// remarks are what leaks, and why it is so or not known, a line each.
func remarks(p enforcement.Row, aside bool) sanitize.Text {
	lines := lists.Filter([]sanitize.Text{p.Text(), p.Unclaimed}, func(remark sanitize.Text) bool { return remark != "" })
	if p.Reason != "" {
		lines = append(lines, sanitize.Message(message.New("not known: %s", p.Reason)))
	}
	if aside {
		lines = append(lines, p.Aside...)
	}
	return sanitize.Join(lines, "\n")
}
