package account

import (
	"strings"
	"testing"
)

func TestRootDeviceIsKnownByItsOwner(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("mallory"))
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtual("root-account-mfa-device", "mallory"), virtualOfRoot("phone")})
	devices := New(s).Root.VirtualMFADevices.Value()
	if len(devices) != 1 || !strings.HasSuffix(devices[0].Serial, "mfa/phone") {
		t.Errorf("got root's devices %+v, want the phone alone", devices)
	}
}

func TestNoRootDeviceOnABrokenListIsNotKnown(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtual("alice", "alice")})
	s.VirtualMFADevices.Complete = false
	silent(t, "none seen", New(s).Root.VirtualMFADevices, "was not read")
	s.VirtualMFADevices.Value = append(s.VirtualMFADevices.Value, virtualOfRoot("phone"))
	if devices, ok := New(s).Root.VirtualMFADevices.Get(); !ok || len(devices) != 1 {
		t.Error("a device that was seen on a broken list does not count")
	}
}

func TestRootFacts(t *testing.T) {
	t.Parallel()
	summary := func(pairs ...any) *Answer[Summary] {
		m := Summary{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = int32(pairs[i+1].(int))
		}
		return read("iam:GetAccountSummary", m)
	}
	for _, test := range []struct {
		name    string
		summary *Answer[Summary]
		report  *Answer[CredentialReport]
		// "yes", "no" or why it is unknown
		password, mfa, keys string
	}{
		{"the summary alone", summary("AccountPasswordPresent", 1, "AccountMFAEnabled", 1, "AccountAccessKeysPresent", 0), nil, "yes", "yes", "no"},
		{"nothing at all", nil, nil, "was not read", "was not read", "was not read"},
		{"a summary without the keys", summary("Users", 3), nil, "no key AccountPasswordPresent", "no key AccountMFAEnabled", "no key AccountAccessKeysPresent"},
		{"a report without a root row", summary("AccountMFAEnabled", 0, "AccountAccessKeysPresent", 0), reportOf(reportColumns, row("alice")), "no root row", "no", "no"},
		{"the report alone", nil, reportOf(reportColumns, rootRow("mfa_active", "true", "access_key_1_active", "true", "access_key_1_last_rotated", "2020-01-01T00:00:00Z")), "yes", "yes", "yes"},
		{"an inactive key", nil, reportOf(reportColumns, rootRow("access_key_2_last_rotated", "2020-01-01T00:00:00Z")), "yes", "no", "yes"},
		{"a summary that is worse than the report", summary("AccountPasswordPresent", 1, "AccountMFAEnabled", 0, "AccountAccessKeysPresent", 1), reportOf(reportColumns, rootRow("password_enabled", "false", "mfa_active", "true")), "yes", "no", "yes"},
		{"a summary that is better than the report", summary("AccountPasswordPresent", 0, "AccountMFAEnabled", 1, "AccountAccessKeysPresent", 0), reportOf(reportColumns, rootRow("access_key_1_active", "true", "access_key_1_last_rotated", "2020-01-01T00:00:00Z")),
			"says AccountPasswordPresent 0, and root's row in the credential report of 2026-11-22 03:00 UTC says password_enabled true", "says AccountMFAEnabled 1, and root's row in the credential report of 2026-11-22 03:00 UTC says mfa_active false",
			"says AccountAccessKeysPresent 0, and root's row in the credential report of 2026-11-22 03:00 UTC says access_key_1_active true"},
		{"not_supported and used", nil, reportOf(reportColumns, rootRow("password_enabled", "not_supported", "password_last_used", "2026-01-01T00:00:00Z")), "yes", "no", "no"},
		{"not_supported and never used", nil, reportOf(reportColumns, rootRow("password_enabled", "not_supported", "password_last_used", "no_information")), "yes", "no", "no"},
		{"not_supported and N/A", nil, reportOf(reportColumns, rootRow("password_enabled", "not_supported")), "does not tell it", "no", "no"},
		{"no root credentials", nil, reportOf(reportColumns, rootRow("password_enabled", "FALSE")), "no", "no", "no"},
	} {
		s := snapshot()
		s.AccountSummary, s.CredentialReport = test.summary, test.report
		root := New(s).Root
		keys := lack[bool](root.AccessKeys.missing)
		if k, ok := root.AccessKeys.Get(); ok {
			keys = know(k.Present)
		}
		for what, check := range map[string]struct {
			got  Known[bool]
			want string
		}{"password": {root.Password, test.password}, "mfa": {root.MFA, test.mfa}, "keys": {keys, test.keys}} {
			switch check.want {
			case "yes", "no":
				says(t, test.name+": "+what, check.got, check.want == "yes")
			default:
				silent(t, test.name+": "+what, check.got, check.want)
			}
		}
	}
}

func TestRootDeviceSeenLiveWinsOverTheReport(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, rootRow("mfa_active", "false"))
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtualOfRoot("phone")})
	says(t, "mfa", New(s).Root.MFA, true)
}

func TestEnabledDeviceWithoutAnOwnerMayBeRoots(t *testing.T) {
	t.Parallel()
	s := snapshot()
	since := longAgo
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{{Serial: "arn:aws:iam::123456789012:mfa/phone", EnabledSince: &since}})
	silent(t, "root's devices", New(s).Root.VirtualMFADevices, "does not say whose the enabled device")
}

func TestRootSaidToHaveNoMFAWithAVirtualDeviceIsAContradiction(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AccountSummary = read("iam:GetAccountSummary", Summary{"AccountMFAEnabled": 0})
	s.VirtualMFADevices = read("iam:ListVirtualMFADevices", []VirtualMFADevice{virtualOfRoot("phone")})
	silent(t, "mfa", New(s).Root.MFA, "although a virtual MFA device is assigned to root")
}

func TestRootUseIsTheLatestOfThree(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, rootRow("password_last_used", "2020-01-01T00:00:00Z", "access_key_2_last_used_date", "2026-11-21T00:00:00Z"))
	at, what := New(s).Root.LastUsed.Value().Latest()
	if what != "access-key-2" || at.Year() != 2026 {
		t.Errorf("got %s at %s, want the second key's use of 2026", what, at)
	}
	s.CredentialReport = reportOf(reportColumns, rootRow("password_last_used", "not_supported", "access_key_1_last_used_date", "2026-11-21T00:00:00Z"))
	root := New(s).Root
	silent(t, "odd cell", root.LastUsed, "password_last_used")
	if at, what := root.SeenUse.Latest(); what != "access-key-1" || at.Year() != 2026 {
		t.Errorf("got %s at %s, want the key's use that was seen beside the odd cell", what, at)
	}
}
