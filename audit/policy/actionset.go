package policy

import (
	"encoding/binary"
	"iter"
	"math/bits"
)

// ActionSet is a set of the catalogue's actions: a bit set that keeps only the words from its first to its last
// member, since most statements name one service and a service's actions are neighbours.
type ActionSet struct {
	lo    int // the number of words left out in front
	words []uint64
}

// Has reports whether action i is a member.
func (s ActionSet) Has(i int) bool {
	w := i>>6 - s.lo
	return w >= 0 && w < len(s.words) && s.words[w]>>(i&63)&1 != 0
}

func (s ActionSet) Empty() bool {
	for _, w := range s.words {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s ActionSet) Count() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// All yields the members in order.
func (s ActionSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range s.words {
			for ; w != 0; w &= w - 1 {
				if !yield((s.lo+i)<<6 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// common returns the words of s and t where both have some, and where they start.
func common(s, t ActionSet) (lo int, a, b []uint64) {
	lo = max(s.lo, t.lo)
	hi := min(s.lo+len(s.words), t.lo+len(t.words))
	if lo >= hi {
		return lo, nil, nil
	}
	return lo, s.words[lo-s.lo : hi-s.lo], t.words[lo-t.lo : hi-t.lo]
}

func (s ActionSet) Intersects(t ActionSet) bool {
	_, a, b := common(s, t)
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// Within reports whether every member of s is one of t.
func (s ActionSet) Within(t ActionSet) bool {
	for i, w := range s.words {
		if j := s.lo + i - t.lo; j >= 0 && j < len(t.words) {
			w &^= t.words[j]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// Remove takes t's members out of s, in place.
func (s ActionSet) Remove(t ActionSet) {
	_, a, b := common(s, t)
	for i := range a {
		a[i] &^= b[i]
	}
}

// Arena hands out words for sets that live as long as one analysis.
type Arena struct {
	free   []uint64   // of the chunk in use
	chunks [][]uint64 // in the order of their use
	used   int        // how many of them are
}

const arenaChunk = 1 << 14

// words returns n zero words.
func (a *Arena) words(n int) []uint64 {
	if a == nil {
		return make([]uint64, n)
	}
	for n > len(a.free) {
		if a.used == len(a.chunks) {
			a.chunks = append(a.chunks, make([]uint64, max(n, arenaChunk)))
		}
		a.free = a.chunks[a.used]
		a.used++
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

// maxArenaKept bounds what an arena keeps from one analysis for the next, in words. Few need more.
const maxArenaKept = 1 << 18

// Reset makes all of the arena's memory free again.
func (a *Arena) Reset() {
	kept, n := 0, 0
	for ; kept < len(a.chunks) && n+len(a.chunks[kept]) <= maxArenaKept; kept++ {
		n += len(a.chunks[kept])
	}
	for i := range min(kept, a.used) {
		chunk := a.chunks[i]
		if i == a.used-1 {
			chunk = chunk[:len(chunk)-len(a.free)]
		}
		clear(chunk)
	}
	clear(a.chunks[kept:])
	a.chunks, a.used, a.free = a.chunks[:kept], 0, nil
}

func (a *Arena) Clone(s ActionSet) ActionSet {
	w := a.words(len(s.words))
	copy(w, s.words)
	return ActionSet{s.lo, w}
}

// And returns the members of both.
func (a *Arena) And(s, t ActionSet) ActionSet {
	lo, x, y := common(s, t)
	w := a.words(len(x))
	for i := range x {
		w[i] = x[i] & y[i]
	}
	return ActionSet{lo, w}.Trim()
}

// Add returns s with t's members, in place where there is room.
func (a *Arena) Add(s, t ActionSet) ActionSet {
	if len(t.words) == 0 {
		return s
	}
	if len(s.words) == 0 {
		return a.Clone(t)
	}
	lo, hi := min(s.lo, t.lo), max(s.lo+len(s.words), t.lo+len(t.words))
	if lo < s.lo || hi > s.lo+len(s.words) {
		w := a.words(hi - lo)
		copy(w[s.lo-lo:], s.words)
		s = ActionSet{lo, w}
	}
	for i, w := range t.words {
		s.words[t.lo-s.lo+i] |= w
	}
	return s
}

// AddPart returns s with t's members from lo to hi, hi excluded. Nothing else is ever added to s.
func (a *Arena) AddPart(s, t ActionSet, lo, hi int) ActionSet {
	if len(s.words) == 0 {
		s = ActionSet{lo >> 6, a.words((hi-1)>>6 - lo>>6 + 1)}
	}
	for w := max(s.lo, t.lo); w < min(s.lo+len(s.words), t.lo+len(t.words)); w++ {
		here := t.words[w-t.lo]
		if w == lo>>6 {
			here &= ^uint64(0) << (lo & 63)
		}
		if w == (hi-1)>>6 {
			here &= ^uint64(0) >> (63 - (hi-1)&63)
		}
		s.words[w-s.lo] |= here
	}
	return s
}

// Trim drops empty words at both ends.
func (s ActionSet) Trim() ActionSet {
	for len(s.words) > 0 && s.words[0] == 0 {
		s.words, s.lo = s.words[1:], s.lo+1
	}
	for n := len(s.words); n > 0 && s.words[n-1] == 0; n-- {
		s.words = s.words[:n-1]
	}
	return s
}

// Identity tells sets that [Sets.Share] returned apart; nil is the empty one's.
func (s ActionSet) Identity() *uint64 {
	if len(s.words) == 0 {
		return nil
	}
	return &s.words[0]
}

// Sets keeps one of all sets that are alike: the patterns of thousands of resources concern the same actions. The sets
// must not change afterwards.
type Sets struct {
	kept map[string]ActionSet
	key  []byte
}

// Share returns the kept set that is like s.
func (k *Sets) Share(s ActionSet) ActionSet {
	s = s.Trim()
	if len(s.words) == 0 {
		return ActionSet{}
	}
	k.key = binary.LittleEndian.AppendUint64(k.key[:0], uint64(s.lo))
	for _, w := range s.words {
		k.key = binary.LittleEndian.AppendUint64(k.key, w)
	}
	kept, ok := k.kept[string(k.key)]
	if !ok {
		if k.kept == nil {
			k.kept = map[string]ActionSet{}
		}
		kept = (*Arena)(nil).Clone(s) // without the room that s was made with
		k.kept[string(k.key)] = kept
	}
	return kept
}

// From returns the first member from lo on, or -1.
func (s ActionSet) From(lo int) int {
	for w := max(lo>>6, s.lo); w < s.lo+len(s.words); w++ {
		here := s.words[w-s.lo]
		if w == lo>>6 {
			here &= ^uint64(0) << (lo & 63)
		}
		if here != 0 {
			return w<<6 + bits.TrailingZeros64(here)
		}
	}
	return -1
}

// RemoveBoth takes out, in place, what t and u have in common.
func (s ActionSet) RemoveBoth(t, u ActionSet) {
	lo, a, b := common(t, u)
	_, x, y := common(s, ActionSet{lo, a})
	if len(x) == 0 {
		return
	}
	b = b[max(lo, s.lo)-lo:]
	for i := range x {
		x[i] &^= y[i] & b[i]
	}
}

// HoldsCommon reports whether s holds all that t, u and v have in common.
func (s ActionSet) HoldsCommon(t, u, v ActionSet) bool {
	lo, a, b := common(t, u)
	from, x, y := common(ActionSet{lo, a}, v)
	if len(x) == 0 {
		return true
	}
	b = b[from-lo:]
	for i := range x {
		w := x[i] & y[i] & b[i]
		if j := from + i - s.lo; w != 0 && j >= 0 && j < len(s.words) {
			w &^= s.words[j]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// NewActionSet returns an empty set with room for the actions numbered lo to hi, hi excluded.
func NewActionSet(lo, hi int) ActionSet {
	if lo >= hi {
		return ActionSet{}
	}
	return ActionSet{lo: lo >> 6, words: make([]uint64, (hi-1)>>6-lo>>6+1)}
}

// Put makes action i, for which there must be room, a member.
func (s ActionSet) Put(i int) { s.words[i>>6-s.lo] |= 1 << (i & 63) }

// Size is what the set takes, in words of 64 actions.
func (s ActionSet) Size() int { return len(s.words) }
