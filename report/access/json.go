package access

import (
	"cmp"
	"io"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// The document that "sekisho access paths -f json" prints; other programs rely on it. Lists are never null.
type (
	pathsReport struct {
		Schema  string         `json:"schema"`
		Tool    audit.Tool     `json:"tool"`
		Demo    bool           `json:"demo,omitempty"`
		Account accountInfo    `json:"account"`
		Caller  string         `json:"caller"`
		TakenAt time.Time      `json:"taken_at"`
		To      string         `json:"to"`     // "admin", or the ARN of whom they become
		Counts  map[string]int `json:"counts"` // of all users and roles, by status
		Paths   []pathEntry    `json:"paths"`
		Outside []pathEntry    `json:"outside"` // of people from outside the account, who aren't counted
		Notes   []string       `json:"notes"`
	}
	accountInfo struct {
		ID        string `json:"id"`
		Partition string `json:"partition"`
	}
	pathEntry struct {
		Principal string      `json:"principal"`
		Status    string      `json:"status"`
		Text      string      `json:"text"`
		To        string      `json:"to,omitempty"` // whom the steps lead to
		Steps     []stepEntry `json:"steps"`
		HangsOn   string      `json:"hangs_on,omitempty"` // where no step says so
	}
	stepEntry struct {
		ID      string   `json:"id"`
		From    string   `json:"from"`
		To      string   `json:"to"`
		How     string   `json:"how"`
		Actions []string `json:"actions"`
		By      []string `json:"by"`
		Sure    bool     `json:"sure"`
		HangsOn string   `json:"hangs_on,omitempty"`
	}
)

const schema = "sekisho/access-paths/v1"

// status is the word for a standing: who is there already is an administrator only where these are looked for.
func (p Paths) status(s access.Standing) string {
	if s == access.Already && p.To != "" {
		return "itself"
	}
	return s.String()
}

// JSON writes the ways whole.
func JSON(w io.Writer, paths Paths) error {
	a := paths.Account
	out := pathsReport{
		Schema: schema, Tool: paths.Tool, Demo: a.Origin == "demo", Account: accountInfo{a.ID, a.Partition},
		Caller: a.CallerARN, TakenAt: a.TakenAt, To: cmp.Or(paths.To, "admin"), Counts: map[string]int{},
		Notes: lists.Map(paths.notes(), message.Message.String),
	}
	for standing, n := range paths.Counts {
		if s := access.Standing(standing); s != access.Inapplicable {
			out.Counts[paths.status(s)] = n
		}
	}
	entries := func(is access.Ascent) pathEntry {
		entry := pathEntry{Principal: is.ARN, Status: paths.status(is.Standing), Text: paths.heading(&is).String(), Steps: []stepEntry{}}
		if is.Chain != nil {
			entry.To, entry.HangsOn = is.Chain.To, is.HangsOn().String()
			entry.Steps = lists.Map(is.Chain.Steps, stepOf)
		}
		return entry
	}
	out.Paths, out.Outside = lists.Map(paths.List, entries), lists.Map(paths.Outside, entries)
	return sanitize.WriteJSON(w, "the ways to an administrator", out)
}
