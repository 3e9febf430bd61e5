package rules_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/policy"
)

// move is a call, with others that it takes, and what it does to the account.
type move struct {
	request
	same  []request // that the same hand must be allowed
	also  []request // that any hand must be allowed
	risky bool      // it may take something away from the attacker, too
	do    func(*sim)
}

// allowed returns who may make the move.
func (m *move) allowed(actors []*actor) *actor {
	for _, a := range actors {
		if !a.may(&m.request) || slices.ContainsFunc(m.same, func(r request) bool { return !a.may(&r) }) {
			continue
		}
		if !slices.ContainsFunc(m.also, func(r request) bool {
			return !slices.ContainsFunc(actors, func(a *actor) bool { return a.may(&r) })
		}) {
			return a
		}
	}
	return nil
}

// explore makes every call that it can, in every order that may matter, until somebody in hand is allowed everything.
// Calls that only give are made at once; where one may take something away, both ways are tried: with it and without.
// It gives up, cut off, after so many states.
func (s *sim) explore(limit int) (calls []string, won, cut bool) {
	queue, seen := []*sim{s}, map[string]bool{}
	for len(queue) > 0 {
		s, queue = queue[0], queue[1:]
		if s.grow() {
			return s.calls, true, false
		}
		key := s.key()
		if seen[key] {
			continue
		}
		seen[key] = true
		if len(seen) > limit {
			return nil, false, true
		}
		actors := s.actors()
		for _, m := range s.moves() {
			if by := m.allowed(actors); m.risky && by != nil {
				next := s.clone()
				next.call(&m, by)
				queue = append(queue, next)
			}
		}
	}
	return nil, false, false
}

// grow makes all calls that only give, until there are none, or everything is allowed.
func (s *sim) grow() (won bool) {
	for {
		actors := s.actors()
		if s.Root || slices.ContainsFunc(actors, (*actor).all) {
			return true
		}
		changed := false
		for _, m := range s.moves() {
			if m.risky {
				continue
			}
			if by := m.allowed(actors); by != nil {
				s.call(&m, by)
				changed = true
			}
		}
		if !changed {
			return false
		}
	}
}

func (s *sim) call(m *move, by *actor) {
	text := by.Who + " (" + by.How + by.Team + ") " + m.action + " " + strings.TrimPrefix(m.resource, iamARN) + " " + strings.Join(m.shows, " ")
	for _, r := range slices.Concat(m.same, m.also) {
		text += " and " + r.action
	}
	s.calls = append(s.calls, text)
	m.do(s)
}

// moves are the calls that would change something, by those who may make them. Policies are written at once, for who may
// may lose that; what else changes principals that aren't in hand can wait until they are, unless policies ask for tags
// or boundaries of their targets.
func (s *sim) moves() (out []move) {
	add := func(m move) { out = append(out, m) }
	for _, who := range slices.Sorted(maps.Keys(s.Users)) {
		s.identityMoves("User", who, add)
		s.userMoves(who, add)
	}
	for _, who := range slices.Sorted(maps.Keys(s.Groups)) {
		s.writes("Group", who, nil, add)
	}
	for _, who := range slices.Sorted(maps.Keys(s.Roles)) {
		s.identityMoves("Role", who, add)
		s.roleMoves(who, add)
	}
	for _, arn := range slices.Sorted(maps.Keys(s.Policies)) {
		if arn != administrator {
			s.versions(arn, add)
		}
	}
	s.creations(add)
	if s.Mailbox && !s.Aloof {
		add(move{request: request{action: "sts:AssumeRoot", resource: iamARN + "root"}, do: func(s *sim) { s.Root = true }})
	}
	return out
}

// tagged is what requests on a principal show of it, and with its boundary.
func (s *sim) tagged(who string) (tags, bounded []string) {
	id := s.identity(who)
	if id.Team != "" {
		tags = []string{"aws:ResourceTag/team", id.Team, "iam:ResourceTag/team", id.Team}
	}
	if bounded = tags; id.Boundary != "" {
		bounded = append(slices.Clip(tags), "iam:PermissionsBoundary", id.Boundary)
	}
	return tags, bounded
}

// writes are the calls on the policies of a user, group or role. One that only allows isn't worth taking off; a managed
// one that is taken off is lost, should a version of it be rewritten.
func (s *sim) writes(kind, who string, shows []string, add func(move)) {
	h := s.holder(who)
	call := func(verb string, risky bool, more []string, do func(*holder)) {
		add(move{request: request{action: "iam:" + verb + kind + "Policy", resource: iamARN + who, shows: slices.Concat(shows, more)}, risky: risky,
			do: func(s *sim) { do(s.holder(who)) }})
	}
	whole := false
	for name, text := range h.Inline {
		whole = whole || text == everything
		if allow, deny := effects(text); deny {
			call("Put", false, nil, func(h *holder) { h.Inline[name] = everything })
			call("Delete", allow, nil, func(h *holder) { delete(h.Inline, name) })
		}
	}
	if !whole {
		call("Put", false, nil, func(h *holder) { h.Inline["zz"] = everything })
	}
	for _, arn := range s.managed() {
		allow, deny := effects(s.text(arn))
		chosen := []string{"iam:PolicyARN", arn}
		switch {
		case slices.Contains(h.Attached, arn) && deny:
			call("Detach", true, chosen, func(h *holder) { h.Attached = slices.DeleteFunc(h.Attached, func(a string) bool { return a == arn }) })
		case !slices.Contains(h.Attached, arn) && allow:
			call("Attach", deny, chosen, func(h *holder) { h.Attached = append(h.Attached, arn) })
		}
	}
}

// identityMoves are the calls on users and roles alike.
func (s *sim) identityMoves(kind, who string, add func(move)) {
	id := s.identity(who)
	tags, bounded := s.tagged(who)
	held := s.holds(who)
	call := func(action string, shows []string, risky bool, do func(*identity)) {
		add(move{request: request{action: action, resource: iamARN + who, shows: shows}, risky: risky, do: func(s *sim) { do(s.identity(who)) }})
	}
	s.writes(kind, who, bounded, add)
	if id.Boundary != "" && (held || s.words.boundary) {
		call("iam:Delete"+kind+"PermissionsBoundary", bounded, s.words.boundary, func(id *identity) { id.Boundary = "" })
	}
	for _, arn := range s.managed() {
		if arn != id.Boundary && (s.words.boundary || held && id.Boundary != "" && s.text(id.Boundary) != everything) {
			call("iam:Put"+kind+"PermissionsBoundary", append(slices.Clip(tags), "iam:PermissionsBoundary", arn), s.words.boundary || s.text(arn) != everything,
				func(id *identity) { id.Boundary = arn })
		}
	}
	for _, team := range s.teams() {
		if team != id.Team {
			call("iam:Tag"+kind, append(slices.Clip(tags), "aws:RequestTag/team", team), true, func(id *identity) { id.Team = team })
		}
	}
	if id.Team != "" && s.words.teams {
		call("iam:Untag"+kind, tags, true, func(id *identity) { id.Team = "" })
	}
}

func (s *sim) userMoves(who string, add func(move)) {
	u := s.Users[who]
	tags, _ := s.tagged(who)
	on := func(action string) request { return request{action: action, resource: iamARN + who, shows: tags} }
	call := func(action string, also []request, do func(*simUser)) {
		add(move{request: on(action), also: also, do: func(s *sim) {
			do(s.Users[who])
			s.signIn(who)
		}})
	}
	if !u.Stolen.Key {
		var also []request
		if u.Keys == 2 {
			also = []request{on("iam:DeleteAccessKey")}
		}
		call("iam:CreateAccessKey", also, func(u *simUser) { u.Stolen.Key = true })
	}
	if !u.Stolen.Password {
		verb := "Create"
		if u.Password {
			verb = "Update"
		}
		call("iam:"+verb+"LoginProfile", nil, func(u *simUser) { u.Password, u.Stolen.Password = true, true })
		if u.Password {
			call("iam:CreateLoginProfile", []request{on("iam:DeleteLoginProfile")}, func(u *simUser) { u.Stolen.Password = true })
		}
	}
	if u.Device {
		call("iam:DeactivateMFADevice", nil, func(u *simUser) { u.Device = false })
	}
	if s.Device && !u.Stolen.Device {
		call("iam:EnableMFADevice", nil, func(u *simUser) { u.Stolen.Device = true })
	}
	for _, g := range slices.Sorted(maps.Keys(s.Groups)) {
		allow, deny := effects(s.texts(s.Groups[g])...)
		member := slices.Contains(u.Groups, g)
		join := move{request: request{action: "iam:AddUserToGroup", resource: iamARN + g}, risky: deny, do: func(s *sim) { s.Users[who].Groups = append(s.Users[who].Groups, g) }}
		leave := move{request: request{action: "iam:RemoveUserFromGroup", resource: iamARN + g}, risky: true, do: func(s *sim) {
			s.Users[who].Groups = slices.DeleteFunc(s.Users[who].Groups, func(name string) bool { return name == g })
		}}
		switch {
		case !s.holds(who):
		case member && deny:
			add(leave)
		case !member && (allow || !deny):
			add(join)
		}
	}
}

func (s *sim) roleMoves(who string, add func(move)) {
	r := s.Roles[who]
	tags, bounded := s.tagged(who)
	enter := func(teams ...string) func(*sim) { return func(s *sim) { s.enter(who, teams) } }
	trust := parsed(policy.Trust, r.Trust)
	in := request{action: "sts:AssumeRole", resource: iamARN + who, shows: tags, trust: trust}
	if !s.holds(who) {
		add(move{request: in, do: enter()})
	}
	for _, team := range s.teams() {
		if _, ok := s.Hands[who+" role"+team]; !ok {
			in.shows = append(slices.Clip(tags), "aws:RequestTag/team", team)
			tagging := in
			tagging.action = "sts:TagSession"
			add(move{request: in, same: []request{tagging}, do: func(s *sim) { s.hold(hand{who, "role", team}) }})
		}
	}
	if r.Trust != openTrust {
		// A trust policy of the attacker's own lets in another account of theirs, where nothing denies them anything.
		add(move{request: request{action: "iam:UpdateAssumeRolePolicy", resource: iamARN + who, shows: bounded}, do: func(s *sim) {
			s.Roles[who].Trust = openTrust
			s.enter(who, s.teams())
		}})
	}
	if !s.holds(who) && serves(trust) {
		function := "arn:aws:lambda:eu-west-1:" + ownAccount + ":function:zz"
		add(move{
			request: request{action: "iam:PassRole", resource: iamARN + who, shows: append(slices.Clip(tags), "iam:PassedToService", "lambda.amazonaws.com")},
			same:    []request{{action: "lambda:CreateFunction", resource: function}}, also: []request{{action: "lambda:InvokeFunction", resource: function}}, do: enter(),
		})
	}
}

// serves reports whether a trust policy lets in Lambda, which no policy of the organization above users and roles binds
// (Organizations, orgs_manage_policies_scps). "*" is everybody, services as well: so AWS's own policies use it
// (Organizations, orgs_manage_policies_rcps_examples, "RCPFullAWSAccess" and "Cross-service confused deputy protection").
func serves(trust *policy.Document) bool {
	ctx := policy.NewContext(policy.Absent)
	ctx.Set("aws:SourceAccount", ownAccount)
	ctx.Set("aws:PrincipalIsAWSService", "true")
	matches := func(effect policy.Effect) bool {
		return slices.ContainsFunc(trust.Statements, func(st policy.Statement) bool {
			return st.Effect == effect && st.MatchAction("sts:AssumeRole") && st.MatchConditions(ctx) == policy.Yes && slices.ContainsFunc(st.Principals, func(p policy.Principal) bool {
				return p.Value == "*" || p == policy.Principal{Type: "Service", Value: "lambda.amazonaws.com"}
			})
		})
	}
	return matches(policy.Allow) && !matches(policy.Deny)
}

const openTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*","Service":"lambda.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`

func (s *sim) versions(arn string, add func(move)) {
	p := s.Policies[arn]
	if s.text(arn) != everything {
		write := move{request: request{action: "iam:CreatePolicyVersion", resource: arn}, do: func(s *sim) {
			p := s.Policies[arn]
			p.Versions[p.Default] = everything // as good as another that is the default
		}}
		if len(p.Versions) == 5 {
			write.also = []request{{action: "iam:DeletePolicyVersion", resource: arn}}
		}
		add(write)
	}
	for i, text := range p.Versions {
		if i != p.Default && s.text(arn) != everything {
			add(move{request: request{action: "iam:SetDefaultPolicyVersion", resource: arn}, risky: text != everything, do: func(s *sim) { s.Policies[arn].Default = i }})
		}
	}
}

// creations are of all names that policies mention, and one that they don't, with each boundary if policies ask for it.
func (s *sim) creations(add func(move)) {
	if !s.Device {
		for _, name := range s.words.names["mfa"] {
			add(move{request: request{action: "iam:CreateVirtualMFADevice", resource: iamARN + "mfa/" + fill(name, 0)}, do: func(s *sim) { s.Device = true }})
		}
	}
	for _, name := range s.words.names["policy"] {
		if arn := iamARN + "policy/" + fill(name, 0); !taken(s.Policies, arn) {
			add(move{request: request{action: "iam:CreatePolicy", resource: arn}, do: func(s *sim) { s.Policies[arn] = &simPolicy{Versions: []string{everything}} }})
		}
	}
	for _, name := range s.words.names["group"] {
		if who := "group/" + fill(name, 0); !taken(s.Groups, who) {
			add(move{request: request{action: "iam:CreateGroup", resource: iamARN + who}, do: func(s *sim) { s.Groups[who] = &holder{Inline: map[string]string{}} }})
		}
	}
	boundaries := []string{""}
	if s.words.boundary {
		boundaries = append(boundaries, s.managed()...)
	}
	for i, boundary := range boundaries {
		made := identity{Boundary: boundary}
		var shows []string
		if boundary != "" {
			shows = []string{"iam:PermissionsBoundary", boundary}
		}
		create := func(kind, action string, there func(who string) bool, do func(s *sim, who string)) {
			for _, name := range s.words.names[kind] {
				if who := kind + "/" + fill(name, i); !there(who) {
					add(move{request: request{action: action, resource: iamARN + who, shows: shows}, do: func(s *sim) { do(s, who) }})
				}
			}
		}
		create("user", "iam:CreateUser", func(who string) bool { return taken(s.Users, who) }, func(s *sim, who string) {
			made.Inline = map[string]string{}
			s.Users[who] = &simUser{identity: made}
		})
		create("role", "iam:CreateRole", func(who string) bool { return taken(s.Roles, who) }, func(s *sim, who string) {
			made.Inline = map[string]string{}
			s.Roles[who] = &simRole{made, openTrust}
			s.enter(who, s.teams())
		})
	}
}

// taken reports whether there is one of that name, on whatever path and in whatever case (IAM, reference_iam-quotas: names
// of users, groups, roles and policies are unique in an account, and not distinguished by case).
func taken[T any](all map[string]T, who string) bool {
	base := func(name string) string { return name[strings.LastIndex(name, "/")+1:] }
	for name := range all {
		if strings.EqualFold(base(name), base(who)) {
			return true
		}
	}
	return false
}

func fill(pattern string, i int) string {
	return strings.NewReplacer("*", "new"+strconv.Itoa(i), "?", "n").Replace(pattern)
}
