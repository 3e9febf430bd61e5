package mfapolicy

import (
	"encoding/json"
	"slices"
	"strings"
)

// Document is the policy as JSON has it.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one statement of it. Lists of one are written as the one.
type Statement struct {
	Sid       string
	Effect    string
	Action    Texts     `json:",omitempty"`
	NotAction Texts     `json:",omitempty"`
	Resource  Texts     `json:",omitempty"`
	Condition Condition `json:",omitempty"`
}

// Condition is operators with their keys and values.
type Condition map[string]map[string]Texts

// Texts is one text or several.
type Texts []string

// MarshalJSON writes a list of one as the one.
func (t Texts) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// grant is what one kind of credentials takes.
type grant struct {
	kind       string
	sid        string
	own        []string // actions on the user
	everywhere []string // actions that take no resource
}

// grants are the actions of the console's page "Security credentials" and of the command line, kind by kind (Service
// Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access Management").
var grants = []grant{
	{Password, "ChangeOwnPassword", []string{"iam:ChangePassword"}, []string{"iam:GetAccountPasswordPolicy"}},
	{AccessKeys, "ManageOwnAccessKeys", []string{"iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey"}, nil},
	{GitCredentials, "ManageOwnGitCredentials", []string{
		"iam:DeleteServiceSpecificCredential", "iam:ListServiceSpecificCredentials", "iam:ResetServiceSpecificCredential", "iam:UpdateServiceSpecificCredential",
	}, nil},
	{SSHKeys, "ManageOwnSSHKeys", []string{"iam:DeleteSSHPublicKey", "iam:GetSSHPublicKey", "iam:ListSSHPublicKeys", "iam:UpdateSSHPublicKey", "iam:UploadSSHPublicKey"}, nil},
	{SigningCertificates, "ManageOwnSigningCertificates", []string{
		"iam:DeleteSigningCertificate", "iam:ListSigningCertificates", "iam:UpdateSigningCertificate", "iam:UploadSigningCertificate",
	}, nil},
	{MFA, "ManageOwnDevices", []string{"iam:DeactivateMFADevice", "iam:EnableMFADevice", "iam:GetMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"}, []string{"iam:ListVirtualMFADevices"}},
}

// enrolling is what a user without a device needs to enrol one. To remove a device takes MFA.
var enrolling = []string{
	"iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices", "iam:ResyncMFADevice",
}

// The condition keys, and the service of a Git credential.
const (
	mfaPresent = "aws:MultiFactorAuthPresent"
	service    = "iam:ServiceSpecificCredentialServiceName"
	codeCommit = "codecommit.amazonaws.com"
)

// Write writes the policy of a wish that is valid.
func Write(w Wish) Document {
	d := Document{Version: "2012-10-17"}
	allow := func(sid string, condition Condition, resources Texts, actions ...string) {
		d.Statement = append(d.Statement, Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources, Condition: w.among(condition)})
	}
	var everywhere []string
	for _, g := range grants {
		if w.manages(g.kind) {
			everywhere = append(everywhere, g.everywhere...)
		}
	}
	if len(everywhere) > 0 {
		allow("SeeRulesAndDevices", nil, Texts{"*"}, everywhere...)
	}
	own := w.arns("user/", "user/*/") // with a path and without
	allow("SeeOneself", nil, own, "iam:GetUser")
	for _, g := range grants {
		if w.manages(g.kind) {
			allow(g.sid, nil, own, g.own...)
		}
		if g.kind == GitCredentials && w.manages(g.kind) { // the same action makes API keys of Amazon Bedrock
			allow("CreateOwnGitCredentials", Condition{"StringEquals": {service: {codeCommit}}}, own, "iam:CreateServiceSpecificCredential")
		}
	}
	open := []string{"iam:GetUser", "sts:GetSessionToken"}
	if w.manages(MFA) {
		open = append(open, enrolling...)
		if w.OwnName { // the old device has the name, and is in the way of the next
			allow("MakeOwnDevice", nil, w.arns("mfa/"), "iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice")
		} else {
			allow("MakeDevice", nil, Texts{"arn:" + w.partition() + ":iam::*:mfa/*"}, "iam:CreateVirtualMFADevice")
		}
	}
	if w.FirstSignIn {
		open = append(open, "iam:ChangePassword", "iam:GetAccountPasswordPolicy")
	}
	slices.Sort(open)
	d.Statement = append(d.Statement, Statement{
		Sid: "NothingElseWithoutMFA", Effect: "Deny", NotAction: open, Resource: Texts{"*"},
		Condition: w.among(Condition{"BoolIfExists": {mfaPresent: {"false"}}}),
	})
	return d
}

// arns are what belongs to the user by name.
func (w Wish) arns(kinds ...string) (all Texts) {
	for _, kind := range kinds {
		all = append(all, "arn:"+w.partition()+":iam::*:"+kind+"${aws:username}")
	}
	return all
}

// among narrows a condition to those who are not excepted.
func (w Wish) among(c Condition) Condition {
	add := func(operator, key, value string) {
		if c == nil {
			c = Condition{}
		}
		if c[operator] == nil {
			c[operator] = map[string]Texts{}
		}
		// One tag has one key, whatever its case.
		for known := range c[operator] {
			if strings.EqualFold(known, key) {
				key = known
			}
		}
		c[operator][key] = append(c[operator][key], value)
	}
	for _, pattern := range w.Except {
		if key, value, isTag := asTag(pattern); isTag {
			add("StringNotEquals", "aws:PrincipalTag/"+key, value)
		} else {
			add("StringNotLike", "aws:username", pattern)
		}
	}
	return c
}
