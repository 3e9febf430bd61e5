package audit

import (
	"maps"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// kind is one kind of what exceptions name.
type kind struct {
	prefix string          // of its short ARNs
	none   message.Message // nothing is called so
	known  account.Known[int]
	all    []account.Subject
	tags   map[string]ownTags // by ARN; nil for what has none
}

// ownTags are the tags of one user or role, if they were read.
type ownTags struct {
	list  []account.Tag
	known bool
}

// tagsOf are the tags of a user or role.
func tagsOf(kinds []kind, arn string) ownTags {
	for _, k := range kinds {
		if tags, ok := k.tags[arn]; ok {
			return tags
		}
	}
	return ownTags{}
}

// kindsOf are the kinds whose lists say what isn't there.
func kindsOf(a *account.Account) []kind {
	users, roles := map[string]ownTags{}, map[string]ownTags{}
	for _, u := range a.Users {
		tags, known := u.Tags.Get()
		users[u.ARN] = ownTags{tags, known}
	}
	for _, r := range a.Roles {
		roles[r.ARN] = ownTags{r.Tags, true}
	}
	return []kind{
		{"user", message.New("no user of that name: misspelt, or gone?"), a.UserCount, lists.Map(a.Users, (*account.User).Subject), users},
		{"group", message.New("no group of that name: misspelt, or gone?"), a.GroupCount, lists.Map(a.Groups, (*account.Group).Subject), nil},
		{"role", message.New("no role of that name: misspelt, or gone?"), a.RoleCount, lists.Map(a.Roles, (*account.Role).Subject), roles},
		{"policy", message.New("no policy of that name: misspelt, or gone?"), a.PolicyCount, lists.Map(a.Policies, (*account.Policy).Subject), nil},
	}
}

// untagged says that no user or role has a tag; nothing where one has it, or where that is not sure.
func untagged(tag string, kinds []kind) message.Message {
	for _, k := range kinds {
		if k.tags == nil {
			continue
		}
		for _, tags := range k.tags {
			if !tags.known || hasTag(tags.list, tag) {
				return message.Message{}
			}
		}
		if !k.known.OK() {
			return message.Message{}
		}
	}
	return message.New("no user or role has that tag: misspelt, or gone?")
}

// absent says that what the exception is for isn't in the account, and what is called nearly so; nothing where it is
// there, or where that is not sure.
func (r *ExceptionResult) absent(report *Report, kinds []kind) message.Message {
	if tag, is := r.tag(); is {
		return untagged(tag, kinds)
	}
	resource, _, _ := strings.Cut(r.Resource, "#")
	short := account.ShortARN(resource)
	prefix, _, typed := strings.Cut(short, "/")
	none := message.New("no user, group, role or policy of that name: misspelt, or gone?")
	if typed {
		kinds = lists.Filter(kinds, func(k kind) bool { return k.prefix == prefix })
	}
	var all []account.Subject
	for _, k := range kinds {
		if !k.known.OK() {
			return message.Message{}
		}
		if all = append(all, k.all...); typed {
			none = k.none
		}
	}
	is := matching(resource)
	there := func(s account.Subject) bool {
		return is(s.ARN) || is(s.Name) || is(account.ShortARN(s.ARN)) || is(s.ID)
	}
	if len(kinds) == 0 || account.OfAWS(resource) || slices.ContainsFunc(all, there) || !typed && (thingID.MatchString(resource) || report.speaksOf(is)) {
		return message.Message{}
	}
	name := short[strings.LastIndexByte(short, '/')+1:]
	i := lists.Nearest(name, lists.Map(all, func(s account.Subject) string { return s.Name }))
	if r.pattern() || i < 0 {
		return none
	}
	if nearest := account.ShortARN(all[i].ARN); all[i].Name == name {
		return message.New("nothing in the account has that path: write %s", nearest)
	} else {
		return message.New("%s The nearest is %s", none, nearest)
	}
}

// matching reports of a name whether a resource means it.
func matching(resource string) func(string) bool {
	if (Exception{Resource: resource}).pattern() {
		return wildcard(resource).MatchString
	}
	return func(name string) bool { return name == resource }
}

// speaksOf reports whether a name is that of anything that was judged, of whatever kind: the root user, an inline
// policy, a region.
func (r *Report) speaksOf(is func(string) bool) bool {
	short := func(short string) bool {
		resource, item, _ := strings.Cut(short, "#")
		return is(resource) || is(resource[strings.LastIndexByte(resource, '/')+1:]) || is(item)
	}
	judged := func(n Inapplicable) bool { return slices.ContainsFunc(n.Resources, short) }
	return is("root") || is("account") ||
		slices.ContainsFunc(r.Findings, func(f Finding) bool { return is(f.Name) || short(Short(f.Resource, f.Item)) }) ||
		slices.ContainsFunc(slices.Collect(maps.Values(r.Passed)), func(p Passed) bool { return slices.ContainsFunc(p.Resources, short) }) ||
		slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(r.NotApplicable))...), judged)
}
