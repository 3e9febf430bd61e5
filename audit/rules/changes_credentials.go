package rules

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
)

// waitDays is how long a credential that was deactivated stays, before it is deleted.
const waitDays = 14

// retired takes a credential of a user away: deactivated where it is active, waited for, deleted.
func retired(noun, user, id string, active bool) []change.Change {
	gone := change.New("iam:Delete"+noun, user, id)
	if !active {
		return list(gone)
	}
	return list(change.New("iam:Update"+noun, user, id, "Inactive"), change.New("person:Wait", waitDays), gone)
}

// replaced takes a credential away once another is in its place.
func replaced(noun, user, id string) []change.Change {
	all := list(change.New("person:DeployCredential", user, id))
	if noun == "AccessKey" { // of the others AWS records no use
		all = append(all, change.New("person:WatchLastUse", user, id))
	}
	return append(all, retired(noun, user, id, true)...)
}

// slot is one of the two places that a user has for access keys, and for credentials for one service.
type slot struct {
	id                   string
	active, unused, good bool // unused: nobody misses it; good: nothing is wrong with its age
	created              time.Time
}

// pass is what takes a credential's place where another one of the user's may: that one, or a new one that create makes.
func (s slot) rotated(noun, user string, others []slot, create change.Change) []change.Change {
	if s.unused {
		return retired(noun, user, s.id, s.active)
	}
	var first []change.Change
	for _, o := range others {
		switch {
		case o.active && !o.unused && (o.good || byAge(func(s slot) time.Time { return s.created })(s, o) < 0):
			return replaced(noun, user, s.id)
		case o.active && !o.unused:
			first = append(first, replaced(noun, user, o.id)...)
		default:
			first = append(first, retired(noun, user, o.id, o.active)...)
		}
	}
	return append(append(first, create), replaced(noun, user, s.id)...)
}

// keySlots are a user's access keys.
func keySlots(on *audit.Fixing, u *account.User) []slot {
	keys, limits := seen(u.AccessKeys), on.ThresholdsOf(u)
	return lists.Map(keys, func(k account.AccessKey) slot {
		use, known := k.LastUsed.Get()
		return slot{
			id: k.Item(), active: k.Active, created: k.Created, good: daysSince(on, k.Created) < limits.AccessKeyMaxAgeDays,
			unused: !k.Active || known && daysSince(on, later(k.Created, use.At)) >= limits.AccessKeyUnusedDays,
		}
	})
}

// split finds a slot by its ID; the others may be many.
func split(slots []slot, id string) (is slot, others []slot, found bool) {
	i := slices.IndexFunc(slots, func(s slot) bool { return s.id == id })
	if i < 0 {
		return slot{}, nil, false
	}
	return slots[i], slices.Delete(slices.Clone(slots), i, i+1), true
}

func activeSlots(slots []slot) []slot {
	return lists.Filter(slots, func(s slot) bool { return s.active })
}

var rotateKeyOf = func(on *audit.Fixing, f *audit.Finding) []change.Change {
	u := on.Account.User(f.Name)
	if u == nil {
		return nil
	}
	is, others, found := split(keySlots(on, u), f.Item)
	if !found {
		return nil
	}
	return is.rotated("AccessKey", u.Name, others, change.New("iam:CreateAccessKey", u.Name))
}

// retireKey takes the access key of the failure away.
func retireKey(_ *audit.Fixing, f *audit.Finding) []change.Change {
	return retired("AccessKey", f.Name, f.Item, true)
}

// forgetKey deletes an inactive access key. Where it is the only sign that its user was of use lately, the user goes with
// it, when that is long ago.
func forgetKey(on *audit.Fixing, f *audit.Finding) []change.Change {
	if u := on.Account.User(f.Name); u != nil && !quietUser(on, u) {
		if last, known := lastUseOf(u, f.Item); known && quiet(on, u.Created, last) {
			return retireUser(on, u, f)
		}
	}
	return retired("AccessKey", f.Name, f.Item, false)
}

// oneKey takes one of two active access keys away: one that nobody uses, or else the older one.
func oneKey(on *audit.Fixing, u *account.User, _ *audit.Finding) []change.Change {
	slots := activeSlots(keySlots(on, u))
	slices.SortStableFunc(slots, byAge(func(s slot) time.Time { return s.created }))
	for _, s := range slots {
		if s.unused {
			return retired("AccessKey", u.Name, s.id, true)
		}
	}
	return replaced("AccessKey", u.Name, slots[0].id)
}

// noKeys takes all access keys of a person away, or the password of a machine.
func noKeys(on *audit.Fixing, u *account.User, _ *audit.Finding) (all []change.Change) {
	slots := activeSlots(keySlots(on, u))
	used := slices.ContainsFunc(slots, func(s slot) bool { return !s.unused })
	if last, known := u.PasswordLastUsed.Get(); used && known && !last.IsZero() && daysSince(on, last) >= on.ThresholdsOf(u).PasswordUnusedDays {
		return takePassword(on, u, nil)
	}
	if used {
		all = list(change.New("person:SignInInstead", u.Name))
	}
	for _, s := range slots {
		if !s.unused {
			all = append(all, change.New("person:WatchLastUse", u.Name, s.id))
		}
		all = append(all, retired("AccessKey", u.Name, s.id, true)...)
	}
	return all
}

// afterLeak takes all access keys of a user away at once: AWS doesn't tell which of them it found. Where one was in use, a
// new one is made.
func afterLeak(on *audit.Fixing, u *account.User, _ *audit.Finding) (all []change.Change) {
	keys, known := u.AccessKeys.Get()
	if !known {
		return nil
	}
	for _, k := range activeKeys(keys) {
		all = append(all, change.New("iam:UpdateAccessKey", u.Name, k.Item(), "Inactive"))
	}
	all = append(all, change.New("person:ReviewLeakedKey", u.Name))
	for _, k := range keys {
		all = append(all, change.New("iam:DeleteAccessKey", u.Name, k.Item()))
	}
	if s := keySlots(on, u); slices.ContainsFunc(s, func(s slot) bool { return !s.unused }) {
		all = append(all, change.New("iam:CreateAccessKey", u.Name), change.New("person:DeployCredential", u.Name, s[0].id))
	}
	for _, a := range seen(u.AttachedPolicies) {
		if quarantine(a) {
			all = append(all, change.New("iam:DetachUserPolicy", u.Name, a.ARN))
		}
	}
	return all
}

// quarantine reports whether AWS attached a policy because it found a key in public.
func quarantine(a account.AttachedPolicy) bool {
	return strings.HasPrefix(a.Name, "AWSCompromisedKeyQuarantine")
}

func takePassword(_ *audit.Fixing, u *account.User, _ *audit.Finding) []change.Change {
	return list(change.New("person:AskOwner", u.Name), change.New("iam:DeleteLoginProfile", u.Name))
}

func replaceSSHKey(_ *audit.Fixing, _ *account.User, f *audit.Finding) []change.Change {
	return append(list(change.New("person:MakeKeyPair", f.Name, f.Item)), retired("SSHPublicKey", f.Name, f.Item, true)...)
}

func retireCertificate(_ *audit.Fixing, f *audit.Finding) []change.Change {
	return retired("SigningCertificate", f.Name, f.Item, true)
}

func replaceServerCertificate(_ *audit.Fixing, f *audit.Finding) []change.Change {
	return list(change.New("person:ReplaceServerCertificate", f.Name), change.New("iam:DeleteServerCertificate", f.Name))
}

// replaceServiceCredential rotates a password for CodeCommit, or an API key; the new key ends in time.
func replaceServiceCredential(on *audit.Fixing, u *account.User, f *audit.Finding) []change.Change {
	i := slices.IndexFunc(on.Account.ServiceCredentials, func(c account.ServiceCredential) bool { return c.ID == f.Item && c.User == f.Name })
	if i < 0 {
		return nil
	}
	of, limits, now := on.Account.ServiceCredentials[i], on.ThresholdsOf(u), on.Account.TakenAt
	var slots []slot
	for _, c := range on.Account.ServiceCredentials {
		if c.User == u.Name && c.Service == of.Service {
			s := slot{id: c.ID, active: c.Status == "Active", created: c.Created, unused: c.Status != "Active" || c.Expires != nil && !c.Expires.After(now)}
			if s.good = daysSince(on, c.Created) < limits.GitCredentialMaxAgeDays; c.APIKey {
				s.good = c.Expires != nil && c.Expires.Sub(now) <= time.Duration(limits.APIKeyMaxAgeDays)*day
			}
			slots = append(slots, s)
		}
	}
	is, others, _ := split(slots, of.ID)
	create := change.New("iam:CreateServiceSpecificCredential", u.Name, of.Service)
	if of.APIKey {
		create = change.New("iam:CreateServiceSpecificCredential", u.Name, of.Service, min(limits.APIKeyMaxAgeDays, 365))
	}
	return is.rotated("ServiceSpecificCredential", u.Name, others, create)
}

// clearPhantom takes from a user that was made for an API key what AWS didn't give to it.
func clearPhantom(_ *audit.Fixing, u *account.User, _ *audit.Finding) (all []change.Change) {
	keys, _ := u.AccessKeys.Get()
	for _, k := range activeKeys(keys) {
		all = append(all, change.New("iam:UpdateAccessKey", u.Name, k.Item(), "Inactive"))
	}
	all = append(all, change.New("person:ReviewLeakedKey", u.Name))
	if password, _ := u.Password.Get(); password {
		all = append(all, change.New("iam:DeleteLoginProfile", u.Name))
	}
	for _, k := range keys {
		all = append(all, change.New("iam:DeleteAccessKey", u.Name, k.Item()))
	}
	return all
}
