package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/rules"
)

// permissionFormats are what the policy is written as, by the names of --format.
var permissionFormats = map[string]func(io.Writer, []string) error{
	"json": permissionsJSON, "terraform": permissionsTerraform, "cloudformation": permissionsCloudFormation,
}

func permissionsCommand(sys system) *cobra.Command {
	var format, file string
	var commands bool
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Print the IAM policy that an audit needs",
		Long: "Print the IAM policy that an audit of the selected rules needs: every action that it may call, and no other. It names no resource, for none " +
			"of the actions reaches beyond the own account, and most take none. With --commands, print the shell commands that save what AWS answers " +
			"for sekisho audit --from DIR: what is asked once for everybody, and what a deep run looks at user by user and region by region. " +
			"sts:GetCallerIdentity, which both begin with, needs no permission.",
		Example: "  sekisho permissions > policy.json\n  sekisho permissions --rules root,mfa -f terraform\n  sekisho permissions --commands > ask-aws.sh",
		Args:    noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&format, "format", "f", "json", "`FORMAT`: json, terraform or cloudformation")
	f.BoolVar(&commands, "commands", false, "print the commands for a folder that audit --from reads")
	f.StringSlice("rules", nil, "for these rules only: a `LIST` of IDs, globs, categories (repeatable)")
	f.StringSlice("skip-rules", nil, "without these rules: a `LIST` as of --rules (repeatable)")
	f.StringSlice("framework", nil, "for what these frameworks need, too: a `LIST` as of audit --framework (repeatable)")
	f.String("depth", "", "for a run of this `DEPTH`: standard, deep or auto, which is as deep (default auto)")
	f.Bool("fresh", false, "for a run with audit --fresh, which makes more calls and needs the same actions")
	bindConfig(f, &file)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		write, ok := permissionFormats[format]
		switch {
		case !ok:
			return usagef("", "--format: got %q, want json, terraform or cloudformation", format)
		case commands && cmd.Flags().Changed("format"):
			return usagef("leave one of them out", "got --commands and --format, want one: commands are no policy")
		case commands && cmd.Flags().Changed("fresh"):
			return usagef("leave one of them out", "got --commands and --fresh, want one: what a folder holds is as old as the folder")
		}
		needs, err := permissionNeeds(sys, file, cmd.Flags())
		if err != nil {
			return err
		}
		if commands {
			return writeCommands(sys.stdout, needs)
		}
		return write(sys.stdout, actionsFor(needs.sections))
	}
	return cmd
}

// needs are what an audit may read.
type needs struct {
	sections []account.Section
	// swept are those that it reads of each user, where there are mostUsers at most; 0 is no limit.
	swept     []account.Section
	mostUsers int
}

// permissionNeeds says what an audit with these settings may read.
func permissionNeeds(sys system, file string, set *pflag.FlagSet) (needs, error) {
	c, err := settingsOf(sys, file, set)
	if err != nil {
		return needs{}, err
	}
	selection, _, err := selectRules(c)
	if err != nil {
		return needs{}, usagef("", "%w", err)
	}
	return needsOf(selection, c.Depth), nil
}

// needsOf says what a run of that depth may read. One of DepthAuto may come to be deep.
func needsOf(selection audit.Selection, depth audit.Depth) needs {
	chosen := selection.Rules
	if depth == audit.DepthStandard {
		chosen = certain(selection, depth)
	}
	n := needs{sections: sectionsWanted(chosen, rules.Points())}
	// A rule that was named looks at each user at any depth, and however many there are.
	var named []*audit.Rule
	for _, r := range chosen {
		if r.Sweep == audit.SweepUsers && !slices.Contains(selection.DeepOnly, r) {
			named = append(named, r)
		}
	}
	sweeping := n.sections
	if depth == audit.DepthStandard {
		sweeping = sectionsWanted(named)
	}
	n.swept = slices.DeleteFunc(slices.Clone(sweptSections), func(s account.Section) bool { return !slices.Contains(sweeping, s) })
	if depth == audit.DepthAuto && len(named) == 0 {
		n.mostUsers = audit.AutoDeepUsers
	}
	return n
}

// sectionsWanted lists all that may be read for rules: what is read for all, and what a verdict or its message may hang on beyond that.
func sectionsWanted(lists ...[]*audit.Rule) []account.Section {
	sections := sectionsFor(lists...)
	for _, rule := range slices.Concat(lists...) {
		sections = append(sections, rule.WantedSections()...)
	}
	slices.Sort(sections)
	return slices.Compact(sections)
}

// actionsFor lists the actions that reading some sections may call, sorted.
func actionsFor(sections []account.Section) []string {
	var actions []string
	for _, c := range collect.Collectors() {
		if slices.Contains(sections, c.Section) {
			actions = append(actions, c.Actions...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

func permissionsJSON(w io.Writer, actions []string) error {
	type statement struct {
		Effect   string
		Action   []string
		Resource string
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", []statement{{"Allow", actions, "*"}}})
}

func permissionsTerraform(w io.Writer, actions []string) error {
	var list strings.Builder
	for _, action := range actions {
		fmt.Fprintf(&list, "      %q,\n", action)
	}
	_, err := fmt.Fprintf(w, `data "aws_iam_policy_document" "sekisho" {
  statement {
    effect = "Allow"
    actions = [
%s    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "sekisho" {
  name        = "sekisho"
  description = "What an audit by Sekisho reads"
  policy      = data.aws_iam_policy_document.sekisho.json
}
`, list.String())
	return err
}

func permissionsCloudFormation(w io.Writer, actions []string) error {
	var list strings.Builder
	for _, action := range actions {
		fmt.Fprintf(&list, "              - %s\n", action)
	}
	_, err := fmt.Fprintf(w, `AWSTemplateFormatVersion: "2010-09-09"
Description: What an audit by Sekisho reads
Resources:
  SekishoPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: What an audit by Sekisho reads
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action:
%s            Resource: "*"
Outputs:
  PolicyArn:
    Value: !Ref SekishoPolicy
`, list.String())
	return err
}
