package emulator

import (
	"embed"
	"time"

	"sekisho/audit/account"
)

// policyFiles are the documents of the managed policies of the demo account and of Company. Those that have the names
// of AWS's own are written for this program and simpler than AWS's.
//
//go:embed policies/*.json
var policyFiles embed.FS

// document is an embedded policy document.
func document(name string) string {
	text, err := policyFiles.ReadFile("policies/" + name + ".json")
	if err != nil {
		panic(err) // embedded at build time
	}
	return string(text)
}

// trusts is a role's trust policy for an AWS service.
func trusts(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

// Demo is the embedded demo account as it is at a time: Hakone Trading, a small company whose account an agency opened.
// Three of the five points of the Security Status are complete, and each rule about users, groups, devices, keys,
// passwords, policies and roles holds for some of them and not for others. The snapshot also holds live answers about
// every user, which a run asks for only where it needs them.
func Demo(now time.Time) *account.Snapshot {
	s := hakone().snapshot(now)
	s.Origin = "demo"
	return s
}

// hakone writes the company down. The comment on each user says what they are there to show.
func hakone() blueprint {
	const tokyo = "ap-northeast-1"
	sato := &account.AlternateContact{Name: "佐藤 雪", Title: "情報システム", Email: "sato@hakone-trading.example", Phone: "+81-460-00-0000"}
	return blueprint{
		accountID: "123456789012",
		alias:     "hakone-trading",
		caller:    "sato.yuki",
		reportAge: 2 * time.Hour,
		// The agency that opened the account left root without MFA, and a script of its own that still runs with root's
		// key.
		root: rootPrint{
			created:  1480 * day,
			password: &passwordPrint{changed: 1480 * day, used: 902 * day},
			keys:     []keyPrint{{created: 1475 * day, used: 3 * day, service: "s3", region: tokyo}},
		},
		// Too short, too soon reused, and without symbols.
		policy: &account.PasswordPolicy{
			MinimumPasswordLength: 12, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true,
			AllowUsersToChangePassword: true, PasswordReusePrevention: 5,
		},
		users: []userPrint{
			// The administrator who does everything right: a passkey and a spare, and no access key.
			{
				name: "sato.yuki", created: 1450 * day, groups: []string{"administrators"},
				password: &passwordPrint{changed: 80 * day, used: 5 * time.Hour},
				devices:  []devicePrint{{"u2f/user/sato.yuki/yubikey-HAKONEHAKONEHAKONEHAKONE22", 300 * day}, {"mfa/sato.yuki", 620 * day}},
				tags:     []account.Tag{{Key: "department", Value: "情報システム"}},
			},
			// An administrator with an access key besides.
			{
				name: "suzuki.haruto", created: 1200 * day, groups: []string{"administrators"},
				password: &passwordPrint{changed: 200 * day, used: 26 * time.Hour},
				devices:  []devicePrint{{"mfa/suzuki.haruto", 640 * day}},
				keys:     []keyPrint{{created: 40 * day, used: 1 * day, service: "ec2", region: tokyo}},
				tags:     []account.Tag{{Key: "department", Value: "情報システム"}},
			},
			{
				name: "tanaka.aoi", created: 700 * day, groups: []string{"developers"},
				password: &passwordPrint{changed: 30 * day, used: 3 * time.Hour},
				devices:  []devicePrint{{"mfa/tanaka.aoi", 699 * day}},
				// Both for CodeCommit, and both young.
				sshKeys:     []sshKeyPrint{{uploaded: 130 * day}},
				credentials: []credentialPrint{{service: "codecommit", created: 30 * day}},
			},
			// A hardware token.
			{
				name: "takahashi.ren", created: 650 * day, groups: []string{"developers"},
				password: &passwordPrint{changed: 90 * day, used: 4 * day},
				devices:  []devicePrint{{"GAHT12345678", 400 * day}},
			},
			// Text messages for MFA, from long ago.
			{
				name: "ito.mei", created: 1400 * day, groups: []string{"developers"},
				password: &passwordPrint{changed: 390 * day, used: 2 * day},
				devices:  []devicePrint{{"sms-mfa/ito.mei", 1390 * day}},
			},
			// Never enrolled: a password alone, though the developers' policy looks as if it asked for MFA.
			{
				name: "watanabe.sota", created: 410 * day, groups: []string{"developers"},
				password: &passwordPrint{changed: 410 * day, used: 6 * day},
			},
			// New, and never signed in: the first password still lies in a mail box.
			{
				name: "kobayashi.hina", created: 12 * day, groups: []string{"developers"},
				password: &passwordPrint{changed: 12 * day, used: never, mustChange: true},
			},
			// Left five months ago, with all credentials in place.
			{
				name: "nakamura.riku", created: 990 * day, groups: []string{"developers"},
				password: &passwordPrint{changed: 420 * day, used: 158 * day},
				devices:  []devicePrint{{"mfa/nakamura.riku", 980 * day}},
				keys:     []keyPrint{{created: 610 * day, used: 151 * day, service: "codecommit", region: tokyo}},
				// Deactivating key and password would leave these two, which no credential report shows.
				sshKeys:     []sshKeyPrint{{uploaded: 975 * day}},
				credentials: []credentialPrint{{service: "codecommit", created: 975 * day}},
			},
			// The president, outside every group, with an inline policy.
			{
				name: "yamada.koji", created: 1440 * day, attached: []string{"ReadOnlyAccess"},
				password: &passwordPrint{changed: 300 * day, used: 33 * day},
				devices:  []devicePrint{{"mfa/president-phone", 210 * day}},
			},
			{
				name: "kondo.emi", created: 520 * day, groups: []string{"accounting"},
				password: &passwordPrint{changed: 60 * day, used: 1 * day},
				devices:  []devicePrint{{"mfa/kondo.emi", 519 * day}},
				tags:     []account.Tag{{Key: "department", Value: "経理"}},
			},
			// The contact at a client: in a group that grants nothing, so somebody gave them an inline policy.
			{
				name: "mori@client.example", path: "/partners/", created: 260 * day, groups: []string{"partners"},
				inline:   []account.InlinePolicy{{Name: "client-share", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::hakone-client-share","arn:aws:s3:::hakone-client-share/*"]}}`}},
				password: &passwordPrint{changed: 259 * day, used: 71 * day},
				devices:  []devicePrint{{"mfa/mori@client.example", 258 * day}},
			},
			// The vendor's engineer, who got an access key together with the password and never used it. With a
			// security key alone they couldn't, under an MFA policy that lets out too much.
			{
				name: "ota.vendor", path: "/partners/", created: 64 * day, groups: []string{"operators", "partners"},
				password: &passwordPrint{changed: 63 * day, used: 8 * day},
				devices:  []devicePrint{{"u2f/user/ota.vendor/key-HAKONEHAKONEHAKONEHAKONE33", 63 * day}},
				keys:     []keyPrint{{created: 64*day - 2*time.Minute, used: never}},
			},
			// The trainee, outside every group too: nothing asks for MFA, and there is none.
			{
				name: "fujita.nao", created: 48 * day, attached: []string{"ReadOnlyAccess"},
				password: &passwordPrint{changed: 47 * day, used: 9 * day},
			},
			// The bookkeeper's auditor, new, under an MFA policy that lets nobody in: they can neither change the first
			// password nor enrol a device.
			{
				name: "ogawa.ken", path: "/partners/", created: 5 * day, groups: []string{"auditors"},
				password: &passwordPrint{changed: 5 * day, used: never, mustChange: true},
			},
			// Machines. This one's key was never taken out of service when the next one came.
			{
				name: "ci-deploy", path: "/machines/", created: 800 * day, groups: []string{"deployment"},
				keys: []keyPrint{
					{created: 512 * day, used: 5 * time.Hour, service: "s3", region: tokyo},
					{created: 35 * day, used: 4 * time.Hour, service: "ecr", region: tokyo},
				},
				tags: []account.Tag{{Key: "owner", Value: "tanaka.aoi"}},
				// From the days when it bundled images; the certificate has ended, and AWS still calls it active.
				certificates: []certificatePrint{{uploaded: 780 * day, validForDays: 365}},
			},
			// The machine that does everything right, as far as a machine with a key can.
			{
				name: "backup-agent", path: "/machines/", created: 300 * day, groups: []string{"machines"},
				devices: []devicePrint{{"mfa/backup-agent", 300 * day}},
				keys:    []keyPrint{{created: 61 * day, used: 9 * time.Hour, service: "s3", region: tokyo}},
			},
			// A key switched off long ago and left lying.
			{
				name: "log-shipper", path: "/machines/", created: 700 * day, groups: []string{"machines"},
				keys: []keyPrint{
					{created: 280 * day, used: 74 * day, service: "logs", region: tokyo, inactive: true},
					{created: 75 * day, used: 3 * time.Hour, service: "logs", region: tokyo},
				},
				certificates: []certificatePrint{{uploaded: 75 * day, validForDays: 365}},
			},
			// A key replaced last week: the old one is off and not yet deleted, which is how it should be done.
			{
				name: "metrics", path: "/machines/", created: 20 * day, groups: []string{"machines"},
				keys: []keyPrint{
					{created: 20 * day, used: 7 * day, service: "monitoring", region: tokyo, inactive: true},
					{created: 7 * day, used: 3 * time.Hour, service: "monitoring", region: tokyo},
				},
			},
			// A key that turned up in a public repository: AWS put it into quarantine.
			{
				name: "s3-uploader", path: "/machines/", created: 330 * day, groups: []string{"machines"}, attached: []string{"AWSCompromisedKeyQuarantineV3"},
				keys: []keyPrint{{created: 330 * day, used: 2 * day, service: "s3", region: "us-east-1"}},
			},
			// Made for a site that never went live.
			{
				name: "old-website", path: "/machines/", created: 118 * day, groups: []string{"machines"},
				keys: []keyPrint{{created: 118 * day, used: never}},
			},
			// Put in order an hour ago, after the credential report was made: the old one of its two keys is deleted.
			{
				name: "invoice-mailer", path: "/machines/", created: 430 * day, groups: []string{"machines"},
				devices: []devicePrint{{"mfa/invoice-mailer", 430 * day}},
				keys: []keyPrint{
					{created: 430 * day, used: 62 * day, service: "ses", region: tokyo, deleted: true},
					{created: 62 * day, used: 6 * time.Hour, service: "ses", region: tokyo},
				},
			},
			// The users that the Bedrock console makes for its API keys. Of this one somebody has made more than that,
			// and its API key never ends.
			{
				name: "BedrockAPIKey-7h2k", created: 150 * day, attached: []string{"AmazonBedrockLimitedAccess"},
				keys:        []keyPrint{{created: 50 * day, used: 2 * day, service: "bedrock", region: "us-east-1"}},
				credentials: []credentialPrint{{service: "bedrock", created: 150 * day, apiKey: true}},
			},
			{
				name: "BedrockAPIKey-q4mz", created: 20 * day, attached: []string{"AmazonBedrockLimitedAccess"},
				credentials: []credentialPrint{{service: "bedrock", created: 20 * day, validForDays: 90, apiKey: true}},
			},
		},
		groups: []groupPrint{
			{name: "accounting", created: 1440 * day, attached: []string{"Billing", "ForceMFA"}},
			{name: "administrators", created: 1450 * day, attached: []string{"AdministratorAccess", "ForceMFA"}},
			// Its MFA policy excepts nothing, not even enrolling.
			{name: "auditors", created: 6 * day, attached: []string{"SecurityAudit", "DenyWithoutMFA"}},
			{name: "deployment", created: 800 * day, attached: []string{"DeployWebsite"}},
			// Its MFA policy asks with Bool, which a long-term key slips through.
			{name: "developers", created: 1449 * day, attached: []string{"PowerUserAccess", "DeveloperExtras", "ForceMFA-2021", "ProtectBackups", "AWSCloudShellFullAccess"}},
			{name: "machines", created: 700 * day, attached: []string{"WriteBackupsAndLogs"}},
			// Its MFA policy excepts sts:AssumeRole, and lets everybody take anybody's device away.
			{name: "operators", created: 65 * day, attached: []string{"OperateServers", "ForceMFA-Operators"}},
			{name: "partners", created: 262 * day},
			{name: "support-desk", created: 1100 * day, attached: []string{"AWSSupportAccess"}},
		},
		roles: []rolePrint{
			{name: "AWSServiceRoleForSupport", path: "/aws-service-role/support.amazonaws.com/", created: 1480 * day, used: 30 * day, region: "us-east-1", trust: trusts("support.amazonaws.com"), attached: []string{"AWSSupportServiceRolePolicy"}},
			// The agency's own way in, from the day it opened the account.
			{name: "agency-admin", created: 1479 * day, used: never, trust: document("trust-agency"), inline: []account.InlinePolicy{{Name: "everything", Document: document("AdministratorAccess")}}},
			{name: "app-server", created: 900 * day, used: 2 * time.Hour, region: tokyo, trust: trusts("ec2.amazonaws.com"), attached: []string{"AmazonSSMManagedInstanceCore"}, instanceProfile: true},
			{name: "incident-review", created: 500 * day, used: 20 * day, region: tokyo, trust: document("trust-operations"), attached: []string{"ReadOnlyAccess"}},
			{name: "invoice-pdf", path: "/service-role/", created: 410 * day, used: 190 * day, region: tokyo, trust: trusts("lambda.amazonaws.com"), attached: []string{"AWSLambdaBasicExecutionRole"}},
			// Made for somebody who has left: their unique ID is all that is left.
			{name: "nightly-report", created: 830 * day, used: 395 * day, region: tokyo, trust: document("trust-nightly-report"), attached: []string{"WriteBackupsAndLogs"}},
			{name: "operations", created: 500 * day, used: 1 * day, region: tokyo, trust: document("trust-operations"), attached: []string{"PowerUserAccess"}},
			// The tax accountant's auditors come from their own account, with an external ID.
			{name: "partner-audit", created: 365 * day, used: 40 * day, region: tokyo, trust: document("trust-partner-audit"), attached: []string{"SecurityAudit"}},
			// Asks for MFA with BoolIfExists, which a key without MFA passes.
			{name: "release", created: 420 * day, used: 2 * day, region: tokyo, trust: document("trust-release"), attached: []string{"DeployWebsite"}},
			// Somebody tried something out once.
			{name: "share-test", created: 610 * day, used: never, trust: document("trust-share-test"), attached: []string{"ReadOnlyAccess"}},
		},
		policies: []policyPrint{
			{name: "AllButBilling-2019", created: 1460 * day, updated: 1460 * day, document: document("AllButBilling-2019")},
			{name: "DenyWithoutMFA", created: 6 * day, updated: 6 * day, document: document("DenyWithoutMFA")},
			{name: "DeployWebsite", created: 800 * day, updated: 35 * day, version: "v3", document: document("DeployWebsite")},
			{name: "DeveloperExtras", created: 1300 * day, updated: 96 * day, version: "v5", document: document("DeveloperExtras")},
			{name: "ForceMFA", created: 640 * day, updated: 640 * day, document: document("ForceMFA")},
			{name: "ForceMFA-2021", created: 1449 * day, updated: 1449 * day, document: document("ForceMFA-2021")},
			{name: "ForceMFA-Operators", created: 65 * day, updated: 65 * day, document: document("ForceMFA-Operators")},
			{name: "OperateServers", created: 65 * day, updated: 65 * day, document: document("OperateServers")},
			{name: "ProtectBackups", created: 480 * day, updated: 480 * day, document: document("ProtectBackups")},
			{name: "TemporaryAdmin", created: 1478 * day, updated: 1478 * day, document: document("TemporaryAdmin")},
			{name: "WriteBackupsAndLogs", created: 700 * day, updated: 300 * day, version: "v2", document: document("WriteBackupsAndLogs")},
			aws("AWSCloudShellFullAccess", "", 2100),
			aws("AWSCompromisedKeyQuarantineV3", "", 780),
			aws("AWSLambdaBasicExecutionRole", "/service-role/", 4000),
			aws("AWSSupportAccess", "", 4200),
			aws("AWSSupportServiceRolePolicy", "/aws-service-role/", 3100),
			aws("AdministratorAccess", "", 4200),
			aws("AmazonBedrockLimitedAccess", "", 500),
			aws("AmazonSSMManagedInstanceCore", "", 2700),
			aws("Billing", "/job-function/", 3600),
			aws("PowerUserAccess", "", 4200),
			aws("ReadOnlyAccess", "", 4200),
			aws("SecurityAudit", "", 4200),
		},
		// Somebody began to enrol root's phone once, and didn't come to the end of it.
		orphans: []string{"root-account-mfa-device", "watanabe.sota"},
		serverCertificates: []serverCertificatePrint{
			{"intranet.hakone-trading.example", 120 * day, 397},
			{"www.hakone-trading.example", 760 * day, 397},
		},
		// The organization is the agency's, and only its own account may ask.
		features: account.OrganizationsFeatures{Refusal: account.RefusedNotManagement},
		// One person for everything but the bills, which nobody is told of.
		contacts: contactPrint{security: sato, operations: sato},
		// The region that the company works in, and the one that the console opens in. The second analyzer looks for
		// something else.
		analyzers: []analyzerPrint{
			{"hakone-external-access", "ACCOUNT", 290 * day, []string{tokyo, "us-east-1"}},
			{"hakone-unused-access", "ACCOUNT_UNUSED_ACCESS", 90 * day, []string{tokyo, "us-west-2"}},
		},
	}
}

// aws is a managed policy of AWS's own.
func aws(name, path string, ageDays int) policyPrint {
	age := time.Duration(ageDays) * day
	return policyPrint{name: name, path: path, aws: true, created: age, updated: age / 4, version: "v2", document: document(name)}
}
