package change

import (
	"cmp"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// policyKinds are about managed policies, the policies of users, groups and roles, boundaries and trust policies.
func policyKinds() map[string]kind {
	all := map[string]kind{
		"iam:CreatePolicy": {
			takes: "PolicyName PolicyDocument Path",
			say:   func(p Parameters) message.Message { return message.New("create the policy %s", p.text("PolicyName")) },
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("In the IAM console open Policies and choose Create policy, JSON"), message.New("Put in the document, choose Next, call it %s, and choose Create policy", p.text("PolicyName"))}
			},
			apply: (*editor).createPolicy,
			undo: func(s *account.Snapshot, p Parameters) []Change {
				return []Change{New("iam:DeletePolicy", PolicyARN(s, p.text("Path"), p.text("PolicyName")))}
			},
		},
		"iam:DeletePolicy": {
			takes: "PolicyArn",
			say:   func(p Parameters) message.Message { return message.New("delete %s", whose(p)) },
			console: at(func(p Parameters) message.Message {
				return message.New("Choose Delete, and confirm by the policy's name")
			}),
			apply: (*editor).deletePolicy,
			needs: beforePolicy,
		},
		"iam:CreatePolicyVersion": {
			takes: "PolicyArn PolicyDocument SetAsDefault",
			say:   func(p Parameters) message.Message { return message.New("make a new default version of %s", whose(p)) },
			console: at(func(Parameters) message.Message {
				return message.New("On Permissions choose Edit, JSON, put in the document, choose Next, then Save changes: the new version becomes the default")
			}),
			apply: (*editor).createVersion,
			undo: func(s *account.Snapshot, p Parameters) []Change {
				d := policyDetail(s, p.text("PolicyArn"))
				if d == nil {
					return nil
				}
				return []Change{New("iam:SetDefaultPolicyVersion", d.ARN, d.DefaultVersion), New("iam:DeletePolicyVersion", d.ARN, nextVersion(d))}
			},
			needs: func(e *editor, p Parameters) []Change {
				d := policyDetail(e.s, p.text("PolicyArn"))
				if d == nil || len(d.Versions) < mostVersions {
					return nil
				}
				spare := lists.Filter(d.Versions, func(v account.PolicyVersion) bool { return !v.Default })
				oldest := slices.MinFunc(spare, func(a, b account.PolicyVersion) int { return cmp.Compare(number(a.ID), number(b.ID)) })
				return []Change{New("iam:DeletePolicyVersion", d.ARN, oldest.ID)}
			},
		},
		"iam:SetDefaultPolicyVersion": {
			takes: "PolicyArn VersionId",
			say: func(p Parameters) message.Message {
				return message.New("make %s the default version of %s", p.text("VersionId"), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Policy versions choose %s, then Set as default", p.text("VersionId"))
			}),
			apply: (*editor).setDefault,
			undo: func(s *account.Snapshot, p Parameters) []Change {
				if d := policyDetail(s, p.text("PolicyArn")); d != nil {
					return []Change{New("iam:SetDefaultPolicyVersion", d.ARN, d.DefaultVersion)}
				}
				return nil
			},
		},
		"iam:DeletePolicyVersion": {
			takes: "PolicyArn VersionId",
			say: func(p Parameters) message.Message {
				return message.New("delete the version %s of %s", p.text("VersionId"), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Policy versions choose %s, then Delete", p.text("VersionId"))
			}),
			apply: (*editor).deleteVersion,
		},
		"iam:UpdateAssumeRolePolicy": {
			takes: "RoleName PolicyDocument",
			say: func(p Parameters) message.Message {
				if p["PolicyDocument"] == Nobody {
					return message.New("let nobody assume %s", whose(p))
				}
				return message.New("change the trust policy of %s", whose(p))
			},
			console: at(func(Parameters) message.Message {
				return message.New("On Trust relationships choose Edit trust policy, put in the document, then Update policy")
			}),
			apply: func(e *editor, p Parameters) error {
				h, err := e.holding("Role", p)
				if err == nil {
					*h.trust, err = p.text("PolicyDocument"), parse(policy.Trust, p.text("PolicyDocument"))
				}
				return err
			},
			undo: func(s *account.Snapshot, p Parameters) []Change {
				if r := roleDetail(s, p.text("RoleName")); r != nil {
					return []Change{New("iam:UpdateAssumeRolePolicy", r.Name, r.TrustPolicy)}
				}
				return nil
			},
		},
	}
	for _, of := range []string{"User", "Group", "Role"} {
		name := of + "Name"
		inline := func(s *account.Snapshot, p Parameters) *account.InlinePolicy {
			h, _ := holdingOf(s, of, p)
			if h == nil {
				return nil
			}
			return find(*h.inline, func(i *account.InlinePolicy) bool { return i.Name == p.text("PolicyName") })
		}
		restored := func(s *account.Snapshot, p Parameters) []Change {
			if was := inline(s, p); was != nil {
				return []Change{New("iam:Put"+of+"Policy", p[name], was.Name, was.Document)}
			}
			return []Change{New("iam:Delete"+of+"Policy", p[name], p["PolicyName"])}
		}
		all["iam:Attach"+of+"Policy"] = kind{
			takes: name + " PolicyArn",
			say: func(p Parameters) message.Message {
				return message.New("attach %s to %s", account.ShortARN(p.text("PolicyArn")), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Permissions choose Add permissions, Attach policies, mark %s, and add it", account.ShortARN(p.text("PolicyArn")))
			}),
			apply: func(e *editor, p Parameters) error { return e.attach(of, p) },
			undo:  back("iam:Detach"+of+"Policy", name, "PolicyArn"),
		}
		all["iam:Detach"+of+"Policy"] = kind{
			takes: name + " PolicyArn",
			say: func(p Parameters) message.Message {
				return message.New("detach %s from %s", account.ShortARN(p.text("PolicyArn")), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Permissions mark %s and choose Remove", account.ShortARN(p.text("PolicyArn")))
			}),
			apply: func(e *editor, p Parameters) error { return e.detach(of, p) },
			undo:  back("iam:Attach"+of+"Policy", name, "PolicyArn"),
		}
		all["iam:Put"+of+"Policy"] = kind{
			takes: name + " PolicyName PolicyDocument",
			say: func(p Parameters) message.Message {
				return message.New("put the inline policy %s into %s", p.text("PolicyName"), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Permissions choose Add permissions, Create inline policy, JSON, put in the document, and call it %s; edit it where it is there", p.text("PolicyName"))
			}),
			apply: func(e *editor, p Parameters) error { return e.putInline(of, p) },
			undo:  restored,
		}
		all["iam:Delete"+of+"Policy"] = kind{
			takes: name + " PolicyName",
			say: func(p Parameters) message.Message {
				return message.New("delete the inline policy %s of %s", p.text("PolicyName"), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Permissions mark %s and choose Remove", p.text("PolicyName"))
			}),
			apply: func(e *editor, p Parameters) error { return e.deleteInline(of, p) },
			undo:  restored,
		}
		if of == "Group" { // which has no boundary
			continue
		}
		bounded := func(s *account.Snapshot, p Parameters) []Change {
			h, _ := holdingOf(s, of, p)
			switch {
			case h == nil:
				return nil
			case *h.boundary == "":
				return []Change{New("iam:Delete"+of+"PermissionsBoundary", p[name])}
			}
			return []Change{New("iam:Put"+of+"PermissionsBoundary", p[name], *h.boundary)}
		}
		all["iam:Put"+of+"PermissionsBoundary"] = kind{
			takes: name + " PermissionsBoundary",
			say: func(p Parameters) message.Message {
				return message.New("set the permissions boundary %s of %s", account.ShortARN(p.text("PermissionsBoundary")), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Permissions, under Permissions boundary, choose Set boundary and mark %s", account.ShortARN(p.text("PermissionsBoundary")))
			}),
			apply: func(e *editor, p Parameters) error { return e.bound(of, p) },
			undo:  bounded,
		}
		all["iam:Delete"+of+"PermissionsBoundary"] = kind{
			takes: name,
			say: func(p Parameters) message.Message {
				return message.New("remove the permissions boundary of %s", whose(p))
			},
			console: at(func(Parameters) message.Message {
				return message.New("On Permissions, under Permissions boundary, choose Remove boundary")
			}),
			apply: func(e *editor, p Parameters) error { return e.bound(of, p) },
			undo:  bounded,
		}
	}
	return all
}
