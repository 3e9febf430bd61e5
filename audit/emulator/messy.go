package emulator

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
)

// Messy is an account of some n users in which everything that rules look for went wrong somewhere, for benchmarks and
// load tests: fourteen more show a rare failure each; there are a fifth as many roles, three tenths as many policies of
// its own, a group for each 25 users. The same seed gives the same account, but for the dates, which move with the
// clock.
func Messy(n int, seed uint64, now time.Time) *account.Snapshot {
	m := &mess{n: n, seed: seed}
	b := blueprint{
		AccountID: "123456789012",
		Alias:     "example-messy",
		Caller:    person(0),
		ReportAge: day / 12,
		Root: rootPrint{
			Created: 3000 * day, Password: &passwordPrint{Changed: 2500 * day, Used: 20 * day},
			Keys: []keyPrint{{Created: 2900 * day, Used: 3 * day, Service: "s3", Region: "us-east-1"}},
		},
		Policy:        &account.PasswordPolicy{MinimumPasswordLength: 8, ExpirePasswords: true, MaxPasswordAgeDays: 120, HardExpiry: true},
		Policies:      m.managed(),
		Orphans:       []string{"left-behind", "never-enrolled"},
		SAMLProviders: []providerPrint{{"company-directory", 900 * day, 20}},
		OIDCProviders: []string{"token.actions.githubusercontent.com"},
		ServerCertificates: []serverCertificatePrint{
			{"old.messy.example", 900 * day, 397},
		},
		Features:  account.OrganizationsFeatures{Refusal: account.RefusedNotManagement},
		Analyzers: []analyzerPrint{{"external-access", "ACCOUNT", 700 * day, defaultRegions[:2]}},
	}
	for i := range max(1, n/25) {
		b.Groups = append(b.Groups, m.group(i))
	}
	for i := range n / 5 {
		b.Roles = append(b.Roles, m.role(i))
	}
	for i := range n {
		b.Users = append(b.Users, m.user(i))
	}
	b.Users = append(b.Users, exhibits()...)
	b.Groups = append(b.Groups, groupPrint{Name: "nobody-left", Created: 2000 * day, Attached: []string{"ReadOnlyAccess"}}, groupPrint{Name: "nothing-left", Created: 2000 * day})
	return b.snapshot(now)
}

// mess makes the parts of a messy account, each from random numbers of its own, so that the others stay as they are
// when one comes to be made in another way.
type mess struct {
	n    int
	seed uint64
}

// dice are the random numbers of the ith thing of a kind.
type dice struct{ *rand.Rand }

func (m *mess) dice(kind string, i int) dice {
	stream := uint64(i)
	for _, c := range kind {
		stream += uint64(c) << 40
	}
	return dice{rand.New(rand.NewPCG(m.seed, stream))}
}

// in reports whether something happens that does so in so many of a hundred cases.
func (d dice) in(hundred int) bool { return d.IntN(100) < hundred }

// some takes up to so many of a list, each once.
func some[T comparable](d dice, most int, of func(d dice) T) (list []T) {
	for range d.IntN(most + 1) {
		if item := of(d); !slices.Contains(list, item) {
			list = append(list, item)
		}
	}
	return list
}

// days is an age between two numbers of days.
func (d dice) days(least, most int) age {
	return age(least+d.IntN(most-least)) * day
}

func one[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

func person(i int) string { return fmt.Sprintf("person-%05d", i) }

// The shares of the account's own policies that grant too much, force MFA or are made as boundaries; the others are
// ordinary.
const (
	perWide = 12 // one policy in so many
	guards  = 9  // the first ones force MFA
	borders = 6  // the next ones are boundaries that many share
)

func ownPolicy(i int) string { return fmt.Sprintf("team-policy-%04d", i) }

// own picks a policy of the account's own that anybody may have. The last ones nobody has any more.
func (m *mess) own(d dice) string {
	return ownPolicy(guards + borders + d.IntN(max(1, m.policies()-guards-borders)))
}

func (m *mess) guard(d dice) string { return ownPolicy(d.IntN(guards)) }

func (m *mess) border(d dice) string { return ownPolicy(guards + d.IntN(borders)) }

// policies is how many policies of its own the account has.
func (m *mess) policies() int { return max(m.n*3/10, 2*perWide*len(wide)+guards+borders) }

func (m *mess) managed() []policyPrint {
	var list []policyPrint
	for _, name := range []string{
		"AWSCloudShellFullAccess", "AWSCompromisedKeyQuarantineV3", "AWSSupportAccess", "AdministratorAccess", "AmazonBedrockLimitedAccess", "PowerUserAccess",
		"ReadOnlyAccess", "SecurityAudit",
	} {
		list = append(list, policyPrint{Name: name, AWS: true, Created: 4000 * day})
	}
	for i := range m.policies() {
		d := m.dice("policy", i)
		p := policyPrint{Name: ownPolicy(i), Created: d.days(500, 2000), Updated: d.days(1, 500), Version: fmt.Sprintf("v%d", 1+d.IntN(5))}
		switch {
		case i < guards:
			p.Document = m.guarding(i)
		case i < guards+borders:
			p.Document = policyOf(m.statements(d, 2), allow(`"iam:Get*","iam:List*","s3:*","ec2:*","logs:*","sts:AssumeRole"`, `"*"`))
		case i%perWide == 0:
			p.Document = policyOf(m.statements(d, 2), wide[i/perWide%len(wide)])
		default:
			p.Document = policyOf(m.statements(d, 10))
		}
		list = append(list, p)
	}
	return list
}

// guarding is the ith policy that asks for MFA, each with another mistake, or none.
func (m *mess) guarding(i int) string {
	files := []string{"ForceMFA", "ForceMFA-2021", "ForceMFA-Operators", "DenyWithoutMFA"}
	if i < len(files) {
		return document(files[i])
	}
	if i == guards-1 {
		return policyOf(`{"Sid":"Guard","Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`)
	}
	except := []string{
		`"iam:EnableMFADevice","iam:CreateVirtualMFADevice","iam:ListMFADevices","sts:GetSessionToken"`,
		`"iam:*","sts:GetSessionToken"`, `"s3:*","iam:EnableMFADevice"`, `"sts:*"`,
	}[i-len(files)]
	return policyOf(`{"Sid":"Guard","Effect":"Deny","NotAction":[` + except + `],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`)
}

func (m *mess) inline(d dice, most int) inlinePrint {
	policies := inlinePrint{}
	for i := range d.IntN(most + 1) {
		document := policyOf(m.statements(d, 5))
		if d.in(6) {
			document = policyOf(one(d, wide))
		}
		policies[one(d, []string{"access", "temp", "extra", "fix"})+fmt.Sprintf("-%d", i)] = document
	}
	return policies
}

func groupName(i int) string { return fmt.Sprintf("team-%03d", i) }

func (m *mess) group(i int) groupPrint {
	d := m.dice("group", i)
	g := groupPrint{Name: groupName(i), Created: d.days(600, 2500)}
	if d.in(3) {
		return g // it grants nothing
	}
	g.Attached = some(d, 6, m.own)
	if d.in(60) {
		g.Attached = append(g.Attached, m.guard(d))
	}
	if d.in(30) {
		g.Attached = append(g.Attached, one(d, []string{"ReadOnlyAccess", "PowerUserAccess", "SecurityAudit", "AWSCloudShellFullAccess"}))
	}
	if d.in(15) {
		g.Inline = m.inline(d, 2)
	}
	return g
}

// trusted are trust policies; %d is the number of another role or user, %s an ID of something deleted.
func (m *mess) trusted(d dice) string {
	to := func(principal, action, condition string) string {
		return policyOf(`{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:` + action + `"` + condition + `}`)
	}
	roles, users := max(1, m.n/5), max(1, m.n)
	switch d.IntN(14) {
	case 0, 1, 2:
		return trust(one(d, []string{"ec2", "lambda", "ecs-tasks", "glue", "cloudformation", "states"}) + ".amazonaws.com")
	case 3:
		return to(`{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}`, "AssumeRoleWithWebIdentity",
			`,"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:example/`+one(d, []string{"app", "web", "*"})+`:*"}}`)
	case 4:
		return to(`{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}`, "AssumeRoleWithWebIdentity", ``)
	case 5:
		return document("trust-company-directory")
	case 6:
		return to(fmt.Sprintf(`{"AWS":"arn:aws:iam::2109876543%02d:root"}`, d.IntN(20)), "AssumeRole", `,"Condition":{"StringEquals":{"sts:ExternalId":"example"}}`)
	case 7:
		return to(fmt.Sprintf(`{"AWS":"2109876543%02d"}`, d.IntN(20)), "AssumeRole", ``)
	case 8, 9:
		return to(`{"AWS":"arn:aws:iam::123456789012:root"}`, "AssumeRole", one(d, narrowing))
	case 10:
		return to(`"*"`, "AssumeRole", one(d, []string{`,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}`, `,"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/deploy"}}`}))
	case 11:
		return to(fmt.Sprintf(`{"AWS":["arn:aws:iam::123456789012:user/%s","arn:aws:iam::123456789012:user/%s"]}`, person(d.IntN(users)), person(d.IntN(users))), "AssumeRole", one(d, narrowing))
	case 12:
		return to(fmt.Sprintf(`{"AWS":"arn:aws:iam::123456789012:role/%s"}`, roleName(d.IntN(roles))), "AssumeRole", ``)
	}
	return to(fmt.Sprintf(`{"AWS":"AROAEXAMPLE%09d"}`, d.IntN(1000)), "AssumeRole", ``)
}

func roleName(i int) string {
	return fmt.Sprintf("%s-%04d", []string{"app", "data", "web", "ops"}[i%4], i)
}

func (m *mess) role(i int) rolePrint {
	d := m.dice("role", i)
	r := rolePrint{
		Name: roleName(i), Created: d.days(500, 2500), Used: d.days(0, 600), Region: "ap-northeast-1", Trust: m.trusted(d),
		Attached: some(d, 8, m.own), InstanceProfile: d.in(20),
	}
	if d.in(20) {
		r.Used = never
	}
	if strings.Contains(r.Trust, `"Principal":"*"`) { // it does not make administrators of everybody
		r.Attached = []string{"ReadOnlyAccess"}
		return r
	}
	if d.in(5) {
		r.Attached = append(r.Attached, one(d, []string{"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess"}))
	}
	if d.in(30) {
		r.Inline = m.inline(d, 2)
	}
	if d.in(15) {
		r.Boundary = m.border(d)
	}
	return r
}
