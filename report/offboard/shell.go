package offboard

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/offboard"
	"sekisho/report/sanitize"
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

// command writes a call of the aws command, and whether it can be: each value must be fit for it.
func command(operation string, arguments ...string) (string, bool) {
	call := "aws iam " + operation
	for i := 0; i < len(arguments); i += 2 {
		flag, value := arguments[i], arguments[i+1]
		if !fit(value) {
			return "", false
		}
		between := " "
		if strings.HasPrefix(value, "-") {
			between = "=" // else the aws command would take the value for a flag
		}
		call += " " + flag + between + quote(value)
	}
	return call, true
}

// fit reports whether a value may be given to the aws command: a reader sees all that is in it, and the command doesn't
// take it for the place where the value is, a file or with version 1 of the command a web page. All names of AWS's are.
func fit(value string) bool {
	elsewhere := func(scheme string) bool { return strings.HasPrefix(value, scheme) }
	return string(sanitize.Terminal(value)) == value && !slices.ContainsFunc([]string{"file://", "fileb://", "http://", "https://"}, elsewhere)
}

// quote makes one word of a string for a POSIX shell: nothing is special between single quotes but the single quote
// itself. What nobody sees becomes an escape, so that nothing else is run than is read.
func quote[S ~string](s S) string {
	return "'" + strings.ReplaceAll(string(sanitize.Terminal(s)), "'", `'\''`) + "'"
}
