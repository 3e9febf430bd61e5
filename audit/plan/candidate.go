package plan

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/change"
	"sekisho/audit/message"
)

// work is what clears findings that ask for the very same changes.
type work struct {
	id       string // the changes, as a key
	changes  []change.Change
	findings []*audit.Finding // the gravest first
	risk     Risk
	use      use
}

// candidate is a step that may be taken: equal work on one or many things, or a decision.
type candidate struct {
	rule     *audit.Rule // whose fix it is: that of the gravest finding
	kind     Kind
	works    []*work          // none of a decision
	findings []*audit.Finding // all that ask for it
	risk     Risk
	tier     int
}

// gatherer makes candidates of findings.
type gatherer struct {
	on      *audit.Fixing
	uses    *uses
	rules   map[string]*audit.Rule
	places  map[string]int  // of rules in the catalogue, by ID
	refused map[string]bool // work that did not do what it should, by ID
	open    undecided
	titles  bool // no changes are kept but those that titles tell
	ids     identifier
}

func newGatherer(on *audit.Fixing, catalogue []*audit.Rule, refused map[string]bool, open undecided) *gatherer {
	g := &gatherer{on: on, uses: newUses(on), rules: map[string]*audit.Rule{}, places: map[string]int{}, refused: refused, open: open}
	for i, r := range catalogue {
		g.rules[r.ID], g.places[r.ID] = r, i
	}
	return g
}

// gathered are candidates, the first to be taken first, and what time alone clears.
type gathered struct {
	candidates []*candidate
	waits      []*candidate
}

// gather groups failures by what clears them. Those that are wanted ask for work; the others count where they ask for
// the same. The findings come worst first.
func (g *gatherer) gather(findings []audit.Finding, wanted func(*audit.Finding) bool) gathered {
	works, steps := map[string]*work{}, map[string]*candidate{}
	waits, decisions := map[string]*candidate{}, map[string]*candidate{}
	at, rest := map[string]bool{}, []*audit.Finding(nil)
	var out gathered
	for i := range findings {
		f := &findings[i]
		if f.Status != audit.StatusFail || f.Exception != nil || g.rules[f.Rule] == nil {
			continue
		}
		if !wanted(f) {
			rest = append(rest, f)
			continue
		}
		at[f.Resource] = true
		changes := audit.ChangesFor(g.rules[f.Rule], g.on, f)
		id := g.ids.of(changes)
		switch w := works[id]; {
		case slices.ContainsFunc(changes, func(c change.Change) bool { return c.Stage() == change.UntilThen }):
			add(waits, &out.waits, id, &candidate{rule: g.rules[f.Rule], works: []*work{{id: id, changes: changes}}}, f)
		case w != nil:
			w.findings = append(w.findings, f)
		case id == "" || g.refused[id] || g.uses.deletesUsed(changes):
			add(decisions, &out.candidates, f.Rule, g.decision(f), f)
		default:
			w := &work{id: id, changes: g.open.mark(changes), findings: []*audit.Finding{f}}
			w.risk, w.use = g.uses.riskOf(changes)
			works[id] = w
			if c := g.step(steps, w); len(c.works) == 1 {
				out.candidates = append(out.candidates, c)
			}
		}
	}
	for _, f := range rest {
		if at[f.Resource] {
			if w := works[g.ids.of(audit.ChangesFor(g.rules[f.Rule], g.on, f))]; w != nil {
				w.findings = append(w.findings, f)
			}
		}
	}
	for _, c := range steps {
		for _, w := range c.works {
			c.findings = append(c.findings, w.findings...)
		}
	}
	slices.SortStableFunc(out.candidates, g.compare)
	return out
}

// step puts work to what is equal to it.
func (g *gatherer) step(steps map[string]*candidate, w *work) *candidate {
	rule := g.rules[w.findings[0].Rule]
	kind := g.open.kindOf(w.changes)
	key := strings.Join(append(calls(w.changes), rule.ID, string(w.risk.Level), w.risk.Text.Format, string(kind)), " ")
	c := steps[key]
	if c == nil {
		c = &candidate{rule: rule, kind: kind, risk: w.risk, tier: tierOf(rule, w.findings[0])}
		steps[key] = c
	} else if g.titles {
		w.changes = nil
	}
	c.works = append(c.works, w)
	return c
}

func add(all map[string]*candidate, list *[]*candidate, key string, c *candidate, f *audit.Finding) {
	if all[key] == nil {
		all[key] = c
		*list = append(*list, c)
	}
	all[key].findings = append(all[key].findings, f)
}

// decision leaves it to a person what is right.
func (g *gatherer) decision(f *audit.Finding) *candidate {
	return &candidate{rule: g.rules[f.Rule], kind: Decision, tier: tierOf(g.rules[f.Rule], f), risk: risk(Medium, message.New("what it stops hangs on what is decided"))}
}

// compare puts first what completes a point of the Security Status, then what is critical, then what is high, and so on. What is known comes before what is to be decided, the safest before what risks more, and what clears much before
// what clears little.
func (g *gatherer) compare(x, y *candidate) int {
	decided := func(c *candidate) int { return map[bool]int{true: 1}[c.kind == Decision] }
	levels := []Level{Low, Medium, High}
	return cmp.Or(
		cmp.Compare(x.tier, y.tier),
		cmp.Compare(decided(x), decided(y)),
		cmp.Compare(slices.Index(levels, x.risk.Level), slices.Index(levels, y.risk.Level)),
		cmp.Compare(len(y.findings), len(x.findings)),
		cmp.Compare(g.places[x.rule.ID], g.places[y.rule.ID]),
		cmp.Compare(x.findings[0].Resource, y.findings[0].Resource),
		cmp.Compare(x.findings[0].Item, y.findings[0].Item),
	)
}

func tierOf(rule *audit.Rule, f *audit.Finding) int {
	if rule.Point > 0 {
		return -1
	}
	return int(audit.Critical - f.Severity)
}

// kindOf is who makes changes. Waiting alone needs no person, and what follows on something that a person makes needs one.
func (u undecided) kindOf(changes []change.Change) Kind {
	if u.follows(changes) || slices.ContainsFunc(changes, func(c change.Change) bool { return c.ByHand() && c.Stage() != change.Wait }) {
		return ByPerson
	}
	return ByCommand
}

// calls are the actions of changes, each once where it follows upon itself.
func calls(changes []change.Change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.Action)
	}
	return slices.Compact(all)
}

// identifier tells lists of changes apart.
type identifier struct {
	long map[shared]string // IDs of long lists, which the fixes of many failures share
	text []byte            // what the last ID was made of
}

// shared is a list of changes, wherever it was come by.
type shared struct {
	first *change.Change
	count int
}

// manyChanges are so many that their ID is kept.
const manyChanges = 16

// of is the same for the same changes; empty for none. Thousands of changes write documents, which it doesn't keep.
func (i *identifier) of(changes []change.Change) string {
	if len(changes) == 0 {
		return ""
	}
	list := shared{&changes[0], len(changes)}
	if id := i.long[list]; id != "" {
		return id
	}
	text := i.text[:0]
	for _, c := range changes {
		text = c.AppendKey(text)
	}
	i.text = text
	sum := sha256.Sum256(text)
	id := string(sum[:])
	if len(changes) >= manyChanges {
		if i.long == nil {
			i.long = map[shared]string{}
		}
		i.long[list] = id
	}
	return id
}

// idOf is the ID of one change.
func idOf(c change.Change) string { return new(identifier).of([]change.Change{c}) }
