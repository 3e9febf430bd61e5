package access

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// session is a kind of request that someone who acts as a principal can make.
type session uint8

// The sessions, as bits.
const (
	bareKey     session = 1 << iota // signed with an access key itself
	plain                           // a session of a user without MFA
	strong                          // a session of a user with MFA
	roleSession                     // the MFA keys are absent, whatever was shown to get into the role; it may bring tags
	bareRole                        // one that surely brings no tags
	token                           // what GetSessionToken gives for a key without MFA, with which IAM can't be called
)

const allOfUser = bareKey | plain | strong | token

// persona is a principal as someone acts as it: in certain sessions, with the policies that it has by then. There is one
// for all who get as far.
type persona struct {
	*Principal
	graph    *graph
	sessions session
	mods     []*mod     // what was changed, by number
	only     string     // the one action that it is good for; empty: all
	hands    []*persona // of a team

	holdings []holding
	groups   []string // names
	boundary *policy.Document
	bound    string // ARN of the boundary
	tags     map[string]string
	tagsOpen bool   // it may have tags that aren't known
	tagged   string // what appendTags appends, once it is asked for

	identity []*policy.Document
	told     []*documentFacts // of these, and of the boundary, which is last
	allows   actionMask       // what its policies and boundary allow somewhere
	others   actionMask       // of those, what isn't on its own name alone

	loose, looseOthers actionMask         // the same without the boundary
	sure               *actionMask        // what surely returned; nil until asked for
	contexts           [6]*policy.Context // by the number of the session's bit; nil until asked for
	who                *policy.Context    // what known returned for a user

	ownChanges map[*Principal][]*mod // of itself
	own        *[]edge               // that hang on who it is; nil until asked for
	mine       requested             // where it hangs on who it is
	creates    *answer               // whether it can make a device; likewise
	*class
}

// class is what personas have in common that have the same policies, where these ask for nothing that is the persona's
// own.
type class struct {
	personal   bool // there is one persona of it
	varied     bool // the first persona of it was a changed one
	questions  []*question
	admin      *policy.Truth
	edges      [3]*[]edge // by reach; nil until all were asked for
	freely     [3]*[]edge // into roles that let in everybody; likewise
	signIns    map[string]edge
	signing    *signing
	changes    map[*Principal][]*mod
	groupsOpen map[*account.Group]*openGroup
	ways       [2][]openWay      // that pass no role, and that pass one; nil until asked for
	powers     map[string]*Power // what was found for one stands for all that are alike as targets too
	requested  requested
}

// holding is one policy that a principal has, of its own or from a group.
type holding struct {
	owner    string // ARN of the user, group or role
	policy   string // ARN of a managed policy; empty: inline
	item     string // name of an inline policy
	document *policy.Document
}

// holdings lists what a principal's own policies and those of its groups are, as far as they can be read.
func (w *Principal) holdings() (list []holding) {
	for _, held := range w.Policies {
		if held.Document == nil || held.Boundary {
			continue
		}
		h := holding{owner: held.Owner, item: held.At.Item, document: held.Document}
		if h.item == "" {
			h.policy = held.At.ARN
		}
		list = append(list, h)
	}
	return list
}

// persona returns the one persona of a principal after such changes.
func (g *graph) persona(who *Principal, sessions session, only string, mods []*mod) *persona {
	var room [256]byte
	key := appendPersona(room[:0], who, sessions, only, mods)
	if p := g.personas[string(key)]; p != nil {
		return p
	}
	p := &persona{
		Principal: who, graph: g, sessions: sessions, mods: mods, only: only,
	}
	p.holdings, p.tags, p.tagsOpen = who.holdings(), noTags, true
	if who.subject != nil {
		p.boundary, p.bound = who.subject.Boundary, who.subject.BoundaryARN
		if who.Role == nil && who.subject.Tags != nil {
			p.tags, p.tagsOpen = who.subject.Tags, false
		}
	}
	if who.Role != nil {
		p.tagsOpen = g.trustOf(who).tagged
		if len(who.Role.Tags) > 0 {
			p.tags = map[string]string{}
		}
		for _, tag := range who.Role.Tags {
			p.tags[tag.Key] = tag.Value
		}
	}
	p.groups = g.groupsOf(who)
	for last := range 3 { // groups are joined first, and what allows everything is written last
		for _, m := range mods {
			if m.order() == last {
				m.apply(p)
			}
		}
	}
	p.settle()
	g.personas[string(key)] = p
	return p
}

// noTags are the tags of who surely has none; nil would be of who has nobody knows which.
var noTags = map[string]string{}

// settle works out what follows from the holdings.
func (p *persona) settle() {
	for _, h := range p.holdings {
		if !slices.Contains(p.identity, h.document) {
			p.identity = append(p.identity, h.document)
		}
	}
	var spared actionMask
	for _, d := range p.identity {
		f := p.graph.facts(d)
		p.told = append(p.told, f)
		p.allows.add(f.allows)
		p.others.add(f.others)
		spared.add(f.spared)
	}
	if p.Role == nil { // a role has no name that the Deny could leave out, and then it isn't about the role at all
		p.others.remove(spared)
	}
	p.loose, p.looseOthers = p.allows, p.others
	if p.boundary != nil {
		f := p.graph.facts(p.boundary)
		p.told = append(p.told, f)
		p.allows.keep(f.allows)
		p.others.keep(f.others)
	}
	if p.only != "" {
		p.allows.keep(maskOf(p.only))
	}
	p.others.keep(p.allows)
	p.class = p.graph.classOf(p)
}

// surely are the actions that the persona may surely do anywhere, as far as statements tell that are about everything: in
// some sessions nothing denies these, not even possibly.
func (p *persona) surely() *actionMask {
	if p.sure == nil {
		sure := p.allows
		for _, f := range p.told {
			for i := range f.statements {
				if wholly := f.statements[i].wholly; wholly.meets(sure) && p.mayMeet(&f.short.Statements[i]) {
					sure.remove(wholly)
				}
			}
		}
		p.sure = &sure
	}
	return p.sure
}

// mayMeet reports whether a statement's conditions may hold in all of the persona's sessions.
func (p *persona) mayMeet(st *policy.Statement) bool {
	for s := range p.sessions.each {
		if st.MatchConditions(p.context(s)) == policy.No {
			return false
		}
	}
	return true
}

// classOf returns the class of a persona, which is its own where its policies ask who it is.
func (g *graph) classOf(p *persona) *class {
	key := make([]byte, 0, 16*len(p.identity)+32)
	key = append(key, byte(p.sessions))
	key = append(key, p.only...)
	personal, tagged := p.unreadable() || p.graph.guardsSome(), false
	mayBeAdmin := p.allows.holds(maskOf(everyAdmin...))
	for i, f := range p.told {
		d := p.boundary
		if i < len(p.identity) {
			d = p.identity[i]
		}
		said := g.goal.request.of(d)
		if i < len(p.identity) && !mayBeAdmin && len(f.short.Statements)+len(said.short.Statements) == 0 {
			continue
		}
		if key = append(key, ' '); i == len(p.identity) { // a boundary that allows nothing isn't none
			key = append(key, '/')
		}
		personal, tagged = personal || f.byName || said.personal, tagged || f.personal
		key = strconv.AppendInt(key, int64(f.number), 36)
	}
	switch key = append(key, ' '); {
	case personal:
		key = appendPersona(key, p.Principal, p.sessions, p.only, p.mods)
	case tagged:
		key = p.appendTags(key)
	}
	c := g.classes[string(key)]
	if c == nil {
		c = &class{personal: personal, varied: len(p.mods) > 0}
		g.classes[string(key)] = c
	}
	return c
}

// appendTags appends what tells apart those who have other tags.
func (p *persona) appendTags(key []byte) []byte {
	if p.tagsOpen {
		key = append(key, '?')
	}
	for _, name := range slices.Sorted(maps.Keys(p.tags)) {
		key = append(append(append(append(key, name...), 0), p.tags[name]...), 0)
	}
	return key
}

// appendPersona appends what tells a persona from any other.
func appendPersona(key []byte, who *Principal, sessions session, only string, mods []*mod) []byte {
	key = append(key, who.ARN...)
	if who.subject != nil { // of what is made there may be one with each boundary
		key = append(key, who.subject.BoundaryARN...)
	}
	key = append(key, ' ', '0'+byte(sessions))
	key = append(key, only...)
	for _, m := range mods {
		key = append(key, ' ')
		key = append(key, m.key...)
	}
	return key
}

// with is the persona after more changes.
func (p *persona) with(more ...*mod) *persona {
	mods := slices.Clone(p.mods)
	for _, m := range more {
		mods = append(slices.DeleteFunc(mods, m.overrides), m)
	}
	slices.SortFunc(mods, func(a, b *mod) int { return cmp.Compare(a.key, b.key) })
	return p.graph.persona(p.Principal, p.sessions, p.only, mods)
}

// forget drops what the search from a principal needed and hardly another does: nobody has just its policies.
func (p *persona) forget() {
	if p.personal {
		*p.class = class{personal: true, admin: p.admin, requested: p.requested}
	}
	p.contexts, p.who, p.own, p.ownChanges, p.creates = [6]*policy.Context{}, nil, nil, nil, nil
}

// forgetChanged drops those whose rights somebody changed, of whom a long search leaves very many.
func (g *graph) forgetChanged() {
	maps.DeleteFunc(g.personas, func(_ string, p *persona) bool { return len(p.mods) > 0 })
	maps.DeleteFunc(g.classes, func(_ string, c *class) bool { return c.varied })
}

// each yields each of the sessions.
func (s session) each(yield func(session) bool) {
	for one := bareKey; one <= token; one <<= 1 {
		if s&one != 0 && !yield(one) {
			return
		}
	}
}

// context is what is known of the requests that a session makes on what asks for no tags of its own.
func (p *persona) context(s session) *policy.Context {
	kept := &p.contexts[bits.TrailingZeros8(uint8(s))]
	if ctx := *kept; ctx != nil {
		return ctx
	}
	base := noMFA
	switch s {
	case bareKey:
		base = longTermKey
	case strong:
		base = withMFA
	}
	*kept = p.graph.space.contexts[base].With(p.known(s))
	return *kept
}

// known is what is known of a persona's requests beside, which is the same in all sessions of a user.
func (p *persona) known(s session) *policy.Context {
	ofUser := s&allOfUser != 0
	if p.who != nil && ofUser {
		return p.who
	}
	ctx := policy.NewContext(policy.Unknown)
	p.identify(ctx)
	ctx.Set("aws:resourceaccount", p.graph.Account.ID)
	ctx.SetAbsent("aws:calledvia")
	if ofUser {
		ctx.Set("aws:principaltype", "User")
	} else {
		ctx.SetAbsent(keyMFAPresent)
		ctx.SetAbsent(keyMFAAge)
		ctx.Set("aws:principaltype", "AssumedRole")
	}
	if !p.open(s) {
		for _, d := range p.documents() {
			p.lackTags(ctx, d)
		}
	}
	for name, value := range p.tags {
		ctx.Set(keyTagPrefix+name, value)
	}
	if ofUser {
		p.who = ctx
	}
	return ctx
}

// open reports whether a session may have tags that aren't known.
func (p *persona) open(s session) bool { return p.tagsOpen && s != bareRole }

// lackTags says that the persona hasn't the tags that a document asks for, but those that it has.
func (p *persona) lackTags(ctx *policy.Context, d *policy.Document) {
	if d == nil {
		return
	}
	for _, key := range p.graph.facts(d).tags {
		if _, has := lookTag(p.tags, strings.TrimPrefix(key, keyTagPrefix)); !has {
			ctx.SetAbsent(key)
		}
	}
}

// lookTag finds a tag's value; keys of tags are compared without case, as condition keys are.
func lookTag(tags map[string]string, name string) (string, bool) {
	for key, value := range tags {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// unreadable reports whether policies apply that can't be read: what they deny, or allow, nobody knows.
func (p *persona) unreadable() bool { return len(p.Unread) > 0 || p.subject == nil }
