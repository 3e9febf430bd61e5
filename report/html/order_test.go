package html

import (
	"slices"
	"testing"
)

func TestKeysInTheOrderOfTheRules(t *testing.T) {
	t.Parallel()
	got := inOrder([]string{"b", "none", "a", "b"}, map[string]int{"a": 1, "b": 2, "of no rule": 3, "another": 4})
	if want := []string{"b", "a", "another", "of no rule"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
