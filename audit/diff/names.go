package diff

import (
	"slices"
	"time"

	"sekisho/audit/account"
)

// names tells which thing of one side is which of the other: a user may have been renamed, or deleted and another made
// under the same name, and an access key is "access-key-1" until its ID has been read.
type names struct {
	resourceNow, resourceBefore map[string]string // only those that differ
	thingNow, thingBefore       map[thing]thing
	recreated                   map[string]bool // ARNs that are another's now
	displaced, displacing       map[thing]bool  // old things whose item is another's now, and the new ones that have such an item
}

// thing is something inside a resource.
type thing struct{ resource, item string }

// identity is what tells namesakes apart, as far as it is known.
type identity struct {
	id      string
	created time.Time
}

// other reports whether two identities are known to differ.
func (i identity) other(j identity) bool {
	if i.id != "" && j.id != "" {
		return i.id != j.id
	}
	return !i.created.IsZero() && !j.created.IsZero() && !sameSecond(i.created, j.created)
}

func matchNames(old, new *state) names {
	n := names{
		resourceNow: map[string]string{}, resourceBefore: map[string]string{},
		thingNow: map[thing]thing{}, thingBefore: map[thing]thing{}, recreated: map[string]bool{},
		displaced: map[thing]bool{}, displacing: map[thing]bool{},
	}
	arns := make(map[string]string, len(new.identities))
	for arn, is := range new.identities {
		if is.id != "" {
			arns[is.id] = arn
		}
	}
	for arn, was := range old.identities {
		if is, known := new.identities[arn]; known && was.other(is) {
			n.recreated[arn] = true
		}
		if now := arns[was.id]; was.id != "" && now != "" && now != arn {
			n.resourceNow[arn], n.resourceBefore[now] = now, arn
			delete(n.recreated, arn)
		}
	}
	n.owners(old, new)
	for _, u := range old.users {
		now := new.byARN[n.arn(u.arn)]
		if now == nil || n.recreated[u.arn] {
			continue
		}
		for _, list := range []struct{ old, new []credential }{
			{u.keys.value, now.keys.value}, {u.certificates.value, now.certificates.value},
		} {
			n.items(u, now, list.old, list.new)
			n.displace(u.arn, now.arn, list.old, list.new, old.since, new.since)
		}
	}
	return n
}

// same notes that a thing of the old side is one of the new side.
func (n *names) same(was, is thing) { n.thingNow[was], n.thingBefore[is] = is, was }

// owners matches the service-specific credentials whose findings are about the account on one side, for their user
// isn't listed there. Their IDs are AWS's own.
func (n *names) owners(old, new *state) {
	for id, was := range old.credentialOwners {
		is, known := new.credentialOwners[id]
		if known && was != is && (was == old.verdicts.accountARN || is == new.verdicts.accountARN) {
			n.same(thing{was, id}, thing{is, id})
		}
	}
}

// items notes what is called differently on the two sides.
func (n *names) items(before, now *user, old, new []credential) {
	same, _, _ := matchCredentials(old, new)
	for _, pair := range same {
		if pair.old.item() != pair.new.item() || before.arn != now.arn {
			n.same(thing{before.arn, pair.old.item()}, thing{now.arn, pair.new.item()})
		}
	}
}

// displace notes which credentials without an ID have the place in the credential report that another had, or lost
// theirs to another: a key that was rotated stands where the old one stood. Those that one side can't tell of, since it
// rests on an older report, are left as they are.
func (n *names) displace(before, now string, old, new []credential, oldSince, newSince time.Time) {
	_, removed, added := matchCredentials(old, new)
	sameItem := func(list []credential, item string) bool {
		return slices.ContainsFunc(list, func(c credential) bool { return c.item() == item })
	}
	for _, was := range removed {
		if item := was.item(); sameItem(new, item) && !was.created.After(newSince) {
			n.displaced[thing{before, item}] = true
		}
	}
	for _, is := range added {
		if item := is.item(); sameItem(old, item) && is.created.After(oldSince) {
			n.displacing[thing{now, item}] = true
		}
	}
}

// oldKey is by what a user of the old side is compared: a user who was renamed is the same under another ARN, and the
// user who had that name before is another.
func (n *names) oldKey(u *user) string {
	if now, renamed := n.resourceNow[u.arn]; renamed {
		return now
	}
	if n.resourceBefore[u.arn] != "" {
		return "before " + u.arn
	}
	return u.arn
}

// newKey is as oldKey for the new side: a user who took the name of one who was renamed is another.
func (n *names) newKey(u *user) string {
	if n.resourceNow[u.arn] != "" && n.resourceBefore[u.arn] == "" {
		return "now " + u.arn
	}
	return u.arn
}

func (n *names) arn(arn string) string {
	if now, renamed := n.resourceNow[arn]; renamed {
		return now
	}
	return arn
}

// now is what a thing of the old side is called on the new side. It is false where another has taken its name, or its
// place in the credential report.
func (n *names) now(k key) (key, bool) {
	if _, renamed := n.resourceNow[k.resource]; n.recreated[k.resource] && !renamed {
		return k, false
	}
	if n.displaced[thing{k.resource, k.item}] {
		return k, false
	}
	if is, called := n.thingNow[thing{k.resource, k.item}]; called {
		return key{k.rule, is.resource, is.item}, true
	}
	return key{k.rule, n.arn(k.resource), k.item}, true
}

// before is what a thing of the new side was called on the old side. It is false where another had its name.
func (n *names) before(k key) (key, bool) {
	resource, renamed := n.resourceBefore[k.resource]
	switch {
	case renamed:
	case n.recreated[k.resource] || n.resourceNow[k.resource] != "":
		return k, false
	default:
		resource = k.resource
	}
	if n.displacing[thing{k.resource, k.item}] {
		return k, false
	}
	if was, called := n.thingBefore[thing{k.resource, k.item}]; called {
		return key{k.rule, was.resource, was.item}, true
	}
	return key{k.rule, resource, k.item}, true
}

// sameSecond compares times that AWS gives to the second in one answer and finer in another.
func sameSecond(x, y time.Time) bool { return x.Truncate(time.Second).Equal(y.Truncate(time.Second)) }

// short is an ARN without what all of an account's have in common.
func short(arn string) string { return account.ShortARN(arn) }
