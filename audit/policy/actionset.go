package policy

import (
	"iter"
	"math/bits"
)

// actionSet is a set of the catalogue's actions: a bit set that keeps only the words from its first to its last
// member, since most statements name one service and a service's actions are neighbours.
type actionSet struct {
	lo    int // the number of words left out in front
	words []uint64
}

// has reports whether action i is a member.
func (s actionSet) has(i int) bool {
	w := i>>6 - s.lo
	return w >= 0 && w < len(s.words) && s.words[w]>>(i&63)&1 != 0
}

func (s actionSet) empty() bool {
	for _, w := range s.words {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s actionSet) count() int {
	n := 0
	for _, w := range s.words {
		n += bits.OnesCount64(w)
	}
	return n
}

// all yields the members in order.
func (s actionSet) all() iter.Seq[int] {
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
func common(s, t actionSet) (lo int, a, b []uint64) {
	lo = max(s.lo, t.lo)
	hi := min(s.lo+len(s.words), t.lo+len(t.words))
	if lo >= hi {
		return lo, nil, nil
	}
	return lo, s.words[lo-s.lo : hi-s.lo], t.words[lo-t.lo : hi-t.lo]
}

func (s actionSet) intersects(t actionSet) bool {
	_, a, b := common(s, t)
	for i := range a {
		if a[i]&b[i] != 0 {
			return true
		}
	}
	return false
}

// within reports whether every member of s is one of t.
func (s actionSet) within(t actionSet) bool {
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

// remove takes t's members out of s, in place.
func (s actionSet) remove(t actionSet) {
	_, a, b := common(s, t)
	for i := range a {
		a[i] &^= b[i]
	}
}

// arena hands out words for sets that live as long as one analysis.
type arena struct {
	free []uint64
	used [][]uint64
}

const arenaChunk = 1 << 14

// words returns n zero words.
func (a *arena) words(n int) []uint64 {
	if a == nil {
		return make([]uint64, n)
	}
	if n > len(a.free) {
		a.free = make([]uint64, max(n, arenaChunk))
		a.used = append(a.used, a.free)
	}
	out := a.free[:n:n]
	a.free = a.free[n:]
	return out
}

// maxArenaKept bounds what an arena keeps from one analysis for the next, in words.
const maxArenaKept = 1 << 22

// reset makes all of the arena's memory free again, as one chunk that is large enough for the next analysis unless that would be huge.
func (a *arena) reset() {
	if len(a.used) > 1 {
		n := 0
		for _, u := range a.used {
			n += len(u)
		}
		a.used = nil
		if n <= maxArenaKept {
			a.used = [][]uint64{make([]uint64, n)}
		}
	} else if len(a.used) == 1 {
		clear(a.used[0][:len(a.used[0])-len(a.free)])
	}
	a.free = nil
	if len(a.used) == 1 {
		a.free = a.used[0]
	}
}

func (a *arena) clone(s actionSet) actionSet {
	w := a.words(len(s.words))
	copy(w, s.words)
	return actionSet{s.lo, w}
}

// and returns the members of both.
func (a *arena) and(s, t actionSet) actionSet {
	lo, x, y := common(s, t)
	w := a.words(len(x))
	for i := range x {
		w[i] = x[i] & y[i]
	}
	return actionSet{lo, w}.trim()
}

// add returns s with t's members, in place where there is room.
func (a *arena) add(s, t actionSet) actionSet {
	if len(t.words) == 0 {
		return s
	}
	if len(s.words) == 0 {
		return a.clone(t)
	}
	lo, hi := min(s.lo, t.lo), max(s.lo+len(s.words), t.lo+len(t.words))
	if lo < s.lo || hi > s.lo+len(s.words) {
		w := a.words(hi - lo)
		copy(w[s.lo-lo:], s.words)
		s = actionSet{lo, w}
	}
	for i, w := range t.words {
		s.words[t.lo-s.lo+i] |= w
	}
	return s
}

// trim drops empty words at both ends.
func (s actionSet) trim() actionSet {
	for len(s.words) > 0 && s.words[0] == 0 {
		s.words, s.lo = s.words[1:], s.lo+1
	}
	for n := len(s.words); n > 0 && s.words[n-1] == 0; n-- {
		s.words = s.words[:n-1]
	}
	return s
}

// from returns the first member from lo on, or -1.
func (s actionSet) from(lo int) int {
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

// between returns the members from lo to hi, hi excluded.
func (s actionSet) between(lo, hi int) actionSet {
	first, last := max(lo>>6, s.lo), min((hi-1)>>6, s.lo+len(s.words)-1)
	if lo >= hi || first > last {
		return actionSet{}
	}
	words := make([]uint64, last-first+1)
	seen := uint64(0)
	for w := first; w <= last; w++ {
		bitsHere := s.words[w-s.lo]
		if w == lo>>6 {
			bitsHere &= ^uint64(0) << (lo & 63)
		}
		if w == (hi-1)>>6 {
			bitsHere &= ^uint64(0) >> (63 - (hi-1)&63)
		}
		words[w-first] = bitsHere
		seen |= bitsHere
	}
	if seen == 0 {
		return actionSet{}
	}
	return actionSet{first, words}
}
