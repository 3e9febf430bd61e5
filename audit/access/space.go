package access

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// space is the world that one account's policies are matched in: the catalogue with the ARN formats spelled out for the
// account, and everything that is compiled once and shared by all its users.
type space struct {
	catalogue *policy.Catalogue
	partition string
	account   string
	now       string // aws:CurrentTime

	formats []policy.Glob // by the catalogue's number
	*formatIndex
	contexts [3]*policy.Context // what is the same for all principals, by requestContext

	mu        sync.Mutex
	documents map[*policy.Document]*compiledDocument
	resources map[string]*resource
	sets      map[string]*resourceSet
	templates map[string]*template
	served    map[letsKey]policy.Truth
	actions   policy.Sets // of what is compiled
	known     []policy.Truth
	everyRole policy.Glob
	scratch   sync.Pool // of *scratch
}

// formatIndex finds the catalogue's formats; it is the same in all accounts.
type formatIndex struct {
	bySegment  map[string][]int // formats by the service field of their ARN
	anySegment []int            // formats whose service field is a wildcard
	takers     [][]int          // of a format: the actions that take it
}

var indexFormats = sync.OnceValue(func() *formatIndex {
	c := policy.Actions()
	x := &formatIndex{bySegment: map[string][]int{}, takers: make([][]int, len(c.Formats))}
	for i, f := range c.Formats {
		if segment, _, _ := strings.Cut(f, ":"); strings.Contains(segment, "*") {
			x.anySegment = append(x.anySegment, i)
		} else {
			x.bySegment[segment] = append(x.bySegment[segment], i)
		}
	}
	for a, formats := range c.Takes {
		for _, f := range formats {
			x.takers[f] = append(x.takers[f], a)
		}
	}
	return x
})

// resource is a resource pattern of policies; shared ones have a number, those with a user's own name in them don't.
type resource struct {
	number int // from 1; 0 if it isn't shared
	glob   policy.Glob
	except []policy.Glob // NotResource: everything but these; glob is * then
	parts  []*resource   // of a Deny's: what it excepts, one by one

	takes  policy.ActionSet // actions of whose resources it matches some
	covers policy.ActionSet // actions of whose resources it matches all
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
	takes  policy.ActionSet
	covers policy.ActionSet // by all of them together
}

func newSpace(partition, account, now string) *space {
	c := policy.Actions()
	s := &space{
		catalogue: c, partition: partition, account: account, now: now,
		formatIndex: indexFormats(), documents: map[*policy.Document]*compiledDocument{},
		resources: map[string]*resource{}, sets: map[string]*resourceSet{},
		templates: map[string]*template{}, served: map[letsKey]policy.Truth{},
	}
	s.everyRole = policy.FormatGlob("iam::#:role/*", partition, account)
	s.formats = spelledOut.of(c, partition, account)
	s.known = make([]policy.Truth, len(s.formats))
	for i := range s.contexts {
		s.contexts[i] = requestContext(i).base(s)
	}
	return s
}

// formatCache keeps the catalogue's formats as spelled out for the account that was asked for last: a run evaluates one
// account several times, and spelling out takes longer than judging a small account does.
type formatCache struct {
	mu                 sync.Mutex
	partition, account string
	formats            []policy.Glob // never changed once made
}

var spelledOut formatCache

func (f *formatCache) of(c *policy.Catalogue, partition, account string) []policy.Glob {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.formats == nil || f.partition != partition || f.account != account {
		f.partition, f.account, f.formats = partition, account, make([]policy.Glob, len(c.Formats))
		for i, text := range c.Formats {
			f.formats[i] = policy.FormatGlob(text, partition, account)
		}
	}
	return f.formats
}

// shared returns the resource for a pattern without variables.
func (s *space) shared(globs []policy.Glob, except bool) []*resource {
	if !except {
		out := make([]*resource, len(globs))
		for i, g := range globs {
			out[i] = s.intern(string(g), func() *resource { return &resource{glob: g} })
		}
		return out
	}
	parts := lists.Map(globs, func(g policy.Glob) string { return string(g) })
	return []*resource{s.intern("!"+strings.Join(parts, "\n"), func() *resource { return &resource{glob: policy.GlobAll, except: globs} })}
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
		set.takes = heap.Add(set.takes, r.takes)
	}
	set.takes = s.actions.Share(set.takes)
	set.covers = s.covered(set.takes, func(g policy.Glob) bool {
		return slices.ContainsFunc(of, func(r *resource) bool { return r.contains(g) })
	})
	return set
}

// measure finds which actions the resource concerns.
func (s *space) measure(r *resource) {
	c := s.catalogue
	if r.glob == policy.GlobAll && len(r.except) == 0 {
		r.takes, r.covers = c.Every, c.Every
		return
	}
	if r.except != nil {
		excluded := s.covered(c.Every, func(g policy.Glob) bool { return containsAny(r.except, g) })
		r.takes = heap.Clone(c.Every)
		r.takes.Remove(excluded)
		r.takes = s.actions.Share(r.takes)
		r.covers = s.covered(c.Every, r.contains)
		return
	}
	r.takes = s.taking(r.glob)
	r.covers = s.covered(r.takes, r.contains)
}

// candidates returns the formats that can intersect a pattern.
func (s *space) candidates(g policy.Glob) (lists [2][]int) {
	fields := strings.SplitN(string(g), ":", 4)
	if len(fields) == 4 && !policy.Glob(fields[0]+fields[1]).Crosses() && policy.Glob(fields[2]).Plain() {
		return [2][]int{s.bySegment[fields[2]], s.anySegment}
	}
	all := make([]int, len(s.formats))
	for i := range all {
		all[i] = i
	}
	return [2][]int{all, nil}
}

// taking returns the actions that take an ARN which the pattern matches.
//
// A * that ends a field may run on beyond the colon, so that to the letter arn:aws:iam::*:mfa/* matches a user whose
// path holds ":mfa/" too. Nobody means that: the fields are read as they stand, and only if nothing is of that form as
// AWS lets them run.
func (s *space) taking(g policy.Glob) policy.ActionSet {
	if straight := g.Aligned(); straight != g {
		if set := s.takingLiteral(straight); !set.Empty() {
			return set
		}
	}
	return s.takingLiteral(g)
}

func (s *space) takingLiteral(g policy.Glob) policy.ActionSet {
	lo, hi := len(s.catalogue.Names), 0
	var hit []int
	for _, list := range s.candidates(g) {
		for _, f := range list {
			if takers := s.takers[f]; len(takers) > 0 && g.Intersects(s.formats[f]) {
				hit = append(hit, f)
				lo, hi = min(lo, takers[0]), max(hi, takers[len(takers)-1]+1)
			}
		}
	}
	set := policy.NewActionSet(lo, hi)
	for _, f := range hit {
		for _, a := range s.takers[f] {
			set.Put(a)
		}
	}
	return s.actions.Share(set)
}

// covered returns those actions all of whose resources are in. "*" is the resource of a request that has none.
func (s *space) covered(among policy.ActionSet, in func(policy.Glob) bool) policy.ActionSet {
	c := s.catalogue
	star := in("*")
	clear(s.known) // No where it hasn't been asked yet, Maybe where it isn't in
	known, set := s.known, s.actions.Room(among)
next:
	for a := range among.All() {
		if c.StarToo[a] && !star {
			continue
		}
		for _, f := range c.Takes[a] {
			if known[f] == policy.No {
				known[f] = policy.Maybe
				if in(s.formats[f]) {
					known[f] = policy.Yes
				}
			}
			if known[f] != policy.Yes {
				continue next
			}
		}
		set.Put(a)
	}
	return s.actions.Share(set)
}

// contains reports whether the resource matches everything that g matches. The request without a resource, "*", is
// matched by the pattern * only.
func (r *resource) contains(g policy.Glob) bool {
	if r.except != nil {
		return !slices.ContainsFunc(r.except, func(e policy.Glob) bool { return e.MayName(g) })
	}
	if g == "*" {
		return r.glob == policy.GlobAll
	}
	return r.glob.Contains(g)
}

// holds reports whether the resource matches everything that the other matches.
func (r *resource) holds(o *resource) bool {
	switch {
	case r == o:
		return true
	case o.except == nil:
		return r.contains(o.glob)
	case r.except == nil:
		return r.glob == policy.GlobAll
	}
	return !slices.ContainsFunc(r.except, func(e policy.Glob) bool { return !containsAny(o.except, e) })
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
	return r.glob.Intersects(o.glob)
}

func containsAny(globs []policy.Glob, g policy.Glob) bool {
	return slices.ContainsFunc(globs, func(e policy.Glob) bool { return g == "*" && e == policy.GlobAll || g != "*" && e.Contains(g) })
}

// text writes the resource as a policy would.
func (r *resource) text() string { return strings.Join(r.texts(), ", ") }

// texts are its patterns.
func (r *resource) texts() []string {
	if r.except == nil {
		return []string{r.glob.Text()}
	}
	return lists.Map(r.except, func(e policy.Glob) string { return "NotResource " + e.Text() })
}

// relation says how a set of resources stands to a resource.
type relation uint8

const (
	apart   relation = iota // nothing is in both
	overlap                 // something may be
	whole                   // one of the set holds the resource
)

// relationOf says how a list stands to something that each of it may hold, or meet.
func relationOf[T any](list []T, holds, meets func(T) bool) relation {
	rel := apart
	for _, item := range list {
		if holds(item) {
			return whole
		}
		if rel == apart && meets(item) {
			rel = overlap
		}
	}
	return rel
}

// maxRelations bounds what a hostile policy can make the memory hold.
const maxRelations = 1 << 20

// relate finds a set's relation to a resource, and remembers it for shared ones.
func (s *scratch) relate(set *resourceSet, r *resource) relation {
	if r.glob == policy.GlobAll && r.except == nil && set.of[0].glob == policy.GlobAll && set.of[0].except == nil {
		return whole
	}
	key := uint64(set.number)<<32 | uint64(r.number)
	shared := set.number > 0 && r.number > 0
	if shared {
		if rel, ok := s.relations[key]; ok {
			return rel
		}
	}
	rel := relationOf(set.of, func(o *resource) bool { return o.holds(r) }, func(o *resource) bool { return o.meets(r) })
	if shared {
		if len(s.relations) >= maxRelations {
			clear(s.relations)
		}
		s.relations[key] = rel
	}
	return rel
}
