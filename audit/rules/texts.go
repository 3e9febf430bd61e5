package rules

import (
	"fmt"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
)

// asOf adds the credential report's time to a message whose evidence comes from it: AWS serves the same report for four hours, so
// what it says may have been mended meanwhile.
func asOf(text audit.Text, evidence []audit.Evidence) audit.Text {
	for _, e := range evidence {
		if e.Source == "iam:GetCredentialReport" {
			args := append(append([]any{}, text.Args...), minute(e.ObservedAt))
			return audit.Text{Format: text.Format + ", as of %s", Args: args}
		}
	}
	return text
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// second is a time as AWS writes it, for evidence.
func second(t time.Time) string { return t.UTC().Format(time.RFC3339) }

const (
	// unlessOwn goes behind a threshold's number in the documentation of rules that judge users by it.
	unlessOwn = ", unless the user has a limit of his own"

	limitDays    = "; the limit of this user is %d days"
	limitMinutes = "; the limit of this user is %d minutes"
)

// ownLimit says by which limit a user was judged, where it isn't that of all.
func ownLimit(format string, own, general int) audit.Text {
	if own == general {
		return audit.Text{}
	}
	return audit.Textf(format, own)
}

// entryEvidence is what a list says of one of its entries.
func entryEvidence(list []audit.Evidence, name, value string) []audit.Evidence {
	if len(list) == 0 {
		return nil
	}
	return []audit.Evidence{{Name: name, Value: value, Source: list[0].Source, ObservedAt: list[0].ObservedAt}}
}

// names joins at most three names and counts the rest.
func names(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

func attachedNames(policies []account.AttachedPolicy) []string {
	list := make([]string, len(policies))
	for i, p := range policies {
		list[i] = p.Name
	}
	return list
}

func inlineNames(policies []account.InlinePolicy) []string {
	list := make([]string, len(policies))
	for i, p := range policies {
		list[i] = p.Name
	}
	return list
}
