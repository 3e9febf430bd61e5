package fleet

import (
	"bufio"
	"fmt"
	"io"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// Markdown writes the report for a ticket or a wiki.
func Markdown(w io.Writer, r *fleet.Report) error {
	out := bufio.NewWriter(w)
	said := func(m message.Message) sanitize.MarkdownText { return sanitize.Markdown(m.String()) }
	fmt.Fprintf(out, "# %s\n\n", said(message.New("Sekisho fleet: %s", heading(r))))
	for _, sentence := range sentences(r) {
		fmt.Fprintf(out, "- %s\n", said(sentence))
	}
	if rows := inState(r, fleet.Unknown); len(rows) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", said(message.New("Unknown accounts")))
		for _, row := range rows {
			fmt.Fprintf(out, "- %s\n", said(message.New("%s: %s", named(row), row.Text)))
		}
	}
	if open := openVerdicts(r); len(open) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", said(message.New("The organization")))
		for _, v := range open {
			fmt.Fprintf(out, "- %s (%s) %s\n", sanitize.Code(v.ID), said(wording.Word(v.Severity.String())), said(stated(v)))
		}
	}
	if len(r.Rules) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", said(message.New("What fails in most accounts")))
		io.WriteString(out, "| Rule | Severity | Accounts | Failures | What is wrong |\n|---|---|---:|---:|---|\n")
		for _, rule := range r.Rules {
			if len(rule.Accounts) > 0 {
				fmt.Fprintf(out, "| %s | %s | %d | %d | %s |\n", sanitize.Code(rule.ID), said(wording.Word(rule.Severity.String())), len(rule.Accounts), rule.Findings, sanitize.Markdown(rule.Problem))
			}
		}
	}
	if rows := inState(r, fleet.Audited); len(rows) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", said(message.New("Accounts, the worst first")))
		io.WriteString(out, "| Account | Unit | Status | Critical | High | Medium | Low | Info | Unknown |\n|---|---|---|---:|---:|---:|---:|---:|---:|\n")
		for _, row := range rows {
			fmt.Fprintf(out, "| %s | %s | %s |", said(named(row)), sanitize.Markdown(row.Place), said(message.New("%d of %d", row.Complete, row.Applicable)))
			for _, severity := range audit.Severities() {
				fmt.Fprintf(out, " %d |", row.FailedBySeverity[severity.String()])
			}
			fmt.Fprintf(out, " %d |\n", row.UnknownFindings)
		}
	}
	if len(r.People) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", said(peopleTitle()))
		known := names(r)
		for i := range r.People[:min(onPage, len(r.People))] {
			fmt.Fprintf(out, "- %s\n", said(message.New("%s: %s", person(&r.People[i]), known.of(r.People[i].Accounts))))
		}
		if rest := len(r.People) - onPage; rest > 0 {
			fmt.Fprintf(out, "- %s\n", said(message.New("and %d more, which CSV and JSON list", rest)))
		}
	}
	if rows := inState(r, fleet.NotAudited); len(rows) > 0 {
		fmt.Fprintf(out, "\n## %s\n\n", said(message.New("Not audited")))
		for _, row := range rows {
			fmt.Fprintf(out, "- %s\n", said(message.New("%s: %s", named(row), row.Text)))
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the fleet's report: %w", err)
	}
	return nil
}
