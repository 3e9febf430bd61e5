package access

import (
	"slices"

	"sekisho/audit/policy"
)

// Bounds on what a hostile policy makes the search cost; beyond, the answer is Maybe.
const (
	maxAttempts = 4096    // of one survey
	maxChoices  = 24      // of one dimension
	maxPatterns = 512     // of one key
	maxEffort   = 1 << 19 // of all surveys for one statement: attempts, and steps in completing patterns
)

// choice is one state of some keys. Unless it is sure, it isn't known that somebody like that exists.
type choice struct {
	set  func(*policy.Context)
	sure bool
}

// dimension yields the choices of some keys, the earlier dimensions decided.
type dimension func(ctx *policy.Context) []choice

// survey tries the choices of all dimensions together until a request gets in.
type survey struct {
	dimensions []dimension
	free       int // from here on the dimensions are texts, of which only some are tried
	checks     []func(*policy.Context) policy.Truth
	best       []policy.Truth // of each check, under the circumstances before free
	result     policy.Truth
	attempts   int
	effort     *int // of all surveys for the statement
}

// survey tries all choices of the dimensions, from free on texts, on a request of which ctx is known. Where the bound on
// what a statement may cost ends it the answer is Maybe.
func (t *truster) survey(ctx *policy.Context, checks []func(*policy.Context) policy.Truth, free int, dimensions []dimension) policy.Truth {
	s := survey{dimensions: dimensions, free: free, checks: checks, best: make([]policy.Truth, len(checks)), effort: &t.effort}
	s.run(0, ctx, true)
	if t.effort > maxEffort && s.result == policy.No {
		return policy.Maybe
	}
	return s.result
}

// run decides the dimensions from i on. Where no attempt gets in but each check by itself can be met, texts that meet
// them together may exist, and the answer is Maybe.
func (s *survey) run(i int, ctx *policy.Context, sure bool) {
	if i == s.free {
		clear(s.best)
		defer func() {
			if !slices.Contains(s.best, policy.No) {
				s.result = s.result.Or(policy.Maybe)
			}
		}()
	}
	if i == len(s.dimensions) {
		s.try(ctx, sure)
		return
	}
	choices := s.dimensions[i](ctx)
	if len(choices) > maxChoices {
		choices, s.result = choices[:maxChoices], s.result.Or(policy.Maybe)
	}
	for _, c := range choices {
		if s.result == policy.Yes || s.attempts > maxAttempts || *s.effort > maxEffort {
			return
		}
		next := ctx.Clone()
		c.set(next)
		s.run(i+1, next, sure && c.sure)
	}
}

func (s *survey) try(ctx *policy.Context, sure bool) {
	*s.effort += 8
	if s.attempts++; s.attempts > maxAttempts {
		s.result = s.result.Or(policy.Maybe)
		return
	}
	all := policy.Yes
	for i, check := range s.checks {
		got := check(ctx)
		s.best[i] = s.best[i].Or(got)
		all = all.And(got)
	}
	if !sure {
		all = all.And(policy.Maybe)
	}
	s.result = s.result.Or(all)
}

func always(set func(*policy.Context)) choice { return choice{set, true} }
