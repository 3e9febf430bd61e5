package policy

import (
	"maps"
	"slices"
	"strings"
)

// KeyState says what is known of a context key.
type KeyState uint8

// The states of a key.
const (
	Unknown KeyState = iota // it may be absent or have any value
	Absent                  // the request surely doesn't carry it
	Present                 // its values are known
)

// Context is what is known of a request's context keys. Names of keys are case-insensitive (Guide,
// reference_policies_condition-keys). The zero Context knows nothing.
// It may be read by many goroutines at once, but not while it is being set.
type Context struct {
	rest KeyState                // of keys that were never set
	keys map[string]contextEntry // never changed, for clones share it
	last []lastEntry             // what was set since, the latest last; clones share what they began with
}

// lastEntry is a key that was set lately. Few keys are looked through faster than a map is cloned, and contexts are cloned
// by the hundred thousand.
type lastEntry struct {
	key string // lower-case
	contextEntry
}

// mostLast is how many such entries there are at most.
const mostLast = 24

type contextEntry struct {
	state  KeyState
	ipv4   bool // of an unknown key: the caller may come from an IPv4 address, none knows which
	list   bool // a multivalued key, which operators without a set operator never match
	values []string
}

// single reports whether the key is known to have one value.
func (e contextEntry) single() bool { return e.state == Present && !e.list }

// NewContext returns an empty context, in which every key is in the state given: Unknown, or Absent
// where the keys to come are all there are.
func NewContext(rest KeyState) *Context {
	if rest == Present {
		rest = Unknown
	}
	return &Context{rest: rest}
}

// Set gives the key a single value.
func (c *Context) Set(key, value string) {
	c.put(key, contextEntry{state: Present, values: []string{value}})
}

// SetList makes the key multivalued, with these values, maybe none.
func (c *Context) SetList(key string, values ...string) {
	c.put(key, contextEntry{state: Present, list: true, values: values})
}

// SetAbsent says that the request surely doesn't carry the key.
func (c *Context) SetAbsent(key string) { c.put(key, contextEntry{state: Absent}) }

// SetUnknown says that nothing is known of the key.
func (c *Context) SetUnknown(key string) { c.put(key, contextEntry{}) }

// SetAnyIPv4 says that nothing is known of the key but that a caller who wants it there comes from an IPv4 address: an
// Allow that all of them meet restrains nobody, and neither does a Deny that none of them meets.
func (c *Context) SetAnyIPv4(key string) { c.put(key, contextEntry{ipv4: true}) }

// Lookup returns a key's state and, if it is present, its values and whether it is multivalued.
func (c *Context) Lookup(key string) (values []string, list bool, state KeyState) {
	e := c.get(strings.ToLower(key))
	return e.values, e.list, e.state
}

// Clone returns a context that can be changed without changing c.
func (c *Context) Clone() *Context {
	if c == nil {
		return &Context{}
	}
	return &Context{rest: c.rest, keys: c.keys, last: slices.Clip(c.last)}
}

// With returns a context that knows what c knows, and what was set in the other one, which wins.
func (c *Context) With(other *Context) *Context {
	out := c.Clone()
	if len(other.keys) > 0 {
		out.settle(other.keys)
	}
	if len(out.last) == 0 {
		out.last = slices.Clip(other.last)
	} else {
		out.last = slices.Concat(out.last, other.last)
	}
	return out
}

// Settle makes the context cheap to add to by [Context.With]: what it knows is shared by what comes of that.
func (c *Context) Settle() { c.settle(nil) }

func (c *Context) put(key string, e contextEntry) {
	if c.last == nil {
		c.last = make([]lastEntry, 0, 8)
	}
	if c.last = append(c.last, lastEntry{strings.ToLower(key), e}); len(c.last) > mostLast {
		c.settle(nil)
	}
}

// settle makes a map of what there is and of more, which wins.
func (c *Context) settle(more map[string]contextEntry) {
	keys := make(map[string]contextEntry, len(c.keys)+len(c.last)+len(more))
	maps.Copy(keys, c.keys)
	for _, e := range c.last {
		keys[e.key] = e.contextEntry
	}
	maps.Copy(keys, more)
	c.keys, c.last = keys, nil
}

// get looks a lower-case name up. A nil context knows nothing.
func (c *Context) get(lower string) contextEntry {
	if c == nil {
		return contextEntry{}
	}
	for i := len(c.last) - 1; i >= 0; i-- {
		if c.last[i].key == lower {
			return c.last[i].contextEntry
		}
	}
	if e, ok := c.keys[lower]; ok {
		return e
	}
	return contextEntry{state: c.rest}
}
