package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// addHelp sets help as wide as the terminal, or COLUMNS. Where neither is known, a line is a paragraph.
func addHelp(root *cobra.Command, sys system) {
	width := sys.knownWidth()
	if width == 0 {
		return
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages ", fmt.Sprintf("FlagUsagesWrapped %d ", max(width, 60))))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		p := term.NewPage(sys.stdout, width, false)
		for part := range strings.SplitSeq(cmp.Or(cmd.Long, cmd.Short), "\n\n") {
			p.Text(0, 0, sanitize.Terminal(part))
			p.Line("")
		}
		_ = p.Flush() // the sink of stdout keeps its error
		if cmd.Runnable() || cmd.HasSubCommands() {
			cmd.Print(cmd.UsageString())
		}
	})
}

// subcommands lists the names of a command's own commands.
func subcommands(cmd *cobra.Command) (names []string) {
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}
