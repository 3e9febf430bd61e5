package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/report/files"
)

// manCommand writes the manual pages. It is for those who install the program, so that the list of commands is without
// it.
func manCommand(sys system) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write a manual page for each command",
		Long:   "Write a manual page for each command into a folder. SOURCE_DATE_EPOCH dates them; without it they have no date.",
		Hidden: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("", "got %d arguments, want the folder of the pages", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			date, err := sourceDate(sys)
			if err != nil {
				return err
			}
			root := cmd.Root()
			root.InitDefaultCompletionCmd()
			return writeManPages(cmd.Context(), sys, root, args[0], date)
		},
	}
}

// sourceDate is the day that SOURCE_DATE_EPOCH names, empty where it isn't set
// (https://reproducible-builds.org/specs/source-date-epoch/).
func sourceDate(sys system) (string, error) {
	text := sys.variable("SOURCE_DATE_EPOCH")
	if text == "" {
		return "", nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "", usagef("", "SOURCE_DATE_EPOCH: got %q, want seconds since 1970", text)
	}
	return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
}

func writeManPages(ctx context.Context, sys system, root *cobra.Command, folder, date string) error {
	failed := sys.files.MakeFolder(folder)
	walk(root, func(cmd *cobra.Command) {
		if failed != nil || !hasPage(cmd) {
			return
		}
		var page *files.Output
		if page, failed = sys.files.Publish("the page "+manName(cmd), filepath.Join(folder, manName(cmd)+".1")); failed == nil {
			page.Writes(func(w io.Writer) error {
				_, err := io.WriteString(w, manPage(cmd, date))
				return err
			})
		}
	})
	if failed != nil {
		return failed
	}
	return sys.files.Commit(ctx)
}

// hasPage is false for what isn't listed, and for help, which prints what the pages say.
func hasPage(cmd *cobra.Command) bool { return !cmd.Hidden && cmd.Name() != "help" }

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manPage writes the page of a command in the language of man(7).
func manPage(cmd *cobra.Command, date string) string {
	cmd.InitDefaultHelpFlag()
	var b strings.Builder
	name := manName(cmd)
	fmt.Fprintf(&b, ".TH %s 1 %q sekisho Sekisho\n.nr HY 0\n.ad l\n", strings.ToUpper(name), date)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(lowerFirst(cmd.Short)))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(cmd.UseLine()))
	b.WriteString(".SH DESCRIPTION\n")
	if cmd.Long != "" {
		b.WriteString(roffText(cmd.Long))
	} else {
		b.WriteString(roffText(cmd.Short + "."))
	}
	manCommands(&b, cmd)
	b.WriteString(".SH OPTIONS\n")
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			manFlag(&b, flag)
		}
	})
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + roffText(cmd.Example))
	}
	manSeeAlso(&b, cmd)
	return b.String()
}

func manFlag(b *strings.Builder, flag *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(flag)
	b.WriteString(".TP\n")
	if flag.Shorthand != "" {
		fmt.Fprintf(b, "\\fB\\-%s\\fR, ", roff(flag.Shorthand))
	}
	fmt.Fprintf(b, "\\fB\\-\\-%s\\fR", roff(flag.Name))
	if value != "" {
		fmt.Fprintf(b, " \\fI%s\\fR", roff(value))
	}
	fmt.Fprintf(b, "\n%s\n", roff(usage))
}

// manCommands lists the commands below one.
func manCommands(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	b.WriteString(".SH COMMANDS\n")
	for _, sub := range cmd.Commands() {
		if hasPage(sub) {
			fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n%s\n", roff(sub.CommandPath()), roff(sub.Short))
		}
	}
}

// manSeeAlso names the pages above and below a command's.
func manSeeAlso(b *strings.Builder, cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, manName(cmd.Parent()))
	}
	for _, sub := range cmd.Commands() {
		if hasPage(sub) {
			pages = append(pages, manName(sub))
		}
	}
	b.WriteString(".SH SEE ALSO\n")
	for i, page := range pages {
		end := ","
		if i == len(pages)-1 {
			end = ""
		}
		fmt.Fprintf(b, ".BR %s (1)%s\n", roff(page), end)
	}
}

// roffText sets what --help prints: what is indented is printed as it stands, and an empty line parts paragraphs.
func roffText(text string) string {
	var b strings.Builder
	verbatim := false
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		indented := strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "  ")
		if verbatim && !indented && line != "" {
			b.WriteString(".EE\n.RE\n")
			verbatim = false
		}
		subheading, isSubheading := strings.CutPrefix(line, "#### ") // cobra's own commands
		switch {
		case line == "" && verbatim:
			b.WriteString("\n")
		case line == "":
			b.WriteString(".PP\n")
		case isSubheading:
			fmt.Fprintf(&b, ".SS %s\n", roff(subheading))
		case indented:
			if !verbatim {
				b.WriteString(".RS 4\n.EX\n")
				verbatim = true
			}
			b.WriteString(roff(strings.TrimPrefix(strings.TrimPrefix(line, "\t"), "  ")) + "\n")
		default:
			b.WriteString(roff(strings.TrimSpace(line)) + "\n")
		}
	}
	if verbatim {
		b.WriteString(".EE\n.RE\n")
	}
	return b.String()
}

var roffSpecial = strings.NewReplacer(`\`, `\e`, "-", `\-`)

// roff quotes a line: neither a backslash nor a dot or a quote at its beginning means anything then.
func roff(line string) string {
	line = roffSpecial.Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
