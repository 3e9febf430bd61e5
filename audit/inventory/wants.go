package inventory

import (
	"cmp"
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// deepFacts are the facts that only a call for a single user tells, even where the answers for everybody are in, and
// their names.
var deepFacts = map[account.Fact]message.Message{
	account.UserPasswordResetRequired: message.New("whether the password must be changed at the next sign-in"),
	account.UserMFADevices:            message.New("MFA devices that are not virtual"),
	account.UserAccessKeyIDs:          message.New("IDs of access keys"),
	account.UserAccessKeysLastUsed:    message.New("last uses of access keys"),
	account.UserCertificateExpiry:     message.New("IDs and ends of signing certificates"),
	account.UserSSHKeys:               message.New("SSH public keys"),
}

// bulkFacts are the facts that the answers for everybody tell, save of a user whom they contradict each other about, or
// who was created since the credential report.
var bulkFacts = []account.Fact{account.UserPassword, account.UserMFA, account.UserAccessKeys, account.UserSigningCertificates}

// want asks for what could still tell something. A deep run asks of each user what that user may have: for the ID of a
// key that is there, but not where the credential report has none. A standard one asks after the few of whom the
// answers for everybody tell nothing.
func (b *builder) want() {
	for _, u := range b.account.Users {
		asked := map[account.Section]bool{}
		ask := func(f account.Fact, uncapped bool) {
			for _, section := range b.account.Unasked(f, u) {
				if !asked[section] {
					asked[section] = true
					b.wants = append(b.wants, account.Want{Section: section, User: u.Name, UserID: u.ID, Uncapped: uncapped})
				}
			}
		}
		deep := b.depth == audit.DepthDeep
		for _, f := range bulkFacts {
			state, _ := u.Fact(f)
			if !state.OK() && (deep || !state.Missing().Whole) {
				ask(f, deep)
			}
		}
		if !deep {
			continue
		}
		for f := range deepFacts {
			state, _ := u.Fact(f)
			if !state.OK() && !state.Missing().Later && !(f == account.UserPasswordResetRequired && withoutPassword(u)) {
				ask(f, true)
			}
		}
	}
	slices.SortFunc(b.wants, func(x, y account.Want) int {
		return cmp.Or(cmp.Compare(x.User, y.User), cmp.Compare(x.Section, y.Section))
	})
}

// withoutPassword reports whether a user is known to have no password.
func withoutPassword(u *account.User) bool {
	has, ok := u.Password.Get()
	return ok && !has
}
