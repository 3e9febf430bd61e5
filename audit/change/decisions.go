package change

import (
	"fmt"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// decisionKinds are what only an owner can decide: who needs what, and what something is for. Each is applied as the
// least that an owner may decide for, so that it shows what clears with it. AsIf is the document for that, which is
// nobody's to use.
func decisionKinds() map[string]kind {
	kinds := map[string]kind{
		"person:EnableIdentityCenter": byHand("", said(message.New("have people sign in through IAM Identity Center, or another directory")), (*editor).federate,
			said(message.New("In the IAM Identity Center console choose Enable, and connect the directory, or add the people there")),
			said(message.New("Under AWS accounts assign a permission set to each group of people")),
			said(message.New("Once people sign in there, delete their console passwords in this account"))),
		"person:ChooseGroup": byHand("UserName", func(p Parameters) message.Message { return message.New("add %s to the group of their work", whose(p)) },
			func(e *editor, p Parameters) error {
				group := Parameters{"GroupName": "group-of-" + p.text("UserName"), "UserName": p["UserName"]}
				if err := e.createGroup(group); err != nil {
					return err
				}
				if err := e.grantLeast("Group", Parameters{"GroupName": group["GroupName"]}); err != nil {
					return err
				}
				return e.join(group)
			}, opening, said(message.New("On Groups choose Add user to groups, and mark the group of their work"))),
		"person:MakeGroups": byHand("UserName", said(message.New("make a group for each kind of work, attach what it needs, and add the people")),
			func(e *editor, p Parameters) error {
				group := Parameters{"GroupName": "people", "UserName": p["UserName"]}
				if err := e.createGroup(group); err != nil {
					return err
				}
				if err := e.grantLeast("Group", Parameters{"GroupName": "people"}); err != nil {
					return err
				}
				return e.join(group)
			}, said(message.New("In the IAM console open User groups and choose Create group: name it after the work, add the people, attach the policies"))),
		"person:GiveGroupPolicy": byHand("GroupName", func(p Parameters) message.Message {
			return message.New("attach to %s what its members need, or delete the group", whose(p))
		}, func(e *editor, p Parameters) error { return e.grantLeast("Group", p) },
			opening, said(message.New("On Permissions choose Add permissions, Attach policies; where nobody needs the group, delete it"))),
		"person:DecideGroup": byHand("GroupName", func(p Parameters) message.Message {
			return message.New("add the members of %s, or delete the group", whose(p))
		}, wholly("Group", (*editor).deleteGroup), opening, said(message.New("On Users choose Add users; where nobody needs the group, delete it"))),
		"person:ChooseAccountAlias": byHand("", said(message.New("choose an alias for the account: a name that its people know, and that is free in all of AWS")),
			func(e *editor, _ Parameters) error { return e.setAlias([]string{"chosen-alias"}) },
			said(message.New("In the IAM console open Dashboard and, under Account Alias, choose Create"))),
		"person:RegisterContact": byHand("AlternateContactType", func(p Parameters) message.Message {
			return message.New("register a mailbox and a telephone as the alternate contact %s", p.text("AlternateContactType"))
		}, func(e *editor, p Parameters) error {
			kind := strings.ToLower(p.text("AlternateContactType"))
			return e.setContact(p, &account.AlternateContact{Name: kind, Title: kind, Email: kind + "@example.invalid", Phone: phones[kind]})
		}, said(message.New("Choose the account's name at the top right, then Account")), func(p Parameters) message.Message {
			return message.New("Under Alternate contacts choose Edit, and enter for %s a mailbox and a telephone of a team, which no other contact has", p.text("AlternateContactType"))
		}),
		"person:TagUser": byHand("UserName Key", tagged, func(e *editor, p Parameters) error {
			if e.details(); userDetail(e.s, p.text("UserName")) == nil {
				return absent(e.s, message.New("%s", whose(p)))
			}
			u := userDetail(e.s, p.text("UserName"))
			u.Tags = with(u.Tags, p.text("Key"))
			return nil
		}, opening, tagging),
		"person:TagRole": byHand("RoleName Key", tagged, func(e *editor, p Parameters) error {
			if _, err := e.holding("Role", p); err != nil {
				return err
			}
			r := roleDetail(e.s, p.text("RoleName"))
			r.Tags = with(r.Tags, p.text("Key"))
			return nil
		}, opening, tagging),
		"person:TagAnalyzer": byHand("analyzerName Key region", func(p Parameters) message.Message {
			return message.New("give the access analyzer %s in %s the tag %s", p.text("analyzerName"), p.text("region"), p.text("Key"))
		}, func(e *editor, p Parameters) error {
			l, err := e.analyzers(p.text("region"))
			if err != nil {
				return err
			}
			a := find(*l, func(a *account.Analyzer) bool { return a.Name == p.text("analyzerName") })
			if a == nil {
				return message.Errorf("%s has no access analyzer %s", p.text("region"), p.text("analyzerName"))
			}
			a.Tags = with(a.Tags, p.text("Key"))
			return nil
		}, func(p Parameters) message.Message {
			return message.New("Open the IAM Access Analyzer console in %s and choose %s", p.text("region"), p.text("analyzerName"))
		}, tagging),
		"person:ReplaceServerCertificate": waiting(Deploy, "ServerCertificateName", func(p Parameters) message.Message {
			return message.New("replace the server certificate %s wherever it is used", p.text("ServerCertificateName"))
		}, said(message.New("Look at the load balancers and distributions: each names its certificate")),
			said(message.New("Give those that have this one a certificate of AWS Certificate Manager"))),
		"person:ReviewLeakedKey": waiting(Watch, "UserName", func(p Parameters) message.Message {
			return message.New("find out in CloudTrail what was done with the access keys of %s, and undo it", whose(p))
		}, func(p Parameters) message.Message {
			return message.New("In the CloudTrail console open Event history and look for the user name %s", p.text("UserName"))
		}, said(message.New("Look for new users, roles, keys and machines, in every region, and delete them"))),
		"person:RemovePermissionSet": byHand("RoleName", func(p Parameters) message.Message {
			return message.New("take the permission set of %s off the account in IAM Identity Center", whose(p))
		}, wholly("Role", (*editor).deleteRole), said(message.New("In the IAM Identity Center console open AWS accounts, this account, and the permission set, and choose Remove"))),
		"person:GiveMachineARole": byHand("UserName", func(p Parameters) message.Message {
			return message.New("give what runs as %s a role, and delete the user", whose(p))
		}, wholly("User", (*editor).deleteUser), said(message.New("In AWS give the machine or function a role; outside of it use IAM Roles Anywhere, or OpenID Connect")),
			said(message.New("Deactivate the access keys, and delete the user when nothing has missed them for some weeks"))),
		"person:SwapForAuditPolicy": byHand("RoleName PolicyArn", func(p Parameters) message.Message {
			return message.New("attach SecurityAudit or ViewOnlyAccess to %s in place of %s", whose(p), account.ShortARN(p.text("PolicyArn")))
		}, func(e *editor, p Parameters) error {
			if err := e.grantLeast("Role", p); err != nil {
				return err
			}
			return e.detach("Role", p)
		}, opening, said(message.New("On Permissions choose Add permissions, Attach policies, and mark SecurityAudit or ViewOnlyAccess")), func(p Parameters) message.Message {
			return message.New("Mark %s and choose Remove", account.ShortARN(p.text("PolicyArn")))
		}),
		"person:MakeSupportRole": byHand("", said(message.New("make a role for the people who handle incidents, with the policy AWSSupportAccess")), (*editor).makeSupportRole,
			said(message.New("In the IAM console open Roles and choose Create role, AWS account, and mark Require MFA")),
			said(message.New("Mark the policy AWSSupportAccess, call the role after its purpose, and create it"))),
	}
	for _, of := range []string{"User", "Group", "Role"} {
		name := of + "Name"
		put := func(e *editor, p Parameters) error {
			return e.putInline(of, Parameters{name: p[name], "PolicyName": p["PolicyName"], "PolicyDocument": p["AsIf"]})
		}
		kinds["person:Narrow"+of+"Policy"] = byHand(name+" PolicyName AsIf", narrowed, put, opening, seeWhatIsUsed,
			said(message.New("On Permissions edit the policy, name the actions and resources that are needed, and save it")))
		kinds["person:Correct"+of+"Policy"] = byHand(name+" PolicyName AsIf", correcting, put, opening, seeWhatIsMarked)
		if of == "Group" {
			continue
		}
		kinds["person:Narrow"+of] = byHand(name, func(p Parameters) message.Message {
			return message.New("take from %s the permissions that are not needed", whose(p))
		}, func(e *editor, p Parameters) error { return e.boundToLeast(of, p) }, opening, seeWhatIsUsed,
			said(message.New("On Permissions take the policies away that grant more than that, also those of groups")))
	}
	rewrite := func(e *editor, p Parameters) error { return e.rewrite(p.text("PolicyArn"), p.text("AsIf")) }
	kinds["person:CorrectPolicy"] = byHand("PolicyArn AsIf", correcting, rewrite, opening, seeWhatIsMarked)
	kinds["person:NarrowPolicy"] = byHand("PolicyArn AsIf", narrowed, rewrite, opening, seeWhatIsUsed, said(message.New("On Permissions choose Edit, name the actions and resources that are needed, and save it as the new default version")))
	kinds["person:ReplacePolicy"] = byHand("PolicyArn", func(p Parameters) message.Message {
		return message.New("attach to those who have %s a policy that names what they need, and detach it from them", whose(p))
	}, (*editor).replacePolicy, opening, said(message.New("On Entities attached see who has it; keep one group of administrators under an exception with an owner and an end")),
		said(message.New("Give the others a policy that names what they need")), said(message.New("On Entities attached mark them, and choose Detach")))
	for action, say := range map[string]func(Parameters) message.Message{
		"person:NameTrusted": func(p Parameters) message.Message {
			return message.New("name in the trust policy of %s who may assume it", whose(p))
		},
		"person:AgreeExternalId": func(p Parameters) message.Message {
			return message.New("agree on an external ID with the other account, and ask for it in the trust policy of %s", whose(p))
		},
		"person:CorrectTrust": func(p Parameters) message.Message {
			return message.New("correct the actions in the trust policy of %s that AWS does not have", whose(p))
		},
		"person:NameClaim": func(p Parameters) message.Message {
			return message.New("name in the trust policy of %s the claim that says whose the token is", whose(p))
		},
	} {
		kinds[action] = byHand("RoleName AsIf", say, func(e *editor, p Parameters) error {
			h, err := e.holding("Role", p)
			if err == nil {
				*h.trust = p.text("AsIf")
			}
			return err
		}, opening, said(trusting[action]))
	}
	return kinds
}

// trusting is what is written into a trust policy.
var trusting = map[string]message.Message{
	"person:NameTrusted":     message.New("On Trust relationships choose Edit trust policy, and write the accounts, users or roles that need the role in place of the *"),
	"person:AgreeExternalId": message.New("On Trust relationships choose Edit trust policy, and add a condition StringEquals on sts:ExternalId with what was agreed on"),
	"person:CorrectTrust":    message.New("On Trust relationships choose Edit trust policy: the editor marks what it does not know"),
	"person:NameClaim":       message.New("On Trust relationships choose Edit trust policy, and add a condition on the claim: for GitHub sub, with the owner and the repository"),
}

// phones differ, as those of the contacts shall.
var phones = map[string]string{"security": "+81-3-0000-0001", "billing": "+81-3-0000-0002", "operations": "+81-3-0000-0003"}

func narrowed(p Parameters) message.Message {
	if name := p.text("PolicyName"); name != "" {
		return message.New("narrow the inline policy %s of %s to what is needed", name, whose(p))
	}
	return message.New("narrow %s to what is needed", whose(p))
}

func correcting(p Parameters) message.Message {
	if name := p.text("PolicyName"); name != "" {
		return message.New("correct the actions in the inline policy %s of %s that AWS does not have", name, whose(p))
	}
	return message.New("correct the actions in %s that AWS does not have", whose(p))
}

var seeWhatIsMarked = said(message.New("On Permissions edit the policy: the editor marks the actions that it does not know"))

func tagged(p Parameters) message.Message {
	return message.New("give %s the tag %s", whose(p), p.text("Key"))
}

func tagging(p Parameters) message.Message {
	return message.New("Under Tags add %s, with a value that says whose it is or what it is for", p.text("Key"))
}

func seeWhatIsUsed(Parameters) message.Message {
	return message.New("On Last Accessed, or under Access Analyzer, Generate policy, see which actions were used")
}

// with adds a tag.
func with(tags []account.Tag, key string) []account.Tag {
	rest := lists.Filter(tags, func(t account.Tag) bool { return t.Key != key })
	return append(rest, account.Tag{Key: key, Value: "decided"})
}

// wholly deletes a user, group or role with all that it has.
func wholly(of string, remove func(*editor, Parameters) error) func(*editor, Parameters) error {
	return func(e *editor, p Parameters) error {
		for _, first := range kinds["iam:Delete"+of].needs(e, p) {
			if err := e.apply(first); err != nil {
				return err
			}
		}
		return remove(e, p)
	}
}

// least is a policy that grants what everybody may have: to manage their own password and MFA devices.
func (e *editor) least() string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword","iam:EnableMFADevice","iam:ListMFADevices","iam:ResyncMFADevice"],"Resource":"arn:%[1]s:iam::*:user/${aws:username}"},`+
		`{"Effect":"Allow","Action":["iam:CreateVirtualMFADevice","iam:GetAccountPasswordPolicy","iam:ListVirtualMFADevices"],"Resource":"*"},`+
		`{"Effect":"Deny","NotAction":["iam:ChangePassword","iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetAccountPasswordPolicy","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:ResyncMFADevice"],"Resource":"*"}]}`, e.s.Caller.Partition)
}

// leastPolicy makes a managed policy of the least, which some user, group or role gets.
func (e *editor) leastPolicy(p Parameters) (arn string, err error) {
	name := strings.ReplaceAll(whose(p), "/", "-of-") + "-needs"
	if arn = PolicyARN(e.s, "/", name); policyDetail(e.s, arn) != nil { // of a decision before
		return arn, nil
	}
	return arn, e.createPolicy(Parameters{"PolicyName": name, "PolicyDocument": e.least()})
}

// grantLeast attaches the least.
func (e *editor) grantLeast(of string, p Parameters) error {
	arn, err := e.leastPolicy(p)
	if err != nil {
		return err
	}
	return e.attach(of, Parameters{of + "Name": p[of+"Name"], "PolicyArn": arn})
}

// boundToLeast leaves a user or role the least, whatever their policies grant.
func (e *editor) boundToLeast(of string, p Parameters) error {
	arn, err := e.leastPolicy(p)
	if err != nil {
		return err
	}
	h, err := e.holding(of, p)
	if err == nil {
		policyDetail(e.s, arn).BoundaryUseCount++
		*h.boundary = arn
	}
	return err
}

// rewrite makes a document the only version of a managed policy.
func (e *editor) rewrite(arn, document string) error {
	d, err := e.ownPolicy(arn)
	if err != nil {
		return err
	}
	made := account.PolicyVersion{ID: nextVersion(d), Created: e.s.TakenAt, Default: true, Document: document}
	e.count("PolicyVersionsInUse", 1-len(d.Versions))
	d.Versions, d.DefaultVersion, d.Updated = []account.PolicyVersion{made}, made.ID, e.s.TakenAt
	return e.fits(document)
}

// replacePolicy gives all who have a managed policy the least in its place.
func (e *editor) replacePolicy(p Parameters) error {
	for _, detach := range beforePolicy(e, p) {
		of, isDetach := strings.CutPrefix(strings.TrimSuffix(detach.Action, "Policy"), "iam:Detach")
		if !isDetach {
			continue
		}
		if err := e.apply(detach); err != nil {
			return err
		}
		if err := e.grantLeast(of, Parameters{of + "Name": detach.With[of+"Name"]}); err != nil {
			return err
		}
	}
	return nil
}

// federate shows what IAM Identity Center leaves in an account: a provider, and a role for each permission set.
func (e *editor) federate(Parameters) error {
	provider := e.arn("saml-provider", "/", "AWSSSO_0000000000000000_DO_NOT_DELETE")
	if providers := list(e, e.s, account.SAMLProvidersAnswer); providers != nil {
		*providers = append(*providers, account.Provider{ARN: provider, Created: &e.s.TakenAt})
	}
	return e.createRole(Parameters{"RoleName": "AWSReservedSSO_People_0000000000000000", "Path": "/aws-reserved/sso.amazonaws.com/", "AssumeRolePolicyDocument": fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":%q},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`, provider)})
}

// makeSupportRole gives a new role AWS's policy for support, which may be known already.
func (e *editor) makeSupportRole(Parameters) error {
	arn := "arn:" + e.s.Caller.Partition + ":iam::aws:policy/AWSSupportAccess"
	d := e.details()
	if d != nil && policyDetail(e.s, arn) == nil {
		d.Policies = append(d.Policies, account.PolicyDetail{
			Name: "AWSSupportAccess", ID: newID("ANPA", "AWSSupportAccess"), ARN: arn, Path: "/", Created: e.s.TakenAt, Updated: e.s.TakenAt, DefaultVersion: "v1",
			Versions: []account.PolicyVersion{{ID: "v1", Created: e.s.TakenAt, Default: true, Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"support:*","Resource":"*"}]}`}},
		})
	}
	role := Parameters{"RoleName": "incident-support", "PolicyArn": arn, "AssumeRolePolicyDocument": fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:%s:iam::%s:root"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`, e.s.Caller.Partition, e.s.Caller.AccountID)}
	if err := e.createRole(role); err != nil {
		return err
	}
	return e.attach("Role", role)
}
