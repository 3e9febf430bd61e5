package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/lists"
	"sekisho/audit/whatif"
	reportwhatif "sekisho/report/whatif"
)

// whatifFlags are the flags that are no settings; the others reach config by name.
type whatifFlags struct {
	readFlags
	asked  []asked
	steps  string
	answer result[reportwhatif.Answer]
}

func whatifCommand(sys system) *cobra.Command {
	var flags whatifFlags
	cmd := &cobra.Command{
		Use:   "whatif",
		Short: "Try changes on an account before anybody makes them",
		Long: "Try changes on what was read of an account, in the order in which they are given, and tell what they would do: which programs' keys stop, who is " +
			"locked out, must enrol an MFA device or can't sign in for the first time, whom MFA protects on which way in before and after, who loses which " +
			"access, who is or can become an administrator, and what sekisho diff says of both. AWS is only read, and never changed. Each change is shown as a " +
			"command of aws.\n\n" +
			"A POLICY is a file, if it ends in .json or has a slash, or the name or ARN of a policy of the account. A TARGET is user/NAME, group/NAME or " +
			"role/NAME; * in a NAME stands for any characters, so that user/* is everybody. Exit status: 0 nothing new fails, 1 it could not be told, 2 wrong " +
			"usage or a change that AWS would refuse, 3 a new failure at or above --fail-on, 4 no such failure, but something is newly unknown, or whom the changes affect.",
		Example: "  sekisho whatif --attach guard.json=group/developers --profile prod\n  sekisho whatif --policy ForceMFA=guard.json --from today.json -f markdown\n" +
			"  sekisho whatif --delete-user alice --demo",
		Args: noArguments,
	}
	f := cmd.Flags()
	f.SortFlags = false
	for _, flag := range changeFlags {
		f.Var(&changeValue{flag.kind, &flags.asked}, flag.name, flag.usage)
	}
	f.StringVar(&flags.steps, "steps", "", "of a plan take the steps of a `LIST` of numbers and ranges, such as 1-4,7, alone")
	flags.bind(f, "try on")
	flags.answer.bind(f, reportwhatif.Formats(), "the answer")
	f.String("fail-on", "", "mildest `SEVERITY` of a new failure that makes the exit status 3: info, low, medium, high, critical, none (default low)")
	bindConfig(f, &flags.config)
	flags.bindLimits(f, "the answer")
	f.BoolVarP(&flags.verbose, "verbose", "v", false, "name everybody, and list what still fails or is still unknown, too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runWhatif(cmd.Context(), sys, &flags, cmd.Flags())
	}
	return cmd
}

func runWhatif(ctx context.Context, sys system, flags *whatifFlags, set *pflag.FlagSet) error {
	if len(flags.asked) == 0 {
		return usagef("sekisho whatif --attach guard.json=group/developers", "got no change to try, want --attach, --detach, --put, --policy, --delete-key, --delete-user, --password-policy or --plan")
	}
	c, err := settingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := flags.check(set); err != nil {
		return err
	}
	if err := readPlans(ctx, sys, flags.asked, flags.steps, c.Read.Limit()); err != nil {
		return err
	}
	if err := readDocuments(ctx, sys, flags.asked); err != nil {
		return err
	}
	if err := flags.answer.open(sys, flags.silent(set)); err != nil {
		return err
	}
	save, err := sys.files.Create("--save", flags.save)
	if err != nil {
		return err
	}
	c.Rules, c.Frameworks = nil, nil // as diff
	sharing := sharing{Shared: access.NewShared()}
	old, new := diff.Side{Name: "now", Source: diff.SourceSnapshot}, diff.Side{Name: "after the changes", Source: diff.SourceSnapshot}
	err = reading(ctx, sys, c, &flags.readFlags, set, "trying the changes", func(ctx context.Context, from source, _ func(string)) (err error) {
		old.Report, old.Snapshot, err = examine(ctx, c, tryingOn(from, flags.asked), sharing.first)
		return err
	})
	if err != nil {
		return err
	}
	steps, left, after, err := resolve(old.Snapshot, flags.asked)
	if err != nil {
		return err
	}
	for _, c := range left {
		sys.warn("left out, for AWS refuses it while something uses it: " + c.String())
	}
	if new.Report, new.Snapshot, err = examine(ctx, c, fromMemory(after), sharing.last); err != nil {
		return err
	}
	new.Access = sharing.judged
	answer, err := work(ctx, comparing, func() reportwhatif.Answer {
		return reportwhatif.Answer{Steps: steps, Diff: diff.Compare(old, new), Effects: whatif.TryOut(account.New(old.Snapshot), account.New(new.Snapshot), whatif.Options{
			Settings: c.Audit(), Thresholds: c.Thresholds, Interrupted: interrupted(ctx),
		})}
	})
	if err != nil {
		return err
	}
	save.Writes(old.Snapshot.Write)
	if err := flags.answer.write(ctx, sys, answer, sys.options(c, flags.verbose)); err != nil {
		return err
	}
	if err := diffVerdict(answer.Diff, c.FailOn); err != nil || len(answer.Effects.Unknown) == 0 {
		return err
	}
	return verdictError(statusUnknown)
}

// tryingOn has a source read what the verdicts after the changes hang on, too, and what the changes need to be known.
func tryingOn(from source, asked []asked) source {
	return func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		return from(ctx, sections, func(s *account.Snapshot) []account.Want {
			all := append(wants(s), wantsOf(s, asked)...)
			if steps, _, after, err := resolve(s, asked); err == nil {
				all = slices.Concat(all, wants(after), wantsAfter(s, steps))
			}
			once := map[account.Want]bool{}
			return lists.Filter(all, func(want account.Want) bool {
				again := once[account.Want{Section: want.Section, User: want.User}]
				once[account.Want{Section: want.Section, User: want.User}] = true
				return !again
			})
		})
	}
}
