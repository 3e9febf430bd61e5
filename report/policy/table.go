// Package policy writes what "sekisho policy" tells: what policies let people do without MFA, and whether they allow a
// request.
package policy

import (
	"fmt"
	"io"
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
	"sekisho/report/wording"
)

// Judged is what policies come to, whether a statement of theirs has a condition on MFA, and what they name that AWS
// does not have.
type Judged struct {
	*access.Analysis
	AsksForMFA     bool
	UnknownActions []policy.UnknownAction
}

// findings are those of the analysis, and one for each action that AWS does not have.
func (j Judged) findings() []access.Finding {
	all := slices.Clone(j.Findings())
	for i, u := range j.UnknownActions {
		text, fix := audit.UnknownActions(j.UnknownActions[i:i+1], 0)
		all = append(all, access.Finding{Rule: unknownAction, Status: access.FindingFail, Statement: u.Statement, Message: message.New("%s: %s", u.Statement, text), Fix: fix})
	}
	return all
}

// unknownAction is the rule that the audit of an account has for it.
const unknownAction = "policy-unknown-action"

// Formats lists the formats of what policies come to, the default one first.
func Formats() format.Register[Judged] {
	return format.Register[Judged]{
		{Name: "table", Extensions: []string{".txt"}, Render: Table},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
	}
}

// maxProse is how wide sentences get, in columns, however wide the terminal is.
const maxProse = 100

// prose writes sentences.
type prose struct{ *term.Page }

// para writes a message behind its mark; further lines begin where the text does.
func (p prose) para(indent int, mark sanitize.Text, m message.Message) {
	p.Beside(indent, mark, sanitize.Message(m))
}

// entry writes a name in a column of its own and a message beside it.
func (p prose) entry(name sanitize.Text, m message.Message) { p.para(0, term.Pad(name, 18), m) }

var (
	pathTitles = [...]sanitize.Text{access.Console: "Console", access.AccessKey: "Access key"}
	pathHolds  = [...]message.Message{
		access.Console:   message.New("With the password alone, where no MFA device is registered"),
		access.AccessKey: message.New("With the access key alone"),
	}
	verdictTitles = [...]sanitize.Text{
		access.Undecided: "unknown", access.NoAccess: "no access", access.Enforced: "enforced", access.Leaky: "leaky",
		access.NotEnforced: "not enforced",
	}
)

// Table writes the verdict for people: a sentence for each path, what to correct, and what users can do for themselves.
func Table(w io.Writer, judged Judged, o format.Options) error {
	p := prose{term.NewPage(w, min(o.Width, maxProse), o.Color).In(o.Language)}
	p.Line("MFA: enforced, or only registered?")
	for _, path := range []access.Path{access.Console, access.AccessKey} {
		p.Line("")
		p.path(judged.Analysis, path)
	}
	p.findings(judged)
	p.self(judged.Analysis)
	if err := p.Flush(); err != nil {
		return fmt.Errorf("writing the verdict on policies as a table: %w", err)
	}
	return nil
}

// path says what somebody could do by a path without MFA.
func (p prose) path(judged *access.Analysis, path access.Path) {
	verdict := judged.Paths[path]
	p.Line(term.Pad(pathTitles[path], 12) + verdictTitles[verdict.Verdict])
	who := pathHolds[path]
	switch verdict.Verdict {
	case access.Undecided:
		p.para(2, "", message.New("The policies are far beyond the sizes that AWS stores, and are not judged."))
		return
	case access.NoAccess:
		p.para(2, "", message.New("%s: nothing. With MFA neither: these policies allow nothing.", who))
		return
	case access.Enforced:
		if len(judged.Bootstrap(path)) == 0 {
			p.para(2, "", message.New("%s: nothing.", who))
			return
		}
		p.para(2, "", message.New("%s: nothing but what it takes to look at oneself and to enrol a device.", who))
		return
	case access.NotEnforced:
		who = message.New("%s, all that these policies allow with MFA too", who)
	}
	partial := verdict.Verdict == access.Leaky
	groups := groupLeaks(judged.Leaks(path))
	if len(groups) == 1 {
		p.para(2, "", message.New("%s: %s.", who, groups[0].text(partial)))
	} else {
		p.para(2, "", message.New("%s:", who))
		for i, g := range groups {
			if i == maxGroups && len(groups) > maxGroups+1 {
				p.para(2, "- ", message.New("and more, by %d other statements or on other resources; -f json lists it all", len(groups)-maxGroups))
				break
			}
			p.para(2, "- ", g.text(partial))
		}
	}
	p.takeovers(judged.Takeovers(path))
}

// takeovers says how an MFA policy can be removed for good.
func (p prose) takeovers(all []access.Takeover) {
	const most = 3
	if len(all) == 0 {
		return
	}
	p.para(2, "", message.New("Someone who has it can go on from there without MFA:"))
	for i, t := range all {
		if i == most && len(all) > most+1 {
			p.para(2, "- ", message.New("and %d ways more", len(all)-most))
			break
		}
		text := message.New("%s %s", t.Action, t.How)
		if !t.Sure {
			text = message.New("possibly %s", text)
		}
		p.para(2, "- ", text)
	}
}

// leakGroup is what the same statements let out on the same resources.
type leakGroup struct {
	services  []string // whole
	actions   []string
	of        []string // the services of the actions
	resources []string
	by        []string
	sure      bool
}

// How much of a list is shown.
const (
	maxGroups    = 6
	maxServices  = 6
	maxActions   = 6
	maxResources = 2
	maxBy        = 3
)

// groupLeaks gathers leaks by what let them out, in the order in which they come.
func groupLeaks(leaks []access.Leak) (groups []*leakGroup) {
	for _, l := range leaks {
		i := slices.IndexFunc(groups, func(g *leakGroup) bool {
			return g.sure == l.Sure && slices.Equal(g.by, l.By) && slices.Equal(g.resources, l.Resources)
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, &leakGroup{resources: l.Resources, by: l.By, sure: l.Sure})
		}
		if g := groups[i]; len(l.Actions) == 1 && l.Actions[0] == l.Service+":*" {
			g.services = append(g.services, l.Service)
		} else {
			g.actions = append(g.actions, l.Actions...)
			g.of = append(g.of, l.Service)
		}
	}
	return groups
}

// text reads: everything in s3 (by policy.json#AllowRead); partial says that MFA opens more than all leaks.
func (g *leakGroup) text(partial bool) message.Message {
	var services, actions message.Message
	switch n := len(g.services); {
	case n > maxServices && n == policy.AboutCatalogue().Services:
		services = message.New("everything in all %d services", n)
		if partial {
			services = message.New("nearly everything in all %d services", n)
		}
	case n > maxServices:
		services = message.New("everything in %d of %d services, such as %s", n, policy.AboutCatalogue().Services, first(4, familiar(g.services)))
	case n > 0:
		services = message.New("everything in %s", message.Names(0, g.services))
	}
	if n := len(g.actions); n > maxActions && len(g.of) > 1 {
		actions = message.New("%d actions of %d services, such as %s", n, len(g.of), first(3, g.actions))
	} else if n > 0 {
		actions = message.New("%s", message.Some(maxActions, 0, g.actions))
	}
	text := message.Joined("%s, and %s", services, actions)
	if !slices.Contains(g.resources, "*") && len(g.resources) > 0 {
		text = message.New("%s on %s", text, message.Some(maxResources, 0, g.resources))
	}
	if len(g.by) > 0 {
		text = message.New("%s (by %s)", text, message.Some(maxBy, 0, g.by))
	}
	if !g.sure {
		text = message.New("possibly %s", text)
	}
	return text
}

// familiar brings forward the services that everybody knows.
func familiar(services []string) []string {
	var first, rest []string
	for _, s := range services {
		if slices.Contains([]string{"iam", "s3", "ec2", "kms", "lambda", "rds", "secretsmanager", "dynamodb"}, s) {
			first = append(first, s)
		} else {
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

// findings lists what is wrong with the way in which the policies ask for MFA, and with the actions that they name, with
// what would be right.
func (p prose) findings(judged Judged) {
	wrong := slices.DeleteFunc(judged.findings(), func(f access.Finding) bool {
		return f.Status != access.FindingFail && f.Status != access.FindingUnknown
	})
	if len(wrong) > 0 {
		p.Line("")
		p.Line("To fix")
		for _, f := range wrong {
			mark := sanitize.Text("✗ ")
			if f.Status == access.FindingUnknown {
				mark = "? "
			}
			p.Beside(2, mark, sanitize.Terminal(f.Rule))
			p.para(4, "", f.Message)
			if !f.Fix.Empty() {
				p.para(4, "Fix: ", f.Fix)
			}
			if f.AllowedBy != "" && f.AllowedBy != f.Statement {
				p.Beside(4, "Allowed by: ", sanitize.Terminal(f.AllowedBy))
			}
		}
	}
	if slices.ContainsFunc(wrong, func(f access.Finding) bool { return f.Rule != unknownAction }) {
		return
	}
	for _, path := range judged.Paths {
		if path.Verdict == access.NotEnforced || path.Verdict == access.Leaky {
			p.Line("")
			text := message.New("What these policies ask of MFA is right, but it doesn't cover all that they allow.")
			if !judged.AsksForMFA {
				text = message.New("Nothing in these policies asks for MFA. They need an MFA policy: a Deny on every resource, of all actions but those that " +
					"enrol a device, where BoolIfExists aws:MultiFactorAuthPresent is false.")
			}
			p.para(0, "", text)
			return
		}
	}
}

var deviceNames = map[string]message.Message{
	"any":      message.New("possible without MFA, and the device may have any name"),
	"username": message.New("possible without MFA, if the device has the user's name"),
}

// self says what users can do for themselves.
func (p prose) self(judged *access.Analysis) {
	if judged.Paths[access.Console].Verdict == access.Undecided {
		return
	}
	enforced := judged.Paths[access.Console].Verdict == access.Enforced || judged.Paths[access.AccessKey].Verdict == access.Enforced
	p.Line("")
	e := judged.Enrolment
	text := deviceNames[e.DeviceName]
	switch {
	case e.Possible == policy.Maybe:
		text = message.New("depends on what isn't known here: %s", text)
	case e.Possible == policy.No && enforced:
		text = message.New("impossible without MFA: a user without a device is locked out until an administrator enrols one for them")
	case e.Possible == policy.No:
		text = message.New("impossible without MFA")
	}
	p.entry("Enrolment", text)
	text = message.New("possible: iam:ChangePassword needs no MFA")
	switch judged.FirstSignIn {
	case policy.Maybe:
		text = message.New("depends on what isn't known here: whether iam:ChangePassword needs MFA")
	case policy.No:
		text = message.New("impossible where the password must be changed at once: iam:ChangePassword isn't allowed without MFA")
	}
	p.entry("First sign-in", text)
	p.entry("Own credentials", message.New("without MFA: %s", credentials(judged.SelfService.WithoutMFA)))
	p.entry("", message.New("with MFA: %s", credentials(judged.SelfService.WithMFA)))
	p.notes(judged, enforced && e.Possible != policy.No)
}

// notes lists what is worth knowing although it is no leak, and by which path, unless it is by both.
func (p prose) notes(judged *access.Analysis, unclaimed bool) {
	var notes []message.Message
	byPath := [2][]message.Message{access.Console: judged.Notes(access.Console), access.AccessKey: judged.Notes(access.AccessKey)}
	both := func(note message.Message, other access.Path) bool {
		return slices.ContainsFunc(byPath[other], func(m message.Message) bool { return m.String() == note.String() })
	}
	for _, note := range byPath[access.Console] {
		if !both(note, access.AccessKey) {
			note = message.New("%s (by the password)", note)
		}
		notes = append(notes, note)
	}
	for _, note := range byPath[access.AccessKey] {
		if !both(note, access.Console) {
			notes = append(notes, message.New("%s (by the access key)", note))
		}
	}
	if unclaimed {
		notes = append(notes, message.New("as long as a user has no device, anyone who has the password or key can enrol one of their own"))
	}
	if len(notes) == 0 {
		return
	}
	p.Line("")
	p.Line("To know")
	for _, note := range notes {
		p.para(2, "- ", note)
	}
}

// credentials lists kinds of credentials as one speaks of them.
func credentials(kinds []string) message.Message {
	if len(kinds) == 0 {
		return message.New("nothing")
	}
	return message.New("%s", message.Parts(lists.Map(kinds, wording.Word)...))
}

// first are up to n names.
func first(n int, names []string) message.List { return message.Names(0, names[:min(n, len(names))]) }
