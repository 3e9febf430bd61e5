package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/offboard"
	"sekisho/report/files"
	reportoffboard "sekisho/report/offboard"
)

// fleetOffboardFlags say who is looked for, and in which accounts.
type fleetOffboardFlags struct {
	answer           result[*offboard.Fleet]
	chosen           fleetFlags
	pace             fleetRunFlags
	people           offboardFlags
	run, from, plans string
	byTags           bool
	options          offboard.Options
	asked            []offboard.Person
	folder           *files.Folder
}

func fleetOffboardCommand(sys system) *cobra.Command {
	var flags fleetOffboardFlags
	cmd := &cobra.Command{
		Use:   "offboard NAME...",
		Short: "Tell whether someone who left is out of every account",
		Long: "Tell, person by person, in which accounts someone who left can still sign in. Every account is asked live for a user of the NAME, and where there is none that is the one call; " +
			"where there is one the account is read as sekisho offboard reads it. Out of every account is only who is out by the answers of all. An enabled user of IAM Identity Center is not out. " +
			"With --from nobody is asked: what a run read is looked through, as of then. Exit status: 3 someone is active in an account, else 4 someone is not found anywhere, or an account " +
			"is unknown, else 0; 1 it could not be told, 2 wrong usage.",
		Example: "  sekisho fleet offboard --demo alice\n  sekisho fleet offboard alice bob --plan plans\n  sekisho fleet offboard alice --run /var/lib/sekisho/2026-11-29\n  sekisho fleet offboard alice --from /var/lib/sekisho/2026-11-29",
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&flags.chosen.demo, "demo", false, "ask the built-in demo organization")
	bindFolder(f, &flags.run, "run", "", "ask the accounts of the run in the folder `RUN`, or s3://BUCKET/PREFIX, and keep there what each says")
	bindFolder(f, &flags.from, "from", "", "ask nobody, and tell by what the run in the folder `RUN`, or s3://BUCKET/PREFIX, read")
	f.BoolVar(&flags.byTags, "tags", false, "look for users whose tags name the people, too, which takes the list of users of every account")
	f.StringVar(&flags.people.leavers, "leavers", "", "look for the people in the list `FILE`")
	f.StringVar(&flags.people.zone, "time-zone", "UTC", "`ZONE` in which a last day ends, such as Asia/Tokyo")
	bindFolder(f, &flags.plans, "plan", "", "write a shell script for each account in which something is left into the folder `DIR`, as ID.sh")
	flags.answer.bind(f, reportoffboard.FleetFormats(), "the answer")
	flags.chosen.bindChoice(f)
	bindSignIn(f)
	bindStorage(f)
	bindConfig(f, &flags.chosen.config)
	flags.pace.bindPace(f)
	f.Bool("no-color", false, "no colours")
	flags.chosen.shards, flags.chosen.people = 1, true
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		return runFleetOffboard(cmd.Context(), sys, &flags, cmd.Flags(), names)
	}
	return cmd
}

func runFleetOffboard(ctx context.Context, sys system, flags *fleetOffboardFlags, set *pflag.FlagSet, names []string) error {
	err := namedFiles(set, map[string]string{"leavers": flags.people.leavers, "run": flags.run, "from": flags.from, "plan": flags.plans})
	switch {
	case err != nil:
		return err
	case len(names) == 0 && flags.people.leavers == "":
		return usagef("sekisho fleet offboard --help shows the flags", "got nobody to look for, want a NAME or --leavers")
	case flags.run != "" && flags.from != "":
		return usagef("leave one of them out", "got --run and --from: the one asks the accounts, the other nobody")
	case flags.chosen.demo && flags.run+flags.from != "":
		return usagef("leave --demo out: a run knows whether it is a demo's", "got --demo and a run")
	case flags.run+flags.from != "" && anyChanged(set, choosing...):
		return usagef("leave the others out: its manifest says which accounts there are", "got --run or --from and one of --%s", strings.Join(choosing, ", --"))
	case flags.pace.concurrency < 1 || flags.pace.concurrency > 1000:
		return usagef("", "--concurrency: got %d, want 1 to 1000", flags.pace.concurrency)
	}
	if err := flags.chosen.check(); err != nil {
		return err
	}
	c, err := fleetSettingsOf(ctx, sys, flags.chosen.config, set)
	if err != nil {
		return err
	}
	if flags.asked, flags.options, err = offboardInput(ctx, sys, &flags.people, names); err != nil {
		return err
	}
	flags.options.MatchTags, flags.options.Settings, flags.options.Interrupted = c.Offboard.MatchTags, c.Audit(), interrupted(ctx)
	if err := flags.answer.open(sys, flags.pace.quiet && !set.Changed("format")); err != nil {
		return err
	}
	if flags.plans != "" {
		if flags.folder, err = sys.files.Folder("--plan", flags.plans); err != nil {
			return err
		}
	}
	all, unkept, err := flags.look(ctx, sys, c)
	if err != nil {
		return err
	}
	all.Sum(flags.asked)
	for i := range all.Accounts {
		if err := flags.plan(ctx, &all.Accounts[i]); err != nil {
			return err
		}
	}
	if err := flags.answer.write(ctx, sys, all, sys.options(c, false)); err != nil {
		return err
	}
	switch worst := all.Worst(); {
	case unkept != nil:
		return unkept
	case worst == offboard.Active:
		return verdictError(statusFinding)
	case worst == offboard.Unknown, worst == offboard.NotFound:
		return verdictError(statusUnknown)
	}
	return nil
}

// choosing are the flags that choose accounts.
var choosing = []string{"ou", "tag", "accounts", "exclude", "external-id"}

func anyChanged(set *pflag.FlagSet, names ...string) bool {
	return slices.ContainsFunc(names, set.Changed)
}

// plan writes the script that removes what is left in an account.
func (o *fleetOffboardFlags) plan(ctx context.Context, a *offboard.FleetAccount) error {
	if o.folder == nil || a.Report == nil || !slices.ContainsFunc(a.Report.People, func(p offboard.PersonResult) bool { return p.Verdict != offboard.NotFound }) {
		return nil
	}
	a.Report.Planned = true
	return o.folder.Write(ctx, a.ID+".sh", func(w io.Writer) error { return reportoffboard.Plan(w, a.Report) })
}
