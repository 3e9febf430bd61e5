package html

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
)

// matrixView shows of each user whether MFA is registered, and enforced on each way in: first those with something to
// see to.
type matrixView struct {
	Tally        sanitize.Text
	Users, ToSee int
	Open, Fine   [][]matrixRow // in chunks
	Lines        sanitize.Text // of those that have no row
	InLines      int
}

type matrixRow struct {
	enforcement.Row
	ID    sanitize.Text
	Class sanitize.Text // "fine" where there is nothing to see to, "long" where the name needs the line for itself
	Leaks []leakView
}

type leakView struct {
	enforcement.Leak
	Path     sanitize.Text
	Services []enforcement.Service
	Others   sanitize.Text // the names of those that are not listed
}

const (
	rowsPerChunk = 40
	// rowsInFull is how many users have a row, those with something to see to first; the others have a line.
	rowsInFull   = 200
	manyServices = 12
)

func (v *view) matrix(r *audit.Report) {
	rows := lists.Map(r.Enforcement, enforcement.Of)
	var open, fine []matrixRow
	var rest []sanitize.Text
	for _, toSee := range []bool{true, false} {
		for i, row := range rows {
			if (row.Level > enforcement.Fine) != toSee {
				continue
			}
			if len(open)+len(fine) == rowsInFull {
				rest = append(rest, sanitize.Join([]sanitize.Text{row.Name, devicesText(row.Devices), row.Console.Word, row.AccessKey.Word, row.Admin.Word, row.Text() + row.Unclaimed + row.Reason}, " | "))
				continue
			}
			shown := matrixRow{Row: row, ID: rowID(i), Class: rowClass(row), Leaks: leakViews(row.Leaks)}
			if toSee {
				open = append(open, shown)
			} else {
				fine = append(fine, shown)
			}
		}
	}
	v.Matrix.Open, v.Matrix.Fine = slices.Collect(slices.Chunk(open, rowsPerChunk)), slices.Collect(slices.Chunk(fine, rowsPerChunk))
	v.Matrix.InLines, v.Matrix.Lines = len(rest), sanitize.Join(rest, "\n")
	tally := enforcement.Count(rows)
	v.Matrix.Tally, v.Matrix.Users, v.Matrix.ToSee = tally.Text(), tally.Users, tally.ToSee
}

func devicesText(d enforcement.Devices) sanitize.Text {
	if len(d.List) == 0 {
		return d.Word
	}
	return sanitize.Join(lists.Map(d.List, enforcement.Device.Text), ", ")
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
