package plan

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/message"
)

// use is when something was used last.
type use struct {
	known   bool
	at      time.Time // zero: never, as far as AWS keeps it
	program bool      // what used it is no person, or may be none
	said    message.Message
}

// later is the one of two that says more against a change: not known before any known, and the later one.
func later(x, y use) use {
	switch {
	case y.said.Empty():
		return x
	case x.said.Empty(), x.known && !y.known:
		return y
	case x.known == y.known && (y.at.After(x.at) || y.at.Equal(x.at) && y.program && !x.program):
		return y
	}
	return x
}

// holder is a user or a role that something concerns; neither where only the name is known.
type holder struct {
	name string
	user *account.User
	role *account.Role
}

// uses tells of one account when what changes touch was used last.
type uses struct {
	on      *audit.Fixing
	holders map[string][]holder      // of managed policies, as boundaries too
	roles   map[string]*account.Role // by name
	told    map[string]use           // of users, policies and groups
}

func newUses(on *audit.Fixing) *uses {
	return &uses{on: on, told: map[string]use{}}
}

// index finds what names stand for.
func (u *uses) index() {
	if u.roles != nil {
		return
	}
	u.roles, u.holders = map[string]*account.Role{}, map[string][]holder{}
	has := func(who holder, attached []account.AttachedPolicy, boundary string) {
		for _, a := range attached {
			u.holders[a.ARN] = append(u.holders[a.ARN], who)
		}
		if boundary != "" {
			u.holders[boundary] = append(u.holders[boundary], who)
		}
	}
	for _, one := range u.on.Account.Users {
		attached, _ := one.AttachedPolicies.Get()
		boundary, _ := one.PermissionsBoundary.Get()
		has(holder{user: one}, attached, boundary)
	}
	for _, one := range u.on.Account.Groups {
		for _, member := range one.Members {
			if m := u.on.Account.User(member); m != nil {
				has(holder{user: m}, one.AttachedPolicies, "")
			}
		}
	}
	for _, one := range u.on.Account.Roles {
		u.roles[one.Name] = one
		has(holder{role: one}, one.AttachedPolicies, one.PermissionsBoundary)
	}
}

// of is when what a change takes away or rewrites was used last. It says nothing of a change that takes nothing away.
func (u *uses) of(c change.Change) use {
	text := func(name string) string {
		value, _ := c.With[name].(string)
		return value
	}
	_, call, _ := strings.Cut(c.Action, ":")
	switch {
	case c.Action == "person:DeleteRootAccessKeys":
		return u.rootKeys()
	case c.With["Status"] == "Active", u.harmless(c): // thousands of enrolments are
		return use{}
	}
	owner := u.on.Account.User(text("UserName"))
	switch {
	case text("AccessKeyId") != "" && owner != nil:
		return keyUse(u.on.Account.TakenAt, owner, text("AccessKeyId"))
	case call == "DeleteLoginProfile" && owner != nil:
		return passwordUse(u.on.Account.TakenAt, owner)
	case text("CertificateId")+text("SSHPublicKeyId")+text("ServiceSpecificCredentialId")+text("ServerCertificateName") != "":
		return use{program: true, said: message.New("AWS does not tell when it was used last")}
	case owner != nil:
		return u.user(owner)
	}
	u.index()
	switch role, arn := u.roles[text("RoleName")], text("PolicyArn"); {
	case role != nil:
		return u.role(role)
	case text("GroupName") != "":
		return u.once("group "+text("GroupName"), func() use { return u.all(u.members(text("GroupName"))) })
	case arn != "":
		return u.once(arn, func() use { return u.all(u.holders[arn]) })
	}
	return use{}
}

// once works out a use that many changes ask for, such as of a policy that thousands have.
func (u *uses) once(key string, of func() use) use {
	told, ok := u.told[key]
	if !ok {
		told = of()
		u.told[key] = told
	}
	return told
}

// taking are the beginnings of what persons do that takes rights from somebody.
var taking = []string{"Narrow", "Correct", "Name", "ReplacePolicy", "SwapFor", "DecideGroup", "AgreeExternalId", "RemovePermissionSet", "GiveMachineARole"}

// harmless reports whether a change takes nothing from anybody: it makes something, or it is about what nobody signs in
// with.
func (u *uses) harmless(c change.Change) bool {
	_, call, _ := strings.Cut(c.Action, ":")
	if c.ByHand() {
		return !slices.ContainsFunc(taking, func(beginning string) bool { return strings.HasPrefix(call, beginning) })
	}
	return strings.HasPrefix(c.Action, "account:") || strings.HasPrefix(c.Action, "access-analyzer:") ||
		slices.Contains([]string{"CreateUser", "CreateGroup", "CreateRole", "CreatePolicy", "CreateAccountAlias", "DeleteVirtualMFADevice", "UpdateAccountPasswordPolicy"}, call)
}

func (u *uses) members(group string) (all []holder) {
	for _, g := range u.on.Account.Groups {
		if g.Name == group {
			for _, name := range g.Members {
				all = append(all, holder{name: name, user: u.on.Account.User(name)})
			}
		}
	}
	return all
}

// all is the use that says most against a change among those of users and roles.
func (u *uses) all(who []holder) use {
	most := use{known: true, said: message.New("nobody has it")}
	for i, one := range who {
		of := use{said: message.New("it is not known who %s is", one.name)}
		switch {
		case one.user != nil:
			of = u.user(one.user)
		case one.role != nil:
			of = u.role(one.role)
		}
		if i == 0 {
			most = of
		} else {
			most = later(most, of)
		}
	}
	if len(who) > 1 {
		most.said = message.New("%s; the last of them: %s", message.Plural(len(who), "%d user or role has it", "%d users and roles have it"), most.said)
	}
	return most
}

// user is when any credential of a user was used last.
func (u *uses) user(one *account.User) use {
	return u.once(one.ARN, func() use { return u.credentials(one) })
}

func (u *uses) credentials(one *account.User) use {
	now, most := u.on.Account.TakenAt, use{}
	if password, known := one.Password.Get(); password || !known {
		most = passwordUse(now, one)
	}
	keys, known := one.AccessKeys.Get()
	if !known {
		most = later(most, use{program: true, said: message.New("it is not known which access keys user/%s has", one.Name)})
	}
	for _, k := range keys {
		if k.Active {
			most = later(most, keyUse(now, one, k.Item()))
		}
	}
	if most.said.Empty() {
		most = use{known: true, said: message.New("user/%s has no password and no active access key", one.Name)}
	}
	return most
}

func (u *uses) role(one *account.Role) use {
	if one.LastUsed == nil {
		return use{known: true, program: true, said: message.New("role/%s was not used in the last 400 days", one.Name)}
	}
	at := *one.LastUsed
	said := message.New("role/%s was used %s", one.Name, ago(u.on.Account.TakenAt, at))
	if one.LastUsedRegion != "" {
		said = message.New("%s in %s", said, one.LastUsedRegion)
	}
	return use{known: true, at: at, program: true, said: said}
}

func (u *uses) rootKeys() use {
	at := u.on.Account.Root.SeenUse.AccessKey1
	if second := u.on.Account.Root.SeenUse.AccessKey2; second.After(at) {
		at = second
	}
	known := u.on.Account.Root.LastUsed.OK()
	if at.IsZero() && !known {
		return use{program: true, said: message.New("it is not known when root's access keys were used last")}
	}
	return told(u.on.Account.TakenAt, at, true, message.New("an access key of the root user"), message.Message{}, u.on.Account.Root.SeenUseEvidence)
}

// keyUse is when an access key was used last, by its ID or place.
func keyUse(now time.Time, owner *account.User, id string) use {
	keys, _ := owner.AccessKeys.Get()
	what := message.New("%s of user/%s", id, owner.Name)
	i := slices.IndexFunc(keys, func(k account.AccessKey) bool { return k.Item() == id })
	if i < 0 {
		return use{program: true, said: message.New("it is not known when %s was used last", what)}
	}
	last, known := keys[i].LastUsed.Get()
	if !known {
		return use{program: true, said: message.New("it is not known when %s was used last", what)}
	}
	by := message.Message{}
	if last.Service != "" && last.Service != "N/A" {
		by = message.New("by %s", last.Service)
		if last.Region != "" && last.Region != "N/A" {
			by = message.New("by %s in %s", last.Service, last.Region)
		}
	}
	return told(now, last.At, true, what, by, keys[i].LastUsed.Evidence())
}

func passwordUse(now time.Time, owner *account.User) use {
	what := message.New("the password of user/%s", owner.Name)
	at, known := owner.PasswordLastUsed.Get()
	if !known {
		return use{said: message.New("it is not known when %s was used last", what)}
	}
	return told(now, at, false, what, message.Message{}, owner.PasswordLastUsed.Evidence())
}

// told says when something was used last, by what, and what tells.
func told(now, at time.Time, program bool, what, by message.Message, evidence []account.Evidence) use {
	said := message.New("%s was used %s", what, ago(now, at))
	switch {
	case at.IsZero():
		said = message.New("%s was never used", what)
	case !by.Empty():
		said = message.New("%s %s", said, by)
	}
	if len(evidence) > 0 {
		last := evidence[len(evidence)-1]
		if last.Source == "iam:GetCredentialReport" {
			said = message.New("%s, from the credential report of %s", said, message.At(last.ObservedAt))
		} else {
			said = message.New("%s, from %s of %s", said, last.Source, message.At(last.ObservedAt))
		}
	}
	return use{known: true, at: at, program: program, said: said}
}

// ago is how long ago something was.
func ago(now, at time.Time) message.Message {
	switch d := max(0, now.Sub(at)); {
	case d < time.Hour:
		return message.New("%s ago", message.Plural(int(d/time.Minute), "%d minute", "%d minutes"))
	case d < 48*time.Hour:
		return message.New("%s ago", message.Plural(int(d/time.Hour), "%d hour", "%d hours"))
	default:
		return message.New("%s ago", message.Days(int(d/(24*time.Hour))))
	}
}
