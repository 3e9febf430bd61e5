package lists

import (
	"errors"
	"iter"
)

// Pulled makes a sequence of what is handed out one at a time, where that may fail. It ends, and so does the handing out,
// where nobody reads on, which is no failure; failed gives the error of one that is over.
func Pulled[T any](each func(take func(T) error) error) (all iter.Seq[T], failed func() error) {
	var problem error
	enough := errors.New("nobody reads on")
	all = func(yield func(T) bool) {
		problem = each(func(one T) error {
			if !yield(one) {
				return enough
			}
			return nil
		})
		if errors.Is(problem, enough) {
			problem = nil
		}
	}
	return all, func() error { return problem }
}
