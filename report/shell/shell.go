// Package shell writes commands for a POSIX shell, with names of an account that may hold anything.
package shell

import (
	"slices"
	"strings"

	"sekisho/audit/change"
	"sekisho/report/sanitize"
)

// Line writes a call of the aws command, and whether it can be: each value must be fit for it.
func Line(c change.Command) (string, bool) {
	line := strings.Join(c.Words, " ")
	for _, f := range c.Flags {
		value, between := f.Value, " "
		switch {
		case f.Bare:
			line += " " + f.Name
			continue
		case f.File != nil: // the name of a file is meant there
			value = strings.TrimPrefix(value, "file://")
		case strings.HasPrefix(value, "-"):
			between = "=" // else the aws command would take the value for a flag
		}
		if !Fit(value) {
			return "", false
		}
		line += " " + f.Name + between + Quote(f.Value)
	}
	return line, true
}

// Fit reports whether a value may be given to the aws command: a reader sees all that is in it, and the command doesn't
// take it for the place where the value is, a file or with version 1 of the command a web page. All names of AWS's are.
func Fit(value string) bool {
	elsewhere := func(scheme string) bool { return strings.HasPrefix(value, scheme) }
	return string(sanitize.Terminal(value)) == value && !slices.ContainsFunc([]string{"file://", "fileb://", "http://", "https://"}, elsewhere)
}

// Quote makes one word of a string for a POSIX shell: nothing is special between single quotes but the single quote
// itself. What nobody sees becomes an escape, so that nothing else is run than is read.
func Quote[S ~string](s S) string {
	return "'" + strings.ReplaceAll(string(sanitize.Terminal(s)), "'", `'\''`) + "'"
}
