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
