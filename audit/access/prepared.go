package access

import (
	"maps"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// keyRequestTagPrefix begins the keys of the tags that a request gives.
const keyRequestTagPrefix = "aws:requesttag/"

// keyBoundary is the boundary of the user or role that a request is about.
const keyBoundary = "iam:permissionsboundary"

// tagging reports whether an action gives or takes the tags of a user or role.
func tagging(action string) bool {
	return slices.Contains([]string{"iam:TagUser", "iam:TagRole", "iam:UntagUser", "iam:UntagRole"}, action)
}

// putting reports whether an action gives a user or role that is there a boundary.
func putting(action string) bool {
	return action == "iam:PutUserPermissionsBoundary" || action == "iam:PutRolePermissionsBoundary"
}

// prepared is a target with other tags, or another boundary, and whether the persona can give it those.
type prepared struct {
	*object
	answer
}

// preparer gives a target other tags and boundaries.
type preparer struct {
	p         *persona
	q         *question
	o         *object
	kind      string
	questions []*question // the one, and those about what changes the target
	out       []prepared
}

// prepares reports whether the persona may change anything of a target for which a question could ask, as mostly it can't.
func (p *persona) prepares(q *question, who *Principal) bool {
	tag, untag := "iam:TagUser", "iam:UntagUser"
	if who.Role != nil {
		tag, untag = "iam:TagRole", "iam:UntagRole"
	}
	return p.may(tag) || p.may(untag) || slices.Contains(q.keys, keyBoundary)
}

// prepared are a target's other tags and boundaries of which conditions of a question make a difference, in whatever
// order the persona gives them. A boundary that takes something from the target has to go again.
func (p *persona) prepared(q *question, o *object) []prepared {
	if !p.prepares(q, o.who) {
		return nil
	}
	f := preparer{p: p, q: q, o: o, kind: o.who.kind()}
	names, boundaries := f.asked()
	if len(names)+len(boundaries) == 0 || f.kind == "Role" && sealed(o.who) {
		return nil
	}
	plain := *o
	plain.who = nil
	f.out = []prepared{{&plain, answer{truth: policy.Yes}}}
	for i := 0; i < len(f.out); i++ {
		for _, name := range names {
			for _, value := range append(f.values(name), "") {
				f.add(f.retag(f.out[i], name, value))
			}
		}
		for _, arn := range boundaries {
			f.add(f.rebound(f.out[i], arn))
		}
	}
	return lists.Map(f.out[1:], f.restored)
}

// asked are the tags that conditions ask for, of the action and of those that change the target, and the boundaries if
// they do. A change of the persona's own boundary is one of its rights.
func (f *preparer) asked() (names, boundaries []string) {
	f.questions = []*question{f.q}
	also := func(actions ...string) (some bool) {
		for _, action := range actions {
			if f.p.may(action) {
				f.questions, some = append(f.questions, f.p.question(action)), true
			}
		}
		return some
	}
	if f.o.who != f.p.Principal && slices.Contains(f.q.keys, keyBoundary) && slices.Contains(bounding, f.q.action) && !putting(f.q.action) &&
		also("iam:Put"+f.kind+"PermissionsBoundary", "iam:Delete"+f.kind+"PermissionsBoundary") {
		boundaries = append(f.p.graph.boundariesThatCount(), "")
	}
	if !also("iam:Tag"+f.kind, "iam:Untag"+f.kind) {
		return nil, boundaries
	}
	for _, q := range f.questions {
		for _, key := range q.keys {
			if name, ok := targetTag(key); ok {
				names = appendNew(names, name)
			}
		}
	}
	return names, boundaries
}

// add notes a state of the target, unless it is known as surely.
func (f *preparer) add(after prepared) {
	if after.truth == policy.No {
		return
	}
	i := slices.IndexFunc(f.out, func(o prepared) bool { return o.boundary == after.boundary && maps.Equal(o.tags, after.tags) })
	switch {
	case i < 0 && len(f.out) < maxCombinations:
		f.out = append(f.out, after)
	case i >= 0 && after.truth > f.out[i].truth:
		f.out[i] = after
	}
}

// can asks for a change of the target, by request of it as it is before. Those who are the target aren't who they were after
// the first, but one request may give several tags.
func (f *preparer) can(action string, request, before *object) (policy.Truth, []string) {
	var best answer
	try := func(h *persona) {
		t, by := h.can(action, f.o.arn, request)
		best = best.or(answer{t, by})
	}
	for _, h := range f.p.all() {
		if h.Principal != f.o.who || h == f.p {
			try(h)
		}
		if h.Principal == f.o.who {
			try(h.became(f.q.action, before))
		}
	}
	return best.truth, best.by
}

// retag gives one more tag, or takes it away where its value is to be empty.
func (f *preparer) retag(before prepared, name, value string) prepared {
	action, as := "iam:Tag"+f.kind, *before.object
	if value == "" {
		action = "iam:Untag" + f.kind
	}
	if has, ok := lookTag(as.tags, name); ok && has == value || !ok && value == "" {
		return prepared{}
	}
	as.gives = [2]string{name, value}
	t, by := f.can(action, &as, before.object)
	after := as
	after.gives, after.tags = [2]string{}, maps.Clone(as.tags)
	maps.DeleteFunc(after.tags, func(key, _ string) bool { return strings.EqualFold(key, name) })
	if value != "" {
		if after.tags == nil {
			after.tags = map[string]string{}
		}
		after.tags[name] = value
	}
	return prepared{&after, answer{t.And(before.truth), joinNew(before.by, by)}}
}

// rebound gives another boundary, or none.
func (f *preparer) rebound(before prepared, arn string) prepared {
	if arn == before.boundary {
		return prepared{}
	}
	action, after := "iam:Put"+f.kind+"PermissionsBoundary", *before.object
	after.boundary = arn
	shown := &after
	if arn == "" {
		action, shown = "iam:Delete"+f.kind+"PermissionsBoundary", before.object
	}
	t, by := f.can(action, shown, before.object)
	return prepared{&after, answer{t.And(before.truth), joinNew(before.by, by)}}
}

// restored is a state with whether the target can be got out of a boundary that takes something from it.
func (f *preparer) restored(state prepared) prepared {
	wide := f.p.graph.wideBoundary()
	if slices.Contains([]string{"", f.o.boundary, wide.arn}, state.boundary) {
		return state
	}
	best := prepared{state.object, answer{state.truth.And(policy.Maybe), state.by}} // what it keeps may suffice
	for _, arn := range []string{"", wide.arn, f.o.boundary} {
		if out := f.rebound(state, arn); out.truth > best.truth {
			best.answer = out.answer
		}
	}
	return best
}

// values are those of a target's tag that conditions may ask for: those that they name, and the persona's own.
func (f *preparer) values(name string) (values []string) {
	for _, q := range f.questions {
		for _, st := range q.statements {
			for i := range st.Conditions {
				if tag, ok := targetTag(strings.ToLower(st.Conditions[i].Key)); ok && strings.EqualFold(tag, name) {
					values = appendAll(values, lists.Map(lists.Filter(st.Conditions[i].Values, func(v string) bool { return !strings.Contains(v, "${") }), example))
				}
			}
		}
	}
	for _, h := range f.p.all() {
		values = appendAll(values, slices.Sorted(maps.Values(h.tags)))
	}
	return appendNew(values, anyName)
}

// itself is the persona as a target: with the tags and the boundary that it has by then. Tags of a session aren't its own.
func (p *persona) itself() *object {
	o := *p.graph.object(p.Principal)
	o.boundary = p.bound
	for _, m := range p.mods {
		if m.kind == setTag && !m.session {
			o.tags = m.tagged(o.tags)
		}
	}
	return &o
}

// became is the persona once its user or role has the tags and the boundary of an object that an action is about, if it isn't
// the boundary that the request brings along.
func (p *persona) became(action string, o *object) *persona {
	var mods []*mod
	set := func(key, name, value string) {
		mods = append(mods, &mod{kind: setTag, key: key, who: p.Principal, on: p.ARN, tag: [2]string{name, value}, gone: value == ""})
	}
	before := p.itself().tags
	for name, value := range o.tags {
		if has, ok := lookTag(before, name); !ok || has != value {
			set(tagKey(p.ARN, name, value), name, value)
		}
	}
	for name := range before {
		if _, ok := lookTag(o.tags, name); !ok {
			set(untagKey(p.ARN, name), name, "")
		}
	}
	if o.boundary != p.bound && !putting(action) {
		d, _ := p.graph.managedAs(policy.Boundary, nameOf(o.boundary), o.boundary)
		if o.boundary == p.graph.wideBoundary().arn {
			d = gained()
		}
		mods = append(mods, &mod{kind: changeBoundary, key: boundKey(p.ARN, o.boundary), who: p.Principal, on: p.ARN, bound: o.boundary, held: holding{document: d}})
	}
	return p.with(mods...)
}

func tagKey(arn, name, value string) string { return "tag " + arn + " " + name + "=" + value }

func boundKey(arn, boundary string) string { return "bound " + arn + " " + boundary }

func untagKey(arn, name string) string { return "untag " + arn + " " + name }

// giving is the object of a request that gives it a tag, or takes that away.
func (o *object) giving(name, value string) *object {
	c := *o
	c.gives = [2]string{name, value}
	return &c
}
