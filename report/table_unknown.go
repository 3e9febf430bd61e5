package report

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// unknown lists what could not be decided, under its reason: one refused call often hides many resources from many
// rules.
func (t *table) unknown() {
	unknown := withStatus(t.r.Findings, audit.StatusUnknown)
	if len(unknown) == 0 {
		return
	}
	t.heading(term.Yellow, "Unknown:", sanitize.Message(message.New("%s could not be given; none of them is a pass", message.Plural(len(unknown), "%d verdict", "%d verdicts"))))
	reasons, byReason := grouped(unknown, alike)
	for i, why := range reasons {
		if !t.verbose && i == t.fold.reasons && len(reasons) > i+1 {
			more := 0
			for _, why := range reasons[i:] {
				more += len(byReason[why])
			}
			left := message.Plural(len(reasons)-i, "%d reason", "%d reasons")
			t.Text(2, 2, t.Paint(term.Dim, sanitize.Message(message.New("… and %d more verdicts for %s, which --verbose lists", more, left))))
			break
		}
		findings := byReason[why]
		if first := reason(findings[0]); !slices.ContainsFunc(findings, func(f audit.Finding) bool { return reason(f) != first }) {
			why = first
		}
		t.Text(2, 0, sanitize.Terminal(why))
		rules, byRule := grouped(findings, func(f audit.Finding) string { return f.Rule })
		rows := make([]term.Row, len(rules))
		for i, rule := range rules {
			findings := byRule[rule]
			names := make([]sanitize.Text, len(findings))
			for j, f := range findings {
				names[j] = subject(f)
				if n, _, ok := f.NotJudged(); ok {
					names[j] = sanitize.Message(message.Plural(int(n), "%d resource", "%d resources"))
				}
			}
			rows[i] = term.Row{sanitize.Terminal(rule), t.names(names)}
		}
		t.Grid(4, rows)
	}
}

func reason(f audit.Finding) string {
	if _, reason, ok := f.NotJudged(); ok {
		return reason.String()
	}
	return f.Message
}

// alike is the reason without the name of whom it is about.
func alike(f audit.Finding) string { return wording.AlikeOf(&f, reason(f)) }

// manyMessages is how many messages of calls that failed alike stand in a table that isn't verbose.
const manyMessages = 2

// notRead lists the calls that failed, and those that a limit forbade. A message that an unknown verdict has shown
// isn't repeated.
func (t *table) notRead() {
	if len(t.r.Gaps)+len(t.r.Declined) == 0 {
		return
	}
	shown := map[string]bool{}
	for _, f := range t.r.Findings {
		if f.Status == audit.StatusUnknown {
			shown[reason(f)], shown[alike(f)] = true, true
		}
	}
	t.heading(term.Yellow, "Not read", "")
	var rows []term.Row
	for _, g := range wording.GroupGaps(t.r.Gaps) {
		what, many := g.For()
		text := sanitize.Message(message.New("%s, for %s", g.Code, what))
		if many {
			text += ": " + t.names(sanitize.Terminals(g.Of))
		}
		messages := slices.DeleteFunc(g.Messages, func(m string) bool {
			return shown[account.Missing{Gap: account.Gap{Action: g.Action, Code: g.Code, Message: m}}.String()]
		})
		if n := len(messages); n > manyMessages && !t.verbose {
			messages = append(messages[:manyMessages:manyMessages], message.New("and %d more messages", n-manyMessages).String())
		}
		rows = append(rows, term.Row{sanitize.Terminal(g.Action), sanitize.Join(append([]sanitize.Text{text}, sanitize.Terminals(messages)...), "\n")})
	}
	for _, d := range t.r.Declined {
		if !t.verbose {
			break
		}
		text := sanitize.Message(message.New("not asked for: %s", d.Why()))
		if len(d.Users) > 0 {
			text += "\n" + t.names(sanitize.Terminals(d.Users))
		}
		rows = append(rows, term.Row{sanitize.Terminal(string(d.Section)), text})
	}
	t.Grid(2, rows)
	if !t.verbose {
		reasons, byReason := grouped(t.r.Declined, func(d account.Decline) string { return d.Why().String() })
		for _, why := range reasons {
			asked := lists.Map(byReason[why], func(d account.Decline) message.Message {
				return message.New("%s of %s", d.Section, message.Plural(len(d.Users), "%d user", "%d users"))
			})
			t.Text(2, 2, sanitize.Message(message.New("not asked for: %s: %s", why, message.First(0, asked))))
		}
	}
	if slices.ContainsFunc(t.r.Gaps, func(g account.Gap) bool { return account.Denied(g.Code) }) {
		t.Text(2, 2, "sekisho permissions prints the policy that an audit needs.")
	}
}

// notes say what else is to be known of the answers.
func (t *table) notes() {
	if len(t.r.Remarks()) == 0 {
		return
	}
	t.heading(term.Yellow, "Notes", "")
	for _, note := range t.r.Remarks() {
		t.Text(2, 2, sanitize.Message(note))
	}
}
