package html

import (
	"maps"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// group holds the findings of one rule with one status and severity, so that why and how to fix it stand once, however
// many resources fail. It is one line until somebody opens it.
type group struct {
	ID, Severity, Rule, Title, Anchor sanitize.Text
	Mark                              mark
	Controls                          sanitize.Text
	Why, Fix                          []block
	Page                              sanitize.Text // of AWS's documentation
	Who                               sanitize.Text // how many it is about, and the first names
	Count                             int           // with those of other rules that are shown here
	Also                              []sanitize.Text
	Excepted                          int // of Count
	ExceptedWords                     sanitize.Text

	// Once it is filled:
	Folds []foldView
	Notes []sanitize.Text // that several findings share, with their numbers
	Rest  []restView
	Left  sanitize.Text // how many findings are not listed, and where they are

	report     *audit.Report
	full, rest wording.Block // those with their evidence, and the others
	also       []wording.Block
	left       int
}

// HasSteps reports whether the group's findings have steps of their own.
func (g *group) HasSteps() bool {
	return slices.ContainsFunc(g.Folds, func(f foldView) bool {
		return slices.ContainsFunc(f.Findings, func(f findingView) bool { return len(f.Steps) > 0 })
	})
}

// foldView is a finding, or several that say the same.
type foldView struct {
	Who, Message sanitize.Text
	Findings     []findingView
}

// restView is findings without their evidence, a line each, as one text.
type restView struct{ Message, Lines sanitize.Text }

type findingView struct {
	ID, Resource, Item, Name, Message, ARN sanitize.Text
	Rule, Severity                         sanitize.Text // where they aren't the group's
	Notes                                  []sanitize.Text
	Marks                                  sanitize.Text   // the numbers of notes that the group says once
	Aside                                  []sanitize.Text // those notes, for those who open the finding
	Excepted                               sanitize.Text   // why and until when it is excepted; empty for one that isn't
	Steps                                  []stepView
	Evidence                               []evidenceView
}

// stepView is a step of the fix, with its command and the documents that this reads.
type stepView struct {
	Text, Command sanitize.Text
	Console       []sanitize.Text
	Files         []fact
}

type evidenceView struct{ Name, Value, Source, At sanitize.Text }

// A page holds so many findings with their evidence, in all and of one rule, and so many more in a line each: what is
// folded costs, too. The rest stands in the other formats.
const (
	fullInAll, fullOfRule = 250, 15
	linesInAll            = 10000
	fewNames              = 4
)

// findings groups them, in the report's order: failures first, then what could not be decided.
func (v *view) findings(r *audit.Report) {
	v.anchors = map[int]sanitize.Text{}
	full, rest := fullInAll, linesInAll
	for _, b := range wording.Blocks(r) {
		g := newGroup(r, b)
		n := min(full, fullOfRule, len(b.Numbers))
		m := min(rest, len(b.Numbers)-n)
		g.full, g.rest, g.left = b.Part(0, n), b.Part(n, n+m), len(b.Numbers)-n-m
		full, rest = full-n, rest-m
		for i, number := range b.Numbers {
			if v.anchors[number] = g.ID; i < n {
				v.anchors[number] = findingID(number)
			}
		}
		for _, also := range b.Also {
			n := min(full, fullOfRule, len(also.Numbers))
			g.also = append(g.also, also.Part(0, n))
			g.left += len(also.Numbers) - n
			full -= n
			for i, number := range also.Numbers {
				if v.anchors[number] = g.ID; i < n {
					v.anchors[number] = findingID(number)
				}
			}
		}
		v.Left += g.left
		v.Brief += m
		if b.Status == audit.StatusFail {
			v.Failing = append(v.Failing, g)
		} else {
			v.Unknown = append(v.Unknown, g)
		}
	}
	v.filters(r)
}

func newGroup(r *audit.Report, b wording.Block) *group {
	g := &group{
		report: r, ID: "g-" + slug(b.Status.String()+"-"+b.Severity.String()+"-"+b.Rule.ID), Count: len(b.Numbers), Excepted: b.Excepted(),
		Severity: sanitize.Terminal(b.Severity.String()), Rule: sanitize.Terminal(b.Rule.ID), Title: sanitize.Terminal(b.Heading()), Mark: markOf(b.Status),
		Controls: controls(wording.ControlsOf(r, b.Rule)), Why: prose(b.Rule.Why), Fix: prose(b.Rule.Fix), Page: sanitize.Terminal(wording.Page(b.Rule.Fix)), Who: sanitize.Message(b.Who(fewNames)),
	}
	g.ExceptedWords = sanitize.Message(wording.Excepted(g.Excepted, g.Count))
	if slices.ContainsFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == b.Rule.ID }) {
		g.Anchor = ruleAnchor(b.Rule.ID)
	}
	for _, also := range b.Also {
		g.Count += len(also.Numbers)
		g.Also = append(g.Also, sanitize.Message(also.ByAlso()))
	}
	return g
}

// Filled is the group with its findings. The page asks each group in its turn, for all together are larger than the
// report.
func (g group) Filled() *group {
	shared, notes := wording.Footnotes(g.full.Findings())
	for i, note := range shared {
		g.Notes = append(g.Notes, sanitize.Terminal(wording.Number(i+1))+" "+sanitize.Terminal(note))
	}
	at := map[int]wording.Notes{}
	for i, number := range g.full.Numbers {
		at[number] = notes[i]
	}
	for _, fold := range g.full.Folds() {
		g.Folds = append(g.Folds, g.fold(fold, at))
	}
	for _, also := range g.also {
		for _, fold := range also.Folds() {
			view := g.fold(fold, nil)
			for i := range view.Findings {
				view.Findings[i].Rule, view.Findings[i].Severity = sanitize.Terminal(also.Rule.ID), sanitize.Terminal(also.Severity.String())
			}
			g.Folds = append(g.Folds, view)
		}
	}
	g.Rest = restOf(g.report, g.rest)
	if g.left > 0 {
		g.Left = sanitize.Message(message.New("%s not in this page; JSON and CSV have all of them.", message.Plural(g.left, "%d more finding of this rule is", "%d more findings of this rule are")))
	}
	return &g
}

func (g group) fold(fold wording.Fold, notes map[int]wording.Notes) foldView {
	view := foldView{Who: sanitize.Message(fold.Who(fewNames)), Message: sanitize.Terminal(fold.Message)}
	for _, number := range fold.Numbers {
		f := g.report.Findings[number]
		shown := newFinding(number, f)
		of, ok := notes[number]
		if !ok {
			of.Own = lists.Map(f.Remarks(), message.Message.String)
		}
		shown.Marks, shown.Notes = sanitize.Terminal(of.Mark()), sanitize.Terminals(of.Own)
		if len(of.Numbers) > 0 {
			shown.Aside = lists.Map(f.Remarks(), sanitize.Message[message.Message])
		}
		if f.Exception != nil {
			shown.Excepted = sanitize.Message(wording.Exception(f.Exception))
		}
		view.Findings = append(view.Findings, shown)
	}
	return view
}

// restOf puts what says the same below its message, and the others into lines of their own.
func restOf(r *audit.Report, b wording.Block) []restView {
	var views []restView
	var alone []sanitize.Text
	for _, fold := range b.Folds() {
		if len(fold.Numbers) == 1 {
			f := r.Findings[fold.Numbers[0]]
			alone = append(alone, sanitize.Message(message.New("%s: %s", audit.Subject(f.Resource, f.Item, f.Name), f.Message)))
			continue
		}
		names := lists.Map(fold.Numbers, func(number int) sanitize.Text {
			f := r.Findings[number]
			return sanitize.Terminal(audit.Subject(f.Resource, f.Item, f.Name))
		})
		views = append(views, restView{sanitize.Terminal(fold.Message), sanitize.Join(names, "\n")})
	}
	if len(alone) > 0 {
		views = append(views, restView{Lines: sanitize.Join(alone, "\n")})
	}
	return views
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
	for _, s := range f.Steps {
		step := stepView{Text: sanitize.Message(s.Text.Or(s.Message)), Command: sanitize.Terminal(s.Command), Console: lists.Map(s.Console, sanitize.Message[message.Message])}
		for _, name := range slices.Sorted(maps.Keys(s.Files)) {
			step.Files = append(step.Files, fact{Name: sanitize.Terminal(name), Value: sanitize.Terminal(s.Files[name])})
		}
		view.Steps = append(view.Steps, step)
	}
	for _, e := range f.Evidence {
		view.Evidence = append(view.Evidence, evidenceView{sanitize.Terminal(e.Name), sanitize.Terminal(e.Value), sanitize.Terminal(e.Source), minute(e.ObservedAt)})
	}
	return view
}

// filters offers what there is to choose from.
func (v *view) filters(r *audit.Report) {
	bySeverity, byRule, excepted := map[sanitize.Text]int{}, map[sanitize.Text]int{}, 0
	byStatus := map[audit.Status]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		rule := sanitize.Terminal(f.Rule)
		if byRule[rule] == 0 {
			v.Filters.Rules = append(v.Filters.Rules, choice{Value: rule, Label: rule})
		}
		byRule[rule]++
		bySeverity[sanitize.Terminal(f.Severity.String())]++
		byStatus[f.Status]++
		if f.Exception != nil {
			excepted++
		}
	}
	for _, c := range []struct {
		status       audit.Status
		value, label sanitize.Text
	}{{audit.StatusFail, "fail", "failing"}, {audit.StatusUnknown, "unknown", "unknown"}} {
		if n := byStatus[c.status]; n > 0 {
			v.Filters.Statuses = append(v.Filters.Statuses, choice{c.value, c.label, n})
		}
	}
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
