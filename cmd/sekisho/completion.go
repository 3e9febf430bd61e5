package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/lists"
	"sekisho/audit/plan"
	"sekisho/audit/policy"
	"sekisho/report/files"
	"sekisho/report/locale"
	"sekisho/report/saved"
)

// completed is what a shell offers for the value of a flag, whichever command has it. A flag that isn't here has a
// value that nobody can guess, such as an ARN.
func completed(sys system) map[string]cobra.CompletionFunc {
	patterns := listOf(rulePatterns())
	baseline, snapshot := extensions("json", "zip"), extensions("json")
	return map[string]cobra.CompletionFunc{
		"rules": patterns, "skip-rules": patterns,
		"goal":      listOf(goals()),
		"framework": listOf(framework.IDs()),
		"depth":     oneOf(audit.Depths()...),
		"fail-on":   oneOf(failOnNames()...),
		"mfa":       oneOf("absent", "false", "true"),
		"to":        oneOf(anAdmin),
		"action":    actions,
		"time-zone": oneOf("UTC", "Asia/Tokyo"),
		"profile": func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return profiles(cmd.Context(), sys), noFiles
		},
		"config": extensions("yaml", "yml"),
		"save":   snapshot, "boundary": snapshot, "resource-policy": snapshot, "password-policy": snapshot, "scp": snapshot, "rcp": snapshot, "session-policy": snapshot,
		"baseline": baseline, "since": baseline,
		"evidence": extensions("zip"),
		"leavers":  extensions("csv"), "staff": extensions("csv"),
		"plan": extensions("sh", "json"),
		"from": anyFile, "output": anyFile, "requests": anyFile, "allowed-signers": anyFile, "sign": anyFile, "accounts": anyFile, "exclude": anyFile,
		"shard": oneOf("auto"), "lang": oneOf(locale.Tags()...),
	}
}

// arguments are what is offered for the arguments of commands that take any but policies, which may be any files.
func arguments() map[string]cobra.CompletionFunc {
	files := extensions("json", "zip")
	archives := extensions("zip")
	return map[string]cobra.CompletionFunc{
		"sekisho diff": func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 1 {
				return nil, noFiles
			}
			return files(cmd, args, word)
		},
		"sekisho evidence verify": func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, noFiles
			}
			return archives(cmd, args, word)
		},
		"sekisho access can": func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, noFiles
			}
			return actions(cmd, args, word)
		},
		"sekisho access who-can":  actions,
		"sekisho trend":           anyFile,
		"sekisho fleet run":       folders,
		"sekisho fleet merge":     folders,
		"sekisho fleet diff":      folders,
		"sekisho fleet inventory": folders,
		"sekisho policy":          anyFile,
		"sekisho policy can":      anyFile,
	}
}

const noFiles = cobra.ShellCompDirectiveNoFileComp

// addCompletions tells cobra what to offer, command by command, for all that is below root.
func addCompletions(root *cobra.Command, sys system) {
	values, arguments := completed(sys), arguments()
	walk(root, func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		switch offered, ok := arguments[path]; {
		case ok:
			cmd.ValidArgsFunction = offered
		case cmd.ValidArgsFunction == nil:
			cmd.ValidArgsFunction = oneOf()
		}
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if flag.NoOptDefVal != "" {
				return // a switch
			}
			offered, ok := values[flag.Name]
			switch {
			case flag.Annotations[ofFolder] != nil:
				offered = folders
			case flag.Annotations[formatsOf] != nil:
				offered = oneOf(flag.Annotations[formatsOf]...)
			case !ok:
				offered = oneOf()
			}
			if err := cmd.RegisterFlagCompletionFunc(flag.Name, offered); err != nil {
				panic(fmt.Sprintf("completing --%s of %s: %v", flag.Name, path, err)) // the flag is there: it was just visited
			}
		})
	})
}

// walk visits a command and all below it.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		walk(sub, visit)
	}
}

func oneOf(values ...string) cobra.CompletionFunc { return cobra.FixedCompletions(values, noFiles) }

// listOf completes the last of several values that commas part.
func listOf(values []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		before := word[:strings.LastIndex(word, ",")+1]
		var offered []string
		for _, v := range values {
			if !slices.Contains(strings.Split(before, ","), v) {
				offered = append(offered, before+v)
			}
		}
		return offered, noFiles | cobra.ShellCompDirectiveNoSpace
	}
}

// extensions offers the files of some kinds, and folders.
func extensions(kinds ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveFilterFileExt)
}

// folders offers folders alone.
func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func anyFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// actions are the services, and those of one once it is typed.
func actions(_ *cobra.Command, _ []string, word string) (offered []string, _ cobra.ShellCompDirective) {
	c := policy.Actions()
	service, _, typed := strings.Cut(strings.ToLower(word), ":")
	if typed {
		for i := range c.Service(service).All() {
			if name := c.Names[i]; strings.HasPrefix(strings.ToLower(name), strings.ToLower(word)) {
				offered = append(offered, name)
			}
		}
		return offered, noFiles
	}
	for _, s := range c.Services {
		if strings.HasPrefix(s.Name, service) {
			offered = append(offered, s.Name+":")
		}
	}
	return offered, noFiles | cobra.ShellCompDirectiveNoSpace
}

// rulePatterns are the categories and the IDs of the rules.
func rulePatterns() []string {
	var categories, ids []string
	for _, r := range allRules() {
		if !slices.Contains(categories, string(r.Category)) {
			categories = append(categories, string(r.Category))
		}
		ids = append(ids, r.ID)
	}
	return slices.Concat(categories, ids)
}

// goals are those of a plan; a category by the name of another goal can't be one.
func goals() []string {
	return slices.Concat(plan.GoalNames, lists.Filter(rulePatterns(), func(p string) bool { return !slices.Contains(plan.GoalNames, p) }))
}

func failOnNames() []string {
	return append(lists.Map(audit.Severities(), audit.Severity.String), "none")
}

// profiles are the names of those in the AWS configuration files, sorted. Files that can't be read have none.
func profiles(ctx context.Context, sys system) []string {
	var names []string
	for variable, path := range sys.awsFiles() {
		names = append(names, sections(ctx, sys.files.Input(variable, path))...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// awsFiles are the AWS configuration files, by the variables that name others.
func (s system) awsFiles() map[string]string {
	paths := map[string]string{}
	for variable, name := range map[string]string{"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials"} {
		if paths[variable] = s.variable(variable); paths[variable] == "" {
			paths[variable] = filepath.Join(s.variable("HOME"), ".aws", name)
		}
	}
	return paths
}

// sections reads the profiles of one file: [profile NAME] in the configuration, [NAME] among the credentials, [default]
// in both.
func sections(ctx context.Context, in files.Input) []string {
	text, err := saved.Bytes(ctx, in, saved.ListLimit)
	if err != nil {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		section, ok := strings.CutPrefix(strings.TrimSpace(line), "[")
		section, _, closed := strings.Cut(section, "]")
		words := strings.Fields(section)
		switch {
		case !ok || !closed:
		case len(words) == 2 && words[0] == "profile":
			names = append(names, words[1])
		case len(words) == 1:
			names = append(names, words[0])
		}
	}
	return names
}
