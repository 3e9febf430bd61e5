package diff

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/message"
	"sekisho/report/wording"
)

// stateFields are the fields of details that hold one of a few states.
var stateFields = []string{"password", "mfa", "access_keys", "signing_certificates", "status"}

// timeFields are the fields of details that hold a time, in RFC 3339.
var timeFields = []string{"created", "enabled_since", "expires", "last_changed", "valid_until"}

// titles are the headings of the findings, by kind.
var titles = map[diff.Kind]message.Message{
	diff.New:              message.New("New failures"),
	diff.Worse:            message.New("More severe than before"),
	diff.NoLongerExcepted: message.New("No longer excepted"),
	diff.NewlyUnknown:     message.New("Newly unknown"),
	diff.NewlyExcepted:    message.New("Newly excepted"),
	diff.StillFailing:     message.New("Still failing"),
	diff.StillUnknown:     message.New("Still unknown"),
	diff.Fixed:            message.New("Fixed"),
	diff.NoLongerApplies:  message.New("No longer applies"),
	diff.Decided:          message.New("No longer unknown"),
}

// counted says how many findings of a kind there are.
func counted(kind diff.Kind, n int) message.Message {
	switch kind {
	case diff.New:
		return message.New("%d new", n)
	case diff.Worse:
		return message.New("%d more severe", n)
	case diff.NoLongerExcepted:
		return message.New("%d no longer excepted", n)
	case diff.NewlyUnknown:
		return message.New("%d newly unknown", n)
	case diff.NewlyExcepted:
		return message.New("%d newly excepted", n)
	case diff.StillFailing:
		return message.New("%d still failing", n)
	case diff.StillUnknown:
		return message.New("%d still unknown", n)
	case diff.Fixed:
		return message.New("%d fixed", n)
	case diff.NoLongerApplies:
		return message.New("%s", message.Plural(n, "%d no longer applies", "%d no longer apply"))
	}
	return message.New("%d no longer unknown", n)
}

// fewNames are named of what was not compared, where there is little room.
const fewNames = 5

// tally says how many findings of each kind there are, those of which there are none left out; the first three always
// stand.
func tally(d *diff.Diff) message.Message {
	var all []message.Message
	for _, kind := range diff.Kinds() {
		if n := len(d.Of(kind)); n > 0 || kind == diff.New || kind == diff.Fixed || kind == diff.StillFailing {
			all = append(all, counted(kind, n))
		}
	}
	return message.Joined("%s, %s", all...)
}

// heading names the account.
func heading(d *diff.Diff) message.Message {
	if d.Account.Alias != nil && *d.Account.Alias != "" {
		return message.New("account %s (%s)", d.Account.ID, *d.Account.Alias)
	}
	return message.New("account %s", d.Account.ID)
}

// describe tells of a side.
func describe(o diff.Origin) message.Message {
	what := wording.Word(o.Source)
	if o.Name != "" {
		what = message.New("%s (%s)", o.Name, what)
	}
	rules := message.Plural(o.Rules, "%d rule", "%d rules")
	if o.CredentialReportAt != nil {
		return message.New("%s, taken %s, credential report of %s, %s", what, message.At(o.TakenAt), message.At(*o.CredentialReportAt), rules)
	}
	return message.New("%s, taken %s, %s", what, message.At(o.TakenAt), rules)
}

// said is what is said of a finding: what fails now, or what failed.
func said(f *diff.Finding) string {
	switch {
	case f.New != nil:
		return f.New.Message
	case f.Old != nil:
		return f.Old.Message
	}
	return ""
}

// remark says how the finding stood before, how it ended, and which exception covers it.
func remark(f *diff.Finding) message.Message {
	var parts []message.Message
	switch f.Kind {
	case diff.New:
		if f.Note != nil {
			parts = append(parts, f.Note.Text)
		} else {
			parts = append(parts, before[f.Was])
		}
	case diff.NewlyUnknown:
		if f.Was == diff.Absent { // such as a list that broke off: what it held was judged one by one
			parts = append(parts, message.New("was decided before"))
		} else {
			parts = append(parts, before[f.Was])
		}
		if f.Note != nil {
			parts = append(parts, f.Note.Text)
		}
	case diff.Worse:
		parts = append(parts, message.New("was %s", wording.Word(f.Old.Severity.String())))
	case diff.Fixed, diff.NoLongerApplies, diff.Decided:
		switch {
		case f.Is == diff.Absent && f.Note != nil:
			parts = append(parts, f.Note.Text)
		case f.Is == diff.Inapplicable && f.Note != nil:
			parts = append(parts, message.New("does not apply any more: %s", f.Note.Text))
		default:
			parts = append(parts, now[f.Is])
		}
	}
	if f.New != nil && f.New.Exception != nil {
		e := f.New.Exception
		parts = append(parts, message.New("excepted: %s (%s, until %s)", e.Reason, e.Owner, message.On(e.Expires)))
	}
	if f.Kind == diff.NoLongerExcepted {
		parts = append(parts, message.New("was excepted: %s (%s)", f.Old.Exception.Reason, f.Old.Exception.Owner))
	}
	return message.Joined("%s; %s", parts...)
}

// How a rule stood to a thing, and how it stands.
var (
	before = map[diff.Standing]message.Message{
		diff.Failed: message.New("failed before"), diff.Unknown: message.New("was unknown"), diff.Passed: message.New("passed before"),
		diff.Inapplicable: message.New("did not apply before"), diff.Absent: message.New("was not there"),
	}
	now = map[diff.Standing]message.Message{
		diff.Failed: message.New("fails"), diff.Unknown: message.New("is unknown"), diff.Passed: message.New("passes now"),
		diff.Inapplicable: message.New("does not apply any more"), diff.Absent: message.New("is not there any more"),
	}
)

// areaTitles are the headings of the areas.
var areaTitles = map[diff.Area]message.Message{
	diff.AreaRoot: message.New("Root user"), diff.AreaUsers: message.New("Users"), diff.AreaPasswords: message.New("Passwords"),
	diff.AreaAccessKeys: message.New("Access keys"), diff.AreaMFADevices: message.New("MFA devices"),
	diff.AreaServiceCredentials: message.New("Service-specific credentials"), diff.AreaSSHKeys: message.New("SSH public keys"),
	diff.AreaCertificates: message.New("Signing certificates"), diff.AreaGroups: message.New("Groups"), diff.AreaRoles: message.New("Roles"),
	diff.AreaPolicies: message.New("Policies"), diff.AreaPasswordPolicy: message.New("Password policy"),
	diff.AreaProviders: message.New("Identity providers"), diff.AreaServerCertificates: message.New("Server certificates"),
	diff.AreaContacts: message.New("Alternate contacts"), diff.AreaAccount: message.New("Account"),
}

// subject is whose a change is, and what: "user/bob", "access key AKIA… of user/bob".
func subject(c *diff.Change) message.Message {
	whose, item := account.ShortARN(c.Resource), account.ShortARN(c.Item)
	if c.Resource == "" {
		whose = c.Name
	}
	switch c.Area {
	case diff.AreaPasswords:
		return message.New("password of %s", whose)
	case diff.AreaAccessKeys:
		return message.New("access key %s of %s", item, whose)
	case diff.AreaMFADevices:
		return message.New("MFA device %s of %s", item, whose)
	case diff.AreaServiceCredentials:
		return message.New("service-specific credential %s of %s", item, whose)
	case diff.AreaSSHKeys:
		return message.New("SSH public key %s of %s", item, whose)
	case diff.AreaCertificates:
		return message.New("signing certificate %s of %s", item, whose)
	case diff.AreaGroups:
		if c.Resource == "" {
			return message.New("group %s", whose)
		}
	case diff.AreaPolicies:
		switch {
		case c.Kind == diff.Attached, c.Kind == diff.Detached:
			return message.New("%s of %s", item, whose)
		case c.Item != "":
			return message.New("inline policy %s of %s", item, whose)
		}
	case diff.AreaPasswordPolicy:
		return message.New("account password policy")
	case diff.AreaRoot:
		return message.New("root's %s", wording.Word(item))
	case diff.AreaAccount:
		return message.New("account's %s", wording.Word(item))
	case diff.AreaContacts:
		return wording.Word(item)
	}
	return message.New("%s", whose)
}

// sentence is a change in one line, without its details.
func sentence(c *diff.Change) message.Message {
	s := subject(c)
	switch c.Kind {
	case diff.Added:
		return message.New("%s added", s)
	case diff.Recreated:
		return message.New("%s recreated: another has its name now", s)
	case diff.Replaced:
		return message.New("%s replaced", s)
	case diff.Removed:
		return message.New("%s removed", s)
	case diff.Activated:
		return message.New("%s activated", s)
	case diff.Deactivated:
		return message.New("%s deactivated", s)
	case diff.Attached:
		return message.New("%s attached", s)
	case diff.Detached:
		return message.New("%s detached", s)
	case diff.Renamed:
		return message.New("%s renamed", s)
	}
	return message.New("%s changed", s)
}

// detail is one detail of a change in one line.
func detail(c *diff.Change, d *diff.Detail) message.Message {
	label := wording.Word(d.Field)
	if d.Part != "" {
		label = message.New("%s %s", label, d.Part)
	}
	if d.Element != "" {
		label = message.New("%s, %s", label, d.Element)
	}
	statement := strings.HasSuffix(d.Field, "statement") && d.Element == ""
	came, went := values(d.Field, d.Added...), values(d.Field, d.Removed...)
	was, is := values(d.Field, d.Old), values(d.Field, d.New)
	switch {
	case len(d.Added) > 0 && len(d.Removed) > 0:
		return message.New("%s: added %s; removed %s", label, came, went)
	case len(d.Removed) > 0:
		return message.New("%s: removed %s", label, went)
	case len(d.Added) > 0 && (c.Kind == diff.Added || c.Kind == diff.Removed || c.Kind == diff.Recreated):
		return message.New("%s: %s", label, came)
	case len(d.Added) > 0:
		return message.New("%s: added %s", label, came)
	case statement && d.Old == "":
		return message.New("%s added: %s", label, is)
	case statement && d.New == "":
		return message.New("%s removed: %s", label, was)
	case d.Old == "":
		return message.New("%s: %s", label, is)
	case d.New == "":
		return message.New("%s: was %s", label, was)
	}
	return message.New("%s: %s → %s", label, was, is)
}

// values lists what a field holds: a time, one of a few states, a thing with its state behind a blank, or a text of the
// account.
func values(field string, list ...string) message.List {
	parts := make([]message.Message, len(list))
	for i, value := range list {
		id, state, two := strings.Cut(value, " ")
		at, err := time.Parse(time.RFC3339, value)
		switch {
		case slices.Contains(timeFields, field) && err == nil:
			parts[i] = message.New("%s", message.At(at))
		case !slices.Contains(stateFields, field):
			parts[i] = message.New("%s", value)
		case two:
			parts[i] = message.New("%s %s", id, wording.Word(state))
		default:
			parts[i] = wording.Word(value)
		}
	}
	return message.Parts(parts...)
}

// notCompared gathers the areas that are not compared for one reason: "Roles, Policies: OLD is a report".
type notCompared struct {
	areas     []message.Message
	reason    diff.Note
	resources []string
}

func gathered(list []diff.NotCompared) []notCompared {
	var out []notCompared
	for _, n := range list {
		title := areaTitles[n.Area]
		i := slices.IndexFunc(out, func(o notCompared) bool { return o.reason.Message == n.Note.Message })
		if i < 0 || len(out[i].resources)+len(n.Resources) > 0 {
			out = append(out, notCompared{[]message.Message{title}, n.Note, n.Resources})
			continue
		}
		out[i].areas = append(out[i].areas, title)
	}
	return out
}

// notRun says of a rule that ran on one side alone why, and what it found there.
func notRun(r *diff.RuleNotCompared) message.Message {
	side := "NEW"
	if r.Lacking == "new" {
		side = "OLD"
	}
	return message.New("%s (%d failing and %d unknown in %s)", r.Note.Text, r.Fail, r.Unknown, side)
}

func orNone(s string) message.Message {
	if s == "" {
		return wording.Word("none")
	}
	return message.New("%s", s)
}
