package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/drift"
	"sekisho/audit/evidence"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
)

// auditFlags are the flags that are no settings; the others reach config by name.
type auditFlags struct {
	tokenCode   string
	demo        bool
	from, save  string
	baseline    string
	evidence    string
	sign        string
	asRecorded  bool
	outputs     []string
	config      string
	printConfig bool
	verbose     bool
	quiet       bool
}

// errTimeout is the cause of a context that ended by --timeout.
var errTimeout = errors.New("the time set by --timeout is over")

func auditCommand(sys system) *cobra.Command {
	var flags auditFlags
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Audit an AWS account",
		Long: "Audit an AWS account: sign in as the aws command does, read (and only read) what the rules need, and print the Security Status and " +
			"the findings. Exit status: 0 all is well, 1 the audit could not be made, 2 wrong usage, 3 failing findings, 4 something is unknown.",
		Example: "  sekisho audit --demo\n  sekisho audit --profile prod -o audit.html -o audit.json\n" +
			"  sekisho audit --mfa-serial arn:aws:iam::123456789012:mfa/alice --role-arn arn:aws:iam::210987654321:role/audit",
		Args: noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.String("profile", "", "`NAME` of a profile of the AWS configuration files")
	f.String("region", "", "`REGION` of the endpoints")
	f.String("role-arn", "", "`ARN` of a role to assume")
	f.String("external-id", "", "`ID` that the role's trust policy asks for")
	f.String("mfa-serial", "", "`SERIAL` (ARN) of the MFA device to sign in with")
	f.StringVar(&flags.tokenCode, "token-code", "", "`CODE` of the MFA device; asked for where it is missing")
	f.BoolVar(&flags.demo, "demo", false, "audit the built-in demo account")
	f.StringVar(&flags.from, "from", "", "audit the snapshot or the evidence in `FILE`, or a folder of answers of the aws command; ask AWS nothing")
	f.BoolVar(&flags.asRecorded, "as-recorded", false, "judge evidence under the configuration that it was made under")
	f.StringVar(&flags.save, "save", "", "write the snapshot to `FILE`")
	f.StringVar(&flags.baseline, "baseline", "", "report only what is new since the whole report, snapshot or evidence in `FILE`")
	f.StringVar(&flags.evidence, "evidence", "", "write evidence, which sekisho evidence verify checks, to `FILE`.zip")
	f.StringVar(&flags.sign, "sign", "", "sign the evidence with the OpenSSH `KEY` in a file, private or public, or the word agent")
	f.StringP("format", "f", "", "`FORMAT` of the report on stdout: "+strings.Join(report.FormatNames(), ", ")+" (default table)")
	f.StringArrayVarP(&flags.outputs, "output", "o", nil, "write the report to `[FORMAT:]FILE` too (repeatable)")
	f.StringSlice("rules", nil, "run these rules only: a `LIST` of IDs, globs, categories (repeatable)")
	f.StringSlice("skip-rules", nil, "leave these rules out: a `LIST` as of --rules (repeatable)")
	f.StringSlice("framework", nil, "sum up by these frameworks: a `LIST` of "+strings.Join(framework.IDs(), ", ")+" (repeatable)")
	f.String("depth", "", "`DEPTH`: standard, deep (also what costs a call for each user or region) or auto (default: deep for up to "+
		strconv.Itoa(audit.AutoDeepUsers)+" users)")
	f.Bool("fresh", false, "read every user live, not only where a verdict hangs on one")
	f.String("fail-on", "", "mildest `SEVERITY` that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	f.StringVar(&flags.config, "config", "", "configuration `FILE` (default ./sekisho.yaml, or sekisho/sekisho.yaml in the user's configuration folder)")
	f.BoolVar(&flags.printConfig, "print-config", false, "print the effective settings and end")
	f.String("timeout", "", "give up after `DURATION`, such as 90s or 1h (default 10m)")
	f.String("max-rps", "", "send at most `N` requests a second (default: no limit)")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "list what passed, too")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "print nothing but errors; the report only where --format asks for it")
	f.Bool("no-color", false, "no colours")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runAudit(cmd.Context(), sys, flags, cmd.Flags())
	}
	return cmd
}

func runAudit(ctx context.Context, sys system, flags auditFlags, set *pflag.FlagSet) error {
	if set.Changed("config") && flags.config == "" {
		return usagef("", "--config: got an empty name, want a file")
	}
	sources := config.Sources{
		File: flags.config, Search: sys.configFiles, Environ: sys.environ,
		Catalogue: rules.Catalogue(), Formats: report.FormatNames(), Frameworks: framework.IDs(), Now: sys.now,
	}
	if flags.asRecorded {
		if !isEvidence(flags.from) || flags.config != "" {
			return usagef("", "--as-recorded: want --from with a file of evidence, and no --config")
		}
		recorded, err := openEvidence(flags.from)
		if err != nil {
			return err
		}
		sources = recordedSources(recorded, sys.now())
	}
	sources.Flags = set
	c, err := config.Load(sources)
	if err != nil {
		return err
	}
	if flags.printConfig {
		return c.Print(sys.stdout)
	}
	if err := checkFlags(flags, set); err != nil {
		return err
	}
	var baseline *drift.Side
	if flags.baseline != "" {
		side, err := loadSide(ctx, c, flags.baseline)
		if err != nil {
			return err
		}
		baseline = &side
	}
	sign := func(*evidence.Archive) error { return nil }
	if flags.sign != "" { // a person may have to be asked for a passphrase: that takes no time of the audit
		var done func()
		var err error
		sign, done, err = openSigner(ctx, sys, flags.sign)
		defer done()
		if err != nil {
			return err
		}
	}
	out, err := prepare(sys, c, flags, set.Changed("format"))
	if err != nil {
		return err
	}
	defer out.abort()

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
	warnUseless(warn, flags, set)
	if flags.from != "" && !flags.asRecorded {
		c.Refresh.Fresh = false // nobody is read live, and the report must not say so
	}
	r, snapshot, err := examine(ctx, c, chooseSource(sys, c, flags, progress, warn))
	progress.end()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if terminal(sys.stderr) != nil && errors.Is(context.Cause(ctx), context.Canceled) {
			fmt.Fprintln(sys.stderr) // the terminal shows ^C, maybe behind a question
		}
		return whyEnded(ctx, c, err)
	}
	warnExceptions(warn, r)
	var archive *evidence.Archive
	if out.evidence != nil {
		if archive, err = buildEvidence(ctx, c, snapshot); err != nil {
			return err
		}
		if err := sign(archive); err != nil {
			return err
		}
	}
	if baseline != nil {
		today := drift.Side{Report: r, Snapshot: snapshot}
		if err := sameAccount(*baseline, today); err != nil {
			return err
		}
		r = drift.NewSince(*baseline, today)
	}
	if err := out.write(r, snapshot, archive); err != nil {
		return err
	}
	return verdict(r, c.FailOn)
}

// chooseSource decides who is asked.
func chooseSource(sys system, c *config.Config, flags auditFlags, progress *progress, warn func(string)) source {
	signIn := collect.Options{
		Profile: c.AWS.Profile, Region: c.AWS.Region,
		RoleARN: c.AWS.RoleARN, ExternalID: c.AWS.ExternalID,
		MFASerial: c.AWS.MFASerial, TokenCode: flags.tokenCode, Prompt: sys.prompt(progress),
		Allowed: collect.Actions(), MaxRPS: c.MaxRPS, Now: sys.now, Observe: progress.observe,
	}
	plan := collect.Plan{MaxUsers: c.Refresh.MaxUsers}
	switch {
	case isFolder(flags.from):
		return fromFolder(flags.from, warn)
	case isEvidence(flags.from):
		return fromEvidence(flags.from)
	case flags.from != "":
		return fromFile(flags.from)
	case flags.demo:
		return fromDemo(signIn, plan, progress, warn)
	}
	return fromAWS(signIn, plan, progress, warn)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return path != "" && err == nil && info.IsDir()
}

// whyEnded says what a cancelled context means; what it interrupted is of no interest then.
func whyEnded(ctx context.Context, c *config.Config, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return &hintError{fmt.Errorf("auditing: not done after %s; nothing was written", c.Timeout), "raise --timeout; a large account that AWS throttles takes its time"}
	case ctx.Err() != nil:
		return errors.New("auditing: interrupted; nothing was written")
	}
	return err
}

var signInFlags = []string{"profile", "region", "role-arn", "external-id", "mfa-serial", "token-code"}

// checkFlags refuses flags that contradict each other.
func checkFlags(flags auditFlags, set *pflag.FlagSet) error {
	for name, value := range map[string]string{"from": flags.from, "save": flags.save, "evidence": flags.evidence, "baseline": flags.baseline} {
		if set.Changed(name) && value == "" {
			return usagef("", "--%s: got an empty name, want a file", name)
		}
	}
	if set.Changed("sign") && (flags.sign == "" || flags.evidence == "") {
		return usagef("", "--sign: want a key, and --evidence with the file that it is to sign")
	}
	if flags.from != "" && flags.demo {
		return usagef("leave one of them out", "got --from and --demo, want one account to audit")
	}
	return nil
}

// warnUseless tells of flags that sign in where nobody does, and of one that reads live where nothing is read.
func warnUseless(warn func(string), flags auditFlags, set *pflag.FlagSet) {
	why, useless := "", signInFlags
	switch {
	case flags.from != "":
		why, useless = "--from asks AWS nothing", slices.Concat(signInFlags, []string{"fresh"})
	case flags.demo:
		why = "--demo audits the demo account"
	default:
		return
	}
	for _, name := range useless {
		if set.Changed(name) {
			warn(fmt.Sprintf("--%s has no effect: %s", name, why))
		}
	}
}

// warnExceptions tells of exceptions that bear nothing any more.
func warnExceptions(warn func(string), r *audit.Report) {
	for _, e := range r.Exceptions {
		switch e.State {
		case audit.ExceptionExpired, audit.ExceptionUnused, audit.ExceptionAmbiguous:
			warn(fmt.Sprintf("exception for %s on %s (owner %s): %s", e.Rule, e.Resource, e.Owner, e.Note))
		}
	}
}

// outputs are the places that the results of a run go to. The files are open already, under other names.
type outputs struct {
	sys     system
	stdout  *report.Format // nil: nothing goes there
	options report.TableOptions
	files   []fileOutput
	save    *report.Pending // nil: the snapshot is not kept
	// evidence is nil where none is asked for.
	evidence *report.Pending
}

type fileOutput struct {
	format  report.Format
	pending *report.Pending
}

// prepare opens every file of the run, so that one that can't be written is an error before AWS is asked anything.
func prepare(sys system, c *config.Config, flags auditFlags, formatAsked bool) (out *outputs, err error) {
	out = &outputs{sys: sys, options: report.TableOptions{Width: sys.tableWidth(), Color: sys.color(c.Output.Color), Verbose: flags.verbose}}
	defer func() {
		if err != nil {
			out.abort()
		}
	}()
	if !flags.quiet || formatAsked {
		format, err := report.FormatNamed(c.Output.Format)
		if err != nil {
			return out, usagef("", "%w", err)
		}
		out.stdout = &format
	}
	list, err := report.ParseOutputs(flags.outputs)
	if err != nil {
		return out, usagef("", "--output: %w", err)
	}
	for _, o := range list {
		if flags.save != "" && samePath(o.Path, flags.save) {
			return out, usagef("give the snapshot a file of its own", "got --save and --output with the same file %q, want two", flags.save)
		}
		if flags.evidence != "" && samePath(o.Path, flags.evidence) {
			return out, usagef("give the evidence a file of its own", "got --evidence and --output with the same file %q, want two", flags.evidence)
		}
		pending, err := report.Create(o.Path)
		if err != nil {
			return out, err
		}
		out.files = append(out.files, fileOutput{o.Format, pending})
	}
	if flags.save != "" {
		if flags.evidence != "" && samePath(flags.evidence, flags.save) {
			return out, usagef("give the evidence a file of its own", "got --evidence and --save with the same file %q, want two", flags.evidence)
		}
		if out.save, err = report.Create(flags.save); err != nil {
			return out, err
		}
	}
	if flags.evidence != "" {
		if out.evidence, err = report.Create(flags.evidence); err != nil {
			return out, err
		}
	}
	return out, nil
}

func samePath(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// write renders everything, then gives the files their names, then prints the report: whoever reads it may rely on the files.
func (o *outputs) write(r *audit.Report, s *account.Snapshot, a *evidence.Archive) error {
	for _, f := range o.files {
		if err := f.format.Render(f.pending, r, report.TableOptions{Width: plainWidth, Verbose: o.options.Verbose}); err != nil {
			return err
		}
	}
	if o.save != nil {
		if err := s.Write(o.save); err != nil {
			return fmt.Errorf("writing the snapshot: %w", err)
		}
	}
	if o.evidence != nil {
		if err := a.Write(o.evidence); err != nil {
			return err
		}
	}
	for _, f := range o.files {
		if err := f.pending.Commit(); err != nil {
			return err
		}
	}
	for _, pending := range []*report.Pending{o.save, o.evidence} {
		if pending == nil {
			continue
		}
		if err := pending.Commit(); err != nil {
			return err
		}
	}
	if o.stdout == nil {
		return nil
	}
	w := bufio.NewWriter(o.sys.stdout)
	if err := o.stdout.Render(w, r, o.options); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the report to stdout: %w", err)
	}
	return nil
}

// abort removes what has not got its name yet.
func (o *outputs) abort() {
	for _, f := range o.files {
		f.pending.Abort()
	}
	for _, pending := range []*report.Pending{o.save, o.evidence} {
		if pending != nil {
			pending.Abort()
		}
	}
}
