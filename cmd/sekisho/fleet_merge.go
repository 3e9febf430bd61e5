package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	reportfleet "sekisho/report/fleet"
)

// fleetMergeFlags say how the report of a run is made.
type fleetMergeFlags struct {
	answer   result[*reportfleet.Merged]
	details  fleetDetailFlags
	beside   *fleetDetails
	before   *openedRun // the baseline
	baseline string
	digest   string
	trust    bool
	strict   bool
	bom      bool
	verbose  bool
	quiet    bool
}

func (o *fleetMergeFlags) bind(f *pflag.FlagSet) {
	o.answer.bind(f, reportfleet.Formats(), "the report")
	o.details.bind(f)
	bindFolder(f, &o.baseline, "baseline", "", "report only what is new since the run in the folder `RUN`, or s3://BUCKET/PREFIX")
	f.String("fail-on", "", "mildest `SEVERITY` that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	f.BoolVar(&o.strict, "strict-states", false, "end with 4 also where accounts are not audited, such as suspended ones")
	f.BoolVar(&o.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "list every account, rule and name")
	f.Bool("no-color", false, "no colours")
}

const fleetStatus = "Exit status: 0 nothing failing at or above --fail-on and everything decided, 1 the report could not be made, 2 wrong usage, 3 failing findings, " +
	"4 no such finding, but an account or a verdict is unknown."

func fleetMergeCommand(sys system) *cobra.Command {
	var flags fleetMergeFlags
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "merge RUN",
		Short: "Make one report of what a run's shards left",
		Long: "Make one report of a run. Nothing in the folder or bucket is believed before it was looked at: each account's report must follow from its snapshot, by the " +
			"run's settings. What can't be believed, what failed and what nobody audited yet is unknown. " + fleetStatus,
		Example: "  sekisho fleet merge run\n  sekisho fleet merge run -o fleet.json -o fleet.csv --fail-on high\n  sekisho fleet merge s3://example-runs/{date} --wait 2h",
		Args:    oneRun,
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.bind(f)
	f.StringVar(&flags.digest, "manifest-sha256", "", "refuse a manifest whose `SHA-256` is another")
	f.BoolVar(&flags.trust, "trust-reports", false, "take the reports as they lie in the folder: faster, and the report says so")
	f.DurationVar(&wait, "wait", 0, "wait for a `DURATION`, such as 2h, until each account is done or failed for good; what is missing then is unknown")
	bindSignIn(f)
	bindStorage(f)
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "print nothing but errors; the report only where --format asks for it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		own, err := fleetSettingsOf(ctx, sys, "", cmd.Flags())
		if err != nil {
			return err
		}
		defer flags.close()
		if err := flags.open(ctx, sys, own, cmd.Flags()); err != nil {
			return err
		}
		run, m, digest, err := openRun(ctx, func() (*runStore, error) { return openRunStore(ctx, sys, own, args[0], nil) }, flags.digest)
		if err != nil {
			return err
		}
		defer run.close()
		if err := flags.waitFor(ctx, sys, m, digest, run, wait); err != nil {
			return err
		}
		return flags.merge(ctx, sys, own, m, digest, run)
	}
	return cmd
}

func (o *fleetMergeFlags) open(ctx context.Context, sys system, own *config.Config, set *pflag.FlagSet) error {
	if err := namedFiles(set, map[string]string{"baseline": o.baseline}); err != nil {
		return err
	}
	err := o.answer.open(sys, o.quiet && !set.Changed("format"))
	if err == nil {
		o.beside, err = o.details.open(sys, set, o.answer.formats())
	}
	if err == nil {
		err = o.openBaseline(ctx, sys, own)
	}
	return err
}

func (o *fleetMergeFlags) close() {
	if o.beside != nil {
		o.beside.close()
	}
	o.before.close()
}

// waitFor waits until a run is over, if that takes no longer than wait.
func (o *fleetMergeFlags) waitFor(ctx context.Context, sys system, m *fleet.Manifest, digest string, run *runStore, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	progress := sys.newProgress(o.quiet)
	defer progress.end()
	w := &fleet.Waiter{Manifest: m, Digest: digest, Store: run, Observe: func(left int) {
		progress.phase(fmt.Sprintf("waiting for %d of %d accounts", left, len(m.Of(-1))))
	}}
	return w.Wait(ctx, wait)
}

// merge makes the report by the run's settings, writes it, and gives its verdict by one's own.
func (o *fleetMergeFlags) merge(ctx context.Context, sys system, own *config.Config, m *fleet.Manifest, digest string, run *runStore) error {
	c, err := recordedFleet(ctx, sys, m)
	if err != nil {
		return err
	}
	above := aboveAccounts(m)
	var worst error
	merger := &fleet.Merger{
		Run: fleet.Run{Manifest: m, Digest: digest, Store: run}, Since: o.since(c), Before: o.warnBaseline(sys, m), Readers: run.readers(), Tool: tool(), Trust: o.trust, Catalogue: rules.Catalogue(), Points: rules.Points(), Organization: c.Organization(), OwnerTags: c.Offboard.MatchTags,
		Read: func(text []byte) (*audit.Report, error) { return report.ReadJSON(bytes.NewReader(text)) },
		Judge: func(ctx context.Context, s *account.Snapshot) (*audit.Report, error) {
			r, _, err := examine(ctx, c, fromMemory(s), above(s.Caller.AccountID))
			return r, err
		},
		Each: func(a fleet.Account, r *audit.Report) error {
			worst = graver(worst, verdict(r, own.FailOn))
			return o.beside.add(ctx, a, r)
		},
	}
	r, err := merger.Merge(ctx)
	if err != nil {
		return err
	}
	r.Storage = run.storage()
	options := sys.options(own, o.verbose)
	options.BOM = o.bom
	whole, err := o.beside.merged(r, o.details.folder, o.answer.path("csv"))
	if err != nil {
		return err
	}
	if err := o.answer.write(ctx, sys, whole, options); err != nil {
		return err
	}
	for _, v := range r.OrganizationRules {
		switch {
		case v.Status == audit.StatusFail && v.Exception == nil && own.FailOn.Reached(v.Severity):
			worst = verdictError(statusFinding)
		case v.Status == audit.StatusUnknown && worst == nil:
			worst = verdictError(statusUnknown)
		}
	}
	if worst == nil && (r.Summary.Unknown > 0 || o.strict && r.Summary.NotAudited > 0) {
		worst = verdictError(statusUnknown)
	}
	return worst
}

func fleetAuditCommand(sys system) *cobra.Command {
	var chosen fleetFlags
	var pace fleetRunFlags
	var merging fleetMergeFlags
	var keep string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Plan, run and merge in one go",
		Long: "Audit all accounts of an organization from this process, and make one report. With --run what was read of each account is kept in a folder, and " +
			"an audit that was interrupted goes on where it ended. " + fleetStatus,
		Example: "  sekisho fleet audit --demo\n  sekisho fleet audit --role SekishoAudit -o fleet.csv\n  sekisho fleet audit --run /var/lib/sekisho/2026-11-29 --fail-on high",
		Args:    noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&chosen.demo, "demo", false, "audit the built-in demo organization")
	chosen.bind(f)
	bindFolder(f, &keep, "run", "", "keep the run in the folder `RUN`, or s3://BUCKET/PREFIX, and take it up again if it is there")
	bindStorage(f)
	pace.bindPace(f)
	merging.bind(f)
	chosen.shards = 1
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		merging.quiet = pace.quiet
		if cmd.Flags().Changed("run") {
			return runFleetAudit(cmd.Context(), sys, &chosen, &pace, &merging, cmd.Flags(), func(ctx context.Context, c *config.Config, hub *collect.Session) (*runStore, error) {
				return chosen.open(ctx, sys, c, keep, hub)
			})
		}
		return runFleetAudit(cmd.Context(), sys, &chosen, &pace, &merging, cmd.Flags(), temporaryRun)
	}
	return cmd
}

// temporaryRun is a run in a folder that goes with it.
func temporaryRun(context.Context, *config.Config, *collect.Session) (*runStore, error) {
	folder, err := store.Temporary()
	if err != nil {
		return nil, err
	}
	return &runStore{Store: folder, close: func() { folder.Remove() }}, nil
}

func runFleetAudit(ctx context.Context, sys system, chosen *fleetFlags, pace *fleetRunFlags, merging *fleetMergeFlags, set *pflag.FlagSet, open func(context.Context, *config.Config, *collect.Session) (*runStore, error)) error {
	c, err := fleetSettingsOf(ctx, sys, chosen.config, set)
	if err != nil {
		return err
	}
	defer merging.close()
	if err := merging.open(ctx, sys, c, set); err != nil {
		return err
	}
	pace.role, pace.profiles = chosen.role, chosen.profiles
	if err := chosen.check(); err != nil {
		return err
	}
	hub, stop, err := chosen.signIn(ctx, sys, c)
	defer stop()
	if err != nil {
		return err
	}
	run, err := open(ctx, c, hub)
	if err != nil {
		return err
	}
	defer run.close()
	planned, err := chosen.manifest(ctx, sys, c, hub)
	if err != nil {
		return err
	}
	digest, err := putManifest(ctx, run, planned, true)
	if err != nil {
		return err
	}
	m, digest, err := fleet.ReadManifest(ctx, run, digest)
	if err != nil {
		return err
	}
	if m.RunID != planned.RunID && !pace.quiet {
		sys.warn(fmt.Sprintf("taking up the run that was planned %s: what it has of accounts is as old, and is not read again", m.MadeAt.UTC().Format(time.RFC3339)))
	}
	if _, err := pace.run(ctx, sys, c, hub, m, digest, run, -1); err != nil {
		return err
	}
	return merging.merge(ctx, sys, c, m, digest, run)
}
