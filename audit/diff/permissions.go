package diff

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// permissions are what a user, group or role is allowed by.
type permissions struct {
	arn, name string
	inline    []account.InlinePolicy
	attached  []account.AttachedPolicy
	boundary  string // the policy's ARN
}

func permissionsOfGroup(g *account.Group) permissions {
	return permissions{g.ARN, g.Name, g.InlinePolicies, g.AttachedPolicies, ""}
}

func permissionsOfRole(r *account.Role) permissions {
	return permissions{r.ARN, r.Name, r.InlinePolicies, r.AttachedPolicies, r.PermissionsBoundary}
}

// portrait names the policies of somebody who came or went.
func (p permissions) portrait() []Detail {
	var details []Detail
	if len(p.attached) > 0 {
		details = append(details, Detail{Field: "attached_policies", Added: slices.Sorted(slices.Values(p.arns()))})
	}
	if len(p.inline) > 0 {
		details = append(details, Detail{Field: "inline_policies", Added: sortedKeys(p.documents())})
	}
	if p.boundary != "" {
		details = append(details, Detail{Field: "permissions_boundary", New: p.boundary})
	}
	return details
}

// arns are those of the attached policies.
func (p permissions) arns() []string {
	arns := make([]string, len(p.attached))
	for i, a := range p.attached {
		arns[i] = a.ARN
	}
	return arns
}

// documents are the inline policies, by name.
func (p permissions) documents() map[string]string {
	documents := make(map[string]string, len(p.inline))
	for _, i := range p.inline {
		documents[i.Name] = i.Document
	}
	return documents
}

// comparePermissions compares the policies of somebody who is on both sides.
func (c *comparison) comparePermissions(old, new permissions) {
	of := Change{Area: AreaPolicies, Resource: new.arn, Name: new.name}
	was, is := old.documents(), new.documents()
	for _, name := range eitherKeys(was, is) {
		_, known := was[name]
		_, still := is[name]
		details := compareDocuments("statement", was[name], is[name])
		switch {
		case !known:
			c.change(of.about(name, Added, details...))
		case !still:
			c.change(of.about(name, Removed, details...))
		case len(details) > 0:
			c.change(of.about(name, Changed, details...))
		}
	}
	for _, arn := range missingFrom(old.arns(), new.arns()) {
		c.change(of.about(arn, Attached))
	}
	for _, arn := range missingFrom(new.arns(), old.arns()) {
		c.change(of.about(arn, Detached))
	}
	if old.boundary != new.boundary {
		c.change(of.about("", Changed, Detail{Field: "permissions_boundary", Old: old.boundary, New: new.boundary}))
	}
}

// compareUserPolicies compares the policies of a user who is on both sides.
func (c *comparison) compareUserPolicies(o, n *account.User) {
	was, okWas := permissionsOfUser(o)
	is, okIs := permissionsOfUser(n)
	switch {
	case !okWas:
		c.skip(AreaPolicies, message.New("not known in OLD: %s", o.AttachedPolicies.Missing().Message()), short(n.ARN))
	case !okIs:
		c.skip(AreaPolicies, message.New("not known in NEW: %s", n.AttachedPolicies.Missing().Message()), short(n.ARN))
	default:
		c.comparePermissions(was, is)
	}
}

func permissionsOfUser(u *account.User) (permissions, bool) {
	inline, okInline := u.InlinePolicies.Get()
	attached, okAttached := u.AttachedPolicies.Get()
	boundary, okBoundary := u.PermissionsBoundary.Get()
	return permissions{u.ARN, u.Name, inline, attached, boundary}, okInline && okAttached && okBoundary
}

// compareRoles compares roles with their trust policies.
func (c *comparison) compareRoles() {
	o, n := c.old.account, c.new.account
	arn := func(r *account.Role) string { return r.ARN }
	compareLists(c, listOf(c.old, wholeOf(&o.RoleCount), o.Roles, arn), listOf(c.new, wholeOf(&n.RoleCount), n.Roles, arn), lists[*account.Role]{
		area: AreaRoles, name: func(r *account.Role) string { return short(r.ARN) },
		created: func(r *account.Role) time.Time { return r.Created },
		both: func(o, n *account.Role) {
			c.changed(AreaRoles, permissionsOfRole(n), identity{o.ID, o.Created}, identity{n.ID, n.Created},
				compareDocuments("trust_statement", o.TrustPolicy, n.TrustPolicy)...)
			c.comparePermissions(permissionsOfRole(o), permissionsOfRole(n))
		},
		added: func(r *account.Role) {
			c.change(Change{Area: AreaRoles, Kind: Added, Resource: r.ARN, Name: r.Name,
				Details: append(compareDocuments("trust_statement", "", r.TrustPolicy), permissionsOfRole(r).portrait()...)})
		},
		removed: func(r *account.Role) {
			c.change(Change{Area: AreaRoles, Kind: Removed, Resource: r.ARN, Name: r.Name, Details: permissionsOfRole(r).portrait()})
		},
	})
}

// comparePolicies compares the managed policies. AWS's own are listed where they are in use, so they neither come nor
// go; that AWS changed one is told.
func (c *comparison) comparePolicies() {
	o, n := c.old.account, c.new.account
	arn := func(p *account.Policy) string { return p.ARN }
	own := func(list []*account.Policy) []*account.Policy {
		return slices.DeleteFunc(slices.Clone(list), func(p *account.Policy) bool { return account.OfAWS(p.ARN) && !inBoth(o, n, p.ARN) })
	}
	compareLists(c, listOf(c.old, wholeOf(&o.PolicyCount), own(o.Policies), arn), listOf(c.new, wholeOf(&n.PolicyCount), own(n.Policies), arn), lists[*account.Policy]{
		area: AreaPolicies, name: func(p *account.Policy) string { return short(p.ARN) },
		created: func(p *account.Policy) time.Time { return p.Created },
		both:    c.samePolicy,
		added: func(p *account.Policy) {
			document, _ := access.DefaultVersion(p)
			c.change(Change{Area: AreaPolicies, Kind: Added, Resource: p.ARN, Name: p.Name, Details: compareDocuments("statement", "", document)})
		},
		removed: func(p *account.Policy) {
			document, _ := access.DefaultVersion(p)
			c.change(Change{Area: AreaPolicies, Kind: Removed, Resource: p.ARN, Name: p.Name, Details: compareDocuments("statement", document, "")})
		},
	})
}

func (c *comparison) samePolicy(o, n *account.Policy) {
	var details []Detail
	if o.DefaultVersion != n.DefaultVersion {
		details = append(details, Detail{Field: "default_version", Old: o.DefaultVersion, New: n.DefaultVersion})
	}
	was, okWas := access.DefaultVersion(o)
	is, okIs := access.DefaultVersion(n)
	switch {
	case okWas && okIs:
		details = append(details, compareDocuments("statement", was, is)...)
	case len(details) > 0 || okWas != okIs || c.names.recreated[n.ARN]:
		c.skip(AreaPolicies, message.New("the document of the default version was not read"), short(n.ARN))
	}
	c.changed(AreaPolicies, permissions{arn: n.ARN, name: n.Name}, identity{o.ID, o.Created}, identity{n.ID, n.Created}, details...)
}

// changed tells of a group, role or policy that is on both sides, under one ARN, where something of it differs.
func (c *comparison) changed(area Area, of permissions, was, is identity, details ...Detail) {
	change := Change{Area: area, Kind: Changed, Resource: of.arn, Name: of.name, Details: details}
	if c.names.recreated[of.arn] {
		change.Kind, change.Details = Recreated, append(recreation(was, is), details...)
	}
	if len(change.Details) > 0 {
		c.change(change)
	}
}

func inBoth(o, n *account.Account, arn string) bool {
	return !slices.ContainsFunc([]*account.Account{o, n}, func(a *account.Account) bool {
		_, found := slices.BinarySearchFunc(a.Policies, arn, func(p *account.Policy, arn string) int { return strings.Compare(p.ARN, arn) })
		return !found
	})
}
