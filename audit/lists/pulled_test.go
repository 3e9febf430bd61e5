package lists_test

import (
	"errors"
	"slices"
	"testing"

	"sekisho/audit/lists"
)

func TestPulled(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		fails     error
		most      int
		want      []int
		handed    int
		wantError error
	}{
		"all":                  {nil, 9, []int{1, 2, 3}, 3, nil},
		"a reader who stops":   {nil, 2, []int{1, 2}, 2, nil},
		"a failure at the end": {broken, 9, []int{1, 2, 3}, 3, broken},
		"one that nobody saw":  {broken, 2, []int{1, 2}, 2, nil},
	} {
		handed := 0
		all, failed := lists.Pulled(func(take func(int) error) error {
			for i := range 3 {
				handed++
				if err := take(i + 1); err != nil {
					return err
				}
			}
			return test.fails
		})
		var got []int
		for i := range all {
			if got = append(got, i); len(got) == test.most {
				break
			}
		}
		if !slices.Equal(got, test.want) || handed != test.handed || !errors.Is(failed(), test.wantError) {
			t.Errorf("%s: got %v of %d handed out and %v, want %v of %d and %v", name, got, handed, failed(), test.want, test.handed, test.wantError)
		}
	}
}
