package access

import (
	"slices"
	"strings"

	"sekisho/audit/policy"
)

// Permissions is what one document allows by itself, without looking at where it is attached.
type Permissions struct {
	Admin   policy.Truth // every action on every resource; Maybe: under conditions on keys that nobody knows
	AdminBy []string     // the statements that make it so

	NotActionAllows []string // statements that allow all but some actions

	// What is too wide, where it isn't full administration already.
	ServiceWildcards []Wide // "s3:*" on all resources
	PassRole         []Wide // iam:PassRole on all roles
	AssumeRole       []Wide // sts:AssumeRole on all roles
	CloudTrail       []Wide // all of CloudTrail on all trails
	KMS              []Wide // all of KMS on all keys
	Marketplace      []Wide // aws-marketplace:Subscribe
}

// Wide is a statement that allows too much.
type Wide struct {
	Statement string
	What      string // "s3:*", "iam:PassRole"
	Resource  string
	Sure      bool // false under conditions on keys that nobody knows
}

// Permissions returns what a document allows by itself. Its own Denies are subtracted.
func (a *Analyzer) Permissions(d *policy.Document) *Permissions {
	sp := a.space(&Subject{Partition: PartitionOf(d)})
	if sp.narrow(d) {
		return &Permissions{NotActionAllows: notActionAllows(d)}
	}
	s := sp.borrow()
	defer sp.giveBack(s)
	r := sp.reacher(s, &Subject{Identity: []*policy.Document{d}, anybody: true})
	if r.large {
		return &Permissions{Admin: policy.Maybe}
	}
	r.reachAll(s)
	admin, in := r.adminAnyhow(s)
	p := &Permissions{Admin: admin, NotActionAllows: notActionAllows(d)}
	if admin != policy.No {
		p.AdminBy = r.adminBy(s, in)
	}
	if admin == policy.Yes {
		return p
	}
	for c, alike := range r.alike {
		if int(alike) != c {
			continue
		}
		for _, at := range r.reach(s, alike, false) {
			p.note(r, s, &at)
		}
	}
	return p
}

func notActionAllows(d *policy.Document) (refs []string) {
	for i := range d.Statements {
		if st := &d.Statements[i]; st.Effect == policy.Allow && st.NotAction {
			refs = append(refs, st.Ref())
		}
	}
	return refs
}

// subscribe is too much to allow, on whatever resource.
const subscribe = "aws-marketplace:Subscribe"

// narrow reports whether a document is neither an administrator's nor too wide in any way, as most are by their names
// alone: all else that is too wide is so on all of a service's resources, or on all roles.
func (s *space) narrow(d *policy.Document) bool {
	return small(d) && !slices.ContainsFunc(d.Statements, func(st policy.Statement) bool {
		return st.Effect == policy.Allow && (st.NotResource || st.MatchAction(subscribe) ||
			slices.ContainsFunc(st.Resources, func(text string) bool { return !s.words.ForeignTo(text) || roleAnywhere(text) }))
	})
}

// PartitionOf returns the partition that the documents' ARNs are of, or "".
func PartitionOf(documents ...*policy.Document) string {
	for _, d := range documents {
		for i := range d.Statements {
			for _, r := range d.Statements[i].Resources {
				if p := namedPartition(r); p != "" {
					return p
				}
			}
			for _, c := range d.Statements[i].Conditions {
				for _, v := range c.Values {
					if p := namedPartition(v); p != "" {
						return p
					}
				}
			}
		}
	}
	return ""
}

// namedPartition is the partition of an ARN that names one, or "".
func namedPartition(text string) string {
	if p := policy.ARNField(text, 1); strings.HasPrefix(text, "arn:aws") && !strings.ContainsAny(p, "*?$") {
		return p
	}
	return ""
}

// note looks for what is too wide in what one statement allows on one resource.
func (p *Permissions) note(r *reacher, s *scratch, c *cell) {
	sure := s.arena.Add(s.arena.Clone(c.sure), c.doubted)
	all := s.arena.Add(s.arena.Clone(sure), c.maybe)
	add := func(list *[]Wide, what string, wanted policy.ActionSet) {
		if wanted.Empty() || !wanted.Within(all) {
			return
		}
		w := Wide{c.by.statement.Ref(), what, c.resource.text(), wanted.Within(sure)}
		if i := slices.IndexFunc(*list, func(o Wide) bool { return o.Statement == w.Statement && o.What == w.What && o.Resource == w.Resource }); i >= 0 {
			(*list)[i].Sure = (*list)[i].Sure || w.Sure // in one context surely, in another possibly
			return
		}
		*list = append(*list, w)
	}
	catalogue := r.space.catalogue
	everywhere := func(service string) bool {
		return c.resource.glob == policy.GlobAll && c.resource.except == nil || catalogue.Service(service).Within(c.resource.covers)
	}
	if !c.by.statement.NotAction {
		for _, text := range c.by.statement.Actions {
			service := policy.ServiceOf(policy.Lower(text))
			wanted := catalogue.Service(service)
			if named, _ := catalogue.Lookup(text); wanted.Within(named) && everywhere(service) {
				add(&p.ServiceWildcards, service+":*", wanted)
			}
		}
	}
	if everywhere("cloudtrail") {
		add(&p.CloudTrail, "cloudtrail:*", catalogue.Service("cloudtrail"))
	}
	if everywhere("kms") {
		add(&p.KMS, "kms:*", catalogue.Service("kms"))
	}
	add(&p.Marketplace, subscribe, catalogue.Of(subscribe))
	if r.allRoles(c.resource) {
		add(&p.PassRole, "iam:PassRole", catalogue.Of("iam:PassRole"))
	}
	if r.allRoles(c.resource) || slices.ContainsFunc(c.resource.texts(), roleAnywhere) {
		add(&p.AssumeRole, "sts:AssumeRole", catalogue.Of("sts:AssumeRole"))
	}
}

// roleAnywhere reports whether a pattern is of roles of some name in any account.
func roleAnywhere(text string) bool {
	return policy.ARNField(text, 4) == "*" && strings.HasPrefix(policy.ARNField(text, 5), "role/")
}

// allRoles reports whether a resource matches all roles, at least of one account.
func (r *reacher) allRoles(o *resource) bool {
	account := policy.AccountOf(policy.ARNField(o.text(), 4))
	return o.contains(policy.FormatGlob("iam::#:role/*", r.space.partition, account))
}
