package emulator_test

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// full is the demo account with what it lacks: a virtual device of root's, a boundary, federation, an odd document.
func full() *account.Snapshot {
	s := emulator.Demo(now)
	enabled, used := now.Add(-time.Hour), now.Add(-90*time.Minute)
	s.VirtualMFADevices.Value = append(s.VirtualMFADevices.Value, account.VirtualMFADevice{
		Serial: "arn:aws:iam::123456789012:mfa/any-name", EnabledSince: &enabled,
		Owner: &account.MFAOwner{ID: "123456789012", ARN: "arn:aws:iam::123456789012:root", Created: &used, PasswordLastUsed: &used},
	})
	d := &s.AuthorizationDetails.Value
	d.Users[0].PermissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	d.Roles[0].PermissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	d.Roles[0].Tags = []account.Tag{{Key: "a<b>&\"c\"", Value: "+ %41 'x' \u202e日本"}}
	d.Groups[0].InlinePolicies = []account.InlinePolicy{{Name: "odd", Document: "{\n\t\"a+b\": \"50% & <c> ~é日本\"}"}}
	s.SAMLProviders.Value = []account.Provider{{ARN: "arn:aws:iam::123456789012:saml-provider/idp", Created: &used, ValidUntil: &enabled}}
	s.OIDCProviders.Value = []account.Provider{{ARN: "arn:aws:iam::123456789012:oidc-provider/token.example"}}
	return s
}

func TestListsComeBackAsTheSnapshotHasThem(t *testing.T) {
	t.Parallel()
	s := full()
	_, c := serve(t, s, emulator.Options{})
	for _, size := range []string{"1", "7", "1000"} {
		if got, want := c.users(size), s.Users.Value; !reflect.DeepEqual(got, want) {
			t.Errorf("users in pages of %s: got %v, want %v", size, got, want)
		}
		if got, want := c.virtualMFADevices(size), s.VirtualMFADevices.Value; !reflect.DeepEqual(got, want) {
			t.Errorf("virtual devices in pages of %s: got %v, want %v", size, got, want)
		}
		if got, want := c.details(size), s.AuthorizationDetails.Value; !reflect.DeepEqual(got, want) {
			t.Errorf("authorization details in pages of %s: got %v, want %v", size, got, want)
		}
	}
	if got, want := c.report(), s.CredentialReport.Value; got != want {
		t.Errorf("credential report: got %v, want %v", got, want)
	}
}

func TestSingleAnswers(t *testing.T) {
	t.Parallel()
	s := full()
	s.PasswordPolicy.Value.ExpirePasswords, s.PasswordPolicy.Value.MaxPasswordAgeDays = true, 180
	_, c := serve(t, s, emulator.Options{})

	identity := read[struct {
		Arn     string `xml:"GetCallerIdentityResult>Arn"`
		UserID  string `xml:"GetCallerIdentityResult>UserId"`
		Account string `xml:"GetCallerIdentityResult>Account"`
	}](c, "sts:GetCallerIdentity")
	if identity.Arn != s.Caller.ARN || identity.UserID != s.Caller.UserID || identity.Account != s.Caller.AccountID {
		t.Errorf("caller: got %v, want %v", identity, s.Caller)
	}

	summary := read[struct {
		Entries []struct {
			Key   string `xml:"key"`
			Value int32  `xml:"value"`
		} `xml:"GetAccountSummaryResult>SummaryMap>entry"`
	}](c, "iam:GetAccountSummary")
	got := account.Summary{}
	for _, e := range summary.Entries {
		got[e.Key] = e.Value
	}
	if !reflect.DeepEqual(got, s.AccountSummary.Value) {
		t.Errorf("summary: got %v, want %v", got, s.AccountSummary.Value)
	}

	aliases := read[struct {
		Aliases []string `xml:"ListAccountAliasesResult>AccountAliases>member"`
	}](c, "iam:ListAccountAliases")
	if !reflect.DeepEqual(aliases.Aliases, s.AccountAliases.Value) {
		t.Errorf("aliases: got %v, want %v", aliases.Aliases, s.AccountAliases.Value)
	}

	policy := read[struct {
		Policy struct {
			MinimumPasswordLength, MaxPasswordAge, PasswordReusePrevention                                          int32
			RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters, ExpirePasswords bool
		} `xml:"GetAccountPasswordPolicyResult>PasswordPolicy"`
	}](c, "iam:GetAccountPasswordPolicy").Policy
	if policy.MinimumPasswordLength != 12 || policy.MaxPasswordAge != 180 || policy.PasswordReusePrevention != 5 || policy.RequireSymbols ||
		!policy.RequireNumbers || !policy.RequireUppercaseCharacters || !policy.RequireLowercaseCharacters || !policy.ExpirePasswords {
		t.Errorf("password policy: got %+v, want that of the snapshot, %+v", policy, *s.PasswordPolicy.Value)
	}

	saml := read[struct {
		Providers []struct {
			Arn                    string
			ValidUntil, CreateDate time.Time
		} `xml:"ListSAMLProvidersResult>SAMLProviderList>member"`
	}](c, "iam:ListSAMLProviders").Providers
	if want := s.SAMLProviders.Value[0]; len(saml) != 1 || saml[0].Arn != want.ARN || !saml[0].CreateDate.Equal(*want.Created) || !saml[0].ValidUntil.Equal(*want.ValidUntil) {
		t.Errorf("SAML providers: got %v, want %v", saml, want)
	}
	oidc := read[struct {
		ARNs []string `xml:"ListOpenIDConnectProvidersResult>OpenIDConnectProviderList>member>Arn"`
	}](c, "iam:ListOpenIDConnectProviders").ARNs
	if len(oidc) != 1 || oidc[0] != s.OIDCProviders.Value[0].ARN {
		t.Errorf("OIDC providers: got %v, want %v", oidc, s.OIDCProviders.Value)
	}
}

func TestLiveAnswersAboutUsers(t *testing.T) {
	t.Parallel()
	s := full()
	_, c := serve(t, s, emulator.Options{})
	for name, want := range s.PerUser {
		devices := []account.ListedMFADevice{}
		for _, d := range read[struct {
			Devices []struct {
				UserName, SerialNumber string
				EnableDate             time.Time
			} `xml:"ListMFADevicesResult>MFADevices>member"`
		}](c, "iam:ListMFADevices", "UserName", name).Devices {
			devices = append(devices, account.ListedMFADevice{Serial: d.SerialNumber, EnabledSince: d.EnableDate})
		}
		if !reflect.DeepEqual(devices, want.MFADevices.Value) {
			t.Errorf("devices of %s: got %v, want %v", name, devices, want.MFADevices.Value)
		}
		keys := []account.ListedAccessKey{}
		for _, k := range read[struct {
			Keys []struct {
				AccessKeyId, Status string
				CreateDate          time.Time
			} `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
		}](c, "iam:ListAccessKeys", "UserName", name).Keys {
			keys = append(keys, account.ListedAccessKey{ID: k.AccessKeyId, Status: k.Status, Created: k.CreateDate})
		}
		if !reflect.DeepEqual(keys, want.AccessKeys.Value) {
			t.Errorf("keys of %s: got %v, want %v", name, keys, want.AccessKeys.Value)
		}
		for id, use := range want.AccessKeyLastUsed {
			got := read[struct {
				UserName    string     `xml:"GetAccessKeyLastUsedResult>UserName"`
				At          *time.Time `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>LastUsedDate"`
				ServiceName string     `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>ServiceName"`
				Region      string     `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>Region"`
			}](c, "iam:GetAccessKeyLastUsed", "AccessKeyId", id)
			if read := (account.KeyLastUsed{At: got.At, Service: got.ServiceName, Region: got.Region}); got.UserName != name || !reflect.DeepEqual(read, use.Value) {
				t.Errorf("last use of %s: got %v of %s, want %v of %s", id, read, got.UserName, use.Value, name)
			}
		}
		if want.LoginProfile.Value == nil {
			c.refused(http.StatusNotFound, "NoSuchEntity", "iam:GetLoginProfile", "UserName", name)
			continue
		}
		profile := read[struct {
			Created       time.Time `xml:"GetLoginProfileResult>LoginProfile>CreateDate"`
			ResetRequired bool      `xml:"GetLoginProfileResult>LoginProfile>PasswordResetRequired"`
		}](c, "iam:GetLoginProfile", "UserName", name)
		if got := (account.LoginProfile{Created: profile.Created, PasswordResetRequired: profile.ResetRequired}); got != *want.LoginProfile.Value {
			t.Errorf("login profile of %s: got %v, want %v", name, got, *want.LoginProfile.Value)
		}
	}
}

func TestListsOfGroupsAndRoles(t *testing.T) {
	t.Parallel()
	s := full()
	_, c := serve(t, s, emulator.Options{})
	names := func(action, path string, parameters ...string) string {
		var answer struct {
			Inner []byte `xml:",innerxml"`
		}
		if err := xml.Unmarshal(c.call(action, parameters...).body, &answer); err != nil {
			t.Fatal(err)
		}
		var found []string
		for rest := string(answer.Inner); ; {
			_, after, ok := strings.Cut(rest, "<"+path+">")
			if !ok {
				return strings.Join(found, " ")
			}
			name, remaining, _ := strings.Cut(after, "</")
			found, rest = append(found, name), remaining
		}
	}
	for _, test := range []struct{ got, want string }{
		{names("iam:ListGroups", "GroupName"), "accounting administrators auditors deployment developers machines operators partners support-desk"},
		{names("iam:ListGroupsForUser", "GroupName", "UserName", "sato.yuki"), "administrators"},
		{names("iam:ListGroupsForUser", "GroupName", "UserName", "yamada.koji"), ""},
		{names("iam:ListRoles", "RoleName", "PathPrefix", "/service-role/"), "invoice-pdf"},
		{names("iam:ListUsers", "UserName", "PathPrefix", "/partners/"), "mori@client.example ogawa.ken ota.vendor"},
		{names("iam:GetUser", "UserName", "UserName", "kondo.emi"), "kondo.emi"},
		{names("iam:GetUser", "UserName"), "sato.yuki"},
		{names("iam:ListVirtualMFADevices", "SerialNumber", "AssignmentStatus", "Unassigned"), "arn:aws:iam::123456789012:mfa/root-account-mfa-device arn:aws:iam::123456789012:mfa/watanabe.sota"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	assigned := len(read[xmlDevicePage](c, "iam:ListVirtualMFADevices", "AssignmentStatus", "Assigned").Devices)
	if want := len(s.VirtualMFADevices.Value) - 2; assigned != want {
		t.Errorf("got %d assigned devices, want %d", assigned, want)
	}
}

// TestRootHasNoName: of root's entry among the virtual devices IAM leaves out UserName and Path.
func TestRootHasNoName(t *testing.T) {
	t.Parallel()
	_, c := serve(t, full(), emulator.Options{})
	body := c.call("iam:ListVirtualMFADevices", "MaxItems", "1000").body
	_, after, _ := bytes.Cut(body, []byte("mfa/any-name"))
	entry, _, _ := bytes.Cut(after, []byte("</member>"))
	if !bytes.Contains(entry, []byte(":root</Arn>")) || bytes.Contains(entry, []byte("UserName")) || bytes.Contains(entry, []byte("Path")) {
		t.Errorf("got %s, want root without UserName and Path", entry)
	}
}

func TestDetailsShareOnePageBudget(t *testing.T) {
	t.Parallel()
	s := full()
	_, c := serve(t, s, emulator.Options{})
	all := pages(c, moreDetails, "iam:GetAccountAuthorizationDetails", "MaxItems", "25")
	d := s.AuthorizationDetails.Value
	total := len(d.Users) + len(d.Groups) + len(d.Roles) + len(d.Policies)
	for i, page := range all {
		if want := min(25, total-25*i); page.size() != want {
			t.Errorf("page %d: got %d entries, want %d", i+1, page.size(), want)
		}
	}
	// 23 users and the first 2 roles; then the other 16 roles and the groups.
	if first := all[0]; len(first.Users) != 23 || len(first.Roles) != 2 || len(first.Groups) != 0 {
		t.Errorf("got %d users, %d roles, %d groups on page 1, want 23, 2, 0", len(first.Users), len(first.Roles), len(first.Groups))
	}
	if second := all[1]; len(second.Roles) != 16 || len(second.Groups) != 9 || len(second.Policies) != 0 {
		t.Errorf("got %d roles, %d groups, %d policies on page 2, want 16, 9, 0", len(second.Roles), len(second.Groups), len(second.Policies))
	}
	// A marker goes on with another page size too.
	if rest := read[xmlDetailPage](c, "iam:GetAccountAuthorizationDetails", "Marker", all[0].Marker, "MaxItems", "1000"); rest.size() != total-25 || rest.IsTruncated {
		t.Errorf("got %d entries behind page 1, want %d and no more", rest.size(), total-25)
	}
}

func TestDetailsFilter(t *testing.T) {
	t.Parallel()
	_, c := serve(t, full(), emulator.Options{})
	for _, test := range []struct {
		filter string
		want   [4]int // users, groups, roles, policies
	}{
		{"User", [4]int{23, 0, 0, 0}}, {"Group", [4]int{0, 9, 0, 0}}, {"Role", [4]int{0, 0, 18, 0}},
		{"LocalManagedPolicy", [4]int{0, 0, 0, 13}}, {"AWSManagedPolicy", [4]int{0, 0, 0, 12}},
	} {
		p := read[xmlDetailPage](c, "iam:GetAccountAuthorizationDetails", "Filter.member.1", test.filter)
		if got := [4]int{len(p.Users), len(p.Groups), len(p.Roles), len(p.Policies)}; got != test.want {
			t.Errorf("filter %s: got %v, want %v", test.filter, got, test.want)
		}
	}
	c.refused(http.StatusBadRequest, "ValidationError", "iam:GetAccountAuthorizationDetails", "Filter.member.1", "Everything")
}

func TestPageSizes(t *testing.T) {
	t.Parallel()
	s := emulator.Company(1200, now)
	_, c := serve(t, s, emulator.Options{})
	for _, test := range []struct {
		parameters []string
		want       int
	}{{nil, 100}, {[]string{"MaxItems", "1"}, 1}, {[]string{"MaxItems", "1000"}, 1000}} {
		if got := len(read[xmlUserPage](c, "iam:ListUsers", test.parameters...).Users); got != test.want {
			t.Errorf("%v: got %d users, want %d", test.parameters, got, test.want)
		}
	}
	for _, bad := range []string{"0", "-1", "1001", "many"} {
		c.refused(http.StatusBadRequest, "ValidationError", "iam:ListUsers", "MaxItems", bad)
	}
	for _, bad := range []string{"", "nonsense", "cGFnZSAyIGZyb20gOTk5OQ=="} { // the last one points behind the end
		c.refused(http.StatusBadRequest, "ValidationError", "iam:ListUsers", "Marker", bad)
	}
	_, capped := serve(t, s, emulator.Options{PageCap: 30})
	if p := read[xmlUserPage](capped, "iam:ListUsers", "MaxItems", "1000"); len(p.Users) != 30 || !p.IsTruncated {
		t.Errorf("got %d users (truncated: %v), want 30 and more to come", len(p.Users), p.IsTruncated)
	}
}

// TestFormsOfValues: booleans are lower-case, documents URL-encoded, the namespaces AWS's.
func TestFormsOfValues(t *testing.T) {
	t.Parallel()
	_, c := serve(t, emulator.Demo(now), emulator.Options{})
	body := string(c.call("iam:GetAccountPasswordPolicy").body)
	for _, want := range []string{
		`xmlns="https://iam.amazonaws.com/doc/2010-05-08/"`, "<RequireSymbols>false</RequireSymbols>", "<RequireNumbers>true</RequireNumbers>", "<RequestId>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("got %s, want %s in it", body, want)
		}
	}
	if strings.Contains(body, "MaxPasswordAge") {
		t.Errorf("got %s, want no MaxPasswordAge where passwords don't expire", body)
	}
	if body := string(c.call("sts:GetCallerIdentity").body); !strings.Contains(body, `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`) {
		t.Errorf("got %s, want the namespace of STS", body)
	}
	document := string(c.call("iam:ListRoles").body)
	if !strings.Contains(document, "%7B%22Version%22%3A%222012-10-17%22") {
		t.Errorf("got %s, want URL-encoded policy documents", document)
	}
}

// An answer is dated by the server's clock, whichever it is, an error's too.
func TestAnswersAreDated(t *testing.T) {
	t.Parallel()
	at := time.Date(2031, 5, 6, 7, 8, 9, 5e8, time.UTC)
	server := emulator.New(emulator.Demo(now), emulator.Options{Clock: func() time.Time { return at }, Deny: []string{"iam:ListUsers"}})
	for _, action := range []string{"GetAccountSummary", "ListUsers", "NoSuchAction"} {
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/?Version=2010-05-08&Action="+action, nil))
		if got := answer.Header().Get("Date"); got != "Tue, 06 May 2031 07:08:09 GMT" {
			t.Errorf("%s: got the date %q, want that of the server's clock", action, got)
		}
	}
}
