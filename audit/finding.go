package audit

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// ToFix says what to change for this very finding.
func (f *Finding) ToFix(fix message.Message) *Finding {
	f.Fix, f.FixText = fix.String(), fix
	return f
}

// About names those whom the finding concerns.
func (f *Finding) About(names []string) *Finding {
	f.Concerns = names
	return f
}

// By names the statements that make it a finding.
func (f *Finding) By(statements []string) *Finding {
	f.Statements = statements
	return f
}

// Note adds what a reader should know beside the message. An empty note is left out.
func (f *Finding) Note(note message.Message) *Finding {
	if !note.Empty() {
		f.Notes = append(f.Notes, note)
	}
	return f
}

// mostTold is how many of those concerned, and of the statements, a remark names.
const mostTold = 3

// Remarks are what formats for people show beside the message: what to change, whom it concerns and which statements
// make it, as far as the message does not name them already, and the notes.
func (f *Finding) Remarks() []message.Message {
	var remarks []message.Message
	if !f.FixText.Empty() {
		remarks = append(remarks, message.New("to fix: %s", f.FixText))
	}
	if untold(f.Message, f.Concerns) {
		remarks = append(remarks, message.New("concerns %s", message.Names(mostTold, f.Concerns)))
	}
	if untold(f.Message, f.Statements) {
		remarks = append(remarks, message.New("because of %s", message.Names(mostTold, f.Statements)))
	}
	return append(remarks, f.Notes...)
}

func untold(text string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return !strings.Contains(text, name) })
}

// NotJudged reports how many resources an unknown verdict on the account stands for, and for which reason, where it
// does.
func (f *Finding) NotJudged() (count int64, reason message.Message, ok bool) {
	if f.Text.Format != notJudged || len(f.Text.Args) != 2 {
		return 0, message.Message{}, false
	}
	count, counted := f.Text.Args[0].(int64)
	reason, said := f.Text.Args[1].(message.Message)
	return count, reason, counted && said
}

// Subject is what a finding is about, in few characters: "user/bob", with the thing inside it behind a #. The account's
// own ARN is that of its root user, so the two go by name; a region, which is an item of the account, is its own name.
func Subject(resource, item, name string) string {
	short := account.ShortARN(resource)
	if account.IsRootARN(resource) && name != "" {
		short = name
	}
	if item != "" && item != short {
		short += "#" + account.ShortARN(item)
	}
	return short
}

// OfAccount reports whether the finding is about the account, whose ARN is that of its root user.
func (f *Finding) OfAccount() bool { return account.IsRootARN(f.Resource) && f.Name != rootName }

const rootName = "root user"
