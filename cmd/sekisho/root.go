package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/config"
	"sekisho/report/files"
)

// system is what the program sees of the world. Tests put their own in its place.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	configFiles    []string // where a configuration file is looked for
	now            func() time.Time
	files          *files.Set // all that the run reads and writes
}

// process is the system of the running process.
func process() system {
	return system{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), configFiles: config.SearchPath(), now: time.Now, files: new(files.Set),
	}
}

// readsStdin puts stdin into the register, which may come from a file.
func (s system) readsStdin() error {
	if f, ok := s.stdin.(*os.File); ok {
		return s.files.ReadsOpen("stdin", "-", f)
	}
	return nil
}

// variable returns an environment variable, empty where it isn't set.
func (s system) variable(name string) string {
	for _, entry := range s.environ {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			return text
		}
	}
	return ""
}

// run carries out a command line and returns the exit status.
func run(ctx context.Context, args []string, sys system) int {
	out := &sink{Writer: sys.stdout}
	sys.stdout, sys.files = out, new(files.Set)
	sys.files.Warn = sys.warn
	defer sys.files.Abort()
	sys.files.Stream("stdout", out, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
	sys.files.Stream("stderr", sys.stderr, "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2")
	root := rootCommand(sys)
	root.SetArgs(args)
	began := false
	root.PersistentPreRun = func(*cobra.Command, []string) { began = true }
	called, err := root.ExecuteContextC(ctx)
	var usage *usageError
	if err != nil && !began && !errors.As(err, &usage) {
		// Whatever goes wrong before a command begins is a matter of how it was called. Cobra's suggestions are on
		// lines of their own.
		problem, advice, _ := strings.Cut(err.Error(), "\n\n")
		hint := called.CommandPath() + " --help shows its flags"
		if flag := suggestFlag(called, problem); flag != "" {
			hint = flag
		}
		if _, name, ok := strings.Cut(advice, "Did you mean this?\n"); ok {
			hint = "did you mean " + strings.Join(strings.Fields(name), " or ") + "?"
		}
		err = usagef(hint, "%s", problem)
	}
	if err == nil {
		err = out.failed(ctx) // cobra doesn't look
	}
	return exitStatus(ctx, err, sys.stderr)
}

func rootCommand(sys system) *cobra.Command {
	root := &cobra.Command{
		Use:   "sekisho",
		Short: "Audit the credentials of an AWS account",
		Long: "Sekisho audits the credentials of an AWS account. It only reads, and it never calls something safe that it could not see.\n\n" +
			"It signs in as the AWS command line does: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ~/.aws, SSO, instance roles. What is asked for goes to " +
			"stdout, everything else to stderr, and a progress line where that is a terminal. Tables are as wide as the terminal, or COLUMNS. Files appear " +
			"whole or not at all, several of a run together, readable by their owner alone, and one that can't be written, or that the run reads or writes " +
			"already, is an error before AWS is asked anything. With --quiet only errors are printed, and the prompt for an MFA code.\n\n" +
			"Flags override SEKISHO_* variables, those the configuration file, and that the defaults; sekisho audit --print-config documents every setting. " +
			"The exit status is 130 where a signal such as Ctrl-C ended the work, and 141 where nobody reads stdout any more.",
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetIn(sys.stdin)
	root.SetOut(sys.stdout)
	root.SetErr(sys.stderr)
	root.AddCommand(
		auditCommand(sys), inventoryCommand(sys), accessCommand(sys), offboardCommand(sys), diffCommand(sys), trendCommand(sys), whatifCommand(sys), planCommand(sys), fleetCommand(sys),
		evidenceCommand(sys), rulesCommand(sys), policyCommand(sys), permissionsCommand(sys), versionCommand(sys), manCommand(sys),
	)
	addCompletions(root, sys)
	addHelp(root, sys)
	return root
}

// noArguments refuses arguments that a command has no use for.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 && cmd.HasAvailableSubCommands() {
		return usagef(cmp.Or(config.Suggest(args[0], subcommands(cmd)), cmd.CommandPath()+" --help shows its commands"), "unknown command %q for %q", args[0], cmd.CommandPath())
	}
	if len(args) > 0 {
		return usagef(cmd.CommandPath()+" --help shows its flags", "got the argument %q, want none: %s takes flags only", args[0], cmd.CommandPath())
	}
	return nil
}

// suggestFlag asks about the flag that was meant by one that cobra doesn't know; empty for none.
func suggestFlag(cmd *cobra.Command, problem string) string {
	_, given, ok := strings.Cut(problem, "unknown flag: ")
	if !ok {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, "--"+flag.Name) })
	return config.Suggest(given, names)
}
