package wording

import (
	"sekisho/audit"
	"sekisho/audit/message"
)

// Verdict is the report in one line: "3 of 5 complete · 9 critical, 25 high · 0 unknown". What is said of an account
// for information alone is counted in the sum of failures where there is nothing worse.
func Verdict(r *audit.Report) message.Message {
	var bySeverity message.Message
	for _, severity := range audit.Severities() {
		if n := r.Summary.FailedBySeverity[severity.String()]; n > 0 && (severity > audit.Info || bySeverity.Empty()) {
			bySeverity = message.Joined("%s, %s", bySeverity, message.New("%d %s", n, Word(severity.String())))
		}
	}
	switch {
	case !bySeverity.Empty():
		bySeverity = message.Joined("%s, %s", bySeverity, OfThem(r.Summary.Excepted, r.Summary.Fail))
	case r.Summary.Unknown > 0:
		bySeverity = message.New("nothing seen to fail")
	case r.Summary.Pass == 0:
		bySeverity = message.New("nothing decided")
	default:
		bySeverity = message.New("nothing fails")
	}
	if r.Baseline != nil {
		bySeverity = message.New("new: %s", bySeverity)
	}
	return message.New("%s · %s · %d unknown", Complete(r.SecurityStatus), bySeverity, r.Summary.Unknown)
}

// Complete says how many points of the Security Status are complete, of those that apply: "3 of 5 complete".
func Complete(s audit.SecurityStatus) message.Message {
	applicable := 0
	for _, item := range s.Items {
		if item.Status != audit.StatusNotApplicable {
			applicable++
		}
	}
	if applicable < len(s.Items) {
		return message.New("%d of %d that apply complete", s.Complete, applicable)
	}
	return message.New("%d of %d complete", s.Complete, applicable)
}

// mostUnseen is how many failed calls stand at the head of a report.
const mostUnseen = 3

// NotSeen says what the report could not see, for its head; nothing where all was seen.
func NotSeen(r *audit.Report) message.Message {
	var unknown, asked, calls message.Message
	if n := r.Summary.Unknown; n > 0 {
		unknown = message.New("%s unknown, none of them a pass", message.Plural(n, "%d verdict is", "%d verdicts are"))
	}
	if groups := GroupGaps(r.Gaps); len(groups) > 0 {
		told := make([]message.Message, len(groups))
		for i, g := range groups {
			what, _ := g.For()
			told[i] = message.New("%s (%s, for %s)", g.Action, g.Code, what)
		}
		calls = message.New("%s: %s", message.Plural(len(r.Gaps), "%d call failed", "%d calls failed"), message.First(mostUnseen, told))
	}
	if n := len(r.Declined); n > 0 {
		users := 0
		for _, d := range r.Declined {
			users = max(users, len(d.Users))
		}
		asked = message.New("%s not asked about, for a limit", message.Plural(users, "%d user was", "%d users were"))
	}
	return message.Joined("%s; %s", unknown, calls, asked)
}
