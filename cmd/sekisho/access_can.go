package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
	reportaccess "sekisho/report/access"
)

// askFlags are the flags of the commands that ask an account for requests.
type askFlags struct {
	readFlags
	partFlags
	resource, mfa string
	context       contextFlag // of one who is asked about
}

func (a *askFlags) bind(f *pflag.FlagSet) {
	f.StringVar(&a.resource, "resource", "", "`ARN` of the resource, or * for a call without one (default: whichever the policies leave open)")
	f.StringVar(&a.mfa, "mfa", "", "`STATE` of MFA, as users come: absent (with an access key), false (in a session without MFA) or true (with MFA); default: each. A role's sessions have none")
	a.partFlags.bind(f, "; with the ARN of the resource, which tells whether it is another account's")
}

// requests checks the flags, reads the policies that they name and makes a request of each action.
func (a *askFlags) requests(ctx context.Context, sys system, set *pflag.FlagSet, actions []string) (list []access.Request, err error) {
	if err := a.check(set); err != nil {
		return nil, err
	}
	switch {
	case a.mfa != "" && !slices.Contains(mfaStates, a.mfa):
		return nil, usagef("", "--mfa: got %q, want absent, false or true", a.mfa)
	case set.Changed("resource") && a.resource != "*" && !strings.HasPrefix(a.resource, "arn:"):
		return nil, usagef("an ARN begins with arn:", "--resource: got %q, want an ARN or *", a.resource)
	case a.resourcePolicy != "" && a.resource == "":
		return nil, usagef("--resource names it", "got --resource-policy without --resource, want both")
	}
	if err := namedFiles(set, map[string]string{"resource-policy": a.resourcePolicy}); err != nil {
		return nil, err
	}
	request := access.Request{Resource: a.resource, MFA: a.mfa}
	if len(a.context) > 0 {
		request.Context = policy.NewContext(policy.Unknown)
	}
	if err := a.context.set(request.Context, ofCaller); err != nil {
		return nil, err
	}
	files, err := a.files(&request.Set)
	if err == nil && len(files) > 0 {
		_, err = loadPolicies(ctx, sys, policyFlags{}, nil, files...)
	}
	if err != nil {
		return nil, err
	}
	for _, action := range actions {
		request.Action = canonical(action)
		list = append(list, request)
	}
	return list, nil
}

// ofCaller refuses a context key that who asks, and how they come, says already.
func ofCaller(key string) error {
	switch key {
	case "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", "aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage":
		return usagef("PRINCIPAL says who asks, and --mfa how users come", "--context: got %s, which follows from who asks and how they come", key)
	}
	return nil
}

var mfaStates = []string{"absent", "false", "true"}

// canonical is an action as the catalogue spells it.
func canonical(action string) string {
	c := policy.Actions()
	number, _ := c.Number(action)
	return c.Names[number]
}

// checkActions refuses what isn't one action each of AWS's.
func checkActions(actions ...string) error {
	for _, action := range actions {
		if !policy.IsAction(action) {
			return usagef("", "got the action %q, want one, such as s3:GetObject", action)
		}
		if err := checkAction("the action", action, ""); err != nil {
			return err
		}
	}
	return nil
}

func accessCanCommand(sys system) *cobra.Command {
	var flags askFlags
	var answer result[reportaccess.Can]
	cmd := &cobra.Command{
		Use:   "can PRINCIPAL ACTION",
		Short: "Say whether a user or role may do something, and by which statement",
		Long: "Say whether the policies of an account allow a user or role an action: with an access key, in a session that the key gives, with a password, and with MFA, or in a session " +
			"of the role; by which statement of which policy, and who has that. Without --resource it is asked for whichever resource the policies leave open. What AWS takes from other " +
			"policies counts where flags name them, and of an account of a run those of the organization above it; the trust policies of the account's roles always do. A PRINCIPAL is user/NAME, role/NAME or an ARN. Only reads. " +
			"Exit status: 0 allowed in some way; 3 denied in each; 4 it depends on a condition key, or is not known; 1 it could not be told; 2 wrong usage, an action that AWS does not have, or a " +
			"PRINCIPAL that is not there.",
		Example: "  sekisho access can user/alice s3:GetObject --resource arn:aws:s3:::releases/v1 --resource-policy bucket.json --context aws:SourceIp=192.0.2.1\n" +
			"  sekisho access can role/deploy iam:PassRole --from today.json --scp root.json --scp ou.json\n" +
			"  sekisho access can user/alice iam:CreateUser --from RUN --account 123456789012",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("sekisho access who-can finds everybody", "got %d arguments, want PRINCIPAL and ACTION", len(args))
			}
			if err := checkPrincipals(args[0]); err != nil {
				return err
			}
			return checkActions(args[1])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.bind(f)
	flags.context.bind(f)
	flags.bindSession(f)
	flags.readFlags.bind(f, "look at")
	flags.bindAccount(f)
	answer.bind(f, reportaccess.CanFormats(), "the answer")
	bindConfig(f, &flags.config)
	flags.bindLimits(f, "the answer")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runAccessCan(cmd.Context(), sys, &flags, cmd.Flags(), &answer, args[0], args[1])
	}
	return cmd
}

func runAccessCan(ctx context.Context, sys system, flags *askFlags, set *pflag.FlagSet, answer *result[reportaccess.Can], name, action string) error {
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if isUser := strings.Contains(name, "user/"); isUser && len(flags.sessions) > 0 {
		return usagef("a session with a policy is a role's", "got --session-policy with a user, want either")
	} else if !isUser && flags.mfa != "" {
		return usagef("a role's sessions have no MFA keys, however they began", "got --mfa with a role, want either")
	}
	requests, err := flags.requests(ctx, sys, set, []string{action})
	if err != nil {
		return err
	}
	if err := answer.open(sys, flags.silent(set)); err != nil {
		return err
	}
	sections := []account.Section{account.AuthorizationDetailsSection}
	if requests[0].Action == "iam:ChangePassword" { // which that section may grant
		sections = append(sections, account.PasswordPolicySection)
	}
	can, err := judged(ctx, sys, c, &flags.readFlags, set, sections, func(x *access.Access) (*access.Answers, error) { return x.Can(name, requests[0]) })
	if err != nil {
		return err
	}
	if err := answer.write(ctx, sys, reportaccess.Can{Answers: can, Tool: tool()}, sys.options(c, false)); err != nil {
		return err
	}
	switch best := can.List[0].Best(); {
	case best == nil || best.Result == policy.Depends:
		return verdictError(statusUnknown)
	case best.Result != policy.Allowed:
		return verdictError(statusFinding)
	case len(can.Gaps) > 0:
		return verdictError(statusUnknown)
	}
	return nil
}

func accessWhoCanCommand(sys system) *cobra.Command {
	var flags askFlags
	var answer result[reportaccess.WhoCan]
	cmd := &cobra.Command{
		Use:   "who-can ACTION...",
		Short: "List all users and roles that can do something, by themselves or through others",
		Long: "List, for each action, the users and roles of an account that can do it: by their own policies first; then those who can act as somebody who can, or change what policies say, with " +
			"the shortest way step by step; then those for whom it hangs on something of which IAM says nothing, or on a condition key; and those of whom nothing can be said. Without " +
			"--resource it is asked for whichever resource the policies leave open. Policies that flags name count as in AWS, those of the organization in each step. Only reads. Exit " +
			"status: 0 all that was asked is known, whatever it is; 1 it could not be told; 2 wrong usage, or an action that AWS does not have; 4 something that was to be read is not known.",
		Example: "  sekisho access who-can s3:DeleteBucket --demo\n" +
			"  sekisho access who-can kms:Decrypt --resource arn:aws:kms:eu-west-1:123456789012:key/KEY --resource-policy key.json\n" +
			"  sekisho access who-can iam:CreateAccessKey --mfa absent --from today.json -f dot | dot -Tsvg > who.svg",
		Args: func(_ *cobra.Command, actions []string) error {
			if len(actions) == 0 {
				return usagef("for example sekisho access who-can s3:DeleteBucket", "got no ACTION, want one")
			}
			return checkActions(actions...)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	flags.bind(f)
	flags.readFlags.bind(f, "look at")
	flags.bindAccount(f)
	answer.bind(f, reportaccess.WhoCanFormats(), "who can")
	bindConfig(f, &flags.config)
	flags.bindLimits(f, "who can")
	cmd.RunE = func(cmd *cobra.Command, actions []string) error {
		return runAccessWhoCan(cmd.Context(), sys, &flags, cmd.Flags(), &answer, actions)
	}
	return cmd
}

func runAccessWhoCan(ctx context.Context, sys system, flags *askFlags, set *pflag.FlagSet, answer *result[reportaccess.WhoCan], actions []string) error {
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	requests, err := flags.requests(ctx, sys, set, actions)
	if err != nil {
		return err
	}
	if err := answer.open(sys, flags.silent(set)); err != nil {
		return err
	}
	who, err := judged(ctx, sys, c, &flags.readFlags, set, accessSections, func(x *access.Access) (list []*access.Answers, _ error) {
		for _, r := range requests {
			list = append(list, x.WhoCan(r))
		}
		return list, nil
	})
	if err != nil {
		return err
	}
	if err := answer.write(ctx, sys, reportaccess.WhoCan{List: who, Tool: tool()}, sys.options(c, false)); err != nil {
		return err
	}
	if slices.ContainsFunc(who, func(a *access.Answers) bool { return !a.Whole() }) {
		return verdictError(statusUnknown)
	}
	return nil
}
