package diff_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/diff"
)

// losses take something away from a snapshot, as a call that failed does.
func losses() map[string]func(s *account.Snapshot) {
	all := map[string]func(s *account.Snapshot){}
	for _, d := range account.Descriptors() {
		section := d.Section
		if section.PerUser() {
			all["users' "+string(section)] = func(s *account.Snapshot) {
				for _, u := range s.PerUser {
					u.Forget(section)
				}
			}
			continue
		}
		all[string(section)] = func(s *account.Snapshot) {
			s.Forget(section)
			s.Gaps = append(s.Gaps, account.Gap{Section: section, Action: "aws:Call", Code: "AccessDenied", Message: "no"})
		}
	}
	all["all live answers"] = func(s *account.Snapshot) { s.PerUser = nil }
	all["live answers and the report"] = func(s *account.Snapshot) { s.PerUser, s.CredentialReport = nil, nil }
	all["half of the details"] = func(s *account.Snapshot) {
		r := s.AuthorizationDetails
		r.Complete = false
		r.Value.Users, r.Value.Groups = half(r.Value.Users), half(r.Value.Groups)
		r.Value.Roles, r.Value.Policies = half(r.Value.Roles), half(r.Value.Policies)
		s.Gaps = append(s.Gaps, account.Gap{Section: account.AuthorizationDetailsSection, Action: r.Action, Code: "Throttling", Message: "Rate exceeded"})
	}
	all["half of both lists of users"] = func(s *account.Snapshot) {
		all["half of the details"](s)
		s.Users.Complete, s.Users.Value = false, half(s.Users.Value)
		s.Gaps = append(s.Gaps, account.Gap{Section: account.UsersSection, Action: s.Users.Action, Code: "Throttling", Message: "Rate exceeded"})
	}
	all["half of both lists of users, and the report"] = func(s *account.Snapshot) {
		all["half of both lists of users"](s)
		s.CredentialReport = nil
	}
	all["half of the virtual devices"] = func(s *account.Snapshot) {
		s.VirtualMFADevices.Complete, s.VirtualMFADevices.Value = false, half(s.VirtualMFADevices.Value)
		s.Gaps = append(s.Gaps, account.Gap{Section: account.VirtualMFADevicesSection, Action: "iam:ListVirtualMFADevices", Code: "Throttling", Message: "Rate exceeded"})
		for _, u := range s.PerUser {
			u.MFADevices = nil
		}
	}
	all["half of the service credentials"] = func(s *account.Snapshot) {
		s.ServiceCredentials.Complete, s.ServiceCredentials.Value = false, half(s.ServiceCredentials.Value)
		s.Gaps = append(s.Gaps, account.Gap{Section: account.ServiceCredentialsSection, Action: "iam:ListServiceSpecificCredentials", Code: "Throttling", Message: "Rate exceeded"})
	}
	return all
}

func half[T any](list []T) []T { return list[:len(list)/2] }

// mixed is two days of which one lacks an answer.
type mixed struct {
	name     string
	old, new diff.Side
}

// Whatever could not be read on one side: nothing that is the same on both is told as a change, nothing is fixed for
// it, and what fails again was at most unknown. So it is between snapshots, between reports, and in any mix.
func TestALossIsNoNews(t *testing.T) {
	t.Parallel()
	// Of one user the demo's credential report and the live answers differ, as they do for four hours after a change.
	before := demo()
	removeUser(before, "invoice-mailer")
	later := aDayLater(t, before)
	o, n := judged(clone(t, before)), judged(later)
	oldReport, newReport := reported(t, o), reported(t, n)
	for name, lose := range losses() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			oldLess, newLess := clone(t, before), clone(t, later)
			lose(oldLess)
			lose(newLess)
			less, lessNow := judged(oldLess), judged(newLess)
			lessReport, lessReportNow := reported(t, less), reported(t, lessNow)
			for _, mix := range []mixed{
				{"lost in the new snapshot", o, lessNow},
				{"lost in the new report", oldReport, lessReportNow},
				{"lost in the new report, after a snapshot", o, lessReportNow},
				{"lost in the new snapshot, after a report", oldReport, lessNow},
			} {
				d := diff.Compare(mix.old, mix.new)
				wantLines(t, "changes, "+mix.name, told(d.Changes))
				wantLines(t, "findings, "+mix.name, found(d, diff.Fixed, diff.NoLongerApplies, diff.Decided, diff.New, diff.Worse))
			}
			for _, mix := range []mixed{
				{"lost in the old snapshot", less, n},
				{"lost in the old report", lessReport, newReport},
				{"lost in the old report, before a snapshot", lessReport, n},
				{"lost in the old snapshot, before a report", less, newReport},
			} {
				d := diff.Compare(mix.old, mix.new)
				wantLines(t, "changes, "+mix.name, told(d.Changes))
				wantLines(t, "findings, "+mix.name, found(d, diff.Fixed, diff.NoLongerApplies, diff.NewlyUnknown))
				for _, f := range d.Of(diff.New) {
					if f.Was != diff.Unknown {
						t.Errorf("got %s of %s new, %s: it was %s, want it to have been unknown", f.Rule, f.Subject(), mix.name, f.Was)
					}
				}
			}
		})
	}
}

// The same sides give the same bytes, and the other way round what came went.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	next := aDayLater(t, demo())
	removeUser(next, "kondo.emi")
	removeUser(next, "watanabe.sota")
	o, n := judged(demo()), judged(clone(t, next))
	first, err := json.Marshal(diff.Compare(o, n))
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := json.Marshal(diff.Compare(o, n))
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("got other bytes, or %v, want the same each time", err)
		}
	}
	kinds := func(d *diff.Diff) (list []diff.ChangeKind) {
		for _, c := range d.Changes {
			if c.Area == diff.AreaUsers {
				list = append(list, c.Kind)
			}
		}
		return list
	}
	if got := kinds(diff.Compare(n, o)); !slices.Equal(got, []diff.ChangeKind{diff.Added, diff.Added}) {
		t.Errorf("got %v the other way round, want two users added", got)
	}
}
