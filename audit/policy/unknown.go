package policy

import (
	"strings"

	"sekisho/audit/lists"
)

// UnknownAction is what an Action or NotAction names, an action or a pattern, that stands for no action of the
// catalogue: misspelt, or newer than the catalogue.
type UnknownAction struct {
	Statement string // that names it: "policy.json#AllowRead"
	Action    string // as written
	Service   string // set where the catalogue lacks its whole service
	Meant     string // what is like it and stands for something; "" where nothing is
}

// UnknownActions lists what the document names that the catalogue lacks, in the document's order.
func (d *Document) UnknownActions() (list []UnknownAction) {
	c := Actions()
	for i := range d.Statements {
		s := &d.Statements[i]
		for _, action := range s.Actions {
			if _, known := c.Lookup(action); known {
				continue
			}
			u := UnknownAction{Statement: s.Ref(), Action: action, Meant: c.Nearest(action)}
			service := ServiceOf(action)
			if _, known := c.service(Lower(service)); !known {
				u.Service = service
			}
			list = append(list, u)
		}
	}
	return list
}

// Nearest returns what is most like an action or a pattern of actions that the catalogue lacks and stands for something
// in it, or "". Of another service it is where the catalogue lacks the action's own.
func (c *Catalogue) Nearest(action string) string {
	service, name, _ := strings.Cut(Lower(action), ":")
	if _, ok := c.service(service); !ok {
		return c.elsewhere(service, name)
	}
	return c.nearestIn(service, name)
}

// elsewhere looks for the action in services that have it, and else in the one whose name is nearest.
func (c *Catalogue) elsewhere(service, name string) string {
	var all, having []string
	for _, s := range c.Services {
		all = append(all, s.Name)
		if _, known := c.byName[s.Name+":"+name]; known {
			having = append(having, s.Name)
		}
	}
	if len(having) == 1 {
		return c.nearestIn(having[0], name)
	}
	for _, names := range [][]string{having, all} {
		if i := lists.Nearest(service, names); i >= 0 {
			return c.nearestIn(names[i], name)
		}
	}
	return ""
}

// nearestIn looks among the actions of a service. A pattern that ends in * is made shorter until it matches.
func (c *Catalogue) nearestIn(service, name string) string {
	s, _ := c.service(service)
	names := lists.Map(c.lower[s.Lo:s.Hi], func(action string) string { return action[len(service)+1:] })
	begin, runs := strings.CutSuffix(name, "*")
	switch {
	case strings.ContainsAny(begin, "*?"):
	case runs:
		best, shared := 0, -1
		for i, candidate := range names {
			n := 0
			for n < min(len(candidate), len(begin)) && candidate[n] == begin[n] {
				n++
			}
			if n > shared {
				best, shared = i, n
			}
		}
		if shared == len(begin) || shared > 0 && len(begin)-shared < len(begin)/3+2 {
			return c.Names[s.Lo+best][:len(service)+1+shared] + "*"
		}
	default:
		if i := lists.Nearest(name, names); i >= 0 {
			return c.Names[s.Lo+i]
		}
	}
	return ""
}
