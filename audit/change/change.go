package change

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Change is one edit of an account. It is never changed itself.
type Change struct {
	// Action is the call as policies name it, "iam:AttachUserPolicy", or a thing that only a person can do,
	// "person:EnrolMFADevice".
	Action string `json:"action"`
	// With are the parameters by AWS's names: texts, numbers and yes or no. Documents are JSON text.
	With Parameters `json:"parameters"`
	// File is where the document among the parameters is read from by the command; empty: a name is made up.
	File      string `json:"file,omitempty"`
	Undecided bool   `json:"undecided,omitempty"` // what it writes or names hangs on what a person decides first
}

// Parameters are those of a call.
type Parameters map[string]any

func (p Parameters) text(name string) string {
	text, _ := p[name].(string)
	return text
}

// amount is a parameter that is a number.
func amount(p Parameters, name string) int {
	switch n := p[name].(type) {
	case int:
		return n
	case int32:
		return int(n)
	case float64: // of JSON
		return int(n)
	}
	return 0
}

// kind is what all changes of one action have in common. Those without undo can't be undone, or only by a person.
type kind struct {
	takes   string // the parameters in the order in which they are told
	stage   Stage
	say     func(p Parameters) message.Message
	console func(p Parameters) []message.Message
	apply   func(e *editor, p Parameters) error
	undo    func(s *account.Snapshot, p Parameters) []Change
	needs   func(e *editor, p Parameters) []Change
}

// New is a change of an action with its parameters in the order of the table of kinds. The last ones may be left out.
func New(action string, values ...any) Change {
	c := Change{Action: action, With: Parameters{}}
	takes := strings.Fields(kinds[action].takes)
	for i, value := range values {
		c.With[takes[i]] = value
	}
	return c
}

// Equal reports whether two changes are the same.
func (c Change) Equal(d Change) bool {
	return c.Action == d.Action && c.File == d.File && maps.Equal(c.With, d.With)
}

// String says in English what is done.
func (c Change) String() string { return c.Words().String() }

// Words say what is done.
func (c Change) Words() message.Message { return kinds[c.Action].say(c.With) }

// Steps are the way through the console.
func (c Change) Steps() []message.Message { return kinds[c.Action].console(c.With) }

// Stage is what a change is for on a way that takes time, as from an old access key to a new one.
type Stage string

// The stages, in their order. After each but the last one can stop, and go back from Deactivate.
const (
	Create     Stage = "create"     // what takes the place of the old is made
	Deploy     Stage = "deploy"     // and put where the old is used
	Watch      Stage = "watch"      // until the old is used no more
	Deactivate Stage = "deactivate" // which can be undone
	Wait       Stage = "wait"       // some days, in which something may miss it
	Delete     Stage = "delete"     // which can't be undone
	UntilThen  Stage = "until_then" // nothing is done: a time comes
)

// Nobody is a trust policy that lets nobody in: what deactivates a role.
const Nobody = `{"Version":"2012-10-17","Statement":[{"Sid":"NobodyUntilItIsDeleted","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`

// Stage returns the stage of a change; none for one that stands by itself.
func (c Change) Stage() Stage {
	switch {
	case c.With["Status"] == active:
		return ""
	case c.Action == "iam:UpdateAssumeRolePolicy" && c.With["PolicyDocument"] == Nobody:
		return Deactivate
	}
	return kinds[c.Action].stage
}

// Known reports whether the change is of a kind that there is: what is read from a file may be anything.
func (c Change) Known() bool {
	_, known := kinds[c.Action]
	return known
}

// ByHand reports whether only a person can do it: there is no command.
func (c Change) ByHand() bool { return c.Undecided || strings.HasPrefix(c.Action, "person:") }

// Undo lists the changes that lead back to a snapshot to which this one is applied; none where nothing does.
func (c Change) Undo(s *account.Snapshot) []Change {
	if kinds[c.Action].undo == nil {
		return nil
	}
	return kinds[c.Action].undo(s, c.With)
}

// Needs lists what AWS wants to be done first, in order.
func (c Change) Needs(s *account.Snapshot) []Change {
	if kinds[c.Action].needs == nil {
		return nil
	}
	return kinds[c.Action].needs(newEditor(s), c.With)
}

// Error says which change can't be made, and why.
type Error struct {
	Change Change
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("can't %s: %v", e.Change, e.Err) }

// Unwrap returns why.
func (e *Error) Unwrap() error { return e.Err }

// Apply returns the snapshot as it would be after changes, one after the other. The old one is left as it is; what
// doesn't change is shared.
func Apply(s *account.Snapshot, changes ...Change) (*account.Snapshot, error) {
	e := newEditor(s)
	for _, c := range changes {
		if err := e.apply(c); err != nil {
			return nil, err
		}
	}
	return e.done(), nil
}

func (e *editor) apply(c Change) error {
	k, known := kinds[c.Action]
	if !known {
		return &Error{c, message.Errorf("got the action %q, which is none of a change", c.Action)}
	}
	if err := k.apply(e, c.With); err != nil {
		return &Error{c, err}
	}
	return nil
}

// Step is a change in its place among others.
type Step struct {
	Change
	Needed  bool     // AWS wants it to be done before the next one that is asked for
	Back    []Change // what undoes it; none where nothing does
	Touches []string // ARNs of the users and roles whose rights or credentials it changes, sorted
}

// Complete puts what AWS wants to be done first before each of some changes. What it returns can be applied.
func Complete(s *account.Snapshot, changes ...Change) ([]Step, error) {
	steps, _, err := Made(s, changes...)
	return steps, err
}

// Made is Complete, and the snapshot as it is after what that returns.
func Made(s *account.Snapshot, changes ...Change) ([]Step, *account.Snapshot, error) {
	made, after, failed := MadeEach(s, [][]Change{changes})
	if failed != nil {
		return nil, nil, failed[0]
	}
	return made[0], after, nil
}

// MadeEach is Made of several works, one after the other. It goes on after one that can't be made, to find all of those
// at once: there is no snapshot then, for the beginning of such work was made. What fails later about the same things may
// fail because of that, and is not among the errors, which are by work.
func MadeEach(s *account.Snapshot, works [][]Change) (made [][]Step, after *account.Snapshot, failed map[int]error) {
	e, spoilt := newEditor(s), map[string]bool{}
	for i, work := range works {
		steps, err := e.make(work)
		if made = append(made, steps); err == nil {
			continue
		}
		about := things(append(lists.Map(steps, func(s Step) Change { return s.Change }), work...))
		if !slices.ContainsFunc(about, func(thing string) bool { return spoilt[thing] }) {
			if failed == nil {
				failed = map[int]error{}
			}
			failed[i] = err
		}
		for _, thing := range about {
			spoilt[thing] = true
		}
	}
	if failed != nil {
		return nil, nil, failed
	}
	return made, e.done(), nil
}

// things are what changes are about, by name.
func things(changes []Change) (all []string) {
	for _, c := range changes {
		for name := range c.With {
			if strings.HasSuffix(name, "Name") || strings.HasSuffix(name, "Arn") || strings.HasSuffix(name, "Id") || name == "SerialNumber" {
				all = append(all, c.With.text(name))
			}
		}
	}
	return all
}

// make makes changes, and what AWS wants first of each. It returns with an error what was made or tried until then.
func (e *editor) make(changes []Change) (all []Step, err error) {
	var add func(c Change, needed bool) error
	add = func(c Change, needed bool) error {
		if kinds[c.Action].needs != nil {
			for _, first := range kinds[c.Action].needs(e, c.With) {
				if err := add(first, true); err != nil {
					return err
				}
			}
		}
		all = append(all, Step{c, needed, c.Undo(e.s), touched(e.s, c)})
		return e.apply(c)
	}
	for _, c := range changes {
		if err := add(c, false); err != nil {
			return all, err
		}
	}
	return all, nil
}

// touched are those whose rights or credentials a change changes; of the account password policy, all. Most changes name
// the one whom they are about, for whom nobody else is looked at.
func touched(s *account.Snapshot, c Change) (arns []string) {
	p, d := c.With, detailsOf(s)
	arn, user, group, role := p.text("PolicyArn"), p.text("UserName"), p.text("GroupName"), p.text("RoleName")
	has := func(attached []account.AttachedPolicy, boundary string) bool {
		return boundary == arn || slices.ContainsFunc(attached, func(a account.AttachedPolicy) bool { return a.ARN == arn })
	}
	everyone := func(in func(*account.UserDetail) bool) {
		for i := range d.Users {
			if u := &d.Users[i]; in(u) {
				arns = append(arns, u.ARN)
			}
		}
	}
	switch {
	case strings.HasSuffix(c.Action, "AccountPasswordPolicy"):
		everyone(func(*account.UserDetail) bool { return true })
	case user+role != "":
		if u := userDetail(s, user); u != nil {
			arns = append(arns, u.ARN)
		}
		if r := roleDetail(s, role); r != nil {
			arns = append(arns, r.ARN)
		}
	case group != "":
		everyone(func(u *account.UserDetail) bool { return slices.Contains(u.Groups, group) })
	case arn != "":
		holding := map[string]bool{} // groups
		for i := range d.Groups {
			if g := &d.Groups[i]; has(g.AttachedPolicies, "") {
				holding[g.Name] = true
			}
		}
		everyone(func(u *account.UserDetail) bool {
			return slices.ContainsFunc(u.Groups, func(name string) bool { return holding[name] }) || has(u.AttachedPolicies, u.PermissionsBoundary)
		})
		for i := range d.Roles {
			if r := &d.Roles[i]; has(r.AttachedPolicies, r.PermissionsBoundary) {
				arns = append(arns, r.ARN)
			}
		}
	}
	slices.Sort(arns)
	return arns
}

// Flag is an argument of a command: its value follows, if it has one. File is the text of the file that the value names.
type Flag struct {
	Name, Value string
	Bare        bool
	File        *string
}

// Command is a call of the aws command.
type Command struct {
	Words []string // aws iam attach-user-policy
	Flags []Flag
}

// Args are the command's words, as a program is called with them.
func (c Command) Args() []string {
	args := slices.Clone(c.Words)
	for _, f := range c.Flags {
		switch {
		case f.Bare:
			args = append(args, f.Name)
		case strings.HasPrefix(f.Value, "-"):
			args = append(args, f.Name+"="+f.Value) // else the value would be taken for a flag
		default:
			args = append(args, f.Name, f.Value)
		}
	}
	return args
}

// Files are the texts of the files that the command reads, by name.
func (c Command) Files() map[string]string {
	files := map[string]string{}
	for _, f := range c.Flags {
		if f.File != nil {
			files[strings.TrimPrefix(f.Value, "file://")] = *f.File
		}
	}
	return files
}

// Command is how the aws command does it; false where only a person can, or where an ID isn't known.
func (c Change) Command() (Command, bool) {
	if c.ByHand() {
		return Command{}, false
	}
	service, operation, _ := strings.Cut(c.Action, ":")
	cmd := Command{Words: []string{"aws", strings.ReplaceAll(service, "-", ""), kebab(operation)}}
	for name := range strings.FieldsSeq(kinds[c.Action].takes) {
		flag := Flag{Name: "--" + kebab(name)}
		switch value := c.With[name].(type) {
		case nil:
			continue
		case bool:
			if flag.Bare = true; !value {
				flag.Name = "--no-" + kebab(name)
			}
		case string:
			if flag.Value = value; strings.HasSuffix(name, "Document") {
				flag.File, flag.Value = &value, "file://"+c.file()
			}
			if placed.MatchString(value) && strings.HasSuffix(name, "Id") {
				return Command{}, false
			}
		default:
			flag.Value = fmt.Sprint(value)
		}
		cmd.Flags = append(cmd.Flags, flag)
	}
	return cmd, true
}

// placed is how a key or certificate goes by while only the credential report tells of it, or while nobody has made it.
var placed = regexp.MustCompile(`^((access-key|certificate)-[12]|[A-Z]{4}WHATIF[A-Z2-7]+)$`)

var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// file is the name of the file that holds the change's document.
func (c Change) file() string {
	if c.File != "" {
		return c.File
	}
	arn := c.With.text("PolicyArn")
	parts := []string{c.With.text("UserName"), c.With.text("GroupName"), c.With.text("RoleName"), c.With.text("PolicyName"), arn[strings.LastIndex(arn, "/")+1:]}
	name := strings.Join(lists.Filter(parts, func(part string) bool { return part != "" }), "-")
	if c.With["AssumeRolePolicyDocument"] != nil || strings.HasSuffix(c.Action, "AssumeRolePolicy") {
		name += "-trust"
	}
	return strings.Trim(unfit.ReplaceAllString(name, "_"), ".-") + ".json"
}

var (
	wordEnds    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	acronymEnds = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
)

// kebab is how the aws command writes a name of the API: DeleteSSHPublicKey is delete-ssh-public-key.
func kebab(name string) string {
	return strings.ToLower(acronymEnds.ReplaceAllString(wordEnds.ReplaceAllString(name, "$1-$2"), "$1-$2"))
}
