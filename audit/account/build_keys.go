package account

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (b *builder) accessKeys(u *User, c *candidate, live *UserAnswers) {
	reported := b.keysFromReport(u, c)
	u.AccessKeys = reported
	u.keyIDs = lack[int](b.lackingOf(u.Name, "", AccessKeysSection))
	if keys, ok := reported.Get(); ok && len(keys) == 0 {
		u.keyIDs = know(0, reported.Evidence()...)
	}
	if live == nil || live.AccessKeys == nil || !live.AccessKeys.Complete {
		return
	}
	r := live.AccessKeys
	old, _ := reported.Get()
	keys := make([]AccessKey, 0, len(r.Value))
	listed := slices.SortedFunc(slices.Values(r.Value), func(x, y ListedAccessKey) int { return cmp.Compare(x.ID, y.ID) })
	for i, l := range listed {
		key := AccessKey{ID: l.ID, Slot: i + 1, Active: l.Status == "Active", Created: l.Created.UTC(), evidence: []Evidence{
			evidence(r, "access_key", l.ID), evidence(r, "status", l.Status), evidence(r, "created", l.Created.UTC().Format(time.RFC3339)),
		}}
		key.LastUsed = lack[KeyUse](b.lackingOf(u.Name, "the last use of the key was not read", AccessKeyLastUsedSection))
		if match := matchKey(l, r.Value, old); match != nil {
			key.Slot = match.Slot
			if match.LastUsed.OK() {
				key.LastUsed = match.LastUsed
			}
		}
		if used := live.AccessKeyLastUsed[l.ID]; used != nil && used.Complete {
			key.LastUsed = keyUseLive(used)
		}
		keys = append(keys, key)
	}
	said := make([]Evidence, len(listed))
	for i, l := range listed {
		said[i] = evidence(r, "access_key", l.ID+" "+l.Status)
	}
	if len(said) == 0 {
		said = []Evidence{evidence(r, "access_keys", "0")}
	}
	u.AccessKeys = know(keys, said...)
	u.keyIDs = know(len(keys), said...)
}

// matchKey finds a listed key's place in the report, which has no IDs: by its date, where that is the only such one on
// both sides.
func matchKey(l ListedAccessKey, listed []ListedAccessKey, reported []AccessKey) *AccessKey {
	var match *AccessKey
	for i := range reported {
		if sameSecond(reported[i].Created, l.Created) {
			if match != nil {
				return nil
			}
			match = &reported[i]
		}
	}
	for _, other := range listed {
		if other.ID != l.ID && sameSecond(other.Created, l.Created) {
			return nil
		}
	}
	return match
}

func keyUseLive(r *Answer[KeyLastUsed]) Known[KeyUse] {
	use := KeyUse{Service: r.Value.Service, Region: r.Value.Region}
	value := "N/A"
	if r.Value.At != nil {
		use.At = r.Value.At.UTC()
		value = use.At.Format(time.RFC3339)
	}
	return know(use, evidence(r, "last_used", strings.TrimSpace(value+" "+r.Value.Service)))
}

// keysFromReport reads the report's two keys. An inactive key keeps its date; N/A in both means that there's no such
// key.
func (b *builder) keysFromReport(u *User, c *candidate) Known[[]AccessKey] {
	if c.row == nil {
		return lack[[]AccessKey](b.noRow(u, c, AccessKeysSection))
	}
	row := *c.row
	odd := func(err error) Known[[]AccessKey] { return lack[[]AccessKey](b.oddCell(u, err, AccessKeysSection)) }
	if b.leavesOut(row) {
		return odd(errLeavesOut)
	}
	keys := []AccessKey{}
	var said []Evidence
	for slot := 1; slot <= 2; slot++ {
		prefix := "access_key_" + strconv.Itoa(slot) + "_"
		active, err := row.boolean(prefix + "active")
		if err != nil {
			return odd(err)
		}
		created, err := row.date(prefix + "last_rotated")
		if err != nil {
			return odd(err)
		}
		said = append(said, b.reportEvidence(row, prefix+"active", prefix+"last_rotated")...)
		switch {
		case active && created.IsZero():
			return odd(fmt.Errorf("the credential report tells no date for the active key %d (%slast_rotated)", slot, prefix))
		case !active && created.IsZero():
			continue
		}
		key := AccessKey{Slot: slot, Active: active, Created: created, evidence: b.reportEvidence(row, prefix+"active", prefix+"last_rotated")}
		used, err := row.date(prefix + "last_used_date")
		if err != nil {
			key.LastUsed = lack[KeyUse](b.oddCell(u, err, AccessKeysSection, AccessKeyLastUsedSection))
		} else {
			region, _ := row.cell(prefix + "last_used_region")
			service, _ := row.cell(prefix + "last_used_service")
			key.LastUsed = know(KeyUse{At: used, Service: service, Region: region}, b.reportEvidence(row, prefix+"last_used_date", prefix+"last_used_service")...)
		}
		keys = append(keys, key)
	}
	return know(keys, said...)
}

var errLeavesOut = errors.New("the credential report leaves out credentials of this user (additional_credentials_info)")

// leavesOut reports AWS's word that a user has more keys or certificates than the report has columns for.
func (b *builder) leavesOut(row reportRow) bool {
	more, ok := row.cell("additional_credentials_info")
	return ok && more != "" && more != "0" && !isNone(more)
}
