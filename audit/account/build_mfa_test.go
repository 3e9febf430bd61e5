package account

import (
	"strings"
	"testing"
)

func TestVirtualDeviceIsAnMFADeviceWhateverTheReportSays(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "mfa_active", "false"))
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtual("alice", "alice")})
	says(t, "mfa", userNamed(t, New(s), "alice").MFA, true)
}

func TestVirtualDeviceOfANamesakeIsNotTheUsers(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.CredentialReport = reportOf(reportColumns, row("alice", "mfa_active", "false"))
	device := virtual("alice", "alice")
	device.Owner.ID = "AIDAOLDALICEEXAMPLE"
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{device})
	u := userNamed(t, New(s), "alice")
	says(t, "mfa", u.MFA, false)
	if len(u.VirtualMFADevices) != 0 {
		t.Errorf("got the devices %+v of the one who is gone, want none", u.VirtualMFADevices)
	}
}

func TestDeviceKindsAreCountedInBulk(t *testing.T) {
	t.Parallel()
	// Alice and dora have a virtual device. Bob's and carol's rows say that they have some device.
	account := func(inUse, rootMFA int32, own map[string]*UserAnswers) *Account {
		s := snapshot()
		s.CredentialReport = reportOf(reportColumns, row("alice", "mfa_active", "true"), row("bob", "mfa_active", "true"), row("carol", "mfa_active", "true"), row("dora"), row("emil"))
		s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtual("alice", "alice"), virtual("dora", "dora")})
		s.AccountSummary = read("iam:GetAccountSummary", Summary{"MFADevicesInUse": inUse, "AccountMFAEnabled": rootMFA})
		s.PerUser = own
		return New(s)
	}
	own := func(serials ...string) *UserAnswers {
		devices := []ListedMFADevice{}
		for _, serial := range serials {
			devices = append(devices, ListedMFADevice{Serial: serial, EnabledSince: longAgo})
		}
		return &UserAnswers{MFADevices: read("iam:ListMFADevices", devices)}
	}
	for _, test := range []struct {
		name           string
		inUse, rootMFA int32
		own            map[string]*UserAnswers
		known, asked   string // whose devices are known, and who is asked next
	}{
		{"each device in use is virtual, so bob's and carol's rows are contradicted", 2, 0, nil, "alice dora emil", "bob carol"},
		{"root's is the only other one", 3, 1, nil, "alice dora emil", "bob carol"},
		{"two more: those of whom it isn't known are asked first", 4, 0, nil, "emil", "bob carol"},
		{"bob has both", 4, 0, map[string]*UserAnswers{"bob": own("GAHT1", "GAHT2")}, "alice bob dora emil", "carol"},
		{"bob and carol have one each", 4, 0, map[string]*UserAnswers{"bob": own("GAHT1"), "carol": own("GAHT2")}, "alice bob carol dora emil", ""},
		{"a stale row explains nothing: alice or dora has the other one", 4, 0, map[string]*UserAnswers{"bob": own("GAHT1"), "carol": own()}, "bob carol emil", "alice dora"},
	} {
		a := account(test.inUse, test.rootMFA, test.own)
		var known, asked []string
		for _, u := range a.Users {
			if u.MFADevices.OK() {
				known = append(known, u.Name)
			} else if !u.MFADevices.Missing().Later && len(a.Unasked(UserMFADevices, u)) > 0 {
				asked = append(asked, u.Name)
			}
		}
		if got := strings.Join(known, " "); got != test.known {
			t.Errorf("%s: the devices of %q are known, want %q", test.name, got, test.known)
		}
		if got := strings.Join(asked, " "); got != test.asked {
			t.Errorf("%s: got %q to ask, want %q", test.name, got, test.asked)
		}
	}
	says(t, "bob's MFA where the row alone tells", userNamed(t, account(4, 0, nil), "bob").MFA, true)
	silent(t, "bob's MFA where the row is contradicted", userNamed(t, account(2, 0, nil), "bob").MFA, "assigned to somebody else")
}

func TestKindOfMFA(t *testing.T) {
	t.Parallel()
	for serial, want := range map[string]MFAKind{
		"arn:aws:iam::123456789012:mfa/alice":                                   MFAVirtual,
		"arn:aws-cn:iam::123456789012:mfa/division/phone":                       MFAVirtual,
		"arn:aws:iam::123456789012:u2f/user/alice/k-ABCDEFGHIJKLMNOPQRSTUVWXYZ": MFAFIDO,
		"arn:aws:iam::123456789012:u2f/root/k-ABCDEFGHIJKLMNOPQRSTUVWXYZ":       MFAFIDO,
		"arn:aws:iam::123456789012:sms-mfa/alice":                               MFASMS,
		"arn:aws:iam::123456789012:new-thing/alice":                             MFAOther,
		"GAHT12345678": MFAHardware,
	} {
		if got := KindOfMFA(serial); got != want {
			t.Errorf("%s: got %s, want %s", serial, got, want)
		}
	}
}
