package inventory_test

import (
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/inventory"
	"sekisho/audit/message"
)

func ref[T any](v T) *T { return &v }

func daysAgo(n int) inventory.When { return inventory.When{At: now.AddDate(0, 0, -n)} }

var never = inventory.When{Never: true}

func base() *inventory.Inventory {
	return &inventory.Inventory{
		Schema: inventory.Schema, Tool: audit.Tool{Name: "sekisho", Version: "0.0.0-test"},
		Account: audit.AccountInfo{ID: "123456789012", Partition: "aws", Alias: ref("acme"), SignInURL: "https://acme.signin.aws.amazon.com/console"},
		Caller:  "arn:aws:iam::123456789012:user/auditor", TakenAt: now, CredentialReportAt: ref(now.Add(-2 * time.Hour)),
		Depth: audit.DepthResult{Requested: audit.DepthAuto, Ran: audit.DepthDeep}, Unknown: []inventory.Unknown{}, Notes: []inventory.Note{}, Gaps: []account.Gap{},
		Calls: account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
	}
}

// bare is a user who has nothing at all.
func bare(name string) inventory.User {
	return inventory.User{
		Name: name, Path: "/", ARN: "arn:aws:iam::123456789012:user/" + name, ID: ref("AIDAEXAMPLE"), Created: daysAgo(10),
		Groups: []string{}, Tags: []account.Tag{}, MFA: ref(false), MFADevices: []inventory.Device{}, AccessKeys: []inventory.AccessKey{},
		Password: inventory.Password{Enabled: ref(false), LastUsed: never, LastChanged: never, NextRotation: never, MustChange: ref(false)},
		SSHKeys:  []inventory.SSHKey{}, ServiceCredentials: []inventory.ServiceCredential{}, SigningCertificates: []inventory.SigningCertificate{},
		Admin: ref("no"), MFAEnforced: inventory.MFAEnforced{Console: &inventory.Enforced{Verdict: "no_access", Sure: true}, AccessKey: &inventory.Enforced{Verdict: "no_access", Sure: true}},
		Unknown: []inventory.Unknown{},
	}
}

// full is a user who has something of every kind.
func full(name string) inventory.User {
	u := bare(name)
	u.Path, u.ARN = "/people/", "arn:aws:iam::123456789012:user/people/"+name
	u.Groups = []string{"developers", "operators"}
	u.Tags = []account.Tag{{Key: "department", Value: "情報システム"}, {Key: "email", Value: "a@example.com"}}
	u.Password = inventory.Password{Enabled: ref(true), LastUsed: daysAgo(1), LastChanged: daysAgo(40), NextRotation: inventory.When{At: now.AddDate(0, 0, 50)}, MustChange: ref(true)}
	u.MFA = ref(true)
	u.MFADevices = []inventory.Device{
		{Serial: "GAHT12345678", Kind: account.MFAHardware, EnabledSince: daysAgo(400)},
		{Serial: "arn:aws:iam::123456789012:u2f/user/" + name + "/key-EXAMPLE", Kind: account.MFAFIDO, EnabledSince: daysAgo(20)},
	}
	u.AccessKeys = []inventory.AccessKey{
		{ID: ref("AKIAIOSFODNN7EXAMPLE"), Slot: 1, Status: "active", Created: daysAgo(40), AgeDays: 40, LastUsed: daysAgo(1), Service: ref("ec2"), Region: ref("ap-northeast-1")},
		{ID: ref("AKIAI44QH8DHBEXAMPLE"), Slot: 2, Status: "inactive", Created: daysAgo(1), AgeDays: 1, LastUsed: never, Service: ref("N/A"), Region: ref("N/A")},
	}
	u.SSHKeys = []inventory.SSHKey{{ID: "APKAEXAMPLE", Status: "active", Uploaded: daysAgo(30)}}
	u.ServiceCredentials = []inventory.ServiceCredential{
		{ID: "ACCAEXAMPLE1", Service: "codecommit.amazonaws.com", Name: name + "-at-123456789012", Status: "active", Created: daysAgo(30), Expires: never},
		{ID: "ACCAEXAMPLE2", Service: "bedrock.amazonaws.com", Name: "", APIKey: true, Status: "expired", Created: daysAgo(100), Expires: daysAgo(10)},
	}
	u.SigningCertificates = []inventory.SigningCertificate{{ID: ref("CERTEXAMPLE"), Slot: 1, Status: "inactive", Uploaded: daysAgo(70), Expires: daysAgo(-10)}}
	u.Admin = ref("possibly")
	u.MFAEnforced = inventory.MFAEnforced{Console: &inventory.Enforced{Verdict: "enforced", Sure: true}, AccessKey: &inventory.Enforced{Verdict: "leaky"}}
	return u
}

// unknowable is a user of whom the name alone is known.
func unknowable(i *inventory.Inventory, name string) inventory.User {
	i.Notes = []inventory.Note{
		{Number: 1, Kind: inventory.NotRead, Text: "iam:GetCredentialReport failed: AccessDenied: not authorized", Fields: 9},
		{Number: 2, Kind: inventory.NotLooked, Text: "SSH public keys: not looked at in a standard run", Fields: 1},
	}
	u := inventory.User{Name: name, Path: "/", ARN: "arn:aws:iam::123456789012:user/" + name}
	for _, field := range []string{
		"unique_id", "created", "groups", "tags", "password.enabled", "password.last_used", "password.last_changed", "password.next_rotation", "password.must_change", "mfa",
		"mfa_devices", "access_keys", "service_credentials", "signing_certificates", "admin", "mfa_enforced.console", "mfa_enforced.access_key",
	} {
		u.Unknown = append(u.Unknown, inventory.Unknown{Field: field, Note: 1})
	}
	u.Unknown = append(u.Unknown, inventory.Unknown{Field: "ssh_keys", Note: 2})
	return u
}

// partly is a user of whom only some of each thing is known.
func partly(name string) inventory.User {
	u := full(name)
	u.MFADevices = u.MFADevices[:1]
	u.AccessKeys[0].ID, u.AccessKeys[1].ID = nil, nil
	u.AccessKeys[1].LastUsed, u.AccessKeys[1].Service, u.AccessKeys[1].Region = inventory.When{}, nil, nil
	u.SigningCertificates[0].ID, u.SigningCertificates[0].Expires = nil, inventory.When{}
	u.Password.OrLater, u.Password.MustChange = true, nil
	for _, field := range []string{"mfa_devices", "access_keys.id", "access_keys.last_used", "signing_certificates.expires", "service_credentials", "password.must_change"} {
		u.Unknown = append(u.Unknown, inventory.Unknown{Field: field, Note: 1})
	}
	return u
}

const nasty = "=cmd|' /C calc'!A0;=1 <script>alert(1)</script>\x1b[2J\u202eevil\n@x"

func hostile() *inventory.Inventory {
	i := base()
	i.Account.Alias = ref(nasty)
	u := full(nasty)
	u.Path, u.Groups, u.Tags = "/"+nasty+"/", []string{nasty, "-1+1"}, []account.Tag{{Key: nasty, Value: nasty}}
	u.MFADevices[0].Serial, u.AccessKeys[0].ID, u.AccessKeys[0].Service = nasty, ref(nasty), ref(nasty)
	u.SSHKeys[0].ID, u.ServiceCredentials[0].Service, u.ServiceCredentials[0].Name = nasty, nasty, nasty
	u.AccessKeys[0].Status, u.SSHKeys[0].Status, u.ServiceCredentials[0].Status, u.SigningCertificates[0].Status = nasty, nasty, nasty, nasty
	u.ServiceCredentials[1].ID, u.ServiceCredentials[1].Service, u.SigningCertificates[0].ID, u.AccessKeys[0].Region = nasty, nasty, ref(nasty), ref(nasty)
	i.Users = inventory.List[inventory.User]{Rows: []inventory.User{u}, Asked: true, Complete: true}
	return i
}

func hostileRoles() *inventory.Inventory {
	i := base()
	i.Remarks, i.Endpoints = []message.Message{message.New("a note on %s", nasty)}, map[string]string{nasty: nasty}
	i.Notes = []inventory.Note{{Number: 1, Kind: inventory.NotRead, Text: nasty, Fields: 1}}
	i.Roles = inventory.List[inventory.Role]{Asked: true, Complete: true, Rows: []inventory.Role{
		{
			Name: nasty, Path: "/", ARN: "arn:aws:iam::123456789012:role/x", ID: "AROAEXAMPLE", Created: daysAgo(3), LastUsed: never, LastUsedRegion: "N/A",
			Trusts: []string{nasty, "anyone"}, AttachedPolicies: []string{nasty}, InlinePolicies: []string{}, Boundary: "arn:aws:iam::123456789012:policy/" + nasty,
			Tags: []account.Tag{}, Admin: ref("yes"), Unknown: []inventory.Unknown{},
		},
		{
			Name: "torn", Path: "/a/", ARN: "arn:aws:iam::123456789012:role/a/torn", ID: "AROAEXAMPLE2", Created: daysAgo(3), LastUsed: daysAgo(2), LastUsedRegion: "us-east-1",
			AttachedPolicies: []string{}, InlinePolicies: []string{"own"}, Tags: []account.Tag{}, Unknown: []inventory.Unknown{{Field: "trusts", Note: 1}, {Field: "admin", Note: 1}},
		},
	}}
	return i
}

func groups() *inventory.Inventory {
	i := base()
	i.Notes = []inventory.Note{{Number: 1, Kind: inventory.NotRead, Text: "the list of groups may lack some", Fields: 2}}
	i.Unknown = []inventory.Unknown{{Field: "groups", Note: 1}}
	i.Groups = inventory.List[inventory.Group]{Asked: true, Rows: []inventory.Group{
		{Name: "empty", Path: "/", ARN: "arn:aws:iam::123456789012:group/empty", ID: "AGPAEXAMPLE", Created: daysAgo(9), Members: []string{}, AttachedPolicies: []string{}, InlinePolicies: []string{}, Unknown: []inventory.Unknown{}},
		{Name: "開発", Path: "/", ARN: "arn:aws:iam::123456789012:group/開発", ID: "AGPAEXAMPLE2", Created: daysAgo(9), Members: []string{"山田太郎"}, AttachedPolicies: []string{"ReadOnlyAccess"},
			InlinePolicies: []string{"own"}, Unknown: []inventory.Unknown{{Field: "members", Note: 1}}},
	}}
	return i
}

func people() *inventory.Inventory {
	i := base()
	i.Demo = true
	i.Remarks = []message.Message{message.New("the endpoint %s is asked without encryption", "http://192.0.2.1:8080"), message.New("AWS left %s out of %d answer", "SAMLProviderList", 1)}
	i.Endpoints = map[string]string{"iam": "http://192.0.2.1:8080"}
	i.Tolerated = []account.Tolerated{{Action: "iam:ListSAMLProviders", Element: "SAMLProviderList", Answers: 1}}
	exposed := bare("exposed")
	exposed.Password.Enabled, exposed.Password.LastUsed, exposed.Password.LastChanged = ref(true), daysAgo(1), daysAgo(9)
	exposed.MFAEnforced.Console = &inventory.Enforced{Verdict: "not_enforced", Sure: true}
	rows := []inventory.User{bare("bare"), exposed, full("full"), full("山田太郎＠経理"), unknowable(i, "nobody-knows"), partly("partly"), full(strings.Repeat("long-", 12) + "name")}
	i.Users = inventory.List[inventory.User]{Rows: rows, Asked: true, Complete: true}
	return i
}

func none() *inventory.Inventory {
	i := base()
	i.Account.Alias, i.Caller, i.CredentialReportAt = nil, "", nil
	i.Users = inventory.List[inventory.User]{Asked: true}
	i.Notes = []inventory.Note{{Number: 1, Kind: inventory.NotRead, Text: "the list of users may lack some: authorization-details was not read", Fields: 1}, {Number: 2, Kind: inventory.NotRead, Text: "account-aliases was not read", Fields: 1}}
	i.Unknown = []inventory.Unknown{{Field: "account.alias", Note: 2}, {Field: "users", Note: 1}}
	return i
}

func fixtures() map[string]*inventory.Inventory {
	return map[string]*inventory.Inventory{"people": people(), "hostile": hostile(), "hostile-roles": hostileRoles(), "groups": groups(), "none": none()}
}
