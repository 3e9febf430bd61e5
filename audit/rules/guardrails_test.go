package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
	"sekisho/audit/rules"
)

// TestOrganizationsPoliciesTakeWaysAway judges who becomes whom in one account under policies of its organization.
func TestOrganizationsPoliciesTakeWaysAway(t *testing.T) {
	t.Parallel()
	const full = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	s, _, _ := build(t, `user dev
user own
user root
role boss trust=account:123456789012
inline user/root all {"Effect":"Allow","Action":"*","Resource":"*"}
inline role/boss all {"Effect":"Allow","Action":"*","Resource":"*"}
inline user/dev o {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}
inline user/own w {"Effect":"Allow","Action":"iam:*User*","Resource":"*"}
role held trust=service:lambda
inline role/held all {"Effect":"Allow","Action":"*","Resource":"*"}
inline role/held d {"Effect":"Deny","Action":"iam:*","NotResource":"arn:aws:iam::123456789012:user/${aws:username}"}
`)
	for name, c := range map[string]struct {
		scps           [][]string
		rcps           []string
		dev, own, root access.Standing
		boss           access.Standing
		held           bool // is an administrator of what is left
	}{
		"none": {dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"all allowed": {
			scps: [][]string{{full}, {full}}, dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"nobody assumes roles": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`}}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"another role only": {
			scps: [][]string{{full}, {full, `{"Effect":"Deny","Action":"sts:AssumeRole","NotResource":"arn:aws:iam::*:role/other"}`}}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"an administrator of what is left": {
			scps: [][]string{{full}, {full, `{"Effect":"Deny","Action":["s3:DeleteBucket","iam:CreateUser"],"Resource":"*"}`}}, dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"a level that allows less": {
			scps: [][]string{{full}, {`{"Effect":"Allow","Action":["s3:*","sts:*"],"Resource":"*"}`}}, dev: access.CanAscend, own: access.CannotAscend, root: access.Already, boss: access.Already, held: true},
		"all but one role": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":["iam:*","ec2:*"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/boss"}}}`}},
			dev:  access.CanAscend, own: access.CannotAscend, root: access.CanAscend, boss: access.Already},
		"from an office": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`}},
			dev:  access.MayAscend, own: access.MayAscend, root: access.MayAscend, boss: access.MayAscend},
		"nothing new of IAM": {
			scps: [][]string{{full, `{"Effect":"Deny","Action":"iam:Create*","Resource":"*"}`}}, dev: access.CanAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"nothing at all": {
			scps: [][]string{{`{"Effect":"Deny","Action":"*","Resource":"*"}`}}, dev: access.CannotAscend, own: access.CannotAscend, root: access.CannotAscend, boss: access.CannotAscend},
		"the role's own": {
			rcps: []string{`{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}`}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
		"RCPs are not about IAM": {
			rcps: []string{`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`}, dev: access.CannotAscend, own: access.CanAscend, root: access.Already, boss: access.Already},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parse := func(kind policy.Kind, statement string) *policy.Document {
				d, err := policy.Parse("scp", kind, fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[%s]}`, statement))
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			var by access.Guardrails
			for _, level := range c.scps {
				var documents []*policy.Document
				for _, statement := range level {
					documents = append(documents, parse(policy.SCP, statement))
				}
				by.SCPs = append(by.SCPs, documents)
			}
			for _, statement := range c.rcps {
				by.RCPs = append(by.RCPs, parse(policy.RCP, statement))
			}
			who := access.New(account.New(s))
			who.Guard(by)
			for principal, want := range map[*access.Principal]access.Standing{
				who.User("dev"): c.dev, who.User("own"): c.own, who.User("root"): c.root, who.Role("arn:aws:iam::123456789012:role/boss"): c.boss,
			} {
				if got := principal.Ascent(); got.Standing != want {
					t.Errorf("%s: got %s, want %s", principal.Name, got.Standing, want)
				}
			}
			if got := who.Role("arn:aws:iam::123456789012:role/held").Ascent(); (got.Standing == access.Already) != c.held {
				t.Errorf("held: got %s, want an administrator of what is left: %v", got.Standing, c.held)
			}
		})
	}
}

// TestOrganizationsPoliciesInVerdicts judges users and credentials under service control policies: they enforce MFA, and
// what they make useless stays a failure with a note.
func TestOrganizationsPoliciesInVerdicts(t *testing.T) {
	t.Parallel()
	const (
		full   = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		onRoot = `"Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`
		denied = `{"Effect":"Deny","Action":"*","Resource":"*"`
		guard  = `{"Sid":"MFA","Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","sts:GetSessionToken"],"Resource":"*","Condition":`
	)
	s, _, settings := build(t, `summary AccountAccessKeysPresent=1
root access_key_1_active=true access_key_1_last_rotated=-500d access_key_1_last_used_date=-3d
user alice password=-90d key1=-300d
inline user/alice all {"Effect": "Allow", "Action": "*", "Resource": "*"}
`)
	for name, c := range map[string]struct {
		levels          [][]string
		console, key    string // verdicts on alice
		enforced        audit.Status
		root, ofAlice   string // notes
		statement, said string // evidence of mfa-enrolment-possible
	}{
		"not read":             {console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"all allowed":          {levels: [][]string{{full}, {full}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"MFA asked for":        {levels: [][]string{{full}, {full, guard + `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`}}, console: "enforced", key: "enforced", enforced: audit.StatusPass, statement: "SCP 1.1#MFA", said: "organizations:ListPolicies"},
		"asked for by Bool":    {levels: [][]string{{full, guard + `{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}`}}, console: "enforced", key: "not_enforced", enforced: audit.StatusFail},
		"allowed with MFA":     {levels: [][]string{{full}, {`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`}}, console: "enforced", key: "enforced", enforced: audit.StatusPass},
		"of one service":       {levels: [][]string{{full, `{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`}}, console: "leaky", key: "leaky", enforced: audit.StatusFail},
		"but for alice":        {levels: [][]string{{full, guard + `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"},"StringNotEquals":{"aws:username":"alice"}}}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"root denied":          {levels: [][]string{{full}, {full, denied + `,` + onRoot + `}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail, root: "contained by SCP p-1.1 at ou-1"},
		"root denied by name":  {levels: [][]string{{full, denied + `,"Condition":{"StringEquals":{"aws:PrincipalType":"Account"}}}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail, root: "contained by SCP p-0.1 at ou-0"},
		"root but for one":     {levels: [][]string{{full, `{"Effect":"Deny","NotAction":"s3:*","Resource":"*",` + onRoot + `}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"root without MFA":     {levels: [][]string{{full, denied + `,"Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"root on one resource": {levels: [][]string{{full, `{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::*",` + onRoot + `}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"plain root":           {levels: [][]string{{full, denied + `,"Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},"Null":{"aws:AssumedRoot":"true"}}}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail, root: "contained by SCP p-0.1 at ou-0"},
		"everybody":            {levels: [][]string{{full, denied + `}`}}, console: "no_access", key: "no_access", enforced: audit.StatusPass, root: "contained by SCP p-0.1 at ou-0", ofAlice: "contained by SCP p-0.1 at ou-0"},
		"everybody elsewhere":  {levels: [][]string{{full, denied + `,"Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
		"nothing allowed":      {levels: [][]string{{`{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}`}}, console: "not_enforced", key: "not_enforced", enforced: audit.StatusFail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := audit.Options{Thresholds: audit.DefaultThresholds(), Settings: settings, Enforcement: true}
			if c.levels != nil {
				options.Above = &audit.Above{Guardrails: access.Guardrails{Said: account.Evidence{Source: "organizations:ListPolicies"}}}
			}
			for i, level := range c.levels {
				var documents []*policy.Document
				for j, statement := range level {
					d, err := policy.Parse(fmt.Sprintf("SCP %d.%d", i, j), policy.SCP, fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[%s]}`, statement))
					if err != nil {
						t.Fatal(err)
					}
					documents = append(documents, d)
					options.Above.Guardrails.Attached = append(options.Above.Guardrails.Attached, access.Attachment{Document: d, ID: fmt.Sprintf("p-%d.%d", i, j), At: fmt.Sprintf("ou-%d", i)})
				}
				options.Above.Guardrails.SCPs = append(options.Above.Guardrails.SCPs, documents)
			}
			report, _ := audit.Evaluate(s, rules.Catalogue(), options)
			row := report.Enforcement[slices.IndexFunc(report.Enforcement, func(r audit.EnforcementRow) bool { return r.Name == "alice" })]
			if row.Console.Verdict != c.console || row.AccessKey.Verdict != c.key {
				t.Errorf("got %s with the password and %s with the key, want %s and %s", row.Console.Verdict, row.AccessKey.Verdict, c.console, c.key)
			}
			status := audit.StatusPass
			notes := map[string]string{}
			for _, f := range report.Findings {
				if f.Rule == "mfa-enforced-access-key" && strings.HasSuffix(f.Resource, "/alice") {
					status = f.Status
				}
				for _, note := range f.Notes {
					notes[f.Rule] += note.String()
				}
			}
			if status != c.enforced {
				t.Errorf("mfa-enforced-access-key of alice: got %v, want %v", status, c.enforced)
			}
			for rule, want := range map[string]string{"root-no-access-keys": c.root, "access-key-rotation": c.ofAlice} {
				if !slices.ContainsFunc(report.Findings, func(f audit.Finding) bool { return f.Rule == rule && f.Status == audit.StatusFail }) {
					t.Errorf("%s: got no failure, want one: a credential that exists stays one", rule)
				}
				if notes[rule] != want {
					t.Errorf("%s: got the note %q, want %q", rule, notes[rule], want)
				}
			}
			text := ""
			for _, note := range report.Remarks() {
				text += note.String()
			}
			if notRead := c.levels == nil; strings.Contains(text, "Service control policies of an organization are not considered") != notRead || (report.OrganizationPolicies == audit.PoliciesNotRead) != notRead {
				t.Errorf("got the notes %q and %s, want them to say that policies weren't read: %v", text, report.OrganizationPolicies, notRead)
			}
			if c.statement == "" {
				return
			}
			for _, f := range report.Findings {
				if f.Rule == "mfa-unclaimed" && slices.ContainsFunc(f.Evidence, func(e audit.Evidence) bool { return e.Value == c.statement && e.Source == c.said }) {
					return
				}
			}
			t.Errorf("got no evidence that %s said %s, want it of mfa-unclaimed", c.said, c.statement)
		})
	}
}
