package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/inventory"
	"sekisho/config"
	reportinventory "sekisho/report/inventory"
)

// inventoryFlags are the flags that are no settings; the others reach config by name.
type inventoryFlags struct {
	readFlags
	list                 result[*inventory.Inventory]
	bom                  bool
	users, roles, groups bool
}

func inventoryCommand(sys system) *cobra.Command {
	var flags inventoryFlags
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "List users with all their credentials, roles or groups",
		Long: "List the users of an AWS account with every credential: password, MFA devices, access keys, SSH keys, service-specific credentials and signing " +
			"certificates, and whether each is an administrator and held to MFA; or its roles, or its groups. Only reads. What isn't known is ? (null in JSON) " +
			"and has a note that says why. A deep run asks user by user, where there is something to ask. Exit status: 0 the inventory is whole, 1 it could " +
			"not be made, 2 wrong usage, 4 something that was to be read is not known.\n\n" + columnsHelp(),
		Example: "  sekisho inventory --demo\n  sekisho inventory --profile prod -o inventory.csv --bom\n  sekisho inventory --roles -f csv",
		Args:    noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&flags.users, "users", false, "list the users (without --roles and --groups they are listed anyway)")
	f.BoolVar(&flags.roles, "roles", false, "list the roles")
	f.BoolVar(&flags.groups, "groups", false, "list the groups")
	flags.bind(f, "list")
	flags.list.bind(f, reportinventory.Formats(), "the inventory")
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	f.String("depth", "", "`DEPTH`: standard (no call for a single user where the answers for all tell enough), deep or auto (default: deep for up to "+
		strconv.Itoa(audit.AutoDeepUsers)+" users)")
	bindConfig(f, &flags.config)
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "in a table, all that is known of each row, a line each")
	flags.bindLimits(f, "the inventory")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runInventory(cmd.Context(), sys, &flags, cmd.Flags())
	}
	return cmd
}

// columnsHelp documents the columns of the CSV form, on which spreadsheets and programs rely.
func columnsHelp() string {
	var b strings.Builder
	b.WriteString("CSV has one row for each user (role, group) and these columns; new ones are only added at the end. Lists within a cell are parted by \"; \", " +
		"those of the same things in the same order; what there is none of is (none).\n")
	for _, list := range []struct {
		title   string
		columns []reportinventory.Column
	}{{"Users", reportinventory.UserColumns()}, {"Roles", reportinventory.RoleColumns()}, {"Groups", reportinventory.GroupColumns()}} {
		fmt.Fprintf(&b, "\n%s:\n", list.title)
		for _, c := range list.columns {
			line := "  " + c.Name
			if c.Doc != "" {
				line += strings.Repeat(" ", max(1, 30-len(c.Name))) + c.Doc
			}
			b.WriteString(line + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func runInventory(ctx context.Context, sys system, flags *inventoryFlags, set *pflag.FlagSet) error {
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.check(set); err != nil {
		return err
	}
	if !flags.users && !flags.roles && !flags.groups {
		flags.users = true
	}
	if err := flags.list.open(sys, flags.silent(set)); err != nil {
		return err
	}
	if err := checkCSV(flags.list.formats(), flags.bom, flags.users, flags.roles, flags.groups); err != nil {
		return err
	}
	save, err := sys.files.Create("--save", flags.save)
	if err != nil {
		return err
	}
	defer frugal(100, room)()
	var i *inventory.Inventory
	var snapshot *account.Snapshot
	err = reading(ctx, sys, c, &flags.readFlags, set, "taking the inventory", func(ctx context.Context, from source, _ func(string)) (err error) {
		i, snapshot, err = takeInventory(ctx, c, flags, from)
		return err
	})
	if err != nil {
		return err
	}
	save.Writes(snapshot.Write)
	options := sys.options(c, flags.verbose)
	options.BOM = flags.bom
	if err := flags.list.write(ctx, sys, i, options); err != nil {
		return err
	}
	if !i.Whole() {
		return verdictError(statusUnknown)
	}
	return nil
}

// takeInventory reads what the inventory needs, and makes it.
func takeInventory(ctx context.Context, c *config.Config, flags *inventoryFlags, from source) (*inventory.Inventory, *account.Snapshot, error) {
	options := inventory.Options{
		Tool:  tool(),
		Users: flags.users, Roles: flags.roles, Groups: flags.groups,
		Depth: c.Depth, Offline: flags.from != "", Interrupted: interrupted(ctx),
	}
	snapshot, err := from(ctx, inventory.Sections(options), func(s *account.Snapshot) []account.Want {
		wants, _ := work(ctx, judging, func() []account.Want { return inventory.Wants(s, options) })
		return wants
	})
	if err != nil {
		return nil, nil, err
	}
	i, err := work(ctx, judging, func() *inventory.Inventory {
		i, _ := inventory.Of(snapshot, options)
		return i
	})
	return i, snapshot, err
}

// checkCSV refuses several lists in a CSV file, and its mark in none.
func checkCSV(formats []string, bom bool, asked ...bool) error {
	lists := 0
	for _, is := range asked {
		if is {
			lists++
		}
	}
	csv := slices.Contains(formats, "csv")
	switch {
	case csv && lists > 1:
		return usagef("run it once for each list, or choose another format", "got CSV and %d of --users, --roles and --groups, want one: a CSV file has one kind of row", lists)
	case bom && !csv:
		return usagef("-f csv, or -o FILE.csv", "got --bom without CSV, want a CSV file that begins with the mark")
	}
	return nil
}
