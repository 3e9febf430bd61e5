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
	"sekisho/audit/clifiles"
	"sekisho/audit/collect"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
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
			"for everybody, for sekisho audit --from DIR. sts:GetCallerIdentity, which both begin with, needs no permission.",
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
	f.StringVar(&file, "config", "", "configuration `FILE`, as of audit --config")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		write, ok := permissionFormats[format]
		switch {
		case !ok:
			return usagef("", "--format: got %q, want json, terraform or cloudformation", format)
		case commands && cmd.Flags().Changed("format"):
			return usagef("leave one of them out", "got --commands and --format, want one: commands are no policy")
		case cmd.Flags().Changed("config") && file == "":
			return usagef("", "--config: got an empty name, want a file")
		}
		needs, err := permissionNeeds(sys, file, cmd.Flags())
		if err != nil {
			return err
		}
		if commands {
			return writeCommands(sys.stdout, needs)
		}
		return write(sys.stdout, actionsFor(needs))
	}
	return cmd
}

// permissionNeeds lists the sections that an audit with these settings may read.
func permissionNeeds(sys system, file string, set *pflag.FlagSet) ([]account.Section, error) {
	// --format is no setting here: it means another thing.
	settings := pflag.NewFlagSet("permissions", pflag.ContinueOnError)
	for _, name := range []string{"rules", "skip-rules", "framework"} {
		settings.AddFlag(set.Lookup(name))
	}
	c, err := config.Load(config.Sources{
		File: file, Search: sys.configFiles, Environ: sys.environ, Flags: settings,
		Catalogue: rules.Catalogue(), Formats: report.FormatNames(), Frameworks: framework.IDs(),
	})
	if err != nil {
		return nil, err
	}
	selection, _, err := selectRules(c)
	if err != nil {
		return nil, usagef("", "%w", err)
	}
	return sectionsWanted(selection.Rules, rules.Points()), nil
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

// The script keeps what AWS refuses as well: that no password policy is set is an answer, and any other error says why something is unknown.
const (
	scriptHead = `#!/bin/sh
# Saves what AWS answers about an account, for: sekisho audit --from DIR
# Usage: sh FILE DIR, with the aws command signed in. DIR must be new, so that it holds one account at one time. Nothing is changed in
# the account, and no secret is saved; but the answers list what is weak in it.
set -eu
umask 077
dir=${1:?want the name of a new folder}
export AWS_PAGER=''
mkdir -- "$dir"

# ask NAME COMMAND... saves an answer, or the error in its place.
ask() {
  name=$1
  shift
  if aws "$@" --output 'json' >"$dir/$name.json" 2>"$dir/$name.error"; then
    rm -- "$dir/$name.error"
  else
    rm -- "$dir/$name.json"
    echo "kept what AWS said to aws $*:" >&2
    cat -- "$dir/$name.error" >&2
  fi
}

aws 'sts' 'get-caller-identity' --output 'json' >"$dir/caller-identity.json"
`
	scriptReport = `
# AWS makes the credential report within seconds, or serves that of the last four hours.
tries=0
state=STARTED
while [ "$state" != 'COMPLETE' ] && [ "$tries" -lt 60 ]; do
  if [ "$tries" -gt 0 ]; then sleep 2; fi
  tries=$((tries + 1))
  state=$(aws 'iam' 'generate-credential-report' --query 'State' --output 'text') || break
done
`
)

// writeCommands writes a script for the sections of the whole account; those of single users would cost a call for each.
func writeCommands(w io.Writer, sections []account.Section) error {
	var out strings.Builder
	out.WriteString(scriptHead)
	for _, section := range sections {
		c, ok := clifiles.CommandFor(section)
		if !ok || section.PerUser() {
			continue
		}
		if section == account.CredentialReportSection {
			out.WriteString(scriptReport)
		}
		args := make([]string, len(c.Args))
		for i, arg := range c.Args {
			args[i] = quote(arg)
		}
		fmt.Fprintf(&out, "ask %s %s\n", quote(string(section)), strings.Join(args, " "))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// quote makes one word of a text for the shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
