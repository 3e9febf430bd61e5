package rules_test

import (
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

// Order is part of a fix: a credential is deleted after it was deactivated and somebody looked, and no user, role or group
// goes that was used in the 90 days before.
func TestFixesDeleteLast(t *testing.T) {
	t.Parallel()
	deleted := 0
	for _, f := range []*fixed{
		fixable("demo", emulator.Demo(fixesNow), audit.Options{Thresholds: audit.DefaultThresholds()}),
		fixable("strict", emulator.Demo(fixesNow), audit.Options{Thresholds: strict()}),
		fixable("messy", emulator.Messy(6, 7, fixesNow), audit.Options{Thresholds: audit.DefaultThresholds()}),
	} {
		findings, fixes := f.fixesOf(t, "")
		for i, fix := range fixes {
			deactivated, looked, waited := map[any]bool{}, map[any]bool{}, 0
			for _, c := range fix {
				id, isCredential := credentialOf(c)
				switch stage := c.Stage(); {
				case stage == change.Deactivate:
					deactivated[id] = true
				case stage == change.Wait, stage == change.Watch:
					for id := range deactivated {
						looked[id] = true
					}
					if days, is := c.With["Days"].(int); is {
						waited += days
					}
				case isCredential && stage == change.Delete:
					deleted++
					if !looked[id] && f.active(c.With["UserName"], id) {
						t.Errorf("%s: %s: got %v, want %s deactivated, and somebody looking, before it is deleted", f.name, findings[i].Rule, fix, id)
					}
				}
				last, is := f.lastUse(c)
				if quiet := fixesNow.AddDate(0, 0, waited).Sub(last); is && quiet < 90*24*time.Hour {
					t.Errorf("%s: %s: got %v, which was used %v before, want 90 days", f.name, findings[i].Rule, c, quiet)
				}
			}
		}
	}
	if deleted < 20 {
		t.Errorf("got %d credentials deleted, want 20 at least", deleted)
	}
}

// strict are limits within which what was used lately fails already.
func strict() audit.Thresholds {
	limits := audit.DefaultThresholds()
	limits.UserInactiveDays, limits.RoleUnusedDays, limits.AccessKeyInactiveDays = 10, 2, 1
	return limits
}

func credentialOf(c change.Change) (id any, is bool) {
	for _, name := range []string{"AccessKeyId", "SSHPublicKeyId", "CertificateId", "ServiceSpecificCredentialId"} {
		if id, is = c.With[name]; is {
			return id, true
		}
	}
	return nil, false
}

// active reports whether a credential of a user works.
func (f *fixed) active(user, id any) bool {
	name, _ := user.(string)
	u := f.on.Account.User(name)
	for _, k := range u.AccessKeys.Value() {
		if k.Item() == id {
			return k.Active
		}
	}
	for _, c := range f.on.Account.ServiceCredentials {
		if c.ID == id {
			return c.Status == "Active"
		}
	}
	return true
}

// lastUse is when what a change deletes was used last, or made: a user, role or group.
func (f *fixed) lastUse(c change.Change) (at time.Time, is bool) {
	text := func(name string) string {
		text, _ := c.With[name].(string)
		return text
	}
	switch c.Action {
	case "iam:DeleteUser":
		u := f.on.Account.User(text("UserName"))
		at = u.PasswordLastUsed.Value()
		for _, k := range u.AccessKeys.Value() {
			if used := k.LastUsed.Value().At; used.After(at) {
				at = used
			}
		}
		return at, true
	case "iam:DeleteRole":
		for _, r := range f.on.Account.Roles {
			if r.Name == text("RoleName") && r.LastUsed != nil {
				at = *r.LastUsed
			} else if r.Name == text("RoleName") {
				at = r.Created
			}
		}
		return at, true
	case "iam:DeleteGroup":
		return f.on.Group(text("GroupName")).Created, true
	}
	return at, false
}

// The fixes of all failures of a rule can be put together, equal changes once, and clear them all.
func TestFixesOfARuleGoTogether(t *testing.T) {
	t.Parallel()
	for _, f := range []*fixed{fixable("demo", emulator.Demo(fixesNow), audit.Options{Thresholds: audit.DefaultThresholds()})} {
		for _, rule := range rules.Catalogue() {
			var all []change.Change
			seen := map[string]bool{}
			_, fixes := f.fixesOf(t, rule.ID)
			for _, fix := range fixes {
				for _, c := range fix {
					if words := c.String() + strings.Join([]string{text(c, "PolicyDocument"), text(c, "AsIf")}, " "); !seen[words] || c.Stage() == change.Wait {
						seen[words] = true
						all = append(all, c)
					}
				}
			}
			if len(all) == 0 {
				continue
			}
			after, err := made(f.snapshot, all)
			if err != nil {
				t.Errorf("%s: %s: got %v, want %v", f.name, rule.ID, err, all)
				continue
			}
			report, _ := audit.Evaluate(after, []*audit.Rule{rule}, f.options)
			for _, still := range report.Findings {
				if still.Status == audit.StatusFail {
					t.Errorf("%s: %s: got %s failing (%s), want all cleared by %v", f.name, rule.ID, audit.Short(still.Resource, still.Item), still.Message, all)
				}
			}
		}
	}
}

func text(c change.Change, name string) string {
	text, _ := c.With[name].(string)
	return text
}

// made is a snapshot after changes, with what AWS wants first.
func made(s *account.Snapshot, changes []change.Change) (*account.Snapshot, error) {
	steps, err := change.Complete(s, changes...)
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		if s, err = change.Apply(s, step.Change); err != nil {
			return nil, err
		}
	}
	return s, nil
}
