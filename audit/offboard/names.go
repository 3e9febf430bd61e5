package offboard

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// identity is what a person can be named by: a name, a unique ID, or both.
type identity struct{ name, id string }

// names reports whether a text names one of the identities as an ARN or a unique ID, as principals of trust policies
// do.
func (v *records) names(text string, ids []identity) bool {
	return slices.ContainsFunc(ids, func(id identity) bool {
		return id.id != "" && text == id.id || named(text, v.s.Caller.AccountID, id.name)
	})
}

// trusting finds the roles that let the identities in by naming them, those that name them otherwise, and what can't be
// told.
func (v *records) trusting(ids []identity, arn string) (ways []Entry, mentions []Mention, gaps []Gap) {
	for _, role := range v.access.Account.Roles {
		t := v.access.Trust(role)
		if t.Document == nil {
			if v.inText(role.TrustPolicy, ids) {
				detail := message.New("its trust policy names the user and cannot be read: %s", t.Err)
				ways = append(ways, v.roleTrust(role, arn, "unreadable", detail))
			} else {
				gaps = append(gaps, newGap(account.AuthorizationDetailsSection, role.ARN).
					Because("MalformedPolicy", message.New("the role's trust policy cannot be read: %s", t.Err)))
			}
			continue
		}
		var how message.Message
		lets := false
		for i := range t.Document.Statements {
			st := &t.Document.Statements[i]
			what, in := v.trustNames(st, ids)
			if what.Empty() || lets {
				continue
			}
			how, lets = what, in
		}
		switch {
		case lets:
			ways = append(ways, v.roleTrust(role, arn, "trusted", message.New("its trust policy names %s", how)))
		case !how.Empty():
			mentions = append(mentions, Mention{MentionTrust, role.ARN, "", message.New("its trust policy names %s, and lets nobody in by that", how)})
		}
	}
	return ways, mentions, gaps
}

func (v *records) roleTrust(role *account.Role, arn, status string, detail message.Message) Entry {
	return Entry{
		Kind: KindRoleTrust, ID: role.ARN, User: arn, Status: status, Detail: &detail,
		Source: v.s.AuthorizationDetails.Action, At: v.s.AuthorizationDetails.Ended,
	}
}

// trustNames says what a statement of a trust policy names one of the identities by, and whether it lets them in.
func (v *records) trustNames(st *policy.Statement, ids []identity) (what message.Message, lets bool) {
	allows := st.Effect == policy.Allow
	for _, p := range st.Principals {
		if p.Type == "AWS" && v.names(p.Value, ids) {
			return message.New("%s", p.Value), allows && !st.NotPrincipal
		}
	}
	if key, positive := v.conditionNames(st, ids); key != "" {
		return message.New("the user in a condition on %s", key), allows && positive
	}
	return message.Message{}, false
}

// conditionNames finds a condition that compares who calls with one of the identities.
func (v *records) conditionNames(st *policy.Statement, ids []identity) (key string, positive bool) {
	for _, c := range st.Conditions {
		var is func(value string, id identity) bool
		switch strings.ToLower(c.Key) {
		case "aws:username", "sts:rolesessionname": // the latter is chosen by the caller who assumes the role, so it lets nobody in
			is = func(value string, id identity) bool { return id.name != "" && strings.EqualFold(value, id.name) }
		case "aws:userid":
			// A pattern may have a session's name behind the ID: AIDACKCEVSQ6C2EXAMPLE:*.
			is = func(value string, id identity) bool { return id.id != "" && strings.TrimRight(value, "*?:") == id.id }
		case "aws:principalarn":
			is = func(value string, id identity) bool { return named(value, v.s.Caller.AccountID, id.name) }
		default:
			continue
		}
		if !slices.ContainsFunc(c.Values, func(value string) bool {
			return slices.ContainsFunc(ids, func(id identity) bool { return is(value, id) })
		}) {
			continue
		}
		if !strings.Contains(c.Operator, "Not") && !strings.EqualFold(c.Key, "sts:RoleSessionName") {
			return c.Key, true
		}
		key = c.Key
	}
	return key, false
}

// inText reports whether a text that can't be parsed holds a name, in an ARN, or a unique ID.
func (v *records) inText(text string, ids []identity) bool {
	lower := strings.ToLower(text)
	return slices.ContainsFunc(ids, func(id identity) bool {
		return id.id != "" && strings.Contains(text, id.id) ||
			id.name != "" && strings.Contains(lower, "user/") && strings.Contains(lower, "/"+strings.ToLower(id.name))
	})
}

// policiesNaming finds the policies that name one of the identities, save those inside the users themselves, which go
// with them.
func (v *records) policiesNaming(policies []identityPolicy, ids []identity, own []string) (mentions []Mention) {
	for i := range policies {
		p := &policies[i]
		if slices.Contains(own, p.holder) || !p.mayName(ids) {
			continue
		}
		d, err := v.access.Document(p.item, p.text)
		if err != nil {
			mentions = append(mentions, Mention{MentionUnparsed, p.holder, p.item, message.New("it holds the user's name and cannot be read as a policy")})
			continue
		}
		if kind, what := v.policyNames(d, ids); kind != "" {
			mentions = append(mentions, Mention{kind, p.holder, p.item, message.New("it names %s", what)})
		}
	}
	return mentions
}

// mayName is a quick look: a policy that holds neither name nor ID, nor an escape that could spell one, names nobody.
func (p *identityPolicy) mayName(ids []identity) bool {
	if p.lower == "" {
		p.lower = strings.ToLower(p.text)
	}
	return strings.Contains(p.lower, `\u`) || slices.ContainsFunc(ids, func(id identity) bool {
		return id.name != "" && strings.Contains(p.lower, strings.ToLower(id.name)) || id.id != "" && strings.Contains(p.text, id.id)
	})
}

func (v *records) policyNames(d *policy.Document, ids []identity) (kind string, what message.Message) {
	for i := range d.Statements {
		st := &d.Statements[i]
		for _, r := range st.Resources {
			if v.names(r, ids) || v.deviceNamed(r, ids) {
				return MentionResource, message.New("%s", r)
			}
		}
		if key, _ := v.conditionNames(st, ids); key != "" {
			return MentionCondition, message.New("the user in a condition on %s", key)
		}
	}
	return "", message.Message{}
}

// deviceNamed reports whether an ARN is that of an MFA device with the name of one of the identities.
func (v *records) deviceNamed(text string, ids []identity) bool {
	arn, err := account.ParseARN(text)
	if err != nil || !strings.HasPrefix(arn.Resource, "mfa/") && !strings.HasPrefix(arn.Resource, "sms-mfa/") {
		return false
	}
	return slices.ContainsFunc(ids, func(id identity) bool { return id.name != "" && strings.EqualFold(lastName(arn.Resource), id.name) })
}

// devicesNaming finds the virtual MFA devices that are assigned to nobody and have the name of one of the identities:
// the name itself, or the name and something behind a dash, a dot or an underscore.
func (v *records) devicesNaming(ids []identity) (mentions []Mention) {
	if v.s.VirtualMFADevices == nil {
		return nil
	}
	for _, d := range v.s.VirtualMFADevices.Value {
		if d.Assigned() || account.KindOfMFA(d.Serial) != account.MFAVirtual {
			continue
		}
		name := strings.ToLower(lastName(d.Serial))
		for _, id := range ids {
			rest, begins := strings.CutPrefix(name, strings.ToLower(id.name))
			switch {
			case id.name == "" || !begins || rest != "" && !strings.ContainsAny(rest[:1], "-._"):
				continue
			case rest == "":
				mentions = append(mentions, Mention{MentionDevice, d.Serial, "", message.New("an unassigned virtual MFA device that has the user's name")})
			default:
				mentions = append(mentions, Mention{MentionDevice, d.Serial, nameBegins, message.New("an unassigned virtual MFA device whose name begins with the user's: it may be someone else's")})
			}
			break
		}
	}
	return mentions
}

// nameBegins is the item of a mention of a device that may be someone else's.
const nameBegins = "prefix"

// orphans lists the unique IDs of deleted users in trust policies, role by role.
func (v *records) orphans() []Orphan {
	orphans := []Orphan{}
	living := map[string]bool{}
	for _, u := range v.users {
		living[u.id] = true
	}
	for _, role := range v.access.Account.Roles {
		t := v.access.Trust(role)
		if t.Document == nil {
			continue
		}
		seen := map[string]bool{}
		for i := range t.Document.Statements {
			for _, p := range t.Document.Statements[i].Principals {
				if p.Type == "AWS" && deadID.MatchString(p.Value) && !living[p.Value] && !seen[p.Value] {
					seen[p.Value] = true
					orphans = append(orphans, Orphan{Role: role.ARN, ID: p.Value})
				}
			}
		}
	}
	return orphans
}
