package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/framework"
	"sekisho/audit/offboard"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	reportoffboard "sekisho/report/offboard"
)

// offboardFlags are the flags that are no settings; the others reach config by name.
type offboardFlags struct {
	leavers, staff, since string
	zone                  string
	deviceOnly            bool
	plan                  string
	tokenCode             string
	demo                  bool
	from, save            string
	format                string
	config                string
	quiet                 bool
}

func offboardCommand(sys system) *cobra.Command {
	var flags offboardFlags
	cmd := &cobra.Command{
		Use:   "offboard [NAME...]",
		Short: "Tell whether somebody who left is really out",
		Long: "Tell, person by person, which ways in are left to somebody who left. A NAME is a user's name, ARN or unique ID, or the value of one of the tags " +
			"of the setting offboard.match_tags. Everything is read live, and only read. Verdicts: gone (proven: he was known by --since or by a unique ID " +
			"among the leavers, there is no such user, and nothing names him), disabled (no way in, but something of him is left), active, not_found " +
			"(no such user, and no proof that there was one) and unknown. Exit status: 3 somebody is active or a user is on no line of --staff, else 4 somebody " +
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
	f.String("profile", "", "`NAME` of a profile of the AWS configuration files")
	f.String("region", "", "`REGION` of the endpoints")
	f.String("role-arn", "", "`ARN` of a role to assume")
	f.String("external-id", "", "`ID` that the role's trust policy asks for")
	f.String("mfa-serial", "", "`SERIAL` (ARN) of the MFA device to sign in with")
	f.StringVar(&flags.tokenCode, "token-code", "", "`CODE` of the MFA device; asked for where it is missing")
	f.BoolVar(&flags.demo, "demo", false, "look in the built-in demo account")
	f.StringVar(&flags.from, "from", "", "look in the snapshot or the evidence in `FILE`, or a folder of answers of the aws command; ask AWS nothing")
	f.StringVar(&flags.save, "save", "", "write the snapshot to `FILE`")
	f.StringVarP(&flags.format, "format", "f", "table", "`FORMAT` on stdout: table, json")
	f.StringVar(&flags.config, "config", "", "configuration `FILE`, as of audit --config")
	f.String("timeout", "", "give up after `DURATION`, such as 90s or 1h (default 10m)")
	f.String("max-rps", "", "send at most `N` requests a second (default: no limit)")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "print nothing but errors; the answer only where --format asks for it")
	f.Bool("no-color", false, "no colours")
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		return runOffboard(cmd.Context(), sys, flags, cmd.Flags(), names)
	}
	return cmd
}

func runOffboard(ctx context.Context, sys system, flags offboardFlags, set *pflag.FlagSet, names []string) error {
	same := auditFlags{tokenCode: flags.tokenCode, demo: flags.demo, from: flags.from, save: flags.save, quiet: flags.quiet}
	if err := checkOffboard(flags, set, names); err != nil {
		return err
	}
	if err := checkFlags(same, set); err != nil {
		return err
	}
	c, err := offboardConfig(sys, flags, set)
	if err != nil {
		return err
	}
	people, options, err := offboardInput(flags, names)
	if err != nil {
		return err
	}
	options.MatchTags, options.Settings = c.Offboard.MatchTags, c.Audit()
	files, err := prepareOffboard(flags)
	if err != nil {
		return err
	}
	defer files.abort()

	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, errTimeout)
	defer cancel()
	progress := sys.newProgress(flags.quiet)
	warn := func(text string) {
		if flags.quiet {
			return
		}
		progress.pause()
		fmt.Fprintf(sys.stderr, "sekisho: warning: %s\n", report.Terminal(text))
		progress.resume()
	}
	warnUseless(warn, same, set)
	if flags.since != "" {
		if options.Since, err = sinceSnapshot(ctx, flags.since, warn); err != nil {
			return err
		}
	}
	snapshot, err := readOffboard(ctx, people, options, chooseSource(sys, c, same, progress, warn))
	progress.end()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return whyOffboardEnded(ctx, c, err)
	}
	if err := earlier(options.Since, snapshot, flags.since); err != nil {
		return err
	}
	r, _ := offboard.Check(snapshot, people, options)
	if err := files.write(r, snapshot); err != nil {
		return err
	}
	if !flags.quiet || set.Changed("format") {
		if err := printOffboard(sys, c, flags, r); err != nil {
			return err
		}
	}
	return offboardVerdict(r)
}

// checkOffboard refuses a command line that asks for nothing or for what doesn't go together.
func checkOffboard(flags offboardFlags, set *pflag.FlagSet, names []string) error {
	for name, value := range map[string]string{
		"leavers": flags.leavers, "staff": flags.staff, "since": flags.since, "plan": flags.plan, "config": flags.config,
	} {
		if set.Changed(name) && value == "" {
			return usagef("", "--%s: got an empty name, want a file", name)
		}
	}
	switch {
	case flags.format != "table" && flags.format != "json":
		return usagef("", "--format: got %q, want table or json", flags.format)
	case flags.deviceOnly && (len(names) == 0 || flags.leavers+flags.staff+flags.plan+flags.since != ""):
		return usagef("sekisho offboard --device-only alice", "--device-only: want names, and neither --leavers, --staff, --since nor --plan")
	case len(names) == 0 && flags.leavers == "" && flags.staff == "":
		return usagef("sekisho offboard --help shows the flags", "got nobody to look for, want a NAME, --leavers or --staff")
	case flags.plan != "" && len(names) == 0 && flags.leavers == "":
		return usagef("name them, or list them with --leavers", "--plan: got nobody to remove: who is on no line of --staff is for you to judge")
	case flags.plan != "" && flags.save != "" && samePath(flags.plan, flags.save):
		return usagef("give each a file of its own", "got --plan and --save with the same file %q, want two", flags.plan)
	}
	return nil
}

// offboardConfig gathers the settings. --format is no setting here: there are other formats than of a report.
func offboardConfig(sys system, flags offboardFlags, set *pflag.FlagSet) (*config.Config, error) {
	settings := pflag.NewFlagSet("offboard", pflag.ContinueOnError)
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "format" {
			settings.AddFlag(flag)
		}
	})
	return config.Load(config.Sources{
		File: flags.config, Search: sys.configFiles, Environ: sys.environ, Flags: settings,
		Catalogue: rules.Catalogue(), Formats: report.FormatNames(), Frameworks: framework.IDs(), Now: sys.now,
	})
}

// offboardInput reads who is asked about. A list that can't be used is wrong usage.
func offboardInput(flags offboardFlags, names []string) (people []offboard.Person, o offboard.Options, err error) {
	o = offboard.Options{Tool: audit.Tool{Name: "sekisho", Version: version()}, DevicesOnly: flags.deviceOnly}
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
		err := readList(flags.leavers, func(r io.Reader) (err error) {
			list, err := offboard.ReadLeavers(r, flags.leavers)
			people = append(people, list...)
			return err
		})
		if err != nil {
			return nil, o, err
		}
	}
	if flags.staff != "" {
		err := readList(flags.staff, func(r io.Reader) (err error) {
			o.Staff, err = offboard.ReadStaff(r, flags.staff)
			return err
		})
		if err != nil {
			return nil, o, err
		}
	}
	return people, o, nil
}

func readList(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return unreadableFile("list", path, err)
	}
	defer f.Close()
	if err := read(f); err != nil {
		var list *offboard.ListError
		if errors.As(err, &list) {
			return usagef("a list is CSV whose first line names its columns: user or email, and maybe last_day and unique_id", "%w", err)
		}
		return unreadableFile("list", path, err)
	}
	return nil
}

// sinceSnapshot reads the snapshot that says who there was.
func sinceSnapshot(ctx context.Context, path string, warn func(string)) (*account.Snapshot, error) {
	from := fromFile(path)
	switch {
	case isFolder(path):
		from = fromFolder(path, warn)
	case isEvidence(path):
		from = fromEvidence(path)
	}
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
		_, wants := offboard.Check(s, people, o)
		return wants
	})
}

func whyOffboardEnded(ctx context.Context, c *config.Config, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return &hintError{fmt.Errorf("looking for the people: not done after %s; nothing was written", c.Timeout), "raise --timeout; a large account that AWS throttles takes its time"}
	case ctx.Err() != nil:
		return errors.New("looking for the people: interrupted; nothing was written")
	}
	return err
}

// offboardFiles are the files of a run, open already under other names; either may be nil.
type offboardFiles struct {
	plan, save *report.Pending
}

func prepareOffboard(flags offboardFlags) (files offboardFiles, err error) {
	if flags.plan != "" {
		if files.plan, err = report.Create(flags.plan); err != nil {
			return files, err
		}
	}
	if flags.save != "" {
		if files.save, err = report.Create(flags.save); err != nil {
			files.abort()
		}
	}
	return files, err
}

func (f offboardFiles) write(r *offboard.Report, s *account.Snapshot) error {
	if f.plan != nil {
		if err := reportoffboard.Plan(f.plan, r); err != nil {
			return err
		}
	}
	if f.save != nil {
		if err := s.Write(f.save); err != nil {
			return fmt.Errorf("writing the snapshot: %w", err)
		}
	}
	for _, pending := range []*report.Pending{f.plan, f.save} {
		if pending == nil {
			continue
		}
		if err := pending.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func (f offboardFiles) abort() {
	for _, pending := range []*report.Pending{f.plan, f.save} {
		if pending != nil {
			pending.Abort()
		}
	}
}

func printOffboard(sys system, c *config.Config, flags offboardFlags, r *offboard.Report) error {
	w := bufio.NewWriter(sys.stdout)
	var err error
	if flags.format == "json" {
		err = reportoffboard.JSON(w, r)
	} else {
		err = reportoffboard.Table(w, r, reportoffboard.TableOptions{Width: sys.tableWidth(), Color: sys.color(c.Output.Color)})
	}
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the answer to stdout: %w", err)
	}
	return nil
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
