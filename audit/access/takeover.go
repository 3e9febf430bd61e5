package access

import "sekisho/audit/policy"

// takeover is an action that, where it can be done without MFA, makes the rest of a guard worthless.
type takeover struct {
	action string
	how    string
}

// takeovers are the actions by which somebody without MFA gets credentials or rights that the guard doesn't fence.
var takeovers = []takeover{
	{"iam:CreateAccessKey", "makes a new access key, which outlives a change of the password"},
	{"iam:UpdateAccessKey", "turns a deactivated access key on again"},
	{"iam:CreateLoginProfile", "sets a password"},
	{"iam:UpdateLoginProfile", "changes a password"},
	{"iam:DeactivateMFADevice", "takes somebody's MFA device away"},
	{"iam:DeleteVirtualMFADevice", "deletes somebody's MFA device"},
	{"iam:AttachUserPolicy", "attaches a policy to a user"},
	{"iam:AttachGroupPolicy", "attaches a policy to a group"},
	{"iam:AttachRolePolicy", "attaches a policy to a role"},
	{"iam:PutUserPolicy", "writes a user an inline policy"},
	{"iam:PutGroupPolicy", "writes a group an inline policy"},
	{"iam:PutRolePolicy", "writes a role an inline policy"},
	{"iam:DetachUserPolicy", "detaches the guard from a user"},
	{"iam:DetachGroupPolicy", "detaches the guard from a group"},
	{"iam:DeleteUserPolicy", "deletes a user's inline guard"},
	{"iam:DeleteGroupPolicy", "deletes a group's inline guard"},
	{"iam:DeletePolicyVersion", "deletes a version of the guard"},
	{"iam:AddUserToGroup", "joins a group with more rights"},
	{"iam:RemoveUserFromGroup", "leaves the group that carries the guard"},
	{"iam:CreatePolicyVersion", "rewrites the guard"},
	{"iam:SetDefaultPolicyVersion", "goes back to a version without the guard"},
	{"iam:PutUserPermissionsBoundary", "changes a boundary"},
	{"iam:DeleteUserPermissionsBoundary", "removes a boundary"},
	{"iam:UpdateAssumeRolePolicy", "lets himself into a role"},
	{"iam:PassRole", "has a service act with a role"},
	{"iam:CreateServiceSpecificCredential", "makes credentials that never carry MFA"},
	{"iam:ResetServiceSpecificCredential", "resets credentials that never carry MFA"},
	{"iam:UploadSSHPublicKey", "adds an SSH key, which never carries MFA"},
	{"iam:UploadSigningCertificate", "adds a signing certificate, which never carries MFA"},
	{"sts:AssumeRole", "goes on in a role, where the guard doesn't follow"},
	{"sts:GetFederationToken", "makes a session that nobody can ask for MFA"},
	{"sts:AssumeRoot", "goes on as the root user of a member account"},
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
	How    Text
}

// Takeovers returns the takeover actions that a path leaks.
func (a *Analysis) Takeovers(p Path) (out []Takeover) {
	a.detail(func(r *reacher, s *scratch) {
		var sure, all policy.ActionSet
		for _, l := range pathLegs[p] {
			for _, c := range r.reach(s, l.context, true) {
				yes, maybe := r.leaking(s, &c, l.session)
				sure = s.arena.Add(sure, yes)
				all = s.arena.Add(s.arena.Add(all, yes), maybe)
			}
		}
		for _, t := range takeovers {
			if i, ok := r.space.catalogue.Number(t.action); ok && all.Has(i) {
				out = append(out, Takeover{t.action, sure.Has(i), say(t.how)})
			}
		}
	})
	return out
}
