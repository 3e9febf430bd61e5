package diff

import (
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

// matchCredentials finds the credentials that are the same on both sides, by ID; where a side lacks it, by the second
// in which they were made, and by their slot where that leaves a choice. A slot alone says nothing: a new key may stand
// in an old one's.
func matchCredentials(old, new []credential) (same []pair[credential], removed, added []credential) {
	return matchPairs(old, new,
		func(o, n credential) bool { return o.id != "" && o.id == n.id },
		func(o, n credential) bool {
			return (o.id == "" || n.id == "") && sameSecond(o.created, n.created) && o.slot == n.slot
		},
		func(o, n credential) bool { return (o.id == "" || n.id == "") && sameSecond(o.created, n.created) },
	)
}
