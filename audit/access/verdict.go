package access

import (
	"slices"
	"strings"
	"sync"

	"sekisho/audit/policy"
)

// bootstrapActions may be reachable without MFA on any resource: they serve to look at one's account and to enrol a
// device, or concern nobody but oneself.
var bootstrapActions = []string{
	"iam:GetMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:GetUser", "iam:ListUsers",
	"iam:GetLoginProfile", "iam:GetAccountPasswordPolicy", "iam:GetAccountSummary", "iam:ListAccountAliases",
	"iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:CreateVirtualMFADevice", "iam:ChangePassword",
	"iam:EnableMFADevice", "iam:ResyncMFADevice", "sts:GetSessionToken", "sts:GetCallerIdentity",
}

// hygieneActions are harmless on one's own name: since 2023-04-21 AWS refuses a key holder who has a device to
// remove it without MFA (AWS-2023-001). On anybody else they strip MFA off.
var hygieneActions = []string{"iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice"}

// sessionSTS is what of STS a session of GetSessionToken can call; the tagging permissions are checked as part of
// AssumeRole. It can call nothing of IAM unless it has MFA (STS API reference, GetSessionToken).
var sessionSTS = []string{"sts:AssumeRole", "sts:GetCallerIdentity", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"}

// wellKnown are the sets that verdicts are made with.
type wellKnown struct {
	all                int // of the actions
	bootstrap, hygiene policy.ActionSet
	refused            policy.ActionSet // to a session of GetSessionToken without MFA
	uncounted          policy.ActionSet // of STS, refused to any such session, and so never missed
	takeovers          policy.ActionSet
	takeoverNumbers    []int            // of their actions; -1 for one that the catalogue lacks
	looking            policy.ActionSet // lists and reads of IAM and STS: no data
	othersUsers        policy.ActionSet
	services           map[string]policy.ActionSet // the actions of each but bootstrap
}

var known = sync.OnceValue(func() *wellKnown {
	c := policy.Actions()
	w := &wellKnown{all: c.Every.Count(), bootstrap: c.Of(bootstrapActions...), hygiene: c.Of(hygieneActions...)}
	w.uncounted = heap.Clone(c.Service("sts"))
	w.uncounted.Remove(c.Of(sessionSTS...))
	w.refused = heap.Add(heap.Clone(w.uncounted), c.Service("iam"))
	for _, t := range takeovers {
		w.takeovers = heap.Add(w.takeovers, c.Of(t.action))
		number, ok := c.Number(t.action)
		if !ok {
			number = -1
		}
		w.takeoverNumbers = append(w.takeoverNumbers, number)
	}
	for _, name := range []string{"iam", "sts"} {
		for i := range c.Service(name).All() {
			if c.Levels[i] == policy.LevelList || c.Levels[i] == policy.LevelRead {
				w.looking = heap.Add(w.looking, c.Of(c.Names[i]))
			}
		}
	}
	w.othersUsers = c.Of(othersActions...)
	w.services = make(map[string]policy.ActionSet, len(c.Services))
	for _, service := range c.Services {
		actions := c.Service(service.Name)
		actions.Remove(w.bootstrap)
		w.services[service.Name] = actions
	}
	return w
})

// leg is one request context of a path.
type leg struct {
	context requestContext
	session bool // of GetSessionToken: much is refused whatever the policies say
}

var pathLegs = [2][]leg{
	Console:   {{noMFA, false}},
	AccessKey: {{longTermKey, false}, {noMFA, true}},
}

// leaking returns what of a cell counts as a leak. A Deny that only may apply protects nothing: what is sure but for
// it is a sure leak.
func (r *reacher) leaking(s *scratch, c *cell, session bool) (sure, maybe policy.ActionSet) {
	k := known()
	sure, maybe = s.arena.Add(s.arena.Clone(c.sure), c.doubted), s.arena.Clone(c.maybe)
	maybe.Remove(c.doubted)
	for _, set := range []policy.ActionSet{sure, maybe} {
		set.Remove(k.bootstrap)
		if session {
			set.Remove(k.refused)
		}
		if set.Intersects(k.hygiene) && r.own(c.resource) {
			set.Remove(k.hygiene)
		}
	}
	return sure.Trim(), maybe.Trim()
}

// own reports whether all users and devices that the resource matches have the subject's own name.
func (r *reacher) own(o *resource) bool {
	if o.number == 0 && o.asked {
		return o.own
	}
	own := r.ownGlob != "" && o.except == nil && strings.HasSuffix(string(o.glob), r.subject.Name) && r.ownGlob.Contains(o.glob)
	if o.number == 0 { // the subject's alone
		o.own, o.asked = own, true
	}
	return own
}

// open is what a path opens on one resource, as fully as MFA does.
type open struct {
	resource *resource
	acts     policy.ActionSet
}

// verdict compares a path with what MFA opens. The cells of all contexts must have been reached, merged.
func (r *reacher) verdict(s *scratch, p Path) (out PathVerdict) {
	opened := s.opened[:0]
	leaks := false
	for _, l := range pathLegs[p] {
		for i := range s.cells[l.context] {
			c := &s.cells[l.context][i]
			sure, maybe := r.leaking(s, c, l.session)
			if sure.Empty() && maybe.Empty() {
				continue
			}
			leaks = true
			out.Sure = out.Sure || !sure.Empty()
			all := s.arena.Add(sure, maybe)
			all.Remove(c.bitten)
			opened = append(opened, open{c.resource, all})
		}
	}
	s.opened = opened
	extras := r.leakingExtras(p)
	for _, e := range extras {
		leaks = true
		out.Sure = out.Sure || e.truth == policy.Yes
	}
	access, missing := r.lacking(s, leaks, opened, extras)
	switch {
	case r.large:
		return PathVerdict{}
	case !leaks && !access:
		out.Verdict = NoAccess
	case !leaks:
		out.Verdict = Enforced
	case missing:
		out.Verdict = Leaky
	default:
		out.Verdict = NotEnforced
	}
	out.Sure = out.Sure || !leaks
	return out
}

// lacking reports whether MFA opens anything, and, where a path leaks, whether it opens something that the path
// doesn't.
func (r *reacher) lacking(s *scratch, leaks bool, opened []open, extras []extra) (access, missing bool) {
	s.list++
	on := s.on[:0]
	for _, o := range opened {
		i, known := s.at(o.resource, len(on))
		if !known {
			on = append(on, policy.ActionSet{})
		}
		on[i] = s.arena.Add(on[i], o.acts)
	}
	s.on = on
	for i := range s.cells[withMFA] {
		c := &s.cells[withMFA][i]
		sure, maybe := r.leaking(s, c, false)
		if sure.Empty() && maybe.Empty() {
			continue
		}
		access = true
		if !leaks {
			break
		}
		rest := s.arena.Add(sure, maybe)
		rest.Remove(known().uncounted)
		if i, known := s.at(c.resource, len(on)); known && i < len(on) {
			rest.Remove(on[i])
		}
		for i := 0; i < len(opened) && !rest.Empty(); i++ {
			o := &opened[i]
			if o.resource == c.resource || !o.acts.Intersects(rest) {
				continue
			}
			if r.compared++; r.compared > maxPairs {
				r.large = true
				return true, false
			}
			if s.relate(o.resource.alone(), c.resource) == whole {
				rest.Remove(o.acts)
			}
		}
		if !rest.Empty() {
			return true, true
		}
	}
	for _, m := range r.open[withMFA] {
		access = true
		missing = missing || !slices.ContainsFunc(extras, func(e extra) bool {
			return e.action.name == m.action.name && e.resource.holds(m.resource)
		})
	}
	return access, missing
}

// leakingExtras returns the reachable actions of a path that the catalogue lacks.
func (r *reacher) leakingExtras(p Path) (out []extra) {
	for _, l := range pathLegs[p] {
		for _, e := range r.open[l.context] {
			if service := policy.ServiceOf(e.action.name); !l.session || service != "iam" && service != "sts" {
				out = append(out, e)
			}
		}
	}
	return out
}
