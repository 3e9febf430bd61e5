package policy

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sekisho/audit/policy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Answer is whether policies allow a request.
type Answer struct {
	policy.Request
	policy.Decision
	Bounded bool // there is a permissions boundary
}

// Answers lists the formats of an answer, the default one first.
func Answers() format.Register[Answer] {
	return format.Register[Answer]{
		{Name: "table", Extensions: []string{".txt"}, Render: AnswerTable},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(AnswerJSON)},
	}
}

// AnswerTable says the decision on a line of its own, and below it what decided.
func AnswerTable(w io.Writer, a Answer, o format.Options) error {
	var head, reason string
	switch a.Result {
	case policy.Allowed:
		head = "allowed"
	case policy.ExplicitDeny:
		head = "denied explicitly"
	case policy.ImplicitDeny:
		head = "denied implicitly"
		if reason = fmt.Sprintf("no statement allows %s on %s", a.Action, a.Resource); a.Bounded {
			reason += " both in the policies and in the boundary"
		}
	case policy.Depends:
		head = "depends on " + strings.Join(a.Keys, ", ")
	}
	switch {
	case len(a.By) > 0:
		reason = "by " + strings.Join(a.By, ", ")
	case a.Result == policy.Allowed:
		reason = "AWS never refuses this action"
	}
	p := term.NewPage(w, o.Width, o.Color)
	p.Text(0, 2, sanitize.Terminal(head))
	p.Text(2, 2, sanitize.Terminal(reason))
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the decision: %w", err)
	}
	return nil
}

// AnswerJSON writes the decision as a line of JSON, as [AppendDecision] does.
func AnswerJSON(w io.Writer, a Answer) error {
	if _, err := w.Write(AppendDecision(nil, a.Decision)); err != nil {
		return fmt.Errorf("writing the decision as JSON: %w", err)
	}
	return nil
}

// AppendDecision writes a decision as a line of JSON: {"decision":"allowed","by":["policy.json#AllowRead"]}, with the
// keys that it depends on, if it does. It does without reflection, for there may be a million of them.
func AppendDecision(b []byte, d policy.Decision) []byte {
	b = append(b, `{"decision":"`...)
	b = append(b, d.Result.String()...)
	b = append(b, `","by":[`...)
	for i, ref := range d.By {
		if i > 0 {
			b = append(b, ',')
		}
		quoted, _ := json.Marshal(ref) // of a string it can't fail
		b = append(b, quoted...)
	}
	b = append(b, ']')
	if len(d.Keys) > 0 {
		keys, _ := json.Marshal(d.Keys)
		b = append(append(b, `,"keys":`...), keys...)
	}
	return append(b, '}', '\n')
}
