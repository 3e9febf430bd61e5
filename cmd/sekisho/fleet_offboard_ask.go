package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/audit/organization"
	"sekisho/config"
)

// look asks the accounts, or looks through what a run read of them. unkept is why an answer was not kept: the answers are
// as good.
func (o *fleetOffboardFlags) look(ctx context.Context, sys system, c *config.Config) (all *offboard.Fleet, unkept, err error) {
	if o.from != "" {
		run, err := readRun(ctx, sys, c, o.from)
		if err != nil {
			return nil, nil, err
		}
		defer run.close()
		all, err = o.lookBack(ctx, run)
		return all, nil, err
	}
	asking := &fleetAsking{fleetOffboardFlags: o}
	var hub *collect.Session
	stop := func() {}
	defer func() { stop() }()
	signIn := func() (_ *collect.Session, err error) {
		if hub == nil {
			hub, stop, err = o.chosen.signIn(ctx, sys, c)
		}
		return hub, err
	}
	var m *fleet.Manifest
	if o.run != "" {
		var kept *runStore
		if kept, m, asking.digest, err = openRun(ctx, func() (*runStore, error) { return openRunStore(ctx, sys, c, o.run, signIn) }, ""); err != nil {
			return nil, nil, err
		}
		defer kept.close()
		if m.Demo && kept.bucket != nil {
			return nil, nil, usagef("", "got the manifest of a demo in %s, want it in a folder", kept)
		}
		o.chosen.demo, asking.store = m.Demo, kept
	}
	if _, err := signIn(); err != nil {
		return nil, nil, err
	}
	if m == nil {
		m, err = o.chosen.manifest(ctx, sys, c, hub)
	} else if err = (&fleetRunFlags{role: o.chosen.role, profiles: o.chosen.profiles}).allows(m, -1, hub.Caller.Partition, c); err == nil {
		err = o.centerNow(ctx, sys, c, hub, m)
	}
	if err != nil {
		return nil, nil, err
	}
	all = o.begin(m)
	err = asking.askAll(ctx, sys, c, hub, m, all)
	return all, asking.unkept, err
}

// centerNow reads who is in Identity Center: what the manifest says of it is of another day.
func (o *fleetOffboardFlags) centerNow(ctx context.Context, sys system, c *config.Config, hub *collect.Session, m *fleet.Manifest) error {
	if m.Organization == nil {
		return nil
	}
	now := *m.Organization
	now.IdentityCenter, now.Gaps = nil, []account.Gap{}
	m.Organization = &now
	return hub.IdentityCenter(ctx, &now, o.chosen.center(sys, c))
}

func (o *fleetOffboardFlags) begin(m *fleet.Manifest) *offboard.Fleet {
	all := &offboard.Fleet{
		Schema: offboard.FleetSchema, Tool: tool(), Demo: m.Demo, ByTags: o.byTags, Accounts: make([]offboard.FleetAccount, len(m.Accounts)), Center: centerOf(m.Organization, o.asked),
	}
	for i, of := range m.Accounts {
		row, left := fleet.LeftOut(of)
		all.Accounts[i] = offboard.FleetAccount{ID: of.ID, Name: of.Name, Place: of.Place, State: offboard.Asked, Message: row.Message, Text: row.Text}
		if left {
			all.Accounts[i].State = offboard.NotAsked
		}
	}
	return all
}

// askedIn are those who are looked for in an account: all but who is of another one by their ARN.
func (o *fleetOffboardFlags) askedIn(id string) []offboard.Person {
	return lists.Filter(o.asked, func(p offboard.Person) bool { return p.In(id) })
}

// fleetAsking asks the accounts of a fleet for people.
type fleetAsking struct {
	*fleetOffboardFlags
	store  *runStore // in which answers are kept; nil for nowhere
	digest string    // the manifest's SHA-256
	key    string    // of this attempt, which nothing else has

	mu     sync.Mutex
	unkept error
}

// askAll asks every account live, each by itself.
func (o *fleetAsking) askAll(ctx context.Context, sys system, c *config.Config, hub *collect.Session, m *fleet.Manifest, all *offboard.Fleet) error {
	o.key = hub.TakenAt.UTC().Format("20060102T150405Z") + "-" + rand.Text()
	progress := sys.newProgress(o.pace.quiet)
	defer progress.end()
	progress.phase("looking for the people")
	a := &accountAuditor{
		hub: hub, config: c, sys: sys, judging: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))), reading: semaphore.NewWeighted(usersAtOnce), observe: progress.observe,
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(o.pace.concurrency)
	done := 0
	for i, of := range m.Accounts {
		people := o.askedIn(of.ID)
		row := &all.Accounts[i]
		if row.State == offboard.Asked && len(people) == 0 {
			row.State, row.Text = offboard.NotAsked, message.New("those who are looked for are in other accounts, by their ARNs")
			row.Message = row.Text.String()
		}
		if row.State == offboard.NotAsked {
			continue
		}
		group.Go(func() error {
			r, err := o.ask(within, a, of, people)
			if within.Err() != nil {
				return context.Cause(within)
			}
			if row.Report = r; err != nil {
				row.State, row.Text, row.Hint = offboard.Failed, message.New("%s", err.Error()), hintOf(err)
				row.Message = row.Text.String()
			}
			unkept := o.keep(within, m, row)
			o.mu.Lock()
			defer o.mu.Unlock()
			if done++; unkept != nil && o.unkept == nil {
				o.unkept = unkept
			}
			progress.phase(fmt.Sprintf("looking for the people: %d of %d accounts", done, len(m.Of(-1))))
			return nil
		})
	}
	return group.Wait()
}

// ask asks an account for the people, and reads it only where it knows one: nil is an account that knows nobody.
func (o *fleetAsking) ask(ctx context.Context, a *accountAuditor, of fleet.Account, people []offboard.Person) (*offboard.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	session, err := a.session(ctx, of)
	if err != nil {
		return nil, err
	}
	if !o.byTags {
		if people, err = known(ctx, session, people); err != nil || len(people) == 0 {
			return nil, err
		}
	}
	free := func() {}
	defer func() { free() }()
	read, err := readOffboard(ctx, people, o.options, func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		sections = append(slices.Clone(sections), account.AccountSummarySection) // which tells how many users there are
		return session.Collect(ctx, collect.Plan{Sections: sections, Wants: wants, Admit: func(ctx context.Context, users int) (err error) {
			free, err = a.admit(ctx, users)
			return err
		}})
	})
	if err != nil {
		return nil, err
	}
	if err := a.judging.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer a.judging.Release(1)
	return o.answers(ctx, read, people)
}

// known are the people whom the account may know: who has a name alone, and is not there by it, is not among them.
func known(ctx context.Context, session *collect.Session, people []offboard.Person) ([]offboard.Person, error) {
	var wants []account.Want
	for i := range people {
		for _, name := range people[i].Names() {
			wants = append(wants, account.Want{Section: account.UserSection, User: name, Uncapped: true})
		}
	}
	first, err := session.Collect(ctx, collect.Plan{Wants: func(*account.Snapshot) []account.Want {
		now := wants
		wants = nil
		return now
	}})
	switch {
	case err != nil && (collect.Passing(err) || ctx.Err() != nil):
		return nil, err
	case err != nil:
		return people, nil // it may not be asked for a user, and perhaps for all
	}
	return slices.DeleteFunc(slices.Clone(people), func(p offboard.Person) bool {
		names := p.Names()
		return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool {
			answers := first.PerUser[name]
			return answers == nil || answers.Gone == nil
		})
	}), nil
}

func (o *fleetOffboardFlags) answers(ctx context.Context, s *account.Snapshot, people []offboard.Person) (*offboard.Report, error) {
	return work(ctx, judging, func() *offboard.Report {
		r, _ := offboard.Check(s, people, o.options)
		return r
	})
}

// keptAnswer is an account's answer as a run keeps it.
type keptAnswer struct {
	Schema    string `json:"schema"`
	RunID     string `json:"run_id"`
	Manifest  string `json:"manifest_sha256"`
	AccountID string `json:"account_id"`
	At        string `json:"attempt"`
	offboard.FleetAccount
}

func (o *fleetAsking) keep(ctx context.Context, m *fleet.Manifest, row *offboard.FleetAccount) error {
	if o.store == nil {
		return nil
	}
	text, err := json.Marshal(keptAnswer{"sekisho/fleet-offboard-account/v1", m.RunID, o.digest, row.ID, o.key, *row})
	if err == nil {
		err = o.store.Put(ctx, "offboard/"+o.key+"/"+row.ID+".json.gz", text)
	}
	if err != nil && !errors.Is(err, store.ErrExists) { // a put that was sent again finds its own
		return fmt.Errorf("keeping what %s says: %w", row.ID, err)
	}
	return nil
}

// lookBack tells by what a run read.
func (o *fleetOffboardFlags) lookBack(ctx context.Context, run *openedRun) (*offboard.Fleet, error) {
	m := run.Manifest
	all := o.begin(m)
	all.AsOf, all.ByTags, all.Center.AsOf = &m.MadeAt, true, &m.MadeAt
	at := 0
	err := fleet.Each(ctx, run.Run, func(ctx context.Context, of fleet.Account, s *account.Snapshot) (*offboard.Report, error) {
		r, err := o.answers(ctx, s, o.askedIn(of.ID))
		if err == nil {
			r.AsOfThen(s.AuthorizationDetails != nil && s.AuthorizationDetails.Complete)
		}
		return r, err
	}, func(row fleet.Row, r *offboard.Report) error {
		one := &all.Accounts[at]
		at++
		switch {
		case row.Status == fleet.Unknown:
			one.State, one.Message, one.Text, one.Hint = offboard.Failed, row.Message, row.Text, row.Hint
		case row.Status == fleet.Audited && slices.ContainsFunc(r.People, func(p offboard.PersonResult) bool { return p.Verdict != offboard.NotFound || p.Nearest != "" }):
			one.Report = r
		}
		return nil
	})
	return all, err
}

// centerOf is what Identity Center said of the people. Its instances of single accounts let nobody into any.
func centerOf(of *organization.Snapshot, people []offboard.Person) offboard.Center {
	c := offboard.Center{Users: []offboard.CenterMatch{}}
	instance, center := (*organization.Instance)(nil), (*account.Answer[organization.IdentityCenter])(nil)
	if of != nil {
		instance, center = of.OrganizationInstance(), of.IdentityCenter
	}
	switch {
	case center == nil:
	case instance == nil:
		c.Read = center.Complete && center.Value.Only == ""
	case instance.Users != nil:
		c.Read, c.Users = instance.Users.Complete, matched(*instance, people)
	}
	c.Failed = of != nil && !c.Read
	switch {
	case c.Failed:
		c.Text = message.New("Identity Center was not read, or not wholly: whether people can sign in by it is not known.")
	case !c.Read:
		c.Text = message.New("Identity Center was not asked: whether people can sign in by it is not known.")
	case instance == nil:
		c.Text = message.New("There is no Identity Center of the organization.")
	default:
		c.Text = message.New("Identity Center was read.")
	}
	c.Message = c.Text.String()
	return c
}

func matched(instance organization.Instance, people []offboard.Person) []offboard.CenterMatch {
	found := []offboard.CenterMatch{}
	for _, u := range instance.Users.Value {
		for i := range people {
			if people[i].Match(u.Name, u.Email) {
				found = append(found, offboard.CenterMatch{Query: people[i].Query, Name: u.Name, Email: u.Email, Enabled: u.Enabled()})
			}
		}
	}
	return found
}
