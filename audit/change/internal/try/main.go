// Try applies changes to a snapshot for testdata/moto/changes_check.py, which compares what becomes of it with what an
// account becomes that the commands are run on: try CHANGES COMMANDS <before >after, where CHANGES is JSON and COMMANDS
// the file for the commands.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"sekisho/audit/account"
	"sekisho/audit/change"
)

func main() {
	if err := try(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "try: error: %v\n", err)
		os.Exit(1)
	}
}

func try(changes, commands string) error {
	s, err := account.Read(os.Stdin, "stdin")
	if err != nil {
		return err
	}
	var asked []change.Change
	if err := json.Unmarshal([]byte(changes), &asked); err != nil {
		return fmt.Errorf("reading the changes: %w", err)
	}
	steps, err := change.Complete(s, asked...)
	if err != nil {
		return err
	}
	var lines []map[string]any
	for _, step := range steps {
		if s, err = change.Apply(s, step.Change); err != nil {
			return err
		}
		cmd, ok := step.Command()
		if !ok && !step.ByHand() {
			return fmt.Errorf("got no command to %s, want one", step)
		}
		lines = append(lines, map[string]any{"action": step.Action, "command": cmd.Args(), "files": cmd.Files()})
	}
	text, err := json.Marshal(lines)
	if err != nil {
		return err
	}
	if err := os.WriteFile(commands, text, 0o600); err != nil {
		return err
	}
	return s.Write(os.Stdout)
}
