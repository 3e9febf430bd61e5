package plan

import (
	"io"

	"sekisho/audit"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/plan"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/shell"
)

// Formats lists the formats of a plan, the default one first.
func Formats() format.Register[*plan.Plan] {
	return format.Register[*plan.Plan]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "markdown", Extensions: []string{".md", ".markdown"}, Render: Markdown},
		{Name: "html", Extensions: []string{".html", ".htm"}, Render: format.Plain(HTML)},
		{Name: "sh", Extensions: []string{".sh"}, Render: format.Plain(Script)},
	}
}

// The document that "sekisho plan -f json" prints; other programs rely on it. Lists are never null.
type (
	document struct {
		plan.Plan
		Steps []stepEntry `json:"steps"`
	}
	stepEntry struct {
		plan.Step
		Work []workEntry `json:"work"`
	}
	workEntry struct {
		plan.Work
		Use     string          `json:"use"`
		UseText message.Message `json:"use_text,omitzero"`
		Changes []changeEntry   `json:"changes"`
	}
	changeEntry struct {
		shell.Call
		Stage  change.Stage `json:"stage"`
		Needed bool         `json:"needed"` // AWS wants it done before the next one
		Steps  []string     `json:"steps"`  // in the console
		Undo   []shell.Call `json:"undo"`
	}
)

// JSON writes the plan whole: the same one gives the same bytes.
func JSON(w io.Writer, p *plan.Plan) error {
	return sanitize.WriteJSON(w, "the plan", document{*p, lists.Map(p.Steps, func(s plan.Step) stepEntry {
		return stepEntry{s, lists.Map(s.Work, func(w plan.Work) workEntry {
			return workEntry{w, w.Use.String(), w.Use, lists.Map(w.Changes, func(c plan.Change) changeEntry {
				return changeEntry{shell.CallOf(c.Change), c.Stage, c.Needed, lists.Map(c.Steps(), message.Message.String), lists.Map(c.Back, shell.CallOf)}
			})}
		})}
	})})
}

// heading names the account and the time.
func heading(p *plan.Plan) message.Message {
	if p.Account.Alias != nil && *p.Account.Alias != "" {
		return message.New("account %s (%s), as it was on %s", p.Account.ID, *p.Account.Alias, message.At(p.TakenAt))
	}
	return message.New("account %s, as it was on %s", p.Account.ID, message.At(p.TakenAt))
}

// standing is how the account stands, in one line.
func standing(s plan.Standing) message.Message {
	complete := message.New("%d of %d complete", s.Complete, s.Applicable)
	if grave := bySeverity(s.Failing); len(grave.Items) > 0 {
		return message.New("%s · %s", complete, grave)
	}
	return message.New("%s · nothing fails", complete)
}

var severityWords = map[audit.Severity]func(n int) message.Message{
	audit.Critical: func(n int) message.Message { return message.New("%d critical", n) },
	audit.High:     func(n int) message.Message { return message.New("%d high", n) },
	audit.Medium:   func(n int) message.Message { return message.New("%d medium", n) },
	audit.Low:      func(n int) message.Message { return message.New("%d low", n) },
	audit.Info:     func(n int) message.Message { return message.New("%d info", n) },
}

func bySeverity(counts map[string]int) message.List {
	var parts []message.Message
	for _, severity := range audit.Severities() {
		if n := counts[severity.String()]; n > 0 {
			parts = append(parts, severityWords[severity](n))
		}
	}
	return message.Parts(parts...)
}

// summary says in one sentence where the plan leads.
func summary(p *plan.Plan) message.Message {
	if len(p.Steps) == 0 {
		return message.New("there is nothing to do for the goal %s", message.Names(0, p.Goal))
	}
	steps := message.Plural(len(p.Steps), "%d step leads", "%d steps lead")
	return message.New("%s from %s to %s", steps, standing(p.Before), standing(p.After))
}

// remarks are what else is to be known of the whole plan.
func remarks(p *plan.Plan) []message.Message {
	var all []message.Message
	if decisions := len(lists.Filter(p.Steps, func(s plan.Step) bool { return s.Kind == plan.Decision })); decisions > 0 {
		all = append(all, message.New("%s: what they clear counts as if it were done", message.Plural(decisions, "%d step is a decision of a person", "%d steps are decisions of a person")))
	}
	if n := p.After.Unknown; n > 0 {
		all = append(all, message.New("%s, and may fail: no step is known for what is unknown", message.Plural(n, "%d answer about the goal is unknown", "%d answers about the goal are unknown")))
	}
	return all
}
