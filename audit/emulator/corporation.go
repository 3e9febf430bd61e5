package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// names are those of the people and programs whom a company in the demo organization has, in the place of their numbers:
// some of them work in several accounts.
var names = []string{
	"person-00000", "tanaka.aoi", "person-00002", "kimura.sho", "person-00004", "nakamura.riku", "person-00006", "shimizu.aya", "person-00008", "yamada.ren",
	"person-00010", "okada.yui", "machine-00001", "backup", "machine-00003", "deploy", "machine-00005", "metrics-export", "machine-00007", "invoice-import",
	"machine-00009", "mail-gateway", "machine-00011", "nightly-load",
}

// FleetRole is the name of the role that the accounts of emulated organizations let auditors assume.
const FleetRole = "SekishoAudit"

// corporation is an organization written down by hand.
type corporation struct {
	units    []string // paths, parents first: "Workloads", "Workloads/Production"
	policies []servicePolicy
	accounts []subsidiary // the first one manages the organization
	// delegated are service principals by the number of the account that administers them for all.
	delegated map[string][]string
	services  []string // that may act in all accounts, sorted
	resource  string   // the document of the resource policy; "" for none
	directory directory
}

// servicePolicy is an SCP, attached to units by path; "" is the root.
type servicePolicy struct {
	name, document string
	at             []string
}

type subsidiary struct {
	id, name, unit string
	tags           map[string]string
	state          string // "" is ACTIVE
	of             func(now time.Time) *account.Snapshot
	refuses        bool
	renamed        []string // what is called otherwise in it: old, new, old, new …
}

const fullAccess = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// DemoOrganization is the organization of which the demo account is the one that manages it: Hakone Trading with twelve
// accounts. One refuses the role, one is suspended, one has no IAM users; a policy of the organization denies members'
// root all, another demands MFA in the sandbox.
func DemoOrganization(now time.Time) (*organization.Snapshot, map[string]Member) {
	company := func(users, failing int) func(time.Time) *account.Snapshot {
		return func(now time.Time) *account.Snapshot { return CompanyFailing(users, failing, now) }
	}
	messy := func(users int, seed uint64) func(time.Time) *account.Snapshot {
		return func(now time.Time) *account.Snapshot { return Messy(users, seed, now) }
	}
	hakone := corporation{
		units: []string{"Sandbox", "Security", "Workloads", "Workloads/Production"},
		policies: []servicePolicy{
			{"DenyMembersRoot", `{"Version":"2012-10-17","Statement":[{"Sid":"DenyRoot","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}}]}`, []string{""}},
			{"DemandMFA", `{"Version":"2012-10-17","Statement":[{"Sid":"DenyWithoutMFA","Effect":"Deny","NotAction":["iam:ChangePassword","iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:ResyncMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}}]}`, []string{"Sandbox"}},
		},
		accounts: []subsidiary{
			{id: "123456789012", name: "hakone-trading", of: managing},
			{id: "111122223333", name: "log-archive", unit: "Security", of: company(0, 0)},
			{id: "222233334444", name: "security-tooling", unit: "Security", of: company(4, 0)},
			{id: "333344445555", name: "shop-production", tags: map[string]string{"env": "production", "team": "shop"}, unit: "Workloads/Production", of: messy(4, 3)},
			{id: "444455556666", name: "data-production", tags: map[string]string{"env": "production", "team": "data"}, unit: "Workloads/Production", of: company(12, 3)},
			{id: "555566667777", name: "billing-production", tags: map[string]string{"env": "production", "team": "billing"}, unit: "Workloads/Production", of: company(3, 0), refuses: true},
			{id: "666677778888", name: "shop-staging", tags: map[string]string{"env": "staging", "team": "shop"}, unit: "Workloads", of: company(8, 2)},
			{id: "777788889999", name: "intranet", tags: map[string]string{"env": "production", "team": "intranet"}, unit: "Workloads", of: company(9, 0)},
			{id: "888899990000", name: "old-website", unit: "Workloads", state: "SUSPENDED"},
			{id: "999900001111", name: "sandbox-research", tags: map[string]string{"env": "sandbox", "team": "sandbox"}, unit: "Sandbox", of: messy(3, 5)},
			{id: "101010101010", name: "sandbox-training", unit: "Sandbox", of: company(6, 1)},
			{id: "202020202020", name: "sandbox-agency", unit: "Sandbox", of: company(2, 2)},
		},
		delegated: map[string][]string{"222233334444": {"access-analyzer.amazonaws.com", "guardduty.amazonaws.com", "securityhub.amazonaws.com"}},
		services: []string{
			"access-analyzer.amazonaws.com", "cloudtrail.amazonaws.com", "guardduty.amazonaws.com", "iam.amazonaws.com", "securityhub.amazonaws.com", "sso.amazonaws.com",
		},
		directory: demoDirectory(),
		resource:  `{"Version":"2012-10-17","Statement":[{"Sid":"SecurityReads","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222233334444:root"},"Action":["organizations:Describe*","organizations:List*"],"Resource":"*"}]}`,
	}
	for i, a := range hakone.accounts {
		hakone.accounts[i].renamed = append([]string{"example-company", "hakone-" + a.name, "company.example", "hakone-trading.example"}, names...)
	}
	return hakone.build(now)
}

// managing is the demo account as the one that manages an organization, which looks after root's credentials of members.
func managing(now time.Time) *account.Snapshot { return managed(Demo(now), now) }

func managed(s *account.Snapshot, now time.Time) *account.Snapshot {
	s.OrganizationsFeatures = said(now, account.OrganizationsFeaturesAnswer.Action(), account.OrganizationsFeatures{
		OrganizationID: "o-exampleorgid", Enabled: []string{account.RootCredentialsManagement},
	})
	return s
}

// Corporation is an organization of n accounts of so many users each, for benchmarks and load tests: every fourth
// account has a user who fails something. The options are those of each account's server.
func Corporation(n, users int, now time.Time, o Options) (*organization.Snapshot, map[string]Member) {
	c := corporation{units: []string{"Production", "Development", "Development/Sandbox"}}
	for i := range n {
		failing := 0
		if i%4 == 3 {
			failing = 1
		}
		c.accounts = append(c.accounts, subsidiary{
			id: fmt.Sprintf("%012d", 100_000_000_000+i), name: fmt.Sprintf("account-%05d", i), unit: c.units[i%3],
			of: func(now time.Time) *account.Snapshot { return CompanyFailing(users, failing, now) },
		})
	}
	if n > 0 {
		c.accounts[0].unit = ""
		first := c.accounts[0].of
		c.accounts[0].of = func(now time.Time) *account.Snapshot { return managed(first(now), now) }
	}
	if n > 1 {
		c.delegated, c.services = map[string][]string{c.accounts[1].id: {"guardduty.amazonaws.com"}}, []string{"guardduty.amazonaws.com"}
	}
	c.directory = directory{
		users: []organization.CenterUser{colleague("reader")}, groups: []organization.CenterGroup{{Name: "readers", Members: []string{"reader"}}},
		sets:   []organization.PermissionSet{{Name: "Reader", Session: "PT1H", Managed: []string{"arn:aws:iam::aws:policy/SecurityAudit"}}},
		grants: []grant{{"Reader", "readers", []string{"100000000000"}}},
	}
	of, members := c.build(now)
	for id, m := range members {
		m.Options = o
		members[id] = m
	}
	return of, members
}

// build makes the answers of AWS Organizations, and the accounts.
func (c corporation) build(now time.Time) (*organization.Snapshot, map[string]Member) {
	now = now.UTC().Truncate(time.Second)
	const id, rootID = "o-exampleorgid", "r-exam"
	manager := c.accounts[0].id
	arn := func(kind, name string) string {
		return "arn:aws:organizations::" + manager + ":" + kind + "/" + id + "/" + name
	}
	idOf := func(unit string) string {
		if i := slices.Index(c.units, unit); i >= 0 {
			return fmt.Sprintf("ou-exam-%08d", i+1)
		}
		return rootID
	}
	s := &organization.Snapshot{Schema: organization.Schema, TakenAt: now, Gaps: []account.Gap{}}
	s.Organization = said(now, organization.DescribeAction, organization.Organization{
		ID: id, ARN: "arn:aws:organizations::" + manager + ":organization/" + id, FeatureSet: organization.AllFeatures, ManagementAccount: manager,
	})
	s.Roots = said(now, organization.ListRootsAction, []organization.Root{
		{ID: rootID, ARN: arn("root", rootID), Name: "Root", PolicyTypes: []string{"RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"}},
	})
	units := []organization.Unit{}
	full := []string{rootID}
	for _, path := range c.units {
		parent, name := "", path
		if i := strings.LastIndex(path, "/"); i >= 0 {
			parent, name = path[:i], path[i+1:]
		}
		units = append(units, organization.Unit{ID: idOf(path), ARN: arn("ou", idOf(path)), Name: name, Parent: idOf(parent)})
		full = append(full, idOf(path))
	}
	s.Units = said(now, organization.ListUnitsAction, units)
	tags := []organization.AccountTags{}
	accounts, members := []organization.Account{}, map[string]Member{}
	joined := now.Add(-time.Duration(900 * day))
	for _, a := range c.accounts {
		state := organization.Active
		if a.state != "" {
			state = a.state
		}
		accounts = append(accounts, organization.Account{
			ID: a.id, ARN: arn("account", a.id), Name: a.name, Email: "aws+" + a.name + "@hakone-trading.example", State: state, Joined: &joined, Parent: idOf(a.unit),
		})
		full = append(full, a.id)
		tags = append(tags, organization.AccountTags{ID: a.id, Tags: a.tags})
		m := Member{RefusesRoles: a.refuses}
		if a.of != nil {
			m.Snapshot = func() *account.Snapshot { return moved(a.of(now), a.id, a.renamed...) }
		}
		members[a.id] = m
	}
	s.Accounts = said(now, organization.ListAccountsAction, accounts)
	s.Tags = said(now, organization.TagsAction, tags)
	slices.Sort(full)
	scps := []organization.Policy{
		{ID: "p-FullAWSAccess", ARN: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", Name: "FullAWSAccess", AWS: true, Document: fullAccess, Targets: full},
	}
	for i, p := range c.policies {
		id := fmt.Sprintf("p-example%02d", i+1)
		var targets []string
		for _, unit := range p.at {
			targets = append(targets, idOf(unit))
		}
		scps = append(scps, organization.Policy{ID: id, ARN: arn("policy", "service_control_policy/"+id), Name: p.name, Document: p.document, Targets: targets})
	}
	s.SCPs = said(now, organization.ListPoliciesAction, scps)
	s.RCPs = said(now, organization.ListPoliciesAction, []organization.Policy{
		{ID: "p-RCPFullAWSAccess", ARN: "arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess", Name: "RCPFullAWSAccess", AWS: true, Targets: full,
			Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`},
	})
	c.delegates(s, joined)
	c.directory.center(s, now)
	return s, members
}

// delegates adds who acts for the account that manages the organization.
func (c corporation) delegates(s *organization.Snapshot, since time.Time) {
	delegates, services := []organization.Delegate{}, []organization.ServiceAccess{}
	for _, a := range s.Accounts.Value {
		if administers := c.delegated[a.ID]; len(administers) > 0 {
			delegates = append(delegates, organization.Delegate{ID: a.ID, ARN: a.ARN, Name: a.Name, Since: &since, Services: administers})
		}
	}
	for _, service := range c.services {
		services = append(services, organization.ServiceAccess{Service: service, Since: &since})
	}
	var resource organization.ResourcePolicy
	if c.resource != "" {
		resource = organization.ResourcePolicy{ARN: strings.Replace(s.Organization.Value.ARN, ":organization/", ":resourcepolicy/", 1) + "/rp-example1", Document: c.resource}
	}
	s.Delegates = said(s.TakenAt, organization.ListDelegatesAction, delegates)
	s.Services = said(s.TakenAt, organization.ListServiceAccessAction, services)
	s.ResourcePolicy = said(s.TakenAt, organization.ResourcePolicyAction, resource)
}

func said[T any](now time.Time, action string, value T) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: now, Ended: now, Complete: true, Value: value}
}

// moved is the same account under another number, in which some things are called otherwise.
func moved(s *account.Snapshot, id string, renamed ...string) *account.Snapshot {
	if s.Caller.AccountID == id {
		return s
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // it was made here
	}
	var other account.Snapshot
	named := strings.NewReplacer(append([]string{s.Caller.AccountID, id}, renamed...)...)
	if err := json.Unmarshal([]byte(named.Replace(string(text))), &other); err != nil {
		panic(err)
	}
	return &other
}
