package main

import (
	"context"
	"errors"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
	"sekisho/config"
	reportaccess "sekisho/report/access"
)

func accessCommand(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "access",
		Short: "Tell who can become whom, and who can do what",
		Long: "Tell how the users and roles of an account can act as others, or make the rights of others their own. What is told follows from all " +
			"policies together, as AWS evaluates them.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("", "got no command, want sekisho access paths, can or who-can")
		},
	}
	cmd.AddCommand(accessPathsCommand(sys), accessCanCommand(sys), accessWhoCanCommand(sys))
	return cmd
}

// pathsFlags are the flags that are no settings; the others reach config by name.
type pathsFlags struct {
	readFlags
	to           string
	organization organizationFlags
	answer       result[reportaccess.Paths]
}

func accessPathsCommand(sys system) *cobra.Command {
	var flags pathsFlags
	cmd := &cobra.Command{
		Use:   "paths [PRINCIPAL...]",
		Short: "List the ways in which users and roles become administrators, or others",
		Long: "List, for each user and role, the shortest way to an administrator's rights, or to acting as the user or role that --to names, step by step: whom it acts as, by which actions, and the " +
			"statements that allow them. Ways that surely work come first, short ones before long ones; those that hang on something of which IAM says nothing " +
			"are called possible. Who is an administrator already, or can't become one, is counted, and listed where named. A PRINCIPAL is user/NAME, " +
			"role/NAME or an ARN. The organization's policies count where --scp and --rcp name them, and those above an account of a run; an administrator is then who may do all that they leave. Only reads. In a picture (html, dot, mermaid) what is only possible is dashed. Exit status: 0 all that was asked is known, whatever " +
			"it is; 1 it could not be told; 2 wrong usage, or a PRINCIPAL that is not there; 4 something that was to be read is not known.",
		Example: "  sekisho access paths --demo\n  sekisho access paths user/alice --profile prod\n  sekisho access paths --to role/deploy --from today.json\n  sekisho access paths --from today.json --scp root.json --scp ou.json,account.json\n  sekisho access paths --from RUN --account 123456789012\n  sekisho access paths --from today.json -f dot | dot -Tsvg > ways.svg",
		Args:    func(_ *cobra.Command, names []string) error { return checkPrincipals(names...) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&flags.to, "to", anAdmin, "find the ways to `TARGET`: admin, user/NAME, role/NAME or the ARN of one")
	flags.organization.bind(f)
	flags.bind(f, "look at")
	flags.bindAccount(f)
	flags.answer.bind(f, reportaccess.Formats(), "the ways")
	bindConfig(f, &flags.config)
	flags.bindLimits(f, "the ways")
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		return runAccessPaths(cmd.Context(), sys, &flags, cmd.Flags(), names)
	}
	return cmd
}

// anAdmin is the target that is no user and no role.
const anAdmin = "admin"

var principalName = regexp.MustCompile(`^(arn:[a-z-]+:iam::[0-9]{12}:)?(user|role)/.`)

func checkPrincipals(names ...string) error {
	for _, name := range names {
		if !principalName.MatchString(name) {
			return usagef("a user's sessions are its own, and a role's are the role's", "got the principal %q, want user/NAME, role/NAME or the ARN of one", name)
		}
	}
	return nil
}

// accessSections are what the ways hang on.
var accessSections = []account.Section{
	account.AccountSummarySection, account.AuthorizationDetailsSection, account.CredentialReportSection, account.OIDCProvidersSection,
	account.OrganizationsFeaturesSection, account.PasswordPolicySection, account.SAMLProvidersSection, account.VirtualMFADevicesSection,
}

func runAccessPaths(ctx context.Context, sys system, flags *pathsFlags, set *pflag.FlagSet, names []string) error {
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.check(set); err != nil {
		return err
	}
	target := flags.to
	switch {
	case target == anAdmin:
		target = ""
	case !principalName.MatchString(target):
		return usagef("", "--to: got %q, want admin, user/NAME, role/NAME or the ARN of one", target)
	}
	if err := flags.answer.open(sys, flags.silent(set)); err != nil {
		return err
	}
	var organization policy.Policies
	files, err := flags.organization.files(&organization)
	if err == nil {
		_, err = loadPolicies(ctx, sys, policyFlags{}, nil, files...)
	}
	if err != nil {
		return err
	}
	ascents, err := judged(ctx, sys, c, &flags.readFlags, set, accessSections, func(x *access.Access) (*access.Ascents, error) {
		if len(files) > 0 {
			x.Guard(access.Guardrails{SCPs: organization.SCPs, RCPs: organization.RCPs})
		}
		return x.Ascents(names, target)
	})
	if err != nil {
		return err
	}
	if err := flags.answer.write(ctx, sys, reportaccess.Paths{Ascents: ascents, Tool: tool()}, sys.options(c, false)); err != nil {
		return err
	}
	if !ascents.Whole() {
		return verdictError(statusUnknown)
	}
	return nil
}

// judged reads an account from where the flags say, keeps it where they say, and asks what it holds.
func judged[T any](ctx context.Context, sys system, c *config.Config, flags *readFlags, set *pflag.FlagSet, sections []account.Section, ask func(*access.Access) (T, error)) (answer T, err error) {
	save, err := sys.files.Create("--save", flags.save)
	if err != nil {
		return answer, err
	}
	above, err := flags.openAccount(ctx, sys, c, set)
	if err != nil {
		return answer, err
	}
	var snapshot *account.Snapshot
	err = reading(ctx, sys, c, flags, set, "looking for the ways", func(ctx context.Context, from source, _ func(string)) (err error) {
		snapshot, err = from(ctx, sections, func(*account.Snapshot) []account.Want { return nil })
		return err
	})
	if err != nil {
		return answer, err
	}
	var refused error
	answer, err = work(ctx, judging, func() (answer T) {
		x := access.New(account.New(snapshot))
		x.Guard(above)
		answer, refused = ask(x)
		return answer
	})
	var nobody *access.NoPrincipalError
	switch {
	case err != nil:
		return answer, err
	case errors.As(refused, &nobody) && nobody.Nearest != "":
		return answer, usagef("did you mean "+nobody.Nearest+"?", "%w", refused)
	case refused != nil:
		return answer, usagef("sekisho inventory --users --roles lists them", "%w", refused)
	}
	save.Writes(snapshot.Write)
	return answer, nil
}
