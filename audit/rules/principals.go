package rules

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/policy"
)

// principals are the users and roles of an account with what their policies say, made once for all rules.
type principals struct {
	analyzer  *access.Analyzer
	documents *documents
	users     map[string]*principal // by name
	roles     []*principal          // in the account's order, service-linked ones left out
	torn      []string              // roles whose trust policy can't be read: any user may be named in it
}

// principal is a user or a role.
type principal struct {
	subject  account.Subject
	role     *account.Role // nil for a user
	policies []heldPolicy
	missing  *account.Missing // the policies aren't known at all, and there is no analysis
	unread   []audit.Text     // policies that apply and could not be read
	hidden   bool             // a group of his isn't known: nobody can tell which policies it has
	analysis *access.Analysis
	leaked   [2]*leakage // by path; nil until asked for
}

// heldPolicy is a policy that applies to a principal.
type heldPolicy struct {
	document *policy.Document
	at       account.Subject // the managed policy, or the user, group or role that an inline one is part of, with its name as item
	aws      bool            // AWS's own
	boundary bool
}

// principalsOf returns the account's principals.
func principalsOf(p *audit.Pass) *principals {
	return audit.Memo(p, "principals", func(p *audit.Pass) *principals { return newPrincipals(p.Account) })
}

func newPrincipals(a *account.Account) *principals {
	b := &principalBuilder{account: a, documents: newDocuments(), groups: map[string]*account.Group{}, trustedBy: map[string][]access.RoleTrust{}}
	b.managed = map[string]*account.Policy{}
	for _, p := range a.Policies {
		b.managed[p.ARN] = p
	}
	for _, g := range a.Groups {
		b.groups[g.Name] = g
	}
	b.trusts()
	out := &principals{analyzer: access.NewAnalyzer(), documents: b.documents, torn: b.torn, users: make(map[string]*principal, len(a.Users))}
	var subjects []*access.Subject
	var analysed []*principal
	add := func(who *principal, subject *access.Subject) {
		if subject == nil {
			return
		}
		subjects, analysed = append(subjects, subject), append(analysed, who)
	}
	for _, u := range a.Users {
		who, subject := b.user(u)
		out.users[u.Name] = who
		add(who, subject)
	}
	for _, r := range a.Roles {
		if serviceLinked(r) {
			continue
		}
		who, subject := b.role(r)
		out.roles = append(out.roles, who)
		add(who, subject)
	}
	for i, analysis := range out.analyzer.AnalyzeAll(subjects) {
		analysed[i].analysis = analysis
	}
	return out
}

// serviceLinked reports whether a role is AWS's own: its policies can't be changed, nor who assumes it.
func serviceLinked(r *account.Role) bool { return strings.HasPrefix(r.Path, "/aws-service-role/") }

// undecided reports whether nothing can be said of what the principal may do, and why.
func (w *principal) undecided() (why audit.Text, is bool) {
	switch {
	case len(w.unread) > 0:
		return w.unread[0], true
	case w.analysis == nil:
		return audit.Textf("the policies were not read"), true
	case w.analysis.TooLarge:
		return audit.Textf("the policies are too large to analyse"), true
	}
	return audit.Text{}, false
}

// principalBuilder makes the subjects of an account.
type principalBuilder struct {
	account   *account.Account
	documents *documents
	managed   map[string]*account.Policy // by ARN
	groups    map[string]*account.Group
	trustedBy map[string][]access.RoleTrust // by the ARN of the user that a trust policy names
	torn      []string                      // see principals
}

// trusts finds the roles whose trust policies name users.
func (b *principalBuilder) trusts() {
	for _, r := range b.account.Roles {
		d, err := b.documents.trust(r)
		if err != nil {
			b.torn = append(b.torn, r.Name)
			continue
		}
		named := map[string]bool{}
		for i := range d.Statements {
			for _, who := range d.Statements[i].Principals {
				if who.Type == "AWS" && strings.Contains(who.Value, ":user/") && !named[who.Value] {
					named[who.Value] = true
					b.trustedBy[who.Value] = append(b.trustedBy[who.Value], access.RoleTrust{ARN: r.ARN, Document: d})
				}
			}
		}
	}
}

func (b *principalBuilder) user(u *account.User) (*principal, *access.Subject) {
	who := &principal{subject: u.Subject()}
	groups, ok := u.Groups.Get()
	if !ok || !u.AttachedPolicies.OK() || !u.InlinePolicies.OK() || !u.PermissionsBoundary.OK() {
		missing := u.AttachedPolicies.Missing()
		who.missing = &missing
		return who, nil
	}
	subject := b.subject(u.Name, u.ARN, u.ID)
	if tags, ok := u.Tags.Get(); ok {
		subject.Tags = make(map[string]string, len(tags))
		for _, tag := range tags {
			subject.Tags[tag.Key] = tag.Value
		}
	}
	subject.TrustedBy = b.trustedBy[u.ARN]
	subject.UsersMayChangePassword = policy.Maybe
	if set, ok := b.account.PasswordPolicy.Get(); ok {
		// Without a policy of its own the account gives no such leave: the option is part of one.
		subject.UsersMayChangePassword = policy.No
		if set != nil && set.AllowUsersToChangePassword {
			subject.UsersMayChangePassword = policy.Yes
		}
	}
	b.inline(who, u.Subject(), u.InlinePolicies.Value())
	b.attached(who, u.AttachedPolicies.Value())
	for _, name := range groups {
		g := b.groups[name]
		if g == nil {
			who.hidden = true
			who.unread = append(who.unread, audit.Textf("the authorization details hold no group %s", name))
			continue
		}
		b.inline(who, g.Subject(), g.InlinePolicies)
		b.attached(who, g.AttachedPolicies)
	}
	b.boundary(who, u.PermissionsBoundary.Value())
	return who, who.complete(subject)
}

func (b *principalBuilder) role(r *account.Role) (*principal, *access.Subject) {
	who := &principal{subject: r.Subject(), role: r}
	subject := b.subject(r.Name, r.ARN, r.ID)
	subject.IsRole = true
	b.inline(who, r.Subject(), r.InlinePolicies)
	b.attached(who, r.AttachedPolicies)
	b.boundary(who, r.PermissionsBoundary)
	return who, who.complete(subject)
}

func (b *principalBuilder) subject(name, arn, id string) *access.Subject {
	return &access.Subject{Name: name, ARN: arn, ID: id, Account: b.account.ID, Partition: b.account.Partition, Now: b.account.TakenAt}
}

func (b *principalBuilder) inline(who *principal, at account.Subject, list []account.InlinePolicy) {
	for _, inline := range list {
		at.Item = inline.Name
		d, err := b.documents.inline(account.ShortARN(at.ARN), inline.Name, inline.Document)
		if err != nil {
			who.unread = append(who.unread, malformed(err))
		}
		who.policies = append(who.policies, heldPolicy{document: d, at: at})
	}
}

func (b *principalBuilder) attached(who *principal, list []account.AttachedPolicy) {
	for _, attached := range list {
		b.hold(who, attached.Name, attached.ARN, false)
	}
}

func (b *principalBuilder) boundary(who *principal, arn string) {
	if arn != "" {
		b.hold(who, arn[strings.LastIndex(arn, "/")+1:], arn, true)
	}
}

// hold adds a managed policy.
func (b *principalBuilder) hold(who *principal, name, arn string, boundary bool) {
	held := heldPolicy{at: account.Subject{ARN: arn, Name: name}, aws: awsOwned(arn), boundary: boundary}
	if m := b.managed[arn]; m == nil {
		who.unread = append(who.unread, audit.Textf("the authorization details hold no policy %s", name))
	} else if text, ok := defaultVersion(m); !ok {
		who.unread = append(who.unread, audit.Textf("the authorization details hold no default version of the policy %s", name))
	} else {
		parse := b.documents.identity
		if boundary {
			parse = b.documents.asBoundary
		}
		d, err := parse(name, text)
		if err != nil {
			who.unread = append(who.unread, malformed(err))
		}
		held.document = d
	}
	who.policies = append(who.policies, held)
}

// complete puts the documents that were read into the subject. One may apply twice; it counts once.
func (w *principal) complete(subject *access.Subject) *access.Subject {
	for _, held := range w.policies {
		switch {
		case held.document == nil:
		case held.boundary:
			subject.Boundary, subject.BoundaryARN = held.document, held.at.ARN
		case !slices.Contains(subject.Identity, held.document):
			subject.Identity = append(subject.Identity, held.document)
		}
	}
	for _, text := range w.unread {
		subject.Unread = append(subject.Unread, text.String())
	}
	return subject
}

// awsOwned reports whether a managed policy is AWS's own.
func awsOwned(arn string) bool { return strings.Contains(arn, ":iam::aws:policy/") }

// defaultVersion is the document of the version that applies.
func defaultVersion(p *account.Policy) (string, bool) {
	for _, v := range p.Versions {
		if v.ID == p.DefaultVersion {
			// A version that isn't flagged as the default one contradicts the policy: then nobody knows which it is.
			return v.Document, v.Document != "" && v.Default
		}
	}
	return "", false
}

func malformed(err error) audit.Text { return audit.Textf("can't be read as a policy: %s", err) }

// documents parses each policy document of an account once. What is alike under one name is one document, and two that
// differ never bear the same name.
type documents struct {
	read  map[documentKey]*parsedDocument
	named map[string]string // the text that bears a name
}

type documentKey struct {
	kind       policy.Kind
	name, text string
}

type parsedDocument struct {
	document *policy.Document
	err      error
}

func newDocuments() *documents {
	return &documents{read: map[documentKey]*parsedDocument{}, named: map[string]string{}}
}

func (d *documents) identity(name, text string) (*policy.Document, error) {
	return d.parse(policy.Identity, name, "", text)
}

// inline is identity for the inline policy of a user, group or role ("user/bob"), which gives its name to one of several policies that are
// called alike and differ.
func (d *documents) inline(owner, name, text string) (*policy.Document, error) {
	return d.parse(policy.Identity, name, owner, text)
}

func (d *documents) asBoundary(name, text string) (*policy.Document, error) {
	return d.parse(policy.Boundary, name, "", text)
}

func (d *documents) trust(r *account.Role) (*policy.Document, error) {
	return d.parse(policy.Trust, r.Name, "", r.TrustPolicy)
}

func (d *documents) parse(kind policy.Kind, name, owner, text string) (*policy.Document, error) {
	key := documentKey{kind, name, text}
	if d.read[key] == nil {
		unique := name
		if taken := d.named[name]; owner != "" && taken != "" && taken != text {
			name = owner + ":" + name
			unique = name
		}
		for n := 2; d.named[unique] != "" && d.named[unique] != text && kind != policy.Trust; n++ {
			unique = fmt.Sprintf("%s (%d)", name, n)
		}
		if kind != policy.Trust {
			d.named[unique] = text
		}
		document, err := policy.Parse(unique, kind, []byte(text))
		d.read[key] = &parsedDocument{document, err}
	}
	return d.read[key].document, d.read[key].err
}

// detailEvidence is what shows the statements that decide: the authorization details, by name.
func detailEvidence(p *audit.Pass, name string, values ...string) []audit.Evidence {
	list := make([]audit.Evidence, 0, len(values))
	for _, said := range p.Account.PolicyCount.Evidence() {
		for _, value := range values {
			list = append(list, audit.Evidence{Name: name, Value: value, Source: said.Source, ObservedAt: said.ObservedAt})
		}
	}
	return list
}

// statements is the evidence of statements, which their references name. Three suffice for a proof.
func statements(p *audit.Pass, refs []string) []audit.Evidence {
	return detailEvidence(p, "statement", refs[:min(len(refs), 3)]...)
}

// said is a text of package access.
func said(t access.Text) audit.Text { return t }

// joined puts texts one behind the other.
func joined(texts ...audit.Text) audit.Text {
	var out audit.Text
	for _, t := range texts {
		if len(t.Args) == 0 {
			t.Format = strings.ReplaceAll(t.Format, "%", "%%")
		}
		out.Format += t.Format
		out.Args = append(out.Args, t.Args...)
	}
	if len(out.Args) == 0 {
		out.Format = strings.ReplaceAll(out.Format, "%%", "%")
		out.Args = []any{}
	}
	return out
}
