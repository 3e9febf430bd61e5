package access

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// space is a world at one time.
type space struct {
	*world
	now      string                                 // aws:CurrentTime
	contexts [3]*policy.Context                     // what is the same for all principals, by requestContext
	timely   map[*policy.Document]*compiledDocument // those that ask when a request is made
}

// world is what one account's policies are matched in: the catalogue with the ARN formats spelled out for the account, and
// everything that is compiled once and shared by all its users.
type world struct {
	catalogue *policy.Catalogue
	partition string
	account   string

	formats []policy.Glob // by the catalogue's number
	words   policy.Words  // of the formats
	*formatIndex

	mu        sync.Mutex
	documents map[*policy.Document]*compiledDocument // that don't ask when a request is made
	resources map[string]*resource
	sets      map[string]*resourceSet
	templates map[string]*template
	actions   policy.Sets                 // of what is compiled
	shapes    map[string]*shape           // by policy.Glob.Shape
	jointly   map[string]policy.ActionSet // what resources of a list of shapes cover together
	met       map[string]policy.ActionSet // the actions that take a list of formats
	coverages map[*uint64]*coverage       // by a shared set's identity
	both      map[pair]policy.ActionSet   // what two shared sets have in common
	either    map[pair]policy.ActionSet   // and together
	lookups   map[string]lookup           // by an Action element's text
	exposes   map[namedSet][]string
	key       []byte
	globs     []policy.Glob
	of        []*resource
	everyRole policy.Glob
	scratch   sync.Pool // of *scratch
}

// lookup is what the catalogue says of a pattern of actions.
type lookup struct {
	set   policy.ActionSet
	known bool
	glob  policy.Glob
}

// formatIndex finds the catalogue's formats; it is the same in all accounts.
type formatIndex struct {
	bySegment  map[string][]int // formats by the service field of their ARN
	anySegment []int            // formats whose service field is a wildcard
	all        []int
	mixed      map[string]bool // services with formats in which wildcards don't stand alone, such as ou-*
	takers     [][]int         // of a format: the actions that take it
}

var indexFormats = sync.OnceValue(func() *formatIndex {
	c := policy.Actions()
	x := &formatIndex{bySegment: map[string][]int{}, mixed: map[string]bool{}, takers: make([][]int, len(c.Formats))}
	for i, f := range c.Formats {
		x.all = append(x.all, i)
		segment, _, _ := strings.Cut(f, ":")
		for _, piece := range strings.FieldsFunc(f, func(r rune) bool { return r == ':' || r == '/' }) {
			x.mixed[segment] = x.mixed[segment] || len(piece) > 1 && strings.ContainsAny(piece, "*<#")
		}
		if strings.Contains(segment, "*") {
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
	number int    // from 1; 0 if it isn't shared
	shape  *shape // where the pattern has one
	glob   policy.Glob
	except []policy.Glob // NotResource: everything but these; glob is * then
	parts  []*resource   // of a Deny's: what it excepts, one by one

	takes  policy.ActionSet // actions of whose resources it matches some
	covers policy.ActionSet // actions of whose resources it matches all
	whole  policy.ActionSet // exposing actions of which it matches all resources of a kind
	self   *resourceSet

	from       *template // which it is of, where it isn't shared
	reading    int       // and which of the template's readings
	own, asked bool      // what reacher.own answered, where it isn't shared
	place      uint64    // likewise, see scratch.at
}

// alone returns the resource as a set.
func (r *resource) alone() *resourceSet {
	if r.self == nil { // it isn't shared
		r.self = &resourceSet{of: []*resource{r}, takes: r.takes, covers: r.covers}
	}
	return r.self
}

// resourceSet is the resources of a Deny, or of one statement of a boundary.
type resourceSet struct {
	number int // as in resource
	of     []*resource
	takes  policy.ActionSet
	covers policy.ActionSet // by all of them together
}

func newWorld(partition, account string) *world {
	c := policy.Actions()
	s := &world{
		catalogue: c, partition: partition, account: account,
		formatIndex: indexFormats(), documents: map[*policy.Document]*compiledDocument{},
		resources: map[string]*resource{}, sets: map[string]*resourceSet{},
		templates: map[string]*template{},
		shapes:    map[string]*shape{}, jointly: map[string]policy.ActionSet{}, met: map[string]policy.ActionSet{}, coverages: map[*uint64]*coverage{},
		both: map[pair]policy.ActionSet{}, either: map[pair]policy.ActionSet{}, lookups: map[string]lookup{}, exposes: map[namedSet][]string{},
	}
	s.everyRole = policy.FormatGlob("iam::#:role/*", partition, account)
	s.formats = spelledOut.of(c, partition, account)
	for _, f := range s.formats {
		s.words.Add(string(f))
	}
	return s
}

// at is the world at a time.
func (w *world) at(now string) *space {
	s := &space{world: w, now: now, timely: map[*policy.Document]*compiledDocument{}}
	for i := range s.contexts {
		s.contexts[i] = requestContext(i).base(s)
		s.contexts[i].Settle()
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
			out[i] = s.intern(string(g), g, nil)
		}
		return out
	}
	globs = slices.Clone(globs)
	parts := lists.Map(globs, func(g policy.Glob) string { return string(g) })
	return []*resource{s.intern("!"+strings.Join(parts, "\n"), policy.GlobAll, globs)}
}

func (s *space) intern(key string, g policy.Glob, except []policy.Glob) *resource {
	if r, ok := s.resources[key]; ok {
		return r
	}
	r := &resource{number: len(s.resources) + 1, glob: g, except: except}
	s.measure(r)
	s.resources[key] = r
	r.self = s.set([]*resource{r})
	return r
}

// set returns the shared set of shared resources.
func (s *space) set(of []*resource) *resourceSet {
	if len(of) == 1 && of[0].self != nil {
		return of[0].self
	}
	s.key = s.key[:0]
	for _, r := range of {
		s.key = binary.LittleEndian.AppendUint32(s.key, uint32(r.number))
	}
	if set, ok := s.sets[string(s.key)]; ok {
		return set
	}
	key := string(s.key)
	set := s.newSet(slices.Clone(of))
	set.number = len(s.sets) + 1
	s.sets[key] = set
	return set
}

// newSet joins resources. What one of them alone doesn't cover, several may: a bucket and its objects.
func (s *space) newSet(of []*resource) *resourceSet {
	if len(of) == 1 {
		return &resourceSet{of: of, takes: of[0].takes, covers: of[0].covers}
	}
	set, shapes := &resourceSet{of: of}, make([]byte, 0, 4*len(of))
	for _, r := range of {
		set.takes = s.together(set.takes, r.takes)
		if r.shape != nil {
			shapes = binary.LittleEndian.AppendUint32(shapes, r.shape.number)
		}
	}
	covers, ok := s.jointly[string(shapes)]
	if all := len(shapes) == 4*len(of); !ok || !all {
		covers = s.covered(set.takes, func(g policy.Glob) bool {
			return slices.ContainsFunc(of, func(r *resource) bool { return r.contains(g) })
		})
		if all {
			s.jointly[string(shapes)] = covers
		}
	}
	set.covers = covers
	return set
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
