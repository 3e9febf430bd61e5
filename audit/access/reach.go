package access

import (
	"slices"
	"strconv"
	"time"

	"sekisho/audit/policy"
)

// requestContext is a kind of request that a user's credentials can make.
type requestContext int

const (
	longTermKey requestContext = iota // signed with the access key itself: the MFA keys are absent
	noMFA                             // a session without MFA: console, or GetSessionToken
	withMFA                           // a session with MFA
)

// notUsers are the keys that no user's own request carries (Guide, reference_policies_condition-keys): those of a request
// that a service makes, for a user or for itself, and those of the sessions of roles. A service makes one for a user only
// when asked to, by a request of the user's own, which must be open without MFA itself. With MFA nothing is said of
// them: what a service may do for the user is the user's then, and the sessions of roles are judged in that context too.
var notUsers = []string{
	"aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
	"aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths",
	"aws:SourceIdentity", "aws:FederatedProvider", "aws:AssumedRoot", "aws:ChatbotSourceArn",
	"aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "ec2:RoleDelivery", "ec2:SourceInstanceArn",
	"glue:RoleAssumedBy", "glue:CredentialIssuingService", "lambda:SourceFunctionArn", "ssm:SourceInstanceArn",
}

// timeKeys are the keys whose values hang on when a request is made.
var timeKeys = []string{"aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime"}

// base returns what is known of such a request, the same for all who make it. Which keys are there is said in the
// Guide, reference_policies_condition-keys, under aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge and
// aws:TokenIssueTime.
func (c requestContext) base(s *space) *policy.Context {
	ctx := policy.NewContext(policy.Unknown)
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:ViaAWSService", "false")
	ctx.Set("aws:PrincipalIsAWSService", "false") // not even where a service acts for them
	ctx.SetAnyIPv4("aws:SourceIp")
	if at, err := time.Parse(time.RFC3339, s.now); err == nil {
		ctx.Set("aws:CurrentTime", s.now)
		ctx.Set("aws:EpochTime", strconv.FormatInt(at.Unix(), 10))
	}
	if s.account != "" {
		ctx.Set("aws:PrincipalAccount", s.account)
	}
	if c != withMFA {
		for _, key := range notUsers {
			ctx.SetAbsent(key)
		}
	}
	switch c {
	case longTermKey:
		ctx.SetAbsent(keyMFAPresent)
		ctx.SetAbsent(keyMFAAge)
		ctx.SetAbsent("aws:TokenIssueTime")
		return ctx
	case noMFA:
		ctx.Set(keyMFAPresent, "false")
		ctx.SetAbsent(keyMFAAge)
	case withMFA:
		ctx.Set(keyMFAPresent, "true")
		ctx.Set(keyMFAAge, "0")
	}
	if s.now != "" {
		ctx.Set("aws:TokenIssueTime", s.now)
	}
	return ctx
}

// cell is what is reachable on one resource in one context.
type cell struct {
	resource *resource
	sure     policy.ActionSet
	maybe    policy.ActionSet // possibly only: none of sure
	doubted  policy.ActionSet // of maybe: sure but for a Deny that may apply, as the caller chooses
	bitten   policy.ActionSet // of both: actions of which a Deny takes something away that it leaves to those with MFA
	parted   policy.ActionSet // actions that were sure here, of which a Deny leaves cells of their own
	by       *instance        // the statement, where cells weren't merged
}

type denyKey struct {
	set     *resourceSet
	truth   policy.Truth
	lasting bool
	chosen  bool // whether it applies may be the caller's choice
}

// denial is the Denies on one set of resources.
type denial struct {
	denyKey
	acts policy.ActionSet
}

// reachAll reaches in all contexts, merged.
func (r *reacher) reachAll(s *scratch) {
	for c, alike := range r.alike {
		if s.cells[c] = s.cells[alike]; int(alike) == c {
			r.reach(s, alike, true)
		}
	}
}

// reach returns what is reachable in a context. Merged, there is one cell a resource; else one a statement and
// resource.
func (r *reacher) reach(s *scratch, c requestContext, merged bool) []cell {
	cells := s.rooms[c][:0]
	s.list++
	add := func(g share, t policy.Truth, in *instance) {
		if t == policy.No || g.acts.Empty() {
			return
		}
		i, known := len(cells), false
		if merged {
			i, known = s.at(g.resource, i)
		}
		if !known {
			cells = append(cells, cell{resource: g.resource, by: in})
		}
		if t == policy.Yes {
			cells[i].sure = s.arena.Add(cells[i].sure, g.acts)
		} else {
			cells[i].maybe = s.arena.Add(cells[i].maybe, g.acts)
		}
	}
	for i := range r.allows {
		in := &r.allows[i]
		in.each(func(g share, most policy.Truth) { add(g, min(in.truth[c], most), in) })
	}
	for i := range cells {
		cells[i].maybe.Remove(cells[i].sure)
	}
	if r.bounded {
		cells = r.bound(s, c, cells, r.bounds)
	}
	for i := range r.trusts {
		in := &r.trusts[i]
		switch in.truth[c] {
		case policy.Yes:
			cells = append(cells, cell{resource: in.fixed[0].resource, by: in, sure: s.arena.Clone(in.acts)})
		case policy.Maybe:
			cells = append(cells, cell{resource: in.fixed[0].resource, by: in, maybe: s.arena.Clone(in.acts)})
		}
	}
	for _, level := range r.levels {
		cells = r.bound(s, c, cells, level)
	}
	cells = r.deny(s, c, cells)
	s.rooms[c], s.cells[c] = cells, cells
	return cells
}

// bound leaves what the boundary, or a level of the organization's policies, allows too. Where it allows part of a resource
// only, that part becomes a cell.
func (r *reacher) bound(s *scratch, c requestContext, cells []cell, bounds []instance) []cell {
	out := s.spare[:0]
	for _, old := range cells {
		var sure, maybe policy.ActionSet
		for i := range bounds {
			b := &bounds[i]
			if b.truth[c] == policy.No {
				continue
			}
			acts := b.within(s, old.resource).set(s)
			if b.truth[c] == policy.Yes {
				sure = s.arena.Add(sure, acts)
			} else {
				maybe = s.arena.Add(maybe, acts)
			}
			if b.maybe != nil && s.relate(b.maybe, old.resource) != apart {
				maybe = s.arena.Add(maybe, s.arena.And(b.acts, b.maybe.takes))
			}
		}
		kept := cell{resource: old.resource, by: old.by, sure: s.arena.And(old.sure, sure)}
		all := s.arena.Add(s.arena.Clone(old.sure), old.maybe)
		kept.maybe = s.arena.And(all, s.arena.Add(s.arena.Clone(sure), maybe))
		kept.maybe.Remove(kept.sure)
		rest := s.arena.Clone(all)
		rest.Remove(kept.sure)
		rest.Remove(kept.maybe)
		if !rest.Empty() {
			out = boundParts(s, c, out, old, rest, &kept, bounds)
		}
		out = append(out, kept)
	}
	s.spare = cells
	return out
}

// boundParts appends the parts of a cell's resource that statements of what limits it allow.
func boundParts(s *scratch, c requestContext, out []cell, old cell, rest policy.ActionSet, kept *cell, bounds []instance) []cell {
	for i := range bounds {
		b := &bounds[i]
		if b.truth[c] == policy.No || b.sure == nil || !b.acts.Intersects(rest) {
			continue
		}
		for _, o := range b.sure.of {
			part := s.arena.And(s.arena.And(rest, b.acts), o.takes)
			if part.Empty() || !o.meets(old.resource) {
				continue
			}
			if !old.resource.holds(o) {
				kept.maybe = s.arena.Add(kept.maybe, part) // some of it, which no single pattern says
				continue
			}
			narrow := cell{resource: o, by: old.by}
			if b.truth[c] == policy.Yes {
				narrow.sure = s.arena.And(part, old.sure)
			}
			narrow.maybe = part
			narrow.maybe.Remove(narrow.sure)
			out = append(out, narrow)
		}
	}
	return out
}

// bothSets is the actions that two sets have in common, not worked out yet.
type bothSets [2]policy.ActionSet

func (b bothSets) set(s *scratch) policy.ActionSet { return s.arena.And(b[0], b[1]) }

// within returns the actions that the rule surely names on the whole of a resource.
func (in *instance) within(s *scratch, o *resource) bothSets {
	if in.sure == nil {
		return bothSets{}
	}
	switch s.relate(in.sure, o) {
	case whole:
		return bothSets{in.acts, in.acts}
	case overlap:
		return bothSets{in.acts, in.sure.covers}
	}
	return bothSets{}
}

// deny takes away what Denies cover, and notes what they take a part of. A Deny that only may apply leaves things
// possible. Of what a NotResource excepts cells of their own are made, which all Denies meet in turn.
func (r *reacher) deny(s *scratch, c requestContext, cells []cell) []cell {
	s.denies = s.denies[:0]
	clear(s.denyAt)
	add := func(set *resourceSet, acts policy.ActionSet, t policy.Truth, lasting, chosen bool) {
		if set == nil {
			return
		}
		key := denyKey{set, t, lasting, chosen}
		i, ok := s.denyAt[key]
		if !ok {
			i = len(s.denies)
			s.denies = append(s.denies, denial{denyKey: key})
			s.denyAt[key] = i
		}
		s.denies[i].acts = s.arena.Add(s.denies[i].acts, acts)
	}
	for i := range r.denies {
		in := &r.denies[i]
		if t := in.truth[c]; t != policy.No {
			add(in.sure, in.acts, t, in.truth[withMFA] == policy.Yes, in.chosen[c])
			add(in.maybe, in.acts, policy.Maybe, false, true)
		}
	}
	room := len(cells) + maxParts
	for i := 0; i < len(cells); i++ {
		c := cells[i]
		for j := range s.denies {
			if s.subtract(&c, &s.denies[j]) && len(cells) < room {
				cells = s.part(cells, &c, &s.denies[j])
			}
		}
		cells[i] = c
	}
	return cells
}

// evadable reports whether it may be the caller's choice that a Deny doesn't apply. Where it hangs on the account's
// organization alone it isn't, nor where it applies to all that is the account's own: nobody knows what of others' is open.
func (r *reacher) evadable(in *instance, c requestContext) bool {
	if r.subject.IsRole || r.subject.anybody {
		return true
	}
	own := r.atHome[c]
	if own == nil {
		own = r.context(c).Clone()
		own.Set("aws:ResourceAccount", r.subject.account())
		r.atHome[c] = own
	}
	return slices.ContainsFunc(in.statement.Conditions, func(condition policy.Condition) bool {
		return !slices.Contains(membershipKeys, policy.Lower(condition.Key)) && condition.Match(own) != policy.Yes
	})
}

// maxParts bounds how many cells the exceptions of Denies make. Beyond, what a Deny takes a part of stays whole, which
// errs on the side of "not protected".
const maxParts = 2_000

// part appends what a sure Deny of all but some resources leaves of a cell: those of them that lie within it. Actions
// on which it excepts what lies across the cell's border stay in the cell.
func (s *scratch) part(cells []cell, c *cell, d *denial) []cell {
	if d.truth != policy.Yes || len(d.set.of) != 1 || d.set.of[0].parts == nil {
		return cells
	}
	parts := d.set.of[0].parts
	none := policy.ActionSet{}
	if !slices.ContainsFunc(parts, func(o *resource) bool { // as it mostly is; it saves memory to look first
		return !(none.HoldsCommon(c.sure, d.acts, o.takes) && none.HoldsCommon(c.maybe, d.acts, o.takes)) &&
			(c.resource.holds(o) || !o.meets(c.resource))
	}) {
		return cells
	}
	var moved policy.ActionSet
	for _, o := range parts {
		moved = s.arena.Add(moved, o.takes)
	}
	moved = s.arena.And(moved, d.acts) // first, for it is small
	moved = s.arena.Add(s.arena.And(moved, c.sure), s.arena.And(moved, c.maybe))
	for _, o := range parts {
		if moved.Intersects(o.takes) && o.meets(c.resource) && !c.resource.holds(o) {
			moved.Remove(o.takes)
		}
	}
	if moved.Empty() {
		return cells
	}
	for _, o := range parts {
		if !moved.Intersects(o.takes) || !c.resource.holds(o) {
			continue
		}
		acts := s.arena.And(moved, o.takes)
		cells = append(cells, cell{
			resource: o, by: c.by, sure: s.arena.And(c.sure, acts), maybe: s.arena.And(c.maybe, acts),
			doubted: s.arena.And(c.doubted, acts), bitten: s.arena.And(c.bitten, acts),
		})
	}
	c.parted = s.arena.Add(c.parted, s.arena.And(c.sure, moved))
	c.sure.Remove(moved)
	c.maybe.Remove(moved)
	c.doubted.Remove(moved)
	c.bitten.Remove(moved)
	return cells
}

// subtract takes a Deny from a cell, and reports whether it leaves a part of the resource.
func (s *scratch) subtract(c *cell, d *denial) (partly bool) {
	if !c.sure.Intersects(d.acts) && !c.maybe.Intersects(d.acts) {
		return false
	}
	rel := s.relate(d.set, c.resource)
	if rel == apart {
		return false
	}
	covers := d.acts // of those, what is covered
	if rel == overlap {
		covers = d.set.covers
	}
	if d.truth == policy.Maybe {
		if !(policy.ActionSet{}).HoldsCommon(c.sure, d.acts, covers) {
			doubted := s.arena.And(c.sure, s.arena.And(d.acts, covers))
			c.sure.Remove(doubted)
			c.maybe = s.arena.Add(c.maybe, doubted)
			if d.chosen {
				c.doubted = s.arena.Add(c.doubted, doubted)
			}
		}
		return false
	}
	for _, set := range []policy.ActionSet{c.sure, c.maybe, c.doubted} {
		set.RemoveBoth(d.acts, covers)
	}
	if rel == overlap && !d.lasting {
		for _, set := range []policy.ActionSet{c.sure, c.maybe} {
			if !c.bitten.HoldsCommon(set, d.acts, d.set.takes) { // which is nearly always so from the second Deny on
				c.bitten = s.arena.Add(c.bitten, s.arena.And(set, s.arena.And(d.acts, d.set.takes)))
			}
		}
	}
	return rel == overlap
}
