package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sekisho/audit/account"
)

const policyFiles = "../../testdata/policies/account"

// policies applies the lines about policies, and reports whether it was one.
func (c *setup) policies(what string, words []string, line string) bool {
	switch what {
	case "managed":
		c.managed(words[0], c.document(words[0], line))
	case "version":
		c.version(words[0], words[1], c.document(words[0], line))
	case "inline":
		c.inlineOf(words[0], account.InlinePolicy{Name: words[1], Document: c.document(words[1], line)})
	case "trust":
		c.roleNamed(words[0]).TrustPolicy = c.document(words[0], line)
	case "boundary":
		*c.boundaryOf(words[0]) = words[1]
	case "tag":
		key, value, _ := strings.Cut(words[1], "=")
		tags := c.tagsOf(words[0])
		*tags = append(*tags, account.Tag{Key: key, Value: value})
	case "setting":
		v := values(words)
		c.settings.MachineUsers, c.settings.TrustedAccounts, c.settings.RequiredTags = list(v["machine_users"]), list(v["trusted_accounts"]), list(v["required_tags"])
		c.settings.PrivateIssuers = list(v["private_issuers"])
	default:
		return false
	}
	return true
}

// document reads the document at the end of a line: JSON, or a file's name behind @.
func (c *setup) document(name, line string) string {
	if i := strings.Index(line, "{"); i >= 0 {
		text := strings.TrimSpace(line[i:])
		if strings.HasPrefix(text, `{"Effect"`) {
			text = `{"Version": "2012-10-17", "Statement": [` + text + "]}"
		}
		return text
	}
	if _, file, ok := strings.Cut(line, "@"); ok {
		name = strings.TrimSpace(file)
	}
	data, err := os.ReadFile(filepath.Join(policyFiles, strings.TrimPrefix(name, "aws/")+".json"))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(data)
}

func (c *setup) managed(name, document string) {
	short := strings.TrimPrefix(name, "aws/")
	c.s.AuthorizationDetails.Value.Policies = append(c.s.AuthorizationDetails.Value.Policies, account.PolicyDetail{
		Name: short, ID: "ANPA" + id(short), ARN: c.policyARN(name), Path: "/", Created: c.at("-300d"), Updated: c.at("-200d"), DefaultVersion: "v2",
		Versions: []account.PolicyVersion{
			{ID: "v1", Created: c.at("-300d"), Document: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`},
			{ID: "v2", Created: c.at("-200d"), Default: true, Document: document},
		},
	})
}

func (c *setup) version(name, id, document string) {
	policies := c.s.AuthorizationDetails.Value.Policies
	p := &policies[slices.IndexFunc(policies, func(p account.PolicyDetail) bool { return p.Name == name })]
	p.Versions = slices.DeleteFunc(p.Versions, func(v account.PolicyVersion) bool { return v.ID == id })
	p.Versions = append(p.Versions, account.PolicyVersion{ID: id, Created: c.at("-250d"), Document: document})
}

func (c *setup) policyARN(name string) string {
	if short, ok := strings.CutPrefix(name, "aws/"); ok {
		return "arn:aws:iam::aws:policy/" + short
	}
	return c.arn("policy/" + name)
}

func (c *setup) role(name string, v map[string]string) {
	path := or(v["path"], "/")
	role := account.RoleDetail{
		Name: name, ID: "AROA" + id(name), ARN: c.arn("role" + path + name), Path: path, Created: c.at(or(v["created"], "-300d")),
		AttachedPolicies: attached(v["attached"]), InlinePolicies: inline(v["inline"]), Tags: []account.Tag{}, InstanceProfiles: []account.InstanceProfile{},
		TrustPolicy: c.trusts(or(v["trust"], "service:ec2")),
	}
	if v["used"] != "" {
		at := c.at(v["used"])
		role.LastUsed = &at
	}
	c.s.AuthorizationDetails.Value.Roles = append(c.s.AuthorizationDetails.Value.Roles, role)
}

// trusts is a trust policy for one principal, or one that was torn.
func (c *setup) trusts(whom string) string {
	if whom == "torn" {
		return `{"Version"`
	}
	kind, name, _ := strings.Cut(whom, ":")
	principal := map[string]string{
		"service": `{"Service": "` + name + `.amazonaws.com"}`, "account": `{"AWS": "arn:aws:iam::` + name + `:root"}`,
		"user": `{"AWS": "` + c.arn("user/"+name) + `"}`, "role": `{"AWS": "` + c.arn("role/"+name) + `"}`, "anyone": `"*"`,
	}[kind]
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": ` + principal + `, "Action": "sts:AssumeRole"}]}`
}

func (c *setup) userNamed(name string) *account.UserDetail {
	users := c.s.AuthorizationDetails.Value.Users
	i := slices.IndexFunc(users, func(u account.UserDetail) bool { return u.Name == name })
	if i < 0 {
		c.t.Fatalf("got a line about the user %q before the line that adds it", name)
	}
	return &users[i]
}

func (c *setup) roleNamed(name string) *account.RoleDetail {
	roles := c.s.AuthorizationDetails.Value.Roles
	i := slices.IndexFunc(roles, func(r account.RoleDetail) bool { return r.Name == name })
	if i < 0 {
		c.t.Fatalf("got a line about the role %q before the line that adds it", name)
	}
	return &roles[i]
}

func (c *setup) inlineOf(owner string, policy account.InlinePolicy) {
	var list *[]account.InlinePolicy
	switch kind, name, _ := strings.Cut(owner, "/"); kind {
	case "user":
		list = &c.userNamed(name).InlinePolicies
	case "role":
		list = &c.roleNamed(name).InlinePolicies
	default:
		groups := c.s.AuthorizationDetails.Value.Groups
		i := slices.IndexFunc(groups, func(g account.GroupDetail) bool { return "group/"+g.Name == owner })
		if i < 0 {
			c.t.Fatalf("got a policy of %q, want one of user/NAME, role/NAME or group/NAME behind the line that adds it", owner)
		}
		list = &groups[i].InlinePolicies
	}
	*list = append(*list, policy)
}

func (c *setup) tagsOf(owner string) *[]account.Tag {
	if kind, name, _ := strings.Cut(owner, "/"); kind == "role" {
		return &c.roleNamed(name).Tags
	}
	return &c.userNamed(owner).Tags
}

func (c *setup) boundaryOf(owner string) *string {
	if kind, name, _ := strings.Cut(owner, "/"); kind == "role" {
		return &c.roleNamed(name).PermissionsBoundary
	}
	return &c.userNamed(strings.TrimPrefix(owner, "user/")).PermissionsBoundary
}

// resolvePolicies gives the attached policies that a line defines their ARNs, and counts who has them.
func (c *setup) resolvePolicies() {
	d := &c.s.AuthorizationDetails.Value
	byName := map[string]*account.PolicyDetail{}
	for i := range d.Policies {
		byName[d.Policies[i].Name] = &d.Policies[i]
	}
	attach := func(policies []account.AttachedPolicy) {
		for i, p := range policies {
			if m := byName[p.Name]; m != nil {
				policies[i].ARN = m.ARN
				m.AttachmentCount++
			}
		}
	}
	bound := func(name *string) {
		if m := byName[*name]; m != nil {
			*name = m.ARN
			m.BoundaryUseCount++
		}
	}
	for i := range d.Users {
		attach(d.Users[i].AttachedPolicies)
		bound(&d.Users[i].PermissionsBoundary)
	}
	for i := range d.Groups {
		attach(d.Groups[i].AttachedPolicies)
	}
	for i := range d.Roles {
		attach(d.Roles[i].AttachedPolicies)
		bound(&d.Roles[i].PermissionsBoundary)
	}
}
