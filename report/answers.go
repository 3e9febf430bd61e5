package report

import (
	"maps"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// answersRule stands for the answers of AWS in the formats that are lists of verdicts and have no other place for what
// is to be known of them all.
var answersRule = &audit.RuleResult{
	ID: "answers", Title: "AWS answered all that was asked", Category: "answers", Severity: audit.Info,
	Why: "What could not be read is in no verdict.", How: "It is unknown where a call failed, or where not everybody was asked about; passes otherwise.",
	Fix: "`sekisho permissions` prints the policy that an audit needs.",
}

// remark is something to be known of the answers: a call that failed, users who were not asked about, a note, or an
// address that was asked in place of AWS's own.
type remark struct {
	name   string
	source string
	text   message.Message
}

func (m remark) lacks() bool { return m.name == "gap" || m.name == "declined" }

func remarksOf(r *audit.Report) []remark {
	var all []remark
	for _, g := range r.Gaps {
		text := g.Outcome()
		if g.Resource != "" {
			text = message.New("for %s: %s", g.Resource, text)
		}
		all = append(all, remark{"gap", g.Action, text})
	}
	for _, d := range r.Declined {
		text := message.New("%s not asked for %s: %s", message.Plural(len(d.Users), "%d user", "%d users"), d.Section, d.Why())
		all = append(all, remark{"declined", string(d.Section), text})
	}
	for _, note := range r.Notes {
		all = append(all, remark{"note", r.Tool.Name, note})
	}
	for _, service := range slices.Sorted(maps.Keys(r.Endpoints)) {
		all = append(all, remark{"endpoint", service, message.New("%s was asked at %s", service, r.Endpoints[service])})
	}
	return all
}

// answers is the verdict on the answers, with all remarks in its message and as evidence; some says that there are any.
func (s *records) answers() (c record, some bool) {
	c = record{
		rule: answersRule, status: audit.StatusPass, severity: audit.Info, name: "account", message: answersRule.Title,
		resource: account.RootARN(s.r.Account.Partition, s.r.Account.ID),
	}
	var texts []message.Message
	for _, m := range remarksOf(s.r) {
		if m.lacks() {
			c.status = audit.StatusUnknown
		}
		texts = append(texts, m.text)
		c.evidence = append(c.evidence, audit.Evidence{Name: m.name, Value: m.text.String(), Source: m.source, ObservedAt: s.r.TakenAt})
	}
	if len(texts) > 0 {
		c.message = message.Parts(texts...).String()
	}
	return s.finish(c), len(texts) > 0
}
