package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/report"
	"sekisho/report/files"
	reportfleet "sekisho/report/fleet"
	"sekisho/report/format"
)

// fleetDetailFlags say what is written of each account while a fleet's report is made.
type fleetDetailFlags struct {
	folder  string
	formats []string
}

func (o *fleetDetailFlags) bind(f *pflag.FlagSet) {
	bindFolder(f, &o.folder, "per-account", "", "write each audited account's own report into the folder `DIR`, as ID.html; the fleet's HTML links to it")
	f.StringArrayVar(&o.formats, "per-account-format", []string{"html"}, "`FORMAT` of these: "+report.Formats().Help()+" (repeatable)")
	f.Lookup("per-account-format").Annotations = map[string][]string{formatsOf: report.Formats().Names()}
}

// fleetDetails are written as the accounts are merged, one after the other; none stays in memory.
type fleetDetails struct {
	verdicts map[string]*report.Verdicts
	spools   []*files.Spool
	folder   *files.Folder
	formats  []format.Format[*audit.Report]
	options  format.Options
}

// open prepares what the flags and the formats of the fleet's report ask for. close is to be called in any case.
func (o *fleetDetailFlags) open(sys system, set *pflag.FlagSet, formats []string) (*fleetDetails, error) {
	d := &fleetDetails{verdicts: map[string]*report.Verdicts{}}
	for _, name := range o.formats {
		f, err := report.Formats().Named(name)
		if err != nil {
			return d, usagef("", "--per-account-format: %w", err)
		}
		d.formats = append(d.formats, f)
	}
	switch {
	case !set.Changed("per-account") && set.Changed("per-account-format"):
		return d, usagef("name the folder, too", "got --per-account-format without --per-account")
	case set.Changed("per-account") && o.folder == "":
		return d, usagef("", "--per-account: got an empty name, want a folder")
	}
	for _, name := range report.VerdictFormats() {
		if !slices.Contains(formats, name) {
			continue
		}
		spool, err := files.NewSpool()
		if err != nil {
			return d, err
		}
		d.spools = append(d.spools, spool)
		d.verdicts[name] = report.NewVerdicts(name, spool)
	}
	if o.folder == "" {
		return d, nil
	}
	d.options = format.Options{Width: plainWidth}
	var err error
	d.folder, err = sys.files.Folder("--per-account", o.folder)
	return d, err
}

func (d *fleetDetails) close() {
	for _, spool := range d.spools {
		spool.Close()
	}
}

// add writes what is to be written of an account.
func (d *fleetDetails) add(ctx context.Context, a fleet.Account, r *audit.Report) error {
	for _, document := range d.verdicts {
		if err := document.Add(r); err != nil {
			return err
		}
	}
	if d.folder == nil {
		return nil
	}
	for _, f := range d.formats {
		if err := d.folder.Write(ctx, a.ID+fileEnd(f), func(w io.Writer) error { return f.Render(w, r, d.options) }); err != nil {
			return err
		}
	}
	return nil
}

// fileEnd is how the name of an account's report ends.
func fileEnd(f format.Format[*audit.Report]) string {
	if len(f.Extensions) > 0 {
		return f.Extensions[0]
	}
	return map[string]string{"junit": ".junit.xml", "ocsf": ".ocsf.json", "asff": ".asff.json"}[f.Name]
}

// merged is the fleet's report with what was written beside it.
func (d *fleetDetails) merged(r *fleet.Report, folder, csv string) (*reportfleet.Merged, error) {
	m := &reportfleet.Merged{Report: r, Verdicts: d.verdicts, CSV: csv}
	if d.folder != nil {
		m.Beside, m.End = folder, fileEnd(d.formats[0])
	}
	return m, m.Complete()
}
