package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/lists"
	"sekisho/audit/orgpolicy"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report/catalogue"
)

func rulesCommand(sys system) *cobra.Command {
	var answer result[catalogue.Listing]
	var lang spoken
	var frameworks []string
	cmd := &cobra.Command{
		Use:   "rules [PATTERN ...]",
		Short: "List the rules, or explain one",
		Long: "List the rules by category with their severity and the controls that they decide; or only those that match a PATTERN, which is " +
			"an ID, a glob of IDs or a category. The ID of a rule prints its documentation. With --framework: the recommendations of that " +
			"framework in its own order, and the rules that decide each, or why none does.",
		Example: "  sekisho rules\n  sekisho rules console-mfa\n  sekisho rules 'access-key-*' -f json\n  sekisho rules --framework cis-5.0",
		RunE: func(cmd *cobra.Command, patterns []string) error {
			if err := answer.open(sys, false); err != nil {
				return err
			}
			listing, err := catalogue.Listing{}, error(nil)
			switch asked := cmd.Flags().Changed("framework"); {
			case asked && len(patterns) > 0:
				return usagef("leave one of them out", "got --framework and the pattern %q, want one of them", patterns[0])
			case asked && len(frameworks) == 0:
				return usagef("", "--framework: got an empty name, want one of %s", strings.Join(framework.IDs(), ", "))
			case asked:
				listing, err = chosenFrameworks(rules.Catalogue(), frameworks)
			default:
				listing, err = chosenRules(allRules(), patterns)
			}
			if err != nil {
				return err
			}
			options := sys.bareOptions()
			if options.Language, err = lang.language(sys); err != nil {
				return err
			}
			return answer.write(cmd.Context(), sys, listing, options)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return lists.Map(allRules(), func(r *audit.Rule) string { return r.ID }), cobra.ShellCompDirectiveNoFileComp
		},
	}
	answer.bind(cmd.Flags(), catalogue.Formats(), "the list")
	lang.bind(cmd.Flags())
	cmd.Flags().StringSliceVar(&frameworks, "framework", nil, "list what decides these frameworks: a `LIST` of "+strings.Join(framework.IDs(), ", ")+" (repeatable)")
	return cmd
}

// allRules are those about accounts, and those about an organization, which sekisho fleet judges.
func allRules() []*audit.Rule { return slices.Concat(rules.Catalogue(), orgpolicy.Catalogue()) }

// chosenRules are those that match one of the patterns, or all where there are none.
func chosenRules(all []*audit.Rule, patterns []string) (catalogue.Listing, error) {
	// Every pattern must match: a rule that isn't there must not look like one that has nothing to say.
	for _, pattern := range patterns {
		if _, err := audit.Select(all, []string{pattern}, nil); err != nil {
			return catalogue.Listing{}, usagef(config.SuggestRule(pattern, all), "%w", err)
		}
	}
	if len(patterns) == 0 {
		return catalogue.Listing{Rules: all}, nil
	}
	selection, err := audit.Select(all, patterns, nil)
	if err != nil {
		return catalogue.Listing{}, usagef("", "%w", err)
	}
	chosen := selection.Rules
	return catalogue.Listing{Rules: chosen, Explained: len(patterns) == 1 && len(chosen) == 1 && chosen[0].ID == patterns[0]}, nil
}

// chosenFrameworks are those of these names, each once.
func chosenFrameworks(all []*audit.Rule, ids []string) (l catalogue.Listing, err error) {
	asked := map[string]bool{}
	for _, id := range ids {
		id = strings.TrimSpace(id)
		f := framework.Find(all, id)
		if f == nil {
			return l, usagef(config.Suggest(id, framework.IDs()), "--framework: got %q, want one of %s", id, strings.Join(framework.IDs(), ", "))
		}
		if !asked[id] {
			l.Frameworks = append(l.Frameworks, f)
		}
		asked[id] = true
	}
	return l, nil
}
