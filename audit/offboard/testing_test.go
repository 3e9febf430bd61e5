package offboard_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
	"sekisho/audit/offboard"
)

var now = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

const accountID = "123456789012"

// person is a user of the account of a test, and everything that belongs to it.
type person struct {
	name, path, id string
	tags           []account.Tag
	groups         []string
	inline         []account.InlinePolicy

	password     bool
	signedIn     time.Duration // ago; 0: never
	keys         []key
	devices      []string
	sshKeys      []account.SSHPublicKey
	certificates []account.ListedCertificate
	credentials  []account.ServiceCredential
}

type key struct {
	id, status string
	used       time.Duration // ago; 0: never
}

func (p person) arn() string { return "arn:aws:iam::" + accountID + ":user" + p.pathOr() + p.name }

func (p person) pathOr() string {
	if p.path == "" {
		return "/"
	}
	return p.path
}

func (p person) uniqueID() string {
	if p.id != "" {
		return p.id
	}
	return "AIDA" + strings.ToUpper((strings.Map(letters, p.name) + "QQQQQQQQQQ")[:10]) + "EXAMPLE"
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return 'X'
}

// role is a role with the principal of its trust policy, as JSON.
func role(name, principal string) account.RoleDetail {
	return account.RoleDetail{
		Name: name, ID: "AROAEXAMPLEEXAMPLE", ARN: "arn:aws:iam::" + accountID + ":role/" + name, Path: "/", Created: now.AddDate(-1, 0, 0),
		TrustPolicy:    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}]}`,
		InlinePolicies: []account.InlinePolicy{}, AttachedPolicies: []account.AttachedPolicy{}, Tags: []account.Tag{}, InstanceProfiles: []account.InstanceProfile{},
	}
}

// accountOf makes the snapshot of an account in which everything was read.
func accountOf(people ...person) *account.Snapshot {
	s := &account.Snapshot{
		Schema: account.SnapshotSchema, TakenAt: now, PerUser: map[string]*account.UserAnswers{}, Gaps: []account.Gap{},
		Caller: account.Caller{AccountID: accountID, Partition: "aws", ARN: "arn:aws:iam::" + accountID + ":user/auditor", UserID: "AIDAAUDITOREXAMPLE00", At: now},
		AuthorizationDetails: answer("iam:GetAccountAuthorizationDetails", account.AuthorizationDetails{
			Users: []account.UserDetail{}, Roles: []account.RoleDetail{}, Policies: []account.PolicyDetail{},
			Groups: []account.GroupDetail{{
				Name: "staff", ID: "AGPAEXAMPLEEXAMPLE", ARN: "arn:aws:iam::" + accountID + ":group/staff", Path: "/", Created: now.AddDate(-2, 0, 0),
				InlinePolicies: []account.InlinePolicy{{Name: "all", Document: allow("*", "*")}}, AttachedPolicies: []account.AttachedPolicy{},
			}},
		}),
		VirtualMFADevices:  answer("iam:ListVirtualMFADevices", []account.VirtualMFADevice{}),
		ServiceCredentials: answer("iam:ListServiceSpecificCredentials", []account.ServiceCredential{}),
	}
	for _, p := range people {
		add(s, p)
	}
	return s
}

func add(s *account.Snapshot, p person) {
	created := now.AddDate(-1, 0, 0)
	s.AuthorizationDetails.Value.Users = append(s.AuthorizationDetails.Value.Users, account.UserDetail{
		Name: p.name, ID: p.uniqueID(), ARN: p.arn(), Path: p.pathOr(), Created: created, Groups: list(p.groups), InlinePolicies: list(p.inline),
		AttachedPolicies: []account.AttachedPolicy{}, Tags: list(p.tags),
	})
	s.ServiceCredentials.Value = append(s.ServiceCredentials.Value, p.credentials...)
	listed := account.ListedUser{Name: p.name, ID: p.uniqueID(), ARN: p.arn(), Path: p.pathOr(), Created: created, PasswordLastUsed: ago(p.signedIn)}
	live := &account.UserAnswers{
		ID: p.uniqueID(), User: answer("iam:GetUser", listed), LoginProfile: answer[*account.LoginProfile]("iam:GetLoginProfile", nil),
		MFADevices: answer("iam:ListMFADevices", []account.ListedMFADevice{}), AccessKeys: answer("iam:ListAccessKeys", []account.ListedAccessKey{}),
		AccessKeyLastUsed:   map[string]*account.Answer[account.KeyLastUsed]{},
		SSHPublicKeys:       answer("iam:ListSSHPublicKeys", list(p.sshKeys)),
		SigningCertificates: answer("iam:ListSigningCertificates", list(p.certificates)),
	}
	if p.password {
		live.LoginProfile.Value = &account.LoginProfile{Created: created}
	}
	for _, k := range p.keys {
		live.AccessKeys.Value = append(live.AccessKeys.Value, account.ListedAccessKey{ID: k.id, Status: k.status, Created: created})
		use := account.KeyLastUsed{At: ago(k.used), Service: "s3", Region: "us-east-1"}
		if use.At == nil {
			use.Service, use.Region = "N/A", "N/A"
		}
		live.AccessKeyLastUsed[k.id] = answer("iam:GetAccessKeyLastUsed", use)
	}
	for _, serial := range p.devices {
		live.MFADevices.Value = append(live.MFADevices.Value, account.ListedMFADevice{Serial: serial, EnabledSince: created})
		if account.KindOfMFA(serial) == account.MFAVirtual {
			s.VirtualMFADevices.Value = append(s.VirtualMFADevices.Value, account.VirtualMFADevice{
				Serial: serial, EnabledSince: &created, Owner: &account.MFAOwner{Name: p.name, ID: p.uniqueID(), ARN: p.arn(), Path: p.pathOr(), Created: &created},
			})
		}
	}
	s.PerUser[p.name] = live
}

func answer[T any](action string, value T) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: now, Ended: now, Complete: true, Value: value}
}

func list[T any](items []T) []T { return append([]T{}, items...) }

func ago(d time.Duration) *time.Time {
	if d == 0 {
		return nil
	}
	t := now.Add(-d)
	return &t
}

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

func tag(key, value string) []account.Tag { return []account.Tag{{Key: key, Value: value}} }

var matchTags = []string{"email", "Email", "owner"}

func named(t testing.TB, names ...string) (people []offboard.Person) {
	t.Helper()
	for _, name := range names {
		p, err := offboard.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, p)
	}
	return people
}

// look reads an account as the command does, from the emulator, and checks that another look wants nothing.
func look(t testing.TB, of *account.Snapshot, how emulator.Options, people []offboard.Person, o offboard.Options) *offboard.Report {
	t.Helper()
	if o.MatchTags == nil {
		o.MatchTags = matchTags
	}
	if err := of.Validate(); err != nil {
		t.Fatalf("the account of the test: %v", err)
	}
	endpoint, stop, err := emulator.New(of, how).Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	session, err := collect.SignIn(context.Background(), collect.Options{
		Endpoint: endpoint, StaticKeys: true, Allowed: collect.Actions(), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	sections := offboard.Sections()
	if o.DevicesOnly {
		sections = offboard.DeviceSections()
	}
	s, err := session.Collect(context.Background(), collect.Plan{Sections: sections, Wants: func(s *account.Snapshot) []account.Want {
		_, wants := offboard.Check(s, people, o)
		return wants
	}})
	if err != nil {
		t.Fatal(err)
	}
	r, wants := offboard.Check(s, people, o)
	if len(wants) > 0 {
		t.Errorf("got %v wanted after the last round, want nothing", wants)
	}
	return r
}

// one looks for one person.
func one(t testing.TB, of *account.Snapshot, how emulator.Options, name string, o offboard.Options) offboard.PersonResult {
	t.Helper()
	return look(t, of, how, named(t, name), o).People[0]
}

// kinds lists the kinds of entries, sorted.
func kinds(entries []offboard.Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, string(e.Kind))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
