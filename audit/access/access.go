package access

import (
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Access is what the users and roles of one account may do. Everything is worked out when it is first asked for, and
// kept. It is for one goroutine at a time.
type Access struct {
	Account *account.Account

	*Shared
	documents  documents
	managed    map[string]*account.Policy // by ARN
	versions   map[managedKey]*policy.Document
	groups     map[string]*account.Group
	trusts     map[*account.Role]*Trust
	holders    map[string][]account.Subject // of managed policies, by ARN
	ways       *graph
	guardrails Guardrails
	contained  map[string]message.Message // by ARN

	read        bool // the principals are
	powersFirst bool
	analysed    struct{ users, roles bool }
	users       map[string]*Principal // by name
	held        map[*account.Group]*Principal
	roles       []*Principal          // in the account's order, service-linked ones left out
	byARN       map[string]*Principal // the roles
	torn        []string              // roles whose trust policy can't be read
}

// New begins with an account that shares nothing with any other.
func New(a *account.Account) *Access { return NewShared().New(a) }

// Thorough says that most details of most analyses will be asked for, so that it is cheaper to work them out at once.
func (x *Access) Thorough() { x.analyzer.thorough = true }

// PowersFirst says that everybody's way to an administrator will be asked for, too: these are looked for before anything is
// analysed, for what that takes is as large as the account, and has gone by then.
func (x *Access) PowersFirst() { x.powersFirst = true }

// Rest lets go of what only finding out more takes, until somebody asks for more.
func (x *Access) Rest() { x.analyzer.rest() }

// User returns a user of the account by name.
func (x *Access) User(name string) *Principal {
	x.readPrincipals()
	return x.users[name]
}

// Role returns a role by ARN; nil where it is service-linked.
func (x *Access) Role(arn string) *Principal {
	x.readPrincipals()
	return x.byARN[arn]
}

// Roles returns the roles in the account's order, service-linked ones left out.
func (x *Access) Roles() []*Principal {
	x.readPrincipals()
	return x.roles
}

// principal returns a user or a role by ARN; nil where there is none, or it is service-linked.
func (x *Access) principal(arn string) *Principal {
	x.readPrincipals()
	for _, w := range x.users {
		if w.ARN == arn {
			return w
		}
	}
	return x.byARN[arn]
}

// Group returns a group by name; nil where it isn't known.
func (x *Access) Group(name string) *account.Group {
	x.readPrincipals()
	return x.groups[name]
}

// Torn names the roles whose trust policy can't be read: any user may be named in it.
func (x *Access) Torn() []string {
	x.readPrincipals()
	return x.torn
}

// People are the users, and the roles that others than AWS's services can assume, so far as that is known.
func (x *Access) People() []*Principal {
	list := lists.Map(x.Account.Users, func(u *account.User) *Principal { return x.User(u.Name) })
	for _, who := range x.Roles() {
		if x.Trust(who.Role).OpenToOthers() {
			list = append(list, who)
		}
	}
	return list
}

// HiddenRoles says which roles may let users in by name without anybody knowing; empty where all are known.
func (x *Access) HiddenRoles() message.Message {
	switch torn := x.Torn(); {
	case !x.Account.RoleCount.OK():
		return message.New("the list of roles is not complete: one that is not known may name the user")
	case len(torn) > 0:
		return message.New("the trust policy of %s can't be read: it may name the user", message.Names(3, torn))
	}
	return message.Message{}
}

// Permissions returns what a document allows by itself.
func (x *Access) Permissions(d *policy.Document) *Permissions {
	if x.permissions[d] == nil {
		x.permissions[d] = x.analyzer.Permissions(d)
	}
	return x.permissions[d]
}

// Holders returns the groups, roles and users that a managed policy is attached to.
func (x *Access) Holders(arn string) []account.Subject {
	if x.holders == nil {
		x.holders = map[string][]account.Subject{}
		add := func(holder account.Subject, list []account.AttachedPolicy) {
			for _, attached := range list {
				x.holders[attached.ARN] = append(x.holders[attached.ARN], holder)
			}
		}
		for _, g := range x.Account.Groups {
			add(g.Subject(), g.AttachedPolicies)
		}
		for _, r := range x.Account.Roles {
			add(r.Subject(), r.AttachedPolicies)
		}
		for _, u := range x.Account.Users {
			list, _ := u.AttachedPolicies.Get()
			add(u.Subject(), list)
		}
	}
	return x.holders[arn]
}

// AttachedTo returns the groups, roles and users that AWS's managed policy of a name is attached to.
func (x *Access) AttachedTo(name string) []account.Subject {
	x.Holders("")
	for arn, holders := range x.holders {
		if account.OfAWS(arn) && strings.HasSuffix(arn, "/"+name) {
			return holders
		}
	}
	return nil
}

// ServiceLinked reports whether a role is AWS's own: its policies can't be changed, nor who assumes it.
func ServiceLinked(r *account.Role) bool { return strings.HasPrefix(r.Path, "/aws-service-role/") }
