package policy

import (
	"fmt"
	"testing"
)

// A clone and what it was made from know nothing of what is set in the other one afterwards, however much that is.
func TestClonesAreApart(t *testing.T) {
	t.Parallel()
	for keys := range 3 * mostLast {
		base := NewContext(Absent)
		for i := range keys {
			base.Set(fmt.Sprint("aws:Key", i), "old")
		}
		clone, twin := base.Clone(), base.Clone()
		for i := range 2 * mostLast {
			base.Set(fmt.Sprint("aws:Key", i), "base")
			clone.Set(fmt.Sprint("aws:key", i), "clone")
		}
		for i := range max(keys, 2*mostLast) {
			key := fmt.Sprint("aws:KEY", i)
			for _, one := range []struct {
				ctx   *Context
				own   string
				reset int
			}{{base, "base", 2 * mostLast}, {clone, "clone", 2 * mostLast}, {twin, "", 0}} {
				values, _, state := one.ctx.Lookup(key)
				want, there := one.own, true
				if i >= one.reset {
					want, there = "old", i < keys
				}
				if (state == Present) != there || there && values[0] != want {
					t.Fatalf("%d keys: got %v and state %d for %s, want %q", keys, values, state, key, want)
				}
			}
		}
	}
}

func TestWithPrefersTheOther(t *testing.T) {
	t.Parallel()
	for keys := range 2 * mostLast {
		base, other := NewContext(Absent), NewContext(Unknown)
		base.Set("aws:Mine", "base")
		base.Set("aws:Key0", "base")
		for i := range keys {
			other.Set(fmt.Sprint("aws:Key", i), "other")
		}
		got := base.With(other)
		for key, want := range map[string]string{"aws:mine": "base", "aws:key0": map[bool]string{true: "other", false: "base"}[keys > 0]} {
			if values, _, _ := got.Lookup(key); len(values) != 1 || values[0] != want {
				t.Errorf("%d keys: got %v for %s, want %s", keys, values, key, want)
			}
		}
		if _, _, state := got.Lookup("aws:Nobody"); state != Absent {
			t.Errorf("%d keys: got state %d for a key that nobody set, want that of the first context", keys, state)
		}
	}
}
