package report

import (
	"fmt"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
)

// unknown lists what could not be decided, under its reason: one refused call often hides many resources from many rules.
func (t *table) unknown() {
	unknown := withStatus(t.r.Findings, audit.StatusUnknown)
	if len(unknown) == 0 {
		return
	}
	t.heading(yellow, "Unknown:", " "+plural(len(unknown), "verdict")+" could not be given; none of them is a pass")
	reasons, byReason := grouped(unknown, reason)
	for i, reason := range reasons {
		if i > 0 {
			t.line("")
		}
		t.text(2, 0, Terminal(reason))
		rules, byRule := grouped(byReason[reason], func(f audit.Finding) string { return f.Rule })
		rows := make([]row, len(rules))
		for i, rule := range rules {
			findings := byRule[rule]
			names := make([]string, len(findings))
			for j, f := range findings {
				names[j] = subject(f)
				if n, ok := resources(f); ok {
					names[j] = plural(int(n), "resource")
				}
			}
			rows[i] = row{Terminal(rule), t.names(names)}
		}
		t.grid(4, rows)
	}
}

// notJudged begins the text of an unknown verdict on the account that stands for so many resources. It is cut off, so that the verdicts that
// one refused call hides stand under one reason.
const notJudged = audit.NotJudged

func reason(f audit.Finding) string {
	if _, ok := resources(f); ok {
		return audit.Text{Format: f.Text.Format[len(notJudged):], Args: f.Text.Args[1:]}.String()
	}
	return f.Message
}

func resources(f audit.Finding) (int64, bool) {
	if !strings.HasPrefix(f.Text.Format, notJudged) || len(f.Text.Args) == 0 {
		return 0, false
	}
	n, ok := f.Text.Args[0].(int64)
	return n, ok
}

// notRead lists the calls that failed, and those that a limit forbade. A message that an unknown verdict has shown isn't repeated.
func (t *table) notRead() {
	if len(t.r.Gaps)+len(t.r.Declined) == 0 {
		return
	}
	shown := map[string]bool{}
	for _, f := range t.r.Findings {
		if f.Status == audit.StatusUnknown {
			shown[reason(f)] = true
		}
	}
	t.heading(yellow, "Not read", "")
	type kind struct {
		section      account.Section
		action, code string
	}
	kinds, byKind := grouped(t.r.Gaps, func(g account.Gap) kind { return kind{g.Section, g.Action, g.Code} })
	var rows []row
	for _, k := range kinds {
		gaps := byKind[k]
		var of, messages []string
		for _, g := range gaps {
			if g.Resource != "" {
				of = append(of, Terminal(g.Resource))
			}
			if len(messages) == 0 && g.Message != "" && !shown[fmt.Sprintf("%s failed: %s: %s", g.Action, g.Code, g.Message)] {
				messages = append(messages, Terminal(g.Message))
			}
		}
		text := Terminal(k.code) + ", for " + Terminal(string(k.section))
		if len(of) > 0 {
			text += " of " + t.names(of)
		}
		rows = append(rows, row{Terminal(k.action), strings.Join(append([]string{text}, messages...), "\n")})
	}
	for _, d := range t.r.Declined {
		text := "not asked for: " + Terminal(d.Reason)
		if len(d.Users) > 0 {
			text += "\n" + t.names(terminals(d.Users))
		}
		rows = append(rows, row{Terminal(string(d.Section)), text})
	}
	t.grid(2, rows)
}
