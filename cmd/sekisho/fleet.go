package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/orgpolicy"
	"sekisho/config"
)

func fleetCommand(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "Audit all accounts of an organization, in one report",
		Long: "Audit the accounts of an organization, or accounts that are named by hand, each by a role in it, and make one report of all. sekisho fleet audit " +
			"does it in one go. Where that takes too long for one process, sekisho fleet plan writes down what is audited, sekisho fleet run audits a shard of " +
			"it, on as many machines as there are shards, and sekisho fleet merge makes the report. What is done stays done, in a folder or in a bucket of S3: a run that was interrupted is " +
			"run again, and goes on where it ended. An account that can't be audited is unknown, and stops no other.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef(cmd.CommandPath()+" --help shows its commands", "got no command, want one of audit, plan, run, merge, diff, inventory, offboard, manifest")
		},
	}
	cmd.AddCommand(fleetAuditCommand(sys), fleetPlanCommand(sys), fleetRunCommand(sys), fleetMergeCommand(sys), fleetDiffCommand(sys), fleetInventoryCommand(sys), fleetOffboardCommand(sys), fleetManifestCommand(sys))
	return cmd
}

// fleetSettings are the settings that accounts of a fleet are audited by. Where nobody says how deep, no account is
// asked user by user.
func fleetSettings(c *config.Config) *config.Config {
	if c.Depth == audit.DepthAuto {
		c.Depth = audit.DepthStandard
	}
	return c
}

// noSettings is a flag of the fleet that has the name of a setting and is another thing: a reference.
const noSettings = "external-id"

// fleetSettingsOf gathers the settings of a command of the fleet.
func fleetSettingsOf(ctx context.Context, sys system, file string, set *pflag.FlagSet) (*config.Config, error) {
	return settingsOf(ctx, sys, file, settingsIn(set, noSettings))
}

// recordedFleet are the settings of a manifest.
func recordedFleet(ctx context.Context, sys system, m *fleet.Manifest) (*config.Config, error) {
	sources := sys.sources(ctx, "")
	sources.Recorded = m.Configuration
	c, err := config.Load(sources)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	return fleetSettings(c), nil
}

// aboveAccounts says of each account of a run which policies of the organization are above it, and count.
func aboveAccounts(m *fleet.Manifest) func(id string) func(*audit.Options) {
	if m.Organization == nil {
		return func(string) func(*audit.Options) { return func(*audit.Options) {} }
	}
	parsed := orgpolicy.Parse(m.Organization)
	return func(id string) func(*audit.Options) {
		above := parsed.Above(id)
		return func(o *audit.Options) {
			o.Above = &audit.Above{Guardrails: above.Guardrails(), Notes: above.Notes()}
		}
	}
}

// openStore opens the folder of a run.
func openStore(name string) (*store.Folder, error) {
	folder, err := store.OpenFolder(name)
	if err != nil {
		return nil, usagef("name a folder of your own that nobody else may write to: chmod go-w takes others' leave away", "%w", err)
	}
	return folder, nil
}

// openRun opens a run and reads its manifest.
func openRun(ctx context.Context, open func() (*runStore, error), digest string) (*runStore, *fleet.Manifest, string, error) {
	run, err := open()
	if err != nil {
		return nil, nil, "", err
	}
	m, digest, err := fleet.ReadManifest(ctx, run, digest)
	var unusable *fleet.ManifestError
	switch {
	case errors.As(err, &unusable):
		run.close()
		return nil, nil, "", usagef("sekisho fleet plan -o "+run.String()+" writes one", "%w", err)
	case err != nil:
		run.close()
		return nil, nil, "", err
	}
	return run, m, digest, nil
}

// oneRun refuses all but one argument, the run.
func oneRun(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef(cmd.CommandPath()+" --help shows its flags", "got %d arguments, want one: the folder of the run, or s3://BUCKET/PREFIX", len(args))
	}
	return nil
}

// bindFolder adds a flag that names a run's folder.
func bindFolder(f *pflag.FlagSet, into *string, name, short, usage string) {
	f.StringVarP(into, name, short, "", usage)
	f.Lookup(name).Annotations = map[string][]string{ofFolder: {}}
}

// bindSignIn adds the flags that say who asks.
func bindSignIn(f *pflag.FlagSet) {
	f.String("profile", "", "`NAME` of a profile of the AWS configuration files")
	f.String("region", "", "`REGION` of the endpoints")
}
