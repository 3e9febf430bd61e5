package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/change"
	"sekisho/audit/message"
	"sekisho/audit/plan"
)

// Kept is what is read of a plan that was written as JSON: enough to try it.
type Kept struct {
	AccountID string
	Steps     []KeptStep
}

// KeptStep is a step with its changes; a decision has none.
type KeptStep struct {
	Number  int
	Changes []change.Step
}

// ReadJSON reads a plan that [JSON] wrote.
func ReadJSON(data []byte) (*Kept, error) {
	var read struct {
		Schema  string
		Account struct{ ID string }
		Steps   []struct {
			Number int
			Work   []struct {
				Changes []struct {
					change.Change
					Needed bool
				}
			}
		}
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, fmt.Errorf("reading a plan: %w", err)
	}
	if read.Schema != plan.Schema {
		return nil, message.Errorf("reading a plan: got the schema %q, want %q", read.Schema, plan.Schema)
	}
	out := &Kept{AccountID: read.Account.ID}
	for i, s := range read.Steps {
		if s.Number != i+1 {
			return nil, message.Errorf("reading a plan: got the step %d in the place of step %d", s.Number, i+1)
		}
		step := KeptStep{Number: s.Number}
		for _, w := range s.Work {
			for _, c := range w.Changes {
				if !c.Known() {
					return nil, message.Errorf("reading a plan: got the action %q in step %d, which is none of a change", c.Action, s.Number)
				}
				step.Changes = append(step.Changes, change.Step{Change: c.Change, Needed: c.Needed})
			}
		}
		out.Steps = append(out.Steps, step)
	}
	return out, nil
}

// Only keeps some steps, in the order of the plan: "1-4,7".
func (k *Kept) Only(steps string) error {
	wanted := map[int]bool{}
	for part := range strings.SplitSeq(steps, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if isRange && err == nil {
			last, err = strconv.Atoi(to)
		}
		if err != nil || first < 1 || last < first || last > len(k.Steps) {
			return message.Errorf("got the steps %q, want numbers from 1 to %d and ranges of them, such as 1-4,7", part, len(k.Steps))
		}
		for n := first; n <= last; n++ {
			wanted[n] = true
		}
	}
	k.Steps = slices.DeleteFunc(k.Steps, func(s KeptStep) bool { return !wanted[s.Number] })
	return nil
}
