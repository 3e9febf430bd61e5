package drift

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/drift"
)

// titles are the headings of the findings, by kind.
var titles = map[drift.Kind]string{
	drift.New:              "New failures",
	drift.Worse:            "Graver than before",
	drift.NoLongerExcepted: "No longer excepted",
	drift.NewlyUnknown:     "Newly unknown",
	drift.NewlyExcepted:    "Newly excepted",
	drift.StillFailing:     "Still failing",
	drift.StillUnknown:     "Still unknown",
	drift.Fixed:            "Fixed",
	drift.Decided:          "No longer unknown",
}

// counted are the words for a number of findings, by kind.
var counted = map[drift.Kind]string{
	drift.New:              "new",
	drift.Worse:            "graver",
	drift.NoLongerExcepted: "no longer excepted",
	drift.NewlyUnknown:     "newly unknown",
	drift.NewlyExcepted:    "newly excepted",
	drift.StillFailing:     "still failing",
	drift.StillUnknown:     "still unknown",
	drift.Fixed:            "fixed",
	drift.Decided:          "no longer unknown",
}

// old reports whether a kind is of what is as it was.
func old(kind drift.Kind) bool { return kind == drift.StillFailing || kind == drift.StillUnknown }

// tally says how many findings of each kind there are, those of which there are none left out; the first three always stand.
func tally(d *drift.Drift) string {
	var parts []string
	for _, kind := range drift.Kinds() {
		n := len(d.Of(kind))
		if n > 0 || kind == drift.New || kind == drift.Fixed || kind == drift.StillFailing {
			parts = append(parts, strconv.Itoa(n)+" "+counted[kind])
		}
	}
	return strings.Join(parts, ", ")
}

// heading names the account.
func heading(d *drift.Drift) string {
	s := "account " + d.Account.ID
	if d.Account.Alias != nil && *d.Account.Alias != "" {
		s += " (" + *d.Account.Alias + ")"
	}
	return s
}

// describe tells of a side.
func describe(o drift.Origin) string {
	s := string(o.Source)
	if o.Name != "" {
		s = o.Name + " (" + s + ")"
	}
	s += ", taken " + minute(o.TakenAt)
	if o.CredentialReportAt != nil {
		s += ", credential report of " + minute(*o.CredentialReportAt)
	}
	return s + ", " + plural(o.Rules, "rule")
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// message is what is said of a finding: what fails now, or what failed.
func message(f *drift.Finding) string {
	switch {
	case f.New != nil:
		return f.New.Message
	case f.Old != nil:
		return f.Old.Message
	}
	return ""
}

// remark says how the finding stood before, how it ended, and what bears it.
func remark(f *drift.Finding) string {
	var parts []string
	switch f.Kind {
	case drift.New:
		parts = append(parts, before[f.Was])
	case drift.NewlyUnknown:
		if f.Was == drift.Absent { // such as a list that broke off: what it held was judged one by one
			parts = append(parts, "was decided before")
		} else {
			parts = append(parts, before[f.Was])
		}
	case drift.Worse:
		parts = append(parts, "was "+f.Old.Severity.String())
	case drift.Fixed, drift.Decided:
		if f.Is == drift.Absent && f.Note != nil {
			parts = append(parts, f.Note.Message)
		} else {
			parts = append(parts, now[f.Is])
		}
	}
	if f.Kind == drift.NewlyUnknown && f.Note != nil {
		parts = append(parts, f.Note.Message)
	}
	if f.New != nil && f.New.Exception != nil {
		parts = append(parts, "excepted: "+f.New.Exception.Reason+" ("+f.New.Exception.Owner+", until "+f.New.Exception.Expires.UTC().Format(time.DateOnly)+")")
	}
	if f.Kind == drift.NoLongerExcepted {
		parts = append(parts, "was excepted: "+f.Old.Exception.Reason+" ("+f.Old.Exception.Owner+")")
	}
	return strings.Join(parts, "; ")
}

// How a rule stood to a thing, and how it stands.
var (
	before = map[drift.Standing]string{
		drift.Failed: "failed before", drift.Unknown: "was unknown", drift.Passed: "passed before",
		drift.Inapplicable: "did not apply before", drift.Absent: "was not there",
	}
	now = map[drift.Standing]string{
		drift.Failed: "fails", drift.Unknown: "is unknown", drift.Passed: "passes now",
		drift.Inapplicable: "does not apply any more", drift.Absent: "is not there any more",
	}
)

// nouns are what the areas hold, one of them.
var nouns = map[drift.Area]string{
	drift.AreaRoot: "root's", drift.AreaUsers: "user", drift.AreaPasswords: "password", drift.AreaAccessKeys: "access key", drift.AreaMFADevices: "MFA device",
	drift.AreaServiceCredentials: "service-specific credential", drift.AreaSSHKeys: "SSH public key", drift.AreaCertificates: "signing certificate",
	drift.AreaGroups: "group", drift.AreaRoles: "role", drift.AreaPolicies: "policy", drift.AreaPasswordPolicy: "account password policy",
	drift.AreaProviders: "identity provider", drift.AreaServerCertificates: "server certificate", drift.AreaContacts: "", drift.AreaAccount: "account's",
}

// areaTitles are the headings of the areas.
var areaTitles = map[drift.Area]string{
	drift.AreaRoot: "Root user", drift.AreaUsers: "Users", drift.AreaPasswords: "Passwords", drift.AreaAccessKeys: "Access keys", drift.AreaMFADevices: "MFA devices",
	drift.AreaServiceCredentials: "Service-specific credentials", drift.AreaSSHKeys: "SSH public keys", drift.AreaCertificates: "Signing certificates",
	drift.AreaGroups: "Groups", drift.AreaRoles: "Roles", drift.AreaPolicies: "Policies", drift.AreaPasswordPolicy: "Password policy",
	drift.AreaProviders: "Identity providers", drift.AreaServerCertificates: "Server certificates", drift.AreaContacts: "Alternate contacts", drift.AreaAccount: "Account",
}

// subject is whose a change is, and what: "user/bob", "access key AKIA… of user/bob".
func subject(c *drift.Change) string {
	whose := account.ShortARN(c.Resource)
	if c.Resource == "" {
		whose = c.Name
	}
	item := account.ShortARN(c.Item)
	switch c.Area {
	case drift.AreaPasswords:
		return "password of " + whose
	case drift.AreaUsers, drift.AreaRoles, drift.AreaServerCertificates, drift.AreaProviders:
		return whose
	case drift.AreaGroups:
		if c.Resource == "" {
			return "group " + whose
		}
		return whose
	case drift.AreaRoot, drift.AreaAccount, drift.AreaContacts:
		return strings.TrimSpace(nouns[c.Area] + " " + item)
	case drift.AreaPasswordPolicy:
		return nouns[c.Area]
	case drift.AreaPolicies:
		switch {
		case c.Kind == drift.Attached, c.Kind == drift.Detached:
			return item + " of " + whose
		case c.Item != "":
			return "inline policy " + item + " of " + whose
		}
		return whose
	}
	return nouns[c.Area] + " " + item + " of " + whose
}

// sentence is a change in one line, without its details.
func sentence(c *drift.Change) string {
	s := subject(c) + " " + string(c.Kind)
	if c.Kind == drift.Recreated {
		s += ": another has its name now"
	}
	return s
}

// detail is one detail of a change in one line.
func detail(c *drift.Change, d *drift.Detail) string {
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
		portrait := (c.Kind == drift.Added || c.Kind == drift.Removed || c.Kind == drift.Recreated) && len(d.Removed) == 0
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

func gathered(list []drift.NotCompared) []notCompared {
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

// some lists the first few names, and says how many more there are.
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// ranOn says of a rule that ran on one side what it found there.
func ranOn(r *drift.RuleNotCompared) string {
	side := "NEW"
	if r.Lacking == "new" {
		side = "OLD"
	}
	return fmt.Sprintf("%d failing and %d unknown in %s", r.Fail, r.Unknown, side)
}

func severity(s audit.Severity) string { return strings.ToUpper(s.String()) }
