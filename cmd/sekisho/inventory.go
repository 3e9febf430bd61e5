package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/framework"
	"sekisho/audit/inventory"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	ledger "sekisho/report/inventory"
)

// inventoryFlags are the flags that are no settings; the others reach config by name.
type inventoryFlags struct {
	tokenCode            string
	demo                 bool
	from, save           string
	format               string
	outputs              []string
	bom                  bool
	users, roles, groups bool
	config               string
	verbose              bool
	quiet                bool
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
	f.String("profile", "", "`NAME` of a profile of the AWS configuration files")
	f.String("region", "", "`REGION` of the endpoints")
	f.String("role-arn", "", "`ARN` of a role to assume")
	f.String("external-id", "", "`ID` that the role's trust policy asks for")
	f.String("mfa-serial", "", "`SERIAL` (ARN) of the MFA device to sign in with")
	f.StringVar(&flags.tokenCode, "token-code", "", "`CODE` of the MFA device; asked for where it is missing")
	f.BoolVar(&flags.demo, "demo", false, "list the built-in demo account")
	f.StringVar(&flags.from, "from", "", "list what the snapshot in `FILE` holds, or a folder of answers of the aws command; ask AWS nothing")
	f.StringVar(&flags.save, "save", "", "write the snapshot to `FILE`")
	f.StringVarP(&flags.format, "format", "f", "table", "`FORMAT` of the ledger on stdout: "+strings.Join(ledger.FormatNames(), ", "))
	f.StringArrayVarP(&flags.outputs, "output", "o", nil, "write the ledger to `[FORMAT:]FILE` too (repeatable)")
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, by which Excel knows that it is UTF-8")
	f.String("depth", "", "`DEPTH`: standard (no call for a single user whom the answers for all tell of), deep or auto (default: deep for up to "+
		strconv.Itoa(audit.AutoDeepUsers)+" users)")
	f.StringVar(&flags.config, "config", "", "configuration `FILE`, as of audit --config")
	f.String("timeout", "", "give up after `DURATION`, such as 90s or 1h (default 10m)")
	f.String("max-rps", "", "send at most `N` requests a second (default: no limit)")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "in a table, all that is known of each row, a line each")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "print nothing but errors; the ledger only where --format asks for it")
	f.Bool("no-color", false, "no colours")
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
	c, err := inventoryConfig(sys, flags, set)
	if err != nil {
		return err
	}
	same := auditFlags{tokenCode: flags.tokenCode, demo: flags.demo, from: flags.from, save: flags.save, quiet: flags.quiet}
	if err := checkFlags(same, set); err != nil {
		return err
	}
	if !flags.users && !flags.roles && !flags.groups {
		flags.users = true
	}
	out, err := prepareInventory(sys, c, flags, set.Changed("format"))
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
	warnUseless(warn, same, set)
	i, snapshot, err := takeInventory(ctx, c, flags, chooseSource(sys, c, same, progress, warn))
	progress.end()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if terminal(sys.stderr) != nil && errors.Is(context.Cause(ctx), context.Canceled) {
			fmt.Fprintln(sys.stderr) // the terminal shows ^C, maybe behind a question
		}
		return whyInventoryEnded(ctx, c, err)
	}
	if err := out.write(i, snapshot); err != nil {
		return err
	}
	if !i.Whole() {
		return verdictError(statusUnknown)
	}
	return nil
}

// inventoryConfig gathers the settings. --format is no setting here: a ledger has other formats than a report.
func inventoryConfig(sys system, flags inventoryFlags, set *pflag.FlagSet) (*config.Config, error) {
	if set.Changed("config") && flags.config == "" {
		return nil, usagef("", "--config: got an empty name, want a file")
	}
	settings := pflag.NewFlagSet("inventory", pflag.ContinueOnError)
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "format" {
			settings.AddFlag(flag)
		}
	})
	return config.Load(config.Sources{
		File: flags.config, Search: sys.configFiles, Environ: sys.environ, Flags: settings,
		Catalogue: rules.Catalogue(), Formats: report.FormatNames(), Frameworks: framework.IDs(), Now: sys.now,
	})
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

func whyInventoryEnded(ctx context.Context, c *config.Config, err error) error {
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return &hintError{fmt.Errorf("taking the inventory: not done after %s; nothing was written", c.Timeout), "raise --timeout; a large account that AWS throttles takes its time"}
	case ctx.Err() != nil:
		return errors.New("taking the inventory: interrupted; nothing was written")
	}
	return err
}

// inventoryOutputs are the places that a ledger goes to. The files are open already, under other names.
type inventoryOutputs struct {
	sys     system
	stdout  *ledger.Format // nil: nothing goes there
	options ledger.Options
	files   []inventoryFile
	save    *report.Pending // nil: the snapshot is not kept
}

type inventoryFile struct {
	format  ledger.Format
	pending *report.Pending
}

// prepareInventory opens every file of the run, so that one that can't be written is an error before AWS is asked anything.
func prepareInventory(sys system, c *config.Config, flags inventoryFlags, formatAsked bool) (out *inventoryOutputs, err error) {
	out = &inventoryOutputs{sys: sys, options: ledger.Options{
		Width: sys.tableWidth(), Color: sys.color(c.Output.Color), Verbose: flags.verbose, BOM: flags.bom,
	}}
	defer func() {
		if err != nil {
			out.abort()
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
		if flags.save != "" && samePath(o.Path, flags.save) {
			return out, usagef("give the snapshot a file of its own", "got --save and --output with the same file %q, want two", flags.save)
		}
		pending, err := report.Create(o.Path)
		if err != nil {
			return out, err
		}
		out.files = append(out.files, inventoryFile{format, pending})
	}
	if flags.bom && !csv {
		return out, usagef("-f csv, or -o FILE.csv", "got --bom without CSV, want a CSV file that begins with the mark")
	}
	if flags.save != "" {
		if out.save, err = report.Create(flags.save); err != nil {
			return out, err
		}
	}
	return out, nil
}

// write renders everything, then gives the files their names, then prints the ledger: whoever reads it may rely on the files.
func (o *inventoryOutputs) write(i *inventory.Inventory, s *account.Snapshot) error {
	plain := o.options
	plain.Width, plain.Color = plainWidth, false
	for _, f := range o.files {
		if err := f.format.Render(f.pending, i, plain); err != nil {
			return err
		}
	}
	if o.save != nil {
		if err := s.Write(o.save); err != nil {
			return fmt.Errorf("writing the snapshot: %w", err)
		}
	}
	for _, f := range o.files {
		if err := f.pending.Commit(); err != nil {
			return err
		}
	}
	if o.save != nil {
		if err := o.save.Commit(); err != nil {
			return err
		}
	}
	if o.stdout == nil {
		return nil
	}
	w := bufio.NewWriter(o.sys.stdout)
	if err := o.stdout.Render(w, i, o.options); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the ledger to stdout: %w", err)
	}
	return nil
}

// abort removes what has not got its name yet.
func (o *inventoryOutputs) abort() {
	for _, f := range o.files {
		f.pending.Abort()
	}
	if o.save != nil {
		o.save.Abort()
	}
}
