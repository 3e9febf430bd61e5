package catalogue

import (
	"sekisho/audit/framework"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// frameworks writes each recommendation, and below it what decides it or why nothing does.
func frameworks(p *term.Page, chosen []*framework.Framework) {
	for i, f := range chosen {
		if i > 0 {
			p.Line("")
		}
		p.Line(sanitize.Terminal(f.ID))
		p.Text(0, 2, p.Known(f.Title))
		p.Line("")
		rows, decided := make([]term.Row, len(f.Recommendations)), 0
		for i, r := range f.Recommendations {
			below := p.Say(message.New("not assessed: %s", r.NotAssessed))
			if len(r.Rules) > 0 {
				below = sanitize.Join(sanitize.Terminals(r.Rules), ", ")
				decided++
			}
			rows[i] = term.Row{sanitize.Terminal(r.ID), p.Known(r.Title) + "\n" + below}
		}
		p.Grid(2, rows)
		p.Line("")
		p.Text(0, 0, p.Say(message.New("%s, %d of them decided by rules.", message.Plural(len(f.Recommendations), "%d recommendation", "%d recommendations"), decided)))
	}
}

// frameworkDocument is a framework in JSON, with the keys that it has in a report.
type frameworkDocument struct {
	ID              string                   `json:"id"`
	Title           string                   `json:"title"`
	Recommendations []recommendationDocument `json:"recommendations"`
}

type recommendationDocument struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Rules  []string `json:"rules"`
	Reason string   `json:"reason,omitempty"` // why it is not assessed
}

func frameworkDocuments(chosen []*framework.Framework) []frameworkDocument {
	documents := make([]frameworkDocument, len(chosen))
	for i, f := range chosen {
		documents[i] = frameworkDocument{f.ID, f.Title, []recommendationDocument{}}
		for _, r := range f.Recommendations {
			documents[i].Recommendations = append(documents[i].Recommendations,
				recommendationDocument{r.ID, r.Title, append([]string{}, r.Rules...), r.NotAssessed.String()})
		}
	}
	return documents
}
