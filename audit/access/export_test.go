package access

import (
	"crypto/sha256"
	"slices"

	"sekisho/audit/account"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// ServiceWay is a way through a service as the matrix of ways reads it.
type ServiceWay struct {
	ID            string
	Services      []string
	Pass, Profile bool
	Beside, Only  string
	Actions       [][]string
	Existing      message.Message
}

// ServiceWays are all ways of the table.
func ServiceWays() (out []ServiceWay) {
	for _, w := range serviceWays {
		out = append(out, ServiceWay{w.id, w.services, w.pass, w.profile, w.beside, w.only, w.actions, w.existing})
	}
	return out
}

// Classes counts those whose ways are looked for together.
func (x *Access) Classes() int {
	g := x.graph()
	for _, w := range g.all {
		g.base(w)
	}
	return len(g.classes)
}

// LetIn counts those with the same policies who were looked at for the roles that let in everybody, where everybody's way is
// looked for.
func (x *Access) LetIn() (n int) {
	g := x.graph()
	for _, w := range g.all {
		g.powerOf(w)
	}
	for _, c := range g.classes {
		if slices.ContainsFunc(c.freely[:], func(kept *[]edge) bool { return kept != nil }) {
			n++
		}
	}
	return n
}

// SurelyLed looks for everybody's way, and counts those with the same policies whose sure ways were looked for beyond what
// roles say of them.
func (x *Access) SurelyLed() (n int) {
	g := x.graph()
	for _, w := range g.all {
		s := g.newSearch(w, policy.Yes)
		s.take(w, g.begins(w), "", trail{})
		if s.all(); g.base(w).edges[toGoal] != nil {
			n++
		}
	}
	return n
}

// Compiled counts the documents that are read in full where everybody's way is looked for.
func (x *Access) Compiled() int {
	g := x.graph()
	g.empower()
	return len(g.space.documents)
}

// TeamSignsIn counts the users into whom two roles get together, how many of these were looked at one by one, and those of whom
// a look by itself says something else.
func (x *Access) TeamSignsIn(first, second string) (users, looked, differ int) {
	g := x.graph()
	hand := func(arn string) *reached { return &reached{persona: g.base(x.Role(arn))} }
	team := g.newSearch(x.Role(first), policy.Maybe).team([]*reached{hand(first), hand(second)})
	for part := toGoal; part <= toQuiet; part++ {
		for e := range g.edgesOf(team, part) {
			users++
			if alone := g.signsInto(team, e.to, e.to.user); alone.truth != e.truth || alone.sessions != e.sessions || !alone.step.like(e.step) {
				differ++
			}
		}
	}
	return users, len(team.signIns), differ
}

// Asked counts the questions that are asked where everybody's way is looked for.
func (x *Access) Asked() int {
	g := x.graph()
	for _, w := range g.all {
		w.power = g.powerOf(w)
	}
	return g.asked
}

// Searched reports whether everybody's way to an administrator was looked for, and what that took has gone.
func (x *Access) Searched() bool {
	for _, w := range x.users {
		if w.power == nil || w.base != nil {
			return false
		}
	}
	return x.ways == nil
}

// Worlds counts the worlds that policies are compiled for and kept in.
func (x *Access) Worlds() int { return len(x.analyzer.worlds) }

// CompiledPolicies counts the policies that are compiled and kept, and those of them that are for one time alone.
func (x *Access) CompiledPolicies() (all, timely int) {
	for _, w := range x.analyzer.worlds {
		all += len(w.documents)
	}
	for _, s := range x.analyzer.spaces {
		timely += len(s.timely)
	}
	return all + timely, timely
}

// Surveys counts the trust policies that were surveyed.
func (x *Access) Surveys() int { return len(x.surveys) }

// Analysed reports whether users, and roles, are.
func (x *Access) Analysed() (users, roles bool) { return x.analysed.users, x.analysed.roles }

// Holds reports whether the step holds something of the graph of ways.
func (s *Step) Holds() bool { return s.tell != nil || s.origin != nil }

// StandingOf is a digest of all that ways hang on in an account.
func StandingOf(a *account.Account) [sha256.Size]byte { return standingOf(a) }

// NoStanding are the fields of a part of an account on which no way hangs.
func NoStanding(part string) []string {
	for t, fields := range noStanding {
		if t.Name() == part {
			return fields
		}
	}
	return nil
}
