package access

import (
	"maps"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Principal is a user or a role of the account with the policies that apply.
type Principal struct {
	account.Subject
	Role     *account.Role     // nil for a user
	Policies []*HeldPolicy     // those of a group are one for all its members
	Missing  *account.Missing  // the policies aren't known at all, and there is no analysis
	Unread   []message.Message // policies that apply and could not be read
	Hidden   bool              // a group of the user isn't known: nobody can tell which policies it has

	access   *Access
	user     *account.User // nil for a role
	guards   *[]string     // what MFAStatements returned
	subject  *Subject      // nil where the policies are missing
	analysis *Analysis
	power    *Power   // nil until asked for
	base     *persona // likewise
	object   *object  // likewise
	part     whom     // which it is of in the search for ways
}

// HeldPolicy is a policy that applies to a principal.
type HeldPolicy struct {
	Document *policy.Document // nil where it can't be read
	At       account.Subject  // the managed policy, or who has the inline one, with its name as item
	Owner    string           // ARN of the user, group or role that has it
	Boundary bool
}

// kind is "User" or "Role", as actions have it.
func (w *Principal) kind() string {
	if w.Role != nil {
		return "Role"
	}
	return "User"
}

// identify sets what names the principal in its requests.
func (w *Principal) identify(ctx *policy.Context) {
	ctx.Set("aws:principalarn", w.ARN)
	if w.Role != nil {
		ctx.SetAbsent("aws:username")
		return
	}
	ctx.Set("aws:username", w.Name)
	if w.ID != "" {
		ctx.Set("aws:userid", w.ID)
	}
}

// Analysis returns what the principal's policies say; nil where they are missing.
func (w *Principal) Analysis() *Analysis {
	w.access.analyse(w.Role != nil)
	return w.analysis
}

// Undecided reports whether nothing can be said of what the principal may do, and why.
func (w *Principal) Undecided() (why message.Message, is bool) {
	switch {
	case len(w.Unread) > 0:
		return w.Unread[0], true
	case w.Analysis() == nil:
		return message.New("the policies were not read"), true
	case w.Analysis().TooLarge:
		return message.New("the policies are too large to analyse"), true
	}
	return message.Message{}, false
}

// Admin reports whether the principal is an administrator in effect: one, or able to make itself one; what isn't known
// makes it possible.
func (w *Principal) Admin() policy.Truth {
	if _, not := w.Undecided(); not {
		return policy.Maybe
	}
	admin := w.Power().InEffect()
	if a := w.access.Account; admin == policy.No && !(a.UserCount.OK() && a.GroupCount.OK() && a.RoleCount.OK() && a.PolicyCount.OK()) {
		return policy.Maybe // something that isn't listed may let it in, or give it more
	}
	return admin
}

// AdminBy returns the statements that make the principal an administrator in effect, surely or possibly.
func (w *Principal) AdminBy() []string {
	if power := w.Power(); power.Is != policy.Yes && power.Chain != nil && len(power.Chain.Steps) > 0 {
		return power.Chain.By()
	}
	return w.Analysis().AdminBy()
}

// AdminWord says the same in a word: "yes", "possibly", "no", or "unknown" with the reason.
func (w *Principal) AdminWord() (word string, why message.Message) {
	if why, not := w.Undecided(); not {
		return "unknown", why
	}
	return [...]string{policy.No: "no", policy.Maybe: "possibly", policy.Yes: "yes"}[w.Admin()], message.Message{}
}

// Opens reports whether a path leaks, surely or possibly.
func (w *Principal) Opens(path Path) bool {
	v := w.Analysis().Paths[path].Verdict
	return v == Leaky || v == NotEnforced
}

// Applied are the principal's policies that could be read, as an evaluation takes them.
func (w *Principal) Applied() policy.Policies {
	if w.subject == nil {
		return policy.Policies{}
	}
	return policy.Policies{Identity: w.subject.Identity, Boundary: w.subject.Boundary}
}

// MFAStatements names the statements of the principal's policies, and of the organization's, that ask for MFA.
func (w *Principal) MFAStatements() []string {
	if w.guards != nil {
		return *w.guards
	}
	var refs []string
	documents := lists.Map(w.Policies, func(held *HeldPolicy) *policy.Document { return held.Document })
	for _, d := range append(documents, slices.Concat(w.access.guardrails.SCPs...)...) {
		if d == nil {
			continue
		}
		for i := range d.Statements {
			if st := &d.Statements[i]; AsksForMFA(st) {
				refs = appendNew(refs, st.Ref())
			}
		}
	}
	w.guards = &refs
	return refs
}

// readPrincipals reads the policies of all principals, once.
func (x *Access) readPrincipals() {
	if x.read {
		return
	}
	x.read = true
	a := x.Account
	x.groups = make(map[string]*account.Group, len(a.Groups))
	for _, g := range a.Groups {
		x.groups[g.Name] = g
	}
	trustedBy := x.rolesThatNameUsers()
	x.users = make(map[string]*Principal, len(a.Users))
	for _, u := range a.Users {
		x.users[u.Name] = x.readUser(u, trustedBy[u.ARN])
	}
	x.byARN = make(map[string]*Principal, len(a.Roles))
	for _, r := range a.Roles {
		if !ServiceLinked(r) {
			who := x.readRole(r)
			x.roles = append(x.roles, who)
			x.byARN[r.ARN] = who
		}
	}
}

// analyse analyses all users, or all roles, once: together, since they share policies and there may be several
// processors. Who asks of users alone, such as an inventory, doesn't wait for the roles; where every detail will be asked for
// both are analysed, since what is compiled for them goes then.
func (x *Access) analyse(roles bool) {
	if roles && x.analysed.roles || !roles && x.analysed.users {
		return
	}
	if x.powersFirst {
		x.powersFirst = false
		x.empower()
	}
	var subjects []*Subject
	var analysed []*Principal
	add := func(done *bool, asked map[string]*Principal) {
		for _, key := range slices.Sorted(maps.Keys(asked)) {
			who := asked[key]
			if *done || who.subject == nil {
				continue
			}
			if who.analysis = x.known(who.subject); who.analysis == nil {
				subjects, analysed = append(subjects, who.subject), append(analysed, who)
			}
		}
		*done = true
	}
	if !roles || x.analyzer.thorough {
		add(&x.analysed.users, x.users)
	}
	if roles || x.analyzer.thorough {
		add(&x.analysed.roles, x.byARN)
	}
	for i, analysis := range x.analyzer.AnalyzeAll(subjects) {
		analysed[i].analysis, x.analyses[analysed[i].ARN] = analysis, analysis
	}
	x.analyzer.rest()
}

// rolesThatNameUsers finds the roles whose trust policies name users, by the user's ARN.
func (x *Access) rolesThatNameUsers() map[string][]RoleTrust {
	out := map[string][]RoleTrust{}
	for _, r := range x.Account.Roles {
		t := x.Trust(r)
		if t.Err != nil {
			x.torn = append(x.torn, r.Name)
			continue
		}
		named := map[string]bool{}
		for i := range t.Document.Statements {
			for _, who := range t.Document.Statements[i].Principals {
				if who.Type == "AWS" && strings.Contains(who.Value, ":user/") && !named[who.Value] {
					named[who.Value] = true
					out[who.Value] = append(out[who.Value], RoleTrust{ARN: r.ARN, Document: t.Document})
				}
			}
		}
	}
	return out
}

func (x *Access) readUser(u *account.User, trustedBy []RoleTrust) *Principal {
	who := &Principal{Subject: u.Subject(), access: x, user: u}
	groups, ok := u.Groups.Get()
	if !ok || !u.AttachedPolicies.OK() || !u.InlinePolicies.OK() || !u.PermissionsBoundary.OK() {
		missing := u.AttachedPolicies.Missing()
		who.Missing = &missing
		return who
	}
	subject := x.subject(u.Subject())
	if tags, ok := u.Tags.Get(); ok {
		subject.Tags = make(map[string]string, len(tags))
		for _, tag := range tags {
			subject.Tags[tag.Key] = tag.Value
		}
	}
	subject.TrustedBy = trustedBy
	subject.UsersMayChangePassword = policy.Maybe
	if set, ok := x.Account.PasswordPolicy.Get(); ok {
		// Without a password policy of its own the account gives no such permission: the option is part of one.
		subject.UsersMayChangePassword = policy.No
		if set != nil && set.AllowUsersToChangePassword {
			subject.UsersMayChangePassword = policy.Yes
		}
	}
	who.hold(u.Subject(), u.InlinePolicies.Value(), u.AttachedPolicies.Value())
	for _, name := range groups {
		g := x.groups[name]
		if g == nil {
			who.Hidden = true
			who.Unread = append(who.Unread, message.New("the authorization details hold no group %s", name))
			continue
		}
		held := x.heldBy(g)
		who.Policies, who.Unread = append(who.Policies, held.Policies...), append(who.Unread, held.Unread...)
	}
	who.bound(u.PermissionsBoundary.Value())
	who.complete(subject)
	return who
}

func (x *Access) readRole(r *account.Role) *Principal {
	who := &Principal{Subject: r.Subject(), Role: r, access: x}
	subject := x.subject(r.Subject())
	subject.IsRole = true
	who.hold(r.Subject(), r.InlinePolicies, r.AttachedPolicies)
	who.bound(r.PermissionsBoundary)
	who.complete(subject)
	return who
}

func (x *Access) subject(s account.Subject) *Subject {
	return &Subject{Name: s.Name, ARN: s.ARN, ID: s.ID, Account: x.Account.ID, Partition: x.Account.Partition, Now: x.Account.TakenAt, SCPs: x.guardrails.narrowing()}
}

// heldBy is a stand-in for a group, which has its policies: thousands of members may have the same.
func (x *Access) heldBy(g *account.Group) *Principal {
	held := x.held[g]
	if held == nil {
		held = &Principal{access: x}
		held.hold(g.Subject(), g.InlinePolicies, g.AttachedPolicies)
		x.held[g] = held
	}
	return held
}

// hold adds the policies of the user, a group or the role.
func (w *Principal) hold(at account.Subject, inline []account.InlinePolicy, attached []account.AttachedPolicy) {
	w.Policies = slices.Grow(w.Policies, len(inline)+len(attached))
	for _, p := range inline {
		at.Item = p.Name
		d, err := w.access.documents.parse(policy.Identity, p.Name, account.ShortARN(at.ARN), p.Document)
		if err != nil {
			w.Unread = append(w.Unread, Malformed(err))
		}
		w.Policies = append(w.Policies, &HeldPolicy{Document: d, At: at, Owner: at.ARN})
	}
	for _, p := range attached {
		w.holdManaged(policy.Identity, p.Name, p.ARN, at.ARN)
	}
}

// bound adds the permissions boundary, if there is one.
func (w *Principal) bound(arn string) {
	if arn != "" {
		w.holdManaged(policy.Boundary, arn[strings.LastIndex(arn, "/")+1:], arn, w.ARN)
	}
}

func (w *Principal) holdManaged(kind policy.Kind, name, arn, owner string) {
	d, why := w.access.managedAs(kind, name, arn)
	if d == nil {
		w.Unread = append(w.Unread, why)
	}
	w.Policies = append(w.Policies, &HeldPolicy{Document: d, At: account.Subject{ARN: arn, Name: name}, Owner: owner, Boundary: kind == policy.Boundary})
}

// complete puts the documents that were read into the subject. One may apply twice; it counts once.
func (w *Principal) complete(subject *Subject) {
	for _, held := range w.Policies {
		switch {
		case held.Document == nil:
		case held.Boundary:
			subject.Boundary, subject.BoundaryARN = held.Document, held.At.ARN
		case !slices.Contains(subject.Identity, held.Document):
			subject.Identity = append(subject.Identity, held.Document)
		}
	}
	subject.Unread = w.Unread
	w.subject = subject
}
