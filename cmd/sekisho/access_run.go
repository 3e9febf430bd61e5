package main

import (
	"context"
	"errors"

	"github.com/spf13/pflag"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/message"
	"sekisho/audit/orgpolicy"
	"sekisho/config"
	"sekisho/report/saved"
)

// bindAccount adds the flag that makes an account of a run what is read.
func (r *readFlags) bindAccount(f *pflag.FlagSet) {
	f.StringVar(&r.account, "account", "", "the account `ID` of the run that --from names (a folder, or s3://BUCKET/PREFIX), under the organization's policies above it")
}

// openAccount opens the account of a run, and says which policies of the organization are above it.
func (r *readFlags) openAccount(ctx context.Context, sys system, c *config.Config, set *pflag.FlagSet) (above access.Guardrails, err error) {
	switch {
	case !set.Changed("account"):
		return above, nil
	case !account.IsID(r.account):
		return above, usagef("", "--account: got %q, want the twelve digits of an account", r.account)
	case r.from == "":
		return above, usagef("sekisho fleet plan and sekisho fleet run make one", "got --account without --from, want the folder of a run")
	case set.Changed("scp") || set.Changed("rcp"):
		return above, usagef("leave one of them out: the run says which policies are above the account", "got --account and --scp or --rcp, want one of them")
	}
	run, m, digest, err := openRun(ctx, func() (*runStore, error) { return openRunStore(ctx, sys, c, r.from, nil) }, "")
	if err != nil {
		return above, err
	}
	defer run.close()
	snapshot, err := fleet.Snapshot(ctx, run, m, digest, r.account)
	if errors.Is(err, store.ErrAbsent) {
		return above, usagef("sekisho fleet run audits what is not done", "%w", err)
	}
	if err != nil {
		return above, err
	}
	r.opened = &saved.File{Path: r.from, Kind: saved.Snapshot, Snapshot: snapshot}
	if m.Organization == nil {
		return above, nil
	}
	of := orgpolicy.Parse(m.Organization).Above(r.account)
	if above = of.Guardrails(); !above.Read {
		above.Gap = message.New("policies of the organization are not considered: %s", of.Unknown)
	}
	return above, nil
}
