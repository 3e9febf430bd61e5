package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
)

// Plan says what a run reads.
type Plan struct {
	// Sections are read first, all at once. Per-user sections are never among them: those are wanted.
	Sections []account.Section
	// Origin is kept in the snapshot: "demo" for the demo account.
	Origin string
	// MaxUsers is for how many users at most a call of their own is made; 0 means nobody. Users with an uncapped want
	// come on top.
	MaxUsers int
	// Fresh is kept in the snapshot: every user is to be read live.
	Fresh bool
	// Wants is asked after the bulk, and after each round of wants, what else a verdict hangs on: most important first.
	// May be nil.
	Wants func(*account.Snapshot) []account.Want
	// Warn is told at once of what takes a person's time, such as that more users than MaxUsers are read one by one.
	// Nil: the session keeps it among its warnings.
	Warn func(string)
	// ReportTimeout is how long to wait for AWS to make the credential report; 0 means three minutes.
	ReportTimeout time.Duration
	// Sleep waits between looks at the report; nil means real time. It returns early with the context's error.
	Sleep func(context.Context, time.Duration) error
}

const (
	// maxRounds bounds the rounds of wants. They end by themselves; a single rule whose facts come one after the other
	// may take four.
	maxRounds = 5
	// maxUsersAtOnce bounds how many users are asked about at a time. IAM throttles at a handful of calls a second, so
	// more would only wait in line; the adaptive retryer slows down further where AWS asks for it.
	maxUsersAtOnce = 8
	// vanguard is how many users, from all over the list, must have been refused a section before the others are not
	// asked for it.
	vanguard = 5
)

// Collect reads the planned sections concurrently, then what the wants ask for, round by round, and returns the
// snapshot. A call that fails is a gap in it. The errors are those that end a run: credentials that expired, a
// cancelled context, nothing readable at all.
func (s *Session) Collect(ctx context.Context, plan Plan) (*account.Snapshot, error) {
	r := newRun(s, plan)
	if err := r.bulk(ctx); err != nil {
		return nil, err
	}
	for range maxRounds {
		if plan.Wants == nil {
			break
		}
		asked := plan.Wants(r.snapshot)
		if len(asked) == 0 {
			break
		}
		// Where all are declined nothing is read, and yet what waited for their answers is asked for next, to be
		// declined too.
		wants := r.affordable(asked)
		r.warnOfMany(wants)
		if err := r.satisfy(ctx, wants); err != nil {
			return nil, err
		}
	}
	if err := r.nothingRead(); err != nil {
		return nil, err
	}
	r.finish()
	return r.snapshot, nil
}

// run is one collection under way. The snapshot is written under mu, by section, and read between rounds only.
type run struct {
	session *Session
	plan    Plan

	mu       sync.Mutex
	snapshot *account.Snapshot
	firstErr error           // the first failed call, for when nothing at all could be read
	asked    map[string]bool // the users who take up a place of MaxUsers
	declined map[declined]map[string]bool
	warned   bool // of the number of users who are read one by one
}

func newRun(s *Session, plan Plan) *run {
	if plan.ReportTimeout == 0 {
		plan.ReportTimeout = 3 * time.Minute
	}
	if plan.Sleep == nil {
		plan.Sleep = sleep
	}
	if plan.Warn == nil {
		plan.Warn = s.warn
	}
	return &run{
		session: s, plan: plan, asked: map[string]bool{}, declined: map[declined]map[string]bool{},
		snapshot: &account.Snapshot{
			Schema: account.SnapshotSchema, Origin: plan.Origin, Fresh: plan.Fresh,
			TakenAt: s.TakenAt, Caller: s.Caller,
			PerUser: map[string]*account.UserAnswers{}, Gaps: []account.Gap{},
		},
	}
}

// bulk reads the planned sections, each in a goroutine of its own. A failed section is data; only what ends the run is
// an error.
func (r *run) bulk(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, section := range r.plan.Sections {
		c, ok := collectorOf(section)
		if !ok || c.bulk == nil {
			return fmt.Errorf("reading %s: got a section that is not read for a whole account", section)
		}
		group.Go(func() error { return r.readBulk(ctx, c) })
	}
	return group.Wait()
}

// readBulk reads one section. An answer that AWS can't have sent, such as one that was torn and could be decoded all
// the same, is not kept.
func (r *run) readBulk(ctx context.Context, c Collector) error {
	err := c.bulk(ctx, r)
	r.mu.Lock()
	invalid := c.Validate(r.snapshot)
	if invalid != nil {
		r.snapshot.Forget(c.Section)
	}
	r.mu.Unlock()
	return r.note(c.Section, "", c.Action(), cmp.Or(err, invalid))
}

// affordable keeps the wants within MaxUsers, and those without a cap, and notes the others as declined.
func (r *run) affordable(wants []account.Want) []account.Want {
	var kept []account.Want
	for _, want := range wants {
		if want.User != "" && !want.Uncapped && !r.asked[want.User] {
			if len(r.asked) >= r.plan.MaxUsers {
				r.decline(want.Section, want.User, fmt.Sprintf("a run asks for at most %d users one by one (refresh.max_users)", r.plan.MaxUsers))
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

func (r *run) decline(section account.Section, user, reason string) {
	key := declined{section, reason}
	if r.declined[key] == nil {
		r.declined[key] = map[string]bool{}
	}
	r.declined[key][user] = true
}

func (r *run) declines() []account.Decline {
	var out []account.Decline
	for key, users := range r.declined {
		out = append(out, account.Decline{Section: key.section, Reason: key.reason, Users: slices.Sorted(maps.Keys(users))})
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
				return g.Section == c.Section && g.Resource == want.User && isDenied(g.Code)
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
		reason := fmt.Sprintf("%s was refused for each of the %d users who were asked about first", action[section], n)
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

// failedCall is an error that knows which of a section's actions failed.
type failedCall struct {
	action string
	err    error
}

func (f *failedCall) Error() string { return f.action + ": " + f.err.Error() }
func (f *failedCall) Unwrap() error { return f.err }

// failed wraps the error of a call; nil stays nil.
func failed(action string, err error) error {
	if err == nil {
		return nil
	}
	return &failedCall{action, err}
}

// note turns the failure of a section, or of one user or region in it, into a gap, and returns what ends the run. The
// action is that of an error which doesn't know its own.
func (r *run) note(section account.Section, resource, action string, err error) error {
	if err == nil {
		return nil
	}
	if ends, ok := err.(*Error); ok {
		return ends // noted by the collector already
	}
	var call *failedCall
	if errors.As(err, &call) {
		action, err = call.action, call.err
	}
	code, message, abort := Classify(err)
	if abort != nil {
		return abort
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.firstErr == nil {
		r.firstErr = &failedCall{action, err}
	}
	r.session.warn(Hint(err))
	r.snapshot.Gaps = append(r.snapshot.Gaps, account.Gap{Section: section, Resource: resource, Action: action, Code: code, Message: message})
	return nil
}

// nothingRead is the error of a run in which nothing of IAM could be read: without it no more is known of the account
// than who may be called about it.
func (r *run) nothingRead() error {
	ofIAM := func(section account.Section) bool {
		c, ok := collectorOf(section)
		return ok && strings.HasPrefix(c.Action(), "iam:")
	}
	asked := slices.ContainsFunc(r.plan.Sections, ofIAM)
	read := slices.ContainsFunc(collectors, func(c Collector) bool {
		return c.bulk != nil && (ofIAM(c.Section) || !asked) && r.snapshot.Answered(c.Section, "", "")
	})
	if r.firstErr == nil || read {
		return nil
	}
	hint := Hint(r.firstErr)
	if hint == "" {
		hint = "allow the actions that an audit reads (the AWS managed policy SecurityAudit has all but account:ListRegions), or sign in as somebody who may"
	}
	return &Error{Doing: "reading the account: every call was refused or failed", Err: r.firstErr, Hint: hint}
}

// finish puts what goroutines appended into a stable order and draws up the bill.
func (r *run) finish() {
	s := r.snapshot
	s.Declined = r.declines()
	slices.SortFunc(s.Gaps, func(x, y account.Gap) int {
		return cmp.Or(cmp.Compare(x.Section, y.Section), cmp.Compare(x.Resource, y.Resource), cmp.Compare(x.Action, y.Action), cmp.Compare(x.Message, y.Message))
	})
	s.Calls = r.session.Calls()
}

// now is the time of an answer, in UTC and whole seconds.
func (r *run) now() time.Time { return r.session.now().UTC().Truncate(time.Second) }

// answers returns the answers of one user, made on first use. A namesake with another ID starts anew.
func (r *run) answers(u subject) *account.UserAnswers {
	answers := r.snapshot.PerUser[u.name]
	if answers == nil || answers.ID != u.id {
		answers = &account.UserAnswers{ID: u.id}
		r.snapshot.PerUser[u.name] = answers
	}
	return answers
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
