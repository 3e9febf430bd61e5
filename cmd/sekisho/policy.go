package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"sekisho/config"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	"sekisho/report/files"
	reportpolicy "sekisho/report/policy"
	"sekisho/report/sanitize"
	"sekisho/report/saved"
)

// policyFlags are what "sekisho policy" and "sekisho policy can" have in common.
type policyFlags struct {
	user, account string
	boundary      string
}

func policyCommand(sys system) *cobra.Command {
	var flags policyFlags
	var answer result[reportpolicy.Judged]
	var changePassword bool
	cmd := &cobra.Command{
		Use:   "policy FILE...",
		Short: "Judge policies: what can be done without MFA?",
		Long: "Judge the policies in the files, which together are all that a user has: what could someone do with the password alone, or with the " +
			"access key alone? Actions that AWS does not have are told, too. A FILE is a policy document, or what aws iam get-policy-version, get-user-policy or get-group-policy prints; - is " +
			"stdin. No AWS is asked. Exit status: 0 both ways in are enforced, or lead nowhere, and nothing is wrong with how they ask for MFA; 3 otherwise; 2 a malformed policy, or none.",
		Example: "  sekisho policy guard.json admin.json\n" +
			"  aws iam get-policy-version --policy-arn ARN --version-id v1 | sekisho policy -",
		RunE: func(cmd *cobra.Command, files []string) error {
			err := runPolicy(cmd.Context(), sys, flags, files, &answer, changePassword)
			if errors.Is(err, fs.ErrNotExist) {
				return usagef(config.Suggest(files[0], subcommands(cmd)), "%w", err)
			}
			return err
		},
		Args: policyFiles,
	}
	cmd.Flags().SortFlags = false
	addPolicyFlags(cmd.Flags(), &flags)
	cmd.Flags().BoolVar(&changePassword, "users-may-change-password", false, "the account's password policy lets users change their own")
	answer.bind(cmd.Flags(), reportpolicy.Formats(), "the judgement")
	cmd.AddCommand(policyCanCommand(sys), policyNewCommand(sys))
	return cmd
}

func addPolicyFlags(f *pflag.FlagSet, flags *policyFlags) {
	f.StringVar(&flags.user, "user", "", "`NAME` of the user")
	f.StringVar(&flags.account, "account", "", "`ID` of the account, 12 digits")
	f.StringVar(&flags.boundary, "boundary", "", "`FILE` with the permissions boundary of the user; - is stdin")
}

// someone is the user where none is named: a name that no policy speaks of.
const someone = "someone"

func runPolicy(ctx context.Context, sys system, flags policyFlags, files []string, answer *result[reportpolicy.Judged], changePassword bool) error {
	if err := answer.open(sys, false); err != nil {
		return err
	}
	set, err := loadPolicies(ctx, sys, flags, files)
	if err != nil {
		return err
	}
	subject := &access.Subject{
		Name: cmp.Or(flags.user, someone), Account: flags.account, Now: sys.now(),
		Identity: set.identity, Boundary: set.boundary,
	}
	if changePassword {
		subject.UsersMayChangePassword = policy.Yes
	}
	if ref := set.condition("aws:username"); ref != "" && flags.user == "" {
		sys.warn(fmt.Sprintf("%s asks who the user is: judged for one that it doesn't name; --user NAME judges for another", ref))
	}
	judged, err := saved.Interruptible(ctx, message.New("judging the policies"), func() (*access.Analysis, error) { return access.Analyze(subject), nil })
	if err != nil {
		return err
	}
	asks := set.condition("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge") != ""
	var unknown []policy.UnknownAction
	for _, d := range set.all() {
		unknown = append(unknown, d.UnknownActions()...)
	}
	err = answer.write(ctx, sys, reportpolicy.Judged{Analysis: judged, AsksForMFA: asks, UnknownActions: unknown}, sys.bareOptions())
	if err != nil || sound(judged) {
		return err
	}
	return verdictError(statusFinding)
}

// sound reports whether nothing is to be fixed.
func sound(judged *access.Analysis) bool {
	for _, path := range judged.Paths {
		if path.Verdict != access.Enforced && path.Verdict != access.NoAccess {
			return false
		}
	}
	return !slices.ContainsFunc(judged.Findings(), func(f access.Finding) bool { return f.Status == access.FindingFail })
}

// policySet is what the files hold.
type policySet struct {
	identity []*policy.Document
	boundary *policy.Document
}

var (
	userName  = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) // IAM API reference, CreateUser
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
)

// policyFiles refuses a command line that names no file, or one by an empty name: a variable of a script that is empty
// by mistake must not be judged as a user without any policy.
func policyFiles(cmd *cobra.Command, files []string) error {
	if len(files) == 0 {
		return usagef("- is stdin", "got no FILE, want the policies to judge")
	}
	if slices.Contains(files, "") {
		return usagef("- is stdin", "got an empty name, want a file")
	}
	flags := map[string]string{}
	for _, name := range []string{"boundary", "requests", "resource-policy"} {
		if flag := cmd.Flags().Lookup(name); flag != nil {
			flags[name] = flag.Value.String()
		}
	}
	return namedFiles(cmd.Flags(), flags)
}

// policyFile is one file of policies, and which kind its document is.
type policyFile struct {
	path, by string // by names it where two files of a run are the same
	kind     policy.Kind
	into     func(*policy.Document)
}

// loadPolicies checks the flags and reads the files, and those that take part besides.
func loadPolicies(ctx context.Context, sys system, flags policyFlags, files []string, besides ...policyFile) (set policySet, err error) {
	switch {
	case flags.user != "" && !userName.MatchString(flags.user):
		return set, usagef("the name without path, as in aws:username", "--user: got %q, want the name of an IAM user", flags.user)
	case flags.account != "" && !accountID.MatchString(flags.account):
		return set, usagef("", "--account: got %q, want 12 digits", flags.account)
	}
	all := lists.Map(files, func(path string) policyFile {
		return policyFile{path, "the policy", policy.Identity, func(d *policy.Document) { set.identity = append(set.identity, d) }}
	})
	if flags.boundary != "" {
		all = append(all, policyFile{flags.boundary, "--boundary", policy.Boundary, func(d *policy.Document) { set.boundary = d }})
	}
	all = append(all, besides...)
	paths := lists.Map(all, func(f policyFile) string { return f.path })
	if err := checkStdin(paths...); err != nil {
		return set, err
	}
	names := policyNames(paths)
	for i, file := range all {
		document, err := loadPolicy(ctx, sys, file, names[i])
		if err != nil {
			return set, err
		}
		file.into(document)
	}
	return set, nil
}

// checkStdin refuses a second - among files: the first has read it all.
func checkStdin(files ...string) error {
	first := slices.Index(files, "-")
	if first >= 0 && slices.Contains(files[first+1:], "-") {
		return usagef("", "got - twice, want stdin read once")
	}
	return nil
}

// maxPolicy bounds a file: twice what the policy package takes of a document, which may come in UTF-16.
const maxPolicy = 16 << 20

const policyHint = `a policy is a JSON object with Version and Statement; what "aws iam get-policy-version" prints will do, too`

// loadPolicy reads one file. Its errors have the path, references to its statements the shorter name.
func loadPolicy(ctx context.Context, sys system, file policyFile, name string) (*policy.Document, error) {
	path := file.path
	data, err := policyText(ctx, sys, "policy", file.by, path)
	if err != nil {
		return nil, err
	}
	document, err := policy.ParseAny(name, file.kind, data)
	var fault *policy.ParseError
	switch {
	case errors.As(err, &fault):
		if path != "-" {
			fault.Name = path
		}
		return nil, usagef(policyHint, "%w", err)
	case err != nil:
		return nil, usagef(policyHint, "%s: %w", path, err)
	case document.Kind != file.kind && file.kind != policy.Resource: // of which a role's trust policy is one
		return nil, usagef(`a role's own policies are printed by "aws iam get-role-policy" and "aws iam get-policy-version"`,
			"%s: got a role's %s, want an %s", path, document.Kind, policy.Identity)
	}
	return document, nil
}

// policyText reads the text of a file that goes by a name among those of the run.
func policyText(ctx context.Context, sys system, what, by, path string) (data []byte, err error) {
	if path != "-" {
		data, err = saved.Bytes(ctx, sys.files.Input(by, path), maxPolicy)
	} else if err = sys.readsStdin(); err == nil {
		data, err = saved.Stream(ctx, "stdin", sys.stdin, maxPolicy)
	}
	if err == nil {
		data, err = saved.Text(data)
	}
	if err != nil {
		err = unreadableFile(what, path, err)
	}
	return data, err
}

func unreadableFile(what, path string, err error) error {
	var cause *fs.PathError
	var stopped *saved.InterruptedError
	var taken *files.TakenError
	switch {
	case errors.As(err, &taken), errors.As(err, &stopped):
		return err
	case errors.As(err, &cause):
		err = cause.Err
	}
	return usagef("", "reading the %s %s: %w", what, path, err)
}

// policyNames shortens paths to the names of the files, where that makes no two alike.
func policyNames(paths []string) []string {
	bases := make([]string, len(paths))
	seen := map[string]string{}
	unique := true
	for i, path := range paths {
		if bases[i] = filepath.Base(path); path == "-" {
			bases[i] = "stdin"
		}
		if other, ok := seen[bases[i]]; ok && other != path {
			unique = false
		}
		seen[bases[i]] = path
	}
	if unique {
		return bases
	}
	return paths
}

// all lists the documents.
func (s *policySet) all() []*policy.Document {
	return lists.Filter(append(slices.Clone(s.identity), s.boundary), func(d *policy.Document) bool { return d != nil })
}

// condition returns a statement with a condition on one of the keys.
func (s *policySet) condition(keys ...string) string {
	for _, d := range s.all() {
		for i := range d.Statements {
			for _, c := range d.Statements[i].Conditions {
				if slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(c.Key, key) }) {
					return d.Statements[i].Ref()
				}
			}
		}
	}
	return ""
}

// warn prints a warning.
func (s system) warn(text string) {
	fmt.Fprintf(s.stderr, "sekisho: warning: %s\n", sanitize.Terminal(text))
}
