package policy

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The catalogue is made by "make generate", not by "go generate ./...": it asks the npm registry, and its data is newer
// each week.

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
func CatalogueDate() string { return AboutCatalogue().Date }

// AboutCatalogue returns what the embedded catalogue says of itself, without loading it.
func AboutCatalogue() CatalogueInfo {
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

// Catalogue is all actions of AWS, numbered; an action's number is its place in an actionSet.
type Catalogue struct {
	Names    []string // "iam:CreateUser"
	lower    []string // "iam:createuser"
	Levels   []AccessLevel
	Takes    [][]int32 // of an action: the numbers of the ARN formats it takes
	StarToo  []bool    // of an action: "*" is possible as its resource
	Services []CatalogueService
	Formats  []string // "iam::#:user/*", without partition; see the file's head
	byName   map[string]int
	Every    ActionSet
}

// CatalogueService is one service and its run of actions.
type CatalogueService struct {
	Name   string
	Lo, Hi int
}

// Actions returns the embedded catalogue. It must not be changed.
func Actions() *Catalogue { return loadCatalogue() }

var loadCatalogue = sync.OnceValue(func() *Catalogue {
	c, err := parseCatalogue(catalogueText)
	if err != nil {
		panic("policy: embedded catalogue: " + err.Error()) // a test reads the same bytes
	}
	return c
})

// parseCatalogue reads the format that internal/cataloguegen writes and describes in its head.
func parseCatalogue(text string) (*Catalogue, error) {
	info := AboutCatalogue()
	c := &Catalogue{
		Names: make([]string, 0, info.Actions), lower: make([]string, 0, info.Actions),
		Levels: make([]AccessLevel, 0, info.Actions), Takes: make([][]int32, 0, info.Actions), StarToo: make([]bool, 0, info.Actions),
		Services: make([]CatalogueService, 0, info.Services), byName: make(map[string]int, info.Actions),
	}
	var whole strings.Builder // all names, which are parts of it
	whole.Grow(2 * len(text))
	ends := make([]int, 0, info.Actions) // of the names
	var name string                      // of the service under way
	first := 0                           // its first format
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
			name, first = rest, len(c.Formats)
			c.Services = append(c.Services, CatalogueService{Name: name, Lo: len(ends), Hi: len(ends)})
		case '+':
			if name != "iam" || strings.HasPrefix(rest, "iam::#:policy/") {
				// Resources of other accounts can be reached too, and AWS's own policies are of the account "aws"; all else
				// in IAM is the caller's own account.
				rest = strings.ReplaceAll(rest, "#", "*")
			}
			c.Formats = append(c.Formats, rest)
		default:
			numbers, names, ok := strings.Cut(rest, " ")
			if !ok || len(c.Services) == 0 {
				return nil, fmt.Errorf("line %d: got %q, want a level, formats and actions", n, line)
			}
			numbers, star := strings.CutSuffix(numbers, "?")
			var list []int32
			if numbers == "-" {
				star = true
			} else {
				for f := range strings.SplitSeq(numbers, ",") {
					i, err := strconv.Atoi(f)
					if err != nil || first+i >= len(c.Formats) {
						return nil, fmt.Errorf("line %d: got format %q, want the number of one of the service's", n, f)
					}
					list = append(list, int32(first+i))
				}
			}
			for action := range strings.SplitSeq(names, " ") {
				whole.WriteString(name)
				whole.WriteByte(':')
				whole.WriteString(action)
				ends = append(ends, whole.Len())
				c.Levels = append(c.Levels, AccessLevel(line[0]))
				c.Takes = append(c.Takes, list)
				c.StarToo = append(c.StarToo, star)
			}
			c.Services[len(c.Services)-1].Hi = len(ends)
		}
	}
	all, lower := whole.String(), Lower(whole.String())
	c.Every = NewActionSet(0, len(ends))
	at := 0
	for i, end := range ends {
		c.Names, c.lower = append(c.Names, all[at:end]), append(c.lower, lower[at:end])
		c.byName[lower[at:end]] = i
		c.Every.Put(i)
		at = end
	}
	return c, nil
}

// set returns the set of the actions that satisfy a predicate, among those numbered lo to hi.
func (c *Catalogue) set(lo, hi int, in func(i int) bool) ActionSet {
	s := NewActionSet(lo, hi)
	for i := lo; i < hi; i++ {
		if in(i) {
			s.Put(i)
		}
	}
	return s.Trim()
}

// Of returns the set of named actions; a name that the catalogue lacks is left out.
func (c *Catalogue) Of(names ...string) ActionSet {
	var numbers []int
	for _, name := range names {
		if i, ok := c.Number(name); ok {
			numbers = append(numbers, i)
		}
	}
	if len(numbers) == 0 {
		return ActionSet{}
	}
	return c.set(slices.Min(numbers), slices.Max(numbers)+1, func(i int) bool { return slices.Contains(numbers, i) })
}

// Service returns the actions of a service.
func (c *Catalogue) Service(name string) ActionSet {
	s, _ := c.service(name)
	return c.set(s.Lo, s.Hi, func(int) bool { return true })
}

func (c *Catalogue) service(name string) (CatalogueService, bool) {
	i, ok := slices.BinarySearchFunc(c.Services, name, func(s CatalogueService, name string) int { return strings.Compare(s.Name, name) })
	if !ok {
		return CatalogueService{}, false
	}
	return c.Services[i], true
}

// Lookup returns the actions that a pattern of an Action element names. Known is false if there are none: the
// pattern is of an action or service that the catalogue doesn't know. Case doesn't matter (Guide,
// reference_policies_elements_action).
func (c *Catalogue) Lookup(text string) (set ActionSet, known bool) {
	text = Lower(text)
	if text == "*" || text == "*:*" {
		return c.Every, true
	}
	if i, ok := c.byName[text]; ok {
		return c.set(i, i+1, func(int) bool { return true }), true
	}
	p := newPattern(text, false, true)
	service, _, _ := strings.Cut(text, ":")
	in, ok := CatalogueService{Hi: len(c.Names)}, true
	if !strings.ContainsAny(service, "*?") {
		in, ok = c.service(service)
	}
	if ok && strings.ContainsAny(text, "*?") {
		set = c.set(in.Lo, in.Hi, func(i int) bool { return p.matchPlain(c.lower[i]) })
	}
	return set, len(set.words) > 0
}

// ServiceOf returns the service of a lower-case action or pattern: "iam".
func ServiceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}

// Number returns an action's number, and whether the catalogue knows it. Case doesn't matter.
func (c *Catalogue) Number(action string) (int, bool) {
	var room [64]byte // nearly all are shorter
	name := append(room[:0], action...)
	for i := range name {
		name[i] = lower(name[i])
	}
	i, ok := c.byName[string(name)]
	return i, ok
}
