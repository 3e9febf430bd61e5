package diff

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/report/term"
)

// titles are the headings of the findings, by kind.
var titles = map[diff.Kind]string{
	diff.New:              "New failures",
	diff.Worse:            "More severe than before",
	diff.NoLongerExcepted: "No longer excepted",
	diff.NewlyUnknown:     "Newly unknown",
	diff.NewlyExcepted:    "Newly excepted",
	diff.StillFailing:     "Still failing",
	diff.StillUnknown:     "Still unknown",
	diff.Fixed:            "Fixed",
	diff.Decided:          "No longer unknown",
}

// counted are the words for a number of findings, by kind.
var counted = map[diff.Kind]string{
	diff.New:              "new",
	diff.Worse:            "more severe",
	diff.NoLongerExcepted: "no longer excepted",
	diff.NewlyUnknown:     "newly unknown",
	diff.NewlyExcepted:    "newly excepted",
	diff.StillFailing:     "still failing",
	diff.StillUnknown:     "still unknown",
	diff.Fixed:            "fixed",
	diff.Decided:          "no longer unknown",
}

// old reports whether a kind is of what is as it was.
func old(kind diff.Kind) bool { return kind == diff.StillFailing || kind == diff.StillUnknown }

// tally says how many findings of each kind there are, those of which there are none left out; the first three always stand.
func tally(d *diff.Diff) string {
	var parts []string
	for _, kind := range diff.Kinds() {
		n := len(d.Of(kind))
		if n > 0 || kind == diff.New || kind == diff.Fixed || kind == diff.StillFailing {
			parts = append(parts, strconv.Itoa(n)+" "+counted[kind])
		}
	}
	return strings.Join(parts, ", ")
}

// heading names the account.
func heading(d *diff.Diff) string {
	s := "account " + d.Account.ID
	if d.Account.Alias != nil && *d.Account.Alias != "" {
		s += " (" + *d.Account.Alias + ")"
	}
	return s
}

// describe tells of a side.
func describe(o diff.Origin) string {
	s := string(o.Source)
	if o.Name != "" {
		s = o.Name + " (" + s + ")"
	}
	s += ", taken " + term.Minute(o.TakenAt)
	if o.CredentialReportAt != nil {
		s += ", credential report of " + term.Minute(*o.CredentialReportAt)
	}
	return s + ", " + term.Count(o.Rules, "rule")
}

// message is what is said of a finding: what fails now, or what failed.
func message(f *diff.Finding) string {
	switch {
	case f.New != nil:
		return f.New.Message
	case f.Old != nil:
		return f.Old.Message
	}
	return ""
}

// remark says how the finding stood before, how it ended, and which exception covers it.
func remark(f *diff.Finding) string {
	var parts []string
	switch f.Kind {
	case diff.New:
		parts = append(parts, before[f.Was])
	case diff.NewlyUnknown:
		if f.Was == diff.Absent { // such as a list that broke off: what it held was judged one by one
			parts = append(parts, "was decided before")
		} else {
			parts = append(parts, before[f.Was])
		}
	case diff.Worse:
		parts = append(parts, "was "+f.Old.Severity.String())
	case diff.Fixed, diff.Decided:
		if f.Is == diff.Absent && f.Note != nil {
			parts = append(parts, f.Note.Message)
		} else {
			parts = append(parts, now[f.Is])
		}
	}
	if f.Kind == diff.NewlyUnknown && f.Note != nil {
		parts = append(parts, f.Note.Message)
	}
	if f.New != nil && f.New.Exception != nil {
		parts = append(parts, "excepted: "+f.New.Exception.Reason+" ("+f.New.Exception.Owner+", until "+f.New.Exception.Expires.UTC().Format(time.DateOnly)+")")
	}
	if f.Kind == diff.NoLongerExcepted {
		parts = append(parts, "was excepted: "+f.Old.Exception.Reason+" ("+f.Old.Exception.Owner+")")
	}
	return strings.Join(parts, "; ")
}

// How a rule stood to a thing, and how it stands.
var (
	before = map[diff.Standing]string{
		diff.Failed: "failed before", diff.Unknown: "was unknown", diff.Passed: "passed before",
		diff.Inapplicable: "did not apply before", diff.Absent: "was not there",
	}
	now = map[diff.Standing]string{
		diff.Failed: "fails", diff.Unknown: "is unknown", diff.Passed: "passes now",
		diff.Inapplicable: "does not apply any more", diff.Absent: "is not there any more",
	}
)

// nouns are what the areas hold, one of them.
var nouns = map[diff.Area]string{
	diff.AreaRoot: "root's", diff.AreaUsers: "user", diff.AreaPasswords: "password", diff.AreaAccessKeys: "access key", diff.AreaMFADevices: "MFA device",
	diff.AreaServiceCredentials: "service-specific credential", diff.AreaSSHKeys: "SSH public key", diff.AreaCertificates: "signing certificate",
	diff.AreaGroups: "group", diff.AreaRoles: "role", diff.AreaPolicies: "policy", diff.AreaPasswordPolicy: "account password policy",
	diff.AreaProviders: "identity provider", diff.AreaServerCertificates: "server certificate", diff.AreaContacts: "", diff.AreaAccount: "account's",
}

// areaTitles are the headings of the areas.
var areaTitles = map[diff.Area]string{
	diff.AreaRoot: "Root user", diff.AreaUsers: "Users", diff.AreaPasswords: "Passwords", diff.AreaAccessKeys: "Access keys", diff.AreaMFADevices: "MFA devices",
	diff.AreaServiceCredentials: "Service-specific credentials", diff.AreaSSHKeys: "SSH public keys", diff.AreaCertificates: "Signing certificates",
	diff.AreaGroups: "Groups", diff.AreaRoles: "Roles", diff.AreaPolicies: "Policies", diff.AreaPasswordPolicy: "Password policy",
	diff.AreaProviders: "Identity providers", diff.AreaServerCertificates: "Server certificates", diff.AreaContacts: "Alternate contacts", diff.AreaAccount: "Account",
}

// subject is whose a change is, and what: "user/bob", "access key AKIA… of user/bob".
func subject(c *diff.Change) string {
	whose := account.ShortARN(c.Resource)
	if c.Resource == "" {
		whose = c.Name
	}
	item := account.ShortARN(c.Item)
	switch c.Area {
	case diff.AreaPasswords:
		return "password of " + whose
	case diff.AreaUsers, diff.AreaRoles, diff.AreaServerCertificates, diff.AreaProviders:
		return whose
	case diff.AreaGroups:
		if c.Resource == "" {
			return "group " + whose
		}
		return whose
	case diff.AreaRoot, diff.AreaAccount, diff.AreaContacts:
		return strings.TrimSpace(nouns[c.Area] + " " + item)
	case diff.AreaPasswordPolicy:
		return nouns[c.Area]
	case diff.AreaPolicies:
		switch {
		case c.Kind == diff.Attached, c.Kind == diff.Detached:
			return item + " of " + whose
		case c.Item != "":
			return "inline policy " + item + " of " + whose
		}
		return whose
	}
	return nouns[c.Area] + " " + item + " of " + whose
}

// sentence is a change in one line, without its details.
func sentence(c *diff.Change) string {
	s := subject(c) + " " + string(c.Kind)
	if c.Kind == diff.Recreated {
		s += ": another has its name now"
	}
	return s
}

// detail is one detail of a change in one line.
func detail(c *diff.Change, d *diff.Detail) string {
	label := strings.ReplaceAll(d.Field, "_", " ")
	if d.Part != "" {
		label += " " + d.Part
	}
	if d.Element != "" {
		label += ", " + d.Element
	}
	statement := strings.HasSuffix(d.Field, "statement") && d.Element == ""
	switch {
	case len(d.Added)+len(d.Removed) > 0:
		portrait := (c.Kind == diff.Added || c.Kind == diff.Removed || c.Kind == diff.Recreated) && len(d.Removed) == 0
		if portrait {
			return label + ": " + strings.Join(d.Added, ", ")
		}
		var parts []string
		if len(d.Added) > 0 {
			parts = append(parts, "added "+strings.Join(d.Added, ", "))
		}
		if len(d.Removed) > 0 {
			parts = append(parts, "removed "+strings.Join(d.Removed, ", "))
		}
		return label + ": " + strings.Join(parts, "; ")
	case statement && d.Old == "":
		return label + " added: " + d.New
	case statement && d.New == "":
		return label + " removed: " + d.Old
	case d.Old == "":
		return label + ": " + d.New
	case d.New == "":
		return label + ": was " + d.Old
	}
	return fmt.Sprintf("%s: %s → %s", label, d.Old, d.New)
}

// notCompared gathers the areas that are not compared for one reason: "roles, policies: OLD is a report".
type notCompared struct {
	areas, reason string
	resources     []string
}

func gathered(list []diff.NotCompared) []notCompared {
	var out []notCompared
	for _, n := range list {
		title := areaTitles[n.Area]
		i := slices.IndexFunc(out, func(o notCompared) bool { return o.reason == n.Note.Message })
		if i < 0 || len(out[i].resources)+len(n.Resources) > 0 {
			out = append(out, notCompared{title, n.Note.Message, n.Resources})
			continue
		}
		out[i].areas += ", " + lowerFirst(title)
	}
	return out
}

// lowerFirst begins a word in the middle of a sentence; MFA and SSH stay.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// ranOn says of a rule that ran on one side what it found there.
func ranOn(r *diff.RuleNotCompared) string {
	side := "NEW"
	if r.Lacking == "new" {
		side = "OLD"
	}
	return fmt.Sprintf("%d failing and %d unknown in %s", r.Fail, r.Unknown, side)
}

func severity(s audit.Severity) string { return strings.ToUpper(s.String()) }
