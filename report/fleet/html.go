package fleet

import (
	"cmp"
	"embed"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report/format"
	"sekisho/report/page"
	"sekisho/report/sanitize"
)

//go:embed assets
var assets embed.FS

var kind = page.New(assets)

// onPage is how many accounts, and names of people, a page lists; all are in CSV and JSON.
const onPage = 200

// content is what the template shows.
type content struct {
	Heading, UnknownTitle                             sanitize.Text
	Summary, PointNames, Severities                   []sanitize.Text
	Unknown, NotAudited, People                       []lineView
	UnknownRest, NotAuditedRest, PeopleRest, RowsRest sanitize.Text
	Points                                            []pointView
	Rules                                             []ruleView
	Rows                                              []rowView
	Organization                                      []verdictView
}

type verdictView struct{ ID, Title, Severity, Status, Text, Fix sanitize.Text }

type lineView struct{ Name, Text, Hint sanitize.Text }

// link leads to the own report of an account, from the folder that the page is in.
func (m *Merged) link(id, from string) sanitize.Text {
	if m.Beside == "" || !account.IsID(id) {
		return ""
	}
	to := filepath.Join(m.Beside, id+m.End)
	if relative, err := filepath.Rel(cmp.Or(from, "."), to); err == nil {
		to = relative
	}
	return sanitize.Terminal((&url.URL{Path: filepath.ToSlash(to)}).String())
}

type pointView struct {
	Title                              sanitize.Text
	Pass, Fail, Unknown, NotApplicable int
}

type ruleView struct {
	ID, Problem, Severity, In sanitize.Text
	Accounts, Findings        int
}

type rowView struct {
	Name, Place, Status, Link sanitize.Text
	Points                    []sanitize.Text
	Counts                    []int // of failures by severity, then unknown
}

// HTML writes the report as one page, without a script. It links to the accounts' own reports, where there are some.
func HTML(w io.Writer, m *Merged, o format.Options) error {
	r := m.Report
	unknown := inState(r, fleet.Unknown)
	v := content{
		Heading: sanitize.Message(heading(r)), Unknown: lines(unknown), UnknownRest: more(len(unknown)),
		UnknownTitle: sanitize.Message(unknownTitle(len(unknown))),
		NotAudited:   lines(inState(r, fleet.NotAudited)), NotAuditedRest: more(r.Summary.NotAudited), PeopleRest: more(len(r.People)), RowsRest: more(r.Summary.Audited),
	}
	for _, sentence := range sentences(r) {
		v.Summary = append(v.Summary, sanitize.Message(sentence))
	}
	for _, severity := range audit.Severities() {
		v.Severities = append(v.Severities, sanitize.Terminal(severity.String()))
	}
	for _, p := range r.Points {
		v.PointNames = append(v.PointNames, sanitize.Terminal(p.Rule))
		v.Points = append(v.Points, pointView{sanitize.Terminal(p.Title), p.Pass, p.Fail, p.Unknown, p.NotApplicable})
	}
	known := names(r)
	for _, rule := range r.Rules {
		if len(rule.Accounts) > 0 {
			v.Rules = append(v.Rules, ruleView{
				sanitize.Terminal(rule.ID), sanitize.Terminal(rule.Problem), sanitize.Terminal(rule.Severity.String()),
				sanitize.Message(known.of(rule.Accounts)), len(rule.Accounts), rule.Findings,
			})
		}
	}
	for _, verdict := range r.OrganizationRules {
		v.Organization = append(v.Organization, verdictView{
			sanitize.Terminal(verdict.ID), sanitize.Terminal(verdict.Title), sanitize.Terminal(verdict.Severity.String()),
			sanitize.Terminal(strings.ReplaceAll(verdict.Status.String(), "_", " ")), sanitize.Message(excepted(verdict)), sanitize.Terminal(verdict.Fix),
		})
	}
	audited := inState(r, fleet.Audited)
	for _, row := range audited[:min(onPage, len(audited))] {
		view := rowView{
			Name: sanitize.Message(named(row)), Place: sanitize.Terminal(row.Place), Link: m.link(row.ID, o.Folder), Status: sanitize.Message(message.New("%d of %d", row.Complete, row.Applicable)),
		}
		for _, status := range row.Points {
			view.Points = append(view.Points, sanitize.Terminal(strings.ReplaceAll(status.String(), "_", " ")))
		}
		for _, severity := range audit.Severities() {
			view.Counts = append(view.Counts, row.FailedBySeverity[severity.String()])
		}
		view.Counts = append(view.Counts, row.UnknownFindings)
		v.Rows = append(v.Rows, view)
	}
	for _, person := range r.People[:min(onPage, len(r.People))] {
		v.People = append(v.People, lineView{Name: sanitize.Terminal(person.Name), Text: sanitize.Message(known.of(person.Accounts))})
	}
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("Fleet: %s", heading(r))), Demo: r.Demo, View: v,
		Tool: sanitize.Message(message.New("%s %s", r.Tool.Name, r.Tool.Version)), Schema: fleet.ReportSchema,
	})
}

// lines are the first of a list of accounts, each with what is to be said of it.
func lines(rows []*fleet.Row) []lineView {
	var views []lineView
	for _, row := range rows[:min(onPage, len(rows))] {
		views = append(views, lineView{sanitize.Message(named(row)), sanitize.Message(row.Text), sanitize.Terminal(row.Hint)})
	}
	return views
}

// more says how many a page leaves out; nothing where it lists all.
func more(n int) sanitize.Text {
	if n <= onPage {
		return ""
	}
	return sanitize.Message(message.New("and %d more, which CSV and JSON list", n-onPage))
}
