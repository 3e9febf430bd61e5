package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/evidence"
	"sekisho/audit/framework"
	"sekisho/audit/message"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/files"
	"sekisho/report/saved"
)

// auditFlags are the flags that are no settings; the others reach config by name.
type auditFlags struct {
	readFlags
	baseline    string
	evidence    string
	sign        string
	asRecorded  bool
	report      result[*audit.Report]
	printConfig bool
}

func auditCommand(sys system) *cobra.Command {
	var flags auditFlags
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Audit an AWS account",
		Long: "Audit an AWS account: sign in as the aws command does, read (and only read) what the rules need, and print the Security Status and " +
			"the findings. The five points of the Security Status are looked at whatever --rules says. Without it, rules that are off by default run too " +
			"where a framework needs them. With --baseline the exit status speaks of what is new alone; such a report is no baseline, and the files of --save " +
			"and --evidence are whole all the same. Exit status: 0 all is well, 1 the audit could not be made, 2 wrong usage, 3 failing findings without an " +
			"exception, 4 something is unknown.",
		Example: "  sekisho audit --demo\n  sekisho audit --profile prod -o audit.html -o audit.json\n  sekisho audit --evidence s3://example-evidence/audits/\n" +
			"  sekisho audit --mfa-serial arn:aws:iam::123456789012:mfa/alice --role-arn arn:aws:iam::210987654321:role/audit",
		Args: noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.bind(f, "audit")
	f.BoolVar(&flags.asRecorded, "as-recorded", false, "judge evidence under the configuration that it was made under")
	f.StringVar(&flags.baseline, "baseline", "", "report only what is new since the whole report, snapshot or evidence in `FILE`")
	f.StringVar(&flags.evidence, "evidence", "", "write evidence, which sekisho evidence verify checks, to `FILE`, a ZIP archive, or into s3://BUCKET/PREFIX/")
	f.StringVar(&flags.sign, "sign", "", "sign the evidence with the OpenSSH `KEY` in a file, private or public, or the word agent")
	flags.report.bind(f, report.Formats(), "the report")
	f.StringSlice("rules", nil, "run these rules only: a `LIST` of IDs, globs, categories (repeatable)")
	f.StringSlice("skip-rules", nil, "leave these rules out: a `LIST` as of --rules (repeatable)")
	f.StringSlice("framework", nil, "sum up by these frameworks: a `LIST` of "+strings.Join(framework.IDs(), ", ")+" (repeatable)")
	f.String("depth", "", "`DEPTH`: standard, deep (also what costs a call for each user or region) or auto (default: deep for up to "+
		strconv.Itoa(audit.AutoDeepUsers)+" users)")
	f.String("due", "", "list what will fail within so many `DAYS`, such as 15d, if nobody does anything (default 0d: nothing)")
	f.Bool("fresh", false, "read every user live, not only where a verdict hangs on one")
	f.String("fail-on", "", "mildest `SEVERITY` that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	bindConfig(f, &flags.config)
	f.BoolVar(&flags.printConfig, "print-config", false, "print the effective settings and end")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "list every finding with its fix, every user, and what passed")
	flags.bindLimits(f, "the report")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runAudit(cmd.Context(), sys, &flags, cmd.Flags())
	}
	return cmd
}

func runAudit(ctx context.Context, sys system, flags *auditFlags, set *pflag.FlagSet) error {
	c, err := flags.settings(ctx, sys, set)
	switch {
	case err != nil:
		return err
	case flags.printConfig:
		return c.Print(sys.stdout)
	}
	if err := flags.check(set); err != nil {
		return err
	}
	least := uint64(33)
	if flags.evidence != "" {
		least = 25 // who keeps evidence has time
	}
	defer frugal(least, roomOfAudit)()
	baseline, err := flags.loadBaseline(ctx, sys, c)
	if err != nil {
		return err
	}
	// A person may have to be asked for a passphrase: that takes no time of the audit.
	sign, done, err := openSigner(ctx, sys, flags.sign)
	defer done()
	if err != nil {
		return err
	}
	remote, err := openRemoteEvidence(ctx, sys, c, flags.evidence)
	if err != nil {
		return err
	}
	save, kept, err := flags.open(sys, c, set)
	if err != nil {
		return err
	}
	r, snapshot, err := flags.audit(ctx, sys, c, set, baseline)
	if err != nil {
		return err
	}
	save.Writes(snapshot.Write)
	keep := func() error { return nil }
	if remote != nil || kept.Open() {
		var judged *audit.Report // a live run may have looked deeper than one of what it saved
		if flags.from != "" {
			judged = r
		}
		archive, err := saved.Interruptible(ctx, message.New("making evidence"), func() (*evidence.Archive, error) { return buildEvidence(ctx, c, snapshot, judged, flags.opened) })
		if err == nil {
			err = sign(archive)
		}
		if err != nil {
			return err
		}
		if remote != nil {
			keep = func() error { return remote.put(ctx, sys, archive, snapshot, flags.quiet) }
		} else {
			kept.Writes(archive.Write)
		}
	}
	if baseline != nil {
		today := diff.Side{Report: r, Snapshot: snapshot}
		if err := sameAccount(*baseline, today); err != nil {
			return err
		}
		if r, err = work(ctx, comparing, func() *audit.Report { return diff.NewSince(*baseline, today) }); err != nil {
			return err
		}
	}
	if err := keep(); err != nil {
		return err
	}
	if err := flags.report.write(ctx, sys, r, sys.options(c, flags.verbose)); err != nil {
		return err
	}
	return verdict(r, c.FailOn)
}

// settings gathers today's settings, or with --as-recorded those under which the evidence of --from was made.
func (flags *auditFlags) settings(ctx context.Context, sys system, set *pflag.FlagSet) (*config.Config, error) {
	if err := namedFiles(set, map[string]string{"config": flags.config}); err != nil {
		return nil, err
	}
	sources := sys.sources(ctx, flags.config)
	if flags.asRecorded {
		if flags.from == "" || flags.config != "" {
			return nil, usagef("", "--as-recorded: want --from with an evidence file, and no --config")
		}
		limit, err := sys.readLimit(ctx)
		if err != nil {
			return nil, err
		}
		if flags.opened, err = saved.Open(ctx, sys.files.Input("--from", flags.from), saved.Evidence, limit); err != nil {
			return nil, err
		}
		sources = recordedSources(ctx, flags.opened.Evidence, sys.now())
	}
	sources.Flags = set
	c, err := config.Load(sources)
	if err == nil && flags.from != "" && !flags.asRecorded {
		c.Refresh.Fresh = false // nobody is read live now; whether everybody was is in the snapshot
	}
	if err == nil {
		sys.readsRemote(ctx, c)
	}
	return c, err
}

// loadBaseline reads what is left out of the report, nil for nothing.
func (flags *auditFlags) loadBaseline(ctx context.Context, sys system, c *config.Config) (*diff.Side, error) {
	if flags.baseline == "" {
		return nil, nil
	}
	side, err := loadSide(ctx, c, sys.files.Input("--baseline", flags.baseline), sys.warn, compared)
	return &side, err
}

// open opens the files that an audit writes.
func (flags *auditFlags) open(sys system, c *config.Config, set *pflag.FlagSet) (save, kept *files.Output, err error) {
	flags.report.name = c.Output.Format
	if err := flags.report.open(sys, flags.silent(set)); err != nil {
		return nil, nil, err
	}
	if save, err = sys.files.Create("--save", flags.save); err != nil {
		return nil, nil, err
	}
	local := flags.evidence
	if files.IsRemote(local) {
		local = ""
	}
	kept, err = sys.files.Create("--evidence", local)
	return save, kept, err
}

// audit reads the account and judges it, and warns of what in the settings and the baseline is of no use.
func (flags *auditFlags) audit(ctx context.Context, sys system, c *config.Config, set *pflag.FlagSet, baseline *diff.Side) (*audit.Report, *account.Snapshot, error) {
	var r *audit.Report
	var snapshot *account.Snapshot
	err := reading(ctx, sys, c, &flags.readFlags, set, "auditing", func(ctx context.Context, from source, warn func(string)) (err error) {
		if r, snapshot, err = examine(ctx, c, from); err != nil {
			return err
		}
		warnExceptions(warn, r)
		warnLimits(warn, r)
		if baseline != nil && baseline.Report.TakenAt.After(r.TakenAt) {
			warn(fmt.Sprintf("the baseline %s is of %s, later than what it is compared with", flags.baseline, baseline.Report.TakenAt.UTC().Format(time.RFC3339)))
		}
		return nil
	})
	return r, snapshot, err
}

// check refuses flags that contradict each other.
func (flags *auditFlags) check(set *pflag.FlagSet) error {
	if err := namedFiles(set, map[string]string{"evidence": flags.evidence, "baseline": flags.baseline}); err != nil {
		return err
	}
	if set.Changed("sign") && (flags.sign == "" || flags.evidence == "") {
		return usagef("", "--sign: want a key, and --evidence with the file that it is to sign")
	}
	return flags.readFlags.check(set)
}

// warnExceptions tells of exceptions that no longer concern a failure.
func warnExceptions(warn func(string), r *audit.Report) {
	for _, e := range r.Exceptions {
		switch e.State {
		case audit.ExceptionExpired, audit.ExceptionUnused, audit.ExceptionAmbiguous:
			warn(fmt.Sprintf("exception for %s on %s (owner %s): %s", e.Rule, e.Resource, e.Owner, e.Note))
		}
	}
}

// warnLimits tells of thresholds of single users that concern nobody.
func warnLimits(warn func(string), r *audit.Report) {
	for i, entry := range r.Configuration.UserThresholds {
		if entry.Matched != nil && *entry.Matched == 0 {
			warn(fmt.Sprintf("thresholds_for[%d]: no user matches %s", i, strings.Join(entry.Users, ", ")))
		}
	}
}
