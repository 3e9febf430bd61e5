package trend

import (
	"fmt"
	"io"

	"sekisho/audit/trend"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Table writes the trend for a terminal or a mail: what changed in all, then a line a report.
func Table(w io.Writer, t *trend.Trend, o format.Options) error {
	p := term.NewPage(w, o.Width, o.Color).In(o.Language)
	p.Demo(t.Demo)
	p.Text(0, 0, p.Paint(term.Bold, "Sekisho trend")+": "+sanitize.Message(heading(t)))
	for _, sentence := range summary(t) {
		p.Text(2, 2, sanitize.Message(sentence))
	}
	p.Line("")
	rows := []term.Row{{"Read at", "Status", "Critical", "High", "Medium", "Low", "Info", "Excepted", "Unknown", "With MFA"}}
	for i := range t.Points {
		point := &t.Points[i]
		row := term.Row{term.Minute(point.TakenAt), sanitize.Message(status(point))}
		for _, severity := range severities() {
			row = append(row, term.Number(point.Failing[severity]))
		}
		rows = append(rows, append(row, term.Number(point.Excepted), term.Number(point.Unknown), sanitize.Message(withMFA(point))))
	}
	p.Grid(2, rows)
	noted := notes(t)
	if len(noted) > 0 {
		p.Line("")
	}
	for _, note := range noted {
		p.Text(2, 6, p.Paint(term.Yellow, "note")+"  "+sanitize.Message(note))
	}
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the trend: %w", err)
	}
	return nil
}
