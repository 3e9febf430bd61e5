package html

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// group holds the findings of one rule with one status and severity, so that why and how to mend it stand once, however
// many resources fail.
type group struct {
	ID, Severity, Rule, Title, Anchor sanitize.Text
	Mark                              mark
	Controls                          sanitize.Text
	Why, Fix                          []block
	Count                             int
	Chunks                            []chunk         // once it is filled
	Notes                             []sanitize.Text // that several findings share, with their numbers
	Excepted                          int             // of Count
	ExceptedWords                     sanitize.Text   // how many are excepted, in words

	report  *audit.Report
	numbers []int // of the findings
}

// chunk is as much as the browser lays out at once; a Full one isn't laid out before it comes into view.
type chunk struct {
	Full     bool
	Findings []findingView
}

type findingView struct {
	ID, Resource, Item, Name, Message, ARN sanitize.Text
	Notes                                  []sanitize.Text
	Marks                                  sanitize.Text   // the numbers of notes that the group says once
	Aside                                  []sanitize.Text // those notes, for those who open the finding
	Excepted                               sanitize.Text   // why and until when it is excepted; empty for one that isn't
	Evidence                               []evidenceView
}

type evidenceView struct{ Name, Value, Source, At sanitize.Text }

const (
	findingsPerChunk = 40
	usersPerChunk    = 40
)

// findings groups them, in the report's order: failures first, then what could not be decided.
func (v *view) findings(r *audit.Report) {
	rules := map[string]audit.RuleResult{}
	for _, rule := range r.Rules {
		rules[rule.ID] = rule
	}
	type key struct {
		status   audit.Status
		severity audit.Severity
		rule     string
	}
	groups := map[key]*group{}
	for i, f := range r.Findings {
		k := key{f.Status, f.Severity, f.Rule}
		g := groups[k]
		if g == nil {
			g = newGroup(r, f, rules[f.Rule])
			groups[k] = g
			if f.Status == audit.StatusFail {
				v.Failing = append(v.Failing, g)
			} else {
				v.Unknown = append(v.Unknown, g)
			}
		}
		g.numbers = append(g.numbers, i)
		g.Count++
		if f.Exception != nil {
			g.Excepted++
		}
	}
	for _, g := range slices.Concat(v.Failing, v.Unknown) {
		g.ExceptedWords = sanitize.Message(wording.Excepted(g.Excepted, g.Count))
	}
	v.filters()
}

func newGroup(r *audit.Report, f audit.Finding, rule audit.RuleResult) *group {
	g := &group{
		report: r, ID: "g-" + slug(f.Status.String()+"-"+f.Severity.String()+"-"+f.Rule),
		Severity: sanitize.Terminal(f.Severity.String()), Rule: sanitize.Terminal(f.Rule), Title: sanitize.Terminal(wording.Headline(f.Status, rule)), Mark: markOf(f.Status),
		Controls: controls(rule.Controls), Why: prose(rule.Why), Fix: prose(rule.Fix),
	}
	if g.Title == "" {
		g.Title = g.Rule
	}
	if rule.ID != "" {
		g.Anchor = ruleAnchor(rule.ID)
	}
	return g
}

// Filled is the group with its findings. The page asks each group in its turn, for all together are larger than the
// report.
func (g group) Filled() *group {
	findings := lists.Map(g.numbers, func(number int) audit.Finding { return g.report.Findings[number] })
	shared, notes := wording.Footnotes(findings)
	for i, note := range shared {
		g.Notes = append(g.Notes, sanitize.Terminal(wording.Number(i+1))+" "+sanitize.Terminal(note))
	}
	views := make([]findingView, len(findings))
	for i, f := range findings {
		views[i] = newFinding(g.numbers[i], f)
		views[i].Marks = sanitize.Terminal(notes[i].Mark())
		for _, note := range notes[i].Own {
			views[i].Notes = append(views[i].Notes, sanitize.Terminal(note))
		}
		if len(notes[i].Numbers) > 0 {
			for _, note := range f.Remarks() {
				views[i].Aside = append(views[i].Aside, sanitize.Message(note))
			}
		}
		if f.Exception != nil {
			views[i].Excepted = sanitize.Message(wording.Exception(f.Exception))
		}
	}
	for part := range slices.Chunk(views, findingsPerChunk) {
		g.Chunks = append(g.Chunks, chunk{len(part) == findingsPerChunk, part})
	}
	return &g
}

func newFinding(i int, f audit.Finding) findingView {
	if f.Item != "" && f.Name == f.Item {
		f.Name = "account" // of whom a region is an item
	}
	view := findingView{
		ID: findingID(i), Resource: short(f.Resource, f.Name), Item: sanitize.Terminal(f.Item), ARN: sanitize.Terminal(f.Resource), Message: sanitize.Terminal(f.Message),
	}
	// The name is the end of the ARN, but for what has no name there.
	if name := sanitize.Terminal(f.Name); name != view.Resource && !strings.HasSuffix(string(view.Resource), string("/"+name)) {
		view.Name = name
	}
	for _, e := range f.Evidence {
		view.Evidence = append(view.Evidence, evidenceView{sanitize.Terminal(e.Name), sanitize.Terminal(e.Value), sanitize.Terminal(e.Source), second(e.ObservedAt)})
	}
	return view
}

// filters offers what there is to choose from.
func (v *view) filters() {
	bySeverity, byRule, excepted := map[sanitize.Text]int{}, map[sanitize.Text]int{}, 0
	status := func(groups []*group, value, label sanitize.Text) {
		total := 0
		for _, g := range groups {
			total += g.Count
			excepted += g.Excepted
			bySeverity[g.Severity] += g.Count
			if byRule[g.Rule] == 0 {
				v.Filters.Rules = append(v.Filters.Rules, choice{Value: g.Rule, Label: g.Rule})
			}
			byRule[g.Rule] += g.Count
		}
		if total > 0 {
			v.Filters.Statuses = append(v.Filters.Statuses, choice{value, label, total})
		}
	}
	status(v.Failing, "fail", "failing")
	status(v.Unknown, "unknown", "unknown")
	if excepted > 0 {
		v.Filters.Exceptions = []choice{{"no", "not excepted", v.Shown - excepted}, {"yes", "excepted", excepted}}
	}
	for i := range v.Filters.Rules {
		v.Filters.Rules[i].Count = byRule[v.Filters.Rules[i].Value]
	}
	for _, s := range audit.Severities() {
		name := sanitize.Terminal(s.String())
		if n := bySeverity[name]; n > 0 {
			v.Filters.Severities = append(v.Filters.Severities, choice{name, name, n})
		}
	}
}

func findingID(i int) sanitize.Text { return "f" + sanitize.Int(i+1) }

func ruleAnchor(id string) sanitize.Text { return "rule-" + slug(id) }

// slug is a rule's ID, which is kebab-case, with anything that isn't made harmless in an address.
func slug(s string) sanitize.Text {
	return sanitize.Terminal(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, s))
}

// controls lists a rule's controls: "cis-7.0 2.10".
func controls(list []audit.Control) sanitize.Text {
	shown := lists.Map(list, func(c audit.Control) sanitize.Text { return sanitize.Terminal(c.Framework + " " + c.ID) })
	return sanitize.Join(shown, ", ")
}
