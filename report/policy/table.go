// Package policy writes what "sekisho policy" tells: what policies let people do without MFA, and whether they allow a
// request.
package policy

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/audit/access"
	"sekisho/audit/policy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// Judged is what policies come to, and whether a statement of theirs has a condition on MFA.
type Judged struct {
	*access.Analysis
	AsksForMFA bool
}

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

// para makes a text of policies harmless and writes it behind its mark; further lines begin where the text does.
func (p prose) para(indent int, mark sanitize.Text, text string) {
	p.Beside(indent, mark, sanitize.Terminal(text))
}

// entry writes a name in a column of its own and a text beside it.
func (p prose) entry(name sanitize.Text, text string) { p.para(0, term.Pad(name, 18), text) }

var (
	pathTitles = [...]sanitize.Text{access.Console: "Console", access.AccessKey: "Access key"}
	pathHolds  = [...]string{
		access.Console:   "With the password alone, where no MFA device is registered",
		access.AccessKey: "With the access key alone",
	}
	verdictTitles = [...]sanitize.Text{
		access.Undecided: "unknown", access.NoAccess: "no access", access.Enforced: "enforced", access.Leaky: "leaky",
		access.NotEnforced: "not enforced",
	}
)

// Table writes the verdict for people: a sentence for each path, what to correct, and what users can do for themselves.
func Table(w io.Writer, judged Judged, o format.Options) error {
	p := prose{term.NewPage(w, min(o.Width, maxProse), o.Color)}
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
		p.para(2, "", "The policies are far beyond the sizes that AWS stores, and are not judged.")
		return
	case access.NoAccess:
		p.para(2, "", who+": nothing. With MFA neither: these policies allow nothing.")
		return
	case access.Enforced:
		if len(judged.Bootstrap(path)) == 0 {
			p.para(2, "", who+": nothing.")
			return
		}
		p.para(2, "", who+": nothing but what it takes to look at oneself and to enrol a device.")
		return
	case access.NotEnforced:
		who += ", all that these policies allow with MFA too"
	}
	partial := verdict.Verdict == access.Leaky
	groups := groupLeaks(judged.Leaks(path))
	if len(groups) == 1 {
		p.para(2, "", who+": "+groups[0].text(partial)+".")
	} else {
		p.para(2, "", who+":")
		for i, g := range groups {
			if i == maxGroups && len(groups) > maxGroups+1 {
				p.para(2, "- ", fmt.Sprintf("and more, by %d other statements or on other resources; -f json lists it all", len(groups)-maxGroups))
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
	p.para(2, "", "Someone who has it can go on from there without MFA:")
	for i, t := range all {
		if i == most && len(all) > most+1 {
			p.para(2, "- ", fmt.Sprintf("and %d ways more", len(all)-most))
			break
		}
		text := t.Action + " " + t.How.String()
		if !t.Sure {
			text = "possibly " + text
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
func (g *leakGroup) text(partial bool) string {
	var parts []string
	switch n := len(g.services); {
	case n > maxServices && n == policy.AboutCatalogue().Services:
		text := fmt.Sprintf("everything in all %d services", n)
		if partial {
			text = "nearly " + text
		}
		parts = append(parts, text)
	case n > maxServices:
		parts = append(parts, fmt.Sprintf("everything in %d of %d services, such as %s", n, policy.AboutCatalogue().Services, join(familiar(g.services), 4)))
	case n > 0:
		parts = append(parts, "everything in "+join(g.services, maxServices))
	}
	if n := len(g.actions); n > maxActions && len(g.of) > 1 {
		parts = append(parts, fmt.Sprintf("%d actions of %d services, such as %s", n, len(g.of), join(g.actions, 3)))
	} else if n > 0 {
		parts = append(parts, string(term.Some(sanitize.Terminals(g.actions), maxActions, 0)))
	}
	text := strings.Join(parts, ", and ")
	if !slices.Contains(g.resources, "*") && len(g.resources) > 0 {
		text += " on " + string(term.Some(sanitize.Terminals(g.resources), maxResources, 0))
	}
	if len(g.by) > 0 {
		text += " (by " + string(term.Some(sanitize.Terminals(g.by), maxBy, 0)) + ")"
	}
	if !g.sure {
		text = "possibly " + text
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

// findings lists what is wrong with the way in which the policies ask for MFA, with what would be right.
func (p prose) findings(judged Judged) {
	wrong := slices.DeleteFunc(slices.Clone(judged.Findings()), func(f access.Finding) bool {
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
			p.para(2, mark, f.Rule)
			p.para(4, "", f.Message.String())
			if fix := f.Fix.String(); fix != "" {
				p.para(4, "Fix: ", fix)
			}
			if f.AllowedBy != "" && f.AllowedBy != f.Statement {
				p.para(4, "Allowed by: ", f.AllowedBy)
			}
		}
		return
	}
	for _, path := range judged.Paths {
		if path.Verdict == access.NotEnforced || path.Verdict == access.Leaky {
			p.Line("")
			text := "What these policies ask of MFA is right, but it doesn't cover all that they allow."
			if !judged.AsksForMFA {
				text = "Nothing in these policies asks for MFA. They need an MFA policy: a Deny on every resource, of all actions but those that enrol a " +
					"device, where BoolIfExists aws:MultiFactorAuthPresent is false."
			}
			p.para(0, "", text)
			return
		}
	}
}

var deviceNames = map[string]string{
	"any":      "possible without MFA, and the device may have any name",
	"username": "possible without MFA, if the device has the user's name",
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
		text = "depends on what isn't known here: " + text
	case e.Possible == policy.No && enforced:
		text = "impossible without MFA: a user without a device is locked out until an administrator enrols one for them"
	case e.Possible == policy.No:
		text = "impossible without MFA"
	}
	p.entry("Enrolment", text)
	text = "possible: iam:ChangePassword needs no MFA"
	switch judged.FirstSignIn {
	case policy.Maybe:
		text = "depends on what isn't known here: whether iam:ChangePassword needs MFA"
	case policy.No:
		text = "impossible where the password must be changed at once: iam:ChangePassword isn't allowed without MFA"
	}
	p.entry("First sign-in", text)
	p.entry("Own credentials", "without MFA: "+orNothing(judged.SelfService.WithoutMFA))
	p.entry("", "with MFA: "+orNothing(judged.SelfService.WithMFA))
	p.notes(judged, enforced && e.Possible != policy.No)
}

// notes lists what is worth knowing although it is no leak, and by which path, unless it is by both.
func (p prose) notes(judged *access.Analysis, unclaimed bool) {
	var notes []string
	byPath := [2][]string{}
	for _, path := range []access.Path{access.Console, access.AccessKey} {
		for _, note := range judged.Notes(path) {
			byPath[path] = append(byPath[path], note.String())
		}
	}
	for _, text := range byPath[access.Console] {
		if !slices.Contains(byPath[access.AccessKey], text) {
			text += " (by the password)"
		}
		notes = append(notes, text)
	}
	for _, text := range byPath[access.AccessKey] {
		if !slices.Contains(byPath[access.Console], text) {
			notes = append(notes, text+" (by the access key)")
		}
	}
	if unclaimed {
		notes = append(notes, "as long as a user has no device, anyone who has the password or key can enrol one of their own")
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

// credentialNames writes the kinds of credentials as one speaks of them.
var credentialNames = strings.NewReplacer("mfa-", "MFA ", "ssh-", "SSH ", "-", " ")

func orNothing(texts []string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	return credentialNames.Replace(strings.Join(texts, ", "))
}

// join joins up to n texts.
func join(texts []string, n int) string { return strings.Join(texts[:min(n, len(texts))], ", ") }
