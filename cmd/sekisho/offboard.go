package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/offboard"
	"sekisho/report/files"
	reportoffboard "sekisho/report/offboard"
	"sekisho/report/saved"
)

// offboardFlags are the flags that are no settings; the others reach config by name.
type offboardFlags struct {
	leavers, staff, since string
	zone                  string
	deviceOnly            bool
	plan                  string
	readFlags
	answer result[*offboard.Report]
}

func offboardCommand(sys system) *cobra.Command {
	var flags offboardFlags
	cmd := &cobra.Command{
		Use:   "offboard [NAME...]",
		Short: "Tell whether someone who left is really out",
		Long: "Tell, person by person, what someone who left can still sign in with. A NAME is a user's name, ARN or unique ID, or the value of one of the tags " +
			"of the setting offboard.match_tags. Everything is read live, and only read. Verdicts: gone (proven: the user was known by --since or by a unique ID " +
			"among the leavers, is there no more, and nothing names them), disabled (nothing to sign in with, but something is left), active, not_found " +
			"(no such user, and no proof that there was one) and unknown. Exit status: 3 someone is active or a user is on no line of --staff, else 4 someone " +
			"is not found or unknown, else 0; 1 it could not be told, 2 wrong usage.\n\n" +
			"A list is CSV in UTF-8 or Shift_JIS, with a header. Leavers have user or email, and maybe last_day (2026-10-31 or 2026/10/31) and unique_id; staff " +
			"have user or email. What a credential was used for after the last day is critical.",
		Example: "  sekisho offboard alice --plan alice.sh\n  sekisho offboard --leavers leavers.csv --since january.json --time-zone Asia/Tokyo\n" +
			"  sekisho offboard --staff staff.csv\n  sekisho offboard --device-only alice",
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&flags.leavers, "leavers", "", "look for the people in the list `FILE`")
	f.StringVar(&flags.staff, "staff", "", "list the users who are on no line of the list `FILE` of those who belong")
	f.StringVar(&flags.since, "since", "", "take from the earlier snapshot or evidence in `FILE` who there was")
	f.StringVar(&flags.zone, "time-zone", "UTC", "`ZONE` in which a last day ends, such as Asia/Tokyo")
	f.BoolVar(&flags.deviceOnly, "device-only", false, "tell only what to do about the MFA devices of a person whose phone is lost")
	f.StringVar(&flags.plan, "plan", "", "write a shell script to `FILE` that removes what is left, when it is called with --yes")
	flags.bind(f, "search")
	flags.answer.bind(f, reportoffboard.Formats(), "the answer")
	bindConfig(f, &flags.config)
	flags.bindLimits(f, "the answer")
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		return runOffboard(cmd.Context(), sys, &flags, cmd.Flags(), names)
	}
	return cmd
}

func runOffboard(ctx context.Context, sys system, flags *offboardFlags, set *pflag.FlagSet, names []string) error {
	if err := checkOffboard(flags, set, names); err != nil {
		return err
	}
	if err := flags.check(set); err != nil {
		return err
	}
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	people, options, err := offboardInput(ctx, sys, flags, names)
	if err != nil {
		return err
	}
	options.MatchTags, options.Settings, options.Interrupted = c.Offboard.MatchTags, c.Audit(), interrupted(ctx)
	if err := flags.answer.open(sys, flags.silent(set)); err != nil {
		return err
	}
	plan, err := sys.files.Create("--plan", flags.plan)
	if err != nil {
		return err
	}
	save, err := sys.files.Create("--save", flags.save)
	if err != nil {
		return err
	}
	var snapshot *account.Snapshot
	err = reading(ctx, sys, c, &flags.readFlags, set, "looking for the people", func(ctx context.Context, from source, warn func(string)) (err error) {
		if flags.since != "" {
			if options.Since, err = sinceSnapshot(ctx, sys.files.Input("--since", flags.since), c.Read.Limit(), warn); err != nil {
				return err
			}
		}
		snapshot, err = readOffboard(ctx, people, options, from)
		return err
	})
	if err != nil {
		return err
	}
	if err := earlier(options.Since, snapshot, flags.since); err != nil {
		return err
	}
	r, err := work(ctx, judging, func() *offboard.Report {
		r, _ := offboard.Check(snapshot, people, options)
		return r
	})
	if err != nil {
		return err
	}
	if r.Planned = flags.plan != ""; r.Planned && !slices.ContainsFunc(r.People, func(p offboard.PersonResult) bool { return p.Verdict != offboard.NotFound }) {
		sys.warn("--plan: nothing was written, because nobody of those who were named is there")
		plan.Drop()
	} else {
		plan.Writes(func(w io.Writer) error { return reportoffboard.Plan(w, r) })
	}
	save.Writes(snapshot.Write)
	if err := flags.answer.write(ctx, sys, r, sys.options(c, false)); err != nil {
		return err
	}
	return offboardVerdict(r)
}

// checkOffboard refuses a command line that asks for nothing or for what doesn't go together.
func checkOffboard(flags *offboardFlags, set *pflag.FlagSet, names []string) error {
	err := namedFiles(set, map[string]string{
		"leavers": flags.leavers, "staff": flags.staff, "since": flags.since, "plan": flags.plan,
	})
	if err != nil {
		return err
	}
	switch {
	case flags.deviceOnly && (len(names) == 0 || flags.leavers+flags.staff+flags.plan+flags.since != ""):
		return usagef("sekisho offboard --device-only alice", "--device-only: want names, and neither --leavers, --staff, --since nor --plan")
	case len(names) == 0 && flags.leavers == "" && flags.staff == "":
		return usagef("sekisho offboard --help shows the flags", "got nobody to look for, want a NAME, --leavers or --staff")
	case flags.plan != "" && len(names) == 0 && flags.leavers == "":
		return usagef("name them, or list them with --leavers", "--plan: got nobody to remove: whether a user on no line of --staff belongs is for you to judge")
	}
	return nil
}

// offboardInput reads who is asked about. A list that can't be used is wrong usage.
func offboardInput(ctx context.Context, sys system, flags *offboardFlags, names []string) (people []offboard.Person, o offboard.Options, err error) {
	o = offboard.Options{Tool: tool(), DevicesOnly: flags.deviceOnly}
	if o.Zone, err = time.LoadLocation(flags.zone); err != nil || flags.zone == "" || flags.zone == "Local" {
		return nil, o, usagef("", "--time-zone: got %q, want the name of a time zone such as UTC or Asia/Tokyo", flags.zone)
	}
	for _, name := range names {
		p, err := offboard.Named(name)
		if err != nil {
			return nil, o, usagef("", "%w", err)
		}
		people = append(people, p)
	}
	if flags.leavers != "" {
		err := readList(ctx, sys.files.Input("--leavers", flags.leavers), func(r io.Reader) (err error) {
			list, err := offboard.ReadLeavers(r, flags.leavers)
			people = append(people, list...)
			return err
		})
		if err != nil {
			return nil, o, err
		}
	}
	if flags.staff != "" {
		err := readList(ctx, sys.files.Input("--staff", flags.staff), func(r io.Reader) (err error) {
			o.Staff, err = offboard.ReadStaff(r, flags.staff)
			return err
		})
		if err != nil {
			return nil, o, err
		}
	}
	return people, o, nil
}

func readList(ctx context.Context, in files.Input, read func(io.Reader) error) error {
	data, err := saved.Bytes(ctx, in, saved.ListLimit)
	if err != nil {
		return unreadableFile("list", in.Path, err)
	}
	if err := read(bytes.NewReader(data)); err != nil {
		return usagef("a list is CSV whose first line names its columns: user or email, and maybe last_day and unique_id", "%w", err)
	}
	return nil
}

// sinceSnapshot reads the snapshot that says who there was.
func sinceSnapshot(ctx context.Context, in files.Input, limit int64, warn func(string)) (*account.Snapshot, error) {
	from := fromSaved(new(*saved.File), in, limit, warn)
	return from(ctx, nil, func(*account.Snapshot) []account.Want { return nil })
}

// earlier refuses an earlier snapshot that says nothing of the account, or isn't earlier.
func earlier(since, now *account.Snapshot, path string) error {
	switch {
	case since == nil:
		return nil
	case since.Caller.AccountID != now.Caller.AccountID:
		return usagef("", "--since: got %s of the account %s, want one of %s", path, since.Caller.AccountID, now.Caller.AccountID)
	case since.TakenAt.After(now.TakenAt):
		return usagef("", "--since: got %s of %s, want one that is no younger than the answers of %s", path, since.TakenAt.Format(time.RFC3339), now.TakenAt.Format(time.RFC3339))
	}
	return nil
}

// readOffboard reads what the answer hangs on.
func readOffboard(ctx context.Context, people []offboard.Person, o offboard.Options, from source) (*account.Snapshot, error) {
	sections := offboard.Sections()
	if o.DevicesOnly || len(people) == 0 {
		sections = offboard.DeviceSections()
	}
	return from(ctx, sections, func(s *account.Snapshot) []account.Want {
		wants, _ := work(ctx, judging, func() []account.Want {
			_, wants := offboard.Check(s, people, o)
			return wants
		})
		return wants
	})
}

// offboardVerdict is the exit status that the answer deserves.
func offboardVerdict(r *offboard.Report) error {
	worst := r.Worst()
	switch {
	case worst == offboard.Active, r.Staff != nil && len(r.Staff.Unknown) > 0:
		return verdictError(statusFinding)
	case worst == offboard.Unknown, worst == offboard.NotFound, r.Staff != nil && !r.Staff.Complete:
		return verdictError(statusUnknown)
	}
	return nil
}
