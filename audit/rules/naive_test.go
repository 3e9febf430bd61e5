package rules_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"sekisho/audit/policy"
)

const (
	ownAccount    = "123456789012"
	iamARN        = "arn:aws:iam::" + ownAccount + ":"
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	everything    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// ofAWS are the policies of AWS's that everybody can attach who may.
var ofAWS = map[string]string{administrator: everything, "arn:aws:iam::aws:policy/IAMFullAccess": strings.Replace(everything, `"*"`, `"iam:*"`, 1)}

// sim is a simulated account, which calls change, with what an attacker has in hand. It knows what each call does, and
// nothing of ways that lead anywhere: the attacker tries every call that the evaluator of single requests allows.
type sim struct {
	Users    map[string]*simUser // "user/alice", as groups and roles
	Groups   map[string]*holder
	Roles    map[string]*simRole
	Policies map[string]*simPolicy // by ARN
	Hands    map[string]hand       // whom the attacker acts as
	Device   bool                  // the attacker has the seed of a virtual MFA device
	SCP      string                // that the organization puts above the account; empty: none
	Aloof    bool                  // the organization doesn't care for root users
	Mailbox  bool                  // the attacker reads root's mail, and the account cares for root users, which IAM doesn't tell
	Root     bool                  // the attacker is root

	calls []string // that led here
	words *words
}

type holder struct {
	Inline   map[string]string
	Attached []string
}

type identity struct {
	holder
	Boundary string
	Team     string // the tag team, which is the only one
}

type simUser struct {
	identity
	Groups           []string
	Keys             int
	Password, Device bool
	Stolen           struct{ Key, Password, Device bool } // credentials of the user that the attacker has
}

type simRole struct {
	identity
	Trust string
}

type simPolicy struct {
	Versions []string
	Default  int
}

// hand is a way in which the attacker acts as somebody: by a "key", in a "session" got with it without MFA, signed in by
// "password" alone, with "mfa", or as a "role", maybe with a session tag.
type hand struct{ Who, How, Team string }

// words are what the policies of the account mention, on which the attacker's choices hang.
type words struct {
	teams    bool
	boundary bool
	names    map[string][]string // new names by kind
}

func (s *sim) learn() {
	text, _ := json.Marshal(s)
	all := strings.ReplaceAll(string(text), `\"`, `"`)
	s.words = &words{strings.Contains(all, "Tag/team"), strings.Contains(all, "iam:PermissionsBoundary"), map[string][]string{}}
	for _, kind := range []string{"user", "group", "role", "policy", "mfa"} {
		patterns := []string{"other*"}
		for _, part := range strings.Split(all, ":"+kind+"/")[1:] {
			pattern, _, _ := strings.Cut(part, `"`)
			patterns = append(patterns, pattern)
		}
		if kind == "user" && strings.Contains(all, `"aws:username":"al*"`) {
			patterns = append(patterns, "al*")
		}
		for _, p := range patterns {
			for _, who := range s.everybody() {
				name := strings.ReplaceAll(p, "${aws:username}", plain(who))
				if !slices.Contains(s.words.names[kind], name) {
					s.words.names[kind] = append(s.words.names[kind], name)
				}
			}
		}
		slices.Sort(s.words.names[kind])
	}
}

// start puts somebody into the attacker's hands.
func (s *sim) start(who string) *sim {
	s = s.clone()
	if u := s.Users[who]; u != nil {
		u.Stolen.Key, u.Stolen.Password, u.Stolen.Device = true, true, true
		s.signIn(who)
		s.hold(hand{who, "password", ""})
	} else {
		s.hold(hand{who, "role", ""})
	}
	return s
}

func (s *sim) hold(h hand) { s.Hands[h.Who+" "+h.How+h.Team] = h }

func (s *sim) holds(who string) bool {
	for _, h := range s.Hands {
		if h.Who == who {
			return true
		}
	}
	return false
}

// signIn takes the user's credentials in hand: AWS asks those who have a device for it at the console.
func (s *sim) signIn(who string) {
	u := s.Users[who]
	if u.Stolen.Key {
		s.hold(hand{who, "key", ""})
		s.hold(hand{who, "session", ""})
	}
	if u.Stolen.Password && !u.Device {
		s.hold(hand{who, "password", ""})
	}
	if (u.Stolen.Key || u.Stolen.Password) && u.Stolen.Device {
		s.hold(hand{who, "mfa", ""})
	}
}

// enter takes a role in hand, with whatever session tags the attacker likes if the trust policy is theirs.
func (s *sim) enter(role string, teams []string) {
	for _, team := range append(teams, "") {
		s.hold(hand{role, "role", team})
	}
}

func (s *sim) teams() []string {
	if s.words.teams {
		return []string{"a", "b"}
	}
	return nil
}

func (s *sim) key() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (s *sim) clone() *sim {
	out := &sim{calls: slices.Clone(s.calls), words: s.words}
	if err := json.Unmarshal([]byte(s.key()), out); err != nil {
		panic(err)
	}
	if out.Hands == nil {
		out.Hands = map[string]hand{}
	}
	return out
}

func (s *sim) holder(who string) *holder {
	if g := s.Groups[who]; g != nil {
		return g
	}
	return &s.identity(who).holder
}

func (s *sim) identity(who string) *identity {
	if u := s.Users[who]; u != nil {
		return &u.identity
	}
	return &s.Roles[who].identity
}

// text is a managed policy's default version.
func (s *sim) text(arn string) string {
	if p := s.Policies[arn]; p != nil {
		return p.Versions[p.Default]
	}
	return ofAWS[arn]
}

func (s *sim) managed() []string {
	out := slices.AppendSeq(slices.Collect(maps.Keys(s.Policies)), maps.Keys(ofAWS))
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *sim) texts(h *holder) (out []string) {
	for _, arn := range h.Attached {
		out = append(out, s.text(arn))
	}
	for _, name := range slices.Sorted(maps.Keys(h.Inline)) {
		out = append(out, h.Inline[name])
	}
	return out
}

type parsedKey struct {
	kind policy.Kind
	text string
}

var parsedPolicies sync.Map

func parsed(kind policy.Kind, text string) *policy.Document {
	key := parsedKey{kind, text}
	if d, ok := parsedPolicies.Load(key); ok {
		return d.(*policy.Document)
	}
	d, err := policy.Parse("p", kind, []byte(text))
	if err != nil {
		panic(err.Error() + ": " + text)
	}
	parsedPolicies.Store(key, d)
	return d
}

// effects reports whether texts allow something, and whether they deny something.
func effects(texts ...string) (allow, deny bool) {
	for _, text := range texts {
		for _, st := range parsed(policy.Identity, text).Statements {
			allow = allow || st.Effect == policy.Allow
			deny = deny || st.Effect == policy.Deny
		}
	}
	return allow, deny
}

// actor is a hand with what a request of it is decided by.
type actor struct {
	hand
	policies policy.Policies
	context  *policy.Context
	named    map[string]bool // actions that some Allow covers
	locked   bool            // AWS refuses a key's holder to change their own devices while they have one (AWS-2023-001)
}

func (s *sim) actors() (out []*actor) {
	for _, name := range slices.Sorted(maps.Keys(s.Hands)) {
		out = append(out, s.actor(s.Hands[name]))
	}
	return out
}

func (s *sim) actor(h hand) *actor {
	a := &actor{hand: h, context: policy.NewContext(policy.Absent), named: map[string]bool{}}
	id := s.identity(h.Who)
	texts := s.texts(&id.holder)
	set := a.context.Set
	set("aws:PrincipalArn", iamARN+h.Who)
	set("aws:PrincipalAccount", ownAccount)
	team := id.Team
	if u := s.Users[h.Who]; u != nil {
		for _, g := range u.Groups {
			texts = append(texts, s.texts(s.Groups[g])...)
		}
		set("aws:PrincipalType", "User")
		set("aws:username", plain(h.Who))
		a.locked = h.How == "key" && u.Device
	} else {
		set("aws:PrincipalType", "AssumedRole")
	}
	if h.Team != "" {
		team = h.Team
	}
	if team != "" {
		set("aws:PrincipalTag/team", team)
	}
	switch h.How {
	case "mfa":
		set("aws:MultiFactorAuthPresent", "true")
		set("aws:MultiFactorAuthAge", "0")
	case "password", "session":
		set("aws:MultiFactorAuthPresent", "false")
	}
	for _, text := range texts {
		a.policies.Identity = append(a.policies.Identity, parsed(policy.Identity, text))
	}
	if id.Boundary != "" {
		a.policies.Boundary = parsed(policy.Boundary, s.text(id.Boundary))
	}
	if s.SCP != "" {
		a.policies.SCPs = [][]*policy.Document{{parsed(policy.SCP, s.SCP)}}
	}
	return a
}

// request is one call of AWS's API on one resource, with what the request shows beside its caller.
type request struct {
	action, resource string
	shows            []string // keys and values
	trust            *policy.Document
}

func (a *actor) may(r *request) bool {
	if a.How == "session" && (strings.HasPrefix(r.action, "iam:") && r.action != "iam:PassRole" || r.action == "sts:AssumeRoot") || a.locked && r.resource == iamARN+a.Who && strings.HasSuffix(r.action, "MFADevice") {
		return false
	}
	if r.trust == nil {
		named, ok := a.named[r.action]
		if !ok {
			named = slices.ContainsFunc(a.policies.Identity, func(d *policy.Document) bool {
				return slices.ContainsFunc(d.Statements, func(st policy.Statement) bool { return st.Effect == policy.Allow && st.MatchAction(r.action) })
			})
			a.named[r.action] = named
		}
		if !named {
			return false
		}
	}
	ctx := a.context
	if len(r.shows) > 0 {
		ctx = ctx.Clone()
		for i := 0; i < len(r.shows); i += 2 {
			ctx.Set(r.shows[i], r.shows[i+1])
		}
	}
	set := a.policies
	set.Resource = r.trust
	return policy.Evaluate(policy.Request{Action: r.action, Resource: r.resource, Context: ctx}, set).Result == policy.Allowed
}

// probes stand for everything.
var probes = []request{
	{action: "iam:CreateUser", resource: iamARN + "user/probe"}, {action: "iam:PutRolePolicy", resource: iamARN + "role/x/probe"},
	{action: "iam:DeletePolicy", resource: iamARN + "policy/probe"}, {action: "iam:DeleteAccountPasswordPolicy", resource: "*"},
	{action: "s3:DeleteBucket", resource: "arn:aws:s3:::probe"}, {action: "ec2:TerminateInstances", resource: "arn:aws:ec2:eu-west-1:" + ownAccount + ":instance/i-0123456789abcdef0"},
	{action: "kms:ScheduleKeyDeletion", resource: "arn:aws:kms:eu-west-1:" + ownAccount + ":key/probe"}, {action: "organizations:LeaveOrganization", resource: "*"},
	{action: "sts:AssumeRole", resource: "arn:aws:iam::999999999999:role/probe"}, {action: "lambda:DeleteFunction", resource: "arn:aws:lambda:eu-west-1:" + ownAccount + ":function:probe"},
	{action: "iam:AddUserToGroup", resource: iamARN + "group/probe"}, {action: "iam:PassRole", resource: iamARN + "role/probe"},
}

// left reports whether the organization leaves a request to anybody.
func (a *actor) left(r *request) bool {
	set := policy.Policies{Identity: []*policy.Document{parsed(policy.Identity, everything)}, SCPs: a.policies.SCPs}
	return policy.Evaluate(policy.Request{Action: r.action, Resource: r.resource, Context: a.context}, set).Result == policy.Allowed
}

// all reports whether everything is allowed that the organization leaves.
func (a *actor) all() bool {
	some := false
	for i := range probes {
		if a.left(&probes[i]) {
			if some = true; !a.may(&probes[i]) {
				return false
			}
		}
	}
	return some
}

// hedged reports whether any policy denies something, or has a condition.
func (a *actor) hedged() bool {
	return slices.ContainsFunc(append(slices.Clip(a.policies.Identity), a.policies.Boundary), func(d *policy.Document) bool {
		return d != nil && slices.ContainsFunc(d.Statements, func(st policy.Statement) bool { return st.Effect == policy.Deny || len(st.Conditions) > 0 })
	})
}

// allButDenied reports whether everything would be, were it not for Denies.
func (a *actor) allButDenied() bool {
	allows := func(d *policy.Document, r *request) bool {
		return slices.ContainsFunc(d.Statements, func(st policy.Statement) bool {
			return st.Effect == policy.Allow && st.Match(r.action, r.resource, a.context) == policy.Yes
		})
	}
	for i := range probes {
		if b := a.policies.Boundary; b != nil && !allows(b, &probes[i]) ||
			!slices.ContainsFunc(a.policies.Identity, func(d *policy.Document) bool { return allows(d, &probes[i]) }) {
			return false
		}
	}
	return true
}
