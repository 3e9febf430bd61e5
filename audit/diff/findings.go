package diff

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// compareFindings pairs the findings of both sides by rule, resource and item.
func (c *comparison) compareFindings() {
	c.rules()
	paired := map[key]bool{}
	for _, k := range c.new.verdicts.keys {
		if c.old.verdicts.rules[k.rule] == nil {
			continue
		}
		before, known := c.names.before(k)
		if !known {
			c.pair(k, key{}, k)
			continue
		}
		paired[before] = true
		c.pair(k, before, k)
	}
	for _, k := range c.old.verdicts.keys {
		if c.new.verdicts.rules[k.rule] == nil || paired[k] {
			continue
		}
		now, _ := c.names.now(k)
		c.pair(now, k, key{})
	}
}

// rules lists those that ran on one side alone.
func (c *comparison) rules() {
	for _, id := range eitherKeys(c.old.verdicts.rules, c.new.verdicts.rules) {
		o, n := c.old.verdicts.rules[id], c.new.verdicts.rules[id]
		switch {
		case o == nil:
			c.rulesNotCompared = append(c.rulesNotCompared, notRun(n, c.old, "old"))
		case n == nil:
			c.rulesNotCompared = append(c.rulesNotCompared, notRun(o, c.new, "new"))
		}
	}
}

func notRun(ran *audit.RuleResult, where *state, lacking string) RuleNotCompared {
	r := where.side.Report
	why := message.New("%s does not know the rule (it was made by %s %s)", where.label, r.Tool.Name, r.Tool.Version)
	for _, n := range r.NotSelected {
		if n.Rule == ran.ID {
			why = message.New("not run in %s: %s", where.label, n.Why())
		}
	}
	return RuleNotCompared{Rule: ran.ID, Title: ran.Title, Severity: ran.Severity, Lacking: lacking, Note: *newNote(why), Fail: ran.Fail, Unknown: ran.Unknown}
}

// pair compares the findings about one thing, which is under before in the old report and under now in the new one;
// either may have none.
func (c *comparison) pair(at, before, now key) {
	oldFailing, oldUnknown := c.old.verdicts.of(before)
	newFailing, newUnknown := c.new.verdicts.of(now)
	oldFailing, newFailing = match(oldFailing, newFailing, func(o, n *audit.Finding) { c.stillFailing(at, o, n) })
	oldUnknown, newUnknown = match(oldUnknown, newUnknown, func(o, n *audit.Finding) { c.add(StillUnknown, at, o, n, message.Message{}) })

	for _, n := range newFailing {
		f := c.add(New, at, nil, n, message.Message{})
		if f.Was = c.was(at); len(oldUnknown) > 0 {
			f.Old, f.Was, oldUnknown = oldUnknown[0], Unknown, oldUnknown[1:]
		}
	}
	for _, n := range newUnknown {
		f := c.add(NewlyUnknown, at, nil, n, message.Message{})
		if f.Was = c.was(at); len(oldFailing) > 0 {
			f.Old, f.Was, oldFailing = oldFailing[0], Failed, oldFailing[1:]
		}
	}
	for _, o := range oldFailing {
		c.ended(Fixed, at, o)
	}
	for _, o := range oldUnknown {
		c.ended(Decided, at, o)
	}
}

// match pairs findings about one thing: those that say the same first, then those of the same form, then any. It
// returns those that are left over. The pairs come in the order of the new findings, so those are matched with the old
// ones.
func match(old, new []*audit.Finding, paired func(old, new *audit.Finding)) (oldLeft, newLeft []*audit.Finding) {
	same, newLeft, oldLeft := matchPairs(new, old,
		func(n, o *audit.Finding) bool { return o.Message == n.Message },
		func(n, o *audit.Finding) bool { return o.Text.Form() == n.Text.Form() },
		func(_, _ *audit.Finding) bool { return true },
	)
	for _, pair := range same {
		paired(pair.new, pair.old)
	}
	return oldLeft, newLeft
}

func (c *comparison) stillFailing(at key, o, n *audit.Finding) {
	kind := StillFailing
	switch {
	case o.Exception != nil && n.Exception == nil:
		kind = NoLongerExcepted
	case o.Exception == nil && n.Exception != nil:
		kind = NewlyExcepted
	case n.Severity > o.Severity:
		kind = Worse
	}
	c.add(kind, at, o, n, message.Message{})
}

// was tells how the rule stood, on the old side, to a thing on which it left no finding there.
func (c *comparison) was(at key) Standing {
	before, known := c.names.before(at)
	if !known {
		return Absent
	}
	v := c.old.verdicts
	if standing, _ := v.judged(at.rule, before.resource, before.item); standing != Absent {
		return standing
	}
	if v.unknownOf(at.rule, before.resource) != nil || v.whole[at.rule] != nil {
		return Unknown
	}
	return Absent
}

// ended tells what became of a finding that the new side doesn't have. It is over only where the rule judged the thing,
// where the thing is proven gone, or where the rule decided everything and this is not among it; of these only what
// passes is fixed.
func (c *comparison) ended(kind Kind, at key, o *audit.Finding) {
	unknown := NewlyUnknown
	if kind == Decided {
		unknown = StillUnknown
	}
	v := c.new.verdicts
	add := func(kind Kind, is Standing, by *audit.Finding, why message.Message) {
		if kind == Fixed && is != Passed {
			kind = NoLongerApplies
		}
		f := c.add(kind, at, o, by, why)
		f.Is = is
	}
	now, known := c.names.now(key{o.Rule, o.Resource, o.Item})
	if !known {
		why := message.New("it was deleted; another has its name now")
		if c.names.displaced[thing{o.Resource, o.Item}] {
			why = message.New("it was deleted; another has its place in the credential report")
		}
		add(kind, Absent, nil, why)
		return
	}
	if standing, why := v.judged(now.rule, now.resource, now.item); standing != Absent {
		add(kind, standing, nil, why)
		return
	}
	if now.item != "" {
		if by := v.unknownOf(now.rule, now.resource); by != nil {
			add(unknown, Unknown, by, message.New("%s is undecided as a whole", inside(now, o)))
			return
		}
		if standing, why := v.judged(now.rule, now.resource, ""); standing != Absent {
			if standing == Passed {
				why = message.New("%s is judged as a whole", inside(now, o))
			}
			add(kind, standing, nil, why)
			return
		}
	}
	if c.new.gone(now.resource) {
		add(kind, Absent, nil, message.New("it was deleted"))
		return
	}
	if by := v.whole[now.rule]; by != nil {
		add(unknown, Unknown, by, message.New("the rule could not look at everything"))
		return
	}
	why := message.New("the rule decided everything, and this is no longer among it")
	if kind == Decided && now.item == "" && now.resource == v.accountARN {
		why = message.New("the rule could look at everything")
	}
	add(kind, Absent, nil, why)
}

// inside names what a finding's item is part of.
func inside(now key, f *audit.Finding) message.Message {
	if f.OfAccount() {
		return message.New("the account")
	}
	return message.New("%s", audit.Short(now.resource, ""))
}

// add notes a finding. How it stood and stands is that of the findings; the caller corrects it where there is none.
func (c *comparison) add(kind Kind, at key, o, n *audit.Finding, why message.Message) *Finding {
	f := Finding{Kind: kind, Rule: at.rule, Resource: at.resource, Item: at.item, Was: Absent, Is: Absent, Old: o, New: n, Note: newNote(why)}
	for _, side := range []struct {
		finding *audit.Finding
		stands  *Standing
	}{{o, &f.Was}, {n, &f.Is}} {
		if side.finding == nil {
			continue
		}
		f.Severity = side.finding.Severity
		*side.stands = Unknown
		if side.finding.Status == audit.StatusFail {
			*side.stands = Failed
		}
	}
	if f.Name = nameOf(o); n != nil && n.Resource == at.resource && n.Item == at.item || o == nil {
		f.Name = nameOf(n)
	}
	if rule := c.new.verdicts.rules[at.rule]; rule != nil {
		f.Title = rule.Title
	}
	c.findings = append(c.findings, f)
	return &c.findings[len(c.findings)-1]
}

func nameOf(f *audit.Finding) string {
	if f == nil {
		return ""
	}
	return f.Name
}
