package plan

import (
	"slices"
	"time"

	"sekisho/audit/change"
	"sekisho/audit/message"
)

// Level is how much a step risks.
type Level string

// The levels.
const (
	Low    Level = "low"
	Medium Level = "medium"
	High   Level = "high"
)

// Risk is how much a step risks, and why.
type Risk struct {
	Level  Level           `json:"level"`
	Reason string          `json:"reason"`
	Text   message.Message `json:"text"`
}

func risk(level Level, why message.Message) Risk { return Risk{level, why.String(), why} }

// The spans that risk is told by.
const (
	lately   = 30 * 24 * time.Hour
	longUsed = 90 * 24 * time.Hour
)

// riskOf judges changes by when what they touch was used last. What is switched off before it is deleted can be had back
// as long as somebody may miss it.
func (u *uses) riskOf(changes []change.Change) (Risk, use) {
	last, first := use{}, true
	back := !slices.ContainsFunc(changes, func(c change.Change) bool { return c.Stage() == change.Delete }) ||
		slices.ContainsFunc(changes, func(c change.Change) bool { return c.Stage() == change.Deactivate })
	for _, c := range changes {
		of := u.of(c)
		if first = first && of.said.Empty(); !first {
			last = later(last, of)
		}
	}
	since := u.on.Account.TakenAt.Sub(last.at)
	switch {
	case last.said.Empty() && slices.ContainsFunc(changes, func(c change.Change) bool { return c.Action == "iam:UpdateAccountPasswordPolicy" }):
		return risk(Low, message.New("it counts from the next password that each person sets")), last
	case last.said.Empty():
		return risk(Low, message.New("it takes nothing from anybody")), last
	case !last.known && back:
		return risk(Medium, message.New("it is not known whether somebody uses it, and it can be undone")), last
	case !last.known:
		return risk(High, message.New("it is not known whether somebody uses it, and it can't be undone")), last
	case last.at.IsZero() || since > longUsed:
		return risk(Low, message.New("nobody used it in the last 90 days")), last
	case last.program && since <= lately:
		return risk(High, message.New("a program used it in the last 30 days, and may stop")), last
	case !back:
		return risk(High, message.New("somebody used it in the last 90 days, and it can't be undone")), last
	}
	return risk(Medium, message.New("somebody used it in the last 90 days, and it can be undone")), last
}

// deletesUsed reports whether changes delete a user, role or group that was used in the last 90 days, or may have been.
func (u *uses) deletesUsed(changes []change.Change) bool {
	return slices.ContainsFunc(changes, func(c change.Change) bool {
		if !slices.Contains([]string{"iam:DeleteUser", "iam:DeleteRole", "iam:DeleteGroup"}, c.Action) {
			return false
		}
		last := u.of(c)
		return !last.known || !last.at.IsZero() && u.on.Account.TakenAt.Sub(last.at) <= longUsed
	})
}
