package emulator

import (
	"fmt"
	"time"

	"sekisho/audit/account"
)

// Company is an account of n users who fail nothing, for benchmarks and load tests: every other one is a person with a
// password, a virtual MFA device and a recent sign-in, the rest are machines with one young, recently used key. The
// machines have an MFA device too: rule user-mfa asks for one of everybody who has a credential. Root, password policy,
// groups, federation, contacts and access analyzers are in order as well.
func Company(n int, now time.Time) *account.Snapshot { return CompanyFailing(n, 0, now) }

// CompanyFailing is Company with so many of the n users having an old key: machines first, then, where there are no
// more of them, people.
func CompanyFailing(n, failing int, now time.Time) *account.Snapshot {
	users := make([]userPrint, n)
	for i := range users {
		users[i] = employee(i)
	}
	for i := range min(failing, n) {
		at := 2*i + 1
		if at >= n {
			at = 2 * (i - n/2)
		}
		users[at].keys = []keyPrint{{created: 200 * day, used: 1 * day, service: "s3", region: "ap-northeast-1"}}
	}
	return blueprint{
		accountID: "123456789012",
		alias:     "example-company",
		caller:    firstOf(users),
		reportAge: 2 * time.Hour,
		root:      rootPrint{created: 1500 * day, password: &passwordPrint{changed: 1000 * day, used: 400 * day}, hardware: true},
		policy: &account.PasswordPolicy{
			MinimumPasswordLength: 16, RequireUppercase: true, RequireLowercase: true, RequireSymbols: true, RequireNumbers: true,
			AllowUsersToChangePassword: true, PasswordReusePrevention: 24,
		},
		users: users,
		groups: []groupPrint{
			{name: "machines", created: 1000 * day, attached: []string{"WriteBackupsAndLogs"}},
			{name: "staff", created: 1000 * day, attached: []string{"ForceMFA", "ReadOnlyAccess"}},
		},
		roles: []rolePrint{
			{name: "AWSServiceRoleForSupport", path: "/aws-service-role/support.amazonaws.com/", created: 1500 * day, used: never, trust: trusts("support.amazonaws.com"), attached: []string{"AWSSupportServiceRolePolicy"}},
			{name: "support", created: 1000 * day, used: 12 * day, region: "ap-northeast-1", trust: document("trust-company-directory"), attached: []string{"AWSSupportAccess"}},
		},
		policies: []policyPrint{
			{name: "ForceMFA", created: 1000 * day, updated: 400 * day, document: document("ForceMFA")},
			{name: "WriteBackupsAndLogs", created: 1000 * day, updated: 400 * day, document: document("WriteBackupsAndLogs")},
			aws("AWSSupportAccess", "", 4200),
			aws("AWSSupportServiceRolePolicy", "/aws-service-role/", 3100),
			aws("ReadOnlyAccess", "", 4200),
		},
		samlProviders: []providerPrint{{"company-directory", 900 * day, 200}},
		features: account.OrganizationsFeatures{
			OrganizationID: "o-exampleorgid", Enabled: []string{account.RootCredentialsManagement, "RootSessions"},
		},
		contacts: contactPrint{
			security:   &account.AlternateContact{Name: "Security Desk", Title: "Security", Email: "security@company.example", Phone: "+81-3-0000-0001"},
			billing:    &account.AlternateContact{Name: "Accounting", Title: "Accounting", Email: "billing@company.example", Phone: "+81-3-0000-0002"},
			operations: &account.AlternateContact{Name: "Service Desk", Title: "Operations", Email: "operations@company.example", Phone: "+81-3-0000-0003"},
		},
		analyzers: []analyzerPrint{{"external-access", "ACCOUNT", 700 * day, defaultRegions}},
	}.snapshot(now)
}

// employee is the ith user: people are even, machines odd.
func employee(i int) userPrint {
	if i%2 == 0 {
		name := fmt.Sprintf("person-%05d", i)
		return userPrint{
			name: name, created: 500 * day, groups: []string{"staff"},
			password: &passwordPrint{changed: 60 * day, used: time.Duration(1+i%10) * day},
			devices:  []devicePrint{{"mfa/" + name, 499 * day}},
		}
	}
	name := fmt.Sprintf("machine-%05d", i)
	return userPrint{
		name: name, path: "/machines/", created: 500 * day, groups: []string{"machines"},
		devices: []devicePrint{{"mfa/" + name, 499 * day}},
		keys:    []keyPrint{{created: 30 * day, used: time.Duration(1+i%20) * time.Hour, service: "s3", region: "ap-northeast-1"}},
	}
}

// firstOf names the caller: the first user, or somebody else's administrator in an account without users.
func firstOf(users []userPrint) string {
	if len(users) == 0 {
		return "auditor"
	}
	return users[0].name
}
