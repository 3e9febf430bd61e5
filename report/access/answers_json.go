package access

import (
	"io"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	"sekisho/report/sanitize"
)

// The documents that "sekisho access can" and "sekisho access who-can" print with -f json; other programs rely on them.
// Lists are never null.
type (
	headReport struct {
		Schema  string      `json:"schema"`
		Tool    audit.Tool  `json:"tool"`
		Demo    bool        `json:"demo,omitempty"`
		Account accountInfo `json:"account"`
		Caller  string      `json:"caller"`
		TakenAt time.Time   `json:"taken_at"`
	}
	canReport struct {
		headReport
		Principal string     `json:"principal"`
		Action    string     `json:"action"`
		Resource  string     `json:"resource"` // empty: any
		Decision  string     `json:"decision"` // the widest of all ways; "unknown" where nothing can be said of the policies
		Text      string     `json:"text"`
		Ways      []wayEntry `json:"ways"`
		Notes     []string   `json:"notes"`
	}
	whoCanReport struct {
		headReport
		Requests []requestEntry `json:"requests"`
	}
	requestEntry struct {
		Action     string         `json:"action"`
		Resource   string         `json:"resource"`
		Counts     map[string]int `json:"counts"` // of all users and roles, by status
		Principals []whoEntry     `json:"principals"`
		Notes      []string       `json:"notes"`
	}
	whoEntry struct {
		Principal string      `json:"principal"`
		Status    string      `json:"status"` // can, through, possible or unknown
		Text      string      `json:"text"`
		Ways      []wayEntry  `json:"ways"`           // by the principal's own policies
		To        string      `json:"to,omitempty"`   // whom the steps lead to, who can then
		Steps     []stepEntry `json:"steps"`          // the shortest way to somebody who can
		Then      *wayEntry   `json:"then,omitempty"` // what is decided there
	}
	wayEntry struct {
		Way        string           `json:"way,omitempty"`
		Decision   string           `json:"decision"`
		On         string           `json:"on,omitempty"` // resources, as a policy has them
		Statements []statementEntry `json:"statements"`
		Lacks      []string         `json:"lacks,omitempty"`
		Keys       []string         `json:"keys,omitempty"`   // it depends on
		Chosen     []string         `json:"chosen,omitempty"` // by the caller
		Because    string           `json:"because,omitempty"`
	}
	statementEntry struct {
		Statement string   `json:"statement"`
		Kind      string   `json:"kind"`
		Of        []string `json:"of"`
	}
)

func head(schema string, a *access.Answers, tool audit.Tool) headReport {
	return headReport{
		Schema: schema, Tool: tool, Demo: a.Account.Origin == "demo", Account: accountInfo{a.Account.ID, a.Account.Partition},
		Caller: a.Account.CallerARN, TakenAt: a.Account.TakenAt,
	}
}

// CanJSON writes what is decided in each way.
func CanJSON(w io.Writer, can Can) error {
	a := &can.List[0]
	out := canReport{
		headReport: head(canSchema, can.Answers, can.Tool), Principal: a.ARN, Action: can.Action, Resource: can.Resource,
		Decision: "unknown", Text: verdict(a).String(), Ways: lists.Map(a.Ways, wayOf), Notes: lists.Map(can.Notes(), message.Message.String),
	}
	if best := a.Best(); best != nil {
		out.Decision = best.Result.String()
	}
	return sanitize.WriteJSON(w, "whether it is allowed", out)
}

func wayOf(w access.Coming) wayEntry {
	return wayEntry{
		Way: w.Session, Decision: w.Result.String(), On: w.On, Lacks: lists.Map(w.Lacks, policy.Kind.String), Keys: w.Keys, Chosen: w.Chosen, Because: w.Why.String(),
		Statements: lists.Map(w.Statements, func(s access.Statement) statementEntry {
			return statementEntry{s.Ref, s.Kind.String(), lists.OrEmpty(s.Owners)}
		}),
	}
}

// whoStatus is the word for a standing.
func whoStatus(s access.Standing) string {
	switch s {
	case access.Already:
		return "can"
	case access.CanAscend:
		return "through"
	}
	return s.String()
}

// WhoCanJSON writes who can, whole.
func WhoCanJSON(w io.Writer, who WhoCan) error {
	out := whoCanReport{headReport: head(whoCanSchema, who.List[0], who.Tool)}
	for _, answers := range who.List {
		entry := requestEntry{
			Action: answers.Action, Resource: answers.Resource, Counts: map[string]int{}, Principals: []whoEntry{},
			Notes: lists.Map(answers.Notes(), message.Message.String),
		}
		for standing, n := range answers.Counts {
			if s := access.Standing(standing); s != access.Inapplicable {
				entry.Counts[whoStatus(s)] = n
			}
		}
		for i := range answers.List {
			a := &answers.List[i]
			is := whoEntry{Principal: a.ARN, Status: whoStatus(a.Standing), Text: whoHeading(a).String(), Ways: lists.Map(a.Ways, wayOf), Steps: []stepEntry{}}
			if a.Chain != nil && len(a.Chain.Steps) > 0 {
				then := wayOf(*end(a.Chain))
				is.To, is.Steps, is.Then = a.Chain.To, lists.Map(a.Chain.Steps, stepOf), &then
			}
			entry.Principals = append(entry.Principals, is)
		}
		out.Requests = append(out.Requests, entry)
	}
	return sanitize.WriteJSON(w, "who can", out)
}

func stepOf(s access.Step) stepEntry {
	return stepEntry{s.ID, s.From, s.To, s.How.String(), lists.OrEmpty(s.Actions), lists.OrEmpty(s.By), s.Sure, s.HangsOn().String()}
}

// Schemas of the JSON forms. Added keys are no new versions.
const (
	canSchema    = "sekisho/access-can/v1"
	whoCanSchema = "sekisho/access-who-can/v1"
)
