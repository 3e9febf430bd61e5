package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/plan"
	"sekisho/audit/rules"
	reportplan "sekisho/report/plan"
)

// planFlags are the flags that are no settings; the others reach config by name.
type planFlags struct {
	readFlags
	goal   []string
	answer result[*plan.Plan]
}

func planCommand(sys system) *cobra.Command {
	var flags planFlags
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Tell which few changes clear what fails, in which order",
		Long: "Lead from what fails to what is to be done: few steps, the gravest first and of these the safest, each with the findings that it clears and adds, " +
			"whom it touches and when that was used last, its risk, its commands, its way through the console and back. Each step was tried on what was read, " +
			"and the rules judged what came out. AWS is only read, and never changed. Steps that only a person can do count as if they were done.\n\n" +
			"A goal is status (the Security Status), critical, high, all, or a rule by its ID, a glob of IDs or a category. -f sh is a shell script: called without " +
			"an argument it prints what it would do; --yes does it, asks before what risks much on a terminal, and without one leaves that out and exits 4; " +
			"--yes-all asks nothing. sekisho whatif --plan tries a plan that was kept as JSON. Exit status: 0 the goal is reached already, 1 it could not be told, " +
			"2 wrong usage, 3 there are steps to take, 4 there are none, and something of the goal is unknown.",
		Example: "  sekisho plan --profile prod\n  sekisho plan --from today.json --goal critical -o plan.json -o fix.sh\n  sekisho plan --demo --goal access-keys",
		Args:    noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&flags.goal, "goal", nil, "what is to be cleared, a `LIST` of status, critical, high, all and rules (default status,high)")
	flags.bind(f, "plan for")
	flags.answer.bind(f, reportplan.Formats(), "the plan")
	bindConfig(f, &flags.config)
	flags.bindLimits(f, "the plan")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "list every finding and change, with the way through the console and back")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runPlan(cmd.Context(), sys, &flags, cmd.Flags())
	}
	return cmd
}

func runPlan(ctx context.Context, sys system, flags *planFlags, set *pflag.FlagSet) error {
	goal, err := plan.ParseGoal(rules.Catalogue(), flags.goal)
	if err != nil {
		return usagef("sekisho rules lists the rules", "--goal: %w", err)
	}
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.check(set); err != nil {
		return err
	}
	if err := flags.answer.open(sys, flags.silent(set)); err != nil {
		return err
	}
	save, err := sys.files.Create("--save", flags.save)
	if err != nil {
		return err
	}
	defer frugal(50, room)()
	c.Rules, c.Frameworks = nil, nil // the goal says which
	e, err := examinationOf(ctx, c, func(o *audit.Options) { o.Enforcement, o.DueDays = false, 0 })
	if err != nil {
		return err
	}
	var snapshot *account.Snapshot
	err = reading(ctx, sys, c, &flags.readFlags, set, "making a plan", func(ctx context.Context, from source, _ func(string)) (err error) {
		snapshot, err = e.read(ctx, from)
		return err
	})
	if err != nil {
		return err
	}
	made, err := work(ctx, judging, func() *plan.Plan {
		report, on := e.judge(snapshot)
		if report == nil {
			return nil
		}
		return plan.Make(snapshot, report, on, plan.Options{Goal: goal, Rules: rules.Catalogue(), Judge: e.judge, Interrupted: interrupted(ctx)})
	})
	if err != nil {
		return err
	}
	save.Writes(snapshot.Write)
	if err := flags.answer.write(ctx, sys, made, sys.options(c, flags.verbose)); err != nil {
		return err
	}
	switch {
	case len(made.Steps) > 0:
		return verdictError(statusFinding)
	case !made.Reached:
		return verdictError(statusUnknown)
	}
	return nil
}
