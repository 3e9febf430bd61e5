// Package trend renders how an account fared over time.
package trend

import (
	"cmp"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/trend"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Formats lists the formats of a trend, the default one first.
func Formats() format.Register[*trend.Trend] {
	return format.Register[*trend.Trend]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "csv", Extensions: []string{".csv"}, Render: CSV},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
	}
}

// JSON writes the trend whole: the same one gives the same bytes.
func JSON(w io.Writer, t *trend.Trend) error { return sanitize.WriteJSON(w, "the trend", t) }

// heading names the account.
func heading(t *trend.Trend) message.Message {
	if t.Account.Alias == nil || *t.Account.Alias == "" {
		return message.New("account %s", t.Account.ID)
	}
	return message.New("account %s (%s)", t.Account.ID, *t.Account.Alias)
}

// summary says in sentences how the last point differs from the first.
func summary(t *trend.Trend) []message.Message {
	first, last := &t.Points[0], &t.Points[len(t.Points)-1]
	if first == last {
		return []message.Message{message.New("one report, of %s: there is nothing to compare it with", message.At(first.TakenAt))}
	}
	said := []message.Message{message.New("%d reports, from %s to %s", len(t.Points), message.At(first.TakenAt), message.At(last.TakenAt))}
	changed := func(from, to, same, other message.Message) {
		if from.String() == to.String() {
			other = same
		}
		said = append(said, other)
	}
	from, to := status(first), status(last)
	changed(from, to, message.New("Security Status: %s complete, as before", to), message.New("Security Status: %s → %s complete", from, to))
	from, to = worst(first), worst(last)
	changed(from, to, message.New("Critical and high failures: %s, as before", to), message.New("Critical and high failures: %s → %s", from, to))
	from, to = message.New("%d", first.Fails()), message.New("%d", last.Fails())
	changed(from, to, message.New("All failures: %s, as before", to), message.New("All failures: %s → %s", from, to))
	from, to = withMFA(first), withMFA(last)
	changed(from, to, message.New("Users with a console password who have an MFA device: %s, as before", to),
		message.New("Users with a console password who have an MFA device: %s → %s", from, to))
	return said
}

func status(p *trend.Point) message.Message { return message.New("%d of %d", p.Complete, p.Applicable) }

func worst(p *trend.Point) message.Message {
	return message.New("%d", p.Failing[audit.Critical.String()]+p.Failing[audit.High.String()])
}

// withMFA counts those with a console password.
func withMFA(p *trend.Point) message.Message {
	if p.MFAUnknown > 0 {
		return message.New("%d of %d (%d not known)", p.WithMFA, p.Console, p.MFAUnknown)
	}
	return message.New("%d of %d", p.WithMFA, p.Console)
}

// notes say what makes points hard to compare, and which files are not among them.
func notes(t *trend.Trend) []message.Message {
	var all []message.Message
	for i := range t.Points {
		for _, note := range t.Points[i].Notes {
			all = append(all, message.New("from %s on: %s", message.At(t.Points[i].TakenAt), note))
		}
	}
	for _, file := range t.NotRead {
		all = append(all, message.New("%s is not among the reports: %s", file.File, file.Reason))
	}
	if t.Others > 0 {
		all = append(all, message.New("left out, since it is no report: %s", message.Plural(t.Others, "%d file", "%d files")))
	}
	return all
}

// severities are the columns of failures, the worst first.
func severities() []string {
	return lists.Map(audit.Severities(), audit.Severity.String)
}

func tool(t *trend.Trend) sanitize.Text {
	return sanitize.Terminal(strings.TrimSpace(t.Tool.Name + " " + cmp.Or(t.Tool.Version, "")))
}
