package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/mfapolicy"
	reportpolicy "sekisho/report/policy"
	"sekisho/report/saved"
)

// policyName is a name that AWS takes for a policy and that means nothing more to Terraform or CloudFormation (IAM API
// reference, CreatePolicy, less +=,.@).
var policyName = regexp.MustCompile(`^[A-Za-z_][\w-]{0,127}$`)

// Values of --device-name.
const (
	anyName = "any"
	ownName = "username"
)

func policyNewCommand(sys system) *cobra.Command {
	var wish mfapolicy.Wish
	var device, name string
	answer := result[reportpolicy.Written]{fresh: true}
	cmd := &cobra.Command{
		Use:   "new --self-manage KINDS",
		Short: "Write a policy that asks for MFA and lets people manage their own credentials",
		Long: "Write the policy of a group whose members must use MFA: until they have signed in with it they can enrol a device and nothing else, with it they " +
			"manage those of their own credentials that --self-manage names. It takes rights away that other policies give without MFA, and gives none but " +
			"these. Before it is printed it is proved by the same judge as sekisho policy: by itself and beside all rights, both ways in are enforced, " +
			"enrolment is possible if mfa is managed, and each action of AWS is allowed on one's own user or device as asked for, and on nothing else. No AWS is asked. " +
			"Try it on an account with sekisho whatif before you attach it. Exit status: 0 written; 2 wrong usage, or the file is there already; 1 it could not be written.",
		Example: "  sekisho policy new --self-manage mfa,password,access-keys,git-credentials -o mfa.json\n" +
			"  sekisho policy new --self-manage mfa --first-sign-in --except-machines tag:kind=machine -f terraform > mfa.tf",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case device != anyName && device != ownName:
				return usagef("", "--device-name: got %q, want %s or %s", device, anyName, ownName)
			case !policyName.MatchString(name):
				return usagef("", "--name: got %q, want letters, digits, _ and -, at most 128", name)
			}
			wish.OwnName = device == ownName
			if err := wish.Validate(); err != nil {
				return usagef("sekisho policy new --help tells the kinds and the exceptions", "%w", err)
			}
			return runPolicyNew(cmd.Context(), sys, wish, name, &answer)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&wish.Manage, "self-manage", []string{mfapolicy.MFA}, "`KINDS` of credentials that users manage for themselves: "+strings.Join(mfapolicy.Kinds(), ", "))
	f.BoolVar(&wish.FirstSignIn, "first-sign-in", false, "let users change the password without MFA, as the first sign-in may demand before a device can be enrolled")
	f.StringVar(&device, "device-name", anyName, "`NAME` of virtual devices: "+anyName+", or "+ownName+", which must be the user's, and leaves room for one")
	f.StringArrayVar(&wish.Except, "except-machines", nil, "`USERS` of machines, whom it gives nothing and asks for nothing: a name with * and ?, or tag:KEY=VALUE (repeatable)")
	f.StringVar(&wish.Partition, "partition", mfapolicy.Partitions()[0], "`PARTITION` of the account: "+strings.Join(mfapolicy.Partitions(), ", "))
	f.StringVar(&name, "name", "ManageOwnCredentialsWithMFA", "`NAME` of the policy in Terraform or CloudFormation")
	answer.bind(f, reportpolicy.Writings(), "the policy")
	return cmd
}

func runPolicyNew(ctx context.Context, sys system, wish mfapolicy.Wish, name string, answer *result[reportpolicy.Written]) error {
	if err := answer.open(sys, false); err != nil {
		return err
	}
	document := mfapolicy.Write(wish)
	if _, err := saved.Interruptible(ctx, message.New("proving the policy"), func() (struct{}, error) {
		return struct{}{}, mfapolicy.Prove(wish, document, name)
	}); err != nil {
		return err
	}
	for _, caveat := range caveats(wish) {
		sys.warn(caveat)
	}
	return answer.write(ctx, sys, reportpolicy.Written{Document: document, Name: name}, sys.bareOptions())
}

// caveats say what somebody has to know who attaches the policy.
func caveats(wish mfapolicy.Wish) (all []string) {
	if slices.Contains(wish.Manage, mfapolicy.MFA) {
		all = append(all, "as long as a user has no device, anyone with the password or an access key can enrol one of their own: enrol people on their first day")
	} else {
		all = append(all, "users can't enrol a device with it: someone else has to enrol it for them, or they are locked out")
	}
	if wish.OwnName && slices.Contains(wish.Manage, mfapolicy.MFA) {
		all = append(all, "an enrolment that was broken off leaves a device with the user's name, which someone with MFA has to delete before the user can try again")
	}
	if wish.FirstSignIn {
		all = append(all, "anyone with a user's password or access key and the password can change the password without MFA")
	}
	if slices.ContainsFunc(wish.Except, func(pattern string) bool { return strings.HasPrefix(pattern, "tag:") }) {
		all = append(all, "someone who can tag users (iam:TagUser) can except a user from MFA")
	}
	if names := lists.Filter(wish.Except, func(pattern string) bool { return !strings.HasPrefix(pattern, "tag:") }); len(names) > 0 {
		all = append(all, "someone who can create or rename users can except one from MFA by its name: "+strings.Join(names, ", "))
	}
	return all
}
