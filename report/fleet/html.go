package fleet

import (
	"cmp"
	"embed"
	"io"
	"maps"
	"slices"
	"strings"

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

// atOnce is how many unknown accounts a page names before the rest is folded, mostWorst and mostFailing how many accounts and
// rules its first screen has.
const (
	atOnce      = 3
	mostWorst   = 6
	mostFailing = 8
)

// content is what the template shows.
type content struct {
	Heading, UnknownTitle                   sanitize.Text
	Summary                                 []sanitize.Text
	Unknown, UnknownMore, NotAudited        []lineView
	People                                  []lineView
	UnknownRest, NotAuditedRest, PeopleRest sanitize.Text
	Levels                                  []levelView
	Points                                  []pointView
	Worst                                   []rowView
	Rules, FirstRules                       []ruleView
	Organization                            []verdictView
	Matrix                                  *matrixView
}

// levelView is how many accounts have so many points.
type levelView struct{ Level, Accounts sanitize.Text }

type verdictView struct{ ID, Title, Severity, Status, Text, Fix sanitize.Text }

type lineView struct{ Name, Text, Hint sanitize.Text }

type pointView struct {
	Title                              sanitize.Text
	Pass, Fail, Unknown, NotApplicable int
}

type ruleView struct {
	ID, Problem, Severity, In sanitize.Text
	Accounts, Findings        int
}

// HTML writes the report as one page, which is whole without its script but for the accounts beyond the worst. It links to
// the accounts' own reports and to the CSV, where there are some.
func HTML(w io.Writer, m *Merged, o format.Options) error {
	r := m.Report
	unknown, known := lines(inState(r, fleet.Unknown)), names(r)
	audited := inState(r, fleet.Audited)
	v := content{
		Heading: sanitize.Message(heading(r)), UnknownRest: more(r.Summary.Unknown), UnknownTitle: sanitize.Message(unknownTitle(len(inState(r, fleet.Unknown)))),
		Unknown: unknown[:min(atOnce, len(unknown))], UnknownMore: unknown[min(atOnce, len(unknown)):],
		NotAudited: lines(inState(r, fleet.NotAudited)), NotAuditedRest: more(r.Summary.NotAudited), PeopleRest: more(len(r.People)),
		Levels: levels(audited), Matrix: m.matrix(o.Folder),
	}
	for _, sentence := range sentences(r) {
		v.Summary = append(v.Summary, sanitize.Message(sentence))
	}
	for _, p := range r.Points {
		v.Points = append(v.Points, pointView{sanitize.Terminal(p.Title), p.Pass, p.Fail, p.Unknown, p.NotApplicable})
	}
	v.Worst = v.Matrix.Rows[:min(mostWorst, len(v.Matrix.Rows))]
	for _, rule := range r.Rules {
		if len(rule.Accounts) > 0 {
			v.Rules = append(v.Rules, ruleView{
				sanitize.Terminal(rule.ID), sanitize.Terminal(rule.Problem), sanitize.Terminal(rule.Severity.String()),
				sanitize.Message(known.of(rule.Accounts)), len(rule.Accounts), rule.Findings,
			})
		}
	}
	v.FirstRules = v.Rules[:min(mostFailing, len(v.Rules))]
	for _, verdict := range r.OrganizationRules {
		v.Organization = append(v.Organization, verdictView{
			sanitize.Terminal(verdict.ID), sanitize.Terminal(verdict.Title), sanitize.Terminal(verdict.Severity.String()),
			sanitize.Terminal(strings.ReplaceAll(verdict.Status.String(), "_", " ")), sanitize.Message(excepted(verdict)), sanitize.Terminal(verdict.Fix),
		})
	}
	for i := range r.People[:min(onPage, len(r.People))] {
		v.People = append(v.People, lineView{Name: sanitize.Message(person(&r.People[i])), Text: sanitize.Message(known.of(r.People[i].Accounts))})
	}
	return kind.Write(w, page.Page{
		Title: sanitize.Message(message.New("Fleet: %s", heading(r))), Demo: r.Demo, View: v, Contents: v.entries(r),
		Tool: sanitize.Message(message.New("%s %s", r.Tool.Name, r.Tool.Version)), Schema: fleet.ReportSchema,
	})
}

// entries are the sections that the page has.
func (v *content) entries(r *fleet.Report) (all []page.Entry) {
	for _, of := range []struct {
		anchor sanitize.Text
		title  message.Message
		n      int
	}{
		{"unknown", message.New("Unknown accounts"), r.Summary.Unknown}, {"points", message.New("Security Status"), len(v.Points)}, {"worst", message.New("Worst accounts"), len(v.Worst)},
		{"most", message.New("What fails"), len(v.Rules)}, {"accounts", message.New("Accounts"), len(r.Accounts)}, {"people", message.New("People"), len(r.People)},
		{"organization", message.New("The organization"), len(v.Organization)}, {"rules", message.New("All that fails"), len(v.Rules)}, {"left", message.New("Not audited"), r.Summary.NotAudited},
	} {
		if of.n > 0 {
			all = append(all, page.Entry{Anchor: of.anchor, Title: sanitize.Message(of.title), Count: sanitize.Int(of.n)})
		}
	}
	return all
}

// levels count the accounts by how much of the Security Status is complete, the most complete first.
func levels(audited []*fleet.Row) []levelView {
	type level struct{ complete, applicable int }
	accounts := map[level]int{}
	for _, row := range audited {
		accounts[level{row.Complete, row.Applicable}]++
	}
	var views []levelView
	for _, l := range slices.SortedFunc(maps.Keys(accounts), func(x, y level) int {
		return cmp.Or(cmp.Compare(x.applicable-x.complete, y.applicable-y.complete), cmp.Compare(y.complete, x.complete))
	}) {
		views = append(views, levelView{
			sanitize.Message(message.New("%d of %d", l.complete, l.applicable)), sanitize.Message(message.New("%s", message.Plural(accounts[l], "%d account", "%d accounts"))),
		})
	}
	return views
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
