package clifiles

import (
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

var (
	// errorLine is how the aws command tells that AWS refused, on stderr.
	errorLine = regexp.MustCompile(`An error occurred \(([A-Za-z0-9.]+)\) when calling the ([A-Za-z]+) operation(?: \([^)]*\))?: ?([^\r\n]*)`)
	// commandLine is a line above it that shows the command, as the commands that sekisho permissions prints keep it.
	commandLine = regexp.MustCompile(`(?m)^(?:\$ )?aws ([^\r\n]*)`)
)

var (
	noPolicyOf = regexp.MustCompile(`domain name ([0-9]{12})\b`)
	noLoginOf  = regexp.MustCompile(`^Login Profile for User (\S+) cannot be found`)
)

// failure takes an error that was saved in place of an answer. It is an answer where AWS means one; any other error is
// a gap.
func (r *reader) failure(file string, data []byte) (used bool, err error) {
	found := errorLine.FindSubmatchIndex(data)
	group := func(i int) string { return string(data[found[2*i]:found[2*i+1]]) }
	code, operation, said := group(1), group(2), group(3)
	asked := lastCommand(data[:found[0]])
	candidates := lists.Filter(r.kinds, func(k kind) bool { return k.calls(operation) })
	if len(candidates) == 0 {
		r.warn(file, message.New("holds the error %s of %s, which an audit has no use for", code, operation))
		return false, nil
	}
	i := 0
	if len(candidates) > 1 {
		i = slices.IndexFunc(candidates, func(k kind) bool { return asked.is(k.command) })
	}
	if i < 0 {
		r.warn(file, message.New("holds the error %s of %s, which doesn't say of which of the account's contacts; %s", code, operation, wantCommandLine))
		return false, nil
	}
	k := candidates[i]
	if k.refused != nil {
		if used, err := k.refused(r, file, code, said); used {
			return true, err
		}
	}
	return r.refused(file, k.command, operation, asked, account.Gap{Code: code, Message: said}), nil
}

// calls reports whether the kind's command calls an operation ("ListUsers"), or has to come after it.
func (k kind) calls(operation string) bool {
	_, name, _ := strings.Cut(k.command.Action, ":")
	return name == operation || operation == generateReport && k.command.Section == account.CredentialReportSection
}

const generateReport = "GenerateCredentialReport"

// noAnswer takes what the aws command said below its command line without an error of AWS's: that it reached nobody,
// knows no such command, or can't read the answer.
func (r *reader) noAnswer(file string, data []byte) (used bool) {
	line, rest, _ := strings.Cut(string(data), "\n")
	asked := lastCommand([]byte(line))
	i := slices.IndexFunc(r.kinds, func(k kind) bool { return k.command.Section != "" && asked.is(k.command) })
	if i < 0 {
		r.warn(file, message.New(notRecognised))
		return false
	}
	said, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	c := r.kinds[i].command
	_, operation, _ := strings.Cut(c.Action, ":")
	gap := account.Gap{Code: CommandFailed, Message: strings.TrimSpace(said)}
	if gap.Message == "" {
		gap = gap.Because(CommandFailed, message.New("the command left neither an answer nor an error"))
	}
	return r.refused(file, c, operation, asked, gap)
}

// refused notes a gap, where the command says whose.
func (r *reader) refused(file string, c Command, operation string, asked words, gap account.Gap) bool {
	gap.Section, gap.Action = c.Section, c.Action
	if operation == generateReport {
		gap.Action = "iam:" + operation
	}
	switch {
	case c.Each == EachKey: // the command names a key, and a gap the user
		r.warn(file, message.New("holds the error %s of %s, which doesn't say of which user", gap.Code, operation))
		return false
	case c.Each != EachAccount && asked.is(c):
		gap.Resource = asked.option(c.Each.Option())
	}
	if c.Each != EachAccount && gap.Resource == "" {
		r.warn(file, message.New("holds the error %s of %s, which doesn't say of which %s; %s", gap.Code, operation, eachOf[c.Each], wantCommandLine))
		return false
	}
	r.failed = append(r.failed, gap)
	return true
}

var wantCommandLine = message.New("want the command in a line above it, aws …")

// words are a command line's arguments.
type words []string

// lastCommand finds the last command line of a text.
func lastCommand(text []byte) words {
	lines := commandLine.FindAllSubmatch(text, -1)
	if len(lines) == 0 {
		return nil
	}
	asked := strings.Fields(string(lines[len(lines)-1][1]))
	for i, word := range asked {
		asked[i] = strings.Trim(word, `'"`)
	}
	return asked
}

// is reports whether all of a command's arguments are there, in their order.
func (w words) is(c Command) bool {
	next := 0
	for _, word := range w {
		if next < len(c.Args) && word == c.Args[next] {
			next++
		}
	}
	return next == len(c.Args)
}

// option returns the value of an option; "" where there is none.
func (w words) option(name string) string {
	if i := slices.Index(w, name); i >= 0 && i+1 < len(w) && !strings.HasPrefix(w[i+1], "--") {
		return w[i+1]
	}
	return ""
}
