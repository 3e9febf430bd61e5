package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/diff"
	"sekisho/config"
	reportdiff "sekisho/report/diff"
	"sekisho/report/files"
	"sekisho/report/saved"
)

type diffFlags struct {
	comparison result[*diff.Diff]
	config     string
	verbose    bool
}

func diffCommand(sys system) *cobra.Command {
	var flags diffFlags
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Tell what changed between two reports, snapshots or evidence files",
		Long: "Tell which failures are new, fixed or newly unknown, who became an administrator (a new failure, admin-new), and what changed in the account, between two files: reports (audit -o x.json), " +
			"snapshots (audit --save), evidence files (audit --evidence) or folders of answers of the aws command, in any mix. Snapshots, also those in " +
			"evidence files, are evaluated by today's rules and configuration; a report is taken as it stands, and what it does not tell is not compared. " +
			"AWS is asked nothing. Exit status: " +
			"0 nothing new, 2 wrong usage or a file that can't be used, 3 a new failure at or above --fail-on, 4 no such failure, but something is newly unknown.",
		Example: "  sekisho diff monday.json friday.json\n  sekisho diff 2025.zip 2026.zip -o diff.html\n  sekisho diff s3://example-evidence/2025.zip s3://example-evidence/2026.zip",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef(cmd.CommandPath()+" --help shows its flags", "got %d arguments, want two files: the old one and the new one", len(args))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.comparison.bind(f, reportdiff.Formats(), "the comparison")
	f.String("due", "", "list what newly falls due within so many `DAYS`, such as 15d (default 0d: nothing)")
	f.String("fail-on", "", "mildest `SEVERITY` of a new failure that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	bindConfig(f, &flags.config)
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "list what still fails or is still unknown, too")
	f.Bool("no-color", false, "no colours")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runDiff(cmd.Context(), sys, &flags, cmd.Flags(), args[0], args[1])
	}
	return cmd
}

func runDiff(ctx context.Context, sys system, flags *diffFlags, set *pflag.FlagSet, oldPath, newPath string) error {
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.comparison.open(sys, false); err != nil {
		return err
	}
	// Snapshots are judged by every rule that is on by default, save those that the configuration leaves out: what a
	// narrow run, or that of a framework, was about says nothing of the two files.
	c.Rules, c.Frameworks = nil, nil
	defer frugal(100, roomOfTwo)()
	sharing := sharing{Shared: access.NewShared()}
	old, err := loadSide(ctx, c, sys.files.Input("the old file", oldPath), sys.warn, sharing.first)
	if err != nil {
		return err
	}
	new, err := loadSide(ctx, c, sys.files.Input("the new file", newPath), sys.warn, sharing.last)
	if err != nil {
		return err
	}
	new.Access = sharing.judged
	if err := sameAccount(old, new); err != nil {
		return err
	}
	d, err := work(ctx, comparing, func() *diff.Diff { return diff.Compare(old, new) })
	if err != nil {
		return err
	}
	if err := flags.comparison.write(ctx, sys, d, sys.options(c, flags.verbose)); err != nil {
		return err
	}
	return diffVerdict(d, c.FailOn)
}

// diffVerdict is the exit status that a comparison deserves: by what is new alone, and not by a failure with an
// exception.
func diffVerdict(d *diff.Diff, failOn config.FailOn) error {
	for _, f := range d.Findings {
		if f.Kind.Failing() && f.New.Exception == nil && failOn.Reached(f.Severity) {
			return verdictError(statusFinding)
		}
	}
	if d.Summary.NewlyUnknown > 0 {
		return verdictError(statusUnknown)
	}
	return nil
}

// loadSide reads what is compared. A snapshot is evaluated by the rules that these settings select, and so is that of
// evidence or of a folder; a report is taken as it stands.
func loadSide(ctx context.Context, c *config.Config, in files.Input, warn func(string), change func(*audit.Options)) (diff.Side, error) {
	f, err := openSaved(ctx, in, saved.Report|saved.Snapshot|saved.Evidence|saved.Folder, c.Read.Limit(), warn, c.Collect.TolerateAbsent...)
	if err != nil {
		return diff.Side{}, err
	}
	side := diff.Side{Name: in.Path, Report: f.Report, Snapshot: f.Snapshot}
	switch f.Kind {
	case saved.Report:
		side.Source = diff.SourceReport
		return side, nil
	case saved.Evidence:
		side.Source = diff.SourceEvidence
	default:
		side.Source = diff.SourceSnapshot
	}
	own := *c
	own.Refresh.Fresh = false
	side.Report, _, err = examine(ctx, &own, fromOpened(f), change)
	return side, err
}

// compared leaves out what is no part of a comparison, and takes as long as all the rules together: what MFA is enforced
// for each user.
func compared(o *audit.Options) { o.Enforcement, o.Powers = false, true }

// sharing is what the evaluations of two sides have in common. What was worked out of the last one is kept.
type sharing struct {
	*access.Shared
	judged *access.Access
}

func (s *sharing) first(o *audit.Options) {
	compared(o)
	o.Shared = s.Shared
	s.More(true)
}

func (s *sharing) last(o *audit.Options) {
	s.first(o)
	s.More(false)
	o.Judged = func(x *access.Access) { s.judged = x }
}

// sameAccount refuses to compare two accounts.
func sameAccount(old, new diff.Side) error {
	a, b := old.Report.Account, new.Report.Account
	if a.ID == b.ID && a.Partition == b.Partition {
		return nil
	}
	return usagef("compare one account with itself", "comparing %s with %s: got the accounts %s (%s) and %s (%s), want one and the same",
		old.Name, cmp.Or(new.Name, "the account"), a.ID, a.Partition, b.ID, b.Partition)
}
