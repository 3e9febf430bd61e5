package offboard

import (
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/offboard"
	"sekisho/report/shell"
)

// Commands lists the commands that take a lost device from a user, none where they can't be written.
func Commands(d offboard.Device) []string {
	deactivate, ok := command("deactivate-mfa-device", "--user-name", d.Name, "--serial-number", d.Serial)
	if !ok {
		return nil
	}
	commands := []string{deactivate}
	if account.KindOfMFA(d.Serial) == account.MFAVirtual {
		remove, _ := command("delete-virtual-mfa-device", "--serial-number", d.Serial)
		commands = append(commands, remove)
	}
	return commands
}

// command writes a call of the aws command, and whether it can be. The arguments are flags, each with its value.
func command(operation string, arguments ...string) (string, bool) {
	c := change.Command{Words: []string{"aws", "iam", operation}}
	for i := 0; i < len(arguments); i += 2 {
		c.Flags = append(c.Flags, change.Flag{Name: arguments[i], Value: arguments[i+1]})
	}
	return shell.Line(c)
}
