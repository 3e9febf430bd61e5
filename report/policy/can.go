package policy

import (
	"encoding/json"
	"fmt"
	"io"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Answer is whether policies allow a request.
type Answer struct {
	policy.Request
	policy.Decision
}

// Answers lists the formats of an answer, the default one first.
func Answers() format.Register[Answer] {
	return format.Register[Answer]{
		{Name: "table", Extensions: []string{".txt"}, Render: AnswerTable},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(AnswerJSON)},
	}
}

// lacking names what would have to allow a request.
var lacking = map[policy.Kind]message.Message{
	policy.Identity: message.New("the policies"), policy.Boundary: message.New("the boundary"), policy.Session: message.New("the session's policies"),
	policy.SCP: message.New("a level of SCPs"), policy.Resource: message.New("the resource's policy"),
}

// AnswerTable says the decision on a line of its own, and below it what decided.
func AnswerTable(w io.Writer, a Answer, o format.Options) error {
	var head, reason message.Message
	switch a.Result {
	case policy.Allowed:
		head, reason = message.New("allowed"), message.New("policies have no say in this action")
	case policy.ExplicitDeny:
		head = message.New("denied explicitly")
	case policy.ImplicitDeny:
		head = message.New("denied implicitly")
		in := lists.Map(a.Lacks, func(k policy.Kind) message.Message { return lacking[k] })
		if reason = message.New("no statement allows %s on %s in %s", a.Action, a.Resource, message.Parts(in...)); len(in) == 0 {
			reason = message.New("AWS takes %s from an access key itself, and from no session", a.Action)
		}
	case policy.Depends:
		head = message.New("depends on %s", message.Names(0, a.Keys))
	}
	if len(a.By) > 0 {
		reason = message.New("by %s", message.Names(0, a.By))
	}
	p := term.NewPage(w, o.Width, o.Color).In(o.Language)
	p.Text(0, 2, sanitize.Message(head))
	p.Text(2, 2, sanitize.Message(reason))
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
