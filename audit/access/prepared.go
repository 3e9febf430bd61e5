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

// prepared is a target with other tags, or another boundary, and whether the persona can give it those.
type prepared struct {
	*object
	answer
}

// retagged are a target's other tags of which the statements of a question make a difference.
func (p *persona) retagged(q *question, o *object) (out []prepared) {
	kind := o.who.kind()
	if give, take := "iam:Tag"+kind, "iam:Untag"+kind; !p.may(give) && !p.may(take) || kind == "Role" && sealed(o.who) {
		return nil
	}
	var names []string
	for _, key := range q.keys {
		if name, ok := targetTag(key); ok {
			names = appendNew(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	plain := *o
	plain.who = nil
	out = []prepared{{&plain, answer{truth: policy.Yes}}}
	for _, name := range names {
		for _, before := range slices.Clone(out) {
			for _, value := range append(p.targetValues(q, name), "") {
				if after := p.retag(before, o, kind, name, value); after.truth != policy.No && len(out) < maxCombinations {
					out = append(out, after)
				}
			}
		}
	}
	return out[1:]
}

// rebounded are a target without a boundary with those that the persona can put on it to meet a condition, and that take
// nothing from it: they allow everything, or the persona takes them off again.
func (p *persona) rebounded(q *question, o *object) (out []prepared) {
	kind := o.who.kind()
	put, drop := "iam:Put"+kind+"PermissionsBoundary", "iam:Delete"+kind+"PermissionsBoundary"
	if !slices.Contains(q.keys, keyBoundary) || !slices.Contains(bounding, q.action) || q.action == drop || o.boundary != "" || !p.may(put) || kind == "Role" && sealed(o.who) {
		return nil
	}
	wide := "arn:" + p.graph.space.partition + ":" + administratorAccess
	there := lists.Filter(p.values(q.action, keyBoundary), func(arn string) bool { return p.graph.managedPolicy(arn) != nil })
	for _, arn := range append([]string{wide}, there...) {
		after := *o
		after.who, after.boundary = nil, arn
		t, by := p.can(put, o.who.ARN, &after)
		if t != policy.No && arn != wide {
			off, more := p.can(drop, o.who.ARN, &after)
			t, by = t.And(off), joinNew(by, more)
		}
		if t != policy.No {
			out = append(out, prepared{&after, answer{t, by}})
		}
	}
	return out
}

// retag gives one more tag, or takes it away where its value is to be empty.
func (p *persona) retag(before prepared, o *object, kind, name, value string) prepared {
	action, as := "iam:Tag"+kind, *before.object
	if value == "" {
		action = "iam:Untag" + kind
	}
	if has, ok := lookTag(as.tags, name); ok && has == value || !ok && value == "" {
		return prepared{}
	}
	as.gives = [2]string{name, value}
	t, by := p.can(action, o.who.ARN, &as)
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

// targetValues are values of a target's tag that conditions may ask for: those that they name, and the persona's own.
func (p *persona) targetValues(q *question, name string) (values []string) {
	for _, st := range q.statements {
		for i := range st.Conditions {
			if tag, ok := targetTag(strings.ToLower(st.Conditions[i].Key)); ok && strings.EqualFold(tag, name) {
				values = appendAll(values, lists.Map(lists.Filter(st.Conditions[i].Values, func(v string) bool { return !strings.Contains(v, "${") }), example))
			}
		}
	}
	values = appendAll(values, slices.Sorted(maps.Values(p.tags)))
	return appendNew(values, anyName)
}

// giving is the object of a request that gives it a tag, or takes that away.
func (o *object) giving(name, value string) *object {
	c := *o
	c.gives = [2]string{name, value}
	return &c
}
