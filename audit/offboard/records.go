package offboard

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// user is one IAM user as the snapshot has it.
type user struct {
	name, id, arn string
	created       time.Time
	detail        *account.UserDetail  // nil where only GetUser told of the user
	answers       *account.UserAnswers // what was read live; nil where nothing was
	key           string               // the name under which it was asked for
	wantID        string               // the ID with which it is asked for
}

// records are a snapshot as the questions of this package need it, made once for all people.
type records struct {
	s       *account.Snapshot
	details account.AuthorizationDetails
	// complete is set where all users, groups, roles and policies were read.
	complete bool
	users    []*user // of the authorization details
	gaps     map[sectionOf]Gap
	access   *access.Access
}

type sectionOf struct {
	section account.Section
	user    string
}

func newRecords(s *account.Snapshot) *records {
	a := account.New(s)
	s = a.Kept
	v := &records{s: s, gaps: map[sectionOf]Gap{}, access: access.New(a)}
	for _, g := range s.Gaps {
		if _, first := v.gaps[sectionOf{g.Section, g.Resource}]; !first {
			v.gaps[sectionOf{g.Section, g.Resource}] = g
		}
	}
	for _, d := range s.Declined {
		for _, name := range d.Users {
			v.gaps[sectionOf{d.Section, name}] = newGap(d.Section, name).Because("Declined", d.Why())
		}
	}
	if r := s.AuthorizationDetails; r != nil {
		v.details, v.complete = r.Value, r.Complete
	}
	for i := range v.details.Users {
		d := &v.details.Users[i]
		u := &user{name: d.Name, id: d.ID, arn: d.ARN, created: d.Created, detail: d, key: d.Name, wantID: d.ID}
		if answers := s.PerUser[d.Name]; answers != nil && (answers.ID == d.ID || answers.ID == "") {
			u.answers = answers
		}
		v.users = append(v.users, u)
	}
	return v
}

// lone is the user of whom GetUser alone tells, where the list of users lacks that user and is not complete.
func (v *records) lone(name string) *user {
	answers := v.s.PerUser[name]
	if v.complete || answers == nil || answers.User == nil {
		return nil
	}
	got := answers.User.Value
	return &user{name: got.Name, id: got.ID, arn: got.ARN, created: got.Created, answers: answers, key: name, wantID: answers.ID}
}

// gap says why a section was not read, or not wholly: for one user, or for the account where the name is empty.
func (v *records) gap(section account.Section, name string) Gap {
	if g, ok := v.gaps[sectionOf{section, name}]; ok {
		return g
	}
	return newGap(section, name).Because("NotRead", message.New("it was not asked for"))
}

// asked reports whether a user's section was read, tried or declined.
func (v *records) asked(section account.Section, u *user) bool {
	_, failed := v.gaps[sectionOf{section, u.key}]
	return failed || u.answers != nil && v.s.Answered(section, u.key, u.wantID)
}

// grantsAdmin says whether a policy makes an administrator.
func (v *records) grantsAdmin(d *policy.Document) string {
	if d == nil {
		return "maybe"
	}
	return [...]string{policy.No: "no", policy.Maybe: "maybe", policy.Yes: "yes"}[v.access.Permissions(d).Admin]
}

// held lists what policies are worth that somebody or a group has, and reports whether one of them denies everything.
func (v *records) held(inline []account.InlinePolicy, attached []account.AttachedPolicy) (grants []PolicyGrant, denied bool) {
	grants = []PolicyGrant{}
	for _, p := range inline {
		d, _ := v.access.Document(p.Name, p.Document)
		grants = append(grants, PolicyGrant{Name: p.Name, Admin: v.grantsAdmin(d)})
		denied = denied || deniesAll(d)
	}
	for _, p := range attached {
		d, _ := v.access.Managed(p.Name, p.ARN)
		grants = append(grants, PolicyGrant{Name: p.Name, ARN: p.ARN, Admin: v.grantsAdmin(d)})
		denied = denied || deniesAll(d)
	}
	return grants, denied
}

// facts says what a user is and may do.
func (v *records) facts(u *user, by string, settings audit.Settings) UserFacts {
	f := UserFacts{ARN: u.arn, Name: u.name, ID: u.id, Created: u.created, MatchedBy: by, Groups: []GroupGrant{}, Policies: []PolicyGrant{}}
	if u.detail == nil {
		return f
	}
	f.Machine = v.machine(u, settings)
	f.Boundary = u.detail.PermissionsBoundary
	f.Policies, f.Denied = v.held(u.detail.InlinePolicies, u.detail.AttachedPolicies)
	for _, name := range slices.Sorted(slices.Values(u.detail.Groups)) {
		grant := GroupGrant{Name: name, Policies: []PolicyGrant{}}
		if g := v.access.Group(name); g != nil {
			grant.Read = true
			grant.Policies, _ = v.held(g.InlinePolicies, g.AttachedPolicies)
		}
		f.Groups = append(f.Groups, grant)
	}
	return f
}

// machine reports whether the configuration counts a user among those of machines.
func (v *records) machine(u *user, settings audit.Settings) bool {
	if len(settings.MachineUsers) == 0 {
		return false
	}
	merged := v.access.Account.User(u.name)
	if merged == nil {
		return false
	}
	is, _ := settings.Machine(merged)
	return is
}

// deniesAll reports whether a policy denies every action on everything, on no condition.
func deniesAll(d *policy.Document) bool {
	return d != nil && slices.ContainsFunc(d.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Deny && !st.NotAction && !st.NotResource && len(st.Conditions) == 0 &&
			slices.ContainsFunc(st.Actions, func(a string) bool { return a == "*" || a == "*:*" }) && slices.Contains(st.Resources, "*")
	})
}

// identityPolicy is one text of a policy, by what holds it.
type identityPolicy struct {
	holder string // an ARN
	item   string // the name of an inline policy, or the version of a managed one
	text   string
	lower  string // the text in lower case, made on first use
}

// identityPolicies lists every policy text of the account: AWS's own are nobody's and can't name a user.
func (v *records) identityPolicies() []identityPolicy {
	var list []identityPolicy
	inline := func(holder string, policies []account.InlinePolicy) {
		for _, p := range policies {
			list = append(list, identityPolicy{holder: holder, item: p.Name, text: p.Document})
		}
	}
	for _, u := range v.details.Users {
		inline(u.ARN, u.InlinePolicies)
	}
	for _, g := range v.details.Groups {
		inline(g.ARN, g.InlinePolicies)
	}
	for _, r := range v.details.Roles {
		inline(r.ARN, r.InlinePolicies)
	}
	for _, p := range v.details.Policies {
		if account.OfAWS(p.ARN) {
			continue
		}
		for _, version := range p.Versions {
			item := version.ID
			if version.Default {
				item += " (default)"
			}
			list = append(list, identityPolicy{holder: p.ARN, item: item, text: version.Document})
		}
	}
	return list
}

func sortGaps(gaps []Gap) []Gap {
	slices.SortFunc(gaps, func(x, y Gap) int { return x.Compare(y) })
	return slices.CompactFunc(gaps, func(x, y Gap) bool { return x.Compare(y) == 0 })
}

// lastName is the end of an ARN behind its last slash or colon.
func lastName(arn string) string {
	return arn[strings.LastIndexAny(arn, "/:")+1:]
}
