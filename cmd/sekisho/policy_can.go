package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	reportpolicy "sekisho/report/policy"
	"sekisho/report/saved"
)

// canFlags are the flags of "sekisho policy can" alone.
type canFlags struct {
	action, resource string
	mfa              string
	context          contextFlag
	requests         string
	partFlags
}

func policyCanCommand(sys system) *cobra.Command {
	var common policyFlags
	var flags canFlags
	var answer result[reportpolicy.Answer]
	cmd := &cobra.Command{
		Use:   "can FILE... --action ACTION",
		Short: "Say whether policies allow a request",
		Long: "Say whether the policies in the files, which together are all that a user or role has, allow a request, and which statements decide. The " +
			"resource's policy, those of the organization and of the session take part as in AWS where flags name them; who calls is told by --user and --account, or by " +
			"aws:PrincipalArn in --context: a role's ARN, with aws:userid (AROA...:SESSION) where a policy names its session. A key that " +
			"no flag gives is unknown. With --requests many requests are answered, a line of JSON each: {\"action\":\"s3:GetObject\",\"resource\":\"arn:...\"," +
			"\"context\":{\"aws:SourceIp\":\"192.0.2.1\"}}, where a key that isn't given is absent. Each gets a " +
			"line, {\"decision\":\"allowed|explicit_deny|implicit_deny\",\"by\":[\"policy.json#Sid\"]}, in order; a malformed line ends the run once those before " +
			"it are answered. Exit status: 0 allowed, or all requests answered; 3 denied; " +
			"4 it depends on an unknown key; 2 a malformed policy or request, or no policy.",
		Example: "  sekisho policy can admin.json guard.json --action iam:CreateUser --mfa absent\n" +
			"  sekisho policy can role.json --scp root.json --scp ou.json,account.json --resource-policy bucket.json --session-policy session.json \\\n" +
			"    --context aws:PrincipalArn=arn:aws:iam::123456789012:role/deploy --action s3:GetObject --resource arn:aws:s3:::bucket/key\n" +
			"  sekisho policy can policy.json --requests requests.jsonl",
		RunE: func(cmd *cobra.Command, files []string) error {
			return runCan(cmd.Context(), sys, common, flags, files, &answer)
		},
		Args: policyFiles,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&flags.action, "action", "", "`ACTION` that is asked for, such as s3:GetObject")
	f.StringVar(&flags.resource, "resource", "*", "`ARN` of the resource, or * for an action that takes none")
	f.StringVar(&flags.mfa, "mfa", "", "`STATE` of aws:MultiFactorAuthPresent: absent (the access key itself), false or true (a session)")
	flags.context.bind(f)
	f.StringVar(&flags.requests, "requests", "", "answer the requests in `FILE`, a JSON object a line; - is stdin")
	addPolicyFlags(f, &common)
	flags.partFlags.bind(f, "; --context aws:PrincipalAccount=ID or --account, and the ARN of the resource or --context aws:ResourceAccount=ID, tell whether it is another account's")
	flags.bindSession(f)
	answer.bind(f, reportpolicy.Answers(), "the decision")
	return cmd
}

func runCan(ctx context.Context, sys system, common policyFlags, flags canFlags, files []string, answer *result[reportpolicy.Answer]) error {
	rest := policy.Unknown
	if flags.requests != "" {
		rest = policy.Absent
	}
	base, err := canContext(common, flags, rest)
	switch {
	case err != nil:
		return err
	case flags.requests != "" && (flags.action != "" || flags.resource != "*"):
		return usagef("", "got --requests with --action or --resource, want either")
	case flags.requests != "" && (answer.name != answer.register[0].Name || len(answer.list) > 0):
		return usagef("", "got --requests with --format or --output, want either: requests are answered on stdout, a line of JSON each")
	case flags.requests == "" && flags.action == "":
		return usagef("sekisho policy can --help shows its flags", "got neither --action nor --requests, want one")
	case flags.requests == "" && !policy.IsAction(flags.action):
		return usagef("", "--action: got %q, want one action, such as s3:GetObject", flags.action)
	case common.user != "" && len(flags.sessions) > 0:
		return usagef("a session is a role's or a federated user's: name it by --context aws:PrincipalArn=ARN", "got --session-policy with --user, want either")
	case flags.resource != "*" && !strings.HasPrefix(flags.resource, "arn:"):
		return usagef("an ARN begins with arn:", "--resource: got %q, want an ARN or *", flags.resource)
	}
	if flags.action != "" {
		if err := checkAction("--action", flags.action, "a line of --requests may name an action that is newer"); err != nil {
			return err
		}
	}
	if err := answer.open(sys, false); err != nil {
		return err
	}
	policies, err := flags.load(ctx, sys, common, files)
	if err != nil {
		return err
	}
	if _, _, given := base.Lookup("aws:PrincipalArn"); given != policy.Present && common.user != "" && common.account != "" {
		base.Set("aws:PrincipalArn", "arn:"+cmp.Or(access.PartitionOf(policies.All()...), "aws")+":iam::"+common.account+":user/"+common.user)
	}
	if flags.requests != "" {
		_, err := saved.Interruptible(ctx, message.New("answering the requests"), func() (struct{}, error) {
			return struct{}{}, answerFile(ctx, sys, flags.requests, policies, base)
		})
		return err
	}
	request := policy.Request{Action: flags.action, Resource: flags.resource, Context: base, ResourceAccount: owner(base)}
	decision, err := saved.Interruptible(ctx, message.New("judging the policies"), func() (policy.Decision, error) { return policy.Evaluate(request, policies), nil })
	if err != nil {
		return err
	}
	decided := reportpolicy.Answer{Request: request, Decision: decision}
	if err := answer.write(ctx, sys, decided, sys.bareOptions()); err != nil {
		return err
	}
	switch decision.Result {
	case policy.Allowed:
		return nil
	case policy.Depends:
		return verdictError(statusUnknown)
	}
	return verdictError(statusFinding)
}

// load reads the files of the command line and of the flags.
func (f *canFlags) load(ctx context.Context, sys system, common policyFlags, files []string) (set policy.Policies, err error) {
	besides, err := f.partFlags.files(&set)
	if err == nil && f.requests == "-" {
		err = checkStdin(append(append(lists.Map(besides, func(b policyFile) string { return b.path }), files...), common.boundary, f.requests)...)
	}
	if err != nil {
		return set, err
	}
	own, err := loadPolicies(ctx, sys, common, files, besides...)
	set.Identity, set.Boundary = own.identity, own.boundary
	return set, err
}

// owner is the account that owns the resource, where the context says it.
func owner(ctx *policy.Context) string {
	values, list, state := ctx.Lookup("aws:ResourceAccount")
	if state != policy.Present || list {
		return ""
	}
	return values[0]
}

// checkAction refuses an action that AWS doesn't have, as far as is known: an answer about a misspelt one says nothing.
func checkAction(by, action, hint string) error {
	c := policy.Actions()
	if _, ok := c.Number(action); ok {
		return nil
	}
	if meant := c.Nearest(action); meant != "" {
		hint = strings.TrimSpace(fmt.Sprintf("did you mean %s? %s", meant, hint))
	}
	return usagef(hint, "%s: got %q, which is not among AWS's actions of %s", by, action, policy.CatalogueDate())
}

// canContext is what the flags say of a request.
func canContext(common policyFlags, flags canFlags, rest policy.KeyState) (*policy.Context, error) {
	ctx := policy.NewContext(rest)
	if common.account != "" {
		ctx.Set("aws:PrincipalAccount", common.account)
	}
	if common.user != "" {
		ctx.Set("aws:PrincipalType", "User")
		ctx.Set("aws:username", common.user)
	}
	// Without MFA there is no time of it. With it, how long ago it was remains open; and only a key's own signature
	// lacks the time at which a session began (Guide, reference_policies_condition-keys).
	const present, age, issued = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "aws:TokenIssueTime"
	switch flags.mfa {
	case "":
	case "absent":
		ctx.SetAbsent(present)
		ctx.SetAbsent(age)
		ctx.SetAbsent(issued)
	case "false":
		ctx.Set(present, "false")
		ctx.SetAbsent(age)
	case "true":
		ctx.Set(present, "true")
	default:
		return nil, usagef("", "--mfa: got %q, want absent, false or true", flags.mfa)
	}
	return ctx, flags.context.set(ctx, func(string) error { return nil })
}

// answerFile answers the requests in a file.
func answerFile(ctx context.Context, sys system, path string, policies policy.Policies, base *policy.Context) error {
	in, name := sys.stdin, "stdin"
	if path != "-" {
		f, err := sys.files.Input("--requests", path).Open()
		if err != nil {
			return unreadableFile("requests", path, err)
		}
		defer f.Close()
		in, name = f, path
	} else if err := sys.readsStdin(); err != nil {
		return err
	}
	out := bufio.NewWriterSize(sys.stdout, 64<<10)
	err := answerRequests(ctx, in, out, name, policies, base)
	// What was asked before an error is answered: the answers are as right as without it.
	return errors.Join(err, out.Flush())
}

// maxRequest bounds a line.
const maxRequest = 1 << 20

// answerRequests reads requests, a line each, and writes the decisions in their order. Answers are flushed whenever no
// further line has arrived, so that a program may ask one by one.
func answerRequests(ctx context.Context, r io.Reader, w *bufio.Writer, name string, policies policy.Policies, base *policy.Context) error {
	in := bufio.NewReaderSize(r, maxRequest)
	var answer []byte
	for number := 1; ctx.Err() == nil; number++ {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return usagef("", "%s:%d: got a line of more than %d bytes, want a request", name, number, maxRequest)
		case err != nil && err != io.EOF:
			return fmt.Errorf("reading the requests: %w", err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			asked, err := policy.ReadRequest(string(bytes.TrimRight(line, "\r\n")), base)
			if err != nil {
				var fault *policy.ParseError
				if errors.As(err, &fault) {
					fault.Name, fault.Pos.Line = name, number
				}
				return usagef(`a request is {"action":"s3:GetObject","resource":"arn:...","context":{"aws:SourceIp":"192.0.2.1"}}`, "%w", err)
			}
			asked.ResourceAccount = owner(asked.Context)
			answer = reportpolicy.AppendDecision(answer[:0], policy.Evaluate(asked, policies))
			if _, err := w.Write(answer); err != nil {
				return fmt.Errorf("writing the decisions: %w", err)
			}
		}
		if err == io.EOF {
			return nil
		}
		if in.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return fmt.Errorf("writing the decisions: %w", err)
			}
		}
	}
	return ctx.Err()
}
