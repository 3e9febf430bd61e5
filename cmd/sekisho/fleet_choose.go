package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/organization"
	"sekisho/config"
	"sekisho/report/saved"
)

// choice is how accounts are chosen; the numbers in files are read for it.
func (o *fleetFlags) choice(ctx context.Context, sys system, c *config.Config) (fleet.Choice, error) {
	sorted := func(values []string) []string { return slices.Compact(slices.Sorted(slices.Values(values))) }
	chosen := fleet.Choice{
		Units: sorted(o.units), Tags: sorted(o.tags), Profiles: o.profiles, Role: o.role, ExternalID: o.externalID, MemberRoot: o.memberRoot, SSORegion: o.ssoRegion, Demo: o.demo,
	}
	if o.profiles != "" {
		chosen.Role = "" // none is assumed
	}
	named, err := o.listed(ctx, sys, c, "--accounts", o.accounts)
	if err != nil {
		return chosen, err
	}
	excluded, err := o.listed(ctx, sys, c, "--exclude", o.exclude)
	chosen.Accounts, chosen.Exclude = sorted(named), sorted(excluded)
	return chosen, err
}

// listed reads the numbers of accounts that a flag names.
func (o *fleetFlags) listed(ctx context.Context, sys system, c *config.Config, flag string, values []string) ([]string, error) {
	var ids []string
	for _, value := range values {
		parts := strings.Split(value, ",")
		if !account.IsID(strings.TrimSpace(parts[0])) {
			text, err := saved.Bytes(ctx, sys.files.Input(flag, value), c.Read.Limit())
			if errors.Is(err, fs.ErrNotExist) {
				return nil, usagef("", "%s: got %q, want the twelve digits of an account, or a file with such", flag, value)
			}
			if err != nil {
				return nil, err
			}
			parts = nil
			for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
				line, _, _ := strings.Cut(lines.Text(), "#")
				if line = strings.TrimSpace(line); line != "" {
					parts = append(parts, line)
				}
			}
		}
		for _, part := range parts {
			id := strings.TrimSpace(part)
			if !account.IsID(id) {
				return nil, usagef("", "%s: got %q, want the twelve digits of an account", flag, id)
			}
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// organization takes the accounts from AWS Organizations. What could not be read of their list is an error: accounts that
// nobody knows of would be missing without a word.
func (o *fleetFlags) organization(ctx context.Context, sys system, c *config.Config, hub *collect.Session, m *fleet.Manifest) error {
	read := hub.Organization
	if o.people {
		read = hub.OrganizationAccounts
	}
	of, err := read(ctx)
	if err != nil {
		return err
	}
	if !of.Accounts.Complete {
		for _, gap := range of.Gaps {
			if gap.Action == organization.ListAccountsAction {
				return fmt.Errorf("reading the organization: %s: %s: %s", gap.Action, gap.Code, gap.Message)
			}
		}
		return errors.New("reading the organization: the list of accounts is not whole")
	}
	if err := hub.IdentityCenter(ctx, of, o.center(sys, c)); err != nil {
		return err
	}
	m.Organization = of
	byTags := len(o.tags) > 0 || slices.ContainsFunc(c.Fleet.Roles, func(r fleet.RoleFor) bool { return r.Tag != "" })
	if byTags {
		if err := hub.AccountTags(ctx, of, activeIn(of)); err != nil {
			return err
		}
	}
	matched := map[string]bool{}
	for _, a := range of.Accounts.Value {
		row := fleet.Account{ID: a.ID, Name: a.Name, Place: of.Place(a.ID), State: a.State}
		if row.Place == "?" {
			row.Place = ""
		}
		ids, known := of.Path(a.ID)
		if len(o.units) > 0 && !known {
			return fmt.Errorf("choosing accounts by --ou: where %s is in the organization could not be read", a.ID)
		}
		within := len(o.units) == 0
		for _, unit := range o.units {
			if row.Within(unit, ids) {
				within, matched[unit] = true, true
			}
		}
		var tagged bool
		if row.Tags, tagged = of.TagsOf(a.ID); byTags && !tagged && !a.Inactive() {
			return fmt.Errorf("choosing accounts, or their roles, by tags: those of %s could not be read", a.ID)
		}
		switch {
		case !within || !chosenBy(o.tags, row):
			row.NotAudited = fleet.Excluded
		case a.Inactive():
			row.NotAudited = fleet.NotActive
		}
		m.Accounts = append(m.Accounts, row)
	}
	for _, unit := range o.units {
		if !matched[unit] {
			return usagef("name it by its ID, or by its path: Workloads/Production", "--ou: got %q, in which there is no account", unit)
		}
	}
	return nil
}

// activeIn are the accounts whose tags are of use: the others are not audited.
func activeIn(of *organization.Snapshot) (ids []string) {
	for _, a := range of.Accounts.Value {
		if !a.Inactive() {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// chosenBy reports whether an account has one of the wanted values of each key that tags name.
func chosenBy(tags []string, a fleet.Account) bool {
	key := func(tag string) string { return wantedTag.FindString(tag) }
	return !slices.ContainsFunc(tags, func(wanted string) bool {
		return !slices.ContainsFunc(tags, func(tag string) bool { return key(tag) == key(wanted) && a.Tagged(tag) })
	})
}
