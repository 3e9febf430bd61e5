package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/evidence"
	"sekisho/audit/message"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	reportevidence "sekisho/report/evidence"
	"sekisho/report/files"
	"sekisho/report/format"
	"sekisho/report/saved"
)

func evidenceCommand(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "Check the evidence that audit --evidence wrote",
		Long: "Evidence is a zip file of the snapshot, the credential report as AWS sent it, the report as JSON and as a page, the sections of frameworks, the " +
			"configuration, and a manifest with the SHA-256 of each. audit --sign adds manifest.json.sig, which ssh-keygen -Y verify -n sekisho accepts. The " +
			"same snapshot under the same configuration always gives the same bytes.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("", "got no command, want sekisho evidence verify FILE")
		},
	}
	cmd.AddCommand(evidenceVerifyCommand(sys))
	return cmd
}

func evidenceVerifyCommand(sys system) *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check that evidence is whole, who signed it, and that its report follows from its snapshot",
		Long: "Check a file of evidence: that every part is the one of the manifest and no byte differs from what is written of them, who signed the " +
			"manifest, and that evaluating the snapshot again, under the recorded configuration, gives the recorded reports. AWS is asked " +
			"nothing. A key that is allowed for a time only must have been so when the snapshot was taken. Exit status: 0 all is well, 1 something " +
			"is wrong with the file, 2 wrong usage, 4 the file is whole, and this version can't tell whether its report follows from its snapshot.",
		Example: "  sekisho evidence verify 2026-11.zip\n  sekisho evidence verify 2026-11.zip --allowed-signers auditors --identity alice@example.com",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef(cmd.CommandPath()+" --help shows its flags", "got %d arguments, want the file of the evidence", len(args))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&flags.signers, "allowed-signers", "", "`FILE` of keys and whose they are, as of ssh-keygen -Y verify; one of them must have signed")
	f.StringVar(&flags.identity, "identity", "", "`PRINCIPAL` of that file who must have signed")
	flags.answer.bind(f, reportevidence.Formats(), "the answer")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runVerify(cmd.Context(), sys, &flags, cmd.Flags(), args[0])
	}
	return cmd
}

type verifyFlags struct {
	signers, identity string
	answer            result[*evidence.Verification]
}

func runVerify(ctx context.Context, sys system, flags *verifyFlags, set *pflag.FlagSet, path string) error {
	allowed, err := flags.allowed(ctx, sys, set)
	if err != nil {
		return err
	}
	limit, err := sys.readLimit(ctx)
	if err != nil {
		return err
	}
	if err := flags.answer.open(sys, false); err != nil {
		return err
	}
	defer frugal(100, room)()
	a, err := saved.Archive(ctx, sys.files.Input("the evidence file", path), limit)
	var unreadable *fs.PathError
	var unusable *saved.Error
	var taken *files.TakenError
	var large *saved.LargeError
	switch {
	case err == nil:
	case errors.As(err, &taken), errors.As(err, &unreadable), errors.As(err, &large), errors.As(err, &unusable) && unusable.Got == saved.Folder:
		return err
	default: // that a file is no evidence is something wrong with it, not with the command line
		return errors.New(err.Error())
	}
	v, err := saved.Interruptible(ctx, message.New("verifying evidence"), func() (*evidence.Verification, error) {
		c, err := conclude(ctx, sys, a)
		if err != nil {
			return nil, err
		}
		return a.Check(allowed, flags.identity, c), nil
	})
	if err != nil {
		return err
	}
	if err := flags.answer.write(ctx, sys, v, format.Options{Width: sys.tableWidth()}); err != nil {
		return err
	}
	switch v.Verdict() {
	case evidence.Wrong:
		return verdictError(statusFailed)
	case evidence.Unknown:
		return verdictError(statusUnknown)
	}
	return nil
}

// allowed reads who may have signed, nil for anybody.
func (flags *verifyFlags) allowed(ctx context.Context, sys system, set *pflag.FlagSet) (*evidence.AllowedSigners, error) {
	switch asked := set.Changed("allowed-signers"); {
	case asked && flags.signers == "":
		return nil, usagef("", "--allowed-signers: got an empty name, want a file")
	case set.Changed("identity") && flags.identity == "":
		return nil, usagef("", "--identity: got an empty name, want a principal of --allowed-signers")
	case flags.identity != "" && !asked:
		return nil, usagef("", "got --identity without --allowed-signers, want the file that says whose keys are whose")
	case !asked:
		return nil, nil
	}
	text, err := saved.Bytes(ctx, sys.files.Input("--allowed-signers", flags.signers), saved.ListLimit)
	if err != nil {
		return nil, usagef("", "--allowed-signers: %w", err)
	}
	list, err := evidence.ParseAllowedSigners(bytes.NewReader(text), flags.signers, time.Local)
	if err != nil {
		return nil, usagef("", "--allowed-signers: %w", err)
	}
	return list, nil
}

// conclude evaluates the snapshot of evidence again, in the name of the version that made it. An error is that of a
// context that ended, or one of this program's own.
func conclude(ctx context.Context, sys system, a *evidence.Archive) (evidence.Conclusion, error) {
	c := evidence.Conclusion{Tool: tool()}
	var err error
	if c.Rules, err = evidence.RuleSetOf(rules.Catalogue()); err != nil {
		return c, err
	}
	settings, err := config.Load(recordedSources(ctx, a, sys.now()))
	var setting *config.Error
	var s *account.Snapshot
	switch {
	case err == nil:
		s, err = a.Snapshot()
	case errors.As(err, &setting):
		c.SettingsErr, err = err, nil
	}
	if s != nil {
		c.Fresh, c.Again, err = expected(ctx, settings, s, a.Manifest)
	}
	if ctx.Err() != nil {
		return c, errors.New("verifying evidence: interrupted")
	}
	c.Err = err
	if c.Again != nil && a.Agree(c.Again, evidence.ReportName) {
		c.Recorded = c.Fresh // what is written alike is read alike
		return c, nil
	}
	c.Recorded, c.RecordedErr = recordedReport(a)
	return c, nil
}

// expected is what follows from the snapshot of evidence, in the name of the version that made it.
func expected(ctx context.Context, c *config.Config, s *account.Snapshot, m evidence.Manifest) (*audit.Report, *evidence.Archive, error) {
	r, _, err := examine(ctx, c, fromMemory(s))
	if err != nil {
		return nil, nil, fmt.Errorf("making evidence: %w", err)
	}
	parts, err := evidenceParts(ctx, c, r, m.Tool)
	if err != nil {
		return nil, nil, err
	}
	again, err := evidence.Expect(m.Tool, m.Rules, s, parts...)
	return r, again, err
}

func recordedReport(a *evidence.Archive) (*audit.Report, error) {
	data, ok := a.Part(evidence.ReportName)
	if !ok {
		return nil, message.Errorf("got no part %s, want one", evidence.ReportName)
	}
	return report.ReadJSON(bytes.NewReader(data))
}
