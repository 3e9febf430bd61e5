package audit

import (
	"strconv"
	"strings"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/message"
)

// Fix is how what a rule finds is put right: steps in their order, after each of which one can stop. What can't be
// undone comes after what can.
type Fix struct {
	Steps []FixStep
	Page  string // of AWS's documentation
	// Changes are the edits that clear one failure of the rule, in their order; nil where there are none. [ChangesFor]
	// calls it.
	Changes func(*Fixing, *Finding) []change.Change
}

// Fixing is what the changes of a fix are made of, beside the failure: what the rule saw.
type Fixing struct {
	*access.Access // with the account, and through it the snapshot that was judged: Account.Kept
	Thresholds     Thresholds
	Settings       Settings

	order *change.Order  // nil until asked for
	known map[string]any // what was worked out once, by name
}

// Once works something out that many failures ask for, and keeps it by its name.
func Once[T any](on *Fixing, name string, work func() T) T {
	if kept, is := on.known[name]; is {
		return kept.(T)
	}
	if on.known == nil {
		on.known = map[string]any{}
	}
	out := work()
	on.known[name] = out
	return out
}

// ThresholdsOf returns the thresholds that hold for a user, as far as it is known which do.
func (on *Fixing) ThresholdsOf(u *account.User) Thresholds {
	thresholds, _ := on.Settings.thresholdsOf(u, on.Thresholds, func() bool { return true })
	return thresholds
}

// ChangesFor lists the changes that clear a failure of a rule, in their order: nothing that fails needs another first,
// but for what [change.Complete] puts in. Equal failures of many rules give equal changes, such as the one password
// policy that ten rules ask for. None means that the rule has no fix for this failure.
//
// What only a person can do is among them, as an action that begins with "person:"; a snapshot is as it would be when
// they have done it. Where a fix is a way of several stages, its changes are told apart by [change.Change.Stage], and it
// is done after the last. A change whose stage is [change.UntilThen] clears nothing in a snapshot: time alone does.
func ChangesFor(rule *Rule, on *Fixing, f *Finding) []change.Change {
	if rule.Fix.Changes == nil || f.Status != StatusFail {
		return nil
	}
	return rule.Fix.Changes(on, f)
}

// FixStep is one step: what to do, and a command that does it, with words in capitals for what is the reader's own.
type FixStep struct {
	Text    string
	Command string // empty where there is none
}

// String returns the fix as a text of lines: a step, and its command behind four blanks.
func (f Fix) String() string { return f.In(nil) }

// In is String in a language.
func (f Fix) In(l *message.Language) string {
	var b strings.Builder
	for i, s := range f.Steps {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(f.Steps) > 1 {
			b.WriteString(strconv.Itoa(i+1) + ". ")
		}
		if s.Command != "" {
			b.WriteString(message.New("%s:", l.Text(s.Text)).In(l) + "\n    " + s.Command)
		} else {
			b.WriteString(message.New("%s.", l.Text(s.Text)).In(l))
		}
	}
	if f.Page != "" {
		b.WriteString("\nAWS: " + f.Page)
	}
	return b.String()
}

// StepsFor lists the same as numbered steps for a reader, with what AWS wants first in its place: each has its words, its
// command with real values unless only a person can do it, and its way through the console. It is cheap: thousands of
// failures may be asked for.
func StepsFor(rule *Rule, on *Fixing, f *Finding) []change.Step {
	changes := ChangesFor(rule, on, f)
	if len(changes) == 0 {
		return nil
	}
	if on.order == nil {
		on.order = change.NewOrder(on.Account.Kept)
	}
	return on.order.Of(changes...)
}
