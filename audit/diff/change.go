package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
)

// Area is a part of an account.
type Area string

// The areas, in the order of a Diff.
const (
	AreaRoot               Area = "root"
	AreaUsers              Area = "users"
	AreaPasswords          Area = "passwords"
	AreaAccessKeys         Area = "access-keys"
	AreaMFADevices         Area = "mfa-devices"
	AreaServiceCredentials Area = "service-credentials"
	AreaSSHKeys            Area = "ssh-keys"
	AreaCertificates       Area = "signing-certificates"
	AreaGroups             Area = "groups"
	AreaRoles              Area = "roles"
	AreaPolicies           Area = "policies"
	AreaPasswordPolicy     Area = "password-policy"
	AreaProviders          Area = "providers"
	AreaServerCertificates Area = "server-certificates"
	AreaContacts           Area = "contacts"
	AreaAccount            Area = "account"
)

var areas = []Area{
	AreaRoot, AreaUsers, AreaPasswords, AreaAccessKeys, AreaMFADevices, AreaServiceCredentials, AreaSSHKeys, AreaCertificates,
	AreaGroups, AreaRoles, AreaPolicies, AreaPasswordPolicy, AreaProviders, AreaServerCertificates, AreaContacts, AreaAccount,
}

// Areas lists the areas in order.
func Areas() []Area { return slices.Clone(areas) }

// ChangeKind is what happened to a thing.
type ChangeKind string

// The kinds of change, in the order of a Diff.
const (
	Added       ChangeKind = "added"
	Recreated   ChangeKind = "recreated" // deleted, and another made under its name
	Replaced    ChangeKind = "replaced"  // one removed and one added in its place
	Removed     ChangeKind = "removed"
	Activated   ChangeKind = "activated"
	Deactivated ChangeKind = "deactivated"
	Attached    ChangeKind = "attached" // a managed policy
	Detached    ChangeKind = "detached"
	Renamed     ChangeKind = "renamed"
	Changed     ChangeKind = "changed"
)

var changeKinds = []ChangeKind{Added, Recreated, Replaced, Removed, Activated, Deactivated, Attached, Detached, Renamed, Changed}

// Change is one thing that changed in the account. Resource is an ARN, empty where the sides don't tell it, and Item a
// thing inside it.
type Change struct {
	Area     Area       `json:"area"`
	Kind     ChangeKind `json:"kind"`
	Resource string     `json:"resource"`
	Item     string     `json:"item"`
	Name     string     `json:"name"`
	Details  []Detail   `json:"details"`
}

// Detail is one thing that is said of a change: a field's value before and after, or what was added to a list and
// removed from it. Part names what the field belongs to, such as a statement by its Sid or its number, and Element what
// of it.
type Detail struct {
	Field   string   `json:"field"`
	Part    string   `json:"part,omitempty"`
	Element string   `json:"element,omitempty"`
	Old     string   `json:"old,omitempty"`
	New     string   `json:"new,omitempty"`
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// NotCompared is a part of the account of which nothing is said, for a reason. Resources are those that it is about;
// none means all.
type NotCompared struct {
	Area      Area     `json:"area"`
	Note      Note     `json:"note"`
	Resources []string `json:"resources"`
}

// skip is what notices of the same kind share.
type skip struct {
	area   Area
	reason string
}

// skip notes that something was not compared. Notices for one reason become one, that lists what they are about.
func (c *comparison) skip(area Area, why message.Message, resource string) {
	k := skip{area, why.String()}
	if c.skips[k] == nil {
		c.skips[k] = &NotCompared{Area: area, Note: *newNote(why), Resources: []string{}}
	}
	if resource != "" {
		c.skips[k].Resources = append(c.skips[k].Resources, resource)
	}
}

func (c *comparison) skipped() []NotCompared {
	list := make([]NotCompared, 0, len(c.skips))
	for _, n := range c.skips {
		slices.Sort(n.Resources)
		n.Resources = slices.Compact(n.Resources)
		list = append(list, *n)
	}
	slices.SortFunc(list, func(x, y NotCompared) int {
		return cmp.Or(cmp.Compare(slices.Index(areas, x.Area), slices.Index(areas, y.Area)), strings.Compare(x.Note.Message, y.Note.Message))
	})
	return list
}

func (c *comparison) change(change Change) {
	if change.Details == nil {
		change.Details = []Detail{}
	}
	c.changes = append(c.changes, change)
}

// side is a list of one of the sides, by what its things are known by.
type sideList[T any] struct {
	state *state
	byKey map[string]T
	whole whole
}

func listOf[T any](v *state, whole whole, items []T, key func(T) string) sideList[T] {
	l := sideList[T]{v, make(map[string]T, len(items)), whole}
	for _, item := range items {
		l.byKey[key(item)] = item
	}
	return l
}

// pair is the same thing on both sides.
type pair[T any] struct{ old, new T }

// matchPairs pairs what is alike, by the first of the ways before the second and so on, and returns the rest of each
// side.
func matchPairs[T any](old, new []T, ways ...func(o, n T) bool) (same []pair[T], removed, added []T) {
	removed, added = slices.Clone(old), slices.Clone(new)
	for _, alike := range ways {
		for i := 0; i < len(removed); {
			j := slices.IndexFunc(added, func(n T) bool { return alike(removed[i], n) })
			if j < 0 {
				i++
				continue
			}
			same = append(same, pair[T]{removed[i], added[j]})
			removed, added = slices.Delete(removed, i, i+1), slices.Delete(added, j, j+1)
		}
	}
	return same, removed, added
}

// lists says how to compare two lists of an area.
type lists[T any] struct {
	area    Area
	name    func(T) string // for notices
	created func(T) time.Time
	both    func(old, new T)
	added   func(T)
	removed func(T)
}

// compareLists compares what is on both sides. What is on the new side alone was added if the old list is whole, or if
// it was made since; what is on the old side alone was removed if the new list is whole. Of the rest nothing is known.
func compareLists[T any](c *comparison, old, new sideList[T], do lists[T]) {
	for _, k := range sortedKeys(new.byKey) {
		n := new.byKey[k]
		o, known := old.byKey[k]
		switch {
		case known:
			do.both(o, n)
		case old.whole.ok || do.created(n).After(old.state.side.Report.TakenAt):
			do.added(n)
		default:
			c.skip(do.area, message.New("OLD's list is not whole (%s): what only NEW lists may have been there", old.whole.why), do.name(n))
		}
	}
	for _, k := range sortedKeys(old.byKey) {
		o := old.byKey[k]
		if _, known := new.byKey[k]; known {
			continue
		}
		if new.whole.ok {
			do.removed(o)
			continue
		}
		c.skip(do.area, message.New("NEW's list is not whole (%s): what only OLD lists may still be there", new.whole.why), do.name(o))
	}
	for _, l := range []sideList[T]{old, new} {
		if !l.whole.ok && len(l.byKey) == 0 {
			c.skip(do.area, message.New("not read in %s: %s", l.state.label, l.whole.why), "")
		}
	}
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// eitherKeys are the keys of both maps, sorted.
func eitherKeys[T any](x, y map[string]T) []string {
	keys := append(sortedKeys(x), sortedKeys(y)...)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// missingFrom lists what of a list is not in another, sorted, each once.
func missingFrom(other, list []string) []string {
	var missing []string
	for _, s := range list {
		if !slices.Contains(other, s) && !slices.Contains(missing, s) {
			missing = append(missing, s)
		}
	}
	slices.Sort(missing)
	return missing
}

func onOff(b bool, on, off string) string {
	if b {
		return on
	}
	return off
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// both reports whether a fact is known on both sides, and notes why it isn't.
func both[T any](c *comparison, area Area, resource string, old, new known[T]) bool {
	for _, side := range []struct {
		fact  known[T]
		state *state
	}{{old, c.old}, {new, c.new}} {
		if !side.fact.ok {
			c.skip(area, message.New("not known in %s: %s", side.state.label, side.fact.why), resource)
			return false
		}
	}
	return true
}

// stale reports whether the new side's answer, such as that of a credential report, is older than the old side's, and
// notes it: what differs between them is not news.
func stale[T any](c *comparison, area Area, resource string, old, new known[T]) bool {
	if old.at.IsZero() || new.at.IsZero() || !new.at.Before(old.at) || c.old.side.Report.TakenAt.After(c.new.side.Report.TakenAt) {
		return false
	}
	c.skip(area, message.New("NEW's answer, of %s, is older than OLD's", message.At(new.at)), resource)
	return true
}

func nameOfUser(u *user) string { return audit.Short(u.arn, "") }
