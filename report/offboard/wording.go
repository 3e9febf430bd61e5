package offboard

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/wording"
)

var verdicts = map[offboard.Verdict]message.Message{
	offboard.Active: message.New("ACTIVE"), offboard.Unknown: message.New("UNKNOWN"), offboard.NotFound: message.New("NOT FOUND"),
	offboard.Gone: message.New("GONE"), offboard.Disabled: message.New("DISABLED"), offboard.Answered: message.New("MFA DEVICES"),
}

// known says by what it is known that there was a user.
func known(k offboard.Identity) message.Message {
	name := cmp.Or(k.ARN, k.Name)
	if k.From == "since" {
		return message.New("Known from the earlier snapshot: %s, unique ID %s", name, k.ID)
	}
	return message.New("Known from the list of leavers: %s, unique ID %s", name, k.ID)
}

// mention says what names someone, and how.
func mention(m *offboard.Mention) message.Message {
	if m.Item != "" && m.Kind != offboard.MentionDevice {
		return message.New("%s %s: %s", m.Resource, m.Item, m.Detail)
	}
	return message.New("%s: %s", m.Resource, m.Detail)
}

// notRead says what was not read and why.
func notRead(g offboard.Gap) message.Message {
	if g.Resource != "" {
		return message.New("%s (%s) of %s: %s: %s", g.Section, g.Action, g.Resource, g.Code, g.Why())
	}
	return message.New("%s (%s): %s: %s", g.Section, g.Action, g.Code, g.Why())
}

// user says who a user is and what makes it special.
func user(u *offboard.UserFacts) message.Message {
	by := message.New("name")
	if key, tag := strings.CutPrefix(u.MatchedBy, "tag "); tag {
		by = message.New("tag %s", key)
	} else if u.MatchedBy == "unique-id" {
		by = message.New("unique ID")
	}
	text := message.New("User %s, unique ID %s, created %s, found by %s", u.ARN, u.ID, message.On(u.Created), by)
	if u.Machine {
		text = message.New("%s; a machine's user by the configuration", text)
	}
	if u.Denied {
		text = message.New("%s; one of the user's policies denies everything", text)
	}
	return text
}

// granted lists policies with what they are worth.
func granted(policies []offboard.PolicyGrant) message.Message {
	if len(policies) == 0 {
		return message.New("grants nothing")
	}
	parts := make([]message.Message, len(policies))
	for i, p := range policies {
		switch p.Admin {
		case "yes":
			parts[i] = message.New("%s (administrator)", p.Name)
		case "maybe":
			parts[i] = message.New("%s (maybe administrator)", p.Name)
		default:
			parts[i] = message.New("%s", p.Name)
		}
	}
	return message.New("%s", message.Parts(parts...))
}

// entry is a way in, or what is left over, in one line.
func entry(e *offboard.Entry) message.Message {
	text := thing(e)
	for _, part := range []string{e.Service, e.Device} {
		if part != "" && part != "N/A" {
			text = message.New("%s, %s", text, part)
		}
	}
	text = message.New("%s: %s", text, wording.Word(e.Status))
	switch {
	case e.LastUsed != nil:
		text = message.New("%s, last used %s", text, message.At(*e.LastUsed))
	case e.Never:
		text = message.New("%s, never used", text)
	}
	if e.Severity == offboard.Critical {
		text = message.New("%s (AFTER THE LAST DAY)", text)
	}
	if e.Detail != nil {
		text = message.New("%s; %s", text, *e.Detail)
	}
	return text
}

// thing names what an entry is about.
func thing(e *offboard.Entry) message.Message {
	switch e.Kind {
	case offboard.KindPassword:
		return message.New("password")
	case offboard.KindAccessKey:
		return message.New("access key %s", e.ID)
	case offboard.KindSSHKey:
		return message.New("SSH public key %s", e.ID)
	case offboard.KindServiceCredential:
		return message.New("service-specific credential %s", e.ID)
	case offboard.KindCertificate:
		return message.New("signing certificate %s", e.ID)
	case offboard.KindRoleTrust:
		return message.New("role %s", e.ID)
	case offboard.KindSession:
		return message.New("session")
	}
	return message.New("MFA device %s", e.ID)
}

// sentence makes a sentence of a clause.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// remarks are what is to be known of the answers: where they come from, if not from AWS's own addresses, and notes.
func remarks(r *offboard.Report) (all []message.Message) {
	if len(r.Endpoints) > 0 {
		all = append(all, message.New("Endpoints: %s", wording.Endpoints(r.Endpoints)))
	}
	for _, note := range r.Notes {
		all = append(all, message.New("Note: %s", note))
	}
	return all
}
