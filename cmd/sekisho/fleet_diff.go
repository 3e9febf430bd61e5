package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/fleet"
	"sekisho/report/files"
	"sekisho/report/fleetdiff"
)

// fleetDiffFlags say how two runs are compared.
type fleetDiffFlags struct {
	answer  result[*fleetdiff.Compared]
	bom     bool
	verbose bool
}

func fleetDiffCommand(sys system) *cobra.Command {
	var flags fleetDiffFlags
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Tell what changed between two runs",
		Long: "Tell which accounts are new, gone or became unknown between two runs, and of each account what newly fails and what was fixed. What was read is judged again, on both " +
			"sides by the settings of the new run, and each account is compared as sekisho diff does it. What newly fails in an account of which nothing was known before is new. " +
			"AWS is asked nothing. Exit status: 0 nothing new, 1 the runs could not be read, 2 wrong usage, 3 a new failure at or above --fail-on, 4 no such failure, but an account or a verdict is newly unknown.",
		Example: "  sekisho fleet diff 2026-11-29 2026-11-30\n  sekisho fleet diff s3://example-runs/2026-11-29 s3://example-runs/2026-11-30 -o diff.html",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef(cmd.CommandPath()+" --help shows its flags", "got %d arguments, want two: the old run and the new one", len(args))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.answer.bind(f, fleetdiff.Formats(), "the comparison")
	f.String("fail-on", "", "mildest `SEVERITY` of a new failure that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "list every account in which something changed")
	f.Bool("no-color", false, "no colours")
	bindSignIn(f)
	bindStorage(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runFleetDiff(cmd.Context(), sys, &flags, cmd.Flags(), args[0], args[1])
	}
	return cmd
}

func runFleetDiff(ctx context.Context, sys system, flags *fleetDiffFlags, set *pflag.FlagSet, oldName, newName string) error {
	own, err := fleetSettingsOf(ctx, sys, "", set)
	if err != nil {
		return err
	}
	if err := flags.answer.open(sys, false); err != nil {
		return err
	}
	old, err := readRun(ctx, sys, own, oldName)
	if err != nil {
		return err
	}
	defer old.close()
	new, err := readRun(ctx, sys, own, newName)
	if err != nil {
		return err
	}
	defer new.close()
	c, err := recordedFleet(ctx, sys, new.Manifest)
	if err != nil {
		return err
	}
	spool, err := files.NewSpool()
	if err != nil {
		return err
	}
	defer spool.Close()
	details := fleetdiff.NewDetails(spool)
	judgeOld, judgeNew := againBy(c, old.Manifest), againBy(c, new.Manifest)
	var worst error
	d := &fleet.Differ{
		Old: old.Run, New: new.Run, Tool: tool(), Organization: c.Organization(),
		Compare: func(ctx context.Context, _ fleet.Account, before, after *account.Snapshot) (*diff.Diff, error) {
			common := sharing{Shared: access.NewShared()}
			was, err := judgeOld(ctx, before, common.first)
			if err != nil {
				return nil, err
			}
			is, err := judgeNew(ctx, after, common.last)
			if err != nil {
				return nil, err
			}
			sides := [2]diff.Side{
				{Source: diff.SourceSnapshot, Report: was, Snapshot: before}, {Source: diff.SourceSnapshot, Report: is, Snapshot: after, Access: common.judged},
			}
			return work(ctx, comparing, func() *diff.Diff { return diff.Compare(sides[0], sides[1]) })
		},
		Judge: func(ctx context.Context, _ fleet.Account, s *account.Snapshot) (*audit.Report, error) {
			return judgeNew(ctx, s, compared)
		},
		Each: func(a fleet.Account, changes *diff.Diff) error {
			worst = graver(worst, diffVerdict(changes, own.FailOn))
			return details.Add(a, changes)
		},
	}
	all, err := d.Run(ctx)
	if err != nil {
		return err
	}
	options := sys.options(own, flags.verbose)
	options.BOM = flags.bom
	if err := flags.answer.write(ctx, sys, &fleetdiff.Compared{Diff: all, Details: details}, options); err != nil {
		return err
	}
	for _, change := range all.OrganizationRules {
		switch {
		case change.Is == diff.Failed && change.Exception == nil && own.FailOn.Reached(change.Severity):
			worst = verdictError(statusFinding)
		case change.Is == diff.Unknown:
			worst = graver(worst, verdictError(statusUnknown))
		}
	}
	if all.Summary.BecameUnknown > 0 {
		worst = graver(worst, verdictError(statusUnknown))
	}
	return worst
}

// graver is the verdict of two that decides: what fails before what is unknown, before all is well.
func graver(a, b error) error {
	if a == nil || b == verdictError(statusFinding) {
		return b
	}
	return a
}
