package diff

import (
	"cmp"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// AdminNew is what the failure of a user or role who became an administrator goes by, where others have a rule's ID.
const AdminNew = "admin-new"

// escalation is the rule whose verdicts tell who is an administrator.
const escalation = "privilege-escalation"

// alreadyAdmin is why that rule does not apply to an administrator.
const alreadyAdmin = "an administrator already"

// power is how near a user or role is to an administrator.
type power int

const (
	nobody    power = iota // not there
	powerless              // there, and none
	possibly               // nobody can tell
	able                   // can make itself one
	inEffect               // is one or able; the side does not tell which
	admin
)

// powers are those that a side tells of users and roles, by ARN.
type powers struct {
	of           map[string]power
	users, roles bool // whether they are told
	whole        bool // who is not among them was not there
}

// readPowers takes them of the rule that judges them, else of the policies, else of a report's table of users.
func (v *state) readPowers() *powers {
	p := &powers{of: map[string]power{}}
	switch r := v.side.Report; {
	case v.verdicts.rules[escalation] != nil:
		p.users, p.roles, p.whole = true, true, v.verdicts.whole[escalation] == nil
		v.verdicts.powers(p.of)
	case v.account != nil:
		p.users, p.roles = true, true
		for _, u := range v.account.Users {
			p.of[u.ARN] = powerOf(v.access.User(u.Name))
		}
		for _, who := range v.access.Roles() {
			p.of[who.ARN] = powerOf(who)
		}
	default:
		p.users = r.Enforcement != nil
		for i := range r.Enforcement {
			row := &r.Enforcement[i]
			p.of[row.ARN] = cmp.Or(map[string]power{"yes": inEffect, "no": powerless}[row.Admin], possibly)
		}
	}
	return p
}

func powerOf(who *access.Principal) power {
	switch _, not := who.Undecided(); {
	case not, who.Admin() == policy.Maybe:
		return possibly
	case who.Admin() == policy.No:
		return powerless
	case who.Power().Is == policy.Yes:
		return admin
	}
	return able
}

// powers reads them off the verdicts of the rule.
func (v *verdicts) powers(of map[string]power) {
	prefix := strings.TrimSuffix(v.accountARN, "root")
	for _, short := range v.passed[escalation] {
		of[prefix+short] = powerless
	}
	for _, reason := range v.notApplicable[escalation] {
		if reason.Text.String() == alreadyAdmin {
			for _, short := range reason.Resources {
				of[prefix+short] = admin
			}
		}
	}
	for _, k := range v.keys {
		switch {
		case k.rule != escalation:
		case v.groups[k][0].Status == audit.StatusFail:
			of[k.resource] = able
		default:
			of[k.resource] = possibly
		}
	}
}

// compareAdmins finds the users and roles who became administrators, also those who could make themselves one and now
// are one: no rule that asks who can become one applies to them any more. It notes what the sides don't tell.
func (c *comparison) compareAdmins() []Note {
	was, is := c.old.readPowers(), c.new.readPowers()
	var notes []Note
	for _, side := range []struct {
		powers *powers
		label  string
	}{{was, c.old.label}, {is, c.new.label}} {
		switch {
		case !side.powers.users:
			notes = append(notes, *newNote(message.New("%s does not tell who is an administrator: whether a user or role became one is unknown", side.label)))
		case !side.powers.roles:
			notes = append(notes, *newNote(message.New("%s does not tell which roles are administrators: whether one became it is unknown", side.label)))
		}
	}
	var unsure []string
	for _, arn := range sortedKeys(is.of) {
		if user := strings.HasPrefix(short(arn), "user/"); user && !was.users || !user && !was.roles {
			continue
		}
		before := nobody
		if k, known := c.names.before(key{AdminNew, arn, ""}); known {
			before = was.power(c.old, k.resource)
		}
		switch now := is.of[arn]; {
		case now >= able && before < able, now == admin && before == able:
			c.adminNew(arn, before, now)
		case now == possibly && before < possibly:
			unsure = append(unsure, short(arn))
		}
	}
	// Where the rule ran on both sides, it is newly unknown by itself.
	if len(unsure) > 0 && (c.old.verdicts.rules[escalation] == nil || c.new.verdicts.rules[escalation] == nil) {
		notes = append(notes, *newNote(message.New("whether they became administrators is unknown: %s", message.Names(mostNamed, unsure))))
	}
	return notes
}

// mostNamed are the names in a text.
const mostNamed = 3

// power is what a user or role was on a side.
func (p *powers) power(v *state, arn string) power {
	if of, told := p.of[arn]; told {
		return of
	}
	if p.whole || v.gone(arn) {
		return nobody
	}
	return possibly
}

func (c *comparison) adminNew(arn string, before, now power) {
	name := arn[strings.LastIndex(arn, "/")+1:]
	n := audit.Finding{Rule: AdminNew, Status: audit.StatusFail, Severity: audit.High, Resource: arn, Name: name, ResourceID: c.new.identities[arn].id, Evidence: []audit.Evidence{}}
	if judged := c.new.verdicts.groups[key{escalation, arn, ""}]; now == able && len(judged) > 0 {
		n.Statements, n.Evidence = judged[0].Statements, judged[0].Evidence
	} else if x := c.new.access; x != nil {
		n.Statements = cmp.Or(x.Role(arn), x.User(name)).AdminBy()
		for _, said := range x.Account.PolicyCount.Evidence() {
			for _, statement := range n.Statements[:min(len(n.Statements), mostNamed)] {
				n.Evidence = append(n.Evidence, audit.Evidence{Name: "statement", Value: statement, Source: said.Source, ObservedAt: said.ObservedAt})
			}
		}
	}
	n.Text = message.New("is an administrator in effect now")
	if now == admin {
		n.Text = message.New("is an administrator now")
	}
	if len(n.Statements) > 0 {
		n.Text = message.New("%s, by %s", n.Text, message.Names(mostNamed, n.Statements))
	}
	n.Message = n.Text.String()
	var note message.Message
	was := Passed
	switch before {
	case nobody:
		was = Absent
	case powerless:
		note = message.New("was none before")
	case possibly:
		was = Unknown
	default:
		note = message.New("could make itself one before")
	}
	f := c.add(New, key{AdminNew, arn, ""}, nil, &n, note)
	f.Was, f.Title = was, "No user or role became an administrator"
}
