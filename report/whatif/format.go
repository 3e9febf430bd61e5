package whatif

import (
	"io"
	"time"

	"sekisho/audit"
	"sekisho/audit/change"
	"sekisho/audit/diff"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/whatif"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/shell"
)

// Answer is what changes would do.
type Answer struct {
	Steps   []change.Step
	Effects *whatif.Effects
	Diff    *diff.Diff
}

// Formats lists the formats of an answer, the default one first.
func Formats() format.Register[Answer] {
	return format.Register[Answer]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: Markdown},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
	}
}

// Schema identifies the JSON form. Added keys are no new version.
const Schema = "sekisho/whatif/v1"

// The document that "sekisho whatif -f json" prints; other programs rely on it. Lists are never null.
type (
	document struct {
		Schema  string            `json:"schema"`
		Tool    audit.Tool        `json:"tool"`
		Demo    bool              `json:"demo,omitempty"`
		Account audit.AccountInfo `json:"account"`
		TakenAt time.Time         `json:"taken_at"`
		Changes []stepEntry       `json:"changes"`
		Effects *whatif.Effects   `json:"effects"`
		Diff    *diff.Diff        `json:"diff"`
	}
	stepEntry struct {
		shell.Call
		Needed  bool         `json:"needed"` // before the next change that was asked for
		Steps   []string     `json:"steps"`  // in the console
		Undo    []shell.Call `json:"undo"`
		Touches []string     `json:"touches"`
	}
)

// JSON writes the answer whole: the same one gives the same bytes.
func JSON(w io.Writer, a Answer) error {
	d := a.Diff
	return sanitize.WriteJSON(w, "the answer", document{
		Schema: Schema, Tool: d.New.Tool, Demo: d.Demo, Account: d.Account, TakenAt: d.Old.TakenAt, Effects: a.Effects, Diff: d,
		Changes: lists.Map(a.Steps, func(s change.Step) stepEntry {
			return stepEntry{shell.CallOf(s.Change), s.Needed, lists.Map(s.Steps(), message.Message.String), lists.OrEmpty(lists.Map(s.Back, shell.CallOf)), lists.OrEmpty(s.Touches)}
		}),
	})
}
