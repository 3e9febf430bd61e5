package clifiles

import (
	"regexp"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Command is a call of the aws command whose answer a folder may hold.
type Command struct {
	Section account.Section
	// Action is written as IAM policies write it, "iam:ListUsers".
	Action string
	// Args are the arguments, "iam", "list-users", without those of Each and Query.
	Args []string
	// Each is what the command is called for, one by one.
	Each Each
	// Query, for --query, adds to an answer what it doesn't tell of itself: that it is of all users, or of which user
	// or region a list is that may be empty. It holds %s for the user or region.
	Query string
}

// Each is what a command is called for.
type Each string

// What commands are called for. EachAccount is once.
const (
	EachAccount Each = ""
	EachUser    Each = "user"
	EachRegion  Each = "region"
	EachKey     Each = "access key"
)

// Option names the option that says for which it is.
func (e Each) Option() string {
	switch e {
	case EachUser:
		return "--user-name"
	case EachRegion:
		return "--region"
	case EachKey:
		return "--access-key-id"
	}
	return ""
}

// eachOf is how messages call it.
var eachOf = map[Each]message.Message{EachUser: message.New("user"), EachRegion: message.New("region"), EachKey: message.New("access key")}

// command is the command that calls a section's action.
func command(d *account.Descriptor) Command {
	each := EachAccount
	switch {
	case d.Section == account.AccessKeyLastUsedSection:
		each = EachKey
	case d.Scope == account.PerUser:
		each = EachUser
	}
	return commandOf(d.Section, d.Action(), each)
}

// analyzersCommand is for each region that aws account list-regions tells of as enabled.
func analyzersCommand() Command {
	d := account.AccessAnalyzersAnswer
	c := commandOf(d.Section, d.Actions[1], EachRegion)
	c.Query = "{Region:'%s',analyzers:analyzers}"
	return c
}

func commandOf(section account.Section, action string, each Each) Command {
	service, operation, _ := strings.Cut(action, ":")
	name := lastCapital.ReplaceAllString(wordStart.ReplaceAllString(operation, "$1-$2"), "$1-$2")
	return Command{section, action, []string{strings.ReplaceAll(service, "-", ""), strings.ToLower(name)}, each, ""}
}

// The aws command's names of operations, "list-mfa-devices" of ListMFADevices, are made with these two (xform_name of
// botocore).
var (
	wordStart   = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	lastCapital = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// CommandsFor returns the commands that answer for a section, the one for the account, or for each user, first; none
// where no file of it would be recognised.
func CommandsFor(section account.Section) []Command {
	var commands []Command
	for _, k := range kinds() {
		if section != "" && k.command.Section == section {
			commands = append(commands, k.command)
		}
	}
	return commands
}

// CommandFor returns the first command that answers for a section, and false where no file of it would be recognised.
func CommandFor(section account.Section) (Command, bool) {
	if commands := CommandsFor(section); len(commands) > 0 {
		return commands[0], true
	}
	return Command{}, false
}
