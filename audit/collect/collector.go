package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sekisho/audit/account"
)

// Collector reads one section. The actions that the section's descriptor names are all that it may call: the guard lets
// nothing else through, and the permissions that a run needs are derived from them.
type Collector struct {
	*account.Descriptor

	bulk func(context.Context, *run) error          // for a section of the whole account
	user func(context.Context, *run, subject) error // for a section that is read user by user
}

// subject is the user about whom a per-user section is asked.
type subject struct{ name, id string }

// collectors is the register of everything that Sekisho reads, in the order of the descriptors.
var collectors = slices.Concat(accountCollectors, identityCollectors, otherCollectors, userCollectors)

// Collectors returns the register: what each section costs in permissions.
func Collectors() []Collector { return slices.Clone(collectors) }

// Actions returns every action that a collector may call, sorted: the list of reads that the guard lets through.
func Actions() []string {
	var actions []string
	for _, c := range collectors {
		actions = append(actions, c.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// place is where in the register a section's collector stands; -1 for none.
func place(section account.Section) int {
	return slices.IndexFunc(collectors, func(c Collector) bool { return c.Section == section })
}

// collectorOf finds the collector of a section.
func collectorOf(section account.Section) (Collector, bool) {
	i := place(section)
	if i < 0 {
		return Collector{}, false
	}
	return collectors[i], true
}

// whole collects an answer about the account that comes in one piece.
func whole[T any](d account.Described[account.Snapshot, T], read func(context.Context, *Session) (T, error)) Collector {
	return parts(d, func(ctx context.Context, s *Session) (T, bool, error) {
		value, err := read(ctx, s)
		return value, false, err
	})
}

// listed collects a list of the account's; read gives a page of it.
func listed[E account.Entry](
	d account.Described[account.Snapshot, []E], read func(ctx context.Context, s *Session, marker *string, size *int32) ([]E, page, error),
) Collector {
	return parts(d, func(ctx context.Context, s *Session) ([]E, bool, error) {
		list, some, err := sized(func(marker *string, size *int32) ([]E, page, error) { return read(ctx, s, marker, size) })
		return latest(list), some, err
	})
}

// parts collects an answer that may break off. some says that part of it was read then; nothing read at all is no
// answer.
func parts[T any](d account.Described[account.Snapshot, T], read func(context.Context, *Session) (value T, some bool, err error)) Collector {
	return Collector{Descriptor: d.Descriptor, bulk: func(ctx context.Context, r *run) error {
		a := answer[T](r, d.Action())
		value, some, err := read(ctx, r.session)
		if err == nil || some {
			keep(r, d, a, value, err == nil)
		}
		return failed(a.Action, err)
	}}
}

// ofUser collects an answer about one user. NoSuchEntity says that the user is gone.
func ofUser[T any](d account.Described[account.UserAnswers, T], read func(context.Context, *Session, subject) (T, error)) Collector {
	return Collector{Descriptor: d.Descriptor, user: func(ctx context.Context, r *run, u subject) error {
		a := answer[T](r, d.Action())
		value, err := read(ctx, r.session, u)
		switch {
		case noSuchEntity(err):
			return gone(ctx, r, u, a.Action)
		case err != nil:
			return failed(a.Action, err)
		}
		return keepOf(r, u, d, a, value)
	}}
}

// listedOfUser collects a list about one user; read gives a page of it. Nothing is judged on part of one user's list,
// so one that broke off is not kept.
func listedOfUser[E account.Entry](
	d account.Described[account.UserAnswers, []E], read func(ctx context.Context, s *Session, user, marker *string) ([]E, page, error),
) Collector {
	return ofUser(d, func(ctx context.Context, s *Session, u subject) ([]E, error) {
		list, _, err := pages(func(marker *string) ([]E, page, error) { return read(ctx, s, &u.name, marker) })
		return latest(list), err
	})
}

// answer starts an answer; keep and keepOf finish it.
func answer[T any](r *run, action string) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: r.now()}
}

// keep stores an answer about the account, whole or in part.
func keep[T any](r *run, d account.Described[account.Snapshot, T], a *account.Answer[T], value T, complete bool) {
	a.Value, a.Complete, a.Ended = value, complete, r.now()
	r.mu.Lock()
	*d.In(r.snapshot) = a
	r.mu.Unlock()
}

// keepOf stores a user's answer, unless it is one that AWS can't have sent.
func keepOf[T any](r *run, u subject, d account.Described[account.UserAnswers, T], a *account.Answer[T], value T) error {
	if err := d.Check(value); err != nil {
		return failed(a.Action, err)
	}
	a.Value, a.Complete, a.Ended = value, true, r.now()
	r.mu.Lock()
	*d.In(r.answers(u)) = a
	r.mu.Unlock()
	return nil
}

// page is what a page of a list says of what follows.
type page struct {
	truncated bool
	marker    *string
}

// after is the page of a service that has no word for a truncated list, only a token where there is more.
func after(token *string) page { return page{aws.ToString(token) != "", token} }

// pageSizes are the numbers of entries that a page is asked for: the most that IAM gives (MaxItems 1–1000, default 100),
// and fewer where a page is larger than an answer may be.
var pageSizes = []int32{1000, 250, 50}

// sized is [pages] with the number of entries that a page is asked for. A page that is too large is asked for again, from
// the same marker, with fewer.
func sized[E any](fetch func(marker *string, size *int32) ([]E, page, error)) (list []E, some bool, err error) {
	sizes := pageSizes
	return pages(func(marker *string) ([]E, page, error) {
		for {
			list, p, err := fetch(marker, &sizes[0])
			if len(sizes) == 1 || !isLarge(err) {
				return list, p, err
			}
			sizes = sizes[1:]
		}
	})
}

// errMarker is an answer that says there is more and not where.
var errMarker = errors.New("got a truncated answer without a new Marker")

// The bounds of a list that never ends. IAM's quotas allow a tenth of the entries, and pages without anything new come
// only where the account changes meanwhile.
const (
	maxEntries = 200_000
	maxStale   = 10    // pages in a row
	maxEmpty   = 1_000 // likewise, without entries
)

// pages calls fetch until the list ends; some says whether there is at least one page. A Marker that does not move on
// is an error, not an endless loop, and so is a list that goes on behind all bounds.
func pages[E any](fetch func(marker *string) ([]E, page, error)) (list []E, some bool, err error) {
	list = []E{}
	var marker *string
	seen, names, stale := map[string]bool{}, map[string]bool{}, 0
	for {
		part, p, err := fetch(marker)
		if err != nil {
			return list, some, err
		}
		if err := distinct(part); err != nil {
			return list, some, err
		}
		before := len(names)
		for _, e := range part {
			noteNames(names, e)
		}
		if stale++; len(names) > before {
			stale = 0
		}
		if stale > maxStale && len(part) > 0 || stale > maxEmpty || len(names) > maxEntries {
			return list, some, fmt.Errorf("got a list that doesn't end: %d pages without anything new, %d entries", stale, len(names))
		}
		list, some = append(list, part...), true
		if !p.truncated {
			return list, some, nil
		}
		if aws.ToString(p.marker) == "" || seen[*p.marker] {
			return list, some, errMarker
		}
		marker = p.marker
		seen[*marker] = true
	}
}

// noteNames notes what an entry of a list is called, or all entries of a page of the authorization details.
func noteNames(names map[string]bool, entry any) {
	switch e := entry.(type) {
	case account.Entry:
		key, _ := e.Named()
		names[key] = true
	case string:
		names[e] = true
	case account.AuthorizationDetails:
		for _, u := range e.Users {
			names[u.ARN] = true
		}
		for _, g := range e.Groups {
			names[g.ARN] = true
		}
		for _, r := range e.Roles {
			names[r.ARN] = true
		}
		for _, p := range e.Policies {
			names[p.ARN] = true
		}
	}
}

// distinct reports an entry that comes twice on one page, which no list of AWS's has.
func distinct[E any](page []E) error {
	seen := make(map[string]bool, len(page))
	for _, e := range page {
		entry, ok := any(e).(account.Entry)
		if !ok {
			return nil
		}
		key, label := entry.Named()
		if seen[key] {
			return errors.New("got " + label + " twice in one answer")
		}
		seen[key] = true
	}
	return nil
}

// latest keeps, of entries with the same key, the last, in the place of the first. Each page reads the current state,
// so that what changed meanwhile may come twice: the later word counts.
func latest[E account.Entry](list []E) []E {
	place := make(map[string]int, len(list))
	out := list[:0]
	for _, entry := range list {
		key, _ := entry.Named()
		if i, seen := place[key]; seen {
			out[i] = entry
			continue
		}
		place[key] = len(out)
		out = append(out, entry)
	}
	return out
}
