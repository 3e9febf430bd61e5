package change

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// identityKinds are about users, groups and roles themselves, and who is in which group.
func identityKinds() map[string]kind {
	all := map[string]kind{
		"iam:AddUserToGroup": {
			takes: "GroupName UserName",
			say: func(p Parameters) message.Message {
				return message.New("add user/%s to group/%s", p.text("UserName"), p.text("GroupName"))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Users choose Add users, mark %s, and add it", p.text("UserName"))
			}),
			apply: (*editor).join,
			undo:  back("iam:RemoveUserFromGroup", "GroupName", "UserName"),
		},
		"iam:RemoveUserFromGroup": {
			takes: "GroupName UserName",
			say: func(p Parameters) message.Message {
				return message.New("remove user/%s from group/%s", p.text("UserName"), p.text("GroupName"))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Users mark %s and choose Remove", p.text("UserName"))
			}),
			apply: (*editor).leave,
			undo:  back("iam:AddUserToGroup", "GroupName", "UserName"),
		},
		"iam:RemoveRoleFromInstanceProfile": {
			takes: "InstanceProfileName RoleName",
			say: func(p Parameters) message.Message {
				return message.New("remove role/%s from the instance profile %s", p.text("RoleName"), p.text("InstanceProfileName"))
			},
			console: func(Parameters) []message.Message { return []message.Message{noPage} },
			apply: func(e *editor, p Parameters) error {
				if _, err := e.holding("Role", p); err != nil {
					return err
				}
				r := roleDetail(e.s, p.text("RoleName"))
				r.InstanceProfiles = lists.OrEmpty(lists.Filter(r.InstanceProfiles, func(i account.InstanceProfile) bool { return i.Name != p.text("InstanceProfileName") }))
				return nil
			},
		},
	}
	for of, does := range map[string]struct {
		create, delete func(*editor, Parameters) error
		needs          func(*editor, Parameters) []Change
		takes          string
		say, gone      func(Parameters) message.Message
		console        message.Message
	}{
		"User": {(*editor).createUser, (*editor).deleteUser, beforeUser, "UserName Path",
			func(p Parameters) message.Message { return message.New("create the user %s", p.text("UserName")) },
			func(p Parameters) message.Message { return message.New("delete the user %s", p.text("UserName")) },
			message.New("In the IAM console open Users and choose Create user")},
		"Group": {(*editor).createGroup, (*editor).deleteGroup, beforeGroup, "GroupName Path",
			func(p Parameters) message.Message { return message.New("create the group %s", p.text("GroupName")) },
			func(p Parameters) message.Message { return message.New("delete the group %s", p.text("GroupName")) },
			message.New("In the IAM console open User groups and choose Create group")},
		"Role": {(*editor).createRole, (*editor).deleteRole, beforeRole, "RoleName AssumeRolePolicyDocument Path",
			func(p Parameters) message.Message { return message.New("create the role %s", p.text("RoleName")) },
			func(p Parameters) message.Message { return message.New("delete the role %s", p.text("RoleName")) },
			message.New("In the IAM console open Roles and choose Create role, Custom trust policy, and put in the document")},
	} {
		name := of + "Name"
		all["iam:Create"+of] = kind{
			takes: does.takes, say: does.say, apply: does.create, undo: back("iam:Delete"+of, name),
			console: func(p Parameters) []message.Message {
				return []message.Message{does.console, message.New("Call it %s, and create it", p.text(name))}
			},
		}
		all["iam:Delete"+of] = kind{
			stage: Delete,
			takes: name, say: does.gone, apply: does.delete, needs: does.needs,
			console: at(func(p Parameters) message.Message {
				return message.New("Choose Delete, and confirm by the name %s", p.text(name))
			}),
		}
	}
	return all
}

// noPage is said of what the console has no page for.
var noPage = message.New("The console has no page for it: use the command")

func (e *editor) join(p Parameters) error {
	if err := e.group(p); err != nil {
		return err
	}
	u, name := userDetail(e.s, p.text("UserName")), p.text("GroupName")
	switch most := e.quota("GroupsPerUserQuota"); {
	case u == nil:
		return absent(e.s, message.New("user/%s", p.text("UserName")))
	case slices.Contains(u.Groups, name):
		return nil
	case len(u.Groups) >= most:
		return message.Errorf("user/%s is in %d groups, and AWS allows no more", u.Name, most)
	}
	u.Groups = append(slices.Clip(u.Groups), name)
	return nil
}

func (e *editor) leave(p Parameters) error {
	if err := e.group(p); err != nil {
		return err
	}
	u, name := userDetail(e.s, p.text("UserName")), p.text("GroupName")
	if u == nil || !slices.Contains(u.Groups, name) {
		return message.Errorf("user/%s is not in group/%s", p.text("UserName"), name)
	}
	u.Groups = lists.OrEmpty(lists.Filter(u.Groups, func(g string) bool { return g != name }))
	return nil
}

// group says that a group is there.
func (e *editor) group(p Parameters) error {
	if e.details(); groupDetail(e.s, p.text("GroupName")) == nil {
		return absent(e.s, message.New("group/%s", p.text("GroupName")))
	}
	return nil
}

// newID makes up a unique ID, the same for the same name: nothing that is tried out has one of AWS's.
func newID(prefix, name string) string {
	sum := sha256.Sum256([]byte(prefix + name))
	return prefix + "WHATIF" + base32.StdEncoding.EncodeToString(sum[:])[:11]
}

// arn is the ARN of a user, group or role of the account.
func (e *editor) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", e.s.Caller.Partition, e.s.Caller.AccountID, kind, cmp.Or(path, "/"), name)
}

// unlike refuses a name that is taken: AWS's are alike whatever their case.
func unlike[T any](list []T, name string, of func(T) string) error {
	for _, entry := range list {
		if strings.EqualFold(of(entry), name) {
			return message.Errorf("there is %s already", of(entry))
		}
	}
	return nil
}

func (e *editor) createUser(p Parameters) error {
	d, name, path := e.details(), p.text("UserName"), cmp.Or(p.text("Path"), "/")
	if d == nil {
		return absent(e.s, message.New("list of users"))
	}
	u := account.UserDetail{
		Name: name, ID: newID("AIDA", name), ARN: e.arn("user", path, name), Path: path, Created: e.s.TakenAt,
		Groups: []string{}, InlinePolicies: []account.InlinePolicy{}, AttachedPolicies: []account.AttachedPolicy{}, Tags: []account.Tag{},
	}
	if err := unlike(d.Users, name, func(u account.UserDetail) string { return u.Name }); err != nil {
		return err
	}
	d.Users = append(d.Users, u)
	if l := list(e, e.s, account.UsersAnswer); l != nil {
		*l = append(*l, account.ListedUser{Name: name, ID: u.ID, ARN: u.ARN, Path: path, Created: u.Created})
	}
	e.count("Users", 1)
	*e.answers(name, true) = account.UserAnswers{ // nobody has anything at first
		ID: u.ID, LoginProfile: answer[*account.LoginProfile](e, account.LoginProfileAnswer.Descriptor, nil), MFADevices: answer(e, account.MFADevicesAnswer.Descriptor, []account.ListedMFADevice{}),
		AccessKeys: answer(e, account.AccessKeysAnswer.Descriptor, []account.ListedAccessKey{}), SSHPublicKeys: answer(e, account.SSHPublicKeysAnswer.Descriptor, []account.SSHPublicKey{}),
		SigningCertificates: answer(e, account.SigningCertificatesAnswer.Descriptor, []account.ListedCertificate{}),
	}
	if rows := e.report(); rows != nil {
		rows.Remove(name) // of a namesake who is gone
		rows.Add(name, u.ARN, u.Created)
	}
	return nil
}

func (e *editor) createGroup(p Parameters) error {
	d, name, path := e.details(), p.text("GroupName"), cmp.Or(p.text("Path"), "/")
	if d == nil {
		return absent(e.s, message.New("list of groups"))
	}
	if err := unlike(d.Groups, name, func(g account.GroupDetail) string { return g.Name }); err != nil {
		return err
	}
	d.Groups = append(d.Groups, account.GroupDetail{
		Name: name, ID: newID("AGPA", name), ARN: e.arn("group", path, name), Path: path, Created: e.s.TakenAt,
		InlinePolicies: []account.InlinePolicy{}, AttachedPolicies: []account.AttachedPolicy{},
	})
	e.count("Groups", 1)
	return nil
}

func (e *editor) createRole(p Parameters) error {
	d, name, path := e.details(), p.text("RoleName"), cmp.Or(p.text("Path"), "/")
	if d == nil {
		return absent(e.s, message.New("list of roles"))
	}
	if err := unlike(d.Roles, name, func(r account.RoleDetail) string { return r.Name }); err != nil {
		return err
	}
	d.Roles = append(d.Roles, account.RoleDetail{
		Name: name, ID: newID("AROA", name), ARN: e.arn("role", path, name), Path: path, Created: e.s.TakenAt, TrustPolicy: p.text("AssumeRolePolicyDocument"),
		InlinePolicies: []account.InlinePolicy{}, AttachedPolicies: []account.AttachedPolicy{}, Tags: []account.Tag{}, InstanceProfiles: []account.InstanceProfile{},
	})
	e.count("Roles", 1)
	return parse(policy.Trust, p.text("AssumeRolePolicyDocument"))
}

// refuse is AWS's DeleteConflict.
func refuse(p Parameters, left []Change) error {
	if len(left) == 0 {
		return nil
	}
	return message.Errorf("%s has something left: first %s", whose(p), left[0].Words())
}

func (e *editor) deleteGroup(p Parameters) error {
	if err := cmp.Or(e.group(p), refuse(p, beforeGroup(e, p))); err != nil {
		return err
	}
	d := e.details()
	d.Groups = slices.DeleteFunc(d.Groups, func(g account.GroupDetail) bool { return g.Name == p.text("GroupName") })
	e.count("Groups", -1)
	return nil
}

func (e *editor) deleteRole(p Parameters) error {
	h, err := e.holding("Role", p)
	if err != nil {
		return err
	}
	if err := refuse(p, beforeRole(e, p)); err != nil {
		return err
	}
	e.forgetTrust(h.arn, roleDetail(e.s, p.text("RoleName")).ID)
	if b := policyDetail(e.s, *h.boundary); b != nil {
		b.BoundaryUseCount = max(0, b.BoundaryUseCount-1)
	}
	d := e.details()
	d.Roles = slices.DeleteFunc(d.Roles, func(r account.RoleDetail) bool { return r.Name == p.text("RoleName") })
	e.count("Roles", -1)
	return nil
}

func (e *editor) deleteUser(p Parameters) error {
	name := p.text("UserName")
	e.details()
	if userDetail(e.s, name) == nil {
		return absent(e.s, message.New("user/%s", name))
	}
	if err := refuse(p, beforeUser(e, p)); err != nil {
		return err
	}
	u := userDetail(e.s, name)
	e.forgetTrust(u.ARN, u.ID)
	if b := policyDetail(e.s, u.PermissionsBoundary); b != nil {
		b.BoundaryUseCount = max(0, b.BoundaryUseCount-1)
	}
	d := e.details()
	d.Users = slices.DeleteFunc(d.Users, func(u account.UserDetail) bool { return u.Name == name })
	drop(e, e.s, account.UsersAnswer, func(u account.ListedUser) bool { return u.Name == name })
	e.count("Users", -1)
	if rows := e.report(); rows != nil {
		rows.Remove(name)
	}
	if e.answers(name, false) != nil {
		delete(e.s.PerUser, name)
	}
	return nil
}

// forgetTrust puts the unique ID of who is deleted in the place of the ARN in trust policies, as AWS does (Guide,
// reference_policies_elements_principal).
func (e *editor) forgetTrust(arn, id string) {
	d, was, is := e.details(), `"`+arn+`"`, `"`+id+`"`
	for i := range d.Roles {
		d.Roles[i].TrustPolicy = strings.ReplaceAll(d.Roles[i].TrustPolicy, was, is)
	}
}

// beforeHolder lists the policies of a user, group or role, which keep AWS from deleting it.
func beforeHolder(e *editor, of string, p Parameters) (first []Change) {
	h, _ := holdingOf(e.s, of, p)
	if h == nil {
		return nil
	}
	for _, i := range *h.inline {
		first = append(first, New("iam:Delete"+of+"Policy", p[of+"Name"], i.Name))
	}
	for _, a := range *h.attached {
		first = append(first, New("iam:Detach"+of+"Policy", p[of+"Name"], a.ARN))
	}
	return first
}

func beforeGroup(e *editor, p Parameters) []Change {
	first := beforeHolder(e, "Group", p)
	for _, u := range detailsOf(e.s).Users {
		if slices.Contains(u.Groups, p.text("GroupName")) {
			first = append(first, New("iam:RemoveUserFromGroup", p["GroupName"], u.Name))
		}
	}
	return first
}

func beforeRole(e *editor, p Parameters) []Change {
	first := beforeHolder(e, "Role", p)
	if r := roleDetail(e.s, p.text("RoleName")); r != nil {
		for _, i := range r.InstanceProfiles {
			first = append(first, New("iam:RemoveRoleFromInstanceProfile", i.Name, r.Name))
		}
	}
	return first
}

// beforeUser lists all that is a user's, in the order in which AWS wants it gone (Guide, id_users_remove).
func beforeUser(e *editor, p Parameters) []Change {
	first := append(credentialsOf(e, p.text("UserName")), beforeHolder(e, "User", p)...)
	if u := userDetail(e.s, p.text("UserName")); u != nil {
		for _, group := range u.Groups {
			first = append(first, New("iam:RemoveUserFromGroup", group, u.Name))
		}
	}
	return first
}
