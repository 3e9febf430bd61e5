package access

import (
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// takeover is an action that, where it can be done without MFA, makes the rest of an MFA policy worthless.
type takeover struct {
	action string
	how    message.Message
}

// takeovers are the actions by which someone without MFA gets credentials or rights that the MFA policy doesn't
// protect.
var takeovers = []takeover{
	{"iam:CreateAccessKey", message.New("makes a new access key")},
	{"iam:UpdateAccessKey", message.New("turns a deactivated access key on again")},
	{"iam:CreateLoginProfile", message.New("sets a password")},
	{"iam:UpdateLoginProfile", message.New("changes a password")},
	{"iam:DeactivateMFADevice", message.New("takes away someone's MFA device")},
	{"iam:DeleteVirtualMFADevice", message.New("deletes someone's MFA device")},
	{"iam:AttachUserPolicy", message.New("attaches a policy to a user")},
	{"iam:AttachGroupPolicy", message.New("attaches a policy to a group")},
	{"iam:AttachRolePolicy", message.New("attaches a policy to a role")},
	{"iam:PutUserPolicy", message.New("writes a user an inline policy")},
	{"iam:PutGroupPolicy", message.New("writes a group an inline policy")},
	{"iam:PutRolePolicy", message.New("writes a role an inline policy")},
	{"iam:DetachUserPolicy", message.New("detaches the MFA policy from a user")},
	{"iam:DetachGroupPolicy", message.New("detaches the MFA policy from a group")},
	{"iam:DeleteUserPolicy", message.New("deletes a user's inline MFA policy")},
	{"iam:DeleteGroupPolicy", message.New("deletes a group's inline MFA policy")},
	{"iam:DeletePolicyVersion", message.New("deletes a version of the MFA policy")},
	{"iam:AddUserToGroup", message.New("joins a group with more rights")},
	{"iam:RemoveUserFromGroup", message.New("leaves the group that has the MFA policy")},
	{"iam:CreatePolicyVersion", message.New("rewrites the MFA policy")},
	{"iam:SetDefaultPolicyVersion", message.New("goes back to a version without MFA")},
	{"iam:PutUserPermissionsBoundary", message.New("changes a boundary")},
	{"iam:DeleteUserPermissionsBoundary", message.New("removes a boundary")},
	{"iam:UpdateAssumeRolePolicy", message.New("opens a role to itself")},
	{"iam:PassRole", message.New("has a service act with a role")},
	{"iam:CreateServiceSpecificCredential", message.New("makes credentials that never carry MFA")},
	{"iam:ResetServiceSpecificCredential", message.New("resets credentials that never carry MFA")},
	{"iam:UploadSSHPublicKey", message.New("adds an SSH key, which never carries MFA")},
	{"iam:UploadSigningCertificate", message.New("adds a signing certificate, which never carries MFA")},
	{"sts:AssumeRole", message.New("takes on a role, without the MFA policy")},
	{"sts:GetFederationToken", message.New("makes a session that cannot be asked for MFA")},
	{"sts:AssumeRoot", message.New("becomes the root user of a member account")},
}

// othersActions reach other people's credentials where their resource isn't one's own name.
var othersActions = []string{
	"iam:DeactivateMFADevice", "iam:DeleteVirtualMFADevice",
	"iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:DeleteLoginProfile",
	"iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey",
	"iam:CreateServiceSpecificCredential", "iam:UpdateServiceSpecificCredential", "iam:ResetServiceSpecificCredential",
	"iam:DeleteServiceSpecificCredential", "iam:UploadSSHPublicKey", "iam:UpdateSSHPublicKey", "iam:DeleteSSHPublicKey",
	"iam:UploadSigningCertificate", "iam:UpdateSigningCertificate", "iam:DeleteSigningCertificate",
}

// Takeover is a takeover action that a path leaks.
type Takeover struct {
	Action string
	Sure   bool
	How    message.Message
}

// Takeovers returns the takeover actions that a path leaks.
func (a *Analysis) Takeovers(p Path) (out []Takeover) {
	a.detail(func(r *reacher, s *scratch) {
		_, taken := r.leakage(s, p, 1)
		out = takenOver(taken)
	})
	return out
}

// takenOver lists the takeover actions among those that are taken, surely and in all.
func takenOver(taken [2]policy.ActionSet) (out []Takeover) {
	for n, t := range takeovers {
		if i := known().takeoverNumbers[n]; i >= 0 && taken[1].Has(i) {
			out = append(out, Takeover{t.action, taken[0].Has(i), t.how})
		}
	}
	return out
}
