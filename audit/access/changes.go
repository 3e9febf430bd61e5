package access

import (
	"slices"
	"strings"
	"sync"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// writing are the actions that give rights, changing those that give or take any.
var (
	writing = sync.OnceValue(func() actionMask {
		return maskOf("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy",
			"iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:PutRolePolicy", "iam:AddUserToGroup", "iam:TagUser", "iam:TagRole")
	})
	changing = sync.OnceValue(func() actionMask {
		m := maskOf("iam:DetachUserPolicy", "iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DeleteUserPolicy", "iam:DeleteGroupPolicy", "iam:DeleteRolePolicy",
			"iam:RemoveUserFromGroup", "iam:UntagUser", "iam:UntagRole", "iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary",
			"iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "sts:TagSession")
		m.add(writing())
		return m
	})
)

// changesOf are the changes that a persona can make of a principal's rights.
func (g *graph) changesOf(p *persona, w *Principal) []*mod {
	if p.only != "" || w.Role != nil && sealed(w) {
		return nil
	}
	changes := &p.changes
	if w == p.Principal {
		changes = &p.ownChanges
	}
	list, ok := (*changes)[w]
	if !ok {
		f := changeFinder{graph: g, p: p, w: w, o: g.object(w)}
		if w == p.Principal {
			f.o = p.itself()
		}
		f.find()
		list = f.out
		if *changes == nil {
			*changes = map[*Principal][]*mod{}
		}
		(*changes)[w] = list
	}
	return list
}

type changeFinder struct {
	*graph
	p   *persona
	w   *Principal
	o   *object
	as  *persona // the principal, with what it has by then; nil: as it is
	out []*mod
}

func (f *changeFinder) add(m *mod, t policy.Truth, s *Step) {
	if t == policy.No {
		return
	}
	s.Sure = t == policy.Yes
	if s.To == "" {
		s.To = f.w.ARN
	}
	m.truth, m.step, m.who = t, s, f.w
	f.out = append(f.out, m)
}

func (f *changeFinder) find() {
	f.writes(f.w.kind(), f.w.ARN, f.o, nil)
	base := f.as
	switch {
	case base != nil:
	case f.p.Principal == f.w:
		base = f.p // with the groups that it joined meanwhile
	default:
		base = f.base(f.w)
	}
	if f.w.Role == nil {
		f.groups(base)
	}
	f.drops(base)
	f.policies(base)
	f.boundaries(base)
	f.tags(base)
}

// writes are the policies that can be added to a user, group or role.
func (f *changeFinder) writes(kind, arn string, o *object, group *groupChange) {
	if action := "iam:Put" + kind + "Policy"; f.p.may(action) {
		t, by := f.p.can(action, arn, o)
		f.add(&mod{kind: addPolicy, key: "put " + arn, on: arn, group: group, held: holding{owner: arn, item: "new", document: gained()}}, t, &Step{
			ID: stepID("put", kind, "policy"), To: arn, tell: func(whom any) message.Message {
				return message.New("writes %s an inline policy that allows everything", whom)
			}, Actions: []string{action}, By: by})
		if t == policy.Yes {
			return
		}
	}
	if action := "iam:Attach" + kind + "Policy"; f.p.may(action) {
		for _, a := range f.p.attachable(action, arn, o) {
			actions := []string{action}
			if a.created {
				actions = []string{"iam:CreatePolicy", action}
			}
			f.add(&mod{kind: addPolicy, key: "attach " + arn + " " + a.arn, on: arn, group: group, held: holding{owner: arn, policy: a.arn, document: a.document}}, a.truth, &Step{
				ID: stepID("attach", kind, "policy"), To: arn, tell: func(whom any) message.Message { return message.New("attaches %s to %s", nameOf(a.arn), whom) }, Actions: actions, By: a.by})
		}
	}
}

// noObject is a thing without tags and boundary.
var noObject = &object{}

// nameOf is the name in an ARN, without its path.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func stepID(verb, kind, what string) string { return verb + "-" + strings.ToLower(kind) + "-" + what }

// drops are the policies with Denies that can be taken away.
func (f *changeFinder) drops(base *persona) {
	left := map[string]bool{}
	var group *groupChange
	for _, h := range base.holdings {
		if !f.facts(h.document).forbids {
			continue
		}
		kind, o := f.w.kind(), f.o
		if group = nil; h.owner != f.w.ARN {
			kind, o, group = "Group", &object{arn: h.owner}, &groupChange{name: nameOf(h.owner)}
			if !left[h.owner] {
				left[h.owner] = true
				if t, by := f.p.can("iam:RemoveUserFromGroup", h.owner, o); t != policy.No {
					f.add(&mod{kind: leaveGroup, key: "leave " + h.owner, on: h.owner, group: group}, t, &Step{ID: "remove-user-from-group",
						tell: func(whom any) message.Message {
							return message.New("takes %s out of %s", whom, account.ShortARN(h.owner))
						}, Actions: []string{"iam:RemoveUserFromGroup"}, By: by})
				}
			}
		}
		if action := "iam:Put" + kind + "Policy"; h.policy == "" && f.p.may(action) { // one of the same name takes its place
			t, by := f.p.can(action, h.owner, o)
			f.add(&mod{kind: replacePolicy, key: "over " + h.owner + " " + h.item, on: h.owner, group: group, held: h}, t, &Step{ID: stepID("put", kind, "policy"), To: h.owner,
				tell: func(whom any) message.Message {
					return message.New("writes over the inline policy %s of %s", h.item, whom)
				}, Actions: []string{action}, By: by})
		}
		verb, what := "Delete", h.item
		if h.policy != "" {
			verb, what = "Detach", nameOf(h.policy)
		}
		action := "iam:" + verb + kind + "Policy"
		if !f.p.may(action) {
			continue
		}
		if h.policy != "" {
			c := *o
			c.policy, o = h.policy, &c
		}
		t, by := f.p.can(action, h.owner, o)
		if t == policy.No {
			continue
		}
		f.add(&mod{kind: dropPolicy, key: "drop " + h.owner + " " + h.policy + " " + h.item, on: h.owner, group: group, held: h}, t, &Step{ID: stepID(strings.ToLower(verb), kind, "policy"),
			To: h.owner, tell: func(whom any) message.Message { return message.New("takes the policy %s away from %s", what, whom) }, Actions: []string{action}, By: by})
	}
}

// policies are the managed policies of the account that apply, or can be attached, and can be rewritten.
func (f *changeFinder) policies(base *persona) {
	if !f.p.may("iam:CreatePolicyVersion") && !f.p.may("iam:SetDefaultPolicyVersion") {
		return
	}
	arns := []string{base.bound}
	for _, h := range base.holdings {
		arns = appendNew(arns, h.policy)
	}
	for _, m := range f.out {
		if m.kind == addPolicy {
			arns = appendNew(arns, m.held.policy)
		}
		if m.kind == joinGroup {
			for _, h := range m.group.holdings {
				arns = appendNew(arns, h.policy)
			}
		}
	}
	for _, arn := range arns {
		if arn == "" || account.OfAWS(arn) {
			continue
		}
		kind := policy.Identity
		if arn == base.bound {
			kind = policy.Boundary
		}
		f.rewrites(arn, kind)
	}
}

// maxVersions is how many versions a policy has at most (Guide, reference_iam-quotas).
const maxVersions = 5

func (f *changeFinder) rewrites(arn string, kind policy.Kind) {
	name := nameOf(arn)
	managed := f.managedPolicy(arn)
	t, by := f.p.can("iam:CreatePolicyVersion", arn, nil)
	actions := []string{"iam:CreatePolicyVersion"}
	if managed != nil && len(managed.Versions) >= maxVersions && t != policy.No {
		room, more := f.p.can("iam:DeletePolicyVersion", arn, nil)
		t, by, actions = t.And(room), joinNew(by, more), []string{"iam:DeletePolicyVersion", "iam:CreatePolicyVersion"}
	}
	f.add(&mod{kind: rewritePolicy, key: "rewrite " + arn, on: arn, held: holding{policy: arn, document: gained()}}, t, &Step{ID: "create-policy-version", To: arn,
		How: message.New("rewrites the policy %s to allow everything", name), Actions: actions, By: by})
	if t == policy.Yes || managed == nil {
		return
	}
	t, by = f.p.can("iam:SetDefaultPolicyVersion", arn, nil)
	for _, v := range managed.Versions {
		if t == policy.No || f.isDefault(arn, &v) {
			continue
		}
		d, err := f.documents.parse(kind, name, "", v.Document)
		if err != nil {
			continue
		}
		f.add(&mod{kind: rewritePolicy, key: versionKey(arn, &v), on: arn, held: holding{policy: arn, document: d}}, t, &Step{ID: "set-default-policy-version", To: arn,
			How: message.New("goes back to version %s of the policy %s", v.ID, name), Actions: []string{"iam:SetDefaultPolicyVersion"}, By: by})
	}
}

// isDefault reports whether a version of a policy is the default one by then.
func (f *changeFinder) isDefault(arn string, v *account.PolicyVersion) bool {
	if f.as != nil {
		if i := slices.IndexFunc(f.as.mods, func(m *mod) bool { return m.kind == rewritePolicy && m.on == arn }); i >= 0 {
			return f.as.mods[i].key == versionKey(arn, v)
		}
	}
	return v.Default
}

func versionKey(arn string, v *account.PolicyVersion) string { return "version " + arn + " " + v.ID }

// boundaries are the ways to get rid of a permissions boundary, but for rewriting it.
func (f *changeFinder) boundaries(base *persona) {
	if base.bound == "" && (f.p.Principal != f.w || len(f.bounds) == 0) {
		return
	}
	if action := "iam:Delete" + f.w.kind() + "PermissionsBoundary"; base.bound != "" {
		t, by := f.p.can(action, f.w.ARN, f.o)
		f.add(&mod{kind: changeBoundary, key: "unbound " + f.w.ARN, on: f.w.ARN}, t, &Step{ID: "delete-permissions-boundary",
			alone: message.New("removes its permissions boundary"),
			tell:  func(whom any) message.Message { return message.New("removes the permissions boundary of %s", whom) }, Actions: []string{action}, By: by})
		if t == policy.Yes && len(f.bounds) == 0 {
			return
		}
	}
	action := "iam:Put" + f.w.kind() + "PermissionsBoundary"
	for _, b := range f.p.boundariesFor(action, f.w.ARN, f.o) {
		if b.arn == base.bound {
			continue
		}
		f.add(&mod{kind: changeBoundary, key: boundKey(f.w.ARN, b.arn), on: f.w.ARN, bound: b.arn, held: holding{document: b.document}}, b.truth, &Step{
			ID: "put-permissions-boundary", tell: func(whom any) message.Message {
				if base.bound == "" {
					return message.New("puts a permissions boundary on %s, %s", whom, nameOf(b.arn))
				}
				return message.New("replaces the permissions boundary of %s by %s", whom, nameOf(b.arn))
			},
			Actions: []string{action}, By: b.by})
	}
}

// tags are the tags that conditions ask for and that the persona can give, or take away, for good or for a session.
func (f *changeFinder) tags(base *persona) {
	give, take := "iam:Tag"+f.w.kind(), "iam:Untag"+f.w.kind()
	if !f.p.may(give) && !f.p.may(take) {
		return
	}
	for _, tag := range f.tagsThatCount(base) {
		for _, v := range append(slices.Clip(f.tagged[tag]), anyName) {
			if has, ok := lookTag(base.tags, tag); ok && has == v {
				continue
			}
			t, by := f.p.can(give, f.w.ARN, f.o.giving(tag, v))
			if t == policy.No {
				continue
			}
			f.add(&mod{kind: setTag, key: tagKey(f.w.ARN, tag, v), on: f.w.ARN, tag: [2]string{tag, v}}, t, &Step{ID: stepID("tag", f.w.kind(), "self"),
				tell: func(whom any) message.Message { return message.New("tags %s with %s=%s", whom, tag, v) }, Actions: []string{give}, By: by})
		}
		if _, ok := lookTag(base.tags, tag); ok {
			t, by := f.p.can(take, f.w.ARN, f.o.giving(tag, ""))
			f.add(&mod{kind: setTag, key: untagKey(f.w.ARN, tag), on: f.w.ARN, tag: [2]string{tag, ""}, gone: true}, t, &Step{ID: "untag",
				tell: func(whom any) message.Message { return message.New("takes the tag %s away from %s", tag, whom) }, Actions: []string{take}, By: by})
		}
	}
}

// sessionTags are the tags that the persona can bring into a session of a role: where the trust policy lets it, or is
// its own to write.
func (g *graph) sessionTags(p *persona, w *Principal) []*mod {
	trust := g.trustOf(w)
	if !trust.tagged && !p.may("iam:UpdateAssumeRolePolicy") && g.byARN[w.ARN] == w {
		return nil
	}
	names := g.tagsThatCount(g.base(w))
	if len(names) == 0 {
		return nil
	}
	var best answer
	switch opens, by := p.can("iam:UpdateAssumeRolePolicy", w.ARN, g.object(w)); {
	case g.byARN[w.ARN] != w: // a role that it made
		best.truth = policy.Yes
	case opens == policy.Yes, trust.document == nil:
		best = answer{opens, by}
	default:
		best = p.enters("sts:TagSession", w, trust.document, g.object(w))
		if best.truth != policy.No {
			best.truth = best.truth.And(p.enters("sts:AssumeRole", w, trust.document, g.object(w)).truth)
		}
		best = best.or(answer{opens, by})
	}
	if best.truth == policy.No {
		return nil
	}
	f := changeFinder{graph: g, p: p, w: w, o: g.object(w)}
	for _, tag := range names {
		for _, v := range append(slices.Clip(g.tagged[tag]), anyName) {
			f.add(&mod{kind: setTag, key: "session " + w.ARN + " " + tag + "=" + v, on: w.ARN, session: true, tag: [2]string{tag, v}}, best.truth, &Step{ID: "tag-session",
				tell: func(whom any) message.Message {
					return message.New("brings the tag %s=%s into a session of %s", tag, v, whom)
				}, Actions: []string{"sts:TagSession"}, By: best.by})
		}
	}
	return f.out
}

// tagsThatCount are the names of tags that the principal's policies or trust policies ask for.
func (g *graph) tagsThatCount(base *persona) (names []string) {
	for _, d := range base.documents() {
		names = appendAll(names, g.facts(d).tags)
	}
	names = appendAll(names, g.trustTags)
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], keyTagPrefix)
	}
	return names
}
