package account

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/message"
)

func (b *builder) accessKeys(u *User, c *candidate, live *UserAnswers) {
	reported := b.keysFromReport(u, c)
	u.AccessKeys = reported
	u.keyIDs = lack[int](b.lackingOf(u.Name, message.Message{}, AccessKeysSection))
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
		key.LastUsed = lack[KeyUse](b.lackingOf(u.Name, message.New("the last use of the key was not read"), AccessKeyLastUsedSection))
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
	said := eachOf(r, listed, "access_key", func(l ListedAccessKey) string { return l.ID + " " + l.Status })
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

func (b *builder) keysFromReport(u *User, c *candidate) Known[[]AccessKey] {
	return slots(b, u, c, AccessKeysSection, "key", "access_key_", func(row reportRow, s slot) AccessKey {
		key := AccessKey{Slot: s.number, Active: s.active, Created: s.date, evidence: s.cells}
		used, err := row.date(s.prefix + "last_used_date")
		if err != nil {
			key.LastUsed = lack[KeyUse](b.oddCell(u, err, AccessKeysSection, AccessKeyLastUsedSection))
			return key
		}
		region, _ := row.cell(s.prefix + "last_used_region")
		service, _ := row.cell(s.prefix + "last_used_service")
		key.LastUsed = know(KeyUse{At: used, Service: service, Region: region}, b.reportEvidence(row, s.prefix+"last_used_date", s.prefix+"last_used_service")...)
		return key
	})
}

// slot is one of the two places that the credential report has for credentials of a kind.
type slot struct {
	number int
	prefix string // of its columns
	active bool
	date   time.Time
	cells  []Evidence
}

// slots reads the report's two credentials of a kind. An inactive one keeps its date; N/A in both means that there is
// no such one.
func slots[T any](b *builder, u *User, c *candidate, section Section, noun, columns string, of func(reportRow, slot) T) Known[[]T] {
	if c.row == nil {
		return lack[[]T](b.noRow(u, c, section))
	}
	row := *c.row
	odd := func(err error) Known[[]T] { return lack[[]T](b.oddCell(u, err, section)) }
	if b.leavesOut(row) {
		return odd(errLeavesOut)
	}
	list := []T{}
	said := make([]Evidence, 0, 4)
	for number := 1; number <= 2; number++ {
		s := slot{number: number, prefix: columns + strconv.Itoa(number) + "_"}
		var err error
		if s.active, err = row.boolean(s.prefix + "active"); err != nil {
			return odd(err)
		}
		if s.date, err = row.date(s.prefix + "last_rotated"); err != nil {
			return odd(err)
		}
		said = append(said, b.reportEvidence(row, s.prefix+"active", s.prefix+"last_rotated")...)
		s.cells = slices.Clip(said[len(said)-2:])
		switch {
		case !s.date.IsZero():
			list = append(list, of(row, s))
		case s.active:
			return odd(fmt.Errorf("the credential report tells no date for the active %s %d (%slast_rotated)", noun, number, s.prefix))
		}
	}
	return know(list, said...)
}

var errLeavesOut = errors.New("the credential report leaves out credentials of this user (additional_credentials_info)")

// leavesOut reports AWS's word that a user has more keys or certificates than the report has columns for.
func (b *builder) leavesOut(row reportRow) bool {
	more, ok := row.cell("additional_credentials_info")
	return ok && more != "" && more != "0" && !isNone(more)
}
