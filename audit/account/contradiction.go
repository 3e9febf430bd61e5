package account

import (
	"sekisho/audit/message"
)

// numbers compares the account summary with the lists that it counts. Nobody knows which of two is right, so that the
// list is not whole.
func (f *sifter) numbers() {
	s := f.s
	if s.AccountSummary == nil || !s.AccountSummary.Complete {
		return
	}
	if d := s.AuthorizationDetails; d != nil && d.Complete {
		own := len(d.Value.Policies)
		for _, p := range d.Value.Policies {
			if OfAWS(p.ARN) {
				own--
			}
		}
		of := AuthorizationDetailsAnswer.Descriptor
		whole := f.equal(of, "Users", len(d.Value.Users))
		whole = f.equal(of, "Groups", len(d.Value.Groups)) && whole
		whole = f.listed(of, "Roles", len(d.Value.Roles)) && whole
		whole = f.listed(of, "Policies", own) && whole
		s.AuthorizationDetails = doubted(d, whole)
	}
	if r := s.Users; r != nil && r.Complete {
		s.Users = doubted(r, f.equal(UsersAnswer.Descriptor, "Users", len(r.Value)))
	}
	if r := s.ServerCertificates; r != nil && r.Complete {
		s.ServerCertificates = doubted(r, f.listed(ServerCertificatesAnswer.Descriptor, "ServerCertificates", len(r.Value)))
	}
	if r := s.VirtualMFADevices; r != nil && r.Complete {
		s.VirtualMFADevices = doubted(r, f.assigned(r))
	}
}

// doubted is a list that is not whole where a number says so.
func doubted[T any](a *Answer[T], whole bool) *Answer[T] {
	if whole {
		return a
	}
	part := *a
	part.Complete = false
	return &part
}

// equal reports whether the summary counts as many as a list has.
func (f *sifter) equal(d *Descriptor, key string, n int) bool {
	counted, known := f.s.AccountSummary.Value[key]
	if known && int(counted) != n {
		f.contradict(d, AccountSummarySection, message.New("the account summary says %s %d, and the list has %d", key, counted, n))
		return false
	}
	return true
}

// listed reports whether a list has all that the summary counts. That it has more is worth a note: what AWS leaves out
// of these numbers is written nowhere.
func (f *sifter) listed(d *Descriptor, key string, n int) bool {
	counted, known := f.s.AccountSummary.Value[key]
	if known && int(counted) < n {
		f.notes = append(f.notes, message.New("the account summary says %s %d, and the list has %d: AWS may count others", key, counted, n))
		return true
	}
	return f.equal(d, key, n)
}

// assigned reports whether the summary counts the virtual devices that users have in use. It counts those of other kinds
// too; whether it counts root's is written nowhere.
func (f *sifter) assigned(r *Answer[[]VirtualMFADevice]) bool {
	n := 0
	for _, d := range r.Value {
		if d.Assigned() && d.Owner != nil && !d.Owner.isRoot(f.s.Caller.AccountID) {
			n++
		}
	}
	counted, known := f.s.AccountSummary.Value["MFADevicesInUse"]
	if known && int(counted) < n {
		f.contradict(VirtualMFADevicesAnswer.Descriptor, AccountSummarySection, message.New("the account summary says MFADevicesInUse %d, and at least %d are in use", counted, n))
		return false
	}
	return true
}

// contradict notes that an answer and that of another section contradict each other.
func (f *sifter) contradict(d *Descriptor, other Section, why message.Message) {
	f.gap(d.Section, "", d.Action(), Contradiction, why)
	f.contradicted = append(f.contradicted, d.Section, other)
}
