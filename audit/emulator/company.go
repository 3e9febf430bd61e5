package emulator

import (
	"fmt"
	"time"

	"sekisho/audit/account"
)

// Company is an account of n users who fail nothing, for benchmarks and load tests: every other one is a person with a
// password, a virtual MFA device and a recent sign-in, the rest are machines with one young, recently used key. Root,
// password policy, groups, federation, contacts and access analyzers are in order as well.
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
		users[at].Keys = []keyPrint{{Created: 200 * day, Used: 1 * day, Service: "s3", Region: "ap-northeast-1"}}
	}
	return blueprint{
		AccountID: "123456789012",
		Alias:     "example-company",
		Caller:    firstOf(users),
		ReportAge: day / 12,
		Root:      rootPrint{Created: 1500 * day, Password: &passwordPrint{Changed: 1000 * day, Used: 400 * day}, Hardware: true},
		Policy: &account.PasswordPolicy{
			MinimumPasswordLength: 16, RequireUppercase: true, RequireLowercase: true, RequireSymbols: true, RequireNumbers: true,
			AllowUsersToChangePassword: true, PasswordReusePrevention: 24,
		},
		Users: users,
		Groups: []groupPrint{
			{Name: "machines", Created: 1000 * day, Attached: []string{"WriteBackupsAndLogs"}},
			{Name: "staff", Created: 1000 * day, Attached: []string{"ForceMFA", "SecurityAudit"}},
		},
		Roles: []rolePrint{
			{Name: "AWSServiceRoleForSupport", Path: "/aws-service-role/support.amazonaws.com/", Created: 1500 * day, Used: never, Trust: "support.amazonaws.com", Attached: []string{"AWSSupportServiceRolePolicy"}},
			{Name: "support", Created: 1000 * day, Used: 12 * day, Region: "ap-northeast-1", Trust: "trust-company-directory", Attached: []string{"AWSSupportAccess"}},
		},
		Policies: []policyPrint{
			{Name: "ForceMFA", Created: 1000 * day, Updated: 400 * day},
			{Name: "WriteBackupsAndLogs", Created: 1000 * day, Updated: 400 * day},
			{Name: "AWSSupportAccess", AWS: true, Created: 4200 * day},
			{Name: "AWSSupportServiceRolePolicy", Path: "/aws-service-role/", AWS: true, Created: 3100 * day},
			{Name: "SecurityAudit", AWS: true, Created: 4200 * day},
		},
		SAMLProviders: []providerPrint{{"company-directory", 900 * day, 200}},
		Features: account.OrganizationsFeatures{
			OrganizationID: "o-exampleorgid", Enabled: []string{account.RootCredentialsManagement, "RootSessions"},
		},
		Contacts: contactPrint{
			Security:   &account.AlternateContact{Name: "Security Desk", Title: "Security", Email: "security@company.example", Phone: "+81-3-0000-0001"},
			Billing:    &account.AlternateContact{Name: "Accounting", Title: "Accounting", Email: "billing@company.example", Phone: "+81-3-0000-0002"},
			Operations: &account.AlternateContact{Name: "Service Desk", Title: "Operations", Email: "operations@company.example", Phone: "+81-3-0000-0003"},
		},
		Analyzers: []analyzerPrint{{"external-access", "ACCOUNT", 700 * day, defaultRegions}},
	}.snapshot(now)
}

// employee is the ith user: people are even, machines odd.
func employee(i int) userPrint {
	if i%2 == 0 {
		name := fmt.Sprintf("person-%05d", i)
		return userPrint{
			Name: name, Created: 500 * day, Groups: []string{"staff"},
			Password: &passwordPrint{Changed: 60 * day, Used: age(1+i%10) * day},
			Devices:  []devicePrint{{"mfa/" + name, 499 * day}},
		}
	}
	name := fmt.Sprintf("machine-%05d", i)
	return userPrint{
		Name: name, Path: "/machines/", Created: 500 * day, Groups: []string{"machines"},
		Keys: []keyPrint{{Created: 30 * day, Used: age(1+i%20) * day / 24, Service: "s3", Region: "ap-northeast-1"}},
	}
}

// firstOf names the caller: the first user, or somebody else's administrator in an account without users.
func firstOf(users []userPrint) string {
	if len(users) == 0 {
		return "auditor"
	}
	return users[0].Name
}
