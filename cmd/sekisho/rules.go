package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
	"sekisho/config"
)

func rulesCommand(sys system) *cobra.Command {
	var format string
	var frameworks []string
	cmd := &cobra.Command{
		Use:   "rules [PATTERN ...]",
		Short: "List the rules, or explain one",
		Long: "List the rules by category with their severity and the controls that they decide; or only those that match a PATTERN, which is " +
			"an ID, a glob of IDs or a category. The ID of a rule prints its documentation. With --framework: the recommendations of that " +
			"framework in its own order, and the rules that decide each, or why none does.",
		Example: "  sekisho rules\n  sekisho rules console-mfa\n  sekisho rules 'access-key-*' -f json\n  sekisho rules --framework cis-5.0",
		RunE: func(cmd *cobra.Command, patterns []string) error {
			switch asked := cmd.Flags().Changed("framework"); {
			case asked && len(patterns) > 0:
				return usagef("leave one of them out", "got --framework and the pattern %q, want one of them", patterns[0])
			case asked && len(frameworks) == 0:
				return usagef("", "--framework: got an empty name, want one of %s", strings.Join(framework.IDs(), ", "))
			case asked:
				return listFrameworks(sys.stdout, rules.Catalogue(), frameworks, format)
			}
			return listRules(sys.stdout, rules.Catalogue(), patterns, format)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range rules.Catalogue() {
				ids = append(ids, r.ID)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "`FORMAT`: text or json")
	cmd.Flags().StringSliceVar(&frameworks, "framework", nil, "list what decides these frameworks: a `LIST` of "+strings.Join(framework.IDs(), ", ")+" (repeatable)")
	return cmd
}

func listRules(w io.Writer, catalogue []*audit.Rule, patterns []string, format string) error {
	// Every pattern must match: a rule that isn't there must not look like one that has nothing to say.
	for _, pattern := range patterns {
		if _, err := audit.Select(catalogue, []string{pattern}, nil); err != nil {
			return usagef(config.SuggestRule(pattern, catalogue), "%w", err)
		}
	}
	chosen := catalogue
	if len(patterns) > 0 {
		selection, err := audit.Select(catalogue, patterns, nil)
		if err != nil {
			return usagef("", "%w", err)
		}
		chosen = selection.Rules
	}
	switch {
	case format == "json":
		return rulesJSON(w, chosen)
	case format != "text":
		return usagef("", "--format: got %q, want text or json", format)
	case len(patterns) == 1 && len(chosen) == 1 && chosen[0].ID == patterns[0]:
		return ruleText(w, chosen[0])
	}
	return rulesText(w, chosen)
}

// rulesText writes one line a rule, by category, in the order of the catalogue.
func rulesText(w io.Writer, chosen []*audit.Rule) error {
	var out strings.Builder
	idWidth, severityWidth := 0, 0
	for _, r := range chosen {
		idWidth, severityWidth = max(idWidth, len(r.ID)), max(severityWidth, len(r.Severity.String()))
	}
	category := audit.Category("")
	for _, r := range chosen {
		if r.Category != category {
			if category != "" {
				out.WriteString("\n")
			}
			category = r.Category
			fmt.Fprintln(&out, category)
		}
		line := fmt.Sprintf("  %-*s  %-*s  %s", idWidth, r.ID, severityWidth, r.Severity, newest(r.Controls))
		fmt.Fprintln(&out, strings.TrimRight(line, " "))
	}
	fmt.Fprintf(&out, "\n%d rules. sekisho rules ID explains one.\n", len(chosen))
	_, err := io.WriteString(w, out.String())
	return err
}

// ruleText writes a rule's documentation.
func ruleText(w io.Writer, r *audit.Rule) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s\n\nFails as  %s\nCategory  %s\nSeverity  %s\n", r.ID, r.Title, r.Problem, r.Category, r.Severity)
	if len(r.Controls) > 0 {
		fmt.Fprintf(&out, "Controls  %s\n", wrap(all(r.Controls), len("Controls  ")))
	}
	if r.OffByDefault {
		out.WriteString("\nOff by default: runs only where --rules or the configuration names it.\n")
	}
	if r.Sweep != audit.SweepNone {
		fmt.Fprintf(&out, "\nDeep runs only (--depth): takes a call for each of the %s.\n", r.Sweep)
	}
	for _, part := range []struct{ title, text string }{{"Why", r.Why}, {"How it is judged", r.How}, {"How to mend it", r.Fix}} {
		fmt.Fprintf(&out, "\n%s\n", part.title)
		for line := range strings.Lines(part.text) {
			fmt.Fprintf(&out, "  %s\n", wrap(line, 2))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// ruleDocument is a rule in JSON, with the keys that it has in a report.
type ruleDocument struct {
	ID           string          `json:"id"`
	Title        string          `json:"title"`
	Problem      string          `json:"problem"`
	Category     audit.Category  `json:"category"`
	Severity     audit.Severity  `json:"severity"`
	OffByDefault bool            `json:"off_by_default"`
	Sweep        audit.Sweep     `json:"sweep"` // "users" or "regions" for a rule that only a deep run looks at
	Controls     []audit.Control `json:"controls"`
	Why          string          `json:"why"`
	How          string          `json:"how"`
	Fix          string          `json:"fix"`
}

func rulesJSON(w io.Writer, chosen []*audit.Rule) error {
	documents := make([]ruleDocument, len(chosen))
	for i, r := range chosen {
		documents[i] = ruleDocument{r.ID, r.Title, r.Problem, r.Category, r.Severity, r.OffByDefault, r.Sweep, append([]audit.Control{}, r.Controls...), r.Why, r.How, r.Fix}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(documents)
}

// newest names a rule's control in each framework's newest version, which is the one that comes first: "cis-7.0 2.10, fsbp IAM.5".
func newest(controls []audit.Control) string {
	var names []string
	version := map[string]string{}
	for _, c := range controls {
		family, _, _ := strings.Cut(c.Framework, "-")
		if version[family] == "" {
			version[family] = c.Framework
		}
		if version[family] == c.Framework {
			names = append(names, c.Framework+" "+c.ID)
		}
	}
	return strings.Join(names, ", ")
}

func all(controls []audit.Control) string {
	names := make([]string, len(controls))
	for i, c := range controls {
		names[i] = c.Framework + " " + c.ID
	}
	return strings.Join(names, ", ")
}

// wrap breaks a text between words at 100 columns; all lines but the first are indented.
func wrap(text string, indent int) string {
	const width = 100
	var out strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			out.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}
