package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

const (
	whyTags = "A tag says who owns a thing and what it is for. Without it nobody knows whom to ask before it is deleted, and policies whose " +
		"conditions use tags do not apply to it."

	exactTags = "A key must be written exactly as there, also in capital letters; the tag's value does not matter."
)

var userTags = &audit.Rule{
	ID:       "user-tags",
	Title:    "Users have the required tags",
	Problem:  "A user lacks a required tag",
	Category: audit.CategoryStatus,
	Severity: audit.Info,
	Needs:    []account.Fact{account.UserTags},
	Why:      whyTags,
	How:      "Fails when a user lacks a tag that tags.required names. " + exactTags + " Not applicable where tags.required names no tags.",
	Fix:      fix(guide("id_tags_users"), do("Console: IAM, Users, the user, Tags, Add new tag", "aws iam tag-user --user-name NAME --tags Key=KEY,Value=VALUE")),
	Check: func(p *audit.Pass) {
		if !tagsRequired(p) {
			return
		}
		for u := range p.Users() {
			checkTags(p, u, u.Tags.Value(), u.Tags.Evidence())
		}
	},
}

var roleTags = &audit.Rule{
	ID:       "role-tags",
	Title:    "Roles have the required tags",
	Problem:  "A role lacks a required tag",
	Category: audit.CategoryRoles,
	Severity: audit.Info,
	Uses:     []account.Fact{account.RoleList},
	Why:      whyTags,
	How: "Fails when a role lacks a tag that tags.required names. " + exactTags + serviceLinkedOut + ", which AWS makes, and where " +
		"tags.required names no tags.",
	Fix: fix(guide("id_tags_roles"), do("Console: IAM, Roles, the role, Tags, Add new tag", "aws iam tag-role --role-name NAME --tags Key=KEY,Value=VALUE")),
	Check: func(p *audit.Pass) {
		if !tagsRequired(p) {
			return
		}
		for r := range p.Roles() {
			if access.ServiceLinked(r) {
				p.NotApplicable(r, message.New("service-linked role"), p.Account.RoleCount.Evidence()...)
				continue
			}
			checkTags(p, r, r.Tags, p.Account.RoleCount.Evidence())
		}
	},
}

// tagsRequired reports whether there are tags to look for; where there are none the account is answered.
func tagsRequired(p *audit.Pass) bool {
	if len(p.Settings.RequiredTags) == 0 {
		p.NotApplicable(p.Account, message.New("no tags are required (tags.required)"))
		return false
	}
	return true
}

func checkTags(p *audit.Pass, r account.Resource, tags []account.Tag, evidence []audit.Evidence) {
	missing := slices.DeleteFunc(slices.Clone(p.Settings.RequiredTags), func(key string) bool {
		return slices.ContainsFunc(tags, func(t account.Tag) bool { return t.Key == key })
	})
	p.Decide(r, len(missing) == 0, message.New("lacks the required tags: %s", names(missing)), evidence...)
}
