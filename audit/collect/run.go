package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
	"sekisho/audit/lists"
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
	// Admit is asked before what grows with the account is read: with the number of users that the account summary tells,
	// which is among the sections then, or 0. May be nil.
	Admit func(ctx context.Context, users int) error
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
	if err := r.first(ctx); err != nil {
		return nil, err
	}
	if err := r.again(ctx); err != nil {
		return nil, err
	}
	for range maxRounds {
		if plan.Wants == nil {
			break
		}
		r.finish() // where nothing more is wanted this is the snapshot that is judged
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
		if slices.ContainsFunc(wants, func(w account.Want) bool { return w.User == "" }) {
			if err := r.again(ctx); err != nil {
				return nil, err
			}
		}
	}
	if err := r.nothingRead(); err != nil {
		return nil, err
	}
	r.finish()
	return r.snapshot, nil
}

// growing are the sections that are as large as the account.
var growing = []account.Section{account.AuthorizationDetailsSection, account.CredentialReportSection, account.UsersSection, account.VirtualMFADevicesSection}

// first reads the sections, all at once unless somebody wants to know before how large the account is.
func (r *run) first(ctx context.Context) error {
	if r.plan.Admit == nil {
		return r.bulk(ctx, r.plan.Sections)
	}
	large := func(s account.Section) bool { return slices.Contains(growing, s) }
	if err := r.bulk(ctx, slices.DeleteFunc(slices.Clone(r.plan.Sections), large)); err != nil {
		return err
	}
	users := 0
	if summary := r.snapshot.AccountSummary; summary != nil {
		users = int(summary.Value["Users"])
	}
	if err := r.plan.Admit(ctx, users); err != nil {
		return err
	}
	return r.bulk(ctx, lists.Filter(r.plan.Sections, large))
}

// run is one collection under way. The snapshot is written under mu, by section, and read between rounds only.
type run struct {
	session *Session
	plan    Plan

	mu       sync.Mutex
	snapshot *account.Snapshot
	firstErr error           // the first failed call, for when nothing at all could be read
	asked    map[string]bool // the users who take up a place of MaxUsers
	declined map[declined]*account.Decline
	warned   bool                     // of the number of users who are read one by one
	twice    map[account.Section]bool // the sections that were read once more
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
	r := &run{session: s, plan: plan, snapshot: s.taken(), asked: map[string]bool{}, declined: map[declined]*account.Decline{}, twice: map[account.Section]bool{}}
	r.snapshot.Origin, r.snapshot.Fresh = plan.Origin, plan.Fresh
	return r
}

// again reads once more, and only once, what other answers contradict: the account may have changed between the two.
func (r *run) again(ctx context.Context) error {
	var doubted []account.Section
	for _, section := range account.New(r.snapshot).Contradicted {
		if !r.twice[section] {
			r.twice[section] = true
			doubted = append(doubted, section)
		}
	}
	return r.bulk(ctx, doubted)
}

// bulk reads sections, each in a goroutine of its own. A failed section is data; only what ends the run is an error.
func (r *run) bulk(ctx context.Context, sections []account.Section) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, section := range sections {
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
	gap, abort := r.session.gap(section, resource, action, err)
	if abort != nil {
		return abort
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.firstErr == nil {
		var call *failedCall
		if !errors.As(err, &call) {
			call = &failedCall{action, err}
		}
		r.firstErr = call
	}
	r.snapshot.Gaps = append(r.snapshot.Gaps, gap)
	return nil
}

// gap is what a failed call leaves behind, of which its hint is warned; or what ends the run. The action is that of an
// error which doesn't know its own.
func (s *Session) gap(section account.Section, resource, action string, err error) (gap account.Gap, abort error) {
	var call *failedCall
	if errors.As(err, &call) {
		action, err = call.action, call.err
	}
	code, message, abort := Classify(err)
	if abort != nil {
		return gap, abort
	}
	s.warn(Hint(err))
	return account.Gap{Section: section, Resource: resource, Action: action, Code: code, Message: message}, nil
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
	slices.SortFunc(s.Gaps, account.Gap.Compare)
	s.Calls, s.Tolerated = r.session.Calls(), r.session.client.accepted()
}

// now is the time of an answer, in UTC and whole seconds.
func (r *run) now() time.Time { return r.session.at() }

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
