package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/inventory"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	ledger "sekisho/report/inventory"
)

// inventoryFlags are the flags that are no settings; the others reach config by name.
type inventoryFlags struct {
	readFlags
	format               string
	outputs              []string
	bom                  bool
	users, roles, groups bool
	config               string
	verbose              bool
}

func inventoryCommand(sys system) *cobra.Command {
	var flags inventoryFlags
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "List users with all their credentials, roles or groups",
		Long: "List the users of an AWS account with every credential: password, MFA devices, access keys, SSH keys, service-specific credentials and signing " +
			"certificates, and whether each is an administrator and held to MFA; or its roles, or its groups. Only reads. What isn't known is ? (null in JSON) " +
			"and has a note that says why. A deep run asks user by user, where there is something to ask. Exit status: 0 the ledger is whole, 1 it could " +
			"not be made, 2 wrong usage, 4 something that was to be read is not known.\n\n" + columnsHelp(),
		Example: "  sekisho inventory --demo\n  sekisho inventory --profile prod -o ledger.csv --bom\n  sekisho inventory --roles -f csv",
		Args:    noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&flags.users, "users", false, "list the users (without --roles and --groups they are listed anyway)")
	f.BoolVar(&flags.roles, "roles", false, "list the roles")
	f.BoolVar(&flags.groups, "groups", false, "list the groups")
	flags.bind(f, "list")
	f.StringVarP(&flags.format, "format", "f", "table", "`FORMAT` of the ledger on stdout: "+strings.Join(ledger.FormatNames(), ", "))
	f.StringArrayVarP(&flags.outputs, "output", "o", nil, "write the ledger to `[FORMAT:]FILE` too (repeatable)")
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	f.String("depth", "", "`DEPTH`: standard (no call for a single user whom the answers for all tell of), deep or auto (default: deep for up to "+
		strconv.Itoa(audit.AutoDeepUsers)+" users)")
	f.StringVar(&flags.config, "config", "", "configuration `FILE`, as of audit --config")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "in a table, all that is known of each row, a line each")
	flags.bindLimits(f, "the ledger")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runInventory(cmd.Context(), sys, flags, cmd.Flags())
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
		columns []ledger.Column
	}{{"Users", ledger.UserColumns()}, {"Roles", ledger.RoleColumns()}, {"Groups", ledger.GroupColumns()}} {
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

func runInventory(ctx context.Context, sys system, flags inventoryFlags, set *pflag.FlagSet) error {
	if err := namedFiles(set, map[string]string{"config": flags.config}); err != nil {
		return err
	}
	c, err := settingsOf(sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.check(set); err != nil {
		return err
	}
	if !flags.users && !flags.roles && !flags.groups {
		flags.users = true
	}
	out, err := prepareInventory(sys, c, flags, set.Changed("format"))
	if err != nil {
		return err
	}
	defer func() { out.files.abort() }()
	var i *inventory.Inventory
	var snapshot *account.Snapshot
	err = reading(ctx, sys, c, flags.readFlags, set, "taking the inventory", func(ctx context.Context, from source, _ func(string)) (err error) {
		i, snapshot, err = takeInventory(ctx, c, flags, from)
		return err
	})
	if err != nil {
		return err
	}
	if err := out.write(sys, i, snapshot); err != nil {
		return err
	}
	if !i.Whole() {
		return verdictError(statusUnknown)
	}
	return nil
}

// takeInventory reads what the ledger needs, and draws it up.
func takeInventory(ctx context.Context, c *config.Config, flags inventoryFlags, from source) (*inventory.Inventory, *account.Snapshot, error) {
	options := inventory.Options{
		Tool:  audit.Tool{Name: "sekisho", Version: version()},
		Users: flags.users, Roles: flags.roles, Groups: flags.groups,
		Depth: c.Depth, Offline: flags.from != "",
	}
	snapshot, err := from(ctx, inventory.Sections(options), func(s *account.Snapshot) []account.Want {
		_, wants := inventory.Of(s, options)
		return wants
	})
	if err != nil {
		return nil, nil, err
	}
	options.Enforcement, options.RoleAdmins = rules.Enforcement, roleAdmins
	i, open := inventory.Of(snapshot, options)
	if options.Offline && options.Depth == audit.DepthAuto && len(open) > 0 {
		// A saved answer can't be asked: what whoever saved it didn't look at isn't looked at now.
		options.Depth = audit.DepthStandard
		i, _ = inventory.Of(snapshot, options)
		i.Depth.Requested = audit.DepthAuto
	}
	return i, snapshot, nil
}

// roleAdmins is what the rules say of the roles, by ARN.
func roleAdmins(p *audit.Pass) map[string]inventory.Admin {
	admins := map[string]inventory.Admin{}
	for _, r := range rules.RoleAdmins(p) {
		admins[r.ARN] = inventory.Admin{Answer: r.Admin, Reason: r.Reason}
	}
	return admins
}

// inventoryOutputs are the places that a ledger goes to.
type inventoryOutputs struct {
	stdout  *ledger.Format // nil: nothing goes there
	options ledger.Options
	files   files
	ledgers []ledgerFile
	save    *outputFile
}

type ledgerFile struct {
	format ledger.Format
	file   *outputFile
}

func prepareInventory(sys system, c *config.Config, flags inventoryFlags, formatAsked bool) (out *inventoryOutputs, err error) {
	out = &inventoryOutputs{options: ledger.Options{
		Width: sys.tableWidth(), Color: sys.color(c.Output.Color), Verbose: flags.verbose, BOM: flags.bom,
	}}
	defer func() {
		if err != nil {
			out.files.abort()
		}
	}()
	lists := 0
	for _, is := range []bool{flags.users, flags.roles, flags.groups} {
		if is {
			lists++
		}
	}
	csv := false
	check := func(f ledger.Format) error {
		csv = csv || f.Name == "csv"
		if f.Name == "csv" && lists > 1 {
			return usagef("run it once for each list, or choose another format", "got CSV and %d of --users, --roles and --groups, want one: a CSV file has one kind of row", lists)
		}
		return nil
	}
	format, err := ledger.FormatNamed(flags.format)
	if err != nil {
		return out, usagef("", "--format: %w", err)
	}
	if !flags.quiet || formatAsked {
		if err := check(format); err != nil {
			return out, err
		}
		out.stdout = &format
	}
	list, err := report.ParseOutputs(flags.outputs)
	if err != nil {
		return out, usagef("", "--output: %w", err)
	}
	for _, o := range list {
		format, err := ledger.FormatNamed(o.Format.Name)
		if err != nil {
			return out, usagef("", "--output: %s: %w", o.Path, err)
		}
		if err := check(format); err != nil {
			return out, err
		}
		file, err := out.files.open("output", o.Path)
		if err != nil {
			return out, err
		}
		out.ledgers = append(out.ledgers, ledgerFile{format, file})
	}
	if flags.bom && !csv {
		return out, usagef("-f csv, or -o FILE.csv", "got --bom without CSV, want a CSV file that begins with the mark")
	}
	out.save, err = out.files.open("save", flags.save)
	return out, err
}

// write writes the files, then prints the ledger: whoever reads it may rely on the files.
func (o *inventoryOutputs) write(sys system, i *inventory.Inventory, s *account.Snapshot) error {
	plain := o.options
	plain.Width, plain.Color = plainWidth, false
	for _, f := range o.ledgers {
		f.file.write = func(w io.Writer) error { return f.format.Render(w, i, plain) }
	}
	o.save.write = s.Write
	if err := o.files.commit(); err != nil {
		return err
	}
	if o.stdout == nil {
		return nil
	}
	return sys.print("the ledger", func(w io.Writer) error { return o.stdout.Render(w, i, o.options) })
}
