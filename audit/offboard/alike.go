package offboard

import (
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// mostTagged is how many users a note names.
const mostTagged = 5

// alike says who may be meant: a user whose name is similar, where the person has none; and users who have an e-mail
// address among tags that needn't tell whose a user is. None of them is taken for the person.
func (c *checker) alike(p *Person, matches []match, r *PersonResult) {
	if len(matches) == 0 {
		if i := lists.Nearest(strings.ToLower(p.Query), lists.Map(c.users, func(u *user) string { return strings.ToLower(u.name) })); i >= 0 {
			r.Nearest = c.users[i].name
		}
	}
	if !strings.Contains(p.Query, "@") {
		return
	}
	var tagged []string
	for _, u := range c.users {
		if u.detail == nil || slices.ContainsFunc(matches, func(m match) bool { return m.user == u }) {
			continue
		}
		for _, tag := range u.detail.Tags {
			if strings.EqualFold(strings.TrimSpace(tag.Value), p.Query) {
				tagged = append(tagged, tag.Key+" of "+u.name)
			}
		}
	}
	if len(tagged) > 0 {
		r.Notes = append(r.Notes, message.New("the address is the tag %s: is the user theirs? Then put the tag into offboard.match_tags, or name the user", message.Names(mostTagged, tagged)))
	}
}
