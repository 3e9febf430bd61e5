package diff

import (
	"slices"
	"strconv"
	"time"
)

// credential is an access key, a signing certificate, an SSH public key or a service-specific credential.
type credential struct {
	id      string // empty until it was read
	slot    int    // its number in the credential report
	prefix  string // of the name that it has while its ID isn't known: "access-key-"
	active  bool
	created time.Time
}

// item is the ID, or the place in the credential report, as findings name it.
func (c credential) item() string {
	if c.id != "" {
		return c.id
	}
	return c.prefix + strconv.Itoa(c.slot)
}

type samePair struct{ old, new credential }

// matchCredentials finds the credentials that are the same on both sides, by ID; where a side lacks it, by the second in which they were
// made, and by their slot where that leaves a choice. A slot alone says nothing: a new key may stand in an old one's.
func matchCredentials(old, new []credential) (same []samePair, removed, added []credential) {
	removed, added = slices.Clone(old), slices.Clone(new)
	for _, alike := range []func(o, n credential) bool{
		func(o, n credential) bool { return o.id != "" && o.id == n.id },
		func(o, n credential) bool {
			return (o.id == "" || n.id == "") && sameSecond(o.created, n.created) && o.slot == n.slot
		},
		func(o, n credential) bool { return (o.id == "" || n.id == "") && sameSecond(o.created, n.created) },
	} {
		for i := 0; i < len(removed); {
			j := slices.IndexFunc(added, func(n credential) bool { return alike(removed[i], n) })
			if j < 0 {
				i++
				continue
			}
			same = append(same, samePair{removed[i], added[j]})
			removed, added = slices.Delete(removed, i, i+1), slices.Delete(added, j, j+1)
		}
	}
	return same, removed, added
}
