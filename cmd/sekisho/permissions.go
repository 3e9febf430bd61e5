package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/lists"
	"sekisho/audit/rules"
	"sekisho/report/format"
	reportpermissions "sekisho/report/permissions"
)

func permissionsCommand(sys system) *cobra.Command {
	var answer result[[]string]
	var file string
	var commands bool
	var fleet fleetNeeds
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "Print the IAM policy that an audit needs",
		Long: "Print the IAM policy that an audit of the selected rules needs: every action that it may call, and no other. It names no resource, for none " +
			"of the actions reaches beyond the own account, and most take none. With --commands, print the shell commands that save what AWS answers " +
			"for sekisho audit --from DIR: what is asked once for everybody, and what a deep run looks at user by user and region by region. " +
			"sts:GetCallerIdentity, which both begin with, needs no permission. With --fleet, print what sekisho fleet needs: the hub's policy, and the role " +
			"in each account with its trust policy; with --bucket the bucket of the runs and its policy, too.",
		Example: "  sekisho permissions > policy.json\n  sekisho permissions --rules root,mfa -f terraform\n  sekisho permissions --commands > ask-aws.sh\n" +
			"  sekisho permissions --fleet --hub arn:aws:iam::123456789012:role/auditor --organization o-exampleorgid -f cloudformation\n" +
			"  sekisho permissions --fleet --hub arn:aws:iam::123456789012:role/auditor --organization o-exampleorgid --bucket s3://example-runs/fleet",
		Args: noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	answer.bind(f, reportpermissions.Formats(), "the policy")
	f.BoolVar(&commands, "commands", false, "print the commands for a folder that audit --from reads")
	fleet.bind(f)
	f.StringSlice("rules", nil, "for these rules only: a `LIST` of IDs, globs, categories (repeatable)")
	f.StringSlice("skip-rules", nil, "without these rules: a `LIST` as of --rules (repeatable)")
	f.StringSlice("framework", nil, "for what these frameworks need, too: a `LIST` as of audit --framework (repeatable)")
	f.String("depth", "", "for a run of this `DEPTH`: standard, deep or auto, which is as deep (default auto)")
	f.Bool("fresh", false, "for a run with audit --fresh, which makes more calls and needs the same actions")
	bindConfig(f, &file)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case commands && cmd.Flags().Changed("format"):
			return usagef("leave one of them out", "got --commands and --format, want one: commands are no policy")
		case fleet.asked && commands:
			return usagef("leave one of them out", "got --commands and --fleet, want one")
		case commands && cmd.Flags().Changed("fresh"):
			return usagef("leave one of them out", "got --commands and --fresh, want one: what a folder holds is as old as the folder")
		}
		if err := fleet.check(cmd.Flags()); err != nil {
			return err
		}
		ofFleet := result[*reportpermissions.Fleet]{register: reportpermissions.FleetFormats(), name: answer.name, list: answer.list}
		script := result[reportpermissions.Needs]{register: scripts(), name: scripts()[0].Name, list: answer.list}
		open := answer.open
		switch {
		case commands:
			open = script.open
		case fleet.asked:
			open = ofFleet.open
		}
		if err := open(sys, false); err != nil {
			return err
		}
		needs, err := permissionNeeds(cmd.Context(), sys, file, cmd.Flags())
		if err != nil {
			return err
		}
		if commands {
			return script.write(cmd.Context(), sys, needs, sys.bareOptions())
		}
		actions := actionsFor(needs.Sections)
		if fleet.asked {
			return ofFleet.write(cmd.Context(), sys, fleet.of(actions), sys.bareOptions())
		}
		return answer.write(cmd.Context(), sys, actions, sys.bareOptions())
	}
	return cmd
}

// scripts are the formats of --commands.
func scripts() format.Register[reportpermissions.Needs] {
	return format.Register[reportpermissions.Needs]{{Name: "sh", Extensions: []string{".sh"}, Render: format.Plain(reportpermissions.Commands)}}
}

// permissionNeeds says what an audit with these settings may read.
func permissionNeeds(ctx context.Context, sys system, file string, set *pflag.FlagSet) (reportpermissions.Needs, error) {
	c, err := settingsOf(ctx, sys, file, set)
	if err != nil {
		return reportpermissions.Needs{}, err
	}
	selection, _, err := selectRules(c)
	if err != nil {
		return reportpermissions.Needs{}, usagef("", "%w", err)
	}
	return needsOf(selection, c.Depth), nil
}

// needsOf says what a run of that depth may read. One of DepthAuto may come to be deep.
func needsOf(selection audit.Selection, depth audit.Depth) reportpermissions.Needs {
	chosen := selection.Rules
	if depth == audit.DepthStandard {
		chosen = certain(selection, depth)
	}
	n := reportpermissions.Needs{Sections: sectionsWanted(chosen, rules.Points())}
	// A rule that was named looks at each user at any depth, and however many there are.
	named := lists.Filter(chosen, func(r *audit.Rule) bool {
		return r.Sweep == audit.SweepUsers && !slices.Contains(selection.DeepOnly, r)
	})
	sweeping := n.Sections
	if depth == audit.DepthStandard {
		sweeping = sectionsWanted(named)
	}
	n.Swept = slices.DeleteFunc(slices.Clone(reportpermissions.SweptSections), func(s account.Section) bool { return !slices.Contains(sweeping, s) })
	if depth == audit.DepthAuto && len(named) == 0 {
		n.MostUsers = audit.AutoDeepUsers
	}
	return n
}

// sectionsWanted lists all that may be read for rules: what is read for all, and what a verdict or its message may hang
// on beyond that.
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
