package access

import (
	"math/bits"
	"slices"
	"sync"
)

// actionMask is a set of interesting actions.
type actionMask [5]uint64

func (m *actionMask) put(i int)      { m[i>>6] |= 1 << (i & 63) }
func (m *actionMask) has(i int) bool { return m[i>>6]&(1<<(i&63)) != 0 }
func (m *actionMask) empty() bool    { return *m == actionMask{} }

func (m *actionMask) meets(o actionMask) bool {
	m2 := *m
	m2.keep(o)
	return !m2.empty()
}

func (m *actionMask) holds(o actionMask) bool {
	o.remove(*m)
	return o.empty()
}

// onlyProbes reports whether there are none but those that tell an administrator.
func (m *actionMask) onlyProbes() bool {
	rest := *m
	rest.remove(maskOf("s3:DeleteBucket", "ec2:TerminateInstances"))
	return rest.empty()
}

// several reports whether there are more than one.
func (m *actionMask) several() bool {
	n := 0
	for _, word := range m {
		n += bits.OnesCount64(word)
	}
	return n > 1
}

func (m *actionMask) remove(o actionMask) {
	for i := range m {
		m[i] &^= o[i]
	}
}

func (m *actionMask) add(o actionMask) {
	for i := range m {
		m[i] |= o[i]
	}
}

func (m *actionMask) keep(o actionMask) {
	for i := range m {
		m[i] &= o[i]
	}
}

type actionIndex struct {
	names  []string
	number map[string]int
}

// interesting are the actions that lead from one to another.
var interesting = sync.OnceValue(func() actionIndex {
	x := actionIndex{number: map[string]int{}}
	add := func(names ...string) {
		for _, name := range names {
			if _, ok := x.number[name]; !ok {
				x.number[name] = len(x.names)
				x.names = append(x.names, name)
			}
		}
	}
	add(iamWays...)
	for i := range serviceWays {
		for _, group := range serviceWays[i].actions {
			add(group...)
		}
	}
	return x
})

// iamWays are the actions of IAM, STS and Identity Center that make someone else of a principal, or more of it.
var iamWays = []string{
	"sts:AssumeRole", "sts:TagSession", "iam:PassRole", "iam:UpdateAssumeRolePolicy",
	"iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile",
	"iam:DeactivateMFADevice", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice",
	"iam:CreateUser", "iam:CreateRole", "iam:CreateGroup", "iam:CreatePolicy",
	"iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion",
	"iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:PutRolePolicy",
	"iam:DetachUserPolicy", "iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DeleteUserPolicy", "iam:DeleteGroupPolicy", "iam:DeleteRolePolicy",
	"iam:AddUserToGroup", "iam:RemoveUserFromGroup", "iam:TagUser", "iam:TagRole", "iam:UntagUser", "iam:UntagRole",
	"iam:PutUserPermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
	"iam:UpdateSAMLProvider", "iam:CreateSAMLProvider", "iam:DeleteSAMLProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint",
	"iam:AddClientIDToOpenIDConnectProvider", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile",
	"sso:CreateAccountAssignment", "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet", "identitystore:CreateGroupMembership", "sts:AssumeRoot",
	"s3:DeleteBucket", "ec2:TerminateInstances",
}

// leading are the actions one of which every way begins with, but for those on others' credentials.
var (
	credentials = sync.OnceValue(func() actionMask {
		return maskOf("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
	})
	onOneself = sync.OnceValue(func() actionMask {
		return maskOf("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:TagUser", "iam:UntagUser",
			"iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary")
	})
	leading = sync.OnceValue(func() actionMask {
		m := maskOf("sts:AssumeRole", "sts:AssumeRoot", "iam:PassRole", "iam:UpdateAssumeRolePolicy", "iam:CreateUser", "iam:CreateRole", "iam:UpdateSAMLProvider", "iam:CreateSAMLProvider",
			"iam:CreateOpenIDConnectProvider", "iam:UpdateOpenIDConnectProviderThumbprint", "iam:AddClientIDToOpenIDConnectProvider")
		m.add(maskOf(centreActions...))
		m.add(changing())
		for i := range serviceWays {
			if !serviceWays[i].pass {
				m.add(maskOf(serviceWays[i].actions[0][0]))
			}
		}
		return m
	})
)

// surelyLeading are the actions one of which every sure way begins with: through something that may not exist none leads.
var surelyLeading = sync.OnceValue(func() actionMask {
	m := leading()
	m.add(credentials())
	for i := range serviceWays {
		if first := serviceWays[i].actions[0][0]; !slices.Contains(iamWays, first) {
			m.remove(maskOf(first))
		}
	}
	for i := range serviceWays {
		if w := &serviceWays[i]; !w.pass && w.existing.Empty() {
			m.add(maskOf(w.actions[0][0]))
		}
	}
	return m
})

// maskOf is the set of some interesting actions.
func maskOf(actions ...string) (m actionMask) {
	for _, a := range actions {
		m.put(interesting().number[a])
	}
	return m
}
