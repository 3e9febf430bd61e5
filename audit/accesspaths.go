package audit

import (
	"sekisho/audit/access"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// AccessPaths say who can become an administrator, and by which steps.
type AccessPaths struct {
	// To is whom they become, by ARN; empty: an administrator.
	To string `json:"to,omitempty"`
	// Counts are of all users and roles but service-linked ones, by status.
	Counts map[string]int `json:"counts"`
	// Paths are of those who can or may, or of whom it isn't known.
	Paths []AccessPath `json:"paths"`
	// Outside are of people from outside the account, by each role that lets them in and leads on. They aren't counted.
	Outside []AccessPath `json:"outside"`
	// Guarded is set where the organization's policies were given.
	Guarded bool `json:"guarded,omitempty"`
	// Gaps say which lists aren't complete.
	Gaps []message.Message `json:"gaps"`
}

// AccessPath is the shortest way of one user or role, or of somebody from outside, who is named in words; Who are these
// as data.
type AccessPath struct {
	Principal string          `json:"principal"`
	Who       message.Message `json:"who,omitzero"`
	// Status is "can", "possible" (it hangs on something of which nothing is known) or "unknown"; of those who are named
	// also "administrator", "cannot" or "not_applicable".
	Status string `json:"status"`
	// Reason says why it is unknown or not applicable. Text is the same as data.
	Reason string          `json:"reason,omitempty"`
	Text   message.Message `json:"text,omitzero"`
	// To is the administrator whom the steps lead to. HangsOn is what the end hangs on, where no step hangs on anything.
	To          string          `json:"to,omitempty"`
	Steps       []AccessStep    `json:"steps"`
	HangsOn     string          `json:"hangs_on,omitempty"`
	HangsOnText message.Message `json:"hangs_on_text,omitzero"`
}

// AccessStep is what someone does on the way. Text and HangsOnText are How and HangsOn as data.
type AccessStep struct {
	ID          string          `json:"id"`
	From        string          `json:"from"`
	To          string          `json:"to"`
	How         string          `json:"how"`
	Text        message.Message `json:"text"`
	Actions     []string        `json:"actions"`
	By          []string        `json:"by"` // the statements, "POLICY#SID"
	Sure        bool            `json:"sure"`
	HangsOn     string          `json:"hangs_on,omitempty"`
	HangsOnText message.Message `json:"hangs_on_text,omitzero"`
}

// AccessPathsOf are ascents as a report has them.
func AccessPathsOf(ascents *access.Ascents) *AccessPaths {
	out := &AccessPaths{
		To: ascents.To, Counts: map[string]int{}, Paths: lists.Map(ascents.List, accessPath), Outside: lists.Map(ascents.Outside, accessPath),
		Guarded: ascents.Guarded, Gaps: lists.OrEmpty(ascents.Gaps),
	}
	for standing, n := range ascents.Counts {
		if s := access.Standing(standing); s != access.Inapplicable {
			out.Counts[s.String()] = n
		}
	}
	return out
}

func accessPath(is access.Ascent) AccessPath {
	path := AccessPath{Principal: is.ARN, Who: is.Who, Status: is.Standing.String(), Reason: is.Why.String(), Text: is.Why, Steps: []AccessStep{}}
	if is.Chain == nil {
		return path
	}
	on := is.HangsOn()
	path.To, path.HangsOn, path.HangsOnText = is.Chain.To, on.String(), on
	for n := range is.Chain.Steps {
		s := &is.Chain.Steps[n]
		on := s.HangsOn()
		path.Steps = append(path.Steps, AccessStep{
			ID: s.ID, From: s.From, To: s.To, How: s.How.String(), Text: s.How, Actions: lists.OrEmpty(s.Actions), By: lists.OrEmpty(s.By),
			Sure: s.Sure, HangsOn: on.String(), HangsOnText: on,
		})
	}
	return path
}
