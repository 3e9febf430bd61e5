package lists_test

import (
	"slices"
	"strconv"
	"testing"

	"sekisho/audit/lists"
)

func TestEmptyListsOfEachStep(t *testing.T) {
	t.Parallel()
	if got := lists.Map(nil, strconv.Itoa); got == nil || len(got) != 0 {
		t.Errorf("Map(nil): got %#v, want an empty list", got)
	}
	if got := lists.OrEmpty[int](nil); got == nil || len(got) != 0 {
		t.Errorf("OrEmpty(nil): got %#v, want an empty list", got)
	}
	if got := lists.Filter([]int{1}, func(int) bool { return false }); got != nil {
		t.Errorf("Filter of nothing to keep: got %#v, want nil", got)
	}
}

func TestStepsLeaveTheirListAlone(t *testing.T) {
	t.Parallel()
	list := []int{3, 1, 2}
	if got := lists.Map(list, strconv.Itoa); !slices.Equal(got, []string{"3", "1", "2"}) {
		t.Errorf("Map: got %v, want 3 1 2", got)
	}
	kept := lists.Filter(list, func(n int) bool { return n != 1 })
	if !slices.Equal(kept, []int{3, 2}) || !slices.Equal(list, []int{3, 1, 2}) {
		t.Errorf("Filter: got %v of %v, want 3 2 of 3 1 2", kept, list)
	}
	if got := lists.OrEmpty(list); &got[0] != &list[0] {
		t.Error("OrEmpty: got a copy, want the list itself")
	}
	if got := lists.Exact(list); &got[0] != &list[0] {
		t.Error("Exact: got a copy of a list without room, want the list itself")
	}
	if got := lists.Exact(append(make([]int, 0, 100), list...)); !slices.Equal(got, list) || cap(got) > 4 {
		t.Errorf("Exact: got %v with room for %d, want 3 1 2 with room for hardly more", got, cap(got))
	}
}
