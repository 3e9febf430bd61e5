package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/spf13/pflag"

	"sekisho/audit/collect"
	"sekisho/audit/collect/shape"
	"sekisho/audit/framework"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/saved"
)

// readFlags are the flags of the commands that read an account and that are no settings.
type readFlags struct {
	tokenCode  string
	demo       bool
	from, save string
	account    string      // of the run that --from names; empty: --from names no run
	opened     *saved.File // what --from names, once it is open
	config     string
	verbose    bool
	quiet      bool
}

// bind adds the flags that say which account is read. The verb says what the command does with it.
func (r *readFlags) bind(f *pflag.FlagSet, verb string) {
	f.String("profile", "", "`NAME` of a profile of the AWS configuration files")
	f.String("region", "", "`REGION` of the endpoints")
	f.String("role-arn", "", "`ARN` of a role to assume")
	f.String("external-id", "", "`ID` that the role's trust policy asks for")
	f.String("mfa-serial", "", "`SERIAL` (ARN) of the MFA device to sign in with")
	f.StringVar(&r.tokenCode, "token-code", "", "`CODE` of the MFA device; asked for where it is missing")
	f.BoolVar(&r.demo, "demo", false, verb+" the built-in demo account")
	f.StringVar(&r.from, "from", "", verb+" what the snapshot or the evidence in `FILE` holds, or a folder of answers of the aws command; ask AWS nothing")
	f.StringVar(&r.save, "save", "", "write the snapshot to `FILE`")
}

// bindLimits adds the flags that bound a run. What is printed without --quiet is named.
func (r *readFlags) bindLimits(f *pflag.FlagSet, printed string) {
	f.String("timeout", "", "give up after `DURATION`, such as 90s or 1h (default 10m)")
	f.String("max-rps", "", "send at most `N` requests a second (default: no limit)")
	f.BoolVarP(&r.quiet, "quiet", "q", false, "print nothing but errors; "+printed+" only where --format asks for it")
	f.Bool("no-color", false, "no colours")
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`) // STS API reference, GetSessionToken

var signInFlags = []string{"profile", "region", "role-arn", "external-id", "mfa-serial", "token-code"}

// check refuses flags that contradict each other.
func (r *readFlags) check(set *pflag.FlagSet) error {
	if err := namedFiles(set, map[string]string{"from": r.from, "save": r.save}); err != nil {
		return err
	}
	if set.Changed("token-code") && !sixDigits.MatchString(r.tokenCode) {
		return usagef("pass the six digits that the MFA device shows now", "--token-code: got a code that is not six digits")
	}
	if r.from != "" && r.demo {
		return usagef("leave one of them out", "got --from and --demo, want one account to read")
	}
	return nil
}

// namedFiles refuses flags that name a file by an empty name.
func namedFiles(set *pflag.FlagSet, flags map[string]string) error {
	for name, value := range flags {
		if set.Changed(name) && value == "" {
			return usagef("", "--%s: got an empty name, want a file", name)
		}
	}
	return nil
}

// warnUseless tells of flags that sign in where nobody does, and of one that reads live where nothing is read.
func (r *readFlags) warnUseless(warn func(string), set *pflag.FlagSet) {
	why, useless := "", signInFlags
	switch {
	case r.from != "":
		why, useless = "--from asks AWS nothing", slices.Concat(signInFlags, []string{"fresh"})
	case r.demo:
		why = "--demo reads the demo account"
	default:
		return
	}
	for _, name := range useless {
		if set.Changed(name) {
			warn(fmt.Sprintf("--%s has no effect: %s", name, why))
		}
	}
}

// silent reports whether nothing is to go to stdout.
func (r *readFlags) silent(set *pflag.FlagSet) bool { return r.quiet && !set.Changed("format") }

// bindConfig adds the flag of the configuration file.
func bindConfig(f *pflag.FlagSet, file *string) {
	f.StringVar(file, "config", "", "configuration `FILE` (default ./sekisho.yaml, or sekisho/sekisho.yaml in the user's configuration folder)")
}

// sources are where settings come from, flags aside; file may be empty. The context bounds how long it is read.
func (s system) sources(ctx context.Context, file string) config.Sources {
	return config.Sources{
		File: file, Search: s.configFiles, Environ: s.environ,
		Catalogue: allRules(), Formats: report.Formats().Names(), Frameworks: framework.IDs(), Tolerable: shape.Tolerable(), Now: s.now,
		Bytes: func(path string, most int64) ([]byte, error) {
			return saved.Bytes(ctx, s.files.Input("the configuration file", path), most)
		},
		Text: saved.Text,
	}
}

// readLimit is the setting read.max_mib of a command that reads no configuration, or not yet: the variable says it.
func (s system) readLimit(ctx context.Context) (int64, error) {
	sources := s.sources(ctx, "")
	sources.Search = nil
	c, err := config.Load(sources)
	if err != nil {
		return 0, err
	}
	s.readsRemote(ctx, c)
	return c.Read.Limit(), nil
}

// settingsOf gathers the settings of a command other than audit: its --format is none, for it has other formats than a
// report, and nobody is read live for its sake.
func settingsOf(ctx context.Context, sys system, file string, set *pflag.FlagSet) (*config.Config, error) {
	if err := namedFiles(set, map[string]string{"config": file}); err != nil {
		return nil, err
	}
	sources := sys.sources(ctx, file)
	sources.Flags = settingsIn(set)
	c, err := config.Load(sources)
	if err == nil {
		c.Refresh.Fresh = false
		sys.readsRemote(ctx, c)
	}
	return c, err
}

// settingsIn are the flags of a command whose --format is no setting, and neither are others.
func settingsIn(set *pflag.FlagSet, others ...string) *pflag.FlagSet {
	settings := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "format" && !slices.Contains(others, flag.Name) {
			settings.AddFlag(flag)
		}
	})
	return settings
}

// readsAWS puts the files of the AWS environment into the register, which the SDK reads.
func (s system) readsAWS() error {
	paths := s.awsFiles()
	for _, name := range []string{"AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"} {
		paths[name] = s.variable(name)
	}
	for name, path := range paths {
		if err := s.files.Reads(name, path); err != nil {
			return err
		}
	}
	return nil
}

// errTimeout is the cause of a context that ended by --timeout.
var errTimeout = errors.New("the time set by --timeout is over")

// reading lets read take an account from where the flags say, with progress and warnings on stderr, until it is done,
// interrupted or out of time. What is being done is for errors.
func reading(ctx context.Context, sys system, c *config.Config, flags *readFlags, set *pflag.FlagSet, doing string,
	read func(ctx context.Context, from source, warn func(string)) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.Timeout, errTimeout)
	defer cancel()
	progress := sys.newProgress(flags.quiet)
	warn := func(text string) {
		if flags.quiet {
			return
		}
		progress.pause()
		sys.warn(text)
		progress.resume()
	}
	flags.warnUseless(warn, set)
	if flags.from == "" && !flags.demo {
		if err := sys.readsAWS(); err != nil {
			return err
		}
	}
	err := read(ctx, chooseSource(sys, c, flags, progress, warn), warn)
	progress.end()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	if terminal(sys.stderr) != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		fmt.Fprintln(sys.stderr) // the terminal shows ^C, maybe behind a question
	}
	switch { // what a cancelled context interrupted is of no interest
	case errors.Is(context.Cause(ctx), errTimeout):
		return &hintError{fmt.Errorf("%s: not done after %s; nothing was written", doing, c.Timeout), "raise --timeout; a large account that AWS throttles takes its time"}
	case ctx.Err() != nil:
		return fmt.Errorf("%s: interrupted; nothing was written", doing)
	}
	return err
}

// chooseSource decides who is asked.
func chooseSource(sys system, c *config.Config, flags *readFlags, progress *progress, warn func(string)) source {
	signIn := collect.Options{
		Profile: c.AWS.Profile, Region: c.AWS.Region,
		RoleARN: c.AWS.RoleARN, ExternalID: c.AWS.ExternalID,
		MFASerial: c.AWS.MFASerial, TokenCode: flags.tokenCode, Prompt: sys.prompt(progress),
		Allowed: collect.Actions(), MaxRPS: c.MaxRPS, Now: sys.now, Observe: progress.observe,
		MaxAnswer: int64(c.Collect.MaxAnswerMiB) << 20, TolerateAbsent: c.Collect.TolerateAbsent,
	}
	plan := collect.Plan{MaxUsers: c.Refresh.MaxUsers, Fresh: c.Refresh.Fresh}
	switch {
	case flags.opened != nil:
		return fromOpened(flags.opened)
	case flags.from != "":
		return fromSaved(&flags.opened, sys.files.Input("--from", flags.from), c.Read.Limit(), warn, c.Collect.TolerateAbsent...)
	case flags.demo:
		return fromDemo(signIn, plan, progress, warn)
	}
	return fromAWS(signIn, plan, progress, warn)
}
