package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/fleet"
	"sekisho/audit/inventory"
	reportinventory "sekisho/report/inventory"
)

// fleetInventoryFlags say what is listed of the accounts of a run.
type fleetInventoryFlags struct {
	list                 result[*reportinventory.Fleet]
	bom, verbose         bool
	users, roles, groups bool
}

func fleetInventoryCommand(sys system) *cobra.Command {
	var flags fleetInventoryFlags
	cmd := &cobra.Command{
		Use:   "inventory RUN",
		Short: "List users with all their credentials, roles or groups of all accounts of a run",
		Long: "List what sekisho inventory lists, of every account of a run, from what was read of it: AWS is asked nothing. CSV has the columns of sekisho inventory, and behind them " +
			"account_name and account_place. An account of which nothing is known has a row that says so. Exit status: 0 the inventories are whole, 1 the run could not be read, " +
			"2 wrong usage, 4 an account, or something that was to be read of it, is not known.",
		Example: "  sekisho fleet inventory run\n  sekisho fleet inventory run -o users.csv --bom\n  sekisho fleet inventory s3://example-runs/2026-11-29 --roles -f csv",
		Args:    oneRun,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&flags.users, "users", false, "list the users (without --roles and --groups they are listed anyway)")
	f.BoolVar(&flags.roles, "roles", false, "list the roles")
	f.BoolVar(&flags.groups, "groups", false, "list the groups")
	flags.list.bind(f, reportinventory.FleetFormats(), "the inventory")
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "in a table, all that is known of each row, a line each")
	f.Bool("no-color", false, "no colours")
	bindSignIn(f)
	bindStorage(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runFleetInventory(cmd.Context(), sys, &flags, cmd.Flags(), args[0])
	}
	return cmd
}

func runFleetInventory(ctx context.Context, sys system, flags *fleetInventoryFlags, set *pflag.FlagSet, name string) error {
	own, err := fleetSettingsOf(ctx, sys, "", set)
	if err != nil {
		return err
	}
	if !flags.users && !flags.roles && !flags.groups {
		flags.users = true
	}
	if err := flags.list.open(sys, false); err != nil {
		return err
	}
	if err := checkCSV(flags.list.formats(), flags.bom, flags.users, flags.roles, flags.groups); err != nil {
		return err
	}
	run, err := readRun(ctx, sys, own, name)
	if err != nil {
		return err
	}
	defer run.close()
	c, err := recordedFleet(ctx, sys, run.Manifest)
	if err != nil {
		return err
	}
	options := inventory.Options{Tool: tool(), Users: flags.users, Roles: flags.roles, Groups: flags.groups, Depth: c.Depth, Offline: true, Interrupted: interrupted(ctx)}
	whole := true
	m := run.Manifest
	all := &reportinventory.Fleet{
		Tool: tool(), Demo: m.Demo, RunID: m.RunID, MadeAt: m.MadeAt, Accounts: len(m.Accounts), Lists: options,
		Each: func(take func(fleet.Row, *inventory.Inventory) error) error {
			return fleet.Each(ctx, run.Run, func(ctx context.Context, _ fleet.Account, s *account.Snapshot) (*inventory.Inventory, error) {
				return work(ctx, judging, func() *inventory.Inventory {
					i, _ := inventory.Of(s, options)
					return i
				})
			}, func(r fleet.Row, i *inventory.Inventory) error {
				whole = whole && reportinventory.Whole(r, i)
				return take(r, i)
			})
		},
	}
	shown := sys.options(own, flags.verbose)
	shown.BOM = flags.bom
	if err := flags.list.write(ctx, sys, all, shown); err != nil {
		return err
	}
	if !whole {
		return verdictError(statusUnknown)
	}
	return nil
}
