package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
	"sekisho/config"
)

// matching are the profiles of the AWS configuration files that the pattern of --profiles matches.
func matching(ctx context.Context, sys system, pattern string) ([]string, error) {
	all := profiles(ctx, sys)
	names := lists.Filter(all, func(name string) bool { return policy.MatchWildcard(pattern, name) })
	if len(names) == 0 {
		return nil, usagef("", "--profiles: got %q, which none of %d profiles of the AWS configuration files is like", pattern, len(all))
	}
	return names, nil
}

// inProfile signs in with a profile, over the connections of another session.
func (s system) inProfile(ctx context.Context, c *config.Config, name string, hub *collect.Session, allowed []string, observe func(collect.Event)) (*collect.Session, error) {
	session, err := collect.SignIn(ctx, collect.Options{
		Profile: name, Allowed: allowed, MaxRPS: c.MaxRPS, Now: s.now, Observe: observe, HTTPClient: hub.Config.HTTPClient,
		MaxAnswer: int64(c.Collect.MaxAnswerMiB) << 20, TolerateAbsent: c.Collect.TolerateAbsent,
	})
	if err != nil {
		return nil, fmt.Errorf("signing in with the profile %s: %w", name, err)
	}
	return session, nil
}

// profilesAtOnce is with how many profiles somebody signs in at a time.
const profilesAtOnce = 8

// ofProfiles takes the accounts of profiles, whose numbers AWS tells. A profile that can't sign in is an error: its account
// would be missing without a word.
func (o *fleetFlags) ofProfiles(ctx context.Context, sys system, c *config.Config, hub *collect.Session) ([]fleet.Account, error) {
	names, err := matching(ctx, sys, o.profiles)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var accounts []fleet.Account
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(profilesAtOnce)
	for _, name := range names {
		group.Go(func() error {
			session, err := sys.inProfile(within, c, name, hub, nil, nil)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			accounts = append(accounts, fleet.Account{ID: session.Caller.AccountID, Profile: name})
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(accounts, func(x, y fleet.Account) int {
		return strings.Compare(x.ID+" "+x.Profile, y.ID+" "+y.Profile)
	})
	for i, a := range accounts {
		if i > 0 && accounts[i-1].ID == a.ID {
			return nil, usagef("name a pattern that one of them is not like", "--profiles: got %s and %s, which are both of the account %s", accounts[i-1].Profile, a.Profile, a.ID)
		}
	}
	return accounts, nil
}

// allows reports why a manifest is not run: it has roles or profiles that nobody here names.
func (o *fleetRunFlags) allows(m *fleet.Manifest, shard int, partition string, own *config.Config) error {
	if a, strange := m.Strange(shard, partition, own.Fleet.Roles, o.role); strange {
		return usagef("a manifest may send nobody elsewhere: name the role in fleet.roles here, or with --role", "the manifest has the role %s for %s, which nobody here allows", a.Role, a.ID)
	}
	for _, a := range m.Of(shard) {
		if a.Profile != "" && !policy.MatchWildcard(o.profiles, a.Profile) {
			return usagef("a manifest may send nobody elsewhere: name the profiles with --profiles", "the manifest has the profile %s for %s, which nobody here allows", a.Profile, a.ID)
		}
	}
	return nil
}

// session signs in to an account of the manifest.
func (a *accountAuditor) session(ctx context.Context, of fleet.Account) (*collect.Session, error) {
	if of.Profile == "" {
		externalID, err := a.externalID(of.ExternalID)
		if err != nil {
			return nil, err
		}
		return a.hub.In(ctx, of.Role, externalID, collect.Actions(), a.observe)
	}
	session, err := a.sys.inProfile(ctx, a.config, of.Profile, a.hub, collect.Actions(), a.observe)
	if err == nil && session.Caller.AccountID != of.ID {
		return nil, fmt.Errorf("signing in with the profile %s: got the account %s, want %s", of.Profile, session.Caller.AccountID, of.ID)
	}
	return session, err
}
