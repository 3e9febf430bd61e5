package access

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// Beside begins with another state of the account that x is about. What both have in common is shared, so that their
// principals can be compared.
func Beside(x *Access, a *account.Account) *Access {
	y := x.New(a)
	y.documents = x.documents
	return y
}

// Way is how a principal's requests are made.
type Way uint8

// The ways.
const (
	WithPassword Way = iota // a console session without MFA
	WithKey                 // the access key, and the session that GetSessionToken gives for it
	WithMFA                 // any session with MFA; a role's
)

func (w Way) legs() []leg {
	if w == WithMFA {
		return []leg{{withMFA, false}}
	}
	return pathLegs[w]
}

// Loss is what of a service can be done no more.
type Loss struct {
	Service string   `json:"service"`
	Actions []string `json:"actions"` // the first of them, or s3:* for all of the service
	Count   int      `json:"count"`   // of the actions
	Whole   bool     `json:"whole"`   // nothing of the service is left but what may be open without MFA
	Sure    bool     `json:"sure"`    // false where it hangs on something of which nothing is known
}

// mostLost are the actions that a Loss names.
const mostLost = 4

// Lost lists by service what a principal could do in one of some ways and, as it is in another state of the account,
// can do in none of them: what is surely lost, then what is lost where some condition holds.
func (w *Principal) Lost(now *Principal, ways ...Way) (out []Loss) {
	if _, not := w.Undecided(); not || w.Alike(now) {
		return nil
	}
	if _, not := now.Undecided(); not {
		return nil
	}
	w.Analysis().detail(func(r *reacher, s *scratch) {
		now.Analysis().detail(func(r2 *reacher, s2 *scratch) {
			surely := policy.ActionSet{}
			for _, most := range []policy.Truth{policy.Maybe, policy.Yes} {
				kept := r2.opens(s2, ways, most, r)
				lost, left := r.closed(s, s2, r.opens(s, ways, most, nil), kept)
				lost.Remove(surely)
				out = append(out, r.losses(s, lost, left, most == policy.Maybe)...)
				surely = s.arena.Clone(lost)
			}
		})
	})
	return out
}

// closed is what of some things that were open is open no more, and all that is left.
func (r *reacher) closed(s, s2 *scratch, opened, kept []open) (lost, left policy.ActionSet) {
	for _, o := range kept {
		left = s2.arena.Add(left, o.acts)
	}
	for _, o := range opened {
		rest := s.arena.Clone(o.acts)
		for _, k := range kept {
			if rest.Intersects(k.acts) && s2.relate(k.resource.alone(), o.resource) == whole {
				rest.Remove(k.acts)
			}
		}
		lost = s.arena.Add(lost, rest)
	}
	return lost, left
}

// losses puts a set of actions into words, the services first that matter most.
func (r *reacher) losses(s *scratch, lost, left policy.ActionSet, sure bool) (out []Loss) {
	for _, service := range r.space.catalogue.Services {
		if acts := s.arena.And(lost, known().services[service.Name]); !acts.Empty() {
			l := leak{service: service.Name, acts: acts}
			out = append(out, Loss{service.Name, slices.Clone(r.leakNames(s, &l, mostLost)), l.count(), !left.Intersects(known().services[service.Name]), sure})
		}
	}
	slices.SortStableFunc(out, func(a, b Loss) int { return slices.Index(grave, b.Service) - slices.Index(grave, a.Service) })
	return out
}

// Can reports whether anything of a service is open in one of some ways.
func (w *Principal) Can(service string, ways ...Way) (can bool) {
	if _, not := w.Undecided(); not {
		return false
	}
	w.Analysis().detail(func(r *reacher, s *scratch) {
		can = slices.ContainsFunc(r.opens(s, ways, policy.Maybe, nil), func(o open) bool { return o.acts.Intersects(known().services[service]) })
	})
	return can
}

// opens lists what is open in some ways, possibly or, if that is asked for, surely. Where the policies were others, what
// a Deny that is new takes a part of doesn't count as open.
func (r *reacher) opens(s *scratch, ways []Way, least policy.Truth, before *reacher) (out []open) {
	for _, way := range ways {
		for _, l := range way.legs() {
			for _, c := range r.reach(s, l.context, true) {
				acts := s.arena.Clone(c.sure)
				if least == policy.Maybe {
					acts = s.arena.Add(acts, c.maybe)
				}
				if l.session {
					acts.Remove(known().refused)
				}
				if before != nil {
					for i := range r.denies {
						d := &r.denies[i]
						if d.truth[l.context].Not() < least && d.sure != nil && acts.Intersects(d.acts) && s.relate(d.sure, c.resource) == overlap && !before.denied(d, l.context) {
							acts.Remove(s.arena.And(d.acts, d.sure.takes))
						}
					}
				}
				if !acts.Empty() {
					out = append(out, open{c.resource, acts})
				}
			}
		}
	}
	return out
}

// denied reports whether a Deny of another state was there already, or one like it.
func (r *reacher) denied(d *instance, c requestContext) bool {
	return slices.ContainsFunc(r.denies, func(old instance) bool {
		return old.truth[c] >= d.truth[c] && old.sure != nil && d.acts.Within(old.acts) && (old.sure == d.sure || old.sure.text() == d.sure.text())
	})
}

func (s *resourceSet) text() string {
	var all []string
	for _, r := range s.of {
		all = append(all, r.texts()...)
	}
	return strings.Join(all, "\n")
}

// Alike reports whether a principal has the same policies in both states, and nothing of them is unknown.
func (w *Principal) Alike(now *Principal) bool {
	a, b := w.subject, now.subject
	return a != nil && b != nil && slices.Equal(a.Identity, b.Identity) && a.Boundary == b.Boundary && a.UsersMayChangePassword == b.UsersMayChangePassword &&
		slices.Equal(a.TrustedBy, b.TrustedBy) && len(a.Unread)+len(b.Unread) == 0
}

// CanAnything reports whether anything is open in some ways but what may be open without MFA.
func (w *Principal) CanAnything(ways ...Way) (can bool) {
	w.Analysis().detail(func(r *reacher, s *scratch) {
		can = slices.ContainsFunc(r.opens(s, ways, policy.Maybe, nil), func(o open) bool {
			o.acts.Remove(known().bootstrap)
			return !o.acts.Empty()
		})
	})
	return can
}
