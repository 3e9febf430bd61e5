package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/evidence"
	"sekisho/config"
	"sekisho/report"
	reportdiff "sekisho/report/diff"
	"sekisho/report/files"
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
		Short: "Tell what changed between two reports, snapshots or archives of evidence",
		Long: "Tell which failures are new, fixed or newly unknown, and what changed in the account, between two files: reports (audit -o x.json), " +
			"snapshots (audit --save) or evidence (audit --evidence), in any mix. Snapshots, and those in evidence, are evaluated by today's rules and " +
			"configuration; a report is taken as it stands. AWS is asked nothing. Exit status: 0 nothing new, 2 wrong usage or a file that can't be " +
			"used, 3 a new failure at or above --fail-on, 4 no such failure, but something is newly unknown.",
		Example: "  sekisho diff monday.json friday.json\n  sekisho diff 2025.zip 2026.zip -o diff.html",
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
	f.String("fail-on", "", "mildest `SEVERITY` of a new failure that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	f.StringVar(&flags.config, "config", "", "configuration `FILE`, as of audit")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "list what still fails or is still unknown, too")
	f.Bool("no-color", false, "no colours")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runDiff(cmd.Context(), sys, flags, cmd.Flags(), args[0], args[1])
	}
	return cmd
}

func runDiff(ctx context.Context, sys system, flags diffFlags, set *pflag.FlagSet, oldPath, newPath string) error {
	if err := namedFiles(set, map[string]string{"config": flags.config}); err != nil {
		return err
	}
	if err := flags.comparison.choose(false); err != nil {
		return err
	}
	c, err := settingsOf(sys, flags.config, set)
	if err != nil {
		return err
	}
	var out files.Set
	defer out.Abort()
	out.Reads("the old file", oldPath)
	out.Reads("the new file", newPath)
	if err := flags.comparison.open(&out); err != nil {
		return err
	}
	// Snapshots are judged by every rule that is on by default, save those that the configuration leaves out: what a narrow run, or that of a
	// framework, was about says nothing of the two files.
	c.Rules, c.Frameworks = nil, nil
	// Two accounts are in memory at once. Those of 5,000 users take 180 MB in all this way, against 215, for hardly more time.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	old, err := loadSide(ctx, c, oldPath)
	if err != nil {
		return err
	}
	new, err := loadSide(ctx, c, newPath)
	if err != nil {
		return err
	}
	if err := sameAccount(old, new); err != nil {
		return err
	}
	d := diff.Compare(old, new)
	if err := flags.comparison.write(sys, &out, d, sys.options(c, flags.verbose)); err != nil {
		return err
	}
	return diffVerdict(d, c.FailOn)
}

// diffVerdict is the exit status that a comparison deserves: by what is new alone, and not by a failure that an exception bears.
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

// loadSide reads a report, a snapshot or evidence, which it tells by what is in the file. A snapshot is evaluated by the rules that these
// settings select, and so is that of evidence.
func loadSide(ctx context.Context, c *config.Config, path string) (diff.Side, error) {
	unusable := func(err error) error {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return usagef("sekisho diff takes what audit writes with -o FILE.json, --save and --evidence", "reading %s: %w", path, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return diff.Side{}, unusable(err)
	}
	defer file.Close()
	whole, size, err := seekable(file)
	if err != nil {
		return diff.Side{}, unusable(err)
	}
	start := make([]byte, 3)
	n, err := whole.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return diff.Side{}, unusable(err)
	}
	if bytes.HasPrefix(start, []byte("PK")) {
		return evidenceSide(ctx, c, path, whole, size, unusable)
	}
	offset := int64(0)
	if string(start[:n]) == "\ufeff" {
		offset = 3
	}
	content := io.NewSectionReader(whole, offset, size-offset)
	schema, err := schemaOf(content)
	if err == nil {
		_, err = content.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
		return diff.Side{}, unusable(err)
	case schema == audit.ReportSchema:
		r, err := report.ReadJSON(content)
		if err == nil && r.Baseline != nil {
			err = errors.New("got a report with only what was new since a baseline, want a whole one, a snapshot (--save) or evidence")
		}
		if err != nil {
			return diff.Side{}, unusable(err)
		}
		return diff.Side{Name: path, Source: diff.SourceReport, Report: r}, nil
	case schema == account.SnapshotSchema:
		s, err := account.Read(content, path)
		if err != nil {
			return diff.Side{}, err
		}
		return judgeSide(ctx, c, path, diff.SourceSnapshot, s)
	}
	return diff.Side{}, unusable(fmt.Errorf("got schema %q, want %q, %q or evidence", schema, audit.ReportSchema, account.SnapshotSchema))
}

// seekable gives a file that is no file, such as a pipe, from memory.
func seekable(file *os.File) (io.ReaderAt, int64, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.Mode().IsRegular() {
		return file, info.Size(), nil
	}
	data, err := io.ReadAll(file)
	return bytes.NewReader(data), int64(len(data)), err
}

func evidenceSide(ctx context.Context, c *config.Config, path string, file io.ReaderAt, size int64, unusable func(error) error) (diff.Side, error) {
	a, err := evidence.Open(file, size, evidence.DefaultLimits())
	if err != nil {
		return diff.Side{}, unusable(err)
	}
	s, err := a.Snapshot()
	if err != nil {
		return diff.Side{}, unusable(err)
	}
	return judgeSide(ctx, c, path, diff.SourceEvidence, s)
}

// schemaOf reads no more of a JSON object than it must to find its schema, which stands first in what this program writes.
func schemaOf(r io.Reader) (string, error) {
	decoder := json.NewDecoder(r)
	open, err := decoder.Token()
	switch {
	case errors.Is(err, io.EOF):
		return "", errors.New("got an empty file, want a report, a snapshot or evidence")
	case err != nil:
		return "", fmt.Errorf("got what is neither JSON nor evidence: %w", err)
	case open != json.Delim('{'):
		return "", errors.New("got JSON that is no object, want a report or a snapshot")
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return "", fmt.Errorf("got what is no whole JSON: %w", err)
		}
		if name == "schema" {
			var schema string
			if err := decoder.Decode(&schema); err != nil {
				return "", fmt.Errorf("got a schema that is no text: %w", err)
			}
			return schema, nil
		}
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return "", fmt.Errorf("got what is no whole JSON: %w", err)
		}
	}
	return "", errors.New("got JSON without a schema, want a report or a snapshot")
}

func judgeSide(ctx context.Context, c *config.Config, path string, source diff.Source, s *account.Snapshot) (diff.Side, error) {
	own := *c
	own.Refresh.Fresh = false
	// What MFA is enforced for each user is no part of a comparison, and takes as long as all the rules together.
	r, _, err := examine(ctx, &own, fromMemory(s), func(o *audit.Options) { o.Enforcement = nil })
	return diff.Side{Name: path, Source: source, Report: r, Snapshot: s}, err
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
