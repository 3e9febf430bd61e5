package html

import (
	"encoding/json"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
)

// matrixView shows of each user whether MFA is registered, and enforced on each way in.
type matrixView struct {
	Tally        sanitize.Text
	Users, ToSee int
	Chunks       [][]matrixRow
}

type matrixRow struct {
	enforcement.Row
	ID    sanitize.Text
	Class sanitize.Text // "fine" where there is nothing to see to, "long" where the name needs the line for itself
	Leaks []leakView
	// LikeID and Like name a row above with the same leaks, where saying them again would make a large page larger.
	LikeID, Like sanitize.Text
}

type leakView struct {
	enforcement.Leak
	Path     sanitize.Text
	Services []enforcement.Service
	Others   sanitize.Text // the names of those that are not listed
}

const (
	rowsPerChunk = 40
	// repeatedUpTo is up to how many users the leaks stand with each, even if they are somebody else's too.
	repeatedUpTo = 200
	manyServices = 12
	// setsInFull is how many different sets of leaks are listed by service on a page of more users than that. The others
	// have their one line, and stand in the JSON report.
	setsInFull = 400
)

func (v *view) matrix(r *audit.Report) {
	rows := make([]enforcement.Row, len(r.Enforcement))
	first := map[string]int{} // the row that has shown these leaks
	for i, e := range r.Enforcement {
		rows[i] = enforcement.Of(e)
		row := matrixRow{Row: rows[i], ID: rowID(i), Class: rowClass(rows[i])}
		if len(row.Row.Leaks) > 0 {
			key := leakKey(row.Row.Leaks)
			shown, ok := first[key]
			switch large := len(rows) > repeatedUpTo; {
			case large && ok:
				row.LikeID, row.Like = rowID(shown), rows[shown].Name
			case !large || len(first) < setsInFull:
				first[key] = i
				row.Leaks = leakViews(row.Row.Leaks)
			}
		}
		if i%rowsPerChunk == 0 {
			v.Matrix.Chunks = append(v.Matrix.Chunks, nil)
		}
		last := len(v.Matrix.Chunks) - 1
		v.Matrix.Chunks[last] = append(v.Matrix.Chunks[last], row)
	}
	tally := enforcement.Count(rows)
	v.Matrix.Tally, v.Matrix.Users, v.Matrix.ToSee = tally.Text(), tally.Users, tally.ToSee
}

func rowClass(r enforcement.Row) sanitize.Text {
	var classes []sanitize.Text
	if r.Level == enforcement.Fine {
		classes = append(classes, "fine")
	}
	if len([]rune(r.Name)) > longName {
		classes = append(classes, "long")
	}
	return sanitize.Join(classes, " ")
}

func rowID(i int) sanitize.Text { return "m" + sanitize.Int(i+1) }

// leakKey is equal for equal leaks.
func leakKey(leaks []enforcement.Leak) string {
	text, err := json.Marshal(leaks)
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(text)
}

func leakViews(leaks []enforcement.Leak) []leakView {
	views := make([]leakView, len(leaks))
	for i, l := range leaks {
		listed := min(len(l.Services), manyServices)
		others := lists.Map(l.Services[listed:], func(s enforcement.Service) message.Message { return message.New("%s", s.Name) })
		if l.More > 0 {
			others = append(others, message.New("%d more services", l.More))
		}
		views[i] = leakView{l, sanitize.Message(l.Path), l.Services[:listed], sanitize.Message(message.Joined("%s, %s", others...))}
	}
	return views
}

// Verdict is what a cell is coloured and marked by: the kind of what stands in it, less sharp where it isn't sure.
func (matrixRow) Verdict(c enforcement.Cell) sanitize.Text {
	switch {
	case c.Level == enforcement.Vague && (c.Kind == enforcement.Leaky || c.Kind == enforcement.NotEnforced):
		return "maybe"
	case c.Kind == "yes" || c.Kind == "no" || c.Kind == "possibly":
		return "admin-" + sanitize.Terminal(c.Kind)
	}
	return sanitize.Terminal(c.Kind)
}

// LevelClass marks what is to be seen to.
func (matrixRow) LevelClass(l enforcement.Level) sanitize.Text {
	return [...]sanitize.Text{enforcement.Fine: "", enforcement.Vague: "vague", enforcement.Wrong: "bad"}[l]
}

// DeviceIcon is a kind's picture; the word stands beside it.
func (matrixRow) DeviceIcon(k account.MFAKind) sanitize.Text {
	switch k {
	case account.MFAVirtual, account.MFAFIDO, account.MFAHardware, account.MFASMS:
		return "d-" + sanitize.Terminal(k)
	}
	return "d-other"
}
