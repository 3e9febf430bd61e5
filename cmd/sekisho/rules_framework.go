package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/config"
)

// listFrameworks writes, for each framework, its recommendations and the rules that decide them.
func listFrameworks(w io.Writer, catalogue []*audit.Rule, ids []string, format string) error {
	var chosen []*framework.Framework
	asked := map[string]bool{}
	for _, id := range ids {
		id = strings.TrimSpace(id)
		f := framework.Find(catalogue, id)
		if f == nil {
			return usagef(config.Suggest(id, framework.IDs()), "--framework: got %q, want one of %s", id, strings.Join(framework.IDs(), ", "))
		}
		if !asked[id] {
			chosen = append(chosen, f)
		}
		asked[id] = true
	}
	switch format {
	case "json":
		return frameworksJSON(w, chosen)
	case "text":
		return frameworksText(w, chosen)
	}
	return usagef("", "--format: got %q, want text or json", format)
}

// frameworksText writes a line a recommendation, and below it what decides it or why nothing does.
func frameworksText(w io.Writer, chosen []*framework.Framework) error {
	var out strings.Builder
	for i, f := range chosen {
		if i > 0 {
			out.WriteString("\n")
		}
		fmt.Fprintf(&out, "%s\n%s\n\n", f.ID, f.Title)
		idWidth, decided := 0, 0
		for _, r := range f.Recommendations {
			idWidth = max(idWidth, len(r.ID))
		}
		indent := strings.Repeat(" ", 2+idWidth+2)
		for _, r := range f.Recommendations {
			fmt.Fprintf(&out, "  %-*s  %s\n", idWidth, r.ID, wrap(r.Title, len(indent)))
			below := "not assessed: " + r.NotAssessed.String()
			if len(r.Rules) > 0 {
				below = strings.Join(r.Rules, ", ")
				decided++
			}
			fmt.Fprintf(&out, "%s%s\n", indent, wrap(below, len(indent)))
		}
		fmt.Fprintf(&out, "\n%d recommendations, %d of them decided by rules.\n", len(f.Recommendations), decided)
	}
	_, err := io.WriteString(w, out.String())
	return err
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

func frameworksJSON(w io.Writer, chosen []*framework.Framework) error {
	documents := make([]frameworkDocument, len(chosen))
	for i, f := range chosen {
		documents[i] = frameworkDocument{f.ID, f.Title, []recommendationDocument{}}
		for _, r := range f.Recommendations {
			documents[i].Recommendations = append(documents[i].Recommendations,
				recommendationDocument{r.ID, r.Title, append([]string{}, r.Rules...), r.NotAssessed.String()})
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(documents)
}
