package main

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	reportfleet "sekisho/report/fleet"
)

// fleetMergeFlags say how the report of a run is made.
type fleetMergeFlags struct {
	answer  result[*fleet.Report]
	digest  string
	trust   bool
	strict  bool
	bom     bool
	verbose bool
	quiet   bool
}

func (o *fleetMergeFlags) bind(f *pflag.FlagSet) {
	o.answer.bind(f, reportfleet.Formats(), "the report")
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
	cmd := &cobra.Command{
		Use:   "merge RUN",
		Short: "Make one report of what a run's shards left",
		Long: "Make one report of a run. Nothing in the folder is believed before it was looked at: each account's report must follow from its snapshot, by the " +
			"run's settings. What can't be believed, what failed and what nobody audited yet is unknown. " + fleetStatus,
		Example: "  sekisho fleet merge run\n  sekisho fleet merge run -o fleet.json -o fleet.csv --fail-on high",
		Args:    oneRun,
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.bind(f)
	f.StringVar(&flags.digest, "manifest-sha256", "", "refuse a manifest whose `SHA-256` is another")
	f.BoolVar(&flags.trust, "trust-reports", false, "take the reports as they lie in the folder: faster, and the report says so")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "print nothing but errors; the report only where --format asks for it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		own, err := fleetSettingsOf(ctx, sys, "", cmd.Flags())
		if err != nil {
			return err
		}
		if err := flags.open(sys, cmd.Flags()); err != nil {
			return err
		}
		folder, m, digest, err := openRun(ctx, args[0], flags.digest)
		if err != nil {
			return err
		}
		defer folder.Close()
		return flags.merge(ctx, sys, own, m, digest, folder)
	}
	return cmd
}

func (o *fleetMergeFlags) open(sys system, set *pflag.FlagSet) error {
	return o.answer.open(sys, o.quiet && !set.Changed("format"))
}

// merge makes the report by the run's settings, writes it, and gives its verdict by one's own.
func (o *fleetMergeFlags) merge(ctx context.Context, sys system, own *config.Config, m *fleet.Manifest, digest string, s store.Store) error {
	c, err := recordedFleet(ctx, sys, m)
	if err != nil {
		return err
	}
	above := aboveAccounts(m)
	var worst error
	merger := &fleet.Merger{
		Manifest: m, Digest: digest, Store: s, Tool: tool(), Trust: o.trust, Catalogue: rules.Catalogue(), Points: rules.Points(), Organization: c.Organization(),
		Read: func(text []byte) (*audit.Report, error) { return report.ReadJSON(bytes.NewReader(text)) },
		Judge: func(ctx context.Context, s *account.Snapshot) (*audit.Report, error) {
			r, _, err := examine(ctx, c, fromMemory(s), above(s.Caller.AccountID))
			return r, err
		},
		Each: func(_ fleet.Account, r *audit.Report) error {
			switch v := verdict(r, own.FailOn); {
			case v == verdictError(statusFinding), worst == nil:
				worst = v
			}
			return nil
		},
	}
	r, err := merger.Merge(ctx)
	if err != nil {
		return err
	}
	options := sys.options(own, o.verbose)
	options.BOM = o.bom
	if err := o.answer.write(ctx, sys, r, options); err != nil {
		return err
	}
	for _, v := range r.OrganizationRules {
		switch {
		case v.Status == audit.StatusFail && own.FailOn.Reached(v.Severity):
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
	bindFolder(f, &keep, "run", "", "keep the run in the folder `RUN`, and take it up again if it is there")
	pace.bindPace(f)
	merging.bind(f)
	chosen.shards = 1
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		merging.quiet = pace.quiet
		return runFleetAudit(cmd.Context(), sys, &chosen, &pace, &merging, cmd.Flags(), keep)
	}
	return cmd
}

// keptStore is the folder that a run is kept in, or one that goes with it.
func keptStore(name string, keep bool) (folder *store.Folder, done func(), err error) {
	if keep {
		folder, err = openStore(name)
		return folder, func() { folder.Close() }, err
	}
	folder, err = store.Temporary()
	return folder, func() { folder.Remove() }, err
}

func runFleetAudit(ctx context.Context, sys system, chosen *fleetFlags, pace *fleetRunFlags, merging *fleetMergeFlags, set *pflag.FlagSet, keep string) error {
	c, err := fleetSettingsOf(ctx, sys, chosen.config, set)
	if err != nil {
		return err
	}
	if err := merging.open(sys, set); err != nil {
		return err
	}
	if err := chosen.check(); err != nil {
		return err
	}
	hub, stop, err := chosen.signIn(ctx, sys, c)
	defer stop()
	if err != nil {
		return err
	}
	m, err := chosen.manifest(ctx, sys, c, hub)
	if err != nil {
		return err
	}
	folder, done, err := keptStore(keep, set.Changed("run"))
	if err != nil {
		return err
	}
	defer done()
	digest, err := putManifest(ctx, folder, m, true)
	if err != nil {
		return err
	}
	if m, digest, err = fleet.ReadManifest(ctx, folder, digest); err != nil {
		return err
	}
	if _, err := pace.run(ctx, sys, hub, m, digest, folder, -1); err != nil {
		return err
	}
	return merging.merge(ctx, sys, c, m, digest, folder)
}
