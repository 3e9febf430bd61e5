package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

// centerRegion is the home of emulated instances of Identity Center.
const centerRegion = "ap-northeast-1"

// directory is an Identity Center written down by hand. Users and groups are named by their place.
type directory struct {
	users  []organization.CenterUser
	groups []organization.CenterGroup // with members
	sets   []organization.PermissionSet
	grants []grant
}

// grant assigns a set to a group or user in accounts.
type grant struct {
	set, to  string // by name
	accounts []string
}

func colleague(name string) organization.CenterUser {
	return organization.CenterUser{Name: name, Display: name, Email: name + "@company.example", Status: "ENABLED"}
}

// demoDirectory is that of Hakone Trading: people of the log archive, where there is no IAM user, come from here.
func demoDirectory() directory {
	left := colleague("mori.kenta")
	left.Status = "DISABLED"
	return directory{
		users:  []organization.CenterUser{colleague("ishikawa.mei"), colleague("kato.daichi"), left, colleague("yamada.sora")},
		groups: []organization.CenterGroup{{Name: "auditors", Members: []string{"yamada.sora"}}, {Name: "platform", Members: []string{"ishikawa.mei", "kato.daichi", "mori.kenta"}}},
		sets: []organization.PermissionSet{
			{Name: "Administrator", Session: "PT12H", Managed: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}},
			{Name: "Billing", Session: "PT1H", Inline: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aws-portal:ViewBilling","ce:Get*"],"Resource":"*"}]}`},
			{Name: "Reader", Session: "PT8H", Managed: []string{"arn:aws:iam::aws:policy/SecurityAudit"}},
		},
		grants: []grant{
			{"Administrator", "platform", []string{"111122223333", "666677778888"}}, {"Billing", "ishikawa.mei", []string{"123456789012"}},
			{"Reader", "auditors", []string{"111122223333", "222233334444", "333344445555"}},
		},
	}
}

// center adds the organization's instance of Identity Center.
func (d directory) center(s *organization.Snapshot, now time.Time) {
	owner := s.Organization.Value.ManagementAccount
	const instance = "arn:aws:sso:::instance/ssoins-example000000001"
	ids, kinds := map[string]string{}, map[string]string{}
	for i := range d.users {
		u := &d.users[i]
		u.ID = fmt.Sprintf("10000000-0000-4000-8000-%012d", i+1)
		ids[u.Name], kinds[u.Name] = u.ID, organization.PrincipalUser
	}
	for i := range d.groups {
		g := &d.groups[i]
		g.ID = fmt.Sprintf("20000000-0000-4000-8000-%012d", i+1)
		ids[g.Name], kinds[g.Name] = g.ID, organization.PrincipalGroup
		g.Members = lists.Map(g.Members, func(name string) string { return ids[name] })
	}
	for i := range d.sets {
		p := &d.sets[i]
		p.ARN = fmt.Sprintf("arn:aws:sso:::permissionSet/ssoins-example000000001/ps-example%09d", i+1)
		p.Managed, p.Customer = append([]string{}, p.Managed...), append([]string{}, p.Customer...)
		ids[p.Name] = p.ARN
	}
	assignments := []organization.Assignment{}
	for _, g := range d.grants {
		for _, account := range g.accounts {
			assignments = append(assignments, organization.Assignment{Account: account, Set: ids[g.set], PrincipalType: kinds[g.to], Principal: ids[g.to]})
		}
	}
	slices.SortFunc(assignments, func(x, y organization.Assignment) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Set, y.Set), cmp.Compare(x.Principal, y.Principal))
	})
	s.IdentityCenter = said(now, organization.ListInstancesAction, organization.IdentityCenter{Regions: []string{centerRegion}, Instances: []organization.Instance{{
		ARN: instance, IdentityStore: "d-example001", Owner: owner, Status: organization.InstanceActive, Region: centerRegion,
		PermissionSets: said(now, organization.ListSetsAction, d.sets), Users: said(now, organization.ListCenterUsersAction, d.users),
		Groups: said(now, organization.ListCenterGroupsAction, d.groups), Assignments: said(now, organization.PrincipalAction, assignments),
	}}})
}
