package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"sekisho/audit"
	"sekisho/audit/rules"
)

// way is a way to become an administrator by IAM itself; those through services are judged in audit/access.
type way struct {
	name    string
	account string   // lines, with the target
	none    string   // lines without one; empty: everybody has it
	calls   []string // "ACTION RESOURCE", each allowed to user/dev
	other   string   // resource of the last call that leads nowhere
	maybe   bool
}

const (
	harmless = ` {"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}` + "\n"
	all      = ` {"Effect":"Allow","Action":"*","Resource":"*"}` + "\n"
	dev      = "user dev\n"
	eve      = "user eve\n"
	boss     = "user boss\ninline user/boss all" + all
	// A restraint leaves the one action by which it is thrown off.
	restrained = ` {"Effect":"Deny","NotAction":"iam:%s","Resource":"*"}` + "\n"
	federated  = ` {"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:%s"},"Action":"sts:%s"}` + "\n"
)

var ways = []way{
	{name: "create-policy-version", account: "managed Own" + harmless + "user dev attached=Own\n", none: "managed Own" + harmless + dev, calls: []string{"iam:CreatePolicyVersion policy/Own"}, other: "policy/Other"},
	{name: "set-default-policy-version", account: "managed Own" + harmless + "user dev attached=Own\n", none: "managed Own" + harmless + dev, calls: []string{"iam:SetDefaultPolicyVersion policy/Own"}, other: "policy/Other"},
	{name: "attach-user-policy", account: dev + eve, calls: []string{"iam:AttachUserPolicy user/dev"}, other: "user/eve"},
	{name: "put-user-policy", account: dev + eve, calls: []string{"iam:PutUserPolicy user/dev"}, other: "user/eve"},
	{name: "attach-group-policy", account: "group devs\ngroup ops\nuser dev groups=devs\n", none: "group devs\n" + dev, calls: []string{"iam:AttachGroupPolicy group/devs"}, other: "group/ops"},
	{name: "put-group-policy", account: "group devs\ngroup ops\nuser dev groups=devs\n", none: "group devs\n" + dev, calls: []string{"iam:PutGroupPolicy group/devs"}, other: "group/ops"},
	{name: "attach-role-policy", account: dev + "role app trust=user:dev\nrole job\n", none: dev + "role app\n", calls: []string{"iam:AttachRolePolicy role/app"}, other: "role/job"},
	{name: "put-role-policy", account: dev + "role app trust=user:dev\nrole job\n", none: dev + "role app\n", calls: []string{"iam:PutRolePolicy role/app"}, other: "role/job"},
	{name: "add-user-to-group", account: "group admins\ninline group/admins all" + all + "group ops\n" + dev, none: "group admins\n" + dev, calls: []string{"iam:AddUserToGroup group/admins"}, other: "group/ops"},
	{name: "group-of-its-own", account: "group devs\ngroup ops\n" + dev, none: dev, calls: []string{"iam:PutGroupPolicy group/devs", "iam:AddUserToGroup group/devs"}, other: "group/ops"},

	{name: "create-access-key", account: dev + eve + boss, none: dev + eve, calls: []string{"iam:CreateAccessKey user/boss"}, other: "user/eve"},
	{name: "third-access-key", account: dev + eve + strings.Replace(boss, "boss\n", "boss key1=-30d key2=-30d\n", 1), none: dev + eve, calls: []string{"iam:CreateAccessKey user/boss", "iam:DeleteAccessKey user/boss"}, other: "user/eve"},
	{name: "create-login-profile", account: dev + eve + boss, none: dev + eve, calls: []string{"iam:CreateLoginProfile user/boss"}, other: "user/eve"},
	{name: "update-login-profile", account: dev + eve + strings.Replace(boss, "boss\n", "boss password=-90d\n", 1), none: dev + eve, calls: []string{"iam:UpdateLoginProfile user/boss"}, other: "user/eve"},
	{name: "password-and-device", account: dev + eve + strings.Replace(boss, "boss\n", "boss password=-90d mfa\n", 1), none: dev + eve, calls: []string{"iam:UpdateLoginProfile user/boss", "iam:DeactivateMFADevice user/boss"}, other: "user/eve"},
	{name: "put-user-policy-create-access-key", account: dev + eve, calls: []string{"iam:PutUserPolicy user/eve", "iam:CreateAccessKey user/eve"}, other: "user/dev"},
	{name: "attach-user-policy-create-access-key", account: dev + eve, calls: []string{"iam:AttachUserPolicy user/eve", "iam:CreateAccessKey user/eve"}, other: "user/dev"},
	{name: "create-user", account: dev + eve, calls: []string{"iam:CreateUser user/new", "iam:PutUserPolicy user/new", "iam:CreateAccessKey user/new"}, other: "user/eve"},
	{name: "create-user-attach", account: dev + eve, calls: []string{"iam:CreateUser user/new", "iam:AttachUserPolicy user/new", "iam:CreateLoginProfile user/new"}, other: "user/eve"},

	{name: "assume-role", account: dev + "role boss trust=account:123456789012\ninline role/boss all" + all + "role job\n", none: dev + "role boss trust=account:123456789012\n", calls: []string{"sts:AssumeRole role/boss"}, other: "role/job"},
	{name: "update-assume-role-policy", account: dev + "role boss\ninline role/boss all" + all + "role job\n", none: dev + "role job\nrole boss\n", calls: []string{"iam:UpdateAssumeRolePolicy role/boss"}, other: "role/job"},
	{name: "attach-role-policy-update-assume-role-policy", account: dev + "role app\nrole job\n", none: dev, calls: []string{"iam:AttachRolePolicy role/app", "iam:UpdateAssumeRolePolicy role/app"}, other: "role/job"},
	{name: "put-role-policy-update-assume-role-policy", account: dev + "role app\nrole job\n", none: dev, calls: []string{"iam:PutRolePolicy role/app", "iam:UpdateAssumeRolePolicy role/app"}, other: "role/job"},
	{name: "create-policy-version-update-assume-role-policy", account: "managed Own" + harmless + dev + "role app attached=Own\nrole job\n", none: "managed Own" + harmless + dev + "role app\n", calls: []string{"iam:CreatePolicyVersion policy/Own", "iam:UpdateAssumeRolePolicy role/app"}, other: "role/job"},
	{name: "attach-role-policy-assume-role", account: dev + "role app trust=account:123456789012\nrole job trust=account:123456789012\n", none: dev + "role app\n", calls: []string{"iam:AttachRolePolicy role/app", "sts:AssumeRole role/app"}, other: "role/job"},
	{name: "put-role-policy-assume-role", account: dev + "role app trust=account:123456789012\nrole job trust=account:123456789012\n", none: dev + "role app\n", calls: []string{"iam:PutRolePolicy role/app", "sts:AssumeRole role/app"}, other: "role/job"},
	{name: "create-policy-version-assume-role", account: "managed Own" + harmless + dev + "role app attached=Own trust=account:123456789012\nrole job trust=account:123456789012\n", none: "managed Own" + harmless + dev + "role app trust=account:123456789012\n",
		calls: []string{"iam:CreatePolicyVersion policy/Own", "sts:AssumeRole role/app"}, other: "role/job"},
	{name: "create-role", account: dev + "role job\n", calls: []string{"iam:CreateRole role/new", "iam:PutRolePolicy role/new"}, other: "role/job"},

	{name: "delete-permissions-boundary", account: dev + eve + "inline user/dev all" + all + `managed Bound {"Effect":"Allow","Action":"iam:DeleteUserPermissionsBoundary","Resource":"arn:aws:iam::123456789012:user/dev"}` + "\nboundary user/dev Bound\n",
		calls: []string{"iam:DeleteUserPermissionsBoundary user/dev"}},
	{name: "put-permissions-boundary", account: dev + eve + "inline user/dev all" + all + `managed Bound {"Effect":"Allow","Action":"iam:PutUserPermissionsBoundary","Resource":"arn:aws:iam::123456789012:user/dev"}` + "\nboundary user/dev Bound\n",
		calls: []string{"iam:PutUserPermissionsBoundary user/dev"}},
	{name: "rewrite-permissions-boundary", account: dev + eve + "inline user/dev all" + all + `managed Bound {"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"arn:aws:iam::123456789012:policy/Bound"}` + "\nboundary user/dev Bound\n",
		calls: []string{"iam:CreatePolicyVersion policy/Bound"}},
	{name: "detach-user-policy", account: "managed Stop" + fmt.Sprintf(restrained, "DetachUserPolicy") + "user dev attached=Stop\ninline user/dev all" + all, calls: []string{"iam:DetachUserPolicy user/dev"}},
	{name: "delete-user-policy", account: dev + "inline user/dev all" + all + "inline user/dev stop" + fmt.Sprintf(restrained, "DeleteUserPolicy"), calls: []string{"iam:DeleteUserPolicy user/dev"}},
	{name: "remove-user-from-group", account: "group held\ninline group/held stop" + fmt.Sprintf(restrained, "RemoveUserFromGroup") + "user dev groups=held\ninline user/dev all" + all, calls: []string{"iam:RemoveUserFromGroup group/held"}},
	{name: "detach-group-policy", account: "managed Stop" + fmt.Sprintf(restrained, "DetachGroupPolicy") + "group held attached=Stop\nuser dev groups=held\ninline user/dev all" + all, calls: []string{"iam:DetachGroupPolicy group/held"}},
	{name: "delete-group-policy", account: "group held\ninline group/held stop" + fmt.Sprintf(restrained, "DeleteGroupPolicy") + "user dev groups=held\ninline user/dev all" + all, calls: []string{"iam:DeleteGroupPolicy group/held"}},
	{name: "rewrite-deny", account: "managed Stop" + fmt.Sprintf(restrained, "CreatePolicyVersion") + "user dev attached=Stop\ninline user/dev all" + all, calls: []string{"iam:CreatePolicyVersion policy/Stop"}},
	{name: "roll-back-deny", account: "managed Stop" + fmt.Sprintf(restrained, "SetDefaultPolicyVersion") + "user dev attached=Stop\ninline user/dev all" + all, calls: []string{"iam:SetDefaultPolicyVersion policy/Stop"}},
	{name: "role-permissions-boundary", account: dev + "managed Bound" + harmless + "role app trust=user:dev\ninline role/app all" + all + "boundary role/app Bound\nrole job\n", none: dev + "role app trust=user:dev\n", calls: []string{"iam:DeleteRolePermissionsBoundary role/app"}, other: "role/job"},
	{name: "detach-role-policy", account: dev + "managed Stop" + fmt.Sprintf(restrained, "GetUser") + "role app attached=Stop trust=user:dev\ninline role/app all" + all + "role job\n", none: dev + "role app trust=user:dev\n", calls: []string{"iam:DetachRolePolicy role/app"}, other: "role/job"},
	{name: "tag-role", account: dev + "role app trust=user:dev\n" + `inline role/app all {"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"admins"}}}` + "\nrole job\n",
		none: dev + "role app trust=user:dev\n", calls: []string{"iam:TagRole role/app"}, other: "role/job"},
	{name: "tag-session", account: dev + "role app\n" + `trust app {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":["sts:AssumeRole","sts:TagSession"]}` + "\n" +
		`inline role/app all {"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"admins"}}}` + "\nrole job\n",
		none: dev + "role app trust=account:123456789012\n", calls: []string{"sts:TagSession role/app", "sts:AssumeRole role/app"}, other: "role/job"},
	{name: "untag-user", account: dev + "tag dev held=yes\ninline user/dev all" + all + `inline user/dev stop {"Effect":"Deny","NotAction":"iam:UntagUser","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/held":"yes"}}}` + "\n",
		calls: []string{"iam:UntagUser user/dev"}},
	{name: "tag-user", account: dev + eve + `inline user/dev all {"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"admins"}}}` + "\n",
		none: dev + eve, calls: []string{"iam:TagUser user/dev"}, other: "user/eve"},

	{name: "update-saml-provider", account: dev + "saml corp\nsaml lab\nrole boss\ninline role/boss all" + all + "trust boss" + fmt.Sprintf(federated, "saml-provider/corp", "AssumeRoleWithSAML"),
		none: dev + "saml corp\nrole boss\ninline role/boss all" + all, calls: []string{"iam:UpdateSAMLProvider saml-provider/corp"}, other: "saml-provider/lab"},
	{name: "replace-saml-provider", account: dev + "saml corp\nrole boss\ninline role/boss all" + all + "trust boss" + fmt.Sprintf(federated, "saml-provider/corp", "AssumeRoleWithSAML"),
		none: dev + "saml corp\nrole boss\ninline role/boss all" + all, calls: []string{"iam:DeleteSAMLProvider saml-provider/corp", "iam:CreateSAMLProvider saml-provider/corp"}, other: "saml-provider/lab"},
	{name: "create-saml-provider", account: dev + "role boss\ninline role/boss all" + all + "trust boss" + fmt.Sprintf(federated, "saml-provider/gone", "AssumeRoleWithSAML"),
		none: dev + "role boss\ninline role/boss all" + all, calls: []string{"iam:CreateSAMLProvider saml-provider/gone"}, other: "saml-provider/lab"},
	{name: "create-oidc-provider", maybe: true, account: dev + "role boss\ninline role/boss all" + all + "trust boss" + fmt.Sprintf(federated, "oidc-provider/id.example.com", "AssumeRoleWithWebIdentity"),
		none: dev + "role boss\ninline role/boss all" + all, calls: []string{"iam:CreateOpenIDConnectProvider oidc-provider/id.example.com"}, other: "oidc-provider/id.example.org"},
	{name: "change-oidc-provider", maybe: true, account: dev + "oidc id.example.com\nrole boss\ninline role/boss all" + all + "trust boss" + fmt.Sprintf(federated, "oidc-provider/id.example.com", "AssumeRoleWithWebIdentity"),
		none: dev + "oidc id.example.com\nrole boss\ninline role/boss all" + all, calls: []string{"iam:DeleteOpenIDConnectProvider oidc-provider/id.example.com", "iam:CreateOpenIDConnectProvider oidc-provider/id.example.com"}, other: "oidc-provider/id.example.org"},
}

// TestEveryWayByIAM is the matrix of ways by IAM: path × {open, other target, each action denied, boundary, no target}.
func TestEveryWayByIAM(t *testing.T) {
	t.Parallel()
	judge := func(t *testing.T, cell, want, lines string, calls []string) {
		t.Helper()
		for n, call := range calls {
			action, resource, _ := strings.Cut(call, " ")
			lines += fmt.Sprintf("inline user/dev call%d {\"Effect\":\"Allow\",\"Action\":%q,\"Resource\":\"arn:aws:iam::123456789012:%s\"}\n", n, action, resource)
		}
		if got, line := ofDev(t, lines); got != want {
			t.Errorf("%s: got %s want %s, of\n%s", cell, line, want, lines)
		}
	}
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			want := map[bool]string{false: "fail", true: "unknown"}[w.maybe]
			judge(t, "open", want, w.account, w.calls)
			for _, call := range w.calls {
				action, _, _ := strings.Cut(call, " ")
				judge(t, "without "+action, "pass", w.account+fmt.Sprintf("inline user/dev not {\"Effect\":\"Deny\",\"Action\":%q,\"Resource\":\"*\"}\n", action), w.calls)
			}
			if !strings.Contains(w.account, "\nboundary ") {
				judge(t, "boundary", "pass", w.account+"managed Storage {\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}\nboundary user/dev Storage\n", w.calls)
			}
			if w.none != "" {
				judge(t, "no target", "pass", w.none, w.calls)
			}
			if w.other != "" {
				calls := slices.Clone(w.calls)
				action, _, _ := strings.Cut(calls[len(calls)-1], " ")
				calls[len(calls)-1] = action + " " + w.other
				judge(t, "other target", "pass", w.account, calls)
			}
		})
	}
}

// TestChains is about accounts in which it takes several steps, or in which one of them is missing.
func TestChains(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("../../testdata/ways/chains.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		want, name, _ := strings.Cut(file.Name, ": ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, line := ofDev(t, string(file.Data)); got != want {
				t.Errorf("got %s want %s, of\n%s", line, want, file.Data)
			}
		})
	}
}

// ofDev is what privilege-escalation says of user/dev.
func ofDev(t *testing.T, lines string) (status, line string) {
	t.Helper()
	i := slices.IndexFunc(rules.Catalogue(), func(r *audit.Rule) bool { return r.ID == "privilege-escalation" })
	answer, _ := ruleCase{rule: rules.Catalogue()[i], lines: lines}.answer(t)
	for line := range strings.Lines(answer) {
		if status, rest, _ := strings.Cut(line, " "); rest == "user/dev\n" || strings.HasPrefix(rest, "user/dev ") || strings.HasPrefix(rest, "user/dev: ") {
			return status, line
		}
	}
	return "", answer
}
