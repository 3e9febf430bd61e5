package access

import (
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// maxNames bounds how many names are tried for what is made.
const maxNames = 8

// makes are the users and roles that the persona can make. Their rights come by changes.
func (g *graph) makes(p *persona, add func(edge)) {
	if p.may("iam:CreateUser") && (p.may("iam:CreateAccessKey") || p.may("iam:CreateLoginProfile")) {
		g.make(p, "iam:CreateUser", []string{"iam:CreateAccessKey", "iam:CreateLoginProfile"}, []string{"iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary", "iam:TagUser"}, add)
	}
	if p.may("iam:CreateRole") {
		g.make(p, "iam:CreateRole", nil, []string{"iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:TagRole"}, add)
	}
}

func (g *graph) make(p *persona, action string, credentials, others []string, add func(edge)) {
	actions := append([]string{action}, lists.Filter(others, p.may)...)
	free := func(arn string) bool {
		return g.takes(action, arn) && !g.exists(arn) && policy.ARNField(arn, 4) == g.Account.ID
	}
	names := lists.Filter(append(p.names(actions), p.crossings(actions)...), free)
	for _, arn := range appendAll(names[:min(len(names), maxNames)], lists.Filter(p.wanted(actions), free)) {
		for _, b := range p.boundariesFor(action, arn, &object{arn: arn}) {
			w := g.new(arn, b)
			if credentials == nil {
				add(edge{to: w, sessions: roleSession, truth: b.truth, step: &Step{
					ID: "create-role", How: message.New("makes a role that lets it in"), Actions: []string{action}, By: b.by}})
			}
			for i, c := range credentials {
				t, by := p.can(c, arn, g.object(w))
				add(g.withDevice(p, edge{to: w, sessions: [...]session{bareKey | token, plain}[i], truth: t.And(b.truth), step: &Step{
					ID: "create-user", How: message.New("makes a user of its own"), Actions: []string{action, c}, By: joinNew(b.by, by)}}))
			}
		}
	}
}

// exists reports whether nothing of that kind and name can be made, for there is one, on whatever path and in whatever
// case (IAM User Guide, reference_iam-quotas: names are unique in an account, and not distinguished by case).
func (g *graph) exists(arn string) bool {
	if g.names == nil {
		g.names = map[string]bool{}
		for _, w := range g.all {
			g.names[kindAndName(w.ARN)] = true
		}
		for _, group := range g.Account.Groups {
			g.names[kindAndName(group.ARN)] = true
		}
		for _, p := range g.Account.Policies {
			if !account.OfAWS(p.ARN) {
				g.names[kindAndName(p.ARN)] = true
			}
		}
	}
	return g.names[kindAndName(arn)]
}

func kindAndName(arn string) string {
	kind, _, _ := strings.Cut(policy.ARNField(arn, 5), "/")
	return kind + "/" + strings.ToLower(nameOf(arn))
}

// new returns a user or role that is made, with a boundary or none.
func (g *graph) new(arn string, b offered) *Principal {
	key := arn + " " + b.arn
	if w := g.made[key]; w != nil {
		return w
	}
	name := nameOf(arn)
	s := account.Subject{ARN: arn, Name: name}
	w := &Principal{Subject: s, access: g.Access, subject: g.subject(s)}
	w.subject.Tags = map[string]string{}
	w.subject.Boundary, w.subject.BoundaryARN = b.document, b.arn
	if strings.HasPrefix(policy.ARNField(arn, 5), "role/") {
		w.subject.IsRole = true
		w.Role = &account.Role{RoleDetail: account.RoleDetail{Name: name, ARN: arn, Path: "/"}}
		g.trusted[w] = &trustFacts{document: openTrust(), tagged: true}
	}
	g.made[key] = w
	return w
}
