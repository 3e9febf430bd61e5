package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
)

// trial is some candidates that are made one after the other.
type trial struct {
	*maker
	after *account.Snapshot
	steps []*trialStep
}

type trialStep struct {
	*candidate
	kind         Kind              // a person's, too, where it follows on what a person makes in the trial
	todo         [][]change.Change // by work: what no step of the trial did before
	made         []change.Step
	clears, adds []Ref
	turns        []Ref              // what failed, and is unknown after it: neither cleared nor new
	touches      map[string][]*work // by ARN, in short
	guilty       map[key][]*work    // of what it adds
}

func (s *trialStep) touch(arn string, w *work) {
	arn = account.ShortARN(arn)
	if of := s.touches[arn]; !slices.Contains(of, w) {
		s.touches[arn] = append(of, w)
	}
}

// try makes candidates, all at once: for each by itself the whole account would be copied. Work that can't be made is
// refused.
func (m *maker) try(candidates []*candidate) *trial {
	for {
		t, done, written, open := &trial{maker: m, after: m.snapshot}, map[string]bool{}, map[string]*trialStep{}, undecided{}
		var all [][]change.Change // by work
		for _, c := range candidates {
			s := &trialStep{candidate: c, kind: c.kind, touches: map[string][]*work{}}
			s.putOff(written)
			for _, w := range c.works { // also those that have nothing left to do
				for _, f := range w.findings {
					s.touch(f.Resource, w)
				}
			}
			if s.rest(done); c.kind == Decision || len(c.works) > 0 {
				s.follow(open)
				all, t.steps = append(all, s.todo...), append(t.steps, s)
			}
		}
		if len(all) == 0 {
			return t
		}
		made, after, failed := change.MadeEach(m.snapshot, all)
		if failed == nil {
			t.after = after
			t.share(made)
			return t
		}
		t.blame(failed)
		candidates = t.candidates()
	}
}

// follow leaves a step to a person that names what a person's step makes, and notes what it makes itself.
func (s *trialStep) follow(open undecided) {
	if s.kind == ByCommand && slices.ContainsFunc(s.todo, open.follows) {
		s.kind = ByPerson
	}
	for _, c := range slices.Concat(s.todo...) {
		if kind, name, _ := strings.Cut(makes(c), " "); s.kind == ByPerson && kind != "" {
			open["made "+kind+"Name "+name] = false
		}
	}
}

// share gives each step what was made for it.
func (t *trial) share(made [][]change.Step) {
	for _, s := range t.steps {
		for i, w := range s.works {
			for _, one := range made[i] {
				for _, arn := range one.Touches {
					s.touch(arn, w)
				}
				if arn, is := one.With["PolicyArn"].(string); is {
					s.touch(arn, w)
				}
			}
		}
		s.made, made = slices.Concat(made[:len(s.todo)]...), made[len(s.todo):]
	}
}

// putOff leaves work for a later round that writes a document which a step before writes: it doesn't know what that says
// by then, and would undo it.
func (s *trialStep) putOff(written map[string]*trialStep) {
	s.leave(func(w *work) bool {
		return slices.ContainsFunc(w.changes, func(c change.Change) bool {
			by := written[document(c)]
			return by != nil && by != s
		})
	})
	for _, w := range s.works {
		for _, c := range w.changes {
			if id := document(c); id != "" && written[id] == nil {
				written[id] = s
			}
		}
	}
}

// document says which policy that is there a change writes or takes away; empty: none.
func document(c change.Change) (id string) {
	if c.With["PolicyName"] == nil && c.With["PolicyDocument"] == nil && c.With["AsIf"] == nil || c.Action == "iam:CreatePolicy" {
		return ""
	}
	for _, name := range []string{"PolicyArn", "UserName", "GroupName", "RoleName", "PolicyName"} {
		if value, is := c.With[name].(string); is {
			id += " " + name + "=" + value
		}
	}
	return id
}

// blame refuses the work that can't be made, by its place, and other work that asks for the same change.
func (t *trial) blame(failed map[int]error) {
	works, changes, next := map[*work]bool{}, map[string]bool{}, 0
	for _, s := range t.steps {
		for _, w := range s.works {
			if err := failed[next]; err != nil {
				works[w] = true
				if of, ok := err.(*change.Error); ok {
					changes[idOf(of.Change)] = true
				}
			}
			next++
		}
	}
	bad := func(w *work) bool {
		return works[w] || slices.ContainsFunc(w.changes, func(c change.Change) bool { return changes[idOf(c)] })
	}
	for _, s := range t.steps {
		if slices.ContainsFunc(s.works, bad) {
			t.drop(s.candidate, bad)
		}
	}
}

// rest leaves out what was done before, and what is about something that is gone by then; work that has nothing to do then
// is none.
func (s *trialStep) rest(done map[string]bool) {
	s.todo = nil
	s.works = slices.DeleteFunc(s.works, func(w *work) bool {
		todo := lists.Filter(w.changes, func(c change.Change) bool {
			id := idOf(c)
			again := (done[id] || slices.ContainsFunc(names, func(name string) bool { return done[gone(name, c)] })) && c.Stage() != change.Wait
			done[id] = true
			if name := deletes[c.Action]; name != "" {
				done[gone(name, c)] = true
			}
			return !again
		})
		none := !slices.ContainsFunc(todo, func(c change.Change) bool { return c.Stage() != change.Wait })
		if !none {
			s.todo = append(s.todo, todo)
		}
		return none
	})
}

// deletes are the calls that delete something to which other changes may be made, with the parameter that names it.
var deletes = map[string]string{
	"iam:DeleteUser": "UserName", "iam:DeleteRole": "RoleName", "iam:DeleteAccessKey": "AccessKeyId", "iam:DeleteSSHPublicKey": "SSHPublicKeyId",
	"iam:DeleteSigningCertificate": "CertificateId", "iam:DeleteServiceSpecificCredential": "ServiceSpecificCredentialId",
}

var names = slices.Collect(maps.Values(deletes))

// gone is what says that the thing is gone which a parameter names. Keys go by their place while their IDs are not known.
func gone(name string, c change.Change) string {
	value, _ := c.With[name].(string)
	if value == "" {
		return ""
	}
	if name == "AccessKeyId" || name == "CertificateId" {
		user, _ := c.With["UserName"].(string)
		value = user + "/" + value
	}
	return name + "=" + value
}

// drop refuses work of a candidate; all of it where none is named.
func (m *maker) drop(c *candidate, bad func(*work) bool) {
	if !slices.ContainsFunc(c.works, bad) {
		bad = func(*work) bool { return true }
	}
	for _, w := range c.works {
		if bad(w) {
			m.refused[w.id] = true
		}
	}
	c.leave(bad)
}

// leave takes work out of a candidate, with what asks for it.
func (c *candidate) leave(out func(*work) bool) {
	before := len(c.works)
	if c.works = slices.DeleteFunc(c.works, out); len(c.works) < before {
		c.findings = nil
		for _, w := range c.works {
			c.findings = append(c.findings, w.findings...)
		}
	}
}

// compare tells which step of the trial clears and adds what.
func (t *trial) compare(report *audit.Report) {
	now, concerns := map[key]*audit.Finding{}, map[string][]string{}
	for i := range report.Findings {
		if f := &report.Findings[i]; t.counts(f) {
			now[keyOf(f)] = f
			concerns[f.Resource] = append(concerns[f.Resource], f.Concerns...)
		}
	}
	asks := map[key]*trialStep{}
	var last *trialStep
	for _, s := range t.steps {
		s.clears, s.adds, s.turns, s.guilty = nil, nil, nil, map[key][]*work{}
		if s.kind == Decision {
			continue
		}
		last = s
		for _, f := range s.findings {
			asks[keyOf(f)] = s
		}
	}
	// of is the step that asks for it, or else touches it, or those whom something that is found of it concerns.
	of := func(k key) (*trialStep, []*work) {
		resource := account.ShortARN(k.resource)
		if s := asks[k]; s != nil {
			return s, s.touches[resource]
		}
		for _, arn := range append([]string{resource}, concerns[k.resource]...) {
			for _, s := range t.steps {
				if works := s.touches[arn]; works != nil {
					return s, works
				}
			}
		}
		return last, nil
	}
	for k, was := range t.open {
		is := now[k]
		switch {
		case was.Status != audit.StatusFail:
		case is == nil || is.Status == audit.StatusFail && is.Severity < was.Severity: // what fails on and is milder is gone, and another one has come
			s, _ := of(k)
			s.clears = append(s.clears, was)
		case is.Status != audit.StatusFail && is.Severity == was.Severity:
			s, _ := of(k)
			s.turns = append(s.turns, refOf(is))
		}
	}
	for k, is := range now {
		if was, known := t.open[k]; !known || is.Severity != was.Severity {
			s, works := of(k)
			s.adds, s.guilty[k] = append(s.adds, refOf(is)), works
		}
	}
	for _, s := range t.steps {
		sortRefs(s.clears)
		sortRefs(s.adds)
	}
}

func sortRefs(refs []Ref) {
	slices.SortFunc(refs, func(x, y Ref) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), strings.Compare(x.Rule, y.Rule), strings.Compare(x.Resource, y.Resource), strings.Compare(x.Item, y.Item))
	})
}

// refuse drops work that clears nothing of what asks for it, or adds what is as grave as what its step clears, and
// reports whether there was any.
func (t *trial) refuse() bool {
	any := false
	for _, s := range t.steps {
		if s.kind == Decision {
			continue
		}
		cleared, worst := map[key]bool{}, audit.Severity(-1)
		for _, r := range s.clears {
			cleared[r.key()] = true
			worst = max(worst, r.Severity)
		}
		harms, harmful := []*work(nil), false
		for _, r := range s.adds {
			if r.Severity >= worst {
				harms, harmful = append(harms, s.guilty[r.key()]...), true
			}
		}
		useless := func(w *work) bool {
			return !slices.ContainsFunc(w.findings, func(f *audit.Finding) bool { return cleared[keyOf(f)] })
		}
		switch {
		case harmful:
			t.drop(s.candidate, func(w *work) bool { return slices.Contains(harms, w) })
		case slices.ContainsFunc(s.works, useless):
			t.drop(s.candidate, useless)
		default:
			continue
		}
		any = true
	}
	return any
}

// candidates are those of the trial that something is left of.
func (t *trial) candidates() []*candidate {
	return lists.Map(t.steps, func(s *trialStep) *candidate { return s.candidate })
}
