package report

import (
	"cmp"
	"maps"
	"slices"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// passed lists what passed, and the answers on which that rests.
func (t *table) passed() {
	t.heading(term.Green, "Passed:", verdicts(t.r.Summary.Pass))
	var rows []term.Row
	for _, rule := range t.ruleOrder(slices.Collect(maps.Keys(t.r.Passed))) {
		p := t.r.Passed[rule]
		sources := make([]sanitize.Text, len(p.Sources))
		for i, s := range p.Sources {
			sources[i] = sanitize.Message(message.New("%s as of %s", s.Source, message.At(s.ObservedAt)))
		}
		text := sanitize.Join(sanitize.Terminals(p.Resources), ", ")
		if len(sources) > 0 {
			text += "\n(" + sanitize.Join(sources, ", ") + ")"
		}
		rows = append(rows, term.Row{sanitize.Terminal(rule), text})
	}
	t.Grid(2, rows)
}

func verdicts(n int) sanitize.Text {
	return sanitize.Message(message.Plural(n, "%d verdict", "%d verdicts"))
}

func rules(n int) message.Count { return message.Plural(n, "%d rule", "%d rules") }

// inapplicable lists to what a rule does not apply, and why.
func (t *table) inapplicable() {
	if len(t.r.NotApplicable) == 0 {
		return
	}
	t.heading(term.Bold, "Not applicable:", verdicts(t.r.Summary.NotApplicable))
	var rows []term.Row
	for _, rule := range t.ruleOrder(slices.Collect(maps.Keys(t.r.NotApplicable))) {
		var parts []sanitize.Text
		for _, group := range t.r.NotApplicable[rule] {
			parts = append(parts, sanitize.Terminal(group.Reason)+": "+sanitize.Join(sanitize.Terminals(group.Resources), ", "))
		}
		rows = append(rows, term.Row{sanitize.Terminal(rule), sanitize.Join(parts, "\n")})
	}
	t.Grid(2, rows)
}

// ruleOrder sorts rules as they ran.
func (t *table) ruleOrder(rules []string) []string {
	order := make(map[string]int, len(t.r.Rules))
	for i, rule := range t.r.Rules {
		order[rule.ID] = i + 1
	}
	slices.SortFunc(rules, func(x, y string) int { return cmp.Or(cmp.Compare(order[x], order[y]), cmp.Compare(x, y)) })
	return rules
}

func (t *table) summary() {
	r, s := t.r, t.r.Summary
	t.heading(term.Bold, "In all", "")
	failing := term.Number(s.Fail)
	var bySeverity []sanitize.Text
	for _, severity := range audit.Severities() {
		if n := s.FailedBySeverity[severity.String()]; n > 0 {
			bySeverity = append(bySeverity, sanitize.Message(message.New("%d %s", n, wording.Word(severity.String()))))
		}
	}
	if len(bySeverity) > 0 {
		failing += ": " + sanitize.Join(bySeverity, ", ")
	}
	if excepted := sanitize.Message(wording.OfThem(s.Excepted, s.Fail)); excepted != "" {
		failing += "\n" + excepted
	}
	rows := append(t.origin(), term.Row{"Failing", failing})
	passed := message.New("%d, unknown %d, not applicable %d, by %s", s.Pass, s.Unknown, s.NotApplicable, rules(len(r.Rules)))
	rows = append(rows, term.Row{"Passed", sanitize.Message(passed)})
	costly, others := wording.NotLooked(r.NotSelected)
	if len(costly) > 0 {
		rows = append(rows, term.Row{"Not looked at", sanitize.Message(message.New("%s, as above", rules(len(costly))))})
	}
	if len(others) > 0 {
		rows = append(rows, term.Row{"Rules not run", notRun(others)})
	}
	if limits := sanitize.Message(wording.Limits(r.Configuration.UserThresholds)); limits != "" {
		rows = append(rows, term.Row{"Own limits", limits})
	}
	rows = append(rows, term.Row{"API calls", t.calls()})
	if n := len(r.Gaps); n > 0 {
		rows = append(rows, term.Row{"Calls that failed", term.Number(n)})
	}
	t.Grid(2, rows)
	t.Text(0, 0, t.verdict())
}

// notLooked lists the rules that a standard run leaves out, and what they would have cost.
func (t *table) notLooked() {
	costly, _ := wording.NotLooked(t.r.NotSelected)
	if len(costly) == 0 {
		return
	}
	t.heading(term.Bold, "Not looked at in this run:", sanitize.Message(message.New("%s, which --depth deep runs", rules(len(costly)))))
	rows := make([]term.Row, len(costly))
	for i, n := range costly {
		rows[i] = term.Row{sanitize.Terminal(n.Rule), sanitize.Message(n.Cost.Text())}
	}
	t.Grid(2, rows)
}

func notRun(rules []audit.NotSelected) sanitize.Text {
	reasons, byReason := grouped(rules, func(n audit.NotSelected) string { return n.Reason })
	parts := make([]sanitize.Text, len(reasons))
	for i, reason := range reasons {
		var rules []sanitize.Text
		for _, n := range byReason[reason] {
			rules = append(rules, sanitize.Terminal(n.Rule))
		}
		parts[i] = sanitize.Terminal(reason) + ": " + sanitize.Join(rules, ", ")
	}
	return sanitize.Join(parts, "\n")
}

func (t *table) calls() sanitize.Text {
	c, signIn := t.r.Calls, 0
	for _, n := range c.SignIn {
		signIn += n
	}
	parts := []message.Message{message.New("%d", c.Total)}
	if signIn > 0 {
		parts = append(parts, message.New("and %d to sign in", signIn))
	}
	if c.Throttled > 0 {
		parts = append(parts, message.New("%s", message.Plural(c.Throttled, "throttled %d time", "throttled %d times")))
	}
	if c.Retried > 0 {
		parts = append(parts, message.New("%s", message.Plural(c.Retried, "retried %d time", "retried %d times")))
	}
	return sanitize.Message(message.Joined("%s, %s", parts...))
}

// verdict is the last line: what the whole comes to. What follows a colour says the rest, in whole sentences and clauses.
func (t *table) verdict() sanitize.Text {
	r, s := t.r, t.r.Summary
	unknown := message.Plural(s.Unknown, "%d verdict is unknown", "%d verdicts are unknown")
	var sentences []sanitize.Text
	say := func(texts ...sanitize.Text) { sentences = append(sentences, sanitize.Join(texts, ": ")) }
	switch {
	case s.Fail > 0:
		paint := term.Red
		if s.Excepted == s.Fail {
			paint = term.Yellow
		}
		failing := message.New("%s", message.Plural(s.Fail, "%d finding fails", "%d findings fail"))
		text := t.Paint(paint, sanitize.Message(message.Joined("%s, %s", failing, wording.OfThem(s.Excepted, s.Fail))))
		if s.Unknown > 0 {
			text += ", " + t.Paint(term.Yellow, sanitize.Message(unknown))
		}
		say(text + ".")
		say("The command 'sekisho rules RULE' explains a rule and its remedy.")
	case s.Unknown > 0:
		say(t.Paint(term.Yellow, sanitize.Message(message.New("Nothing is seen to fail, but %s", unknown))), "the account is not shown to be in order.")
	case s.Pass == 0:
		say(t.Paint(term.Yellow, "Nothing was decided"), "no rule gave a verdict.")
	case r.Baseline != nil:
		say(t.Paint(term.Green, "Nothing new fails"), sanitize.Message(wording.LeftOut(r.Baseline))+".")
	default:
		passes := message.Plural(s.Pass, "%d verdict is a pass", "%d verdicts are passes")
		say(t.Paint(term.Green, sanitize.Message(message.New("Nothing fails: %s", passes))) + ", " + sanitize.Message(message.New("by %s", rules(len(r.Rules)))) + ".")
		if n := len(r.NotSelected); n > 0 {
			say(sanitize.Message(message.New("Not looked at: %s that did not run.", rules(n))))
		}
		if len(r.Gaps)+len(r.Declined) > 0 {
			say("Not read: what is listed above, on which no verdict hangs.")
		}
	}
	if r.Demo {
		say("This was the demo account.")
	}
	return sanitize.Join(sentences, " ")
}

// manyNames is how many names stand in a list that isn't verbose.
const manyNames = 6

// some names the first of many.
func some[S ~string](names []S) sanitize.Text {
	if len(names) == 0 {
		return ""
	}
	return sanitize.Message(message.Some(manyNames, 0, names))
}

func (t *table) names(names []sanitize.Text) sanitize.Text {
	if t.verbose {
		return sanitize.Join(names, ", ")
	}
	return sanitize.Message(message.Some(t.fold.names, 0, names))
}
