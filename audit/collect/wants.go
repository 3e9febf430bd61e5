package collect

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// affordable keeps the wants within MaxUsers, and those without a cap, and notes the others as declined.
func (r *run) affordable(wants []account.Want) []account.Want {
	var kept []account.Want
	for _, want := range wants {
		if want.User != "" && !want.Uncapped && !r.asked[want.User] {
			if len(r.asked) >= r.plan.MaxUsers {
				r.decline(want.Section, want.User, message.New("a run asks for at most %d users one by one (refresh.max_users)", r.plan.MaxUsers))
				continue
			}
			r.asked[want.User] = true
		}
		kept = append(kept, want)
	}
	r.snapshot.Declined = r.declines()
	return kept
}

// warnOfMany tells, once, that a round reads more users one by one than capped wants may.
func (r *run) warnOfMany(wants []account.Want) {
	users, calls := map[string]bool{}, 0
	for _, want := range wants {
		if want.User != "" && want.Uncapped {
			users[want.User] = true
			calls++
		}
	}
	if len(users) <= r.plan.MaxUsers || r.warned {
		return
	}
	r.warned = true
	r.plan.Warn(fmt.Sprintf("reading %d users one by one (about %d calls)", len(users), calls))
}

// declined is a section that users are not asked for, and why.
type declined struct {
	section account.Section
	reason  string
}

func (r *run) decline(section account.Section, user string, reason message.Message) {
	key := declined{section, reason.String()}
	if r.declined[key] == nil {
		r.declined[key] = &account.Decline{Section: section, Reason: key.reason, Text: reason}
	}
	r.declined[key].Users = append(r.declined[key].Users, user)
}

func (r *run) declines() []account.Decline {
	var out []account.Decline
	for _, d := range r.declined {
		slices.Sort(d.Users)
		d.Users = slices.Compact(d.Users)
		out = append(out, account.Decline{Section: d.Section, Reason: d.Reason, Text: d.Text, Users: slices.Clone(d.Users)})
	}
	slices.SortFunc(out, func(x, y account.Decline) int {
		return cmp.Or(cmp.Compare(x.Section, y.Section), cmp.Compare(x.Reason, y.Reason))
	})
	return out
}

// satisfy makes the calls of one round: users concurrently, the sections of one user one after the other. Where many
// users are to be asked about, the first few go ahead: what is refused for each of them is refused by the caller's
// permissions, and nobody else is asked.
func (r *run) satisfy(ctx context.Context, wants []account.Want) error {
	group, bulkCtx := errgroup.WithContext(ctx)
	var order []account.Want
	byUser := map[string][]Collector{}
	for _, want := range wants {
		c, ok := collectorOf(want.Section)
		if !ok {
			return fmt.Errorf("reading %s: got a section that nobody collects", want.Section)
		}
		if c.bulk != nil {
			group.Go(func() error { return r.readBulk(bulkCtx, c) })
			continue
		}
		if byUser[want.User] == nil {
			order = append(order, want)
		}
		byUser[want.User] = append(byUser[want.User], c)
	}
	for _, list := range byUser {
		// In the order of the register: the keys before their last use, which is asked by key.
		slices.SortStableFunc(list, func(x, y Collector) int { return cmp.Compare(place(x.Section), place(y.Section)) })
	}
	group.Go(func() error {
		ahead, behind := split(order)
		if err := r.askUsers(bulkCtx, ahead, byUser); err != nil {
			return err
		}
		r.declineRefused(ahead, behind, byUser)
		return r.askUsers(bulkCtx, behind, byUser)
	})
	err := group.Wait()
	r.snapshot.Declined = r.declines()
	return err
}

// split takes a few users from all over a long list, who go ahead; of a short one they are all.
func split(order []account.Want) (ahead, behind []account.Want) {
	if len(order) < 2*vanguard {
		return order, nil
	}
	next := 0
	for i, want := range order {
		if len(ahead) < vanguard && i >= next {
			ahead = append(ahead, want)
			next = len(ahead) * len(order) / vanguard
			continue
		}
		behind = append(behind, want)
	}
	return ahead, behind
}

// askUsers makes the calls for some users.
func (r *run) askUsers(ctx context.Context, order []account.Want, byUser map[string][]Collector) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxUsersAtOnce)
	for _, want := range order {
		group.Go(func() error {
			for _, c := range byUser[want.User] {
				if r.settled(c.Section, want) {
					continue // another collector of this user's had to ask for it, or the user is gone
				}
				if err := r.note(c.Section, want.User, c.Action(), c.user(ctx, r, subject{want.User, want.UserID})); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// declineRefused takes from the users behind the sections that were refused for each of those ahead, all of whom were
// asked for them.
func (r *run) declineRefused(ahead, behind []account.Want, byUser map[string][]Collector) {
	r.mu.Lock()
	defer r.mu.Unlock()
	refused := map[account.Section]int{}
	action := map[account.Section]string{}
	for _, want := range ahead {
		for _, c := range byUser[want.User] {
			if i := slices.IndexFunc(r.snapshot.Gaps, func(g account.Gap) bool {
				return g.Section == c.Section && g.Resource == want.User && account.Denied(g.Code)
			}); i >= 0 {
				refused[c.Section]++
				action[c.Section] = r.snapshot.Gaps[i].Action
			}
		}
	}
	for section, n := range refused {
		if n < vanguard {
			continue
		}
		reason := message.New("%s was refused for each of the %d users who were asked about first", action[section], n)
		for _, want := range behind {
			if i := slices.IndexFunc(byUser[want.User], func(c Collector) bool { return c.Section == section }); i >= 0 {
				byUser[want.User] = slices.Delete(slices.Clone(byUser[want.User]), i, i+1)
				r.decline(section, want.User, reason)
			}
		}
	}
}

// settled reports whether a user's section was answered, or refused, since it was wanted, or the user turned out to be
// gone.
func (r *run) settled(section account.Section, want account.Want) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if answers := r.snapshot.PerUser[want.User]; answers != nil && answers.ID == want.UserID && answers.Gone != nil {
		return true
	}
	return r.snapshot.Answered(section, want.User, want.UserID) || slices.ContainsFunc(r.snapshot.Gaps, func(g account.Gap) bool {
		return g.Section == section && g.Resource == want.User
	})
}
