package report

import (
	"maps"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// findings are set by severity and rule; what is unknown follows on its own.
func (m *markdown) findings() {
	blocks := wording.Blocks(m.r)
	for _, severity := range audit.Severities() {
		failing := lists.Filter(blocks, func(b wording.Block) bool { return b.Severity == severity && b.Status == audit.StatusFail })
		if len(failing) == 0 {
			continue
		}
		excepted := 0
		for _, b := range failing {
			excepted += b.Excepted()
		}
		n := m.r.Summary.FailedBySeverity[severity.String()]
		m.titled(severityTitles[severity], message.Joined("%s, %s", message.New("%d", n), wording.OfThem(excepted, n)))
		if !m.verbose && severity <= audit.Low {
			m.short(failing)
			continue
		}
		for _, b := range failing {
			m.block(b)
		}
	}
	if unknown := m.r.Summary.Unknown; unknown > 0 {
		m.titled("Unknown", message.New("%s could not be given", message.Plural(unknown, "%d verdict", "%d verdicts")))
		m.line("\nNone of these is a pass.")
		for _, b := range blocks {
			if b.Status == audit.StatusUnknown {
				m.block(b)
			}
		}
	}
}

var severityTitles = map[audit.Severity]sanitize.MarkdownText{
	audit.Critical: "Critical", audit.High: "High", audit.Medium: "Medium", audit.Low: "Low", audit.Info: "Info",
}

// short are rules in one line each.
func (m *markdown) short(blocks []wording.Block) {
	m.header("What is wrong", "Rule", "Where")
	for _, b := range blocks {
		m.row(md(b.Heading()), m.ruleOf(b), say(b.Who(manyNames)))
	}
}

// ruleOf names a rule, and says how many of its failures are excepted.
func (m *markdown) ruleOf(b wording.Block) sanitize.MarkdownText {
	rule := sanitize.Code(b.Rule.ID)
	if excepted := say(wording.Excepted(b.Excepted(), len(b.Numbers))); excepted != "" {
		rule += " (" + excepted + ")"
	}
	return rule
}

// block is a rule with its findings: folded, or all of them with their evidence.
func (m *markdown) block(b wording.Block) {
	m.heading(3, md(b.Heading()))
	parts := []sanitize.MarkdownText{m.ruleOf(b)}
	for _, c := range wording.ControlsOf(m.r, b.Rule) {
		parts = append(parts, md(c.Framework+" "+c.ID))
	}
	m.line("\n" + sanitize.Join(parts, ", "))
	if m.verbose {
		m.whole(b)
	} else {
		m.folds(b)
	}
	for _, also := range b.Also {
		m.line("\n" + say(also.ByAlso()) + ".")
	}
	m.line("\n" + md(b.Rule.Why))
	stepped := lists.Filter(b.Findings(), func(f audit.Finding) bool { return len(f.Steps) > 0 })
	if len(stepped) == 0 {
		m.fix(m.records.finding(b.First()))
		return
	}
	if !m.verbose {
		stepped = stepped[:min(len(stepped), mostStepped)]
	}
	for _, f := range stepped {
		m.steps(f)
	}
	if page := wording.Page(b.Rule.Fix); page != "" {
		m.line("\n" + aws + ": " + sanitize.Address(page))
	}
	if more := len(b.Numbers) - len(stepped); more > 0 {
		m.line("\n" + say(message.New("And so for %d more, whose steps JSON and sekisho plan have", more)) + ".")
	}
}

// aws stands before a page of its documentation.
const aws = "AWS"

// mostStepped is of how many findings of a rule the steps stand where not everything is listed.
const mostStepped = 1

// steps are those of the fix of one finding, with real values.
func (m *markdown) steps(f audit.Finding) {
	m.line("\n**" + say(message.New("Fix of %s", audit.Subject(f.Resource, f.Item, f.Name))) + "**\n")
	for i, s := range f.Steps {
		m.line(md(sanitize.Int(i+1)) + ". " + say(s.Text.Or(s.Message)))
		if s.Command != "" {
			m.line("   " + sanitize.Code(s.Command))
		}
		for _, way := range s.Console {
			m.line("   - " + say(way))
		}
		for _, name := range slices.Sorted(maps.Keys(s.Files)) {
			m.line("   " + md(name) + ": " + sanitize.Code(s.Files[name]))
		}
	}
}

// folds lists the findings of a rule, a line for those that say the same.
func (m *markdown) folds(b wording.Block) {
	folds := b.Folds()
	m.line("")
	for i, f := range folds {
		if i == mostFolds && len(folds) > mostFolds+1 {
			rest := 0
			for _, f := range folds[i:] {
				rest += len(f.Numbers)
			}
			m.line("- … " + say(message.New("and %d more, which --verbose, JSON and CSV list", rest)))
			return
		}
		text := "**" + say(f.Who(manyNames)) + "**: " + md(f.Message)
		for _, note := range f.Notes {
			text += " " + md("("+note+")")
		}
		if f.Exception != nil {
			text += "; " + say(message.New("excepted: %s", wording.Exception(f.Exception)))
		}
		m.line("- " + text)
	}
}

// mostFolds is how many lines a rule has at most where not everything is listed.
const mostFolds = 10

// whole lists the findings of a rule with their evidence.
func (m *markdown) whole(b wording.Block) {
	findings := b.Findings()
	for _, also := range b.Also {
		findings = append(findings, also.Findings()...)
	}
	shared, notes := wording.Footnotes(findings)
	m.header("Resource", "Item", "Status", "Finding", "Evidence")
	for i, f := range findings {
		m.finding(m.records.finding(f), f, notes[i])
	}
	for i, note := range shared {
		m.line("\n" + md(wording.Number(i+1)+" "+note))
	}
}

// fix has a step a line, and commands as code.
func (m *markdown) fix(c record) {
	m.line("\n**Fix.**\n")
	for line := range strings.SplitSeq(c.fix(), "\n") {
		switch command := strings.TrimPrefix(line, "    "); {
		case wording.Page(line) != "":
			m.line("- " + aws + ": " + sanitize.Address(wording.Page(line)))
		case command != line:
			m.line("      " + sanitize.Code(command))
		default:
			m.line("- " + md(strings.TrimSpace(line)))
		}
	}
}

// enforcement says whom MFA protects.
func (m *markdown) enforcement() {
	if len(m.r.Enforcement) == 0 {
		return
	}
	people := lists.Map(m.r.Enforcement, enforcement.Of)
	m.heading(2, "Does MFA protect each way in?")
	m.line("\n" + md(enforcement.Count(people).Text()) + ".")
	if !m.verbose {
		people = lists.Filter(people, func(p enforcement.Row) bool { return p.Level > enforcement.Fine })
	}
	if len(people) == 0 {
		return
	}
	shown := people
	if !m.verbose {
		shown = people[:min(len(people), mostPeople)]
	}
	m.header("User", "MFA", "Console", "Access key", "Admin", "What leaks")
	for _, p := range shown {
		devices := lists.Map(p.Devices.List, enforcement.Device.Text)
		if len(devices) == 0 {
			devices = append(devices, p.Devices.Word)
		}
		m.row(md(p.Name), md(sanitize.Join(devices, ", ")), md(p.Console.Word), md(p.AccessKey.Word), md(p.Admin.Word), md(remarks(p, false)))
	}
	if more := len(people) - len(shown); more > 0 {
		m.line("\n" + say(message.New("… and %d more, which --verbose and JSON list", more)) + ".")
	}
}

// mostPeople is how many users stand in a table where not everybody is listed.
const mostPeople = 30

func (m *markdown) finding(c record, f audit.Finding, notes wording.Notes) {
	evidence := lists.Map(c.evidence, func(e audit.Evidence) sanitize.MarkdownText {
		return say(message.New("%s = %s (%s, %s)", e.Name, e.Value, e.Source, message.At(e.ObservedAt)))
	})
	status, text := []sanitize.MarkdownText{md(c.status.String())}, md(f.Message+notes.Mark())
	for _, note := range notes.Own {
		text += " " + md("("+note+")")
	}
	if c.exception != nil {
		status = append(status, "excepted")
		text += "<br>" + say(c.excepted())
	}
	m.row(md(shown(c)), md(c.item), sanitize.Join(status, ", "), text, sanitize.Join(evidence, "<br>"))
}
