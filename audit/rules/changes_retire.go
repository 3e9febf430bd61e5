package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
)

// quietDays are how long something must not have been used before a fix deletes it.
const quietDays = 90

// missedDays are how long it stays away before, so that someone may miss it.
const missedDays = 30

func daysSince(on *audit.Fixing, t time.Time) int { return int(on.Account.TakenAt.Sub(t) / day) }

// quiet reports whether a user or role is as old as that, and was not used since; used is the last use.
func quiet(on *audit.Fixing, created, used time.Time) bool {
	return !created.IsZero() && daysSince(on, created) >= quietDays && daysSince(on, used) >= quietDays
}

// waitingDays is how long to wait before something is deleted that was last used, or made, at a time.
func waitingDays(on *audit.Fixing, last time.Time) int {
	return max(missedDays, quietDays-daysSince(on, last))
}

// lastUseOf is when a user's password or a key, but for some, was used last, or else when the user was made; false where
// that isn't known.
func lastUseOf(u *account.User, but ...string) (last time.Time, known bool) {
	password, has := u.Password.Get()
	used, told := u.PasswordLastUsed.Get()
	keys, listed := u.AccessKeys.Get()
	if !has || !listed || !told && password {
		return last, false
	}
	last = later(u.Created, used)
	for _, k := range keys {
		use, known := k.LastUsed.Get()
		if !known {
			return last, false
		}
		if slices.Contains(but, k.Item()) {
			continue
		}
		last = later(last, use.At)
	}
	return last, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// quietUser reports whether nobody can have missed a user for long.
func quietUser(on *audit.Fixing, u *account.User) bool {
	last, known := lastUseOf(u)
	return known && quiet(on, u.Created, last)
}

func quietRole(on *audit.Fixing, r *account.Role) bool { return quiet(on, r.Created, roleUse(r)) }

// roleUse is when a role was used last, or else made.
func roleUse(r *account.Role) time.Time {
	if r.LastUsed != nil {
		return *r.LastUsed
	}
	return r.Created
}

// retireUser deletes a user whom nobody uses: what can be deactivated is, first.
func retireUser(on *audit.Fixing, u *account.User, _ *audit.Finding) []change.Change {
	all := list(change.New("person:AskOwner", u.Name))
	if len(on.Account.Users) == 1 && len(on.Account.SAMLProviders) == 0 { // else only root is left
		all = append(all, change.New("person:EnableIdentityCenter"))
	}
	off := func(noun, id string) { all = append(all, change.New("iam:Update"+noun, u.Name, id, "Inactive")) }
	for _, k := range activeKeys(seen(u.AccessKeys)) {
		off("AccessKey", k.Item())
	}
	if keys, known := u.SSHKeys.Get(); known {
		for _, k := range keys {
			if k.Status == "Active" {
				off("SSHPublicKey", k.ID)
			}
		}
	}
	if certificates, known := u.SigningCertificates.Get(); known {
		for _, c := range certificates {
			if c.Active {
				off("SigningCertificate", c.Item())
			}
		}
	}
	for _, c := range on.Account.ServiceCredentials {
		if c.User == u.Name && c.Status == "Active" {
			off("ServiceSpecificCredential", c.ID)
		}
	}
	last, _ := lastUseOf(u)
	all = append(all, change.New("person:Wait", waitingDays(on, last)))
	all = append(append(all, forgetting(on, u.ARN)...), change.New("iam:DeleteUser", u.Name))
	return append(all, orphansOf(on, u)...)
}

// retireRole deletes a role that nobody uses: first it lets nobody in, which can be undone.
func retireRole(on *audit.Fixing, r *account.Role, _ *audit.Finding) []change.Change {
	if strings.HasPrefix(r.Path, "/aws-reserved/") {
		return list(change.New("person:RemovePermissionSet", r.Name))
	}
	all := list(change.New("iam:UpdateAssumeRolePolicy", r.Name, change.Nobody), change.New("person:Wait", waitingDays(on, roleUse(r))))
	all = append(append(all, forgetting(on, r.ARN)...), change.New("iam:DeleteRole", r.Name))
	return append(all, orphans(on, r.AttachedPolicies, r.PermissionsBoundary)...)
}

// orphansOf are those of a user, as far as its policies are known.
func orphansOf(on *audit.Fixing, u *account.User) []change.Change {
	attached, _ := u.AttachedPolicies.Get()
	boundary, _ := u.PermissionsBoundary.Get()
	return orphans(on, attached, boundary)
}

// orphans deletes the account's own policies that nobody has once a user or role is gone.
func orphans(on *audit.Fixing, attached []account.AttachedPolicy, boundary string) (all []change.Change) {
	single := audit.Once(on, "single", func() map[string]bool { // those that one has
		all := map[string]bool{}
		for _, m := range on.Account.Policies {
			all[m.ARN] = m.AttachmentCount+m.BoundaryUseCount == 1 && !account.OfAWS(m.ARN)
		}
		return all
	})
	arns := append(lists.Map(attached, func(a account.AttachedPolicy) string { return a.ARN }), boundary)
	slices.Sort(arns)
	for _, arn := range slices.Compact(arns) {
		if single[arn] {
			all = append(all, change.New("iam:DeletePolicy", arn))
		}
	}
	return all
}

// forgetting takes a user or role that is going to be deleted out of the trust policies of roles, which would name it by
// its unique ID afterwards.
func forgetting(on *audit.Fixing, arn string) (all []change.Change) {
	naming := audit.Once(on, "naming", func() map[string][]*account.Role {
		all := map[string][]*account.Role{}
		for _, r := range on.Account.Roles {
			for _, text := range strings.Split(r.TrustPolicy, `"`) {
				if strings.HasPrefix(text, "arn:") && !slices.Contains(all[text], r) {
					all[text] = append(all[text], r)
				}
			}
		}
		return all
	})
	for _, r := range naming[arn] {
		if text, ok := trustWithout(on, r, arn); ok && r.ARN != arn {
			all = append(all, change.New("iam:UpdateAssumeRolePolicy", r.Name, text))
		}
	}
	return all
}

// byAge puts what is older first.
func byAge[T any](of func(T) time.Time) func(a, b T) int {
	return func(a, b T) int { return cmp.Compare(of(a).UnixNano(), of(b).UnixNano()) }
}
