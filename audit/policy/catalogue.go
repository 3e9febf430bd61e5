package policy

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The catalogue is made by "make generate", not by "go generate ./...": it asks the npm registry, and its data is newer each week.

//go:embed catalogue.txt
var catalogueText string

// AccessLevel says what an action does, as AWS's Service Authorization Reference classifies it.
type AccessLevel byte

// The access levels.
const (
	LevelList        AccessLevel = 'L'
	LevelRead        AccessLevel = 'R'
	LevelWrite       AccessLevel = 'W'
	LevelPermissions AccessLevel = 'P' // permissions management
	LevelTagging     AccessLevel = 'T'
)

// CatalogueInfo describes the embedded catalogue of AWS actions.
type CatalogueInfo struct {
	Date              string // of its data: "2026-09-26"
	Services, Actions int
}

// CatalogueDate returns the date of the embedded catalogue's data, without loading the catalogue.
func CatalogueDate() string { return catalogueInfo().Date }

// Catalogue returns what the embedded catalogue says of itself, without loading it.
func Catalogue() CatalogueInfo { return catalogueInfo() }

// ActionLevel returns the access level of an action, and whether the catalogue knows it. Case doesn't matter.
func ActionLevel(action string) (AccessLevel, bool) {
	c := loadCatalogue()
	i, ok := c.byName[lowerASCII(action)]
	if !ok {
		return 0, false
	}
	return c.levels[i], true
}

func catalogueInfo() CatalogueInfo {
	_, rest, _ := strings.Cut(catalogueText, "\n@ ")
	line, _, _ := strings.Cut(rest, "\n")
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return CatalogueInfo{}
	}
	services, _ := strconv.Atoi(fields[1])
	actions, _ := strconv.Atoi(fields[2])
	return CatalogueInfo{Date: fields[0], Services: services, Actions: actions}
}

// catalogue is all actions of AWS, numbered; an action's number is its place in an actionSet.
type catalogue struct {
	names    []string // "iam:CreateUser"
	lower    []string // "iam:createuser"
	levels   []AccessLevel
	takes    [][]int32 // of an action: the numbers of the ARN formats it takes
	starToo  []bool    // of an action: "*" is possible as its resource
	services []catalogueService
	formats  []string // "iam::#:user/*", without partition; see the file's head
	byName   map[string]int
	every    actionSet
	canStar  actionSet // actions that can have "*" for their resource
}

// catalogueService is one service and its run of actions.
type catalogueService struct {
	name   string
	lo, hi int
}

var loadCatalogue = sync.OnceValue(func() *catalogue {
	c, err := parseCatalogue(catalogueText)
	if err != nil {
		panic("policy: embedded catalogue: " + err.Error()) // a test reads the same bytes
	}
	return c
})

// parseCatalogue reads the format that internal/cataloguegen writes and describes in its head.
func parseCatalogue(text string) (*catalogue, error) {
	info := catalogueInfo()
	c := &catalogue{
		names: make([]string, 0, info.Actions), lower: make([]string, 0, info.Actions),
		levels: make([]AccessLevel, 0, info.Actions), takes: make([][]int32, 0, info.Actions), starToo: make([]bool, 0, info.Actions),
		services: make([]catalogueService, 0, info.Services), byName: make(map[string]int, info.Actions),
	}
	var name string // of the service under way
	first := 0      // its first format
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if len(line) < 3 {
			return nil, fmt.Errorf("line %d: got %q, want at least three characters", n, line)
		}
		switch rest := line[2:]; line[0] {
		case '#', '@':
		case '=':
			name, first = rest, len(c.formats)
			c.services = append(c.services, catalogueService{name: name, lo: len(c.names), hi: len(c.names)})
		case '+':
			if name != "iam" || strings.HasPrefix(rest, "iam::#:policy/") {
				// Resources of other accounts can be reached too, and AWS's own policies are of the account "aws"; all else
				// in IAM is the caller's own account.
				rest = strings.ReplaceAll(rest, "#", "*")
			}
			c.formats = append(c.formats, rest)
		default:
			numbers, names, ok := strings.Cut(rest, " ")
			if !ok || len(c.services) == 0 {
				return nil, fmt.Errorf("line %d: got %q, want a level, formats and actions", n, line)
			}
			numbers, star := strings.CutSuffix(numbers, "?")
			var list []int32
			if numbers == "-" {
				star = true
			} else {
				for f := range strings.SplitSeq(numbers, ",") {
					i, err := strconv.Atoi(f)
					if err != nil || first+i >= len(c.formats) {
						return nil, fmt.Errorf("line %d: got format %q, want the number of one of the service's", n, f)
					}
					list = append(list, int32(first+i))
				}
			}
			for action := range strings.SplitSeq(names, " ") {
				full := name + ":" + action
				c.names = append(c.names, full)
				c.levels = append(c.levels, AccessLevel(line[0]))
				c.takes = append(c.takes, list)
				c.starToo = append(c.starToo, star)
			}
			c.services[len(c.services)-1].hi = len(c.names)
		}
	}
	whole := strings.ToLower(strings.Join(c.names, " ")) // one string that all lower-case names are parts of
	c.every = actionSet{words: make([]uint64, (len(c.names)+63)/64)}
	c.canStar = actionSet{words: make([]uint64, (len(c.names)+63)/64)}
	at := 0
	for i, full := range c.names {
		lower := whole[at : at+len(full)]
		at += len(full) + 1
		c.lower = append(c.lower, lower)
		c.byName[lower] = i
		c.every.words[i>>6] |= 1 << (i & 63)
		if c.starToo[i] {
			c.canStar.words[i>>6] |= 1 << (i & 63)
		}
	}
	return c, nil
}

// set returns the set of the actions that satisfy a predicate, among those numbered lo to hi.
func (c *catalogue) set(lo, hi int, in func(i int) bool) actionSet {
	if lo >= hi {
		return actionSet{}
	}
	s := actionSet{lo: lo >> 6, words: make([]uint64, (hi-1)>>6-lo>>6+1)}
	for i := lo; i < hi; i++ {
		if in(i) {
			s.words[i>>6-s.lo] |= 1 << (i & 63)
		}
	}
	return s.trim()
}

// of returns the set of named actions; a name that the catalogue lacks is left out.
func (c *catalogue) of(names ...string) actionSet {
	var numbers []int
	for _, name := range names {
		if i, ok := c.byName[strings.ToLower(name)]; ok {
			numbers = append(numbers, i)
		}
	}
	if len(numbers) == 0 {
		return actionSet{}
	}
	return c.set(slices.Min(numbers), slices.Max(numbers)+1, func(i int) bool { return slices.Contains(numbers, i) })
}

// service returns the actions of a service.
func (c *catalogue) service(name string) actionSet {
	i, ok := slices.BinarySearchFunc(c.services, name, func(s catalogueService, name string) int { return strings.Compare(s.name, name) })
	if !ok {
		return actionSet{}
	}
	return c.set(c.services[i].lo, c.services[i].hi, func(int) bool { return true })
}

// lookup returns the actions that a pattern of an Action element names. Known is false if there are none: the
// pattern is of an action or service that the catalogue doesn't know. Case doesn't matter (Guide,
// reference_policies_elements_action).
func (c *catalogue) lookup(text string) (set actionSet, known bool) {
	text = lowerASCII(text)
	if text == "*" || text == "*:*" {
		return c.every, true
	}
	if i, ok := c.byName[text]; ok {
		return c.set(i, i+1, func(int) bool { return true }), true
	}
	p := newPattern(text, false, true)
	service, _, _ := strings.Cut(text, ":")
	lo, hi := 0, len(c.names)
	if !strings.ContainsAny(service, "*?") {
		i, ok := slices.BinarySearchFunc(c.services, service, func(s catalogueService, name string) int { return strings.Compare(s.name, name) })
		if !ok {
			return actionSet{}, false
		}
		lo, hi = c.services[i].lo, c.services[i].hi
	}
	if strings.ContainsAny(text, "*?") {
		set = c.set(lo, hi, func(i int) bool { return p.matchPlain(c.lower[i]) })
	}
	return set, len(set.words) > 0
}

// serviceOf returns the service of a lower-case action or pattern: "iam".
func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}
