package account

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReportIsReadByColumnName(t *testing.T) {
	t.Parallel()
	reversed := slices.Clone(reportColumns)
	slices.Reverse(reversed)
	upper := strings.Split(strings.ToUpper(strings.Join(reportColumns, ",")), ",")
	alice := row("alice", "password_enabled", "TRUE", "mfa_active", "True", "password_last_used", "2026-11-01T10:00:00Z",
		"password_last_changed", "2026-10-01T09:00:00+09:00", "access_key_2_active", "true", "access_key_2_last_rotated", "2026-09-01T00:00:00+00:00",
		"access_key_2_last_used_date", "2026-11-20T01:00:00Z", "access_key_2_last_used_service", "s3", "access_key_2_last_used_region", "N/A",
		"additional_credentials_info", "N/A")
	for name, columns := range map[string][]string{
		"22 columns":  reportColumns,
		"23 columns":  append(slices.Clone(reportColumns), "additional_credentials_info"),
		"reversed":    reversed,
		"upper case":  upper,
		"unknown one": append(slices.Clone(reportColumns), "something_new"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := snapshot()
			s.CredentialReport = reportOf(columns, alice)
			u := userNamed(t, New(s), "alice")
			says(t, "password", u.Password, true)
			says(t, "mfa", u.MFA, true)
			says(t, "last used", u.PasswordLastUsed, time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC))
			says(t, "last changed", u.PasswordLastChanged, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
			keys := u.AccessKeys.Value()
			if len(keys) != 1 || keys[0].Slot != 2 || !keys[0].Active || keys[0].Item() != "access-key-2" {
				t.Fatalf("got keys %+v, want the active key 2 alone", keys)
			}
			if use := keys[0].LastUsed.Value(); use.Service != "s3" || use.At.IsZero() {
				t.Errorf("got the last use %+v, want s3 on 2026-11-20", use)
			}
		})
	}
}

func TestMissingColumnIsAFactUnknown(t *testing.T) {
	t.Parallel()
	s := snapshot()
	columns := slices.DeleteFunc(slices.Clone(reportColumns), func(c string) bool { return c == "mfa_active" })
	s.CredentialReport = reportOf(columns, row("alice", "password_enabled", "true", "password_last_changed", "2026-10-01T09:00:00Z"))
	u := userNamed(t, New(s), "alice")
	silent(t, "mfa", u.MFA, "no column mfa_active")
	if why := u.MFA.Missing().Message(); why.Format != "the credential report has no column %s" || len(why.Args) != 1 {
		t.Errorf("got the reason %#v, want a format with the column as its argument", why)
	}
	says(t, "password", u.Password, true)
}

func TestOddCellsAreFactsUnknown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		column, cell string
		fact         Fact
	}{
		{"mfa_active", "maybe", UserMFA},
		{"mfa_active", "", UserMFA},
		{"password_enabled", "not_supported", UserPassword},
		{"password_last_used", "yesterday", UserPasswordLastUsed},
		{"access_key_1_active", "tru", UserAccessKeys},
		{"access_key_2_last_rotated", "2026-13-01T00:00:00Z", UserAccessKeys},
		{"access_key_1_active", "true", UserAccessKeys}, // an active key without its date
		{"cert_1_last_rotated", "x", UserSigningCertificates},
		{"cert_2_active", "x", UserSigningCertificates},
	} {
		s := snapshot()
		s.CredentialReport = reportOf(reportColumns, row("alice", test.column, test.cell), row("bob"))
		a := New(s)
		state, ok := userNamed(t, a, "alice").Fact(test.fact)
		if !ok || state.OK() {
			t.Errorf("%s=%q: %s is known, want it unknown", test.column, test.cell, test.fact)
		} else if !strings.Contains(state.Missing().String(), test.column[:8]) || state.Missing().Whole {
			t.Errorf("%s=%q: got the reason %+v, want one that names the column, of this user alone", test.column, test.cell, state.Missing())
		}
		if state, _ := userNamed(t, a, "bob").Fact(test.fact); !state.OK() {
			t.Errorf("%s=%q: bob's %s is unknown too", test.column, test.cell, test.fact)
		}
	}
}

func TestPasswordWithoutADateOfChangeIsUnknown(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "password_enabled", "true"))
	silent(t, "last changed", userNamed(t, New(s), "alice").PasswordLastChanged, "password_last_changed")
}

func TestMoreKeysThanTheReportHoldsAreUnknown(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(append(slices.Clone(reportColumns), "additional_credentials_info"),
		row("alice", "additional_credentials_info", "1 additional access key: iam:ListAccessKeys"))
	silent(t, "keys", userNamed(t, New(s), "alice").AccessKeys, "additional_credentials_info")
}

func TestInactiveKeyKeepsItsDate(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "access_key_1_last_rotated", "2025-01-01T00:00:00Z"))
	keys := userNamed(t, New(s), "alice").AccessKeys.Value()
	if len(keys) != 1 || keys[0].Active || keys[0].Slot != 1 {
		t.Fatalf("got %+v, want one inactive key", keys)
	}
}

func TestRowsJoinUsersByNameAndCreation(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"), detail("bob"), detail("carol"))
	s.AuthorizationDetails.Value.Users[1].Created = now.Add(-time.Hour) // bob was recreated after the report
	s.AuthorizationDetails.Value.Users[2].Created = now.Add(-time.Hour) // carol is new
	s.CredentialReport = reportOf(reportColumns, row("alice", "mfa_active", "true"), row("bob", "mfa_active", "true"))
	a := New(s)
	says(t, "alice", userNamed(t, a, "alice").MFA, true)
	silent(t, "bob", userNamed(t, a, "bob").MFA, "another user, who had that name before")
	silent(t, "carol", userNamed(t, a, "carol").MFA, "created after the credential report")
	if got := a.Unasked(UserMFA, userNamed(t, a, "bob")); !slices.Equal(got, []Section{MFADevicesSection}) {
		t.Errorf("got %v to ask for bob, want bob's MFA devices", got)
	}
}

func TestUsersOfTheReportAloneAreDeletedOnlyAgainstALaterCompleteList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*Snapshot)
		exists bool
	}{
		{"a complete list after the report", func(*Snapshot) {}, false},
		{"an incomplete list", func(s *Snapshot) { s.AuthorizationDetails.Complete = false }, true},
		{"a list that began before the report", func(s *Snapshot) { s.AuthorizationDetails.Began = reportAt.Add(-time.Second) }, true},
		{"no list", func(s *Snapshot) { s.AuthorizationDetails = nil }, true},
		{"the other list", func(s *Snapshot) {
			s.AuthorizationDetails = nil
			s.Users = read("iam:ListUsers", []ListedUser{})
		}, false},
	} {
		s := snapshot()
		s.AuthorizationDetails = detailed(detail("alice"))
		s.CredentialReport = reportOf(reportColumns, row("dave", "arn", "arn:aws:iam::123456789012:user/division/dave"))
		test.change(s)
		a := New(s)
		exists := slices.ContainsFunc(a.Users, func(u *User) bool { return u.Name == "dave" && u.Path == "/division/" })
		if exists != test.exists {
			t.Errorf("%s: dave exists: %v, want %v", test.name, exists, test.exists)
		}
	}
}

func TestIncompleteListOfUsersIsNotACount(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.AuthorizationDetails.Complete = false
	s.Gaps = []Gap{{Section: AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: "Throttling", Message: "Rate exceeded"}}
	a := New(s)
	silent(t, "users", a.UserCount, "Throttling")
	silent(t, "groups", a.GroupCount, "Rate exceeded")
	if len(a.Users) != 1 {
		t.Errorf("got %d users, want the one that was seen", len(a.Users))
	}
}

func TestRecreatedUserIsTheYoungerOne(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.AuthorizationDetails.Value.Users[0].Groups = []string{"administrators"}
	s.Users = read("iam:ListUsers", []ListedUser{{Name: "alice", ID: "AIDANEWALICEEXAMPLE", ARN: "arn:aws:iam::123456789012:user/alice", Path: "/", Created: now.Add(-time.Minute)}})
	u := userNamed(t, New(s), "alice")
	if u.ID != "AIDANEWALICEEXAMPLE" {
		t.Errorf("got the user %s, want the younger one", u.ID)
	}
	silent(t, "groups", u.Groups, "do not list this user")
}

func TestLiveAnswersWinOverTheReport(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.CredentialReport = reportOf(reportColumns, row("alice", "password_enabled", "true", "password_last_changed", "2026-10-01T09:00:00Z", "mfa_active", "false",
		"access_key_1_active", "true", "access_key_1_last_rotated", "2026-01-01T00:00:00+00:00", "access_key_1_last_used_date", "2026-11-01T00:00:00Z"))
	s.PerUser = map[string]*UserAnswers{"alice": {
		ID:           "AIDAALICEEXAMPLE",
		LoginProfile: read[*LoginProfile]("iam:GetLoginProfile", nil),
		MFADevices:   read("iam:ListMFADevices", []ListedMFADevice{{Serial: "arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEFGHIJKLMNOPQRSTUVWXYZ", EnabledSince: longAgo}}),
		AccessKeys: read("iam:ListAccessKeys", []ListedAccessKey{
			{ID: "AKIAIOSFODNN7EXAMPLE", Status: "Inactive", Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
			{ID: "AKIAI44QH8DHBEXAMPLE", Status: "Active", Created: now.Add(-time.Hour)},
		}),
	}}
	u := userNamed(t, New(s), "alice")
	says(t, "password", u.Password, false)
	says(t, "reset required", u.PasswordResetRequired, false)
	says(t, "mfa", u.MFA, true)
	if devices := u.MFADevices.Value(); len(devices) != 1 || devices[0].Kind != MFAFIDO {
		t.Errorf("got devices %+v, want one FIDO key", devices)
	}
	keys := u.AccessKeys.Value()
	if len(keys) != 2 || keys[1].ID != "AKIAIOSFODNN7EXAMPLE" || keys[1].Active || !keys[0].Active {
		t.Fatalf("got keys %+v, want the old one inactive and the new one active", keys)
	}
	if use := keys[1].LastUsed.Value(); use.At.Month() != time.November {
		t.Errorf("got the last use %v, want that of the report, joined by the key's date", use)
	}
	silent(t, "the new key's last use", keys[0].LastUsed, "was not read")
}

func TestLiveAnswersOfANamesakeDoNotCount(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"))
	s.CredentialReport = reportOf(reportColumns, row("alice", "mfa_active", "false"))
	s.PerUser = map[string]*UserAnswers{"alice": {ID: "AIDAOTHEREXAMPLE", MFADevices: read("iam:ListMFADevices", []ListedMFADevice{{Serial: "GAHT12345678"}})}}
	says(t, "mfa", userNamed(t, New(s), "alice").MFA, false)
}

func TestKeysOfTheSameSecondAreNotMatched(t *testing.T) {
	t.Parallel()
	s := snapshot()
	date := "2026-01-01T00:00:00Z"
	s.CredentialReport = reportOf(reportColumns, row("alice", "access_key_1_active", "true", "access_key_1_last_rotated", date, "access_key_1_last_used_date", "2026-11-01T00:00:00Z",
		"access_key_2_active", "true", "access_key_2_last_rotated", date))
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.PerUser = map[string]*UserAnswers{"alice": {AccessKeys: read("iam:ListAccessKeys", []ListedAccessKey{{"AKIAIOSFODNN7EXAMPLE", "Active", at}, {"AKIAI44QH8DHBEXAMPLE", "Active", at}})}}
	u := userNamed(t, New(s), "alice")
	for _, key := range u.AccessKeys.Value() {
		silent(t, key.ID, key.LastUsed, "was not read")
	}
	state, _ := u.Fact(UserAccessKeysLastUsed)
	silent(t, "all keys' last use", state, "was not read")
}

func TestUserWhoIsGoneIsNoUser(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed(detail("alice"), detail("bob"))
	s.PerUser = map[string]*UserAnswers{"alice": {ID: "AIDAALICEEXAMPLE", Gone: read("iam:ListMFADevices", true)}}
	a := New(s)
	if len(a.Users) != 1 || a.Users[0].Name != "bob" {
		t.Errorf("got %d users, want bob alone", len(a.Users))
	}
}

func TestPasswordThatWasUsedSinceTheReportIsNotNone(t *testing.T) {
	t.Parallel()
	s := snapshot()
	used := now.Add(-time.Hour)
	s.CredentialReport = reportOf(reportColumns, row("alice"))
	s.Users = read("iam:ListUsers", []ListedUser{{Name: "alice", ID: "AIDAALICEEXAMPLE", ARN: "arn:aws:iam::123456789012:user/alice", Path: "/", Created: longAgo, PasswordLastUsed: &used}})
	silent(t, "password", userNamed(t, New(s), "alice").Password, "one was used since")
	used = reportAt.Add(-time.Hour)
	says(t, "used before the report", userNamed(t, New(s), "alice").Password, false)
}

func TestEmptyListAgainstTheSummaryIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.AuthorizationDetails = detailed()
	s.Users = read("iam:ListUsers", []ListedUser{})
	s.CredentialReport = reportOf(reportColumns, row("alice"))
	s.AccountSummary = read("iam:GetAccountSummary", Summary{"Users": 1, "Groups": 2})
	a := New(s)
	if len(a.Users) != 1 {
		t.Errorf("got %d users, want alice, whom the report knows", len(a.Users))
	}
	silent(t, "groups", a.GroupCount, "says Users 1, and the list has 0")
	s.CredentialReport = reportOf(reportColumns)
	silent(t, "users", New(s).UserCount, "says Users 1, and the list has 0")
	s.AccountSummary.Value["Users"] = 0
	says(t, "users of an empty account", New(s).UserCount, 0)
}

func TestPartOfAnAnswerAboutOneUserIsNone(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "password_enabled", "true", "password_last_changed", "2026-10-01T09:00:00Z"))
	profile := read[*LoginProfile]("iam:GetLoginProfile", nil)
	profile.Complete = false
	gone := read("iam:ListMFADevices", true)
	gone.Complete = false
	s.PerUser = map[string]*UserAnswers{"alice": {LoginProfile: profile, Gone: gone}}
	says(t, "password", userNamed(t, New(s), "alice").Password, true)
	s.CredentialReport.Complete = false
	silent(t, "the report", New(s).Root.LastUsed, "was not read")
}

func TestOldLoginProfileIsALowerBoundOfTheLastChange(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "password_enabled", "true", "password_last_changed", "odd"))
	s.PerUser = map[string]*UserAnswers{"alice": {LoginProfile: read("iam:GetLoginProfile", &LoginProfile{Created: longAgo})}}
	u := userNamed(t, New(s), "alice")
	says(t, "last changed", u.PasswordLastChanged, longAgo)
	if !u.PasswordSince {
		t.Error("the date of an old login profile is taken for that of the last change")
	}
	s.PerUser["alice"].LoginProfile.Value.Created = now.Add(-time.Minute)
	if userNamed(t, New(s), "alice").PasswordSince {
		t.Error("a login profile made since the report is not taken for the last change")
	}
}

func TestDeclinedCallsAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice", "access_key_1_active", "true", "access_key_1_last_rotated", "2026-01-01T00:00:00Z"))
	if got := New(s).Unasked(UserAccessKeyIDs, userNamed(t, New(s), "alice")); len(got) != 1 {
		t.Fatalf("got %v to ask, want the list of keys", got)
	}
	s.Declined = []Decline{{Section: AccessKeysSection, Users: []string{"alice"}, Reason: "too many"}}
	a := New(s)
	if got := a.Unasked(UserAccessKeyIDs, userNamed(t, a, "alice")); len(got) != 0 {
		t.Errorf("got %v to ask, want nothing", got)
	}
	state, _ := userNamed(t, a, "alice").Fact(UserAccessKeyIDs)
	silent(t, "the IDs", state, "too many")
}

func TestValueOfAnUnknownFactPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if _, ok := recover().(UnknownFact); !ok {
			t.Error("reading an unknown fact did not panic with UnknownFact")
		}
	}()
	Known[bool]{}.Value()
}

// Thousands of users lack the same facts, and share what says why; a user whose call failed has words of their own.
func TestUsersShareWhatTheyLack(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = reportOf(reportColumns, row("alice"), row("bob"), row("carol"), row("dave"))
	s.Declined = []Decline{{Section: SSHPublicKeysSection, Users: []string{"alice", "bob"}, Reason: "too many"}}
	s.Gaps = []Gap{{Section: SSHPublicKeysSection, Resource: "dave", Action: "iam:ListSSHPublicKeys", Code: "AccessDenied", Message: "no"}}
	a := New(s)
	lacks := func(name string) *Missing { return userNamed(t, a, name).SSHKeys.missing }
	if lacks("alice") != lacks("bob") || lacks("alice") == lacks("carol") || lacks("carol") == lacks("dave") {
		t.Errorf("got %v, %v, %v and %v, want the first two shared and the others their own", lacks("alice"), lacks("bob"), lacks("carol"), lacks("dave"))
	}
	for name, want := range map[string]string{"bob": "were not read; too many", "carol": "were not read", "dave": "AccessDenied"} {
		silent(t, name, &userNamed(t, a, name).SSHKeys, want)
	}
}
