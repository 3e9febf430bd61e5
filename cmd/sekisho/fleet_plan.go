package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/organization"
	"sekisho/config"
)

// fleetFlags say which accounts are audited, and how one gets into them.
type fleetFlags struct {
	config     string
	units      []string
	tags       []string
	profiles   string
	accounts   []string
	exclude    []string
	role       string
	externalID string
	shards     int
	demo       bool
	memberRoot bool
	ssoRegion  string
	people     bool // nothing is of interest but which accounts there are, and who is in Identity Center
}

// auditRole is the role that is assumed where none is named.
const auditRole = emulator.FleetRole

func (o *fleetFlags) bind(f *pflag.FlagSet) {
	o.bindChoice(f)
	f.BoolVar(&o.memberRoot, "member-root", false, "look which credentials root users of members have, in sessions as root (sts:AssumeRoot) that can do nothing else; they are privileged and logged in each member's CloudTrail")
	bindSignIn(f)
	bindConfig(f, &o.config)
}

// bindChoice adds the flags that choose accounts, and say how one gets into them.
func (o *fleetFlags) bindChoice(f *pflag.FlagSet) {
	f.StringArrayVar(&o.units, "ou", nil, "audit the accounts in a `UNIT` alone, by ID or path (Workloads/Production), and in those below it; repeatable")
	f.StringArrayVar(&o.tags, "tag", nil, "audit the accounts with the tag `KEY=VALUE` alone; repeated, with one of the values of each key. It takes a call an account")
	f.StringArrayVar(&o.accounts, "accounts", nil, "audit these accounts, `ID,ID…` or a file with one ID a line, and ask AWS Organizations nothing; repeatable")
	f.StringVar(&o.profiles, "profiles", "", "audit the accounts of the profiles of the AWS configuration files that `PATTERN` is like, such as 'prod-*', each with its own credentials, and ask AWS Organizations nothing")
	f.StringArrayVar(&o.exclude, "exclude", nil, "leave out accounts, `ID,ID…` or a file with one ID a line; repeatable")
	f.StringVar(&o.role, "role", auditRole, "`NAME` of the role that is assumed in each account, with its path, where fleet.roles names none; the caller's own account takes none")
	f.StringVar(&o.externalID, "external-id", "", "`WHERE` the external ID is found that the roles' trust policies ask for, env:NAME or file:PATH; never the ID itself")
	f.StringVar(&o.ssoRegion, "sso-region", "", "`REGION` where IAM Identity Center is at home (default: look for it in each Region that the account uses)")
}

func fleetPlanCommand(sys system) *cobra.Command {
	var flags fleetFlags
	var out string
	var reuse bool
	cmd := &cobra.Command{
		Use:   "plan -o RUN",
		Short: "Write down which accounts are audited, and by which settings",
		Long: "Read the organization, and write the manifest of a run into a folder: every account with its role, the settings, and the number of shards. It is " +
			"written once and never changed. RUN may be s3://BUCKET/PREFIX, which is tried first, and hold {date} and {env:NAME}. Its SHA-256 is printed; sekisho fleet run takes it with --manifest-sha256. Accounts that are suspended, closed or " +
			"excluded stand in it as not audited. Exit status: 0 written, 1 it could not be made, 2 wrong usage, or another manifest is there already.",
		Example: "  sekisho fleet plan -o /var/lib/sekisho/2026-11-29 --shards 20\n  sekisho fleet plan -o run --ou Workloads --role audit/SekishoAudit\n  sekisho fleet plan -o s3://example-runs/{date} --shards 20\n  sekisho fleet plan -o run --accounts accounts.txt --external-id env:EXTERNAL_ID",
		Args:    noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&flags.demo, "demo", false, "plan an audit of the built-in demo organization")
	bindFolder(f, &out, "output", "o", "write the manifest into the folder `RUN`, which is made where it is not there, or s3://BUCKET/PREFIX")
	flags.bind(f)
	bindStorage(f)
	f.IntVar(&flags.shards, "shards", 1, "part the accounts into `N` shards")
	f.BoolVar(&reuse, "reuse", false, "take a manifest of the same settings that is there already")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runFleetPlan(cmd.Context(), sys, &flags, cmd.Flags(), out, reuse)
	}
	return cmd
}

func runFleetPlan(ctx context.Context, sys system, flags *fleetFlags, set *pflag.FlagSet, out string, reuse bool) error {
	c, err := fleetSettingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if !set.Changed("output") {
		return usagef("", "got no --output, want the folder of the run")
	}
	if err := flags.check(); err != nil {
		return err
	}
	hub, stop, err := flags.signIn(ctx, sys, c)
	defer stop()
	if err != nil {
		return err
	}
	run, err := flags.open(ctx, sys, c, out, hub)
	if err != nil {
		return err
	}
	defer run.close()
	m, digest, err := flags.planned(ctx, sys, c, hub, run, reuse)
	if err != nil {
		return err
	}
	audited := 0
	for _, a := range m.Accounts {
		if a.NotAudited == "" {
			audited++
		}
	}
	_, err = fmt.Fprintf(sys.stdout, "%s  %s: %d accounts to audit, %d not, %d shards\n", digest, run, audited, len(m.Accounts)-audited, m.Shards)
	return err
}

// planned is the manifest of a run. One that is there already and may be taken is looked for first: where each process of
// many plans before it runs, the organization is read once.
func (o *fleetFlags) planned(ctx context.Context, sys system, c *config.Config, hub *collect.Session, run *runStore, reuse bool) (*fleet.Manifest, string, error) {
	if reuse {
		if there, digest, err := fleet.ReadManifest(ctx, run, ""); err == nil {
			choice, err := o.choice(ctx, sys, c)
			if err != nil {
				return nil, "", err
			}
			_, hash, err := recorded(c)
			if err != nil {
				return nil, "", err
			}
			return there, digest, reusable(run, there, &fleet.Manifest{ConfigurationSHA256: hash, Shards: o.shards, Choice: choice})
		}
	}
	m, err := o.manifest(ctx, sys, c, hub)
	if err != nil {
		return nil, "", err
	}
	digest, err := putManifest(ctx, run, m, reuse)
	return m, digest, err
}

// recorded are the settings that a manifest holds, and their SHA-256.
func recorded(c *config.Config) (settings []byte, hash string, err error) {
	settings, err = c.Record("aws.", "fail_on", "output.")
	if err != nil {
		return nil, "", err
	}
	hash, err = fleet.ConfigurationDigest(settings)
	return settings, hash, err
}

// reusable reports why the manifest that is there is not the one that is wanted: it has other settings, or leaves out an
// account that is there by now, of which nobody would hear.
func reusable(s store.Store, there, wanted *fleet.Manifest) error {
	switch {
	case there.ConfigurationSHA256 != wanted.ConfigurationSHA256 || there.Shards != wanted.Shards:
		return usagef("name another folder", "%s holds the manifest of a run with other settings, or another number of shards", s)
	case !there.Choice.Same(wanted.Choice):
		return usagef("name another folder", "%s holds the manifest of a run that chose accounts, or their roles, in another way", s)
	}
	audited := there.Of(-1)
	for _, a := range wanted.Of(-1) {
		if !slices.ContainsFunc(audited, func(b fleet.Account) bool { return a.ID == b.ID }) {
			return usagef("name another folder, or audit and merge that run as it is: sekisho fleet run, sekisho fleet merge", "%s holds the manifest of a run that does not audit the account %s", s, a.ID)
		}
	}
	return nil
}

// open opens where a run is to be kept, and tries whether it can be. That of a demo goes with the demo.
func (o *fleetFlags) open(ctx context.Context, sys system, c *config.Config, name string, hub *collect.Session) (*runStore, error) {
	if o.demo && strings.HasPrefix(name, "s3://") {
		return nil, usagef("", "got --demo and %s, want a folder", name)
	}
	run, err := openRunStore(ctx, sys, c, name, func() (*collect.Session, error) { return hub, nil })
	if err != nil {
		return nil, err
	}
	if err := run.probe(ctx); err != nil {
		run.close()
		return nil, err
	}
	return run, nil
}

// putManifest writes a manifest where there is none, or takes one of the same settings that is there.
func putManifest(ctx context.Context, s store.Store, m *fleet.Manifest, reuse bool) (digest string, err error) {
	text, digest, err := m.Encode()
	if err != nil {
		return "", err
	}
	err = s.Put(ctx, fleet.ManifestKey, text)
	if !errors.Is(err, store.ErrExists) {
		return digest, err
	}
	there, digest, err := fleet.ReadManifest(ctx, s, "")
	var unusable *fleet.ManifestError
	switch {
	case errors.As(err, &unusable):
		return "", usagef("name another folder", "%w", err)
	case err != nil:
		return "", err
	case !reuse:
		return "", usagef("name another folder, or take that run up again with --reuse", "%s holds the manifest of the run %s already", s, there.RunID)
	}
	return digest, reusable(s, there, m)
}

// fleetConnections bounds the connections to one host, which all accounts share.
const fleetConnections = 96

// actions are all that may be called from the hub's own account to read the organization.
func (o *fleetFlags) actions() []string {
	actions := append(organization.Actions(), organization.CenterActions()...)
	if o.memberRoot {
		actions = append(actions, organization.AssumeRootAction)
	}
	return append(actions, organization.TagsAction) // which is called where somebody chooses by tags
}

// signIn signs in to the account from which all others are reached. stop is never nil.
func (o *fleetFlags) signIn(ctx context.Context, sys system, c *config.Config) (hub *collect.Session, stop func(), err error) {
	stop = func() {}
	options := collect.Options{
		Profile: c.AWS.Profile, Region: c.AWS.Region, Prompt: sys.prompt(nil), MFASerial: c.AWS.MFASerial, RoleARN: c.AWS.RoleARN, ExternalID: c.AWS.ExternalID,
		Allowed: o.actions(), MaxRPS: c.MaxRPS, Now: sys.now, Connections: fleetConnections,
		MaxAnswer: int64(c.Collect.MaxAnswerMiB) << 20, TolerateAbsent: c.Collect.TolerateAbsent,
	}
	if o.demo {
		served, err := emulator.NewOrganization(emulator.DemoOrganization(sys.now()))
		if err != nil {
			return nil, stop, err
		}
		endpoint, end, err := served.Start()
		if err != nil {
			return nil, stop, err
		}
		stop = end
		options = atEmulator(endpoint, options)
	} else if err := sys.readsAWS(); err != nil {
		return nil, stop, err
	}
	if o.profiles != "" {
		names, err := matching(ctx, sys, o.profiles)
		if err != nil {
			return nil, stop, err
		}
		options.Profile, options.RoleARN, options.ExternalID, options.MFASerial = names[0], "", "", ""
	}
	hub, err = collect.SignIn(ctx, options)
	return hub, stop, err
}

// manifest writes down what is audited.
func (o *fleetFlags) manifest(ctx context.Context, sys system, c *config.Config, hub *collect.Session) (*fleet.Manifest, error) {
	choice, err := o.choice(ctx, sys, c)
	if err != nil {
		return nil, err
	}
	m := &fleet.Manifest{
		Schema: fleet.ManifestSchema, RunID: rand.Text(), MadeAt: hub.TakenAt, Tool: tool(), Demo: o.demo, Caller: hub.Caller.ARN, Shards: o.shards, Choice: choice,
	}
	settings, hash, err := recorded(c)
	if err != nil {
		return nil, err
	}
	m.Configuration, m.ConfigurationSHA256 = settings, hash
	if o.profiles != "" {
		if m.Accounts, err = o.ofProfiles(ctx, sys, c, hub); err != nil {
			return nil, err
		}
	} else if len(o.accounts) > 0 {
		for _, id := range choice.Accounts {
			m.Accounts = append(m.Accounts, fleet.Account{ID: id})
		}
	} else if err := o.organization(ctx, sys, c, hub, m); err != nil {
		return nil, err
	}
	for i := range m.Accounts {
		a := &m.Accounts[i]
		if slices.Contains(choice.Exclude, a.ID) {
			a.NotAudited = fleet.Excluded
		}
		if a.ID == hub.Caller.AccountID || a.Profile != "" {
			continue
		}
		var ids []string
		if m.Organization != nil {
			ids, _ = m.Organization.Path(a.ID)
		}
		a.Role, a.ExternalID = fleet.RoleARN(cmp.Or(fleet.RoleOf(c.Fleet.Roles, *a, ids), o.role), hub.Caller.Partition, a.ID), o.externalID
		if role, err := account.ParseARN(a.Role); a.NotAudited == "" && (err != nil || role.Account != a.ID) {
			return nil, usagef("{account} stands for the account's number", "fleet.roles: got %s for the account %s, want a role of its own", a.Role, a.ID)
		}
	}
	slices.SortFunc(m.Accounts, func(x, y fleet.Account) int { return strings.Compare(x.ID, y.ID) })
	m.Accounts = slices.CompactFunc(m.Accounts, func(x, y fleet.Account) bool { return x.ID == y.ID })
	if len(m.Of(-1)) == 0 {
		return nil, usagef("", "no account is left to audit: want one at least")
	}
	if o.memberRoot {
		return m, hub.MemberRoots(ctx, m.Organization, membersOf(m), rootsAtOnce)
	}
	return m, nil
}

// manyCalls is how many calls somebody is told of before they are made.
const manyCalls = 100

// center says how Identity Center is read.
func (o *fleetFlags) center(sys system, c *config.Config) collect.CenterOptions {
	return collect.CenterOptions{Region: o.ssoRegion, PeopleAlone: o.people, Most: c.Fleet.MaxAssignmentCalls, Tell: func(cost organization.AssignmentCost) {
		switch {
		case cost.Calls > cost.Most:
			sys.warn(fmt.Sprintf("the assignments of Identity Center are not read: they take %d calls of %s, and fleet.max_assignment_calls allows %d", cost.Calls, cost.Action, cost.Most))
		case cost.Calls > manyCalls:
			sys.warn(fmt.Sprintf("the assignments of Identity Center take %d calls of %s", cost.Calls, cost.Action))
		}
	}}
}

// rootsAtOnce is in how many members root is asked at a time.
const rootsAtOnce = 20

// membersOf are the accounts to audit but the one that manages the organization, whose root AWS makes no sessions of.
func membersOf(m *fleet.Manifest) []string {
	var ids []string
	for _, a := range m.Of(-1) {
		if a.ID != m.Organization.Organization.Value.ManagementAccount {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

var (
	reference = regexp.MustCompile(`^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$`)
	wantedTag = regexp.MustCompile(`^[^=]+=`)
)

// check refuses what can't work before anybody is asked.
func (o *fleetFlags) check() error {
	switch {
	case o.externalID != "" && !reference.MatchString(o.externalID):
		return usagef("put it into a variable or a file, and name that: env:EXTERNAL_ID, file:/etc/sekisho/external-id", "--external-id: got the ID itself, want where it is found")
	case slices.ContainsFunc(o.tags, func(tag string) bool { return !wantedTag.MatchString(tag) }):
		return usagef("", "--tag: got %q, want KEY=VALUE", o.tags)
	case o.ssoRegion != "" && !collect.IsRegion(o.ssoRegion):
		return usagef("", "--sso-region: got %q, want a Region such as eu-central-1", o.ssoRegion)
	case o.ssoRegion != "" && len(o.accounts) > 0:
		return usagef("leave one of them out", "got --accounts and --sso-region, want an organization, of which --accounts asks nothing")
	case o.shards < 1 || o.shards > 10_000:
		return usagef("", "--shards: got %d, want 1 to 10000", o.shards)
	case len(o.accounts) > 0 && o.memberRoot:
		return usagef("leave one of them out", "got --accounts and --member-root, want members of the organization, which AWS Organizations tells")
	case o.profiles != "" && (o.demo || o.memberRoot || o.ssoRegion != "" || len(o.accounts)+len(o.units)+len(o.tags) > 0):
		return usagef("leave the others out", "got --profiles and --demo, --accounts, --ou, --tag, --sso-region or --member-root, want one way to choose")
	case len(o.accounts) > 0 && len(o.units)+len(o.tags) > 0:
		return usagef("leave one of them out", "got --accounts and --ou or --tag, want one way to choose")
	}
	return checkRole(o.role)
}

func checkRole(name string) error {
	if fleet.CheckRole(name) != nil || strings.HasPrefix(name, "arn:") {
		return usagef("", "--role: got %q, want the name of a role, with its path", name)
	}
	return nil
}
