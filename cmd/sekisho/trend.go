package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/trend"
	"sekisho/report/files"
	"sekisho/report/saved"
	reporttrend "sekisho/report/trend"
)

type trendFlags struct {
	answer result[*trend.Trend]
	config string
	bom    bool
}

func trendCommand(sys system) *cobra.Command {
	var flags trendFlags
	cmd := &cobra.Command{
		Use:   "trend DIR|FILE...",
		Short: "Show how an account fared over time, from the evidence or reports of a folder",
		Long: "Show how an account fared over time: failures by severity, the Security Status, and how many users have an MFA device, from the evidence files " +
			"(audit --evidence) and reports (audit -o x.json) in folders and the folders below them, or under s3://BUCKET/PREFIX. Each report is taken as it stands; where other rules " +
			"ran than before, or under another configuration, that is told. Nobody checks signatures here: sekisho evidence verify does. AWS is asked nothing. " +
			"Exit status: 0 all was read, 2 wrong usage or nothing to show, 4 a file that may hold a report can't be read.",
		Example: "  sekisho trend evidence/\n  sekisho trend evidence/ -o trend.html -o trend.csv\n  sekisho trend s3://example-evidence/audits/",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef(cmd.CommandPath()+" --help shows its flags", "got no argument, want a folder of evidence or reports")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.answer.bind(f, reporttrend.Formats(), "the trend")
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	bindConfig(f, &flags.config)
	f.Bool("no-color", false, "no colours")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runTrend(cmd.Context(), sys, &flags, cmd.Flags(), args)
	}
	return cmd
}

func runTrend(ctx context.Context, sys system, flags *trendFlags, set *pflag.FlagSet, places []string) error {
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.answer.open(sys, false); err != nil {
		return err
	}
	remote := sys.readsRemote(ctx, c)
	kept := func(place string) ([]string, error) {
		if files.IsRemote(place) {
			return remote.kept(ctx, place, ".json", ".zip")
		}
		return saved.Kept(ctx, sys.files.Input("the folder", place), ".json", ".zip")
	}
	var points []trend.Point
	var notRead []trend.NotRead
	others := 0
	for _, place := range places {
		paths, err := kept(place)
		if err != nil {
			return err
		}
		for _, path := range paths {
			r, err := saved.OpenReport(ctx, sys.files.Input("the report", path), c.Read.Limit())
			var unusable *saved.Error
			switch {
			case err == nil:
				points = append(points, trend.PointOf(path, r))
			case !errors.As(err, &unusable):
				return err
			case unusable.Got != 0:
				others++
			default:
				notRead = append(notRead, trend.NotRead{File: path, Reason: unusable.Err.Error()})
			}
		}
	}
	t, err := trend.Of(tool(), points, notRead)
	if err != nil {
		return usagef("", "%w", err)
	}
	t.Others = others
	options := sys.options(c, false)
	options.BOM = flags.bom
	if err := flags.answer.write(ctx, sys, t, options); err != nil {
		return err
	}
	if len(notRead) > 0 {
		return verdictError(statusUnknown)
	}
	return nil
}
