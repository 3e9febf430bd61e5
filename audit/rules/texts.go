package rules

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// asOf adds the credential report's time to a message whose evidence comes from it: AWS serves the same report for four
// hours, so what it says may have been fixed since.
func asOf(text message.Message, evidence []audit.Evidence) message.Message {
	for _, e := range evidence {
		if e.Source == "iam:GetCredentialReport" {
			return message.New("%s, as of %s", text, message.At(e.ObservedAt))
		}
	}
	return text
}

// second is a time as AWS writes it, for evidence.
func second(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// unlessOwn goes behind a threshold's number in the documentation of rules that judge users by it.
const unlessOwn = ", unless the user has a limit of their own"

// ownLimit is a note that says by which limit a user was judged, where it is not the general one.
func ownLimit(own, general int, unit func(int) message.Count) message.Message {
	if own == general {
		return message.Message{}
	}
	return message.New("the limit of this user is %s", unit(own))
}

// ofUsers makes a check of what users have, such as active keys. It answers not applicable for a user who has none, and
// goes on with the thresholds that hold for the others.
func ofUsers[T any](have func(*account.User) []T, none message.Message, check func(*audit.Pass, *account.User, []T, audit.Thresholds)) func(*audit.Pass) {
	return func(p *audit.Pass) {
		for u := range p.Users() {
			if list := have(u); len(list) == 0 {
				p.NotApplicable(u, none)
			} else if limits, ok := p.ThresholdsOf(u); ok {
				check(p, u, list, limits)
			}
		}
	}
}

func minutesLong(n int) message.Count { return message.Plural(n, "%d minute", "%d minutes") }

// entryEvidence is what a list says of one of its entries.
func entryEvidence(list []audit.Evidence, name, value string) []audit.Evidence {
	if len(list) == 0 {
		return nil
	}
	return []audit.Evidence{{Name: name, Value: value, Source: list[0].Source, ObservedAt: list[0].ObservedAt}}
}

// names lists two names and counts the rest: a message is one short sentence. All of them stand in Concerns or
// Statements, or as evidence.
func names(list []string) message.List { return message.Names(2, list) }

func attachedNames(policies []account.AttachedPolicy) []string {
	return lists.Map(policies, func(p account.AttachedPolicy) string { return p.Name })
}

func inlineNames(policies []account.InlinePolicy) []string {
	return lists.Map(policies, func(p account.InlinePolicy) string { return p.Name })
}
