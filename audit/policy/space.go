package policy

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// space is the world that one account's policies are matched in: the catalogue with the ARN formats spelled out for the
// account, and everything that is compiled once and shared by all its users.
type space struct {
	catalogue *catalogue
	partition string
	account   string
	now       string // aws:CurrentTime

	formats []glob // by the catalogue's number
	*formatIndex
	contexts [3]*Context // what is the same for all principals, by requestContext

	mu        sync.Mutex
	documents map[*Document]*compiledDocument
	resources map[string]*resource
	sets      map[string]*resourceSet
	templates map[string]*template
	everyRole glob
	scratch   sync.Pool // of *scratch
}

// formatIndex finds the catalogue's formats; it is the same in all accounts.
type formatIndex struct {
	bySegment  map[string][]int // formats by the service field of their ARN
	anySegment []int            // formats whose service field is a wildcard
	takers     [][]int          // of a format: the actions that take it
}

var indexFormats = sync.OnceValue(func() *formatIndex {
	c := loadCatalogue()
	x := &formatIndex{bySegment: map[string][]int{}, takers: make([][]int, len(c.formats))}
	for i, f := range c.formats {
		if segment, _, _ := strings.Cut(f, ":"); strings.Contains(segment, "*") {
			x.anySegment = append(x.anySegment, i)
		} else {
			x.bySegment[segment] = append(x.bySegment[segment], i)
		}
	}
	for a, formats := range c.takes {
		for _, f := range formats {
			x.takers[f] = append(x.takers[f], a)
		}
	}
	return x
})

// resource is a resource pattern of policies; shared ones have a number, those with a user's own name in them don't.
type resource struct {
	number int // from 1; 0 if it isn't shared
	glob   glob
	except []glob      // NotResource: everything but these; glob is * then
	parts  []*resource // of a Deny's: what it excepts, one by one

	takes  actionSet // actions of whose resources it matches some
	covers actionSet // actions of whose resources it matches all
	self   *resourceSet

	own, asked bool // what reacher.own answered, where it isn't shared
}

// alone returns the resource as a set.
func (r *resource) alone() *resourceSet {
	if r.self != nil {
		return r.self
	}
	return &resourceSet{of: []*resource{r}, takes: r.takes, covers: r.covers}
}

// resourceSet is the resources of a Deny, or of one statement of a boundary.
type resourceSet struct {
	number int // as in resource
	of     []*resource
	takes  actionSet
	covers actionSet // by all of them together
}

func newSpace(partition, account, now string) *space {
	c := loadCatalogue()
	s := &space{
		catalogue: c, partition: partition, account: account, now: now,
		formatIndex: indexFormats(), documents: map[*Document]*compiledDocument{},
		resources: map[string]*resource{}, sets: map[string]*resourceSet{},
		templates: map[string]*template{},
	}
	s.everyRole = formatOf("iam::#:role/*", partition, account)
	s.formats = spelledOut.of(c, partition, account)
	for i := range s.contexts {
		s.contexts[i] = requestContext(i).base(s)
	}
	return s
}

// formatCache keeps the catalogue's formats as spelled out for the account that was asked for last: a run evaluates one account several
// times, and spelling out takes longer than judging a small account does.
type formatCache struct {
	mu                 sync.Mutex
	partition, account string
	formats            []glob // never changed once made
}

var spelledOut formatCache

func (f *formatCache) of(c *catalogue, partition, account string) []glob {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.formats == nil || f.partition != partition || f.account != account {
		f.partition, f.account, f.formats = partition, account, make([]glob, len(c.formats))
		for i, text := range c.formats {
			f.formats[i] = formatOf(text, partition, account)
		}
	}
	return f.formats
}

// formatOf spells a format of the catalogue out. Regions and accounts hold no colons.
func formatOf(text, partition, account string) glob {
	if partition == "" {
		partition = string(globField)
	}
	if account == "" {
		account = string(globField)
	}
	fields := strings.SplitN(text, ":", 4)
	for i := range fields {
		run := string(globField)
		if i == 3 {
			run = string(globRun)
		}
		fields[i] = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(fields[i], "*", run), "<", string(globName)), "#", account)
	}
	return glob(normalRuns("arn:" + partition + ":" + strings.Join(fields, ":")))
}

// shared returns the resource for a pattern without variables.
func (s *space) shared(globs []glob, except bool) []*resource {
	if !except {
		out := make([]*resource, len(globs))
		for i, g := range globs {
			out[i] = s.intern(string(g), func() *resource { return &resource{glob: g} })
		}
		return out
	}
	parts := make([]string, len(globs))
	for i, g := range globs {
		parts[i] = string(g)
	}
	return []*resource{s.intern("!"+strings.Join(parts, "\n"), func() *resource { return &resource{glob: globAll, except: globs} })}
}

func (s *space) intern(key string, create func() *resource) *resource {
	if r, ok := s.resources[key]; ok {
		return r
	}
	r := create()
	r.number = len(s.resources) + 1
	s.measure(r)
	s.resources[key] = r
	r.self = s.set([]*resource{r})
	return r
}

// set returns the shared set of shared resources.
func (s *space) set(of []*resource) *resourceSet {
	var key strings.Builder
	for _, r := range of {
		key.WriteString(strconv.Itoa(r.number))
		key.WriteByte(',')
	}
	if set, ok := s.sets[key.String()]; ok {
		return set
	}
	set := s.newSet(of)
	set.number = len(s.sets) + 1
	s.sets[key.String()] = set
	return set
}

// newSet joins resources. What one of them alone doesn't cover, several may: a bucket and its objects.
func (s *space) newSet(of []*resource) *resourceSet {
	if len(of) == 1 {
		return &resourceSet{of: of, takes: of[0].takes, covers: of[0].covers}
	}
	set := &resourceSet{of: of}
	for _, r := range of {
		set.takes = (*arena)(nil).add(set.takes, r.takes)
	}
	set.covers = s.covered(set.takes, func(g glob) bool {
		for _, r := range of {
			if r.contains(g) {
				return true
			}
		}
		return false
	})
	return set
}

// measure finds which actions the resource concerns.
func (s *space) measure(r *resource) {
	c := s.catalogue
	if r.glob == globAll && len(r.except) == 0 {
		r.takes, r.covers = c.every, c.every
		return
	}
	if r.except != nil {
		excluded := s.covered(c.every, func(g glob) bool { return containsAny(r.except, g) })
		r.takes = (*arena)(nil).clone(c.every)
		r.takes.remove(excluded)
		r.covers = s.covered(c.every, r.contains)
		return
	}
	r.takes = s.taking(r.glob)
	r.covers = s.covered(r.takes, r.contains)
}

// candidates returns the formats that can intersect a pattern.
func (s *space) candidates(g glob) (lists [2][]int) {
	fields := strings.SplitN(string(g), ":", 4)
	if len(fields) == 4 && !strings.ContainsFunc(fields[0]+fields[1]+fields[2], func(r rune) bool { return r == globRun || r == globOne }) {
		if !strings.ContainsFunc(fields[2], func(r rune) bool { return r <= globOpaque }) {
			return [2][]int{s.bySegment[fields[2]], s.anySegment}
		}
	}
	all := make([]int, len(s.formats))
	for i := range all {
		all[i] = i
	}
	return [2][]int{all, nil}
}

// taking returns the actions that take an ARN which the pattern matches.
//
// A * that ends a field may run on beyond the colon, so that to the letter arn:aws:iam::*:mfa/* matches a user whose path holds
// ":mfa/" too. Nobody means that: the fields are read as they stand, and only if nothing is of that form as AWS lets them run.
func (s *space) taking(g glob) actionSet {
	if straight := g.aligned(); straight != g {
		if set := s.takingLiteral(straight); len(set.words) > 0 {
			return set
		}
	}
	return s.takingLiteral(g)
}

func (s *space) takingLiteral(g glob) actionSet {
	lo, hi := len(s.catalogue.names), 0
	var hit []int
	for _, list := range s.candidates(g) {
		for _, f := range list {
			if takers := s.takers[f]; len(takers) > 0 && g.intersects(s.formats[f]) {
				hit = append(hit, f)
				lo, hi = min(lo, takers[0]), max(hi, takers[len(takers)-1]+1)
			}
		}
	}
	if lo >= hi {
		return actionSet{}
	}
	set := actionSet{lo: lo >> 6, words: make([]uint64, (hi-1)>>6-lo>>6+1)}
	for _, f := range hit {
		for _, a := range s.takers[f] {
			set.words[a>>6-set.lo] |= 1 << (a & 63)
		}
	}
	return set
}

// covered returns those actions all of whose resources are in. "*" is the resource of a request that has none.
func (s *space) covered(among actionSet, in func(glob) bool) actionSet {
	c := s.catalogue
	star := in("*")
	known := make([]Truth, len(s.formats)) // No where it hasn't been asked yet, Maybe where it isn't in
	set := actionSet{lo: among.lo, words: make([]uint64, len(among.words))}
next:
	for a := range among.all() {
		if c.starToo[a] && !star {
			continue
		}
		for _, f := range c.takes[a] {
			if known[f] == No {
				known[f] = Maybe
				if in(s.formats[f]) {
					known[f] = Yes
				}
			}
			if known[f] != Yes {
				continue next
			}
		}
		set.words[a>>6-set.lo] |= 1 << (a & 63)
	}
	return set.trim()
}

// contains reports whether the resource matches everything that g matches. The request without a resource, "*", is
// matched by the pattern * only.
func (r *resource) contains(g glob) bool {
	if r.except != nil {
		return !slices.ContainsFunc(r.except, func(e glob) bool { return e.mayName(g) })
	}
	if g == "*" {
		return r.glob == globAll
	}
	return r.glob.contains(g)
}

// mayName reports whether some ARN of IAM's, or some text of anyone's, is matched by both. The fields of IAM's ARNs are read as they
// stand, as in taking: "arn:aws:iam::*:user/bob" is the name of no group.
func (e glob) mayName(g glob) bool {
	switch {
	case g == "*":
		return e == globAll
	case e.namesIAM() && g.namesIAM():
		return e.aligned().intersects(g.aligned())
	}
	return e.intersects(g)
}

// namesIAM reports whether the pattern spells an ARN of IAM's, with no field that only a * over several could make right. Other
// services' resources may hold colons, so that nobody can tell where a * of theirs ends.
func (g glob) namesIAM() bool {
	if !strings.HasPrefix(string(g), "arn:") || !strings.Contains(string(g), ":iam:") {
		return false // as nearly all are, without memory for the fields
	}
	fields := strings.SplitN(string(g), ":", arnFields)
	if len(fields) < arnFields || fields[2] != "iam" {
		return false
	}
	account := strings.Trim(fields[4], "\x00\x01\x02\x030123456789")
	return strings.Trim(fields[3], "\x00\x02") == "" && (account == "" || account == "aws")
}

// holds reports whether the resource matches everything that the other matches.
func (r *resource) holds(o *resource) bool {
	switch {
	case r == o:
		return true
	case o.except == nil:
		return r.contains(o.glob)
	case r.except == nil:
		return r.glob == globAll
	}
	for _, e := range r.except {
		if !containsAny(o.except, e) {
			return false
		}
	}
	return true
}

// meets reports whether some ARN is matched by both; it says yes where it can't tell.
func (r *resource) meets(o *resource) bool {
	switch {
	case r.except != nil && o.except != nil:
		return true
	case r.except != nil:
		return !containsAny(r.except, o.glob)
	case o.except != nil:
		return !containsAny(o.except, r.glob)
	}
	return r.glob.intersects(o.glob)
}

func containsAny(globs []glob, g glob) bool {
	for _, e := range globs {
		if g == "*" && e == globAll || g != "*" && e.contains(g) {
			return true
		}
	}
	return false
}

// text writes the resource as a policy would.
func (r *resource) text() string {
	if r.except == nil {
		return r.glob.text()
	}
	parts := make([]string, len(r.except))
	for i, e := range r.except {
		parts[i] = e.text()
	}
	return "all but " + strings.Join(parts, ", ")
}

// relation says how a set of resources stands to a resource.
type relation uint8

const (
	apart   relation = iota // nothing is in both
	overlap                 // something may be
	whole                   // one of the set holds the resource
)

// maxRelations bounds what a hostile policy can make the memory hold.
const maxRelations = 1 << 20

// relate finds a set's relation to a resource, and remembers it for shared ones.
func (s *scratch) relate(set *resourceSet, r *resource) relation {
	if r.glob == globAll && r.except == nil && set.of[0].glob == globAll && set.of[0].except == nil {
		return whole
	}
	key := uint64(set.number)<<32 | uint64(r.number)
	shared := set.number > 0 && r.number > 0
	if shared {
		if rel, ok := s.relations[key]; ok {
			return rel
		}
	}
	rel := apart
	for _, o := range set.of {
		if o.holds(r) {
			rel = whole
			break
		}
		if rel == apart && o.meets(r) {
			rel = overlap
		}
	}
	if shared {
		if len(s.relations) >= maxRelations {
			clear(s.relations)
		}
		s.relations[key] = rel
	}
	return rel
}
